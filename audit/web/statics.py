"""The files pages are drawn with: a fixed list of names, read once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from audit.model.record import record
from audit.reports import html
from audit.web.refusals import not_there

_KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "txt": "text/plain; charset=utf-8",
}


@record
class Static:
    """One file. tag: of its content, for browsers that have it already"""

    data: bytes
    kind: str
    tag: str


def statics() -> Mapping[str, Static]:
    """Every file of audit/web/static of a known kind, and the style sheet of reports, by name."""
    found = {"report.css": _static("report.css", html.file("report.css").encode())}
    for one in resources.files("audit.web").joinpath("static").iterdir():
        if one.is_file() and one.name.rpartition(".")[2] in _KINDS:
            found[one.name] = _static(one.name, one.read_bytes())
    return found


def answer(request: Request, files: Mapping[str, Static]) -> Response:
    """The file that is named, or 304 where the browser has it. No name is ever looked up on a disk."""
    found = files.get(request.path_params["name"])
    if found is None:
        raise not_there("there is no such file", fix="load the page anew")
    headers = {"ETag": found.tag, "Cache-Control": "no-cache"}
    if found.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type=found.kind, headers=headers)


def _static(name: str, data: bytes) -> Static:
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    return Static(data=data, kind=_KINDS[name.rpartition(".")[2]], tag=tag)
