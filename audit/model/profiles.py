"""What the rulebook knows: markets, how makers state regions, clients, advisories, policies.

Each record is one table of a TOML file in ``profiles/``; `audit.rulebook` loads and validates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from audit.model.indicators import Indicator, IndicatorFile
from audit.model.portrait import TraitKind
from audit.model.record import record


class Confidence(StrEnum):
    """How well an entry is sourced. LOW may only ever ask for review."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Strength(StrEnum):
    """How much a signal says about where a unit was built for.

    STRONG alone settles a region; MEDIUM settles it where no strong one speaks; WEAK is shown, never
    decides; USAGE says where a unit is used (locale, SIM, time zone) and is never a region.
    """

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"
    USAGE = "usage"


class Aspect(StrEnum):
    """What part of the unit a region signal speaks of; hardware and build may honestly be told apart."""

    BUILD = "build"
    HARDWARE = "hardware"
    CONFIGURATION = "configuration"
    USAGE = "usage"


class Role(StrEnum):
    """What a client is for; `Policy` says what each role leads to."""

    SELF_REGISTRATION = "self-registration"
    ACTIVATION = "activation"
    WARRANTY_ACTIVATION = "warranty-activation"
    SALES_TRACKING = "sales-tracking"
    CARRIER_LOCK = "carrier-lock"
    CARRIER_DM = "carrier-dm"
    SETUP_INSTALLER = "setup-installer"
    LEGAL_PREINSTALL = "legal-preinstall"
    TELEMETRY = "telemetry"
    UPDATER = "updater"
    LOADER = "loader"
    MALWARE = "malware"
    REGION_MARKER = "region-marker"


class Level(StrEnum):
    """How far the evidence goes. DORMANT and UNKNOWN are the two ways of being merely present."""

    DORMANT = "dormant"
    """Present, and at least one of its gates was read and is closed."""
    UNKNOWN = "present"
    """Present; whether its gates are open could not be told."""
    ARMED = "armed"
    ATTEMPTED = "attempted"
    """It asked for a name, or had or tried a connection: the first of the three degrees of being observed."""
    TRANSMITTED = "transmitted"
    """Bytes of it were seen leaving."""
    IDENTIFIED = "identifier-transmitted"
    """Bytes that hold an identifier equal to one read from this unit were seen leaving."""


class Outcome(StrEnum):
    """One conclusion."""

    PASS = "pass"
    FAIL = "fail"
    REVIEW = "review"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not-applicable"


class Comparison(StrEnum):
    """How a condition compares."""

    EQUALS = "equals"
    IN = "in"
    PREFIX = "prefix"
    MATCHES = "matches"
    PRESENT = "present"
    ABSENT = "absent"


class Subject(StrEnum):
    """What a condition looks at."""

    PROPERTY = "property"
    PACKAGE = "package"
    OVERLAY = "overlay"
    SETTING = "setting"
    FILE = "file"


@record
class Condition:
    """A question to the facts that can be answered yes, no or "not readable".

    name: property, package, overlay, "namespace/name" of a setting, or path of a file
    values: what it is compared with; a regular expression for MATCHES
    per_slot: the property holds one value per SIM slot, comma-separated; any slot may satisfy it
    default: the value an absent property stands for, where the client's code says so; None: absence says
        nothing
    why: for people, with the place it was learnt from
    """

    subject: Subject
    name: str
    test: Comparison
    values: tuple[str, ...] = ()
    per_slot: bool = False
    default: str | None = None
    why: str = ""


@record
class Gate:
    """What must hold for a client to act: all of *all* and, where given, one of *any*; empty = no gate."""

    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()


@record
class MarketSet:
    """A set of markets builds are made for.

    code: WW, EEA, CN … as used in region profiles
    worldwide: made for no market in particular; one outside it was not built for *another* market either
    """

    code: str
    title: str
    meaning: str
    markets: frozenset[str]
    sources: tuple[str, ...]
    worldwide: bool = False


@record
class Markets:
    """ISO 3166-1 alpha-2 codes with names, and the sets builds are made for."""

    countries: Mapping[str, str]
    sets: Mapping[str, MarketSet]

    def expand(self, code: str) -> frozenset[str] | None:
        """The markets behind a set's or country's code; None for a code nobody defined."""
        if code in self.sets:
            return self.sets[code].markets
        return frozenset({code}) if code in self.countries else None


@record
class SignalRule:
    """How one property, overlay, package, setting or file states a region.

    pattern: regular expression searched in the value (or in the overlay's or package's name); its group
        ``region`` (else the whole match) is looked up in *map*, or is itself a code when *map* is empty
    map: what the captured text means: code of a market set or country
    table: name of the rulebook's lookup table used instead of *map* (Samsung sales codes)
    requires: conditions that must hold for the signal to count
    yields_to: id of a signal of the same profile that knows better: where that one allows what this one says,
        this one narrows nothing (a sales code for five countries, with the name of the largest beside it)
    """

    id: str
    subject: Subject
    name: str
    pattern: str
    strength: Strength
    aspect: Aspect = Aspect.BUILD
    map: Mapping[str, str] = field(default_factory=dict)
    table: str | None = None
    requires: tuple[Condition, ...] = ()
    yields_to: str = ""
    meaning: str = ""
    sources: tuple[str, ...] = ()


@record
class Example:
    """A unit in words and what must come of it; every example of a profile is run as a test.

    expect: in a client's profile the worst outcome of the findings whose subject is that package: "fail",
        "review", "note" (pass with a note), "pass" (nothing said of it); in an advisory's the same for its
        id; in a region's the code read, "unknown" or "contradiction"
    packages: installed; disabled and uninstalled: also known, in that state; overlays: enabled ones
    code: package to what its code, read whole, holds: URLs, numbers ("sms:10659401") and
        names of properties; listing: paths of files on the unit
    """

    name: str
    market: str | None = None
    policy: str = "default"
    properties: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    uninstalled: tuple[str, ...] = ()
    overlays: tuple[str, ...] = ()
    version_names: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    code: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    listing: tuple[str, ...] = ()
    expect: str = ""


@record
class RegionProfile:
    """How one maker states the region of a unit.

    applies_to: property name to values (compared without case); the profile speaks when any pair holds;
        empty = every unit
    silent: the maker states no region a program can read; then unknown is the answer, and *why* says so
    """

    oem: str
    title: str
    applies_to: Mapping[str, tuple[str, ...]]
    silent: bool
    why: str
    signals: tuple[SignalRule, ...]
    examples: tuple[Example, ...]
    sources: tuple[str, ...]
    path: str = ""


@record
class ClientEndpoint:
    """Where a client calls. to: URL, host or number; cleartext None where not established."""

    kind: str
    to: str
    port: int | None = None
    cleartext: bool | None = None
    operator: str = ""
    note: str = ""


@record
class ClientCode:
    """What tells a client's generations apart in its code.

    gates: parts of the names of properties that any documented generation asks before it acts; code that was
        read whole, names a documented endpoint and none of these has no such gate
    unset: the value the code takes a gate's property for when nothing sets it
    """

    gates: tuple[str, ...]
    unset: str | None = None
    why: str = ""
    sources: tuple[str, ...] = ()


@record
class Denied:
    """Versions of a client that are known bad.

    below: first version name that is reported clean
    every_version: no version is clean by what it is for, so that its presence is enough
    """

    below: str | None = None
    every_version: bool = False
    why: str = ""
    sources: tuple[str, ...] = ()


@record
class ClientProfile:
    """An activation client, or a neighbour of one that must be told apart from it.

    serves: market or set codes the client is meant for; ("*",) = ships worldwide, presence says nothing
    armed_when: its gates; None = not established; an empty `Gate` = it has none (always armed)
    sends: identifiers it is documented to send
    system_only: only a copy on the system image counts
    code: what its code tells about its gates; None = nothing is established
    """

    package: str
    title: str
    role: Role
    vendor: str
    serves: tuple[str, ...]
    endpoints: tuple[ClientEndpoint, ...]
    sends: tuple[str, ...]
    armed_when: Gate | None
    confidence: Confidence
    why: str
    fix: str
    note: str
    shared_user: str | None
    system_only: bool
    denied: Denied | None
    incident: str | None
    sources: tuple[str, ...]
    examples: tuple[Example, ...]
    code: ClientCode | None = None
    path: str = ""


@record
class Advisory:
    """A documented incident.

    models, devices: exact ``ro.product.model`` / ``ro.product.device`` values it concerns (quotes stripped)
    packages: exact names; all empty with *files* set = a case a package audit cannot see
    telling_files: those of *files* that no untouched unit has, so that one of them in a list of the unit's
        files is a sighting; the others are files every unit has, changed
    fixed_builds: ``ro.build.display.id`` values the maker named as fixed
    """

    id: str
    title: str
    summary: str
    models: tuple[str, ...]
    devices: tuple[str, ...]
    packages: tuple[str, ...]
    files: tuple[str, ...]
    fixed_builds: tuple[str, ...]
    confidence: Confidence
    why: str
    fix: str
    dates: str
    sources: tuple[str, ...]
    examples: tuple[Example, ...]
    telling_files: tuple[str, ...] = ()
    path: str = ""


@record
class DestinationRule:
    """Where the activation clients on a maker's units may call, when these are sold in some markets.

    when: conditions by which a unit is the maker's
    markets: codes of markets or sets it speaks of; allowed: ISO 3166-1 alpha-2 codes of the countries
    """

    id: str
    title: str
    when: tuple[Condition, ...]
    markets: tuple[str, ...]
    allowed: tuple[str, ...]
    confidence: Confidence
    why: str
    sources: tuple[str, ...]
    path: str = ""


@record
class Anycast:
    """Addresses that answer from many places at once, so that no country is theirs. network: CIDR."""

    network: str
    operator: str
    sources: tuple[str, ...]


@record
class Volatile:
    """Traits that differ between equal units, or change with use, and so are not compared.

    kind: what they are traits of; names: shell patterns (``ro.boottime.*``) of their names
    oems: makers on whose units alone it holds, as ``ro.product.manufacturer`` says in lower case; () = all
    use: they tell how the unit is used (its SIM, its language), so that a gate or signal may well read them
    """

    id: str
    kind: TraitKind
    names: tuple[str, ...]
    why: str
    sources: tuple[str, ...]
    oems: tuple[str, ...] = ()
    use: bool = False
    path: str = ""


@record
class Policy:
    """Which evidence leads to which outcome.

    accountable: roles judged by *out_of_market*; all others by *elsewhere*
    out_of_market, elsewhere: evidence level to outcome, for a client outside the markets it serves
    region_unknown: no signal was readable though the maker gives some; region_silent: the maker gives none
    patch_age_days: a security patch older than this counts; None = a note
    destination_outside: an activation client calls a country no rule allows it; destination_disputed: which
        country it is cannot be told
    posture: outcome of a bad build posture (test-keys, unlocked bootloader, not a user build)
    baseline_difference: the unit is not like the golden one; outlier: it is not like others of its crate
    manifest_difference: it is not what the manifest says, or not in it
    """

    name: str
    title: str
    why: str
    accountable: tuple[Role, ...]
    out_of_market: Mapping[Level, Outcome]
    elsewhere: Mapping[Level, Outcome]
    region_mismatch: Outcome
    region_unknown: Outcome
    contradiction: Outcome
    denied_version: Outcome
    denied_unknown: Outcome
    posture: Outcome
    patch_age_days: int | None
    region_silent: Outcome = Outcome.REVIEW
    destination_outside: Outcome = Outcome.FAIL
    destination_disputed: Outcome = Outcome.REVIEW
    baseline_difference: Outcome = Outcome.REVIEW
    outlier: Outcome = Outcome.REVIEW
    manifest_difference: Outcome = Outcome.REVIEW
    path: str = ""


@record
class Rulebook:
    """Everything the checks judge with.

    tables: name to code to ISO codes ("samsung-csc": {"ATT": ("US",)})
    sha256: hex, of all files of profiles and of indicators, so that a report says which rules it used
    indicators: those of the operator's own files; none are shipped
    destinations: where activation clients may call; anycast: addresses that have no country
    volatile: what is left out when units are compared
    descriptions: package name to what a list of the operator's says of it
    """

    markets: Markets
    regions: tuple[RegionProfile, ...]
    tables: Mapping[str, Mapping[str, tuple[str, ...]]]
    clients: Mapping[str, ClientProfile]
    advisories: tuple[Advisory, ...]
    policies: Mapping[str, Policy]
    sha256: str
    indicators: tuple[Indicator, ...] = ()
    indicator_files: tuple[IndicatorFile, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    destinations: tuple[DestinationRule, ...] = ()
    anycast: tuple[Anycast, ...] = ()
    volatile: tuple[Volatile, ...] = ()
