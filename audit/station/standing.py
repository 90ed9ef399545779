"""Verdicts as tiles show them: each unit held against the others of its crate, with the waivers that count.

What a unit says of itself is no verdict yet. One that is on no line of the manifest, or has the IMEI of
another, may be flawless by itself; a tile that said so would have it taken from the bench as good.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any

from audit.crate.board import Tile
from audit.errors import AuditError
from audit.model.crate import CrateReport, Phase, UnitResult
from audit.station.faults import fault_of, pause
from audit.station.news import News, Notices

WORDS = "held against the others"
_LOOK_S = 5.0
"""How often to look whether waivers, or the day, are others."""
_NOT_HELD = "units are not held against each other"


class Standing:
    """Shows what the last report of the crate says of each unit, and has one made where another is due.

    closed: makes the report, and gives it to `take`; due: whether that may say something else than the last
    """

    def __init__(
        self,
        closed: Callable[[], Coroutine[Any, Any, object]],
        due: Callable[[], bool],
        news: News,
        notices: Notices,
    ) -> None:
        self._closed, self._due, self._news, self._notices = closed, due, news, notices
        self._stirred = asyncio.Event()
        self._held: dict[str, UnitResult] = {}
        self._shown: dict[str, tuple[Tile, UnitResult | None, Tile]] = {}

    def stir(self) -> None:
        """A unit has another result."""
        self._stirred.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        loop, failed = asyncio.get_running_loop(), False
        while True:
            self._stirred.clear()
            began_s = loop.time()
            fault = await fault_of(self._closed()) if self._due() else None
            if fault is not None:
                failed = True
                self._tell(fault)
            elif failed and not self._due():
                failed = False
                self._notices.say("units are held against each other again", about=_NOT_HELD)
            await asyncio.sleep(loop.time() - began_s)  # half of the time is for whatever else there is
            await pause(self._stirred, _LOOK_S)

    def take(self, report: CrateReport) -> None:
        """Show what *report* says from now on."""
        held = {unit.name: unit for unit in report.units}
        same = {name: was for name, was in self._held.items() if held.get(name) == was}
        if len(same) < max(len(held), len(self._held)):
            self._held = held | same
            self._news.rise()

    def of(self, tiles: Iterable[Tile]) -> tuple[Tile, ...]:
        """*tiles* as they stand; one that looks as before is the very same."""
        self._shown = {tile.key: self._one(tile) for tile in tiles}
        return tuple(shown for _, _, shown in self._shown.values())

    def _one(self, tile: Tile) -> tuple[Tile, UnitResult | None, Tile]:
        held = None if tile.result is None else self._held.get(tile.result.name)
        was = self._shown.get(tile.key)
        if was is not None and was[0] is tile and was[1] is held:
            return was
        return tile, held, _as_held(tile, held)

    def _tell(self, fault: Exception) -> None:
        after = "Verdicts that are not shown yet wait for it; it is tried again."
        if isinstance(fault, AuditError):
            self._notices.trouble(_NOT_HELD, fault, after)
        else:
            self._notices.fault(_NOT_HELD, fault, after)


def _as_held(tile: Tile, held: UnitResult | None) -> Tile:
    """*tile* with the verdict that its unit has among the others; none as long as that is not known."""
    if tile.result is None:
        return tile
    if held is None or held.started_at != tile.result.started_at:  # that was of an audit before
        return replace(tile, phase=Phase.JUDGING, result=None, detail=WORDS)
    return replace(tile, result=held)
