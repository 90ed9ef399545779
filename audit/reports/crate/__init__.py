"""Reports of a whole crate: the formats there are, and the one way to render them.

The same formats as of single units, by the same names; what a format writes of a crate is a module here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence

from audit.errors import UsageError
from audit.model.crate import CrateReport
from audit.reports import in_ascii, redact
from audit.reports.format import Format, Options

_TEXT = "text/plain"
FORMATS: Mapping[str, Format] = {
    made.name: made
    for made in (
        Format(
            name="terminal",
            title="for people, at a terminal",
            module="audit.reports.crate.terminal",
            suffix=".txt",
            media_type=_TEXT,
        ),
        Format(
            name="plain",
            title="for people, through a pipe",
            module="audit.reports.crate.plain",
            suffix=".txt",
            media_type=_TEXT,
        ),
        Format(
            name="json",
            title="for programs, whole; docs/reference/crate.schema.json",
            module="audit.reports.crate.json_",
            suffix=".json",
            media_type="application/json",
        ),
        Format(
            name="html",
            title="one page to keep, send or print",
            module="audit.reports.crate.html",
            suffix=".html",
            media_type="text/html",
        ),
        Format(
            name="csv",
            title="a row for each unit, each missing one and each finding of the crate",
            module="audit.reports.crate.csv_",
            suffix=".csv",
            media_type="text/csv",
        ),
        Format(
            name="junit",
            title="for CI: a suite for each unit and one for the crate",
            module="audit.reports.crate.junit",
            suffix=".xml",
            media_type="application/xml",
        ),
    )
}
"""`Format.render` is for reports of single units; what these modules render is a crate."""

Render = Callable[[CrateReport, Options], str]


def render_crate(name: str, crate: CrateReport, options: Options) -> str:
    """Write *crate* in the format called *name*, identifiers masked unless `Options.reveal`.

    Raises `UsageError` for a format that does not exist.
    """
    (text,) = render_crate_all((name,), crate, options)
    return text


def render_crate_all(names: Sequence[str], crate: CrateReport, options: Options) -> tuple[str, ...]:
    """The same *crate* in several formats; identifiers are masked once for all of them."""
    for name in names:
        if name not in FORMATS:
            raise UsageError(f"unknown format {name!r}", fix=f"Choose one of: {', '.join(FORMATS)}.")
    shown = crate if options.reveal else redact.redact_crate(crate, key=options.key)
    return tuple(_rendered(FORMATS[name], shown, options) for name in names)


def _rendered(made: Format, shown: CrateReport, options: Options) -> str:
    render: Render = importlib.import_module(made.module).render
    text = render(shown, options)
    return in_ascii(text, made) if options.ascii else text


__all__ = ["FORMATS", "Format", "Options", "render_crate", "render_crate_all"]
