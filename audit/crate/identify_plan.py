"""How a unit can show itself, found out by reading alone, and what is said of it before it is done."""

from __future__ import annotations

from enum import StrEnum

from audit.adb.device import Device
from audit.crate import screen
from audit.crate.screen import Question, Screen
from audit.errors import NotReady
from audit.model.record import record

LIMIT_S = 15.0
"""For one command."""
LIT = "Look for a lit screen, or press its power button to lock it and run this again."

_NOTIFIES_SINCE = 29
_MOST_BYTES = 8 << 20
"""Of an answer that is read here; a dump has a tenth of it."""


class Way(StrEnum):
    """How a unit shows itself."""

    BLINK = "blink"
    """Its screen goes on and off; a locked unit shows its lock screen, and stays locked."""
    PAGE = "page"
    """An unlocked unit whose screen is lit opens a page of its settings."""
    NOTICE = "notice"
    """It only notifies."""


@record
class Wanted:
    """What was asked for.

    seconds: how long; text: said with the slot; notify: post a notification, too
    lit_s: between two dark moments, in seconds
    """

    seconds: float = 20.0
    text: str = ""
    notify: bool = False
    lit_s: float = 3.0


@record
class Plan:
    """What will be done. before: how the unit lay there; words: what a notification says, "" = none"""

    way: Way
    before: Screen
    words: str
    wanted: Wanted

    @property
    def says(self) -> tuple[str, ...]:
        """What will be done and undone, for the operator, before it is done."""
        lines = []
        if self.way is not Way.NOTICE:
            how = _BLINKS[self.before.awake or False] if self.way is Way.BLINK else _PAGE
            lines.append(how.format(does="stay lit" if self.words else "blink", seconds=self.wanted.seconds))
        if self.words:
            lines.append(
                f"posts the notification “{self.words}” and takes it away again; "
                "Android keeps its category “Shell command” among those of the app Shell"
            )
        return tuple(lines)

    @property
    def look_for(self) -> str:
        """What a person looks for."""
        if self.way is Way.PAGE:
            seen = "a lit screen that shows “About phone”"
        else:
            seen = "a lit screen" if self.words else "a screen that blinks"
        return f"{seen}, with the words “{self.words}”" if self.words else seen


_BLINKS = {
    False: "lets its screen {does} for {seconds:g} s; then it is dark again, as it was found",
    True: "lets its locked screen {does} for {seconds:g} s; then it is lit, as it was found",
}
_PAGE = "opens the page “About phone” of its settings for {seconds:g} s, then closes it again"


async def plan(device: Device, wanted: Wanted) -> Plan:
    """What can be done and undone on this unit, which is only read for it.

    Raises NotReady where nothing can, with why; UnitLost.
    """
    before = await screen_of(device)
    words = await _words(device, wanted) if wanted.notify else ""
    way, why = _way(before)
    if way is None and not words:
        raise NotReady(why, where=device.row.slot or device.row.serial, fix=LIT)
    return Plan(way=way or Way.NOTICE, before=before, words=words, wanted=wanted)


def _way(before: Screen) -> tuple[Way | None, str]:
    """How, or why not: a screen that is put to sleep is locked, and only its owner can unlock it."""
    if before.awake is None:
        return None, "the unit does not say whether its screen is lit"
    if not before.awake or before.locked:
        return Way.BLINK, ""
    if before.locked is None:
        return None, "its screen is lit, and it does not say whether it is locked"
    if before.in_settings or not before.front:
        return None, f"its screen is lit and shows {before.front or 'what it does not say'}"
    return Way.PAGE, ""


async def _words(device: Device, wanted: Wanted) -> str:
    where = device.row.slot or device.row.serial
    sdk = (await ask(device, Question.SDK)).strip()
    if not sdk.isdecimal() or int(sdk[:4]) < _NOTIFIES_SINCE:
        raise NotReady("a shell notifies from Android 10 on", where=where, fix="Leave out --notify.")
    others = screen.shell_notices(await ask(device, Question.NOTICES))
    if others:
        raise NotReady(
            "the app Shell notifies of something already, which would be taken away with ours",
            where=where,
            fix="Swipe it away on the phone, or leave out --notify.",
        )
    return screen.plain(f"slot {where} {wanted.text}")


async def screen_of(device: Device) -> Screen:
    """How it lies there; each part is only asked for where the one before says that it counts."""
    awake = screen.awake(await ask(device, Question.POWER))
    locked = screen.locked(await ask(device, Question.LOCK))
    front = screen.front(await ask(device, Question.FRONT)) if awake and not locked else ""
    return Screen(awake=awake, locked=locked, front=front)


async def ask(device: Device, question: Question) -> str:
    """What it answers; raises UnitLost, ProtocolError."""
    answer = await device.run(question.value, timeout_s=LIMIT_S)
    return answer.stdout[:_MOST_BYTES].decode("utf-8", "replace")
