"""What a unit answers to a command: pure, from its description and Android's own formats.

The words of each answer follow AOSP's sources and recorded phones; the module of each family names them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from audit.lab.say_dumpsys import dumpsys
from audit.lab.say_packages import package_command
from audit.lab.say_system import (
    cat,
    dd,
    echo,
    getenforce,
    getprop,
    identity,
    leave,
    ls,
    overlay_command,
    printf,
    settings_command,
    sleep,
)
from audit.lab.shell import NOT_FOUND, Answer, run_line
from audit.lab.spec import UnitSpec

Args: TypeAlias = tuple[str, ...]
Program: TypeAlias = Callable[[UnitSpec, Args], Answer]

_CMD_SINCE = 24
"""``cmd`` came with Android 7."""

_NO_SERVICE = 20
"""Exit code of ``cmd`` for a service there is none of (``frameworks/native/cmds/cmd``)."""


def answer(unit: UnitSpec, command: str) -> Answer:
    """What *unit*'s shell says to *command*, and after how long."""
    return run_line(command, lambda words: _run(unit, words))


def _run(unit: UnitSpec, words: Args) -> Answer:
    text = " ".join(words)
    said = _instead(unit, text) or _program(unit, words[0])(unit, words[1:])
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


def _program(unit: UnitSpec, name: str) -> Program:
    program = _PROGRAMS.get(name.removeprefix("/system/bin/"))
    if program is None or (name == "cmd" and unit.sdk < _CMD_SINCE):
        said = f"/system/bin/sh: {name}: {_inaccessible(unit)}not found\n"
        return lambda _unit, _args: Answer(stderr=said.encode(), exit_code=NOT_FOUND)
    return program


def _inaccessible(unit: UnitSpec) -> str:
    """Mksh of Android 10 and later says a little more."""
    return "inaccessible or " if unit.sdk >= 29 else ""


def _cmd(unit: UnitSpec, args: Args) -> Answer:
    if not args:
        return Answer(stderr=b"cmd: No service specified; use -l to list all services\n", exit_code=20)
    service = _SERVICES.get(args[0])
    if service is None or unit.sdk < _SINCE.get(args[0], 0):
        name = "cmd: " if unit.sdk >= 28 else ""
        return Answer(stderr=f"{name}Can't find service: {args[0]}\n".encode(), exit_code=_NO_SERVICE)
    return service(unit, args[1:])


_SERVICES: dict[str, Program] = {
    "package": package_command,
    "overlay": overlay_command,
    "settings": settings_command,
}
_SINCE = {"overlay": 26, "settings": 26}

_PROGRAMS: dict[str, Program] = {
    "getprop": getprop,
    "cmd": _cmd,
    "pm": package_command,
    "settings": settings_command,
    "dumpsys": dumpsys,
    "cat": cat,
    "dd": dd,
    "ls": ls,
    "id": identity,
    "echo": echo,
    "printf": printf,
    "exit": leave,
    "sleep": sleep,
    "getenforce": getenforce,
    "true": lambda _unit, _args: Answer(),
    ":": lambda _unit, _args: Answer(),
    "false": lambda _unit, _args: Answer(exit_code=1),
}
