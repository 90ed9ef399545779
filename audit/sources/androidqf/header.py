"""``acquisition.json``: when and by what an acquisition was made."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from audit.model.evidence import Gap, Topic
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources.androidqf.store import HEADER, Store, read

_LARGEST_BYTES = 1024 * 1024
_LONGEST = 80
_NEVER = 1  # Go's zero time is in the year 1


@record
class Header:
    """What an acquisition says of itself. started: RFC 3339 in UTC; words: for people."""

    started: str | None
    words: str
    gaps: tuple[Gap, ...] = ()


def read_header(store: Store) -> Header:
    """What ``acquisition.json`` says; one that cannot be read is a gap, since it is written last."""
    data, whole = read(store, HEADER, _LARGEST_BYTES)
    try:
        said = json.loads(data) if whole else None
    except (ValueError, RecursionError):  # also UnicodeDecodeError and JSONDecodeError
        said = None
    if not isinstance(said, dict):
        gap = Gap(
            topic=Topic.PACKAGES,
            reason=f"{HEADER}, which AndroidQF writes last, cannot be read: it may not have come to its end.",
            fix="Repeat the acquisition, or ask for the original.",
            origin=HEADER,
        )
        return Header(started=None, words="made by AndroidQF, it does not say when", gaps=(gap,))
    started, completed = _moment(said.get("started")), _moment(said.get("completed"))
    version = _text(said.get("androidqf_version")) or "unknown"
    words = [f"AndroidQF {version}, acquisition {_text(said.get('uuid')) or 'without a number'}"]
    if completed is None:
        words.append("it does not say that it was completed")
    return Header(started=started or completed, words=", ".join(words))


def _text(value: object) -> str:
    return clean_line(value)[:_LONGEST] if isinstance(value, str) else ""


def _moment(value: object) -> str | None:
    """RFC 3339 in UTC, to the second; None for what is no time, or Go's "never"."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or moment.year <= _NEVER:
            return None
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
