"""A crate is begun: what it is called, what its units are judged for, and which units should be in it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from audit.crate.manifest.cells import MOST_BYTES
from audit.errors import BadInput, UsageError
from audit.model.crate import CrateHead
from audit.station.bench import Wish
from audit.web import beginning, forms, rendering, trail
from audit.web.page import Page
from audit.web.pages import wall
from audit.web.services import Services

_BAD_REQUEST = 400
_UNNAMED = re.compile(r"[^\w .+-]")
_LONGEST_STEM = 40


async def begin(request: Request, services: Services) -> Response:
    """Begin a crate, or say beside each field what is wrong with it, with all that was typed."""
    bench = services.bench
    if bench is None:
        raise UsageError("nothing is audited here", fix="Use the page of the station itself.")
    if bench.head is not None:
        raise UsageError("there is a crate on the bench already", fix="end it before another is begun")
    form = await forms.read(request)
    filled = beginning.filled(form, bench.choices())
    if filled.problems:
        return wall.show(request, services, bench, filled, status=_BAD_REQUEST)
    sent = form.upload("manifest")
    wish = Wish(
        name=filled.kept["name"],
        market=filled.kept["market"] or None,
        policy=filled.kept["policy"] or None,
        manifest=None if sent is None else await asyncio.to_thread(_called, sent),
        baseline=filled.kept["baseline"],
    )
    try:
        head = await bench.begin(wish)
    except (UsageError, BadInput) as error:
        return wall.show(request, services, bench, beginning.refused(filled, error), status=_BAD_REQUEST)
    await trail.note(
        request, services, "crate-begin", about=head.name, detail=_detail(head, sent.name if sent else "")
    )
    return rendering.see(request, "/", said=f"Crate {head.name} is begun. Plug the units in.")


def _called(sent: forms.Upload) -> Path:
    """The file under the name its sender knows it by, as far as that can be one: reports name it so."""
    stem = _UNNAMED.sub("_", Path(sent.name).stem)[:_LONGEST_STEM].strip(" .")
    path = sent.path.with_name(f"{stem}{sent.path.suffix}")
    return sent.path.rename(path) if stem and not path.exists() else sent.path


def _detail(head: CrateHead, file: str) -> str:
    asked = f"market {head.expectation.market or 'none'}, policy {head.expectation.policy}"
    golden = f", golden unit {head.baseline}" if head.baseline else ""
    rows = f", manifest {file} of {len(head.manifest.rows)} lines" if head.manifest else ""
    return f"{asked}{golden}{rows}"


PAGES = (
    Page(
        path="/crate/begin",
        answer=begin,
        name="crate-begin",
        method="POST",
        bench=True,
        limit_bytes=MOST_BYTES + 64 * 1024,
        fields=(*beginning.FIELDS, "manifest"),
    ),
)
