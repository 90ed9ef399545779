"""Reports as text: the formats there are, and the one way to render them.

A format is one module with a pure ``render`` and one line in `FORMATS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from audit.errors import UsageError
from audit.model.record import record
from audit.model.report import Decision, Report
from audit.reports import redact
from audit.reports.format import Format, Options

_TEXT = "text/plain"
FORMATS: Mapping[str, Format] = {
    made.name: made
    for made in (
        Format(
            name="terminal",
            title="for people, at a terminal",
            module="audit.reports.terminal",
            suffix=".txt",
            media_type=_TEXT,
        ),
        Format(
            name="plain",
            title="for people, through a pipe",
            module="audit.reports.plain",
            suffix=".txt",
            media_type=_TEXT,
        ),
        Format(
            name="json",
            title="for programs, whole; docs/reference/report.schema.json",
            module="audit.reports.json_",
            suffix=".json",
            media_type="application/json",
        ),
        Format(
            name="html",
            title="one page to keep, send or print",
            module="audit.reports.html",
            suffix=".html",
            media_type="text/html",
        ),
        Format(
            name="csv",
            title="a row for each finding",
            module="audit.reports.csv_",
            suffix=".csv",
            media_type="text/csv",
        ),
        Format(
            name="junit",
            title="for CI: a suite for each unit, a case for each check",
            module="audit.reports.junit",
            suffix=".xml",
            media_type="application/xml",
        ),
    )
}


def render(name: str, reports: Sequence[Report], options: Options) -> str:
    """Write *reports* in the format called *name*, identifiers masked unless `Options.reveal`.

    Raises `UsageError` for a format that does not exist.
    """
    (text,) = render_all((name,), reports, options)
    return text


def render_all(names: Sequence[str], reports: Sequence[Report], options: Options) -> tuple[str, ...]:
    """The same *reports* in several formats; identifiers are masked once for all of them."""
    for name in names:
        if name not in FORMATS:
            raise UsageError(f"unknown format {name!r}", fix=f"Choose one of: {', '.join(FORMATS)}.")
    shown = reports if options.reveal else [redact.redact(report, key=options.key) for report in reports]
    texts = ((FORMATS[name], FORMATS[name].render(shown, options)) for name in names)
    return tuple(in_ascii(text, made) if options.ascii else text for made, text in texts)


def in_ascii(text: str, made: Format) -> str:
    """*text* with what ASCII lacks written as its format has it; a table of values (CSV) has no way to."""
    if made.media_type == _TEXT:
        return text.translate(_IN_ASCII)
    if made.name == "json":
        # beyond ASCII there are only strings, in which UTF-16 units stand as \uXXXX (RFC 8259, 7)
        return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)
    if made.name in {"html", "junit"}:
        return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return text


# our own shapes, and what careful typing puts into a rulebook; one for one, so that columns stay columns
_IN_ASCII = str.maketrans(
    dict(zip("✔✖▲●◐○·─▸", "+X!*~o.->", strict=True))
    | {
        "\u2013": "-",
        "\u2014": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2026": ".",
    }
)


@record
class Stream:
    """How to write to a stream when nobody chose. format: name of one of `FORMATS`; else as `Options`."""

    format: str
    ansi: bool
    colour: bool
    links: bool = False
    ascii: bool = False


def suited_to(environ: Mapping[str, str], *, tty: bool, encoding: str = "utf-8") -> Stream:
    """The format for standard output: for people at a terminal, else plain.

    NO_COLOR (no-color.org), set to anything, keeps shapes and bold and drops colour; a dumb terminal is none.
    The kernel's own console would show links (OSC 8) as rubbish.
    """
    capable = tty and environ.get("TERM") != "dumb"
    return Stream(
        format="terminal" if capable else "plain",
        ansi=capable,
        colour=capable and not environ.get("NO_COLOR"),
        links=capable and environ.get("TERM") != "linux",
        ascii=not _has_shapes(encoding),
    )


def _has_shapes(encoding: str) -> bool:
    try:
        "".join(map(chr, _IN_ASCII)).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def styled(options: Options, stream: Stream) -> Options:
    """*options* for what the stream can show."""
    return replace(options, ansi=stream.ansi, colour=stream.colour, links=stream.links, ascii=stream.ascii)


EXIT_CODES: Mapping[Decision, int] = {
    Decision.PASS: 0,
    Decision.FAIL: 3,
    Decision.REVIEW: 4,
    Decision.INCONCLUSIVE: 5,
}


def exit_code(reports: Sequence[Report]) -> int:
    """What a process ends with: that of the worst verdict; of no report at all, INCONCLUSIVE's.

    FAIL is worst, since something was found. INCONCLUSIVE comes before REVIEW, as within one unit: what could
    not be read may hide a failure, while a review is at least known.
    """
    worst_first = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.REVIEW, Decision.PASS)
    decisions = {report.verdict.decision for report in reports}
    return EXIT_CODES[next((d for d in worst_first if d in decisions), Decision.INCONCLUSIVE)]


__all__ = [
    "EXIT_CODES",
    "FORMATS",
    "Format",
    "Options",
    "Stream",
    "exit_code",
    "render",
    "render_all",
    "styled",
    "suited_to",
]
