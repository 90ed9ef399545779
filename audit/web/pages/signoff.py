"""An inspector's decision on a report, signed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from audit.errors import UsageError
from audit.model.report import Decision
from audit.model.signing import Result
from audit.signoff.keys import Signer
from audit.signoff.statement import LONGEST_NAME, LONGEST_NOTE, check_decision, result_of
from audit.station.signing import Decided, last_of, sign_off
from audit.web import forms, trail
from audit.web.about import found
from audit.web.access import Role
from audit.web.page import Page
from audit.web.pages.unit import Kept, show
from audit.web.refusals import conflict
from audit.web.rendering import see
from audit.web.services import Services


async def signoff(request: Request, services: Services) -> Response:
    """Sign a report off, or say beside each field what is wrong."""
    if services.signer is None:
        raise conflict("nobody can sign here", fix=services.why_unsigned)
    signer = services.signer
    form = await forms.read(request)
    stored, _ = await services.archive.ask(lambda history: found(history, request.path_params["id"]))
    sent = Kept(
        inspector=form.line("inspector"), decision=form.line("decision"), note=form.text("note").strip()
    )
    problems = wrong(sent, stored.decision)
    after = _number(form.line("after"))
    if not problems and after != await services.archive.ask(lambda history: last_of(history, stored.id)):
        problems = {"": _MEANWHILE}
    if problems:
        return await _again(request, services, stored.id, sent, problems)
    decided = Decided(
        inspector=sent.inspector,
        result=Result(sent.decision) if sent.decision else None,
        note=sent.note,
        station=services.name,
        after=after,
    )
    return await _sign(request, services, stored.id, decided, signer)


async def _sign(request: Request, services: Services, id_: str, decided: Decided, signer: Signer) -> Response:
    done = await services.archive.ask(
        lambda history: sign_off(history, id_, decided, signer, key=services.key)
    )
    result = done.signed.result.value
    told = f"{result}, record {done.kept.number}, by {decided.inspector}"
    await trail.note(request, services, "sign-off", about=id_, detail=told)
    said = f"Signed off as {result}: record {done.kept.number}, {done.kept.sha256[:12]}."
    return see(request, f"/report/{id_}#signed", said=said)


def wrong(sent: Kept, decision: Decision) -> dict[str, str]:
    """What is wrong with a decision, by the field; {} = it may be signed."""
    problems: dict[str, str] = {}
    if not sent.inspector:
        problems["inspector"] = "Say who signs off."
    elif len(sent.inspector) > LONGEST_NAME:
        problems["inspector"] = f"{LONGEST_NAME} characters are the most."
    if len(sent.note) > LONGEST_NOTE:
        problems["note"] = f"{LONGEST_NOTE} characters are the most; there are {len(sent.note)}."
    try:
        result = Result(sent.decision) if sent.decision else result_of(decision)
    except ValueError:
        return {**problems, "decision": "Choose one of these."}
    if result is None:
        return {**problems, "decision": f"The verdict is {decision.value}, which says nothing: choose one."}
    try:
        check_decision(decision, result, sent.note or "-")
    except UsageError as error:
        return {**problems, "decision": f"{error.what}; {error.fix}."}
    if not sent.note and result is not result_of(decision):
        problems["note"] = f"The verdict is {decision.value}: say why it is {result.value} all the same."
    return problems


async def _again(
    request: Request, services: Services, id_: str, sent: Kept, problems: dict[str, str]
) -> Response:
    return await show(request, services, id_, kept=sent, problems=problems)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


_MEANWHILE = (
    "This report was signed off since this page was opened, and so nothing was signed now."
    " Look at that record; then sign again if need be."
)

PAGES = (
    Page(
        path="/report/{id}/signoff",
        answer=signoff,
        name="signoff",
        needs=Role.INSPECTOR,
        method="POST",
    ),
)
