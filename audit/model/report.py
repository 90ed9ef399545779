"""What an audit says: the reading of the region, findings, the verdict, the report."""

from __future__ import annotations

from enum import StrEnum

from audit.model.destinations import Dataset, Destination
from audit.model.evidence import Gap, Source, UnitId
from audit.model.facts import Unread
from audit.model.flows import Flow, Watch
from audit.model.profiles import Aspect, Level, Outcome, Strength
from audit.model.record import record
from audit.model.waivers import Waiver


@record
class Signal:
    """One statement of the unit about its region.

    says: code of a market set or country, or several joined by "+"; markets: the ISO codes behind it
    what: "property ro.product.name", "overlay", "package …"; value: as read
    """

    rule: str
    oem: str
    what: str
    value: str
    says: str
    markets: frozenset[str]
    strength: Strength
    aspect: Aspect
    origin: str
    meaning: str = ""
    sources: tuple[str, ...] = ()


@record
class RegionReading:
    """What the unit itself claims.

    region: code of the market set the strongest signals agree on; None = unknown, which is an answer
    markets: the ISO codes behind *region*; empty when unknown
    signals: those that speak of a region, strongest first; usage: where the unit seems to be used
    contradictions: pairs of signals that cannot both be true of one untouched unit
    silent: title and reason of the maker's profile that says there is no signal; "" otherwise
    """

    region: str | None
    markets: frozenset[str]
    signals: tuple[Signal, ...] = ()
    usage: tuple[Signal, ...] = ()
    contradictions: tuple[tuple[Signal, Signal], ...] = ()
    oem: str | None = None
    silent: str = ""


@record
class Expectation:
    """What the unit should be. market: ISO 3166-1 alpha-2, or None when nobody said; policy: by name.

    baseline: SHA-256, in hex, of the golden unit it should be like; None = of none
    """

    market: str | None = None
    model: str | None = None
    build: str | None = None
    policy: str = "default"
    baseline: str | None = None


class Severity(StrEnum):
    """How bad a finding is for the person who carries or ships the unit, by consequence.

    CRITICAL: identifiers leave the unit, or somebody can lock it; HIGH: a client is ready to act;
    MEDIUM: something a person must look at; LOW: untidy; INFO: good to know.
    """

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


@record
class Evidence:
    """One thing a finding rests on. what: in words; value: as read; origin: command or file."""

    what: str
    value: str
    origin: str


@record
class Finding:
    """One conclusion of one check.

    A finding with outcome PASS and severity INFO is a note. level: only for findings about a client.
    subject: the package, property or build it is about; message: what was found, never more than was seen;
    why: why it matters; fix: what to do; facts: (label, value) pairs such as endpoint or fixed builds
    waiver: id of the waiver under which it does not count, "" = it counts
    """

    check: str
    outcome: Outcome
    severity: Severity
    message: str
    subject: str = ""
    level: Level | None = None
    why: str = ""
    fix: str = ""
    evidence: tuple[Evidence, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    waiver: str = ""


class Decision(StrEnum):
    """The verdict's word."""

    PASS = "PASS"
    REVIEW = "REVIEW"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@record
class Verdict:
    """Derived from the findings, never typed in. because: the sentences that led to it."""

    decision: Decision
    because: tuple[str, ...]


class Reach(StrEnum):
    """How much of a topic was read."""

    READ = "read"
    PARTLY = "partly read"
    MISSING = "not read"
    NOT_ASKED = "not asked for"


@record
class Coverage:
    """How much of one topic was read. count: facts of it; gaps: why not more."""

    topic: str
    reach: Reach
    count: int
    gaps: tuple[Gap, ...] = ()


@record
class Identity:
    """What the unit says it is, for the head of a report; "" where it does not say."""

    serial: str = ""
    manufacturer: str = ""
    brand: str = ""
    model: str = ""
    device: str = ""
    product: str = ""
    build: str = ""
    incremental: str = ""
    fingerprint: str = ""
    android: str = ""
    patch: str = ""


@record
class Report:
    """Everything one audit says, and what it was judged with.

    schema: version of this record as published; judged_at: RFC 3339 in UTC
    limits: what an audit of this kind cannot see, in sentences
    flows: the contacts that were seen; None when nobody watched, () when somebody did and there were none
    watches: the recordings they come from, with what each could not see
    destinations: what is known of their addresses, and *datasets* what it was looked up in
    rulebook_sha256, snapshot_sha256: hex
    waivers: those that were in force and cover a finding; expired: those that would, had they not expired
    """

    schema: str
    tool_version: str
    judged_at: str
    acquired_at: str | None
    unit: UnitId
    identity: Identity
    source: Source
    expectation: Expectation
    region: RegionReading
    findings: tuple[Finding, ...]
    verdict: Verdict
    coverage: tuple[Coverage, ...]
    unread: tuple[Unread, ...]
    limits: tuple[str, ...]
    rulebook_sha256: str
    snapshot_sha256: str
    flows: tuple[Flow, ...] | None = None
    watches: tuple[Watch, ...] = ()
    destinations: tuple[Destination, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()
