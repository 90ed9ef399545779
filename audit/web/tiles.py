"""A unit of the crate on the bench, as a tile of the wall shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import quote

from audit.crate.board import Tile
from audit.model.crate import Phase
from audit.model.record import record
from audit.model.report import Decision
from audit.model.text import clean_line
from audit.reports.redact import shown_serial
from audit.reports.view import SHAPES

_LONGEST = 120
_LONGEST_SAID = 300
_LONGEST_READ = 512
"""Of a serial number, as the names of units have it (audit/crate/names.py), so that masks are the same."""
_MOST_BECAUSE = 3
_BEGUN = {Phase.WAITING: 0, Phase.CONNECTING: 2, Phase.READING: 5, Phase.JUDGING: 95, Phase.DONE: 100}
_READ = 90


@record
class TileView:
    """What a tile shows; all texts are cleaned, on one line, and cut to a length a screen has room for.

    key: tells tiles apart; name: of the unit in the crate once it is done, "" before
    unit: its serial number masked, or the address of it; words: what happens, or what is waited for
    percent: 0 to 100, as far as can be told; verdict: a word of `Decision`, "" = none yet; shape: of it
    because: the first sentences that led there; fix: what a person must do, "" = nothing
    gone: unplugged; known: it was done before; age_s: since it was plugged in or begun anew
    url: of its page, "" = there is none yet
    """

    key: str
    name: str
    slot: str
    unit: str
    model: str
    phase: str
    words: str
    percent: int
    verdict: str
    shape: str
    because: tuple[str, ...]
    fix: str
    gone: bool
    known: bool
    age_s: float
    url: str


@record
class Drawn:
    """A tile, and what it shows at the moment it was last told of."""

    tile: Tile
    view: TileView


class Views:
    """Draws the tiles of one bench, each once for as long as it does not change. key: of the masks"""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._drawn: dict[str, Drawn] = {}
        self._ahead_s: float | None = None
        self._latest_s = 0.0

    def draw(self, tiles: Iterable[Tile], at_s: float) -> Mapping[str, Drawn]:
        """*tiles* by key; one that did not change is the very same as before.

        at_s: of a monotonic clock, always the same one; how it stands to that of the bench, which begins anew
        with each crate, is learnt from the moments of the tiles, none of which is in the future
        """
        drawn = {tile.key: self._one(tile) for tile in tiles}
        latest_s = max((one.tile.at_s for one in drawn.values()), default=0.0)
        if not drawn or latest_s < self._latest_s:
            self._ahead_s = None
        if drawn:
            ahead_s = at_s - latest_s
            self._ahead_s = ahead_s if self._ahead_s is None else min(self._ahead_s, ahead_s)
        self._latest_s = latest_s
        self._drawn = drawn
        return drawn

    def now(self, drawn: Drawn, at_s: float) -> TileView:
        """What a tile shows at that moment."""
        return replace(drawn.view, age_s=_age_s(drawn.tile, at_s - (self._ahead_s or 0.0)))

    def of(self, tiles: Iterable[Tile], at_s: float) -> tuple[TileView, ...]:
        """What *tiles* show at that moment."""
        return tuple(self.now(one, at_s) for one in self.draw(tiles, at_s).values())

    def _one(self, tile: Tile) -> Drawn:
        was = self._drawn.get(tile.key)
        if was is not None and was.tile is tile:
            return was
        return Drawn(tile=tile, view=tile_view(tile, self._key, tile.at_s))


def tile_view(tile: Tile, key: bytes, now_s: float) -> TileView:
    """What *tile* shows. key: of the masks; now_s: by the clock of the tile"""
    result = tile.result
    decision = None if result is None else result.decision
    return TileView(
        key=tile.key,
        name="" if result is None else result.name,
        slot=_line(tile.slot),
        unit=_line(shown_serial(tile.serial[:_LONGEST_READ], key=key)) if tile.serial else "",
        model=_line(tile.model),
        phase=tile.phase.value,
        words=_words(tile),
        percent=_percent(tile),
        verdict="" if decision is None else decision.value,
        shape="" if decision is None else SHAPES[decision],
        because=() if result is None else tuple(map(_said, result.because[:_MOST_BECAUSE])),
        fix=_said(tile.fix),
        gone=tile.gone,
        known=tile.known,
        age_s=_age_s(tile, now_s),
        url="" if result is None else f"/unit/{quote(result.name, safe='')}",
    )


def told(view: TileView) -> dict[str, Any]:
    """*view* for JSON."""
    return asdict(view)


def counts(tiles: Iterable[Tile]) -> Mapping[str, int]:
    """How many units there are with each verdict, how many are under way, and all of them."""
    tiles = tuple(tiles)
    found = [tile.result.decision for tile in tiles if tile.result is not None]
    counted = {decision.value: found.count(decision) for decision in Decision}
    return {**counted, "under way": sum(tile.under_way for tile in tiles), "units": len(tiles)}


def _words(tile: Tile) -> str:
    if tile.phase is Phase.DONE:
        return "audited already" if tile.known else "done"
    if tile.gone:
        return "unplugged before it was done"
    detail = _said(tile.detail)
    tries = f", try {tile.tries}" if tile.tries > 1 else ""
    return f"{tile.phase.value}{tries}" + (f": {detail}" if detail else "")


def _percent(tile: Tile) -> int:
    """Commands that were answered of those asked so far, of which more may come: at most nine tenths."""
    if tile.phase is Phase.READING and tile.started > 0:
        share = min(1.0, max(0, tile.done) / tile.started)
        return max(_BEGUN[Phase.READING], round(_READ * share))
    return _BEGUN[tile.phase]


def _age_s(tile: Tile, now_s: float) -> float:
    return round(max(0.0, now_s - tile.began_at_s), 1)


def _line(text: str) -> str:
    return _cut(text, _LONGEST)


def _said(text: str) -> str:
    return _cut(text, _LONGEST_SAID)


def _cut(text: str, longest: int) -> str:
    """At most *longest* characters, also where most of a long text is what gets cleaned away."""
    found = clean_line(text[: 4 * longest]).strip()
    return found if len(found) <= longest and len(text) <= 4 * longest else found[: longest - 1] + "…"
