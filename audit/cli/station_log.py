"""What a station says on standard error, a line for what is news: at a terminal, or in a journal."""

from __future__ import annotations

import asyncio

from audit.cli.output import note
from audit.cli.verdict_text import verdict_text
from audit.crate.board import Tile
from audit.model.crate import UnitResult
from audit.station.forwarding import Lag, State
from audit.station.station import Station


class Log:
    """Follows *station*; None = there is nothing to follow."""

    def __init__(self, station: Station | None) -> None:
        self._station = station
        self._notices: tuple[str, ...] = ()
        self._crate = ""
        self._results: dict[str, UnitResult] = {}
        self._fixes: dict[str, str] = {}
        self._lag = ""

    def say(self, text: str) -> None:
        """Tell something of another part."""
        note(text)

    def tick(self) -> None:
        """Time went by."""

    def lag(self, lag: Lag) -> None:
        """How far the central history is behind: told when it goes another way, not with each report."""
        told = f"{lag.state.value} {lag.what}"
        if told != self._lag and lag.state is not State.FORWARDING:
            self._lag = told
            note(f"{lag.line}; fix: {lag.fix}" if lag.fix else lag.line)

    async def follow(self, stop: asyncio.Event) -> None:
        """Tell what is news until *stop*."""
        if self._station is None:
            return
        ended = asyncio.create_task(stop.wait())
        seen = -1
        try:
            while not stop.is_set():
                news = asyncio.create_task(self._station.changed(seen))
                await asyncio.wait((news, ended), return_when=asyncio.FIRST_COMPLETED)
                if not news.done():
                    news.cancel()
                    break
                seen = news.result()
                self._tell(self._station)
        finally:
            ended.cancel()
        self._tell(self._station)

    def _tell(self, station: Station) -> None:
        for told in station.notices:
            if told not in self._notices:
                note(told)
        self._notices = station.notices
        name = "" if station.head is None else station.head.name
        if name != self._crate:
            note(f"crate {name}" if name else f"crate {self._crate} ended")
            self._crate, self._results, self._fixes = name, {}, {}
        for tile in station.tiles():
            self._of(tile)

    def _of(self, tile: Tile) -> None:
        if tile.result is not None and self._results.get(tile.key) != tile.result:
            self._results[tile.key] = tile.result
            self._fixes.pop(tile.key, None)
            note(str(verdict_text(tile.result)))
        if tile.fix and self._fixes.get(tile.key) != tile.fix:  # once, however often it is tried
            self._fixes[tile.key] = tile.fix
            note(f"{tile.slot or tile.serial}: {tile.fix}")
