"""Reports made up for tests, of files: firmware, a bug report, an acquisition that indicators match."""

from __future__ import annotations

from dataclasses import replace

from audit.model.evidence import Gap, Source, SourceKind, Topic, UnitId
from audit.model.facts import Unread
from audit.model.flows import Caught, Certainty, Flow, FlowKind, IdentifierKind
from audit.model.profiles import Level, Outcome
from audit.model.report import Coverage, Decision, Evidence, Finding, Reach, Report, Severity, Verdict
from tests.reports import samples

_VDEX = "/system/app/AutoRegistration/oat/arm64/AutoRegistration.vdex"
_APK = "/system/app/AutoRegistration/AutoRegistration.apk"
_ARMED = Finding(
    check="client-market",
    outcome=Outcome.FAIL,
    severity=Severity.CRITICAL,
    subject=samples.CLIENT,
    level=Level.ARMED,
    message=f"{samples.CLIENT} is on the image and is meant for CN, not for NO. It is armed: its code was"
    " read and asks none of the gates that later generations have.",
    why="Registers the unit with China Telecom's server.",
    fix="Flash a build the maker names as fixed, then audit again.",
    evidence=(
        Evidence(what="package on the image", value=f"{samples.CLIENT} (version 1.0 code 1)", origin=_APK),
        Evidence(what="path", value=_APK, origin=_APK),
        *(
            Evidence(
                what="address in its code",
                value=f"http://{host}",
                origin=f"{_VDEX} > dex 0 at byte {152 + 40 * number}",
            )
            for number, host in enumerate(
                ("zzhc.vnet.cn", *(f"s{n}.example.cn/report?id=" for n in range(29))), 0
            )
        ),
        Evidence(
            what="gate", value="its code was read whole and names none of its documented gates", origin=""
        ),
        Evidence(
            what="signer (APK signature scheme v2)",
            value="c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8"
            " EMAILADDRESS=android@android.com,CN=Android (the public AOSP platform key)",
            origin=_APK,
        ),
    ),
    facts=(("documented endpoint", "url http://zzhc.vnet.cn port 80, cleartext, China Telecom"),),
    sources=("https://example.org/code",),
)
_GAPS = tuple(
    Gap(
        topic=Topic.PACKAGES,
        reason=f"/system/app/Bad{n:02}/Bad{n:02}.apk at byte {200 + n}: no ZIP archive",
        fix="Read the file again.",
        origin=f"/system/app/Bad{n:02}/Bad{n:02}.apk",
    )
    for n in range(20)
)
_UNREAD_FILES = Finding(
    check="client-market",
    outcome=Outcome.INCONCLUSIVE,
    severity=Severity.INFO,
    subject="packages",
    message=" ".join(f"{gap.reason}." for gap in _GAPS[:3]) + " And 17 more: see the evidence.",
    why="It leaves the question open: Does every activation client on the unit serve its market?",
    fix="Read the file again.",
    evidence=tuple(Evidence(what="gap in packages", value=g.reason, origin=g.origin) for g in _GAPS),
)
IMAGE = replace(
    samples.INCIDENT,
    acquired_at=None,
    unit=UnitId(model="Nokia 7 plus"),
    identity=replace(samples.INCIDENT.identity, serial=""),
    source=Source(
        kind=SourceKind.FIRMWARE,
        detail="/home/kari/roms/B2N.zip; a ZIP archive, an A/B update (payload.bin): system, vendor; left"
        " out: 1 property file of variants (ChinaTelecom); not opened: modem.img",
        path="/home/kari/roms/B2N.zip",
        what="a ZIP archive, an A/B update (payload.bin): system, vendor",
    ),
    findings=(
        _ARMED,
        _UNREAD_FILES,
        replace(
            _UNREAD_FILES,
            check="denylist",
            why="It leaves the question open: Is there a package that belongs on no unit?",
        ),
    ),
    verdict=Verdict(decision=Decision.FAIL, because=(_ARMED.message,)),
    coverage=(
        Coverage(topic="properties", reach=Reach.READ, count=16),
        Coverage(topic="packages", reach=Reach.PARTLY, count=4, gaps=_GAPS),
        Coverage(topic="files of code", reach=Reach.READ, count=3),
        Coverage(topic="flows", reach=Reach.NOT_ASKED, count=0),
    ),
)

_TEXT = "bugreport-one-ONE.1-2024-02-03-04-05-06.txt"
OWN_IP = "192.0.2.9"
_SOCKETS = tuple(
    Flow(
        who=who,
        what=FlowKind.CONNECT,
        to=to,
        cleartext=None,
        via="ss",
        uid=uid,
        origin=f"{_TEXT} > DETAILED SOCKET STATE",
    )
    for who, uid, to in (
        ("uid 1001", 1001, "203.0.113.5:80"),
        *(("com.acme.browser", 10020, f"198.51.100.{n}:443") for n in range(1, 10)),
        ("unknown process", None, "[2001:db8::5]:443"),
    )
)
_REQUEST = Flow(
    who=samples.CLIENT,
    what=FlowKind.HTTP,
    to="http://zzhc.vnet.cn/reg",
    cleartext=True,
    identifiers=(
        Caught(kind=IdentifierKind.IMEI, certainty=Certainty.MEDIUM),
        Caught(kind=IdentifierKind.ICCID, certainty=Certainty.MEDIUM),
    ),
    via="logcat",
    uid=1001,
    at="02-03 04:00:02.000",
    origin=f"{_TEXT} > SYSTEM LOG line 6",
)
_OBSERVED = replace(
    _ARMED,
    level=Level.ATTEMPTED,
    message=f"{samples.CLIENT} is on the unit and is meant for CN, not for NO. It logged a request to"
    " http://zzhc.vnet.cn/reg.",
    evidence=(
        Evidence(
            what="package installed",
            value=f"{samples.CLIENT} (version 1.7 code 7 uid 1001)",
            origin=f"{_TEXT} > dumpsys package",
        ),
        Evidence(what="user 0", value="installed, default", origin=f"{_TEXT} > dumpsys package"),
        Evidence(
            what="was started",
            value=f"02-03 03:59:02.000 process 1600 ({samples.CLIENT}) for broadcast",
            origin=f"{_TEXT} > EVENT LOG line 5",
        ),
        Evidence(
            what="wrote to the log",
            value=f'Reg: POST from {OWN_IP}, serial {samples.SERIAL}, SSID="Kari\'s home", kari@mail.example',
            origin=f"{_TEXT} > SYSTEM LOG line 6",
        ),
        Evidence(
            what="contact",
            value="02-03 04:00:02.000 logged a request to http://zzhc.vnet.cn/reg",
            origin=f"{_TEXT} > SYSTEM LOG line 6",
        ),
    ),
)
BUGREPORT = replace(
    samples.INCIDENT,
    acquired_at=None,
    unit=UnitId(serial=samples.SERIAL, model="Nokia 7 plus", addresses=(OWN_IP,)),
    source=Source(
        kind=SourceKind.BUGREPORT,
        detail=f"/home/kari/{samples.SERIAL}/bugreport.zip; read {_TEXT}; taken at 2024-02-03 04:05:06 by the"
        " unit's clock, in a time zone it does not state; 13 sections read, 6 others with 21 lines left",
        path=f"/home/kari/{samples.SERIAL}/bugreport.zip",
        taken="2024-02-03 04:05:06",
    ),
    findings=(_OBSERVED,),
    verdict=Verdict(decision=Decision.FAIL, because=(_OBSERVED.message,)),
    coverage=(
        Coverage(topic="properties", reach=Reach.READ, count=10),
        Coverage(topic="packages", reach=Reach.READ, count=5),
        Coverage(topic="activity", reach=Reach.READ, count=13),
        Coverage(topic="flows", reach=Reach.READ, count=len(_SOCKETS) + 1),
    ),
    unread=tuple(
        Unread(origin=f"{_TEXT} > {section}", line=3, text="half a line")
        for section in ("SYSTEM LOG", "EVENT LOG", "RADIO LOG", "LAST LOGCAT", "dumpsys activity")
    ),
    limits=("Of the network only the sockets open at one moment were listed.",),
    flows=(*_SOCKETS, _REQUEST),
)

_HASH = "44d88612fea8a8f36de82e1278abb02f" * 2
_MATCHES = (
    f"/data/app/com.bad/base.apk, of com.bad, which is installed, has the hash {_HASH}."
    f" That matches indicator file hash {_HASH} (BadWare) of malware.stix2."
)
INDICATED = replace(
    samples.INCIDENT,
    source=Source(
        kind=SourceKind.ANDROIDQF,
        detail="acq.zip; AndroidQF 1.8.0, acquisition 7f; 7 files compared with hashes.csv",
        path="acq.zip",
        what="AndroidQF 1.8.0, acquisition 7f",
    ),
    findings=(
        Finding(
            check="indicators",
            outcome=Outcome.FAIL,
            severity=Severity.HIGH,
            subject="com.bad",
            message=_MATCHES,
            why="Somebody published it as a trace of a compromise.",
            fix="Look at what the indicator's source says it means.",
            evidence=tuple(
                Evidence(what=f"hash of /data/app/com.bad/{n}.apk", value=_HASH, origin="packages.json")
                for n in range(12)
            ),
            facts=(("UAD-ng says", "A package that nobody needs."),),
            sources=("malware.stix2", "indicator--1"),
        ),
        Finding(
            check="indicators",
            outcome=Outcome.PASS,
            severity=Severity.INFO,
            subject="malware.stix2",
            message="1200 indicators of malware.stix2 were looked for. 3 patterns are not looked for: 3 of"
            " a kind that is not read; the first is [mutex:name = 'x'].",
            facts=(("sha256", _HASH),),
            sources=("malware.stix2",),
        ),
    ),
    verdict=Verdict(decision=Decision.FAIL, because=(_MATCHES,)),
)

FILES: dict[str, Report] = {"image": IMAGE, "bugreport": BUGREPORT, "indicated": INDICATED}
"""Every one by name."""
