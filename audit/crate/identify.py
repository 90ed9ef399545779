"""Makes one unit show itself, so that a person finds it among forty, and leaves it as it was found.

The only thing here that changes a unit. It says first what it will do, does nothing that it could not undo,
notes each step before it takes it, and undoes it last first: at the end of the time, when it is stopped, and
after whatever went wrong. What could not be undone is said, with what to do by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum

from audit.adb.device import Device
from audit.crate import screen
from audit.crate.screen import Order, Question, Screen
from audit.errors import AuditError, NotReady
from audit.hooks.unbroken import finish
from audit.model.record import record

Say = Callable[[str], None]

_LIMIT_S = 15.0
_LIT_S, _DARK_S = 3.0, 0.8
_OPENS_S = 0.4
_LOOKS = 10
_MOST_BACKS = 3
_NOTIFIES_SINCE = 29

_KEYS = (
    "Xiaomi, Redmi, POCO: switch on “USB debugging (Security settings)” in the developer options; "
    "else press its power button."
)
_LIT = "Look for a lit screen, or press its power button to lock it and run this again."


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
    """What was asked for. seconds: how long; text: said with the slot; notify: post a notification, too"""

    seconds: float = 20.0
    text: str = ""
    notify: bool = False


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
        lines = [_SAYS[self.way, self.before.awake or False].format(seconds=self.wanted.seconds)]
        if self.words:
            lines.append(
                f"posts the notification “{self.words}” and takes it away again; "
                "Android keeps its category “Shell command” among those of the app Shell"
            )
        return tuple(line for line in lines if line)

    @property
    def look_for(self) -> str:
        """What a person looks for."""
        seen = _LOOK_FOR[self.way]
        return f"{seen}, with the words “{self.words}”" if self.words else seen


_SAYS = {
    (Way.BLINK, False): "lets its screen blink for {seconds:g} s; then it is dark again, as it was found",
    (Way.BLINK, True): "lets its locked screen blink for {seconds:g} s; then it stays lit, as it was found",
    (Way.PAGE, True): "opens the page “About phone” of its settings for {seconds:g} s, then closes it again",
    (Way.NOTICE, True): "",
    (Way.NOTICE, False): "",
}
_LOOK_FOR = {
    Way.BLINK: "a screen that blinks",
    Way.PAGE: "a lit screen that shows “About phone”",
    Way.NOTICE: "a lit screen",
}


async def plan(device: Device, wanted: Wanted) -> Plan:
    """What can be done and undone on this unit, which is only read for it.

    Raises NotReady where nothing can, with why; UnitLost.
    """
    before = await _screen(device)
    words = await _words(device, wanted) if wanted.notify else ""
    way, why = _way(before)
    if way is None and not words:
        raise NotReady(why, where=device.row.slot or device.row.serial, fix=_LIT)
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
    sdk = (await _ask(device, Question.SDK)).strip()
    if not sdk.isdecimal() or int(sdk[:4]) < _NOTIFIES_SINCE:
        raise NotReady("a shell notifies from Android 10 on", where=where, fix="Leave out --notify.")
    others = screen.shell_notices(await _ask(device, Question.NOTICES))
    if others:
        raise NotReady(
            "the app Shell notifies of something already, which would be taken away with ours",
            where=where,
            fix="Swipe it away on the phone, or leave out --notify.",
        )
    return screen.plain(f"slot {where} {wanted.text}")


async def identify(device: Device, planned: Plan, stop: asyncio.Event, on_say: Say) -> tuple[str, ...]:
    """Do it until the time is up or *stop* is set, and undo it; what is left then, with what to do by hand.

    Raises what it broke off with, such as NotReady where the unit refuses or UnitLost, when all was undone
    that could be: what could not has been told to *on_say*. Cancelling does not break the undoing off.
    """
    showing = _Showing(device, planned)
    left: tuple[str, ...] = ()
    try:
        await showing.begin()
        on_say(f"look for {planned.look_for}")
        await showing.hold(stop)
    finally:
        left = await finish(_undone(showing, on_say))
    return left


async def _undone(showing: _Showing, on_say: Say) -> tuple[str, ...]:
    left = await showing.undo()
    for line in left:
        on_say(f"not undone: {line}")
    return left


class _Showing:
    """One unit that shows itself. What has to be undone is noted before it is done."""

    def __init__(self, device: Device, planned: Plan) -> None:
        self._device = device
        self._plan = planned
        self._to_undo: list[Callable[[], Awaitable[str]]] = []

    async def begin(self) -> None:
        """The first of it; raises NotReady where the unit refuses."""
        way, before = self._plan.way, self._plan.before
        if way is Way.BLINK:
            self._to_undo.append(self._lighten if before.awake else self._darken)
        if way is not Way.NOTICE:
            # on a lit screen it does nothing, and tells whether keys may be pressed: undoing takes some
            await self._do(Order.WAKE, _KEYS)
        if way is Way.PAGE:
            self._to_undo.append(self._close_page)
            await self._do(Order.PAGE, _LIT)
        if self._plan.words:
            self._to_undo.append(self._unpost)
            await self._do(screen.post(self._plan.words), "Leave out --notify.")

    async def hold(self, stop: asyncio.Event) -> None:
        """Until the time is up or it is stopped; no command is broken off for that."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + self._plan.wanted.seconds
        while not await _stopped(stop, min(_LIT_S, end_s - loop.time())) and loop.time() < end_s:
            if self._plan.way is Way.BLINK:
                await self._blink(stop)
            elif not stop.is_set():
                await _ask(self._device, Question.SDK)  # a pulled cable does not always say so

    async def _blink(self, stop: asyncio.Event) -> None:
        if not self._plan.words:  # they are to be read
            await self._do(Order.SLEEP, _KEYS)
            await _stopped(stop, _DARK_S)
        await self._do(Order.WAKE, _KEYS)

    async def undo(self) -> tuple[str, ...]:
        """Undo it all, last first; what could not be, with what to do by hand."""
        left = []
        while self._to_undo:
            left.append(await self._to_undo.pop()())
        return tuple(line for line in left if line)

    async def _darken(self) -> str:
        failed = await self._lit_as(Order.SLEEP, wanted=False)
        return (
            f"its screen may still be lit, it was dark ({failed}); press its power button" if failed else ""
        )

    async def _lighten(self) -> str:
        failed = await self._lit_as(Order.WAKE, wanted=True)
        return f"its screen may be dark, it was lit ({failed}); press its power button" if failed else ""

    async def _lit_as(self, order: Order, *, wanted: bool) -> str:
        failed = await self._try(order)
        seen = await self._seen()
        if seen is None or seen.awake is None:
            return failed or "it does not say"
        return "" if seen.awake is wanted else failed or "the key had no effect"

    async def _close_page(self) -> str:
        by_hand = "the page “About phone” may still be open; press Back on the phone"
        seen = await self._opened()
        slept = seen is not None and not seen.awake
        if slept:  # its screen went dark by itself, with the page open
            await self._try(Order.WAKE)
            seen = await self._seen()
        for _ in range(_MOST_BACKS):
            if seen is None or not seen.in_settings:
                break
            await self._try(Order.BACK)
            await asyncio.sleep(_OPENS_S)
            seen = await self._seen()
        closed = seen is not None and bool(seen.front) and not seen.in_settings
        if slept and not await self._darkened():
            return f"its screen may still be lit; {by_hand}"
        return "" if closed else by_hand

    async def _darkened(self) -> bool:
        return not await self._lit_as(Order.SLEEP, wanted=False)

    async def _opened(self) -> Screen | None:
        """The screen once the page is there, which takes a moment; one that is stopped early may still open."""
        seen = None
        for _ in range(_LOOKS):
            seen = await self._seen()
            if seen is None or seen.in_settings or not seen.awake:
                break
            await asyncio.sleep(_OPENS_S)
        return seen

    async def _unpost(self) -> str:
        failed = await self._try(Order.UNPOST)
        try:
            there = screen.TAG in screen.shell_notices(await _ask(self._device, Question.NOTICES))
        except AuditError as error:
            failed, there = failed or error.what, True
        why = failed or "it is still there"
        return f"the notification may still be there ({why}); swipe it away on the phone" if there else ""

    async def _seen(self) -> Screen | None:
        with suppress(AuditError):  # then nobody knows, and that is told
            return await _screen(self._device)
        return None

    async def _try(self, order: Order) -> str:
        """Do it; why it failed, "" when it did not."""
        try:
            await self._do(order, "")
        except AuditError as error:
            return error.what
        return ""

    async def _do(self, order: str, fix: str) -> None:
        answer = await self._device.run(str(order), timeout_s=_LIMIT_S)
        refused = screen.refusal(answer, order)
        if refused:
            row = self._device.row
            raise NotReady(f"the unit refuses: {refused}", where=row.slot or row.serial, fix=fix)


async def _screen(device: Device) -> Screen:
    """How it lies there; each part is only asked for where the one before says that it counts."""
    awake = screen.awake(await _ask(device, Question.POWER))
    locked = screen.locked(await _ask(device, Question.LOCK))
    front = screen.front(await _ask(device, Question.FRONT)) if awake and not locked else ""
    return Screen(awake=awake, locked=locked, front=front)


async def _ask(device: Device, question: Question) -> str:
    answer = await device.run(question.value, timeout_s=_LIMIT_S)
    return answer.stdout.decode("utf-8", "replace")


async def _stopped(stop: asyncio.Event, within_s: float) -> bool:
    with suppress(TimeoutError):  # the time was what was waited for
        async with asyncio.timeout(max(0.0, within_s)):
            await stop.wait()
    return stop.is_set()
