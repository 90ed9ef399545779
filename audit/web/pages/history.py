"""What was judged before: looked for, a page at a time, or as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from audit.errors import UsageError
from audit.history import History
from audit.model.history import Query, Stored
from audit.model.record import record
from audit.model.report import Decision
from audit.model.signing import Result
from audit.model.text import clean_line
from audit.reports.redact import redact_stored
from audit.reports.stored import FORMATS, listing
from audit.station.finding import Wishes, find, unlisted
from audit.web import identifiers
from audit.web.page import Page
from audit.web.refusals import not_there
from audit.web.rendering import render
from audit.web.services import Services

ON_A_PAGE, MOST_PAGES = 50, 200
MOST_IN_A_FILE = 20_000
TEXTS = ("unit", "serial", "imei", "model", "build", "package", "market", "crate")
DAYS = ("since", "until")
WORDS = {"verdict": tuple(one.value for one in Decision), "signed": tuple(one.value for one in Result)}
_LONGEST = 200
_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@record
class Asked:
    """What was asked for. given: by the name of the field, as written; problems: likewise"""

    given: dict[str, str]
    problems: dict[str, str]
    page: int
    newest: bool

    @property
    def wishes(self) -> Wishes:
        """The same for the history."""
        said = {name: value or None for name, value in self.given.items()}
        return Wishes(
            unit=said["unit"],
            serial=said["serial"],
            imei=said["imei"],
            model=said["model"],
            build=said["build"],
            package=said["package"],
            verdict=said["verdict"],
            market=said["market"],
            crate=said["crate"],
            since=said["since"],
            until=said["until"],
            signed=said["signed"],
            newest=self.newest,
        )

    def url(self, path: str = "/history", **more: str) -> str:
        """The address of the same search."""
        said = {name: value for name, value in self.given.items() if value}
        said |= {"newest": "1"} if self.newest else {}
        return f"{path}?{urlencode(said | more)}"


@record
class Answer:
    """One page of what was found. more: whether there is another; total: reports in the history

    unlisted: reports that fit but for the package, of which not all packages are known
    """

    rows: tuple[Stored, ...]
    more: bool
    total: int
    unlisted: int = 0


async def history(request: Request, services: Services) -> Response:
    """The form, and what it finds."""
    asked = _asked(request)
    reveal = await identifiers.wanted(request, services, "history")
    found = await services.archive.ask(lambda kept: _found(kept, asked, services.key, reveal=reveal))
    return render(
        request,
        "history.html.j2",
        status=400 if asked.problems else 200,
        asked=asked,
        kept=asked.given,
        problems=asked.problems,
        found=found,
        words=WORDS,
        reveal=reveal,
        last_page=MOST_PAGES,
        first=(asked.page - 1) * ON_A_PAGE + 1,
    )


async def file(request: Request, services: Services) -> Response:
    """The same as a file, not a page at a time."""
    form = request.path_params["format"]
    if form not in FORMATS:
        raise not_there(
            f"a history is not written as {form[:20]}", fix=f"choose one of: {', '.join(FORMATS)}"
        )
    asked = _asked(request)
    for name, what in asked.problems.items():
        raise UsageError(f"{name}: {what}", fix="correct it")
    reveal = await identifiers.wanted(request, services, "history")
    text = await services.archive.ask(
        lambda kept: listing(_rows(kept, asked, services.key, reveal=reveal), form)
    )
    name = f'attachment; filename="history.{form}"'
    return Response(text, media_type=_TYPES[form], headers={"Content-Disposition": name})


def _asked(request: Request) -> Asked:
    params = request.query_params
    given = {name: clean_line(params.get(name, "")[:_LONGEST]).strip() for name in (*TEXTS, *DAYS, *WORDS)}
    problems = {name: "There is no such day: write 2026-05-31." for name in DAYS if not _is_day(given[name])}
    for name, known in WORDS.items():
        given[name] = given[name].upper()
        if given[name] and given[name] not in known:
            problems[name] = f"Choose one of: {', '.join(known)}."
    wanted = params.get("page", "1")
    page = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    return Asked(
        given=given,
        problems=problems,
        page=min(max(page, 1), MOST_PAGES),
        newest=params.get("newest") == "1",
    )


def _is_day(text: str) -> bool:
    if not text:
        return True
    try:
        return date.fromisoformat(text).isoformat() == text  # it reads others too, of which none has an end
    except ValueError:
        return False


def _found(kept: History, asked: Asked, key: bytes, *, reveal: bool) -> Answer:
    total = kept.count(Query())
    if asked.problems:
        return Answer(rows=(), more=False, total=total)
    until = asked.page * ON_A_PAGE
    wishes = replace(asked.wishes, limit=until + 1)
    rows = list(islice(find(kept, wishes, key), until - ON_A_PAGE, until + 1))
    return Answer(
        rows=_shown(rows[:ON_A_PAGE], key, reveal=reveal),
        more=len(rows) > ON_A_PAGE,
        total=total,
        unlisted=unlisted(kept, asked.wishes, key),
    )


def _rows(kept: History, asked: Asked, key: bytes, *, reveal: bool) -> tuple[Stored, ...]:
    rows = list(find(kept, replace(asked.wishes, limit=MOST_IN_A_FILE + 1), key))
    if len(rows) > MOST_IN_A_FILE:
        raise UsageError(
            f"more than {MOST_IN_A_FILE:,} reports fit",
            fix="ask for less at once, or use `adb-audit history search --format csv`",
        )
    return _shown(rows, key, reveal=reveal)


def _shown(rows: Sequence[Stored], key: bytes, *, reveal: bool) -> tuple[Stored, ...]:
    return tuple(rows) if reveal else tuple(redact_stored(one, key=key) for one in rows)


PAGES = (
    Page(path="/history", answer=history, name="history"),
    Page(path="/history.{format}", answer=file, name="history-file"),
)
