"""What many reports at once ask of a history: written in one transaction, and read still packed."""

from __future__ import annotations

from sqlalchemy import Connection, select

from audit import codec
from audit.history.packed import Packed, unpack, with_evidence
from audit.history.recording import Prepared, write
from audit.history.schema import Crate, StoredFinding, StoredIdentifier, StoredReport, StoredSnapshot, Unit
from audit.model.evidence import Snapshot
from audit.model.flows import IdentifierKind
from audit.model.history import CrateRef
from audit.model.record import record
from audit.model.report import Decision, Report

_FINDING = ("check_id", "outcome", "severity", "level", "subject", "waiver")
_MOST_LOOKED_AT = 4


@record
class Added:
    """What came of adding a report.

    id: of it, or of the one that already said the same; new: whether it was added
    former: the verdict of the last report before it on the same unit for the same market and policy, by its
    identifier, or on the same input where it told none; None = there is none
    """

    id: str
    new: bool
    former: Decision | None = None


@record
class KeptReport:
    """A report and what it was judged from, still packed: reading it costs next to nothing.

    snapshot: None = it is not kept; head: JSON of the snapshot without its evidence
    """

    id: str
    report: Packed
    snapshot: Packed | None
    head: str | None
    crate: CrateRef | None

    def unpacked(self) -> tuple[Report, Snapshot | None]:
        """Both of them. Raises HistoryError for what was changed since it was recorded."""
        report = unpack(Report, self.report, f"report {self.id[:12]}")
        if self.snapshot is None:
            return report, None
        where = f"snapshot {report.snapshot_sha256[:12]}"
        evidence = unpack(Snapshot, self.snapshot, where)
        if self.head is None:
            return report, evidence
        return report, with_evidence(codec.from_json(Snapshot, self.head, where=where), evidence)


def add(connection: Connection, prepared: Prepared, *, once: bool) -> Added:
    """Add it; *once*: unless one on the same evidence already says the same by the same rules."""
    former = _former(connection, prepared)
    same = _saying_the_same(connection, prepared) if once else None
    if same is not None:
        return Added(id=same, new=False, former=former)
    write(connection, prepared)
    return Added(id=prepared.report.sha256, new=True, former=former)


def _saying_the_same(connection: Connection, prepared: Prepared) -> str | None:
    """The id of one that does; sentences may differ, since some count the days until the judgement."""
    told = prepared.columns
    equal = ("rulebook_sha256", "tool_version", "market", "policy", "decision", "head")
    rows = connection.execute(
        select(StoredReport.c.id, StoredReport.c.seq)
        .where(StoredReport.c.snapshot_sha256 == prepared.snapshot_sha256)
        .where(*(StoredReport.c[name].is_not_distinct_from(told[name]) for name in equal))
        .order_by(StoredReport.c.judged_us.desc(), StoredReport.c.seq.desc())
        .limit(_MOST_LOOKED_AT)
    ).all()
    wanted = sorted(tuple(str(one[name]) for name in _FINDING) for one in prepared.findings)
    columns = [StoredFinding.c[name] for name in _FINDING]
    for row in rows:
        found = connection.execute(select(*columns).where(StoredFinding.c.report_seq == row.seq)).all()
        if sorted(tuple(map(str, one)) for one in found) == wanted:
            return str(row.id)
    return None


def _former(connection: Connection, prepared: Prepared) -> Decision | None:
    told = prepared.columns
    serial = told["serial"]
    imei = next((value for kind, value in prepared.identifiers if kind == IdentifierKind.IMEI.value), "")
    if serial:
        unit = select(Unit.c.seq).where(Unit.c.key == f"serial:{serial}").scalar_subquery()
        same = [StoredReport.c.unit_seq == unit]
    elif imei:
        with_it = select(StoredIdentifier.c.report_seq).where(
            StoredIdentifier.c.kind == IdentifierKind.IMEI.value, StoredIdentifier.c.value == imei
        )
        same = [StoredReport.c.seq.in_(with_it)]
    else:
        same = [
            StoredReport.c.snapshot_sha256 == prepared.snapshot_sha256,
            StoredReport.c.head.is_not_distinct_from(told["head"]),
        ]
    found = connection.scalar(
        select(StoredReport.c.decision)
        .where(*same, StoredReport.c.policy == told["policy"])
        .where(StoredReport.c.market.is_not_distinct_from(told["market"]))
        .order_by(StoredReport.c.judged_us.desc(), StoredReport.c.seq.desc())
        .limit(1)
    )
    return None if found is None else Decision(found)


def kept(connection: Connection, id_: str) -> KeptReport | None:
    """A report by its whole id; None = it is not there any more."""
    row = connection.execute(
        select(
            StoredReport.c.content,
            StoredReport.c.size,
            StoredReport.c.head,
            StoredReport.c.snapshot_sha256,
            Crate.c.id.label("crate_id"),
            Crate.c.name.label("crate_name"),
            Crate.c.began_at,
        )
        .join(Crate, Crate.c.id == StoredReport.c.crate_id, isouter=True)
        .where(StoredReport.c.id == id_)
    ).first()
    if row is None:
        return None
    evidence = connection.execute(
        select(StoredSnapshot.c.content_sha256, StoredSnapshot.c.content, StoredSnapshot.c.size).where(
            StoredSnapshot.c.sha256 == row.snapshot_sha256
        )
    ).first()
    return KeptReport(
        id=id_,
        report=Packed(sha256=id_, content=row.content, size=row.size),
        snapshot=None
        if evidence is None
        else Packed(sha256=evidence.content_sha256, content=evidence.content, size=evidence.size),
        head=row.head,
        crate=None
        if row.crate_id is None
        else CrateRef(id=row.crate_id, name=row.crate_name, began_at=row.began_at),
    )
