"""What is said of units that were judged together: each one's result, the manifest's, and the crate's own."""

from __future__ import annotations

from enum import StrEnum

from audit.model.evidence import Source
from audit.model.flows import OwnIdentifier
from audit.model.portrait import Portrait
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Decision, Expectation, Finding, Report
from audit.model.waivers import Waiver


class Phase(StrEnum):
    """How far one unit of a crate is, in the order of its way."""

    WAITING = "waiting"
    """For a person, or for its turn."""
    CONNECTING = "connecting"
    READING = "reading"
    JUDGING = "judging"
    DONE = "done"


@record
class ManifestRow:
    """One unit that should be in the crate; "" and () where the manifest does not say.

    line: 1-based, of the file; imeis: 14 to 16 digits, checked; market: ISO 3166-1 alpha-2
    """

    line: int
    serial: str = ""
    imeis: tuple[str, ...] = ()
    model: str = ""
    market: str = ""
    build: str = ""
    lot: str = ""


@record
class Manifest:
    """The units that should be in the crate.

    path: of the file; sha256: hex, of its bytes; notes: what was told while it was read, in sentences
    """

    path: str
    sha256: str
    rows: tuple[ManifestRow, ...]
    notes: tuple[str, ...] = ()


@record
class UnitResult:
    """What a crate says of one unit: its report in short; the whole one lies beside it.

    name: of its folder in the crate, unique there, with no identifier in it
    serial: as ADB has it, "" where it has none; slot: where it was plugged in; both as they were found
    model, build: as the unit names itself; region: code, None = unknown; source: where the evidence is from
    reached: False where nothing at all was read; whole: False where its connection ended before all was read
    telling: findings with outcome FAIL, INCONCLUSIVE or REVIEW; checks: id of each check, its worst outcome
    waived: findings that would be among *telling*, but do not count
    identifiers: its own, as far as it told them; what tells units with one serial number apart
    row: of the manifest, where one fits
    started_at: RFC 3339 in UTC; took_s: from there to its verdict; tries: connections it took
    report_sha256: hex, of the whole report as it is kept
    """

    name: str
    serial: str
    slot: str
    model: str
    build: str
    region: str | None
    source: Source
    expectation: Expectation
    decision: Decision
    because: tuple[str, ...]
    telling: tuple[Finding, ...]
    checks: tuple[tuple[str, Outcome], ...]
    reached: bool
    started_at: str
    took_s: float
    tries: int
    snapshot_sha256: str
    identifiers: tuple[OwnIdentifier, ...] = ()
    row: ManifestRow | None = None
    whole: bool = True
    waived: tuple[Finding, ...] = ()


@record
class Entry:
    """What is kept of a unit, in one file whose being there says that the unit is done.

    report: the unit's own, before it was compared with the others; portrait: None where nothing was read
    """

    result: UnitResult
    report: Report
    portrait: Portrait | None


@record
class Duplicate:
    """Several units, or rows of the manifest, with one identifier.

    what: "serial number" or "IMEI", and value: an identifier; or "line of the manifest", and its number
    units: names; why: how they were told apart
    """

    what: str
    value: str
    units: tuple[str, ...]
    why: str = ""


@record
class Reconciliation:
    """A manifest held against the units that were there.

    present: (line of the manifest, name of the unit), two of one line where nothing tells which unit it means
    missing: rows without a unit; unexpected: names of units without a row
    duplicates: units that share an identifier, or a row
    unsure: names of units that may be in the manifest, since what it names them by could not be read
    unsure_rows: the rows that may be those units; neither present nor missing
    differing: (name of a unit that is present, what of it is not as its row says: "IMEI" or "serial number")
    """

    path: str
    sha256: str
    present: tuple[tuple[int, str], ...]
    missing: tuple[ManifestRow, ...]
    unexpected: tuple[str, ...]
    duplicates: tuple[Duplicate, ...]
    unsure: tuple[str, ...] = ()
    unsure_rows: tuple[ManifestRow, ...] = ()
    differing: tuple[tuple[str, str], ...] = ()


@record
class Group:
    """Units that were compared with each other. build: "" for all builds of the model.

    units: how many; compared: whether they are enough; earlier: how many of them are of former crates
    """

    model: str
    build: str
    units: int
    compared: bool
    earlier: int = 0


@record
class CrateHead:
    """What a crate was begun with, and so must go on with.

    name: of the crate; began_at: RFC 3339 in UTC; expectation: for units no manifest speaks of
    rulebook_sha256: hex; manifest: as it was read, None = none; baseline: the golden unit's name, "" = none
    full, users, inspect, suspects: what is read of each unit, see `audit.sources.live.acquire`
    waivers: SHA-256, in hex, of the file of waivers that is kept beside it, "" = none; they are applied when
        the crate is closed, and so expire
    """

    name: str
    began_at: str
    tool_version: str
    expectation: Expectation
    rulebook_sha256: str
    manifest: Manifest | None = None
    baseline: str = ""
    full: bool = False
    users: tuple[int, ...] | None = None
    inspect: tuple[str, ...] = ()
    suspects: bool = True
    waivers: str = ""


@record
class CrateReport:
    """Everything a crate says.

    ended_at: RFC 3339 in UTC
    complete: False while units that were seen are not done; waiting: their slots or serials
    units: in the order of their names; findings: of the crate as a whole, not of one unit
    groups: who was compared with whom; reconciliation: None where there is no manifest
    decision: the worst of the units' and of the findings of the crate
    waivers: those in force that cover a finding of a unit
    """

    head: CrateHead
    ended_at: str
    complete: bool
    decision: Decision
    units: tuple[UnitResult, ...]
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...] = ()
    reconciliation: Reconciliation | None = None
    waiting: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
