"""Contacts as they come, on standard error: a picture that is drawn again, and how much time is over."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from audit.cli.flows_picture import IN_ASCII, Passed, about, entry, has_shapes, line, picture
from audit.cli.output import note
from audit.model.destinations import Atlas
from audit.model.flows import Flow, OwnIdentifier, Stage
from audit.model.text import clean_line
from audit.parse.observations.assemble import Assembler
from audit.parse.observations.lines import Event
from audit.reports.joined import joined

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

MOST_LISTED = 200
"""Contacts listed when the time is over; the report has all."""
_REDRAW_S = 0.2
_SHARE = 10
"""A redraw that takes long is followed by ten times as long without one."""
_LOOK_S = 1.0


class FlowsView:
    """Shows what is seen while it is watched; in a pipe, a line for each contact.

    seconds: of the whole window; atlas: for countries, None = none
    """

    def __init__(
        self,
        assembler: Assembler,
        *,
        seconds: float,
        atlas: Atlas | None,
        known: Sequence[OwnIdentifier] = (),
    ) -> None:
        self._assembler = assembler
        self._known = tuple(known)
        self._atlas = atlas
        self._seconds = seconds
        self._began = time.monotonic()
        self._next = 0.0
        self._fresh: dict[str, Flow] = {}
        self._seen: dict[str, Flow] = {}
        self._said: dict[str, Stage] = {}
        self._live: Live | None = None
        self._shapes = has_shapes(sys.stderr.encoding)
        self._terminal = self._shapes and draws(os.environ, tty=sys.stderr.isatty())

    def __enter__(self) -> Self:
        if self._terminal:
            self._live = _live()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._look(_LOOK_S)
        if self._live is not None:
            self._live.stop()
            self._list(self._live.console)
            self._live = None

    def event(self, event: Event) -> None:
        """Something was seen."""
        for seen in self._assembler.feed(event):
            for gone in seen.instead_of:
                self._fresh.pop(gone, None)
                self._seen.pop(gone, None)
            self._fresh[seen.key] = seen.flow
        self.tick()

    def tick(self) -> None:
        """Time passed. What came is looked at, and drawn, now and then: not for every event."""
        now = time.monotonic()
        if now < self._next:
            return
        self._look(_LOOK_S)
        if self._live is not None:
            self._draw(self._live)
        done = time.monotonic()
        self._next = done + max(_REDRAW_S, _SHARE * (done - now))

    def say(self, text: str) -> None:
        """A sentence on what is being done."""
        if self._live is not None:
            self._live.console.print(clean_line(text), style="dim", markup=False, highlight=False)
        else:
            note(clean_line(text))

    def _look(self, most_s: float) -> None:
        """Look for identifiers in what came since; what is left when the time is over is shown without."""
        known = (*self._known, *self._assembler.identifiers)
        until = time.monotonic() + most_s
        for key, flow in self._fresh.items():
            looked = self._assembler.flow(key, known, b"") if time.monotonic() < until else None
            self._seen[key] = now = looked or flow
            if not self._terminal and self._said.get(key) is not now.stage:
                told = line(now, self._atlas)
                note("  " + (told if self._shapes else told.translate(IN_ASCII)))
            self._said[key] = now.stage
        self._fresh.clear()

    def _draw(self, live: Live) -> None:
        from rich.console import Group

        shown = joined(self._seen.values())
        told = Passed(passed=time.monotonic() - self._began, seconds=self._seconds, contacts=len(shown))
        size = (live.console.width, live.console.height)
        live.update(Group(*picture(shown, told, size, self._about)), refresh=True)

    def _list(self, console: Console) -> None:
        """What was seen, when the time is over: the picture held no more than the terminal does."""
        shown = joined(self._seen.values())
        for one in sorted(shown[:MOST_LISTED], key=lambda one: one.flow.at_ms):
            for text in entry(one, console.width, self._about(one.flow)):
                console.print(text, highlight=False)
        if (more := len(shown) - MOST_LISTED) > 0:
            console.print(f"and {more} more, in the report", style="dim", highlight=False)

    def _about(self, flow: Flow) -> tuple[str, ...]:
        return about(flow, self._atlas)


def draws(environ: Mapping[str, str], *, tty: bool) -> bool:
    """Whether a picture can be drawn again in place; a dumb terminal only takes lines."""
    return tty and environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def _live() -> Live:
    from rich.console import Console
    from rich.live import Live

    live = Live(console=Console(stderr=True), transient=True, auto_refresh=False, vertical_overflow="crop")
    live.start()
    return live
