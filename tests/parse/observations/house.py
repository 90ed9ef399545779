"""Recordings as observers write them, of a unit with few packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.model.evidence import Artifact, Kind
from audit.model.facts import Package
from audit.model.flows import Flow, FlowKind, IdentifierKind, OwnIdentifier
from audit.parse.observations.lines import Recorder
from audit.parse.observations.read import Limits, Observed, read_observations

IMEI = "861234567890127"
ICCID = "89860313100280000010"
KEY = b"k" * 32
PHONE = "com.android.phone"
CLIENT = "com.qualcomm.qti.autoregistration"
APP = "com.acme.app"
PACKAGES = {
    **{name: Package(name=name, uid=1001, shared_user="android.uid.phone") for name in (PHONE, CLIENT)},
    APP: Package(name=APP, uid=10_100),
    "com.acme": Package(name="com.acme", uid=10_101),
    "android": Package(name="android", uid=1000),
}
KNOWN = (
    OwnIdentifier(kind=IdentifierKind.IMEI, value=IMEI, origin="service call iphonesubinfo"),
    OwnIdentifier(kind=IdentifierKind.ICCID, value=ICCID, origin="service call iphonesubinfo"),
)

Given = Mapping[str, Any] | tuple[Mapping[str, Any], bytes]


def recording(*events: Given, observer: str = "frida", close: bool = True) -> bytes:
    """What a recorder writes of *events*; bytes beside one are its data."""
    recorder = Recorder(observer=observer, at="2026-11-22T08:00:00Z", what="a test", key=KEY)
    if observer == "frida":
        recorder.add({"kind": "hooks", "installed": ["libc.so!connect"], "missing": []})
    for one in events:
        event, data = one if isinstance(one, tuple) else (one, None)
        recorder.add(event, data)
    if close:
        recorder.close(at="2026-11-22T08:03:00Z", seconds=180, why="the time was up")
    return recorder.data()


def artifact(data: bytes, *, origin: str = "confirm", truncated: bool = False) -> Artifact:
    """A recording as evidence."""
    return Artifact(kind=Kind.OBSERVATIONS, origin=origin, data=data, truncated=truncated)


def read(
    *events: Given,
    observer: str = "frida",
    known: Sequence[OwnIdentifier] = KNOWN,
    limits: Limits = Limits(),  # noqa: B008  # a frozen record
) -> Observed:
    """What is read of a recording of *events*."""
    return read_observations([artifact(recording(*events, observer=observer))], PACKAGES, known, limits)


def flows(*events: Given, observer: str = "frida", what: FlowKind | None = None) -> tuple[Flow, ...]:
    """The contacts of *events*, of one kind where one is asked for."""
    observed = read(*events, observer=observer)
    assert observed.flows is not None
    assert observed.unread == ()
    return tuple(flow for flow in observed.flows if what in (None, flow.what))


def connect(conn: str = "1", ip: str = "219.141.177.1", port: int = 80, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # any field of an event
    """A connection that was tried."""
    return {"kind": "connect", "conn": conn, "ip": ip, "port": port, "transport": "tcp", "pid": 7, **more}


def out(data: bytes, conn: str = "1", **more: Any) -> tuple[dict[str, Any], bytes]:  # noqa: ANN401
    """Bytes that left."""
    return {"kind": "data", "conn": conn, "dir": "out", "pid": 7, **more}, data


def came(data: bytes, conn: str = "1", **more: Any) -> tuple[dict[str, Any], bytes]:  # noqa: ANN401
    """Bytes that came."""
    return {"kind": "data", "conn": conn, "dir": "in", "pid": 7, **more}, data


def dns(host: str, *answers: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A name that was asked for."""
    return {"kind": "dns", "host": host, "answers": list(answers), "rc": 0, "pid": 7, **more}


def process(name: str, *packages: str, pid: int = 7, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A process, introduced."""
    return {"kind": "process", "pid": pid, "name": name, "packages": list(packages), **more}


def post(body: bytes, *, host: str = "zzhc.vnet.cn", path: str = "/") -> bytes:
    """A request with a body."""
    return b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        path.encode(),
        host.encode(),
        len(body),
        body,
    )
