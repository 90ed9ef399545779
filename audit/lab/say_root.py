"""Users and processes: ``id``, the ways of ``su``, ``ps``, ``kill``.

Sources: Magisk native/src/core/su/su.cpp (``-c`` takes all that follows it; what follows a user's name is
not run: it opens a shell, which without a terminal waits for ever); AOSP system/extras/su/su.cpp; mksh
funcs.c (``kill``); toybox toys/posix/{id,ps}.c.
"""

from __future__ import annotations

from audit.lab.caller import Args, Caller, complained, said
from audit.lab.changes import Change
from audit.lab.disk import ROOT_UID
from audit.lab.life import Process
from audit.lab.living import RootKind
from audit.lab.say_files import user_name
from audit.lab.shell import NOT_FOUND, Answer

_EACCES = 13
_SIGNALS = {"HUP": 1, "INT": 2, "KILL": 9, "TERM": 15, "0": 0, "1": 1, "2": 2, "9": 9, "15": 15}
_ENDS = frozenset({1, 2, 9, 15})
_TOOLBOX_BELOW = 26


def identity(caller: Caller, args: Args) -> Answer:
    """``id [-u|-g|-un]``; SELinux speaks from Android 5 on."""
    uid, name = caller.uid, user_name(caller.uid)
    if args:
        letters = "".join(args).replace("-", "")
        return said(f"{name if 'n' in letters else uid}\n")
    if uid == ROOT_UID:
        context = " context=u:r:su:s0" if caller.unit.sdk >= 21 else ""
        if caller.unit.root.kind is RootKind.MAGISK and context:
            context = " context=u:r:magisk:s0"
        return said(f"uid=0(root) gid=0(root) groups=0(root){context}\n")
    context = " context=u:r:shell:s0" if caller.unit.sdk >= 21 else ""
    groups = "2000(shell),1004(input),1007(log),1011(adb),1015(sdcard_rw),3003(inet),3009(readproc)"
    return said(f"uid=2000(shell) gid=2000(shell) groups={groups}{context}\n")


def su(caller: Caller, args: Args) -> Answer:
    """``su``, as the unit's kind of root understands it."""
    kind = caller.unit.root.kind
    if kind in (RootKind.NONE, RootKind.ADBD):
        inaccessible = "inaccessible or " if caller.unit.sdk >= 29 else ""
        return complained(f"/system/bin/sh: su: {inaccessible}not found\n", NOT_FOUND)
    return _aosp(caller, args) if kind is RootKind.AOSP_SU else _magisk(caller, args)


def _magisk(caller: Caller, args: Args) -> Answer:
    told = {"-v": caller.unit.root.version, "--version": caller.unit.root.version, "-V": "26400"}
    if args and args[0] in told:
        return said(told[args[0]] + "\n")
    if caller.unit.root.kind is RootKind.DENIED:
        return complained("Permission denied\n", _EACCES)
    words = args[1:] if args[:1] in (("0",), ("root",), ("-",)) else args
    if caller.unit.root.kind is RootKind.MAGISK and words[:1] in (("-c",), ("--command",)) and words[1:]:
        return caller.line(" ".join(words[1:]), ROOT_UID)
    if words[:1] not in (("-c",), ("--command",)) and any(word.startswith("-") for word in words):
        return complained("\nMagiskSU\n\nUsage: su [options] [-] [user [argument...]]\n\n", 2)
    return Answer(hangs=True)


def _aosp(caller: Caller, args: Args) -> Answer:
    if not args:
        return Answer(hangs=True)
    if args[0] in ("-h", "--help"):
        return complained("usage: su [WHO [COMMAND...]]\n", 0)
    if args[0] not in ("0", "root"):
        return complained(f"su: invalid uid/gid '{args[0]}'\n")
    return caller.program(args[1:], ROOT_UID) if len(args) > 1 else Answer(hangs=True)


def sh(caller: Caller, args: Args) -> Answer:
    """``sh -c 'LINE'``."""
    if args[:1] == ("-c",) and len(args) > 1:
        return caller.line(args[1], caller.uid)
    return (
        complained(f"sh: {args[0]}: No such file or directory\n", NOT_FOUND) if args else Answer(hangs=True)
    )


def kill(caller: Caller, args: Args) -> Answer:
    """``kill [-SIGNAL|-s SIGNAL] PID…``: ends the unit's own servers, and nothing else of this host."""
    words, number = list(args), 15
    if words[:1] == ["-s"]:
        words[:2] = [f"-{words[1]}"] if len(words) > 1 else []
    if words and words[0].startswith("-"):
        found = _SIGNALS.get(words.pop(0).lstrip("-").upper().removeprefix("SIG"))
        if found is None:
            return complained("/system/bin/sh: kill: bad signal\n")
        number = found
    stderr = "".join(_killed(caller, word, number) for word in words)
    return complained(stderr) if stderr else Answer()


def _killed(caller: Caller, word: str, number: int) -> str:
    """Why the process cannot be signalled, "" when it was."""
    target = next((one for one in caller.life.running() if str(one.pid) == word), None)
    if target is None:
        return f"/system/bin/sh: kill: {word}: No such process\n"
    if not caller.root and target.uid != caller.uid:
        return f"/system/bin/sh: kill: {word}: Operation not permitted\n"
    if number and not caller.life.servers.signal(target.pid, number) and number in _ENDS:
        # what stands for a process of the unit is somebody's on this host: noted, never done
        caller.life.note(Change(what="process", name=target.name, was=str(target.pid), by=caller.uid))
    return ""


def pidof(caller: Caller, args: Args) -> Answer:
    """``pidof [-s] NAME…``: process ids on one line, exit code 1 when there are none."""
    pids = [str(one.pid) for one in caller.life.running() if one.name in args]
    return said(" ".join(pids) + "\n") if pids else Answer(exit_code=1)


def ps(caller: Caller, args: Args) -> Answer:
    """``ps [-A] [-o COLUMNS]``; before Android 8 toolbox's, which knows no options and lists all."""
    if caller.unit.sdk < _TOOLBOX_BELOW:
        heading = "USER      PID   PPID  VSIZE  RSS   WCHAN              PC  NAME\n"
        listed = () if args[:1] and args[0].startswith("-") else caller.life.running()
        return said(heading + "".join(map(_toolbox, listed)))
    columns = "USER,PID,PPID,VSZ,RSS,WCHAN,ADDR,S,NAME"
    if "-o" in args:
        columns = args[args.index("-o") + 1] if len(args) > args.index("-o") + 1 else ""
    names = [name.strip().upper() for name in columns.split(",") if name.strip()]
    unknown = [name for name in names if name not in _COLUMNS]
    if unknown or not names:
        return complained(f"ps: bad -o '{','.join(unknown)}'\n")
    everyone = {"-A", "-e", "-ef"} & set(args)
    rows = [[_column(name, one) for name in names] for one in caller.life.running() if everyone]
    widths = [max(len(row[at]) for row in ([*rows, names])) for at in range(len(names))]
    lines = (
        " ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (names, *rows)
    )
    return said("".join(f"{line}\n" for line in lines))


_FIXED = {"VSZ": "1560000", "RSS": "52000", "WCHAN": "0", "ADDR": "0", "S": "S"}
_COLUMNS = frozenset({*_FIXED, "USER", "UID", "PID", "PPID", "NAME", "CMD", "CMDLINE", "ARGS", "COMM"})


def _column(name: str, one: Process) -> str:
    return {
        "USER": user_name(one.uid),
        "UID": str(one.uid),
        "PID": str(one.pid),
        "PPID": str(one.parent),
        **_FIXED,
        "COMM": one.name[-15:],
        "NAME": one.name,
    }.get(name, one.command)


def _toolbox(one: Process) -> str:
    numbers = f"{one.pid:<5} {one.parent:<5} 1560000 52000"
    return f"{user_name(one.uid):<9} {numbers} SyS_epoll_ 0000000000 S {one.name}\n"
