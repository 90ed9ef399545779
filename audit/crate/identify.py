"""Makes one unit show itself, so that a person finds it among forty, and leaves it as it was found.

The only thing here that changes a unit. It says first what it will do, does nothing that it could not undo,
notes each step before it takes it, and undoes it last first: at the end of the time, when it is stopped, and
after whatever went wrong. What could not be undone is said, with what to do by hand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from audit.adb.device import Device
from audit.crate import screen
from audit.crate.identify_plan import LIMIT_S, LIT, Plan, Way, ask, screen_of
from audit.crate.screen import Order, Question, Screen
from audit.errors import AuditError, NotReady
from audit.hooks.unbroken import finish

Say = Callable[[str], None]

_DARK_S = 0.8
_OPENS_S = 0.4
_LOOKS = 10
_MOST_BACKS = 3

_KEYS = (
    "Xiaomi, Redmi, POCO: switch on “USB debugging (Security settings)” in the developer options; "
    "else press its power button."
)


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
            await self._do(Order.PAGE, LIT)
        if self._plan.words:
            self._to_undo.append(self._unpost)
            await self._do(screen.post(self._plan.words), "Leave out --notify.")

    async def hold(self, stop: asyncio.Event) -> None:
        """Until the time is up or it is stopped; no command is broken off for that."""
        loop = asyncio.get_running_loop()
        wanted = self._plan.wanted
        end_s = loop.time() + wanted.seconds
        while not await _stopped(stop, min(wanted.lit_s, end_s - loop.time())) and loop.time() < end_s:
            if self._plan.way is Way.BLINK:
                await self._blink(stop)
            elif not stop.is_set():
                await ask(self._device, Question.SDK)  # a pulled cable does not always say so

    async def _blink(self, stop: asyncio.Event) -> None:
        if not self._plan.words:  # they are to be read
            await self._do(Order.SLEEP, _KEYS)
            await _stopped(stop, min(_DARK_S, self._plan.wanted.lit_s))
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
        """The screen once the page is there, which takes a moment: stopped early, it may be about to open."""
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
            there = screen.TAG in screen.shell_notices(await ask(self._device, Question.NOTICES))
        except AuditError as error:
            failed, there = failed or error.what, True
        why = failed or "it is still there"
        return f"the notification may still be there ({why}); swipe it away on the phone" if there else ""

    async def _seen(self) -> Screen | None:
        with suppress(AuditError):  # then nobody knows, and that is told
            return await screen_of(self._device)
        return None

    async def _try(self, order: Order) -> str:
        """Do it; why it failed, "" when it did not."""
        try:
            await self._do(order, "")
        except AuditError as error:
            return error.what
        return ""

    async def _do(self, order: str, fix: str) -> None:
        answer = await self._device.run(str(order), timeout_s=LIMIT_S)
        refused = screen.refusal(answer, order)
        if refused:
            row = self._device.row
            raise NotReady(f"the unit refuses: {refused}", where=row.slot or row.serial, fix=fix)


async def _stopped(stop: asyncio.Event, within_s: float) -> bool:
    with suppress(TimeoutError):  # the time was what was waited for
        async with asyncio.timeout(max(0.0, within_s)):
            await stop.wait()
    return stop.is_set()
