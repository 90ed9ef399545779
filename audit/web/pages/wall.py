"""The wall: a tile for each unit on the bench, by its slot; without a crate, the form to begin one."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from audit.crate.board import Tile
from audit.model.crate import Phase
from audit.model.text import clean_line
from audit.reports import view as words
from audit.reports.crate import view
from audit.reports.crate.totals import WORST_FIRST
from audit.station.bench import Bench
from audit.web import beginning, rendering
from audit.web.house import house_of
from audit.web.page import Page
from audit.web.services import Services
from audit.web.tiles import TileView, tile_view

CROWD = 30
"""From here on tiles show only what is read from afar."""
LONGEST_FIND = 100
LONGEST_CRATE = 120
"""As the stream of events has it, which a page compares its own with."""
MOVING = (Phase.CONNECTING.value, Phase.READING.value, Phase.JUDGING.value)
_MINUTE_S, _HOUR_S = 60, 3600
_BLANK = Tile(key="", phase=Phase.WAITING, slot="", serial="", model="", began_at_s=0.0, at_s=0.0)


async def wall(request: Request, services: Services) -> Response:
    """What is on the bench now; where nothing is audited, the history."""
    if services.bench is None:
        return RedirectResponse("/history", status_code=303)
    return show(request, services, services.bench)


def show(
    request: Request,
    services: Services,
    bench: Bench,
    begin: beginning.Begin | None = None,
    *,
    status: int = 200,
) -> Response:
    """The wall. begin: what was filled in where no crate could be begun with it"""
    choices = bench.choices()
    every = in_order(house_of(request).views.of(bench.tiles(), asyncio.get_running_loop().time()))
    find = clean_line(request.query_params.get("find", "")[:LONGEST_FIND]).strip()
    return rendering.render(
        request,
        "wall.html.j2",
        status=status,
        crate=clean_line(bench.head.name[: 4 * LONGEST_CRATE])[:LONGEST_CRATE] if bench.head else "",
        tiles=every,
        fits={one.key for one in every if fits(one, find)},
        needs=needs(every),
        counts=counted(every),
        moving=MOVING,
        crowd=CROWD,
        verdicts=[(d.value, words.SHAPES[d], view.group_name(d)) for d in WORST_FIRST],
        notices=bench.notices,
        find=find,
        blank=tile_view(_BLANK, services.key, 0.0),
        kind_of=kind_of,
        mark=mark,
        says=says,
        rest=rest,
        ago=ago,
        **beginning.told(begin or beginning.blank(choices), choices),
    )


def in_order(tiles: Iterable[TileView]) -> list[TileView]:
    """As they lie on the bench, port 2 before port 10; wall.js has the same order."""
    return sorted(tiles, key=lambda one: (view.natural(one.slot or one.unit), view.natural(one.key)))


def counted(tiles: Iterable[TileView]) -> Mapping[str, int]:
    """How many units have each verdict, how many are ``done``, and how many were ``seen``."""
    tiles = tuple(tiles)
    found = Counter(one.verdict for one in tiles if one.verdict)
    return {**{d.value: found[d.value] for d in WORST_FIRST}, "done": found.total(), "seen": len(tiles)}


def fits(one: TileView, find: str) -> bool:
    """Whether a tile has the text somebody looks for; wall.js looks in the same."""
    told = f"{one.slot} {one.unit} {one.name} {one.model} {one.verdict}"
    return find.lower() in told.lower()


def needs_you(one: TileView) -> bool:
    """Whether a person must do something before the unit goes on."""
    return bool(one.fix) and not one.verdict and not one.gone


def needs(tiles: Iterable[TileView]) -> list[tuple[str, list[TileView]]]:
    """What a person must do, what most units wait for first, and which units those are."""
    found: dict[str, list[TileView]] = {}
    for one in tiles:
        if needs_you(one):
            found.setdefault(one.fix, []).append(one)
    return sorted(found.items(), key=lambda told: -len(told[1]))


def says(one: TileView) -> str:
    """The largest words of a tile."""
    if one.verdict:
        return one.verdict
    return "Unplugged" if one.gone else one.phase.capitalize()


def rest(one: TileView) -> str:
    """The small words of a tile: the first reason of the verdict, or what is being done."""
    if one.verdict:
        return next(iter(one.because), "")
    return one.words.removeprefix(one.phase).lstrip(":, ")


def kind_of(one: TileView) -> str:
    """What a tile looks like: its verdict, else whether a person is needed, else how far it is."""
    if one.verdict:
        return one.verdict.lower()
    return "need" if needs_you(one) else one.phase


def mark(one: TileView) -> str:
    """What else is to be known of a tile."""
    told = (("judged before", one.known), ("unplugged", one.gone))
    return ", ".join(said for said, holds in told if holds)


def ago(seconds: float) -> str:
    """How long since, in one unit of time."""
    whole = max(int(seconds), 0)
    if whole < _MINUTE_S:
        return f"{whole} s"
    return f"{whole // _MINUTE_S} min" if whole < _HOUR_S else f"{whole // _HOUR_S} h"


PAGES = (Page(path="/", answer=wall, name="wall", query=("find",)),)
