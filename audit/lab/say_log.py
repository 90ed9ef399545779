"""``logcat`` and ``dumpsys activity``: what was written and delivered once the unit's packages began to talk.

Sources: AOSP system/logging liblog/logprint.cpp (formats ``threadtime``, ``time``, ``brief``, modifier
``uid``) and logcat.cpp (``-s``, ``-t``, filters); ProcessList.java ("Start proc"); BroadcastRecord.java,
BroadcastQueue.java and ResolveInfo.java ``dump``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from audit.lab.caller import Args, Caller, complained, said
from audit.lab.life import uid_of
from audit.lab.say_files import user_name
from audit.lab.schedule import Sent
from audit.lab.shell import Answer
from audit.model.record import record

_PRIORITIES = "VDIWEFS"
_LINE = re.compile(r"(?P<priority>[VDIWEF])/(?P<tag>[^:]{1,60}): ?(?P<text>.*)\Z", re.DOTALL)
BOOT = "android.intent.action.BOOT_COMPLETED"


@record
class Logged:
    """One line of the log."""

    at_s: float
    pid: int
    uid: int
    priority: str
    tag: str
    text: str


def lines_of(caller: Caller) -> tuple[Logged, ...]:
    """All that was logged so far, in order."""
    life, found = (
        caller.life,
        [Logged(at_s=0.0, pid=1101, uid=1000, priority="I", tag="ActivityManager", text="System now ready")],
    )
    for talk in life.talks():
        name = talk.spec.package
        uid, pid = uid_of(caller.unit, name), life.pid_of(name) or 0
        started = f"Start proc {pid}:{name}/{user_name(uid) if uid >= 10_000 else uid} for broadcast {name}"
        found.append(
            Logged(at_s=talk.began_s, pid=1101, uid=1000, priority="I", tag="ActivityManager", text=started)
        )
        for line in talk.spec.log:
            parts = _LINE.match(line)
            if parts:
                found.append(Logged(at_s=talk.began_s + 0.1, pid=pid, uid=uid, **parts.groupdict()))
    return tuple(sorted(found, key=lambda one: one.at_s))


@record
class _Wanted:
    """What ``logcat`` was asked. last: that many lines, None = all; priorities: of a tag, from that on."""

    format: str
    with_uid: bool
    ends: bool
    last: int | None
    priorities: dict[str, str]


def logcat(caller: Caller, args: Args) -> Answer:
    """``logcat [-d] [-b BUFFER] [-v FORMAT] [-t N] [-s] [TAG:PRIORITY…]``; without -d or -t it never ends."""
    wanted = _read(args)
    if isinstance(wanted, str):
        return complained(wanted)
    shown = [one for one in lines_of(caller) if _passes(one, wanted.priorities)]
    if wanted.last is not None:
        shown = shown[-wanted.last :] if wanted.last else []
    text = "--------- beginning of main\n" + "".join(
        _shown(one, wanted, caller.life.wall(one.at_s)) for one in shown
    )
    answer = said(text)
    return answer if wanted.ends else Answer(stdout=answer.stdout, hangs=True)


def _read(args: Args) -> _Wanted | str:
    words, form, with_uid, ends, silent, last = list(args), "threadtime", False, False, False, None
    priorities: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "-d":
            ends = True
        elif word == "-s":
            silent = True
        elif word in ("-b", "-v", "-t") and words:
            value = words.pop(0)
            if word == "-v":
                with_uid = with_uid or value == "uid"
                form = value if value in ("threadtime", "time", "brief") else form
            elif word == "-t" and not value.isdecimal():
                return f"logcat: a virtual unit takes a number of lines, not {value}\n"
            elif word == "-t":
                ends, last = True, int(value)
        elif word.startswith("-"):
            return f"logcat: unknown option {word}\n"
        else:
            tag, _, priority = word.partition(":")
            priorities[tag] = priority.upper() or "V"
    if silent:
        priorities.setdefault("*", "S")
    return _Wanted(format=form, with_uid=with_uid, ends=ends, last=last, priorities=priorities)


def _passes(one: Logged, priorities: dict[str, str]) -> bool:
    wanted = priorities.get(one.tag, priorities.get("*", "V"))
    return wanted in _PRIORITIES and _PRIORITIES.index(one.priority) >= _PRIORITIES.index(wanted)


def _shown(one: Logged, wanted: _Wanted, when: datetime) -> str:
    at = f"{when:%m-%d %H:%M:%S}.{when.microsecond // 1000:03}"
    uid = f"{user_name(one.uid):>5} " if wanted.with_uid else ""
    if wanted.format == "threadtime":
        return f"{at} {uid}{one.pid:5} {one.pid:5} {one.priority} {one.tag:<8}: {one.text}\n"
    stamp = f"{at} " if wanted.format == "time" else ""
    return f"{stamp}{one.priority}/{one.tag:<8}({uid}{one.pid:5}): {one.text}\n"


def broadcasts(caller: Caller, args: Args) -> Answer:
    """``dumpsys activity broadcasts``: what was delivered, newest first; other parts are a heading alone."""
    if args[:1] not in (("broadcasts",), ("b",)):
        return said("ACTIVITY MANAGER RUNNING PROCESSES (dumpsys activity processes)\n  (nothing)\n")
    life = caller.life
    sent = sorted([Sent(action=BOOT, package="", at_s=0.0), *life.broadcasts], key=lambda one: -one.at_s)
    records = "".join(
        "".join(f"{line}\n" for line in _record(caller, number, one)) for number, one in enumerate(sent)
    )
    return said(
        "ACTIVITY MANAGER BROADCAST STATE (dumpsys activity broadcasts)\n"
        f"  Historical broadcasts [foreground]:\n{records}\n"
    )


def _record(caller: Caller, number: int, one: Sent) -> Iterator[str]:
    when = f"{caller.life.wall(one.at_s):%Y-%m-%d %H:%M:%S}"
    target = f" pkg={one.package}" if one.package else ""
    yield f"  Historical Broadcast foreground #{number}:"
    yield f"    BroadcastRecord{{{0xB0B0 + number:x} u0 {one.action}}} to user 0"
    yield f"    Intent {{ act={one.action} flg=0x9000010{target} }}"
    yield "    caller=android 1101:system/1000 pid=1101 uid=1000"
    yield f"    enqueueClockTime={when} dispatchClockTime={when}"
    yield "    dispatchTime=-5s0ms (0 since enq) finishTime=-4s0ms (+1s0ms since disp)"
    for at, (package, receiver) in enumerate(_receivers(caller, one)):
        yield f"    Deliver +2ms #{at}: (manifest)"
        yield "      priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=false"
        yield "      ActivityInfo:"
        yield f"        name={receiver}"
        yield f"        packageName={package}"


def _receivers(caller: Caller, one: Sent) -> Iterator[tuple[str, str]]:
    for name, package in caller.unit.packages.items():
        if one.package in ("", name) and package.code is not None:
            for receiver, actions in package.code.receivers.items():
                if one.action in actions:
                    yield name, receiver
