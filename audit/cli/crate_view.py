"""A crate as it goes, on standard error: a picture that is drawn again, in a pipe a line for each event."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from audit.cli.output import note
from audit.crate.board import Board, Tile
from audit.crate.events import Ended, Event, Known, Left, Moved
from audit.model.crate import Phase
from audit.model.text import clean_line

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

_REDRAW_S = 0.1
_MOST_LINES = 40


class CrateView:
    """Shows the units of a crate; `tell` is what the engine calls back, `tick` keeps the clocks going.

    lasting: every verdict stays on the screen, with the bell: for one who plugs in and unplugs
    now: a monotonic clock, in seconds
    """

    def __init__(self, *, lasting: bool, now: Callable[[], float] = time.monotonic) -> None:
        self.board = Board()
        self._lasting, self._now = lasting, now
        self._began = now()
        self._shown = 0.0
        self._said: dict[str, tuple[Phase, str]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from audit.cli.flows_picture import has_shapes

        # what a stream cannot encode it writes out in full, so that lines are longer than they were measured
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and has_shapes(sys.stderr.encoding):
            self._live = _live()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the picture away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def tell(self, event: Event) -> None:
        """Something happened to a unit."""
        tile = self.board.fold(event)
        if self._live is None:
            self._say(event, tile)
            return
        if self._lasting:
            self._keep(event, tile)
        self._draw(at_once=isinstance(event, Ended))

    def say(self, text: str) -> None:
        """Tell the person at the keyboard something."""
        if self._live is None:
            note(text)
        else:
            self._live.console.print(text, markup=False, highlight=False)

    def tick(self) -> None:
        """Time went by."""
        self._draw(at_once=False)

    def _draw(self, *, at_once: bool) -> None:
        now = self._now()
        if self._live is None or (not at_once and now - self._shown < _REDRAW_S):
            return
        from rich.text import Text

        from audit.cli.crate_picture import picture

        self._shown = now
        size = shutil.get_terminal_size()
        lines = picture(
            self.board,
            at_s=now - self._began,
            width=size.columns,
            height=min(size.lines - 1, _MOST_LINES),
        )
        self._live.update(Text("\n").join(lines), refresh=True)

    def _keep(self, event: Event, tile: Tile) -> None:
        """What stays above the picture."""
        if self._live is None:
            return
        console = self._live.console
        if isinstance(event, Ended):
            console.print(self._verdict(tile))
            console.bell()
        elif isinstance(event, Known):
            console.print(f"{_name(tile)}: audited already", style="dim", markup=False, highlight=False)
        elif isinstance(event, Left) and not event.done:
            console.print(
                f"{_name(tile)}: unplugged before it was done; plug it in again",
                style="yellow",
                markup=False,
                highlight=False,
            )

    def _say(self, event: Event, tile: Tile) -> None:
        """A line of its own for what is news in a pipe or a log."""
        at = f"{event.at_s:8.1f}s  "
        match event:
            case Ended():
                note(at + self._verdict(tile).plain)
            case Known():
                note(f"{at}{_name(tile)}: audited already")
            case Left(done=done):
                note(f"{at}{_name(tile)}: unplugged" + ("" if done else " before it was done"))
            case Moved(phase=phase, fix=fix):
                news = (phase, fix)
                if self._said.get(event.key) != news:
                    self._said[event.key] = news
                    more = f", try {tile.tries}" if tile.tries > 1 else ""
                    note(f"{at}{_name(tile)}: {phase.value}{more}" + (f": {clean_line(fix)}" if fix else ""))

    @staticmethod
    def _verdict(tile: Tile) -> Text:
        from rich.text import Text

        from audit.cli.crate_picture import verdict_line

        return Text() if tile.result is None else verdict_line(tile.result)


def _name(tile: Tile) -> str:
    return " ".join(filter(None, (tile.slot or tile.serial, tile.model)))


def _live() -> Live:
    from rich.console import Console
    from rich.live import Live

    live = Live(console=Console(stderr=True), transient=True, auto_refresh=False)
    live.start()
    return live
