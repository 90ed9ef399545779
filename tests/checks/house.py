"""A small rulebook and units to judge with it; invented names, so that no real maker is spoken of."""

from __future__ import annotations

from audit.checks import Case, read_region
from audit.model.evidence import Gap
from audit.model.facts import Enabled, Facts, Overlay, Package, Property, UserState
from audit.model.flows import Flow
from audit.model.profiles import (
    Advisory,
    Aspect,
    ClientEndpoint,
    ClientProfile,
    Comparison,
    Condition,
    Confidence,
    Denied,
    Gate,
    Level,
    Markets,
    MarketSet,
    Outcome,
    Policy,
    RegionProfile,
    Role,
    Rulebook,
    SignalRule,
    Strength,
    Subject,
)
from audit.model.report import Expectation

CLIENT = "com.acme.simactivate"
TODAY = "2026-11-22"
SOURCES = ("https://example.org/acme",)


def client(package: str = CLIENT, **changes: object) -> ClientProfile:
    """A self-registration client for CN with a gate, changed as asked."""
    values: dict[str, object] = {
        "package": package,
        "title": "ACME SIM activation",
        "role": Role.SELF_REGISTRATION,
        "vendor": "ACME",
        "serves": ("CN",),
        "endpoints": (ClientEndpoint(kind="url", to="http://act.example", port=80, cleartext=True),),
        "sends": ("IMEI",),
        "armed_when": Gate(all=(prop("persist.acme.on", "1"),)),
        "confidence": Confidence.HIGH,
        "why": "It registers the SIM.",
        "fix": "Flash the right build.",
        "note": "",
        "shared_user": None,
        "system_only": False,
        "denied": None,
        "incident": None,
        "sources": SOURCES,
        "examples": (),
    }
    return ClientProfile(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def prop(name: str, value: str, **changes: object) -> Condition:
    """Property *name* equals *value*."""
    values: dict[str, object] = {
        "subject": Subject.PROPERTY,
        "name": name,
        "test": Comparison.EQUALS,
        "values": (value,),
    }
    return Condition(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def rule(id_: str, name: str, strength: Strength, aspect: Aspect, **changes: object) -> SignalRule:
    """A signal whose whole value, upper-cased, is the code."""
    values: dict[str, object] = {
        "id": id_,
        "subject": Subject.PROPERTY,
        "name": name,
        "pattern": "^.+$",
        "strength": strength,
        "aspect": aspect,
    }
    return SignalRule(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def policy(name: str, *, strict: bool) -> Policy:
    """The two policies as shipped, in short."""
    fail, review, passed = Outcome.FAIL, Outcome.REVIEW, Outcome.PASS
    quiet = fail if strict else review
    return Policy(
        name=name,
        title=name,
        why="For tests.",
        accountable=(
            Role.SELF_REGISTRATION,
            Role.ACTIVATION,
            Role.WARRANTY_ACTIVATION,
            Role.SALES_TRACKING,
            Role.CARRIER_LOCK,
        ),
        out_of_market={
            Level.DORMANT: quiet,
            Level.UNKNOWN: quiet,
            Level.ARMED: fail,
            Level.ATTEMPTED: fail,
            Level.TRANSMITTED: fail,
            Level.IDENTIFIED: fail,
        },
        elsewhere={
            Level.DORMANT: passed,
            Level.UNKNOWN: passed,
            Level.ARMED: review,
            Level.ATTEMPTED: review,
            Level.TRANSMITTED: fail,
            Level.IDENTIFIED: fail,
        },
        region_mismatch=fail,
        region_unknown=review,
        contradiction=review,
        denied_version=fail,
        denied_unknown=review,
        posture=fail if strict else passed,
        patch_age_days=365 if strict else None,
    )


COUNTRIES = {"CN": "China", "NO": "Norway", "DE": "Germany", "US": "United States", "IN": "India"}


def market_set(code: str, *markets: str, worldwide: bool = False) -> MarketSet:
    """A set of markets."""
    return MarketSet(
        code=code,
        title=code,
        meaning="",
        markets=frozenset(markets),
        sources=SOURCES,
        worldwide=worldwide,
    )


ACME = RegionProfile(
    oem="acme",
    title="ACME",
    applies_to={"ro.product.brand": ("ACME",)},
    silent=False,
    why="",
    signals=(
        rule("build", "ro.acme.region", Strength.STRONG, Aspect.BUILD),
        rule("hardware", "ro.acme.hw", Strength.STRONG, Aspect.HARDWARE),
        rule("hint", "ro.acme.hint", Strength.MEDIUM, Aspect.BUILD),
        rule("weak", "ro.acme.weak", Strength.WEAK, Aspect.BUILD),
        rule(
            "overlay",
            "*",
            Strength.STRONG,
            Aspect.CONFIGURATION,
            subject=Subject.OVERLAY,
            pattern=r"\.sku(?P<region>[a-z]{2})$",
            map={"cn": "CN", "ww": "WW"},
        ),
    ),
    examples=(),
    sources=SOURCES,
)
MUTE = RegionProfile(
    oem="mute",
    title="Mute",
    applies_to={"ro.product.brand": ("Mute",)},
    silent=True,
    why="It states no region.",
    signals=(),
    examples=(),
    sources=SOURCES,
)
USAGE = RegionProfile(
    oem="usage",
    title="Usage",
    applies_to={},
    silent=False,
    why="",
    signals=(rule("sim", "gsm.sim.operator.iso-country", Strength.USAGE, Aspect.USAGE, pattern="[a-z]+"),),
    examples=(),
    sources=SOURCES,
)


def advisory(**changes: object) -> Advisory:
    """An incident of the ACME One with two fixed builds."""
    values: dict[str, object] = {
        "id": "acme-2020",
        "title": "ACME One sent identifiers",
        "summary": "The ACME One called home.",
        "models": ("ACME One",),
        "devices": (),
        "packages": (CLIENT,),
        "files": (),
        "fixed_builds": ("WW_2", "WW_3_SP1"),
        "confidence": Confidence.HIGH,
        "why": "Identifiers left the unit.",
        "fix": "Update.",
        "dates": "2020",
        "sources": SOURCES,
        "examples": (),
    }
    return Advisory(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def rulebook(
    *clients: ClientProfile,
    advisories: tuple[Advisory, ...] = (),
    regions: tuple[RegionProfile, ...] = (ACME, MUTE, USAGE),
) -> Rulebook:
    """A rulebook of these clients and the ACME maker."""
    return Rulebook(
        markets=Markets(
            countries=COUNTRIES,
            sets={
                "WW": market_set("WW", *(c for c in COUNTRIES if c != "CN"), worldwide=True),
                "EU": market_set("EU", "DE"),
            },
        ),
        regions=regions,
        tables={},
        clients={c.package: c for c in clients},
        advisories=advisories,
        policies={"default": policy("default", strict=False), "strict": policy("strict", strict=True)},
        sha256="0" * 64,
    )


def properties(**values: str) -> dict[str, Property]:
    """Properties of an ACME unit; ``ro__acme__region`` spells ``ro.acme.region``."""
    given = {
        "ro.product.brand": "ACME",
        "ro.product.model": "ACME One",
        "ro.build.version.sdk": "28",
        "ro.build.version.release": "9",
        "ro.build.display.id": "WW_1",
        "ro.acme.region": "WW",
    } | {name.replace("__", "."): value for name, value in values.items()}
    return {n: Property(name=n, value=v, origin="getprop") for n, v in given.items() if v != "absent"}


def package(name: str = CLIENT, **changes: object) -> Package:
    """An installed system package."""
    values: dict[str, object] = {
        "name": name,
        "paths": (f"/system/app/{name}.apk",),
        "version_code": 1,
        "system": True,
        "users": (UserState(user=0, installed=True, enabled=Enabled.DEFAULT),),
        "origin": "cmd package list packages",
    }
    return Package(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def facts(
    *packages: Package,
    props: dict[str, Property] | None = None,
    overlays: tuple[Overlay, ...] = (),
    gaps: tuple[Gap, ...] = (),
    flows: tuple[Flow, ...] | None = None,
) -> Facts:
    """Facts of an ACME unit with these packages beside an innocent one."""
    all_packages = (package("com.android.settings"), *packages)
    return Facts(
        properties=properties() if props is None else props,
        packages={p.name: p for p in all_packages},
        overlays=overlays,
        gaps=gaps,
        flows=flows,
    )


def case(found: Facts, book: Rulebook, market: str | None = "NO", policy_name: str = "default") -> Case:
    """Everything a check may look at."""
    return Case(
        facts=found,
        region=read_region(found, book),
        expectation=Expectation(market=market, policy=policy_name),
        rulebook=book,
        policy=book.policies[policy_name],
        today=TODAY,
    )


def denied(below: str | None) -> Denied:
    """Versions below *below* are bad."""
    return Denied(below=below, why="It sent messages.", sources=SOURCES)
