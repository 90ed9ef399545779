"""Texts and moments as they are kept to be looked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from audit.errors import BadInput, UsageError
from audit.history.schema import WORD
from audit.model.text import clean_line

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DATE = 10
"""Characters of an ISO date without a time."""


def word(value: str, longest: int = WORD) -> str:
    """*value* without what a terminal or a database cannot hold, on one line, not longer than a column."""
    return clean_line(value[: longest * 4])[:longest].strip()


def folded(value: str) -> str:
    """*value* to compare without case; Python's rule, so that no database's own decides."""
    return word(word(value).casefold())


def moment(value: str) -> int:
    """Microseconds since 1970 of an RFC 3339 moment or an ISO date; no zone means UTC. Raises ValueError."""
    read = datetime.fromisoformat(value.strip())
    return ((read if read.tzinfo else read.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def judged(value: str) -> int:
    """The moment of a report."""
    try:
        return moment(value)
    except (ValueError, OverflowError) as error:
        raise BadInput(
            f"the report was judged at {word(value)[:40]!r}, which is no moment",
            where="judged_at",
            fix="record a report as adb-audit wrote it",
        ) from error


def asked(value: str, option: str, *, whole_day: bool = False) -> int:
    """A moment somebody asks for; *whole_day*: a date means its end."""
    try:
        day = timedelta(days=1) // _MICROSECOND if whole_day and len(value.strip()) == _DATE else 0
        return moment(value) + day - (1 if day else 0)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{word(value)[:40]!r} is no date", where=option, fix="write 2026-11-22 or 2026-11-22T13:00:00Z"
        ) from error
