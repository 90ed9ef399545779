"""Ways to set a client off: a closed table, each with what it does to the unit and how that is undone.

A client that registers a unit does so when it boots, when a SIM appears or when it gets a network. Waiting
for that can take hours; these do it now. None runs unless it was named. Every command is made of fixed words
and checked names.

Sources: AOSP ActivityManagerShellCommand.java (``am broadcast``, ``am start-service``),
ConnectivityService.java (``cmd connectivity airplane-mode``, Android 11), SettingsService.java.
"""

from __future__ import annotations

import re
from enum import StrEnum

from audit.errors import UsageError
from audit.hooks.ask import is_package
from audit.model.record import record
from audit.model.text import clean_line

_COMPONENT = re.compile(r"\.?[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)*")
_LONGEST_COMPONENT = 255


class Trigger(StrEnum):
    """What can be set off."""

    BOOT_COMPLETED = "boot-completed"
    SIM_LOADED = "sim-loaded"
    CONNECTIVITY = "connectivity"
    SERVICE = "service"
    AIRPLANE = "airplane-mode"


@record
class Step:
    """One command of a trigger. root: it needs root; timeout_s: its limit; pause_s: to wait after it."""

    line: str
    root: bool = True
    timeout_s: float = 20.0
    pause_s: float = 0.0


@record
class Described:
    """What a trigger is, for people. argument: what is named with it ("service:CLASS"), "" for nothing."""

    trigger: Trigger
    says: str
    undo: str
    argument: str = ""


TRIGGERS: tuple[Described, ...] = (
    Described(
        trigger=Trigger.BOOT_COMPLETED,
        says="tells the package alone, even a stopped one, that the unit booted (BOOT_COMPLETED, as root)",
        undo="nothing to undo: it runs as it does after every boot",
    ),
    Described(
        trigger=Trigger.SIM_LOADED,
        says="tells the package alone that a SIM was loaded (SIM_STATE_CHANGED, as root)",
        undo="nothing to undo: it runs as it does when a SIM is put in",
    ),
    Described(
        trigger=Trigger.CONNECTIVITY,
        says="tells the package alone that the network changed (CONNECTIVITY_CHANGE, as root)",
        undo="nothing to undo: it runs as it does when a network appears",
    ),
    Described(
        trigger=Trigger.SERVICE,
        says="starts a service of the package, as root",
        undo="the service is stopped again",
        argument="CLASS",
    ),
    Described(
        trigger=Trigger.AIRPLANE,
        says="turns airplane mode on and off again: mobile data, Wi-Fi and Bluetooth break off and come back",
        undo="airplane mode is set as it was found",
    ),
)

_ACTIONS = {
    Trigger.BOOT_COMPLETED: "android.intent.action.BOOT_COMPLETED",
    Trigger.SIM_LOADED: "android.intent.action.SIM_STATE_CHANGED --es ss LOADED",
    Trigger.CONNECTIVITY: "android.net.conn.CONNECTIVITY_CHANGE",
}


@record
class Wanted:
    """A trigger for one package. package: "" for one that concerns the unit; component: of a service"""

    trigger: Trigger
    package: str = ""
    component: str = ""

    @property
    def says(self) -> str:
        """What it will do, for the operator, before it is done."""
        one = next(one for one in TRIGGERS if one.trigger is self.trigger)
        about = " ".join(part for part in (self.package, self.component) if part)
        return f"{self.trigger.value}{f' for {about}' if about else ''}: {one.says}; {one.undo}"


def parse_triggers(names: tuple[str, ...], packages: tuple[str, ...]) -> tuple[Wanted, ...]:
    """What was asked for, for each package it concerns; raises UsageError for what there is not."""
    wanted: list[Wanted] = []
    for text in dict.fromkeys(names):
        name, _, argument = text.partition(":")
        known = next((one for one in TRIGGERS if one.trigger.value == name), None)
        if known is None or bool(known.argument) != bool(argument):
            raise UsageError(
                f"there is no trigger {clean_line(text)[:80]!r}", fix=f"choose one of: {_choices()}"
            )
        if argument and (len(argument) > _LONGEST_COMPONENT or not _COMPONENT.fullmatch(argument)):
            raise UsageError(
                f"{clean_line(argument)[:80]!r} is no name of a class", fix="name it like .RegisterService"
            )
        if known.trigger is Trigger.AIRPLANE:
            wanted.append(Wanted(trigger=known.trigger))
        else:
            wanted += [Wanted(trigger=known.trigger, package=one, component=argument) for one in packages]
    return tuple(wanted)


def _choices() -> str:
    return ", ".join(f"{one.trigger.value}{f':{one.argument}' if one.argument else ''}" for one in TRIGGERS)


def steps(wanted: Wanted) -> tuple[Step, ...]:
    """What sets it off; airplane mode apart, which depends on how it is found."""
    if wanted.trigger is Trigger.SERVICE:
        return (Step(line=f"am startservice -n {_component(wanted)}"),)
    action = _ACTIONS[wanted.trigger]
    return (Step(line=f"am broadcast -a {action} --include-stopped-packages -p {_package(wanted)}"),)


def undo_steps(wanted: Wanted) -> tuple[Step, ...]:
    """What undoes it; airplane mode apart."""
    if wanted.trigger is Trigger.SERVICE:
        return (Step(line=f"am stopservice -n {_component(wanted)}"),)
    return ()


READ_AIRPLANE = Step(line="settings get global airplane_mode_on", root=False)


def airplane_steps(on: bool) -> tuple[tuple[Step, ...], ...]:
    """Ways to set airplane mode, best first: the second is for Android 10 and older."""
    word, number, truth = ("enable", "1", "true") if on else ("disable", "0", "false")
    return (
        (Step(line=f"cmd connectivity airplane-mode {word}", pause_s=4.0),),
        (
            Step(line=f"settings put global airplane_mode_on {number}"),
            Step(line=f"am broadcast -a android.intent.action.AIRPLANE_MODE --ez state {truth}", pause_s=4.0),
        ),
    )


def _package(wanted: Wanted) -> str:
    if not is_package(wanted.package):
        raise UsageError(f"{clean_line(wanted.package)[:80]!r} is not a package name")
    return wanted.package


def _component(wanted: Wanted) -> str:
    if not _COMPONENT.fullmatch(wanted.component) or "$" in wanted.component:
        raise UsageError(f"{clean_line(wanted.component)[:80]!r} is no name of a class a shell can be told")
    return f"{_package(wanted)}/{wanted.component}"
