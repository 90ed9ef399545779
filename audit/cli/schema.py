"""``adb-audit schema``: the shape of what is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  adb-audit schema
  adb-audit schema snapshot > snapshot.schema.json
"""


class What(StrEnum):
    """What has a published schema."""

    REPORT = "report"
    SNAPSHOT = "snapshot"
    INSPECTION = "inspection"
    CRATE = "crate"
    BASELINE = "baseline"


def schema(
    what: Annotated[What, typer.Argument(help="What to describe.")] = What.REPORT,
) -> int:
    """Print the JSON Schema of reports and of what else is kept."""
    import json

    from audit import codec
    from audit.cli.output import say
    from audit.model.code import Inspection
    from audit.model.crate import CrateReport
    from audit.model.evidence import Snapshot
    from audit.model.portrait import Baseline
    from audit.model.report import Report

    kinds = {
        What.REPORT: Report,
        What.SNAPSHOT: Snapshot,
        What.INSPECTION: Inspection,
        What.CRATE: CrateReport,
        What.BASELINE: Baseline,
    }
    say(json.dumps(codec.schema(kinds[what]), indent=2))
    return 0
