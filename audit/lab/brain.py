"""What a unit answers to a command, from its description, its state and Android's own formats.

The words of each answer follow AOSP's sources and recorded phones; the module of each family names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from audit.lab import say_change, say_files, say_identity, say_log, say_network, say_root, say_screen
from audit.lab.caller import Args, Caller
from audit.lab.life import Life
from audit.lab.say_dumpsys import dumpsys
from audit.lab.say_packages import package_command
from audit.lab.say_server import run_pushed
from audit.lab.say_system import (
    echo,
    getenforce,
    getprop,
    leave,
    overlay_command,
    printf,
    sleep,
)
from audit.lab.shell import NOT_FOUND, Answer, run_line
from audit.lab.spec import UnitSpec
from audit.lab.stdin import Stdin

Program: TypeAlias = Callable[[UnitSpec, Args], Answer]
"""One that only says something."""
LiveProgram: TypeAlias = Callable[[Caller, Args], Answer]
"""One that reads or changes the unit's state, or asks who calls it."""

_CMD_SINCE = 24
"""``cmd`` came with Android 7."""

_NO_SERVICE = 20
"""Exit code of ``cmd`` for a service there is none of (``frameworks/native/cmds/cmd``)."""


def answer(unit: UnitSpec, command: str, life: Life | None = None, *, stdin: Stdin | None = None) -> Answer:
    """What *unit*'s shell says to *command*, and after how long.

    life: its state, None = as it is described; stdin: what the host sends into the command, which may make it
    wait, None = nothing
    """
    life = Life(unit) if life is None else life
    life.settle()
    return _Shell(life, stdin).line(command, life.uid)


def waits_for_input(command: str) -> bool:
    """Whether *command* may read what the host sends, and so take its time."""
    return _READS.search(command) is not None


_READS = re.compile(r"\bread\b|\bcat *(?:[>;&)]|$)")


class _Shell:
    """One shell with its state and its input, in which lines and programs run with somebody's rights."""

    def __init__(self, life: Life, stdin: Stdin | None) -> None:
        self._life = life
        self._stdin = stdin

    def line(self, command: str, uid: int) -> Answer:
        return run_line(command, lambda words: self.program(words, uid))

    def program(self, words: Args, uid: int) -> Answer:
        unit = self._life.now()
        caller = Caller(
            unit=unit, life=self._life, uid=uid, stdin=self._stdin, line=self.line, program=self.program
        )
        text = " ".join(words)
        said = _instead(unit, text) or _program(caller, words)
        return replace(said, delay_ms=said.delay_ms + _delay_ms(unit, text))


def _instead(unit: UnitSpec, text: str) -> Answer | None:
    """What the unit's file says this command answers, if it says so; the longest match counts."""
    fitting = [one for one in unit.answers if text.startswith(one.command)]
    if not fitting:
        return None
    best = max(fitting, key=lambda one: len(one.command))
    return Answer(
        stdout=best.stdout.encode(errors="surrogateescape"),
        stderr=best.stderr.encode(errors="surrogateescape"),
        exit_code=best.exit_code,
    )


def _delay_ms(unit: UnitSpec, text: str) -> int:
    fitting = [start for start in unit.latency_ms if text.startswith(start)]
    return unit.latency_ms[max(fitting, key=len)] if fitting else 0


def _program(caller: Caller, words: Args) -> Answer:
    name, args, unit = words[0].removeprefix("/system/bin/"), words[1:], caller.unit
    if name == "cmd" and unit.sdk >= _CMD_SINCE:
        return _cmd(caller, args)
    if name in _LIVE:
        return _LIVE[name](caller, args)
    if name in _PROGRAMS:
        return _PROGRAMS[name](unit, args)
    if name.startswith("/"):
        return run_pushed(caller, name, args)
    said = f"/system/bin/sh: {name}: {_inaccessible(unit)}not found\n"
    return Answer(stderr=said.encode(errors="surrogateescape"), exit_code=NOT_FOUND)


def _inaccessible(unit: UnitSpec) -> str:
    """Mksh of Android 10 and later says a little more."""
    return "inaccessible or " if unit.sdk >= 29 else ""


def _cmd(caller: Caller, args: Args) -> Answer:
    if not args:
        return Answer(stderr=b"cmd: No service specified; use -l to list all services\n", exit_code=20)
    unit, rest = caller.unit, args[1:]
    known = unit.sdk >= _SINCE.get(args[0], 0)
    if known and args[0] in _LIVE_SERVICES:
        return _LIVE_SERVICES[args[0]](caller, rest)
    if known and args[0] in _SERVICES:
        return _SERVICES[args[0]](unit, rest)
    name = "cmd: " if unit.sdk >= 28 else ""
    return Answer(stderr=f"{name}Can't find service: {args[0]}\n".encode(), exit_code=_NO_SERVICE)


def _packages(caller: Caller, args: Args) -> Answer:
    unit = caller.unit
    made_of = (unit.packages, unit.users, unit.apex, unit.android)
    return caller.life.memory.once(("pm", *args), made_of, lambda: package_command(unit, args))


_SERVICES: dict[str, Program] = {"overlay": overlay_command}
_LIVE_SERVICES: dict[str, LiveProgram] = {
    "package": _packages,
    "activity": say_screen.activity,
    "notification": say_screen.notification,
    "connectivity": say_change.connectivity,
    "settings": say_change.settings,
}
_SINCE = {"overlay": 26, "settings": 26, "activity": 26, "connectivity": 30, "notification": 26}

_PROGRAMS: dict[str, Program] = {
    "getprop": getprop,
    "echo": echo,
    "printf": printf,
    "exit": leave,
    "sleep": sleep,
    "getenforce": getenforce,
    "true": lambda _unit, _args: Answer(),
    ":": lambda _unit, _args: Answer(),
    "trap": lambda _unit, _args: Answer(),
    "false": lambda _unit, _args: Answer(exit_code=1),
}

_DUMPS: dict[str, LiveProgram] = {
    "activity": say_screen.activities,
    "connectivity": say_network.connectivity,
    "dnsresolver": say_network.dnsresolver,
    "iphonesubinfo": say_identity.iphonesubinfo,
    "isub": say_identity.isub,
    "netstats": say_network.netstats,
    "notification": say_screen.notifications,
    "power": say_screen.power,
    "window": say_screen.window,
}


def _dumpsys(caller: Caller, args: Args) -> Answer:
    """Services of a running framework; a unit that has not started has none of them."""
    started = caller.unit.properties.get("sys.boot_completed") == "1"
    rest = args[2:] if args[:1] == ("-t",) and caller.unit.sdk >= _CMD_SINCE - 1 else args
    if started and rest and rest[0] in _DUMPS:
        return _DUMPS[rest[0]](caller, rest[1:])
    unit = caller.unit
    built = unit.properties.get("ro.build.fingerprint", "")
    made_of = (unit.packages, unit.users, unit.android, unit.dump_kb, built)
    return caller.life.memory.once(("dumpsys", *args), made_of, lambda: dumpsys(unit, args))


_LIVE: dict[str, LiveProgram] = {
    "cat": say_files.cat,
    "chmod": say_files.chmod,
    "dd": say_files.dd,
    "ls": say_files.ls,
    "md5sum": say_files.digest("md5"),
    "mkdir": say_files.mkdir,
    "rm": say_files.rm,
    "sha256sum": say_files.digest("sha256"),
    "stat": say_files.stat_command,
    "test": say_files.test_command,
    "[": say_files.test_command,
    "id": say_root.identity,
    "kill": say_root.kill,
    "pidof": say_root.pidof,
    "ps": say_root.ps,
    "read": say_files.read_line,
    "toybox": lambda caller, args: caller.program(args, caller.uid) if args else Answer(),
    "sh": say_root.sh,
    "su": say_root.su,
    "am": say_screen.activity,
    "input": say_screen.press,
    "pm": _packages,
    "setprop": say_change.setprop,
    "settings": say_change.settings,
    "svc": say_change.svc,
    "content": say_identity.content,
    "dumpsys": _dumpsys,
    "ip": say_identity.ip_command,
    "logcat": say_log.logcat,
    "service": say_screen.service,
}
