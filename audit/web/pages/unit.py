"""A unit on the bench, and any report of the history: one page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from audit.errors import UsageError
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Decision, Finding
from audit.model.signing import Result
from audit.reports import head
from audit.signoff.statement import LONGEST_NAME, LONGEST_NOTE, result_of
from audit.station.bench import Unit
from audit.web import identifiers
from audit.web.about import About, about
from audit.web.access import Role
from audit.web.house import visit_of
from audit.web.page import Page
from audit.web.refusals import not_there
from audit.web.rendering import render
from audit.web.services import Services

_WAIVABLE = frozenset({Outcome.FAIL, Outcome.REVIEW})


@record
class Kept:
    """A form of signing off as it was sent."""

    inspector: str = ""
    decision: str = ""
    note: str = ""


@record
class Choice:
    """What an inspector may decide. value: of the field; note: whether it has to be said why"""

    value: str
    words: str
    note: bool


async def unit(request: Request, services: Services) -> Response:
    """A unit of the crate on the bench."""
    there = await on_bench(services, request.path_params["name"])
    return await show(request, services, there.id, there=there)


async def report(request: Request, services: Services) -> Response:
    """A report of the history, by its id or the beginning of it."""
    return await show(request, services, request.path_params["id"])


async def on_bench(services: Services, name: str) -> Unit:
    """A unit that is done, by its name. Raises Refusal 404."""
    if services.bench is None:
        raise not_there("nothing is audited here")
    try:
        return await services.bench.unit(name)
    except UsageError as error:
        raise not_there(error.what, fix=error.fix) from error


async def show(
    request: Request,
    services: Services,
    id_: str,
    *,
    there: Unit | None = None,
    kept: Kept | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    """The page of a report.

    there: its unit, while it is on the bench; kept: a form that was refused, and problems: by its fields why,
    "" = for all of it
    """
    reveal = await identifiers.wanted(request, services, id_)
    told = await services.archive.ask(lambda history: about(history, id_, services.key, reveal=reveal))
    visit = visit_of(request)
    offered = kept or Kept(inspector=visit.visitor.name if visit else "")
    return await asyncio.to_thread(
        render,
        request,
        "unit.html.j2",
        status=422 if kept else 200,
        about=told,
        report=told.report,
        number=1,
        alone=True,
        reveal=reveal,
        there=there,
        here=f"/unit/{quote(there.entry.result.name, safe='')}" if there else f"/report/{told.id}",
        held=tuple(held_against(told, there)),
        waive=waive_link(told) if _may_waive(request, services) else None,
        choices=tuple(choices(told.report.verdict.decision)),
        kept=offered,
        problems=problems or {},
        longest_name=LONGEST_NAME,
        longest_note=LONGEST_NOTE,
        why_unsigned=services.why_unsigned or "No key to sign with is set up for this station.",
        can_sign=services.signer is not None,
    )


def held_against(told: About, there: Unit | None) -> Iterator[tuple[str, str]]:
    """(label, value) of what the unit was held against."""
    yield "Asked", head.asked(told.report)
    if there is not None and there.golden is not None:
        yield "Golden unit", there.golden.name
    row = there.entry.result.row if there is not None else None
    if row is not None:
        said = (("market", row.market), ("model", row.model), ("build", row.build), ("lot", row.lot))
        more = ", ".join(f"{label} {value}" for label, value in said if value)
        yield "Manifest", f"line {row.line}" + (f": {more}" if more else "")
    if told.stored.crate:
        yield "Crate", told.stored.crate
    if told.stored.station:
        yield "Station", told.stored.station


def choices(decision: Decision) -> Iterator[Choice]:
    """What may be decided of a verdict: what it says first; see `audit.signoff.statement.check_decision`."""
    says = result_of(decision)
    if says is not None:
        yield Choice(value="", words=f"{says.value}, as the verdict says", note=False)
    for result in Result:
        if result is says or (decision is Decision.INCONCLUSIVE and result is Result.PASSED):
            continue
        yield Choice(value=result.value, words=f"{result.value}, otherwise than the verdict", note=True)


def waive_link(told: About) -> Callable[[Finding], str]:
    """Where a finding of the report can be waived; "" for one that cannot be."""
    identity = told.report.identity
    model, build = identity.model or told.report.unit.model or "", identity.build or identity.incremental

    def link(finding: Finding) -> str:
        if finding.outcome not in _WAIVABLE or finding.waiver:
            return ""
        said = {"check": finding.check, "subject": finding.subject, "model": model, "build": build}
        short = {key: value for key, value in said.items() if 0 < len(value) <= _LONGEST_PREFILLED}
        return f"/waivers?{urlencode(short)}#add"

    return link


_LONGEST_PREFILLED = 300


def _may_waive(request: Request, services: Services) -> bool:
    return services.waivers is not None and identifiers.may(request, Role.INSPECTOR)


PAGES = (
    Page(path="/unit/{name}", answer=unit, name="unit", bench=True),
    Page(path="/report/{id}", answer=report, name="report"),
)
