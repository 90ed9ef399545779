"""The crates of the past: which there are, and each as it was when it was ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from audit.errors import BadInput, UsageError
from audit.history import History
from audit.model.crate import CrateHead
from audit.model.history import CrateRef
from audit.model.record import record
from audit.model.report import Decision
from audit.model.text import clean_line
from audit.reports import Options
from audit.station.bench import Bench, Ended, Past
from audit.web import rendering
from audit.web.page import Page
from audit.web.pages.crate import file, offered, show
from audit.web.refusals import Refusal, not_there
from audit.web.services import Services

MOST_CRATES = 100
"""On one page; what is beyond is on the next."""


@record
class Row:
    """A crate in the list. where: in words; ended_at, decision: "" and None = not known here"""

    name: str
    url: str
    began_at: str
    where: str
    ended_at: str = ""
    decision: Decision | None = None


async def crates(request: Request, services: Services) -> Response:
    """The crates of this bench and of the history, the last begun first."""
    kept = await services.archive.ask(_crates)
    bench = services.bench
    past, problem = await _past(bench)
    found = rows(kept, past, None if bench is None else bench.head)
    last = max(-(-len(found) // MOST_CRATES), 1)
    asked = request.query_params.get("page", "")
    page = min(max(int(asked), 1), last) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    return rendering.render(
        request,
        "crates.html.j2",
        crates=found[(page - 1) * MOST_CRATES : page * MOST_CRATES],
        count=len(found),
        page=page,
        last=last,
        problem=problem,
    )


def rows(kept: Iterable[CrateRef], past: Iterable[Past], now: CrateHead | None) -> tuple[Row, ...]:
    """Each crate once, the last begun first.

    kept: of the history; past: that were on the bench; now: of the one that is on it
    """
    here = tuple(past)
    found = [*_of_history(kept, {one.id for one in here}, now), *map(_of_bench, here)]
    return tuple(sorted(found, key=lambda one: (one.began_at, one.name), reverse=True))


def _of_history(kept: Iterable[CrateRef], here: AbstractSet[str], now: CrateHead | None) -> Iterator[Row]:
    """Those that are not on this bench. here: ids of those that are"""
    for one in kept:
        if one.id in here:
            continue
        is_now = now is not None and (now.name, now.began_at) == (one.name, one.began_at)
        yield Row(
            name=clean_line(one.name) or one.id,
            url="/crate" if is_now else f"/history?crate={quote(one.id, safe='')}",
            began_at=one.began_at,
            where="on the bench now" if is_now else "in the history",
        )


def _of_bench(one: Past) -> Row:
    return Row(
        name=clean_line(one.name),
        url=url_of(one.name),
        began_at=one.began_at,
        where="this bench",
        ended_at=one.ended_at,
        decision=one.decision,
    )


async def crate(request: Request, services: Services) -> Response:
    """A crate as it was when it was ended."""
    name = request.path_params["name"]
    bench = _bench(services)
    if bench.head is not None and bench.head.name == name:
        return RedirectResponse("/crate", status_code=303)
    found = await _ended(bench, name)
    return await show(
        request,
        "crate_ended.html.j2",
        found.report,
        url_of=lambda unit: f"/report/{found.reports[unit]}" if unit in found.reports else "",
        files=f"{url_of(name)}/report",
        more={
            "resume": found.resume,
            "remarks": found.notes,
            "reports": f"/history?crate={quote(found.id or found.report.head.name, safe='')}",
        },
    )


async def report(request: Request, services: Services) -> Response:
    """The same as a file to keep, identifiers masked."""
    form = offered(request)
    found = await _ended(_bench(services), request.path_params["name"])
    return await file(form, found.report, Options(key=services.key, reveal=True))  # it is masked


def url_of(name: str) -> str:
    """The address of an ended crate's page."""
    return f"/crates/{quote(name, safe='')}"


def _crates(history: History) -> tuple[CrateRef, ...]:
    return history.crates()


async def _past(bench: Bench | None) -> tuple[tuple[Past, ...], str]:
    """Crates that were on the bench, and why they are not told."""
    try:
        return () if bench is None else await bench.past(), ""
    except BadInput as error:
        return (), str(error)


async def _ended(bench: Bench, name: str) -> Ended:
    """Raises Refusal 404 where there is no such crate, 409 where it cannot be shown."""
    try:
        return await bench.ended(name)
    except UsageError as error:
        raise not_there(error.what, fix=error.fix) from error
    except BadInput as error:
        what = f"the crate {clean_line(name)[:80]} {error.what}"
        raise Refusal(what, status=409, where=error.where, fix=error.fix) from error


def _bench(services: Services) -> Bench:
    """The bench; the pages that ask for it are not there without one."""
    if services.bench is None:
        raise UsageError("nothing is audited here", fix="Use the page of the station itself.")
    return services.bench


PAGES = (
    Page(path="/crates", answer=crates, name="crates", query=("page",)),
    Page(path="/crates/{name}", answer=crate, name="crate-ended", bench=True),
    Page(path="/crates/{name}/report/{format}", answer=report, name="crate-ended-report", bench=True),
)
