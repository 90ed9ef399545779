"""What tells a unit on the bench from the golden one."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from audit.checks.against import Against, against, cell
from audit.checks.baseline_words import short
from audit.checks.differences import Difference
from audit.model.record import record
from audit.station.bench import Unit
from audit.web import identifiers
from audit.web.about import masked
from audit.web.page import Page
from audit.web.pages.unit import on_bench
from audit.web.refusals import not_there
from audit.web.rendering import render
from audit.web.services import Services

MOST = 2_000


@record
class Row:
    """One difference. counts: whether it is one to the rulebook, else it is left out as volatile"""

    kind: str
    name: str
    golden: str
    unit: str
    counts: bool


@record
class Shown:
    """The comparison as a page shows it. more: rows that are left out"""

    told: Against
    rows: tuple[Row, ...]
    more: int
    report: object


async def golden(request: Request, services: Services) -> Response:
    """The differences between a unit's portrait and the golden one's."""
    name = request.path_params["name"]
    unit = await on_bench(services, name)
    if unit.golden is None:
        raise not_there(
            "this unit was held against no golden unit", fix="choose one where the next crate is begun"
        )
    if unit.entry.portrait is None:
        raise not_there("nothing was read of this unit", fix="audit it again")
    reveal = await identifiers.wanted(request, services, unit.id)
    shown = await asyncio.to_thread(_shown, unit, services.key, reveal=reveal)
    return render(
        request,
        "golden.html.j2",
        told=shown.told,
        rows=shown.rows,
        more=shown.more,
        report=shown.report,
        golden=unit.golden,
        name=name,
    )


def _shown(unit: Unit, key: bytes, *, reveal: bool) -> Shown:
    if unit.golden is None or unit.entry.portrait is None:
        raise ValueError("nothing to compare")
    told = against(unit.golden, unit.entry.portrait, unit.volatile)
    every = [*((one, True) for one in told.found), *((one, False) for one in told.passed_over)]
    cells = [text for one, _ in every[:MOST] for text in _cells(one)]
    report = unit.report
    if not reveal:
        report, cells = masked(report, cells, key)
    texts = iter(cells)
    rows = [
        Row(kind=str(one.kind), name=next(texts), golden=next(texts), unit=next(texts), counts=counts)
        for one, counts in every[:MOST]
    ]
    return Shown(told=told, rows=tuple(rows), more=max(0, len(every) - MOST), report=report)


def _cells(one: Difference) -> tuple[str, str, str]:
    return short(one.name), cell(one.golden), cell(one.unit)


PAGES = (Page(path="/unit/{name}/golden", answer=golden, name="unit-golden", bench=True),)
