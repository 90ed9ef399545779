"""What a station's history is asked, and what it answers."""

from __future__ import annotations

from audit.model.record import record
from audit.model.report import Decision
from audit.model.signing import Result


@record
class Query:
    """What is looked for; None = whatever. Texts are compared without case; *serial* and *imei* exactly.

    package: carried by the unit, by name, also where no rule knew of it
    since, until: RFC 3339 or ISO date, of judging; crate: name or id
    station: name of the bench, or id of the history that recorded it
    newest: only the last report of each unit
    """

    serial: str | None = None
    imei: str | None = None
    model: str | None = None
    build: str | None = None
    package: str | None = None
    decision: Decision | None = None
    market: str | None = None
    crate: str | None = None
    since: str | None = None
    until: str | None = None
    signed: Result | None = None
    station: str | None = None
    newest: bool = False
    limit: int | None = None


@record
class Stored:
    """A report of the history, in short.

    id: hex, SHA-256 of the report as it is kept: the same report is stored once
    serial, imeis: identifiers; crate: name, "" = none; station: where it was judged
    station_id: hex, of the history that recorded it: benches of one name stay apart
    signed: what was signed of it last, None = nothing
    """

    id: str
    judged_at: str
    acquired_at: str | None
    decision: Decision
    because: tuple[str, ...]
    market: str | None
    policy: str
    serial: str
    imeis: tuple[str, ...]
    model: str
    build: str
    region: str | None
    source: str
    crate: str
    station: str
    rulebook_sha256: str
    snapshot_sha256: str
    signed: Result | None = None
    station_id: str = ""


@record
class CrateRef:
    """The crate a report belongs to. id: hex, of what the crate was begun with; name: for people"""

    id: str
    name: str
    began_at: str


@record
class StationRef:
    """A history among others: ``own``, a ``station`` that forwards here, or the ``centre`` forwarded to.

    id: hex, random; name: of the bench; items: a station has given here, or a centre has taken from here
    seen_at: when something last came or went, "" = never
    trouble: what is wrong with its chain of signed records, "" = nothing known
    """

    id: str
    name: str
    role: str
    items: int = 0
    seen_at: str = ""
    trouble: str = ""


@record
class Action:
    """Something a person did at a station.

    id: unique, hex; at: RFC 3339 in UTC; who: name; role: of theirs then
    what: a word (``sign-off``, ``login``)
    about: what it was done to, an id or a name, "" = nothing; detail: in words; station: where
    """

    id: str
    at: str
    who: str
    role: str
    what: str
    about: str = ""
    detail: str = ""
    station: str = ""
