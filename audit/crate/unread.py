"""What stands for a unit without evidence: every unit has a report, and such a one can never pass."""

from __future__ import annotations

from audit import __version__
from audit.adb.device import DeviceRow
from audit.model.evidence import Gap, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.text import clean_line


def unread_snapshot(
    row: DeviceRow, reason: str, fix: str, *, acquired_at: str, source: Source | None = None
) -> Snapshot:
    """What stands for a unit that nobody could read: nothing, and why; such a unit can never pass.

    reason: in words for the operator, such as "the unit is unauthorised"; acquired_at: RFC 3339 in UTC
    """
    return _without_evidence(
        UnitId(serial=row.serial or None, model=clean_line(row.model) or None),
        source or Source(kind=SourceKind.LIVE, detail=clean_line(row.detail)),
        acquired_at,
        f"Nothing was read of it: {clean_line(reason)}",
        clean_line(fix),
    )


def unjudged_snapshot(snapshot: Snapshot, reason: str, fix: str) -> Snapshot:
    """What is judged in place of a snapshot that nobody could judge."""
    return _without_evidence(snapshot.unit, snapshot.source, snapshot.acquired_at, reason, fix)


def _without_evidence(
    unit: UnitId, source: Source, acquired_at: str | None, reason: str, fix: str
) -> Snapshot:
    return Snapshot(
        unit=unit,
        source=source,
        acquired_at=acquired_at,
        tool_version=__version__,
        artifacts=(),
        gaps=tuple(Gap(topic=topic, reason=reason, fix=fix) for topic in (Topic.PROPERTIES, Topic.PACKAGES)),
    )
