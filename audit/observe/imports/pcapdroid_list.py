"""PCAPdroid's list of connections, as its button to save writes it: CSV without quotes.

Source: PCAPdroid's ``strings.xml`` (connections_csv_fields), ConnectionsAdapter.dumpConnectionsCsv. App and
Info are written as they are, commas included: a row is read from both ends. Times are milliseconds since the
epoch, bytes those of IP packets, headers and all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from audit.model.evidence import Artifact
from audit.model.record import record
from audit.model.text import clean_line
from audit.observe.imports.recording import Clock, OnProgress, Recording, Told, named
from audit.observe.imports.source import opened
from audit.observe.imports.troubles import Troubles

_HEADER = (
    "IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,"
    "FirstSeen,LastSeen"
)
_BEFORE, _AFTER = 6, 6
"""Fields that hold no commas, before App and after Info."""
_MOST_LINE = 64 << 10
_MOST_LINES = 1_000_000
_TRANSPORTS = {6: "tcp", 17: "udp"}
_ENCRYPTED = ("TLS", "HTTPS", "QUIC", "DOH", "DOT")
_HANDSHAKE = 8192
"""Bytes sent below which a connection with TLS may have been a handshake only."""
_PROTO = re.compile(r"[A-Z][A-Za-z0-9_./+-]{1,30}")
_NAMES_HOST = ("TLS", "HTTPS", "QUIC", "HTTP", "DOH", "DOT")


@record
class _Row:
    """One connection. info: a server's name, or what DNS was asked; sent, received: bytes of IP packets."""

    transport: str
    ip: str
    port: int
    uid: int
    app: str
    proto: str
    info: str
    sent: int
    received: int
    packets_sent: int
    packets_received: int
    first_ms: int
    last_ms: int


def is_list(head: bytes) -> bool:
    """Whether a file that begins with *head* is such a list."""
    first = head.decode("utf-8-sig", "replace").partition("\n")[0]
    return first.lower().startswith(_HEADER.lower())


def read(path: Path, *, clock: Clock, key: bytes, on_progress: OnProgress | None) -> Artifact:
    """The list as a recording."""
    size = path.stat().st_size
    first_ms = last_ms = None
    rows = 0
    for _, row in _rows(path, 0, size, on_progress, Troubles()):
        rows += 1
        first_ms = row.first_ms if first_ms is None else min(first_ms, row.first_ms)
        last_ms = row.last_ms if last_ms is None else max(last_ms, row.last_ms)
    troubles = Troubles()
    name = named(path.name)
    about = f"{rows:,} of them, {size:,} bytes; what they carried is not in it"
    what = f"{name}, PCAPdroid's list of connections: {about}"
    told = Told(observer="pcapdroid", name=name, what=what, first_ms=first_ms, last_ms=last_ms)
    recording = Recording(told, key=key, clock=clock, troubles=troubles)
    for number, row in _rows(path, size, size, on_progress, troubles):
        for event in _events(row, f"line {number}", first_ms or 0):
            recording.write(event, b"" if event["kind"] == "data" else None)
    return recording.finished(why="the list ends")


def _events(row: _Row, conn: str, start_ms: int) -> Iterator[Mapping[str, Any]]:
    at_ms = max(0, row.first_ms - start_ms)
    who: dict[str, Any] = {"t": at_ms} if row.uid < 0 else {"t": at_ms, "uid": row.uid}
    where = {"conn": conn, "ip": row.ip, "port": row.port, "transport": row.transport}
    dns = row.proto.upper().startswith("DNS")
    if dns and row.info:
        yield {"kind": "dns", **who, "host": row.info, "answers": [], "via": "pcapdroid"}
    host = row.info if row.proto.upper().startswith(_NAMES_HOST) and "://" not in row.info else ""
    yield {"kind": "connect", **who, **where, **({"host": host} if host else {})}
    if row.app and row.uid >= 0:
        yield {"kind": "app", **who, "conn": conn, "name": row.app}
    for way, size in (
        ("out", _payload(row, row.sent, row.packets_sent)),
        ("in", _payload(row, row.received, row.packets_received)),
    ):
        if size > 0 and not dns and (way == "in" or size > _HANDSHAKE or not _encrypted(row)):
            yield {"kind": "data", **who, **where, "dir": way, "size": size}
    yield {"kind": "close", "t": max(0, row.last_ms - start_ms), "conn": conn}


def _encrypted(row: _Row) -> bool:
    return row.proto.upper().startswith(_ENCRYPTED) or (
        row.port == 443 and not row.proto.upper().startswith("HTTP")
    )


def _payload(row: _Row, size: int, packets: int) -> int:
    """Bytes that were surely carried: all headers taken as long as they can be (TCP's, 60)."""
    header = 40 if ":" in row.ip else 20
    return size - packets * (header + (60 if row.transport == "tcp" else 8))


def _rows(
    path: Path, before: int, size: int, on_progress: OnProgress | None, troubles: Troubles
) -> Iterator[tuple[int, _Row]]:
    passing = None if on_progress is None else lambda done: on_progress(before + done, 2 * size)
    malicious = False
    with opened(path, passing) as source:
        for number, data in source.lines(_MOST_LINE):
            where = f"line {number}"
            if number > _MOST_LINES:
                troubles.add(f"only the first {_MOST_LINES:,} lines are read", where, unseen=True)
                return
            if data is None:
                troubles.add("a line is too long", where, unseen=True)
                continue
            text = clean_line(data.decode("utf-8-sig", "replace"))
            if number == 1:
                malicious = text.rstrip().lower().endswith(",malicious")
                continue
            if not text.strip():
                continue
            row = _row(text, _AFTER + malicious)
            if isinstance(row, _Row):
                yield number, row
            else:
                troubles.add(row, where, unseen=True)
        if source.trouble:
            troubles.add(source.trouble, named(path.name), unseen=True)


def _row(text: str, after: int) -> _Row | str:
    parts = text.split(",")
    if len(parts) < _BEFORE + 4 + after:
        return "a row has too few fields"
    middle, ends = parts[_BEFORE : len(parts) - after], parts[len(parts) - after :][:_AFTER]
    try:
        protocol, source_port, port, uid = (int(parts[at]) for at in (0, 2, 4, 5))
        sent, received, packets_sent, packets_received, first_ms, last_ms = map(int, ends)
        ip = str(ip_address(parts[3].strip()))
    except ValueError:
        return "a row holds a number or an address that is none"
    numbers = (sent, received, packets_sent, packets_received, first_ms, last_ms)
    if not all(0 <= one < 2**53 for one in numbers) or not 0 <= port <= 65535 or not -1 <= uid < 2**31:
        return "a row holds a number that cannot be"
    del source_port
    app, proto, info = _middle(middle)
    return _Row(
        transport=_TRANSPORTS.get(protocol, ""),
        ip=ip,
        port=port,
        uid=uid,
        app=app[:255],
        proto=proto,
        info=info[:300],
        sent=sent,
        received=received,
        packets_sent=packets_sent,
        packets_received=packets_received,
        first_ms=first_ms,
        last_ms=last_ms,
    )


def _middle(fields: list[str]) -> tuple[str, str, str]:
    """App, protocol and Info. With commas in App the protocol is the first after it that looks like one."""
    at = 1
    if len(fields) > 4:
        at = next(
            (n for n in range(1, len(fields) - 2) if _PROTO.fullmatch(fields[n]) and fields[n].isupper()), 1
        )
    return ",".join(fields[:at]).strip(), fields[at].strip(), ",".join(fields[at + 2 :]).strip()
