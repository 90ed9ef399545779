"""Which file of waivers counts, and what is said of what it holds."""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from audit.cli import config
from audit.clock import now
from audit.errors import UsageError
from audit.model.record import record
from audit.model.text import clean_line
from audit.model.waivers import Waiver
from audit.signoff.waiver_words import noticed, scope, state, what

_WIDTH = 80
_HEAD = ("id", "check", "scope", "until", "state", "approver")


def known_checks() -> frozenset[str]:
    """The ids of all checks of a unit: its own, and those that hold it against others."""
    from audit.checks import ALL
    from audit.crate.manifest.findings import CHECK as MANIFEST
    from audit.crate.manifest.findings import CLONED
    from audit.crate.outliers.notes import CHECK as OUTLIERS

    return frozenset((*(check.id for check in ALL), MANIFEST, CLONED, OUTLIERS))


def place_of(file: Path | None, settings: config.Config) -> Path | None:
    """The file that counts: as asked, else as configured, else beside the configuration; None = none."""
    if file is not None:
        return file
    if settings.waivers is not None:
        return Path(settings.waivers).expanduser()
    beside = own_place()
    return beside if beside.exists() else None


def own_place() -> Path:
    """Where the user's own file is looked for, whether or not it is there."""
    from audit.signoff.waivers import FILE_NAME

    return config.path().with_name(FILE_NAME)


def read(file: Path | None, settings: config.Config) -> tuple[Waiver, ...]:
    """The waivers that count; () where there is no file. Raises BadWaivers for one that does not hold."""
    found = contents(file, settings)
    return () if found is None else found.waivers


@record
class Contents:
    """A file of waivers. data: its bytes; sha256: hex, of them"""

    data: bytes
    sha256: str
    waivers: tuple[Waiver, ...]


def contents(file: Path | None, settings: config.Config) -> Contents | None:
    """The file that counts, whole; None = there is none. Raises BadWaivers for one that does not hold."""
    place = place_of(file, settings)
    if place is None:
        return None
    from audit.signoff.waivers import parse_waivers, read_bytes

    data = read_bytes(place)
    found = parse_waivers(data, clean_line(str(place)), known_checks())
    return Contents(data=data, sha256=hashlib.sha256(data).hexdigest(), waivers=found)


def given(file: Path | None) -> tuple[Waiver, ...]:
    """The same, for a command about the file itself: it has to be there."""
    settings = config.load()
    if place_of(file, settings) is None:
        raise UsageError(
            "there is no file of waivers",
            where=str(config.path().with_name("waivers.toml")),
            fix="name one, or write one there: docs/how-to/waivers.md shows how",
        )
    return read(file, settings)


def today() -> date:
    """The day by which waivers expire: in UTC, as reports are dated."""
    return now().date()


def counted(waivers: Sequence[Waiver]) -> str:
    """How many there are."""
    return f"{len(waivers)} waiver{'' if len(waivers) == 1 else 's'}" if waivers else "no waivers in it"


def table(waivers: Sequence[Waiver], day: date) -> str:
    """A line for each, its reason below."""
    from audit.cli.tables import columns

    if not waivers:
        return ""
    rows = [(one.id, what(one), scope(one), one.expires, state(one, day), one.approver) for one in waivers]
    head, *lines = columns(_HEAD, rows).split("\n")
    told = [head]
    for line, one in zip(lines, waivers, strict=True):
        told += [line, *textwrap.wrap(one.reason, _WIDTH, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join(told)


def as_json(waivers: Sequence[Waiver], day: date) -> str:
    """The same for programs. in_force: up to and on the day it expires"""
    rows = [{**asdict(one), "in_force": day.isoformat() <= one.expires} for one in waivers]
    return json.dumps(rows, indent=1, ensure_ascii=False)


__all__ = [
    "Contents",
    "as_json",
    "contents",
    "counted",
    "given",
    "known_checks",
    "noticed",
    "own_place",
    "place_of",
    "read",
    "table",
    "today",
]
