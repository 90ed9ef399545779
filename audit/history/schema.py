"""Tables of a history.

Whatever is looked for has a column of its own: sanitised, bounded and, where it is compared without case,
folded by Python, so that every database compares alike. Reports and snapshots themselves are kept whole, as
compressed JSON; they are the truth and the columns are an index of them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

REVISIONS = ("0001", "0002", "0003")
"""Of the schema, oldest first; the last is this program's."""
VERSION_TABLE = "history_revision"
WORD = 255
"""Characters of a text that is looked for; PostgreSQL cannot index more than some 2,700 bytes."""
SENTENCE = 1000
_HASH = 64
_STATION = 32
_NOTHING = text("''")


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Unit(Base):
    """A unit. key: what it is known by, its serial number or else its first IMEI."""

    __tablename__ = "unit"
    seq: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(WORD + 8), unique=True)
    serial: Mapped[str] = mapped_column(String(WORD))
    model: Mapped[str] = mapped_column(String(WORD))


class Crate(Base):
    """Units judged together."""

    __tablename__ = "crate"
    id: Mapped[str] = mapped_column(String(_HASH), primary_key=True)
    name: Mapped[str] = mapped_column(String(WORD))
    folded: Mapped[str] = mapped_column(String(WORD), index=True)
    began_at: Mapped[str] = mapped_column(String(WORD))


class StoredSnapshot(Base):
    """The evidence of a snapshot, once. sha256: its digest; content: JSON, zlib; content_sha256: of it."""

    __tablename__ = "snapshot"
    sha256: Mapped[str] = mapped_column(String(_HASH), primary_key=True)
    content_sha256: Mapped[str] = mapped_column(String(_HASH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)


class PackageSet(Base):
    """All packages of one or many units. sha256: of its members."""

    __tablename__ = "package_set"
    seq: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(_HASH), unique=True)


class Package(Base):
    """The name of a package."""

    __tablename__ = "package"
    seq: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WORD), unique=True)
    folded: Mapped[str] = mapped_column(String(WORD), index=True)


class Member(Base):
    """A package in a set."""

    __tablename__ = "package_member"
    set_seq: Mapped[int] = mapped_column(ForeignKey("package_set.seq", ondelete="CASCADE"), primary_key=True)
    package_seq: Mapped[int] = mapped_column(ForeignKey("package.seq"), primary_key=True, index=True)
    version: Mapped[str] = mapped_column(String(WORD))
    path: Mapped[str] = mapped_column(String(WORD))
    installed: Mapped[bool]


class StoredReport(Base):
    """A report.

    judged_us: microseconds since 1970, UTC, to compare by; head: JSON of the snapshot without its evidence
    packages_whole: whether all its packages are known: where not, that one is not found says nothing
    signed: what was signed of it last
    station: name of the bench, station_id: of the history that recorded it; handed_to: the centre that has it
    """

    __tablename__ = "report"
    __table_args__ = (
        Index(None, "unit_seq", "judged_us", "seq"),
        Index(None, "judged_us", "seq"),
        Index(None, "station_id", "handed_to", "seq"),
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(_HASH), unique=True)
    judged_at: Mapped[str] = mapped_column(String(WORD))
    judged_us: Mapped[int] = mapped_column(BigInteger)
    acquired_at: Mapped[str | None] = mapped_column(String(WORD))
    decision: Mapped[str] = mapped_column(String(20), index=True)
    because: Mapped[str] = mapped_column(Text)
    market: Mapped[str | None] = mapped_column(String(WORD))
    policy: Mapped[str] = mapped_column(String(WORD))
    unit_seq: Mapped[int | None] = mapped_column(ForeignKey("unit.seq"))
    serial: Mapped[str] = mapped_column(String(WORD))
    model: Mapped[str] = mapped_column(String(WORD))
    model_folded: Mapped[str] = mapped_column(String(WORD), index=True)
    build: Mapped[str] = mapped_column(String(WORD))
    build_folded: Mapped[str] = mapped_column(String(WORD), index=True)
    incremental_folded: Mapped[str] = mapped_column(String(WORD), index=True)
    fingerprint_folded: Mapped[str] = mapped_column(String(WORD), index=True)
    region: Mapped[str | None] = mapped_column(String(WORD))
    source: Mapped[str] = mapped_column(String(20))
    crate_id: Mapped[str | None] = mapped_column(ForeignKey("crate.id"), index=True)
    station: Mapped[str] = mapped_column(String(WORD))
    station_folded: Mapped[str] = mapped_column(String(WORD), index=True, server_default=_NOTHING)
    station_id: Mapped[str] = mapped_column(String(_STATION), server_default=_NOTHING)
    handed_to: Mapped[str | None] = mapped_column(String(_STATION))
    tool_version: Mapped[str] = mapped_column(String(WORD))
    rulebook_sha256: Mapped[str] = mapped_column(String(_HASH))
    snapshot_sha256: Mapped[str] = mapped_column(String(_HASH), index=True)
    head: Mapped[str | None] = mapped_column(Text)
    package_set_seq: Mapped[int | None] = mapped_column(ForeignKey("package_set.seq"), index=True)
    packages_whole: Mapped[bool]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    size: Mapped[int] = mapped_column(BigInteger)
    signed: Mapped[str | None] = mapped_column(String(20))


class StoredFinding(Base):
    """A finding in short, for counting; number: its place in the report, from 0."""

    __tablename__ = "finding"
    report_seq: Mapped[int] = mapped_column(ForeignKey("report.seq", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    check_id: Mapped[str] = mapped_column(String(WORD), index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(20))
    level: Mapped[str | None] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(WORD))
    message: Mapped[str] = mapped_column(String(SENTENCE))
    waiver: Mapped[str] = mapped_column(String(WORD), server_default=_NOTHING)


class StoredIdentifier(Base):
    """What names the unit of a report: its serial numbers, IMEIs … never what names a SIM or a person."""

    __tablename__ = "identifier"
    __table_args__ = (Index(None, "kind", "value"),)
    report_seq: Mapped[int] = mapped_column(ForeignKey("report.seq", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(WORD), primary_key=True)


class StoredSignOff(Base):
    """A record of a station's chain; it outlives the report it is about."""

    __tablename__ = "sign_off"
    __table_args__ = (
        UniqueConstraint("station_id", "sha256"),
        Index(None, "station_id", "handed_to", "number"),
    )
    station_id: Mapped[str] = mapped_column(String(_STATION), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    report_id: Mapped[str] = mapped_column(String(_HASH), index=True)
    result: Mapped[str] = mapped_column(String(20))
    key_id: Mapped[str] = mapped_column(String(WORD))
    sha256: Mapped[str] = mapped_column(String(_HASH))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    handed_to: Mapped[str | None] = mapped_column(String(_STATION))


class StoredAction(Base):
    """Something a person did. at_us: microseconds since 1970, UTC, to order by."""

    __tablename__ = "action"
    __table_args__ = (Index(None, "at_us", "seq"), Index(None, "station_id", "handed_to", "seq"))
    seq: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(_HASH), unique=True)
    at: Mapped[str] = mapped_column(String(WORD))
    at_us: Mapped[int] = mapped_column(BigInteger)
    who: Mapped[str] = mapped_column(String(WORD))
    role: Mapped[str] = mapped_column(String(WORD))
    what: Mapped[str] = mapped_column(String(WORD))
    about: Mapped[str] = mapped_column(String(WORD))
    detail: Mapped[str] = mapped_column(String(SENTENCE))
    station: Mapped[str] = mapped_column(String(WORD))
    station_id: Mapped[str] = mapped_column(String(_STATION))
    handed_to: Mapped[str | None] = mapped_column(String(_STATION))


class Station(Base):
    """A history: this one, one that forwards to this one, or the centre this one forwards to.

    id: random, so that two benches of one name stay two; role: ``own``, ``station`` or ``centre``
    items: of a station how many it has given to this history, of a centre how many it has taken from it
    seen_at: when something last came from it or went there
    trouble: what is wrong with what comes, "" = nothing
    """

    __tablename__ = "station"
    id: Mapped[str] = mapped_column(String(_STATION), primary_key=True)
    name: Mapped[str] = mapped_column(String(WORD))
    role: Mapped[str] = mapped_column(String(20))
    items: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[str] = mapped_column(String(WORD))
    trouble: Mapped[str] = mapped_column(String(SENTENCE))


class Receipt(Base):
    """At a centre: what a station has given to it. It outlives what it is of: what was pruned stays so."""

    __tablename__ = "receipt"
    station_id: Mapped[str] = mapped_column(String(_STATION), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(String(_HASH), primary_key=True)
