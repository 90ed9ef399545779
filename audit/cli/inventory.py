"""The inventory of one unit's packages, to where it was asked for."""

from __future__ import annotations

from pathlib import Path

from audit.cli.output import keep, station_key
from audit.errors import UsageError
from audit.model.evidence import Snapshot
from audit.model.report import Report


def check_place(place: Path | None, *, several: bool) -> None:
    """Raise UsageError, before a unit is read, for an inventory of several units in one file."""
    if place is not None and several:
        raise UsageError("an inventory is of one unit", where=str(place), fix="name one unit or file")


def write(place: Path, snapshot: Snapshot, report: Report, *, reveal: bool) -> None:
    """Write it. Raises AuditError where the library for it is not installed."""
    from audit.parse.facts import read_facts
    from audit.reports import Options
    from audit.reports.sbom import sbom

    keep(sbom(snapshot, read_facts(snapshot), report, Options(key=station_key(), reveal=reveal)), place)
