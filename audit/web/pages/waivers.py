"""The waivers that count at this station, and one more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from audit.clock import now
from audit.errors import BadWaivers
from audit.model.text import clean_line
from audit.model.waivers import Waiver
from audit.reports.redact import shown_serial
from audit.signoff import waiver_words as words
from audit.signoff.new_waiver import FIELDS, Refused, next_id
from audit.station import waiving
from audit.web import forms, identifiers, trail
from audit.web.access import Role
from audit.web.house import visit_of
from audit.web.page import Page
from audit.web.refusals import conflict
from audit.web.rendering import render, see
from audit.web.services import Services

_LONGEST = 300
_PREFILLED = ("check", "subject", "model", "build", "crate", "unit")


async def waivers(request: Request, services: Services) -> Response:
    """All of them; for inspectors the form for one more, which a finding's page may have filled in."""
    asked = {name: clean_line(request.query_params.get(name, "")[:_LONGEST]) for name in _PREFILLED}
    return await _show(request, services, {name: said for name, said in asked.items() if said}, {})


async def add(request: Request, services: Services) -> Response:
    """Add one, or say beside each field what is wrong."""
    path = _path(services)
    form = await forms.read(request)
    given = {name: form.line(name) for name in FIELDS}
    made = await asyncio.to_thread(waiving.add, path, given, services.checks)
    if isinstance(made, Refused):
        return await _show(request, services, given, made.fields)
    shown = _masked(made, services.key)
    told = f"{words.what(shown)}; {words.scope(shown)}; until {shown.expires}, by {shown.approver}"
    await trail.note(request, services, "waiver", about=made.id, detail=told)
    return see(request, "/waivers", said=f"Waiver {made.id} holds until {made.expires}.")


async def _show(
    request: Request, services: Services, given: Mapping[str, str], problems: Mapping[str, tuple[str, ...]]
) -> Response:
    found: tuple[Waiver, ...] = ()
    broken: BadWaivers | None = None
    if services.waivers is not None:
        try:
            found = await asyncio.to_thread(waiving.read, services.waivers, services.checks)
        except BadWaivers as error:
            broken = error
    visit = visit_of(request)
    name = visit.visitor.name if visit else ""
    kept = {**dict.fromkeys(FIELDS, ""), "id": next_id(found), "approver": name, **given}
    return render(
        request,
        "waivers.html.j2",
        status=422 if problems else 200,
        waivers=[_masked(one, services.key) for one in found],
        broken=broken,
        where=services.waivers,
        words=words,
        today=now().date(),
        kept=kept,
        problems=problems,
        checks=sorted(services.checks),
        may_add=services.waivers is not None and broken is None and identifiers.may(request, Role.INSPECTOR),
    )


def _masked(waiver: Waiver, key: bytes) -> Waiver:
    """The same with its unit as pages show it: one may be named by its serial number."""
    return replace(waiver, unit=shown_serial(waiver.unit, key=key)) if waiver.unit else waiver


def _path(services: Services) -> Path:
    if services.waivers is None:
        raise conflict("no file of waivers is kept here", fix="start the station with one")
    return services.waivers


PAGES = (
    Page(path="/waivers", answer=waivers, name="waivers"),
    Page(path="/waivers", answer=add, name="waiver-add", needs=Role.INSPECTOR, method="POST"),
)
