"""What goes with a unit or away from the station: certificate, label, the report as files, signed records."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from audit.history import History
from audit.model.report import Report
from audit.model.signing import SignedRecord
from audit.model.text import clean_line
from audit.reports import FORMATS, Options
from audit.reports import render as written
from audit.reports.head import unit_name
from audit.reports.paper.letters import check_installed
from audit.reports.paper.signed import Signed
from audit.signoff.envelope import Unreadable, opened
from audit.web import identifiers, trail
from audit.web.about import about, found, last_signed, masked
from audit.web.house import house_of
from audit.web.page import Page
from audit.web.press import Order
from audit.web.refusals import not_there
from audit.web.rendering import render
from audit.web.services import Services

OFFERED = ("html", "json", "csv", "junit")
_SHORT = 16


async def certificate_pdf(request: Request, services: Services) -> Response:
    """The certificate, of the last sign-off where there is one; else the paper says that nobody signed."""
    return await _paper(request, services, "certificate")


async def label_pdf(request: Request, services: Services) -> Response:
    """The label, likewise."""
    return await _paper(request, services, "label")


async def _paper(request: Request, services: Services, which: str) -> Response:
    check_installed()
    id_, report, signed = await services.archive.ask(lambda history: _signed(history, _id(request)))
    reveal = await identifiers.wanted(request, services, id_)
    options = Options(key=services.key, reveal=reveal)
    order = Order(which=which, report=report, signed=signed, options=options)
    data = await house_of(request).press.print(order)
    detail = f"record {signed.number}, {signed.result.value}" if signed else "not signed"
    await trail.note(request, services, which, about=id_, detail=detail)
    return _file(data, "application/pdf", f"{which}-{id_[:_SHORT]}.pdf", shown=True)


def _signed(history: History, id_: str) -> tuple[str, Report, Signed | None]:
    stored, report = found(history, id_)
    return stored.id, report, last_signed(history, stored.id)


async def report_file(request: Request, services: Services) -> Response:
    """The report in a format of `audit.reports`, whole."""
    name = request.path_params["format"]
    if name not in OFFERED:
        raise not_there(f"reports are not written as {name[:20]}", fix=f"choose one of: {', '.join(OFFERED)}")
    stored, report = await services.archive.ask(lambda history: found(history, _id(request)))
    reveal = await identifiers.wanted(request, services, stored.id)
    options = Options(key=services.key, reveal=reveal)
    text = await asyncio.to_thread(written, name, (report,), options)
    made = FORMATS[name]
    return _file(text.encode(), made.media_type, f"report-{stored.id[:_SHORT]}{made.suffix}")


async def record_file(request: Request, services: Services) -> Response:
    """A signed record of the report, byte for byte, as `adb-audit verify` takes it.

    So nothing in it can be masked: one whose note, say, tells an identifier is for inspectors.
    """
    wanted = request.path_params["number"]
    id_, report, records = await services.archive.ask(lambda history: _records(history, _id(request)))
    one = next((one for one in records if str(one.number) == wanted), None)
    if one is None:
        raise not_there(
            f"there is no record {clean_line(wanted[:20])} of this report",
            fix="see its page for those there are",
        )
    if await asyncio.to_thread(_tells, report, one, services.key):
        await identifiers.told(request, services, id_)
    return _file(one.envelope, "application/vnd.in-toto+dsse", f"record-{wanted}-{id_[:_SHORT]}.dsse")


def _records(history: History, id_: str) -> tuple[str, Report, tuple[SignedRecord, ...]]:
    stored, report = found(history, id_)
    return stored.id, report, history.records_of(stored.id)


def _tells(report: Report, one: SignedRecord, key: bytes) -> bool:
    """Whether a record holds identifiers, as far as can be told; of one that cannot be read, it may."""
    try:
        said = opened(one.envelope).payload.decode()
    except (Unreadable, UnicodeDecodeError):
        return True
    return masked(report, [said], key)[1] != [said]


async def print_(request: Request, services: Services) -> Response:
    """The report alone, to print."""
    id_ = _id(request)
    reveal = await identifiers.wanted(request, services, id_)
    told = await services.archive.ask(lambda history: about(history, id_, services.key, reveal=reveal))
    await trail.note(request, services, "print", about=told.id)
    return await asyncio.to_thread(
        render,
        request,
        "print.html.j2",
        back=f"/report/{told.id}",
        report=told.report,
        shown=told.shown,
        number=1,
        alone=True,
        title=f"{told.report.verdict.decision.value}: {unit_name(told.report)}",
    )


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _file(data: bytes, media_type: str, name: str, *, shown: bool = False) -> Response:
    how = "inline" if shown else "attachment"
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'{how}; filename="{name}"'})


PAGES = (
    Page(path="/report/{id}/certificate.pdf", answer=certificate_pdf, name="certificate"),
    Page(path="/report/{id}/label.pdf", answer=label_pdf, name="label"),
    Page(path="/report/{id}/report.{format}", answer=report_file, name="report-file"),
    Page(path="/report/{id}/record-{number}.dsse", answer=record_file, name="record"),
    Page(path="/report/{id}/print", answer=print_, name="print"),
)
