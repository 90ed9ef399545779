"""The station's clock, and how a moment is written."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The station's clock, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """*moment* as RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
