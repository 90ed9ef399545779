"""Contacts as they come, on standard error: a table that grows, and how much of the time is over."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from audit.checks import contacts
from audit.cli.output import note
from audit.model.destinations import Atlas
from audit.model.flows import Flow, OwnIdentifier, Stage
from audit.model.text import clean_line
from audit.parse.observations.assemble import Assembler
from audit.parse.observations.lines import Event

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_BAR = 30
_MOST_SHOWN = 12
_REDRAW_S = 0.2
_STYLES = {Stage.ATTEMPTED: "", Stage.TRANSMITTED: "yellow", Stage.IDENTIFIED: "bold red"}
_SHAPES = {Stage.ATTEMPTED: "·", Stage.TRANSMITTED: "▸", Stage.IDENTIFIED: "✖"}


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
        self._drawn = 0.0
        self._seen: dict[str, Flow] = {}
        self._said: dict[str, Stage] = {}
        self._live: Live | None = None
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        if self._terminal:
            self._live = _live()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._draw()
            self._live.stop()

    def event(self, event: Event) -> None:
        """Something was seen."""
        for seen in self._assembler.feed(event):
            for gone in seen.instead_of:
                self._seen.pop(gone, None)
            known = (*self._known, *self._assembler.identifiers)
            flow = self._assembler.flow(seen.key, known, b"") or seen.flow
            self._seen[seen.key] = flow
            if not self._terminal and self._said.get(seen.key) is not flow.stage:
                note("  " + " ".join(line(flow, self._atlas)))
            self._said[seen.key] = flow.stage
        self.tick()

    def tick(self) -> None:
        """Time passed."""
        if self._live is not None and time.monotonic() - self._drawn >= _REDRAW_S:
            self._draw()

    def say(self, text: str) -> None:
        """A sentence on what is being done."""
        if self._live is not None:
            self._live.console.print(clean_line(text), style="dim", markup=False, highlight=False)
        else:
            note(clean_line(text))

    def _draw(self) -> None:
        if self._live is None:
            return
        self._drawn = time.monotonic()
        flows = contacts.furthest(self._seen.values())
        shown = sorted(flows, key=lambda flow: flow.at_ms)[-_MOST_SHOWN:]
        passed = min(time.monotonic() - self._began, self._seconds)
        self._live.update(_picture(shown, len(flows), passed, self._seconds, self._atlas), refresh=True)


def line(flow: Flow, atlas: Atlas | None) -> tuple[str, ...]:
    """One contact in words: when, how far, whose, what and where to; then what is known of the place."""
    known = ", ".join(about(flow, atlas))
    return tuple(
        clean_line(part)
        for part in (
            f"{flow.at_ms / 1000:6.1f} s",
            _SHAPES[flow.stage],
            flow.who or "somebody",
            contacts.did(flow),
            flow.url or flow.to,
            f"({known})" if known else "",
        )
        if part
    )


def about(flow: Flow, atlas: Atlas | None) -> tuple[str, ...]:
    """Address, country, operator, cleartext and identifiers, as far as each is known."""
    address = f"{flow.ip} port {flow.port}" if flow.ip and flow.port is not None else flow.ip
    parts = ["" if flow.ip and flow.ip in flow.to else address, *_where(flow, atlas)]
    parts.append({True: "CLEARTEXT", False: "encrypted", None: ""}[flow.cleartext])
    parts += dict.fromkeys(f"{one.kind.words} {one.shown} {one.certainty}" for one in flow.identifiers)
    if flow.shared:
        parts.append(f"shared by {', '.join(flow.shared[:4])}" + (" …" if len(flow.shared) > 4 else ""))
    return tuple(part for part in parts if part)


def _where(flow: Flow, atlas: Atlas | None) -> tuple[str, ...]:
    ip = flow.ip or next(iter(flow.answers), "")
    place = atlas.address(ip) if atlas is not None and ip else None
    if place is None:
        return ()
    if place.scope != "global":
        return (place.scope,)
    said = "/".join(dict.fromkeys(one.country for one in place.countries if one.country))
    return (said + (" (disputed)" if place.disputed else ""), place.operator)


def _live() -> Live:
    from rich.console import Console
    from rich.live import Live

    live = Live(console=Console(stderr=True), transient=False, auto_refresh=False)
    live.start()
    return live


def _picture(
    flows: Sequence[Flow], count: int, passed: float, seconds: float, atlas: Atlas | None
) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    rows: list[RenderableType] = []
    for flow in flows:
        style = _STYLES[flow.stage]
        when, shape, *words = line(flow, None)[:5]
        rows.append(Text(f"{when} {shape} {' '.join(words)}", style=style))
        if known := ", ".join(about(flow, atlas)):
            rows.append(Padding(Text(clean_line(known), style="dim"), (0, 0, 0, 11)))
    filled = int(_BAR * passed / max(seconds, 0.001))
    bar = "#" * filled + "-" * (_BAR - filled)
    many = f"{count} contact{'' if count == 1 else 's'}"
    rows.append(Text(f"[{bar}] {passed:.0f} of {seconds:.0f} s, {many}; Ctrl-C ends it early"))
    return Group(*rows)
