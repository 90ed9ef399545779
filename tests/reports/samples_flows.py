"""A report made up for tests of a unit that was watched in four ways, with every stage and every doubt."""

from __future__ import annotations

from dataclasses import replace

from audit.model.destinations import CountryReading, Dataset, Destination
from audit.model.flows import Attribution, Caught, Certainty, Flow, FlowKind, IdentifierKind, Stage, Watch
from audit.model.report import Report
from tests.reports import samples

_HOOKS, _SOCKETS, _CAPTURE, _SINK = "adb-audit confirm", "watch (sockets)", "unit.pcapng", "sink"
_CALLER = "com.qualcomm.qti.autoregistration.RegistrationTask.register(RegistrationTask.java:29)"
CHINA, STALE, EVERYWHERE, UNLISTED, LOCAL = (
    "219.141.189.20",
    "119.29.29.29",
    "203.0.113.53",
    "198.51.100.7",
    "192.0.2.1",
)
_DATASETS = tuple(
    Dataset(
        name=name,
        title=title,
        kind=kind,
        published="2025-12-01",
        attribution=attribution,
        sha256="4b" * 32,
    )
    for name, title, kind, attribution in (
        (
            "dbip-country",
            "DB-IP Country Lite",
            "country",
            "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0",
        ),
        (
            "tor-geoip",
            "Tor's geoip",
            "country",
            "IPFire Project (https://location.ipfire.org/), CC BY-SA 4.0",
        ),
        ("made-asn", "Operators", "operator", "made up"),
    )
)


def _place(
    ip: str, *countries: str, operator: str = "", asn: int | None = None, anycast: str = ""
) -> Destination:
    names = ("dbip-country", "tor-geoip")
    return Destination(
        ip=ip,
        scope="global",
        countries=tuple(
            CountryReading(dataset=name, country=country)
            for name, country in zip(names, countries, strict=True)
        ),
        operator=operator,
        asn=asn,
        operator_from="made-asn" if operator else "",
        anycast=anycast,
    )


_CAUGHT = (
    Caught(
        kind=IdentifierKind.IMEI,
        certainty=Certainty.EXACT,
        shown="3569…09 (15)",
        hmac="5a" * 32,
        where="body > base64 > json",
        key="IMEI1",
    ),
    Caught(
        kind=IdentifierKind.ICCID,
        certainty=Certainty.HIGH,
        shown="8947…01 (19)",
        hmac="6b" * 32,
        where="body > base64 > json",
        key="SIM1ICCID",
    ),
    Caught(kind=IdentifierKind.CELL, certainty=Certainty.MEDIUM, key="CELLID"),
)


def _hooked(at_ms: int, line: int, what: FlowKind, to: str, stage: Stage = Stage.ATTEMPTED) -> Flow:
    return Flow(
        who=samples.CLIENT,
        what=what,
        to=to,
        cleartext=None,
        at_ms=at_ms,
        via="frida",
        origin=f"{_HOOKS} line {line}",
        uid=1001,
        pid=1203,
        process=samples.CLIENT,
        attribution=Attribution.PROCESS,
        stage=stage,
        caller="libjavacore.so+0x1a2b",
    )


LOOKUP = replace(
    _hooked(1400, 5, FlowKind.DNS, "zzhc.vnet.cn"), host="zzhc.vnet.cn", host_from="dns", answers=(CHINA,)
)
TRY = replace(_hooked(1500, 6, FlowKind.CONNECT, f"{CHINA}:80"), ip=CHINA, port=80, transport="tcp")
POST = replace(
    _hooked(1900, 9, FlowKind.HTTP, "zzhc.vnet.cn", Stage.IDENTIFIED),
    host="zzhc.vnet.cn",
    host_from="http-host",
    ip=CHINA,
    port=80,
    transport="tcp",
    url="http://zzhc.vnet.cn/?imei=<IMEI>",
    cleartext=True,
    identifiers=_CAUGHT,
    sent_bytes=312,
    received_bytes=120,
    attribution=Attribution.STACK,
    caller=_CALLER,
    stack=("org.apache.http.protocol.HttpRequestExecutor.execute(Native Method)", _CALLER),
)
AGAIN = replace(POST, at_ms=61_900, origin=f"{_HOOKS} line 40", sent_bytes=310)
ENCRYPTED = replace(
    _hooked(12_000, 22, FlowKind.TLS, f"{STALE}:443", Stage.TRANSMITTED),
    host="api.acme.example",
    host_from="sni",
    sni="api.acme.example",
    alpn=("h2",),
    ip=STALE,
    port=443,
    transport="tcp",
    cleartext=False,
    sent_bytes=5120,
    received_bytes=90,
    truncated=True,
)
_SHARING = (
    "com.android.providers.telephony",
    "com.android.mms.service",
    "com.android.stk",
    samples.CLIENT,
    "com.android.phone",
)
SOCKETS = tuple(
    Flow(
        who=f"uid {uid}",
        what=FlowKind.CONNECT,
        to=f"{ip}:{port}",
        cleartext=None,
        at_ms=at_ms,
        via="sockets",
        origin=f"{_SOCKETS} line {line}",
        uid=uid,
        ip=ip,
        port=port,
        transport="tcp",
        attribution=Attribution.SHARED_UID,
        shared=shared,
    )
    for at_ms, line, uid, shared, ip, port in (
        (510, 2, 10093, ("com.google.android.gms", "com.google.android.gsf"), EVERYWHERE, 443),
        (3029, 4, 1001, _SHARING, CHINA, 80),
        (4100, 5, 1001, _SHARING, UNLISTED, 8080),
        (4200, 6, 1001, _SHARING, LOCAL, 53),
    )
)
MESSAGE = Flow(
    who="com.acme.sms",
    what=FlowKind.SMS,
    to="10659401",
    cleartext=True,
    at_ms=8000,
    via="frida",
    origin=f"{_HOOKS} line 30",
    port=16998,
    attribution=Attribution.PROCESS,
)
WATCHES = (
    Watch(
        by="frida",
        what=f"the processes of {samples.CLIENT}",
        origin=_HOOKS,
        seconds=180.04,
        ended="the time was over",
        hooks=("getaddrinfo", "connect", "send", "write"),
        hooks_missing=(
            ("SSL_write", "no loaded library exports it"),
            *((f"okhttp3.Part{n}.intercept", "the class is not there") for n in range(8)),
        ),
        dropped=3,
        truncated=4096,
        versions=(
            ("adb-audit", "0.1.0"),
            ("frida on this host", "17.26.0"),
            ("frida on the unit", "17.26.0"),
            ("native agent sha256", "c1" * 32),
        ),
        troubles=("the host: com.acme.sms (process 1300) ended", "agent: a library came too late"),
        proves="the names the process asked for, where it connected and what it sent",
        leaves_open="processes that were not hooked",
    ),
    Watch(
        by="sockets",
        what="the sockets of 127.0.0.1:5555",
        origin=_SOCKETS,
        seconds=8.0,
        ended="the time was over",
        proves="that a user id of the unit had a socket to an address",
        leaves_open="what was sent",
    ),
    Watch(by="pcap", what="unit.pcapng", origin=_CAPTURE, proves="what the unit sent, byte for byte"),
    Watch(by="sink", what="192.0.2.1 port 53", origin=_SINK, seconds=180.0, ended="stopped", dropped=1),
)
WATCHED: Report = replace(
    samples.INCIDENT,
    flows=(LOOKUP, TRY, *SOCKETS, POST, ENCRYPTED, MESSAGE, AGAIN),
    watches=WATCHES,
    destinations=(
        _place(CHINA, "CN", "CN", operator="Chinanet", asn=4134),
        _place(STALE, "CN", "SG", operator="Tencent", asn=45090),
        _place(EVERYWHERE, "US", "CN", operator="Example CDN", asn=64500, anycast="Example CDN"),
        _place(UNLISTED, "", "DE"),
        Destination(ip=LOCAL, scope="private"),
    ),
    datasets=_DATASETS,
)
"""Seen by hooks, in lists of sockets, in a capture that breaks off, and by a sink that saw nothing."""
