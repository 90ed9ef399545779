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


def schema(
    what: Annotated[What, typer.Argument(help="What to describe.")] = What.REPORT,
) -> int:
    """Print the JSON Schema of reports, snapshots or inspections."""
    import json

    from audit import codec
    from audit.cli.output import say
    from audit.model.code import Inspection
    from audit.model.evidence import Snapshot
    from audit.model.report import Report

    kinds = {What.REPORT: Report, What.SNAPSHOT: Snapshot, What.INSPECTION: Inspection}
    say(json.dumps(codec.schema(kinds[what]), indent=2))
    return 0
