"""Reports as JSON: the record by the codec, whose schema is published in docs/reference."""

from __future__ import annotations

from collections.abc import Sequence

from audit import codec
from audit.model.report import Report
from audit.reports.format import Options


def render(reports: Sequence[Report], options: Options) -> str:
    """One report as an object; several, or `Options.as_list`, as an array of them."""
    alone = len(reports) == 1 and not options.as_list
    return codec.to_json(reports[0] if alone else tuple(reports), indent=2) + "\n"
