"""The crate on the bench as it stands, its report, its end; one unit again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from audit.errors import UsageError
from audit.model.crate import CrateReport
from audit.reports import redact
from audit.reports import view as words
from audit.reports.crate import FORMATS, Options, render_crate, totals, view, waived
from audit.station.bench import Bench
from audit.web import rendering, trail
from audit.web.house import house_of
from audit.web.page import Page
from audit.web.services import Services

OFFERED = ("html", "json", "csv", "junit")
MOST_UNITS = 1_000
MOST_ITEMS = 200
MOST_TEXT = 2_000
"""On one page; what is beyond is in the report as JSON."""


async def crate(request: Request, services: Services) -> Response:
    """The crate as it stands: what its report would say now."""
    standing = await _bench(services).standing()
    if standing is None:
        return RedirectResponse("/", status_code=303)
    shown = await asyncio.to_thread(redact.redact_crate, standing, key=services.key)
    return await show(request, "crate_now.html.j2", shown, url_of=url_of, files="/crate/report")


async def show(
    request: Request,
    template: str,
    shown: CrateReport,
    *,
    url_of: Callable[[str], str],
    files: str,
    more: Mapping[str, object] | None = None,
) -> Response:
    """The page of a crate whose identifiers are masked.

    url_of: where the report on a unit is, by its name, "" = nowhere; files: where the report as files is
    more: what else *template* tells
    """
    by_name = {unit.name: unit for unit in shown.units}
    held = shown.reconciliation
    return await asyncio.to_thread(
        rendering.render,
        request,
        template,
        crate=shown,
        units=view.in_order(shown.units)[:MOST_UNITS],
        duplicates=[view.duplicate_line(one, by_name) for one in held.duplicates] if held else [],
        present=_present(shown),
        formats=[FORMATS[name] for name in OFFERED],
        view=view,
        words=words,
        totals=totals,
        waived=waived,
        most=MOST_ITEMS,
        most_text=MOST_TEXT,
        url_of=url_of,
        files=files,
        more=more or {},
    )


async def report(request: Request, services: Services) -> Response:
    """The same as a file to keep, identifiers masked."""
    name = offered(request)
    standing = await _bench(services).standing()
    if standing is None:
        raise _no_crate()
    return await file(name, standing, Options(key=services.key))


def offered(request: Request) -> str:
    """The format that is asked for. Raises UsageError where there is none of that name."""
    name = str(request.path_params["format"])
    if name not in OFFERED:
        raise UsageError(f"unknown format {name!r}", fix=f"Choose one of: {', '.join(OFFERED)}.")
    return name


async def file(name: str, told: CrateReport, options: Options) -> Response:
    """A crate in the format called *name*, to keep."""
    made = FORMATS[name]
    text = await asyncio.to_thread(render_crate, name, told, options)
    return Response(
        text,
        media_type=made.media_type,
        headers={"Content-Disposition": f'attachment; filename="crate{made.suffix}"'},
    )


async def ask_end(request: Request, services: Services) -> Response:
    """What ending would leave undone, and the button that does it."""
    bench = _bench(services)
    if bench.head is None:
        return RedirectResponse("/", status_code=303)
    tiles = bench.tiles()
    every = house_of(request).views.of(tiles, asyncio.get_running_loop().time())
    return rendering.render(
        request,
        "crate_end.html.j2",
        crate=bench.head.name,
        done=sum(tile.result is not None for tile in tiles),
        seen=len(tiles),
        under_way=[one for one, tile in zip(every, tiles, strict=True) if tile.under_way],
        most=MOST_ITEMS,
    )


async def end(request: Request, services: Services) -> Response:
    """End the crate."""
    bench = _bench(services)
    if bench.head is None:
        raise _no_crate()
    name = bench.head.name
    async with trail.told(request, services, "crate-end", about=name):
        ended = await bench.end()
    said = f"Crate {ended.head.name} has ended: {ended.decision.value}. {view.headline(ended)}."
    return rendering.see(request, f"/crates/{quote(name, safe='')}", said=said)


async def again(request: Request, services: Services) -> Response:
    """Audit a unit that is done once more."""
    name, bench = request.path_params["name"], _bench(services)
    if any(tile.result is not None and tile.result.name == name for tile in bench.tiles()):
        async with trail.told(request, services, "audit-again", about=name):
            await bench.again(name)
    else:
        await bench.again(name)
    return rendering.see(request, "/", said=f"Unit {name} is audited again.")


def url_of(name: str) -> str:
    """The address of a unit's page."""
    return f"/unit/{quote(name, safe='')}"


def _present(crate: CrateReport) -> list[str]:
    """Each line of the manifest whose unit is there, with its slot."""
    held = crate.reconciliation
    if held is None:
        return []
    places = {unit.name: view.place(unit) for unit in crate.units}
    return [f"line {line}: {places.get(name, name)}" for line, name in held.present]


def _bench(services: Services) -> Bench:
    """The bench; the pages that ask for it are not there without one."""
    if services.bench is None:
        raise UsageError("nothing is audited here", fix="Use the page of the station itself.")
    return services.bench


def _no_crate() -> UsageError:
    return UsageError("there is no crate on the bench", fix="Begin one on the first page.")


PAGES = (
    Page(path="/crate", answer=crate, name="crate", bench=True),
    Page(path="/crate/report/{format}", answer=report, name="crate-report", bench=True),
    Page(path="/crate/end", answer=ask_end, name="crate-ask-end", bench=True),
    Page(path="/crate/end", answer=end, name="crate-end", method="POST", bench=True),
    Page(path="/unit/{name}/again", answer=again, name="unit-again", method="POST", bench=True),
)
