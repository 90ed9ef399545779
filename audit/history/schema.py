"""Tables of a history.

Whatever is looked for has a column of its own: sanitised, bounded and, where it is compared without case,
folded by Python, so that every database compares alike. Reports and snapshots themselves are kept whole, as
compressed JSON; they are the truth and the columns are an index of them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    text,
)

REVISIONS = ("0001", "0002", "0003")
"""Of the schema, oldest first; the last is this program's."""
VERSION_TABLE = "history_revision"
WORD = 255
"""Characters of a text that is looked for; PostgreSQL cannot index more than some 2,700 bytes."""
SENTENCE = 1000
_HASH = 64
_STATION = 32
_NOTHING = text("''")


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables."""


class _Unit(TypedColumns):
    """A unit. key: what it is known by, its serial number or else its first IMEI."""

    seq: Named[int] = Column(primary_key=True)
    key: Named[str] = Column(String(WORD + 8), unique=True)
    serial: Named[str] = Column(String(WORD))
    model: Named[str] = Column(String(WORD))


Unit = Table("unit", METADATA, _Unit)


class _Crate(TypedColumns):
    """Units judged together."""

    id: Named[str] = Column(String(_HASH), primary_key=True)
    name: Named[str] = Column(String(WORD))
    folded: Named[str] = Column(String(WORD), index=True)
    began_at: Named[str] = Column(String(WORD))


Crate = Table("crate", METADATA, _Crate)


class _StoredSnapshot(TypedColumns):
    """The evidence of a snapshot, once. sha256: its digest; content: JSON, zlib; content_sha256: of it."""

    sha256: Named[str] = Column(String(_HASH), primary_key=True)
    content_sha256: Named[str] = Column(String(_HASH))
    content: Named[bytes] = Column(LargeBinary)
    size: Named[int] = Column(BigInteger)


StoredSnapshot = Table("snapshot", METADATA, _StoredSnapshot)


class _PackageSet(TypedColumns):
    """All packages of one or many units. sha256: of its members."""

    seq: Named[int] = Column(primary_key=True)
    sha256: Named[str] = Column(String(_HASH), unique=True)


PackageSet = Table("package_set", METADATA, _PackageSet)


class _Package(TypedColumns):
    """The name of a package."""

    seq: Named[int] = Column(primary_key=True)
    name: Named[str] = Column(String(WORD), unique=True)
    folded: Named[str] = Column(String(WORD), index=True)


Package = Table("package", METADATA, _Package)


class _Member(TypedColumns):
    """A package in a set."""

    set_seq: Named[int] = Column(ForeignKey("package_set.seq", ondelete="CASCADE"), primary_key=True)
    package_seq: Named[int] = Column(ForeignKey("package.seq"), primary_key=True, index=True)
    version: Named[str] = Column(String(WORD))
    path: Named[str] = Column(String(WORD))
    installed: Named[bool]


Member = Table("package_member", METADATA, _Member)


class _StoredReport(TypedColumns):
    """A report.

    judged_us: microseconds since 1970, UTC, to compare by; head: JSON of the snapshot without its evidence
    packages_whole: whether all its packages are known: where not, that one is not found says nothing
    signed: what was signed of it last
    station: name of the bench, station_id: of the history that recorded it; handed_to: the centre that has it
    """

    seq: Named[int] = Column(primary_key=True)
    id: Named[str] = Column(String(_HASH), unique=True)
    judged_at: Named[str] = Column(String(WORD))
    judged_us: Named[int] = Column(BigInteger)
    acquired_at: Named[str | None] = Column(String(WORD))
    decision: Named[str] = Column(String(20), index=True)
    because: Named[str] = Column(Text)
    market: Named[str | None] = Column(String(WORD))
    policy: Named[str] = Column(String(WORD))
    unit_seq: Named[int | None] = Column(ForeignKey("unit.seq"))
    serial: Named[str] = Column(String(WORD))
    model: Named[str] = Column(String(WORD))
    model_folded: Named[str] = Column(String(WORD), index=True)
    build: Named[str] = Column(String(WORD))
    build_folded: Named[str] = Column(String(WORD), index=True)
    incremental_folded: Named[str] = Column(String(WORD), index=True)
    fingerprint_folded: Named[str] = Column(String(WORD), index=True)
    region: Named[str | None] = Column(String(WORD))
    source: Named[str] = Column(String(20))
    crate_id: Named[str | None] = Column(ForeignKey("crate.id"), index=True)
    station: Named[str] = Column(String(WORD))
    station_folded: Named[str] = Column(String(WORD), index=True, server_default=_NOTHING)
    station_id: Named[str] = Column(String(_STATION), server_default=_NOTHING)
    handed_to: Named[str | None] = Column(String(_STATION))
    tool_version: Named[str] = Column(String(WORD))
    rulebook_sha256: Named[str] = Column(String(_HASH))
    snapshot_sha256: Named[str] = Column(String(_HASH), index=True)
    head: Named[str | None] = Column(Text)
    package_set_seq: Named[int | None] = Column(ForeignKey("package_set.seq"), index=True)
    packages_whole: Named[bool]
    content: Named[bytes] = Column(LargeBinary)
    size: Named[int] = Column(BigInteger)
    signed: Named[str | None] = Column(String(20))


StoredReport = Table(
    "report",
    METADATA,
    _StoredReport,
    Index(None, "unit_seq", "judged_us", "seq"),
    Index(None, "judged_us", "seq"),
    Index(None, "station_id", "handed_to", "seq"),
)


class _StoredFinding(TypedColumns):
    """A finding in short, for counting; number: its place in the report, from 0."""

    report_seq: Named[int] = Column(ForeignKey("report.seq", ondelete="CASCADE"), primary_key=True)
    number: Named[int] = Column(primary_key=True)
    check_id: Named[str] = Column(String(WORD), index=True)
    outcome: Named[str] = Column(String(20))
    severity: Named[str] = Column(String(20))
    level: Named[str | None] = Column(String(20))
    subject: Named[str] = Column(String(WORD))
    message: Named[str] = Column(String(SENTENCE))
    waiver: Named[str] = Column(String(WORD), server_default=_NOTHING)


StoredFinding = Table("finding", METADATA, _StoredFinding)


class _StoredIdentifier(TypedColumns):
    """What names the unit of a report: its serial numbers, IMEIs … never what names a SIM or a person."""

    report_seq: Named[int] = Column(ForeignKey("report.seq", ondelete="CASCADE"), primary_key=True)
    kind: Named[str] = Column(String(20), primary_key=True)
    value: Named[str] = Column(String(WORD), primary_key=True)


StoredIdentifier = Table("identifier", METADATA, _StoredIdentifier, Index(None, "kind", "value"))


class _StoredSignOff(TypedColumns):
    """A record of a station's chain; it outlives the report it is about."""

    station_id: Named[str] = Column(String(_STATION), primary_key=True)
    number: Named[int] = Column(primary_key=True, autoincrement=False)
    report_id: Named[str] = Column(String(_HASH), index=True)
    result: Named[str] = Column(String(20))
    key_id: Named[str] = Column(String(WORD))
    sha256: Named[str] = Column(String(_HASH))
    envelope: Named[bytes] = Column(LargeBinary)
    handed_to: Named[str | None] = Column(String(_STATION))


StoredSignOff = Table(
    "sign_off",
    METADATA,
    _StoredSignOff,
    UniqueConstraint("station_id", "sha256"),
    Index(None, "station_id", "handed_to", "number"),
)


class _StoredAction(TypedColumns):
    """Something a person did. at_us: microseconds since 1970, UTC, to order by."""

    seq: Named[int] = Column(primary_key=True)
    id: Named[str] = Column(String(_HASH), unique=True)
    at: Named[str] = Column(String(WORD))
    at_us: Named[int] = Column(BigInteger)
    who: Named[str] = Column(String(WORD))
    role: Named[str] = Column(String(WORD))
    what: Named[str] = Column(String(WORD))
    about: Named[str] = Column(String(WORD))
    detail: Named[str] = Column(String(SENTENCE))
    station: Named[str] = Column(String(WORD))
    station_id: Named[str] = Column(String(_STATION))
    handed_to: Named[str | None] = Column(String(_STATION))


StoredAction = Table(
    "action",
    METADATA,
    _StoredAction,
    Index(None, "at_us", "seq"),
    Index(None, "station_id", "handed_to", "seq"),
)


class _Station(TypedColumns):
    """A history: this one, one that forwards to this one, or the centre this one forwards to.

    id: random, so that two benches of one name stay two; role: ``own``, ``station`` or ``centre``
    items: of a station how many it has given to this history, of a centre how many it has taken from it
    seen_at: when something last came from it or went there
    trouble: what is wrong with what comes, "" = nothing
    """

    id: Named[str] = Column(String(_STATION), primary_key=True)
    name: Named[str] = Column(String(WORD))
    role: Named[str] = Column(String(20))
    items: Named[int] = Column(BigInteger)  # type: ignore[assignment] # also a method: c["items"] is the column
    seen_at: Named[str] = Column(String(WORD))
    trouble: Named[str] = Column(String(SENTENCE))


Station = Table("station", METADATA, _Station)


class _Receipt(TypedColumns):
    """At a centre: what a station has given to it. It outlives what it is of: what was pruned stays so."""

    station_id: Named[str] = Column(String(_STATION), primary_key=True)
    kind: Named[str] = Column(String(20), primary_key=True)
    ref: Named[str] = Column(String(_HASH), primary_key=True)


Receipt = Table("receipt", METADATA, _Receipt)
