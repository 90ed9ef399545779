"""A crate as JSON: the record by the codec, whose schema is published in docs/reference."""

from __future__ import annotations

from audit import codec
from audit.model.crate import CrateReport
from audit.reports.format import Options


def render(crate: CrateReport, options: Options) -> str:
    """The crate as one object."""
    del options
    return codec.to_json(crate, indent=2) + "\n"
