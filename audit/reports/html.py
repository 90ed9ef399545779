"""Reports as one page: a single file that needs no network and no script, to keep, send or print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from audit.model.report import Report
from audit.model.text import clean
from audit.reports import brief, contacts, evidence, head, places, view
from audit.reports.format import Options

_LINKED = ("https://", "http://")


def render(reports: Sequence[Report], options: Options) -> str:
    """A page with every report whole: *options* asks nothing of it.

    Everything from a report is escaped by the template; the page's policy (CSP) lets nothing run or load, and
    names its one style sheet by digest, so that text which got past escaping would still do nothing.
    """
    del options
    return page("report.html.j2", ("report.css",), reports=reports, title=_title(reports))


def page(template: str, styles: Sequence[str], **told: object) -> str:
    """*template* filled with what is *told*, under a policy that names its style sheets and nothing else."""
    style = "".join(map(file, styles))
    return (
        environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own files, and a style sheet must not be escaped
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            **told,
        )
    )


def file(name: str) -> str:
    """A template or style sheet of this package, by its path in it."""
    return resources.files("audit.reports").joinpath(name).read_text("utf-8")


@cache
def environment() -> Environment:
    """What renders templates: all text is escaped and cleaned, and nothing undefined is passed over.

    Made once: compiling a template takes five times as long as filling it.
    """
    made = Environment(
        autoescape=True,
        loader=FunctionLoader(file),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    made.globals.update(
        view=view, head=head, brief=brief, contacts=contacts, evidence=evidence, places=places
    )
    made.tests["link"] = _is_link
    made.filters["capitalised"] = view.capitalised
    return made


def _shown(value: Any) -> Any:  # noqa: ANN401 - jinja2 hands over whatever the template has
    """Text without what would move or reorder what is read; markup of the template itself stays as it is."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _is_link(source: Any) -> bool:  # noqa: ANN401 - jinja2 hands over whatever the template has
    """Whether a source may be a link: an address of the web, not one that runs something."""
    return isinstance(source, str) and source.startswith(_LINKED)


def _title(reports: Sequence[Report]) -> str:
    if len(reports) == 1:
        return f"{reports[0].verdict.decision.value}: {head.unit_label(reports[0])}"
    return brief.verdicts(reports)
