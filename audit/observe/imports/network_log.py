"""Network logs of a device owner: names and connections with the package that asked for them.

Two forms, a line an event, also mixed:

    DnsEvent([id, ]host, addresses | NONE, how many, at, package)    as AOSP's DnsEvent.toString writes it
    ConnectEvent([id, ]address, port, at, package)                   and ConnectEvent.toString
    {"package": …, "host": …, "ips": […], "ip": …, "port": …, "timestamp": …}

The first is what Test DPC and most device owners save (``network_logs_*.txt``); the id is there from Android
9 on. Times are milliseconds since the epoch; in JSON also RFC 3339. JSON with a host is a name that was asked
for, with an ip a connection, with both both.

Sources: frameworks/base core/java/android/app/admin/{DnsEvent,ConnectEvent}.java.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from audit.model.evidence import Artifact
from audit.model.record import record
from audit.model.text import clean_line
from audit.observe.imports.recording import Clock, OnProgress, Recording, Told, named
from audit.observe.imports.source import opened
from audit.observe.imports.troubles import Troubles

_MOST_LINE = 64 << 10
_MOST_LINES = 2_000_000
_MOST_ANSWERS = 64
_EVENT = re.compile(r"\b(DnsEvent|ConnectEvent)\((.*)\)\s*\Z")
_ID = re.compile(r"-?\d+, (?=\S)")
_NAMES = {
    "package": ("package", "packageName", "package_name"),
    "host": ("host", "hostname"),
    "ips": ("ips", "inetAddresses", "addresses"),
    "ip": ("ip", "inetAddress", "ipAddress"),
    "port": ("port",),
    "timestamp": ("timestamp", "time"),
}
"""Of a field: as documented above, and as programs that mirror Android's getters call it."""


@record
class _Logged:
    """One line. at_ms: None where it does not say; ip, port: None where no connection was made."""

    package: str
    at_ms: int | None
    host: str = ""
    answers: tuple[str, ...] = ()
    ip: str | None = None
    port: int | None = None


def is_log(head: bytes) -> bool:
    """Whether a file that begins with *head* is one: its first line that is none of its kind tells."""
    text = head.decode("utf-8-sig", "replace")
    lines = [line for line in text.splitlines() if line.strip()][:20]
    return any(isinstance(_line(line), _Logged) for line in lines)


def read(path: Path, *, clock: Clock, key: bytes, on_progress: OnProgress | None) -> Artifact:
    """The log as a recording."""
    size = path.stat().st_size
    first_ms = last_ms = None
    events = 0
    for _, logged in _lines(path, 0, size, on_progress, Troubles()):
        events += 1
        if logged.at_ms is not None:
            first_ms = logged.at_ms if first_ms is None else min(first_ms, logged.at_ms)
            last_ms = logged.at_ms if last_ms is None else max(last_ms, logged.at_ms)
    troubles = Troubles()
    name = named(path.name)
    what = f"{name}, network logs of a device owner: {events:,} events, {size:,} bytes"
    told = Told(observer="network-log", name=name, what=what, first_ms=first_ms, last_ms=last_ms)
    recording = Recording(told, key=key, clock=clock, troubles=troubles)
    for number, logged in _lines(path, size, size, on_progress, troubles):
        at_ms = 0 if logged.at_ms is None or first_ms is None else logged.at_ms - first_ms
        for event in _events(logged, number):
            recording.write({"t": at_ms, "package": logged.package, **event})
    return recording.finished(why="the log ends")


def _events(logged: _Logged, number: int) -> Iterator[Mapping[str, Any]]:
    if logged.host:
        answers = logged.answers or ((logged.ip,) if logged.ip else ())
        yield {"kind": "dns", "host": logged.host, "answers": list(answers), "via": "network-log"}
    if logged.ip is not None:
        yield {"kind": "connect", "conn": f"line {number}", "ip": logged.ip, "port": logged.port}


def _lines(
    path: Path, before: int, size: int, on_progress: OnProgress | None, troubles: Troubles
) -> Iterator[tuple[int, _Logged]]:
    passing = None if on_progress is None else lambda done: on_progress(before + done, 2 * size)
    with opened(path, passing) as source:
        for number, data in source.lines(_MOST_LINE):
            where = f"line {number}"
            if number > _MOST_LINES:
                troubles.add(f"only the first {_MOST_LINES:,} lines are read", where, unseen=True)
                return
            if data is None:
                troubles.add("a line is too long", where, unseen=True)
                continue
            text = data.decode("utf-8-sig" if number == 1 else "utf-8", "replace")
            logged = _line(text)
            if isinstance(logged, _Logged):
                yield number, logged
            elif logged:
                troubles.add(logged, where, unseen=True)
        if source.trouble:
            troubles.add(source.trouble, named(path.name), unseen=True)


def _line(text: str) -> _Logged | str:
    """What a line says, or why it could not be read; "" for an empty one."""
    if not text.strip():
        return ""
    if text.lstrip().startswith("{"):
        return _json(text)
    found = _EVENT.search(text)
    if found is None:
        return "a line is no event"
    return (_dns if found[1] == "DnsEvent" else _connect)(found[2])


def _dns(inner: str) -> _Logged | str:
    """``[id, ]host, addresses, how many, at, package``, from the right: a host is whatever was asked for."""
    parts = inner.rsplit(", ", 4)
    if len(parts) < 5:
        return "a DnsEvent without its fields"
    begun, addresses, _, at, package = parts
    host = begun[found.end() :] if (found := _ID.match(begun)) else begun
    answers = () if addresses == "NONE" else tuple(_ip(one) for one in addresses.split()[:_MOST_ANSWERS])
    at_ms = _time(at)
    if at_ms is None or not _host(host):
        return "a DnsEvent whose fields are no time, or no name"
    return _Logged(
        package=_plain(package), at_ms=at_ms, host=_host(host), answers=tuple(filter(None, answers))
    )


def _connect(inner: str) -> _Logged | str:
    parts = inner.rsplit(", ", 3)
    if len(parts) < 4:
        return "a ConnectEvent without its fields"
    begun, port, at, package = parts
    ip = _ip(begun[found.end() :] if (found := _ID.match(begun)) else begun)
    at_ms, number = _time(at), _port(port)
    if at_ms is None or not ip or number is None:
        return "a ConnectEvent whose fields are no time, address or port"
    return _Logged(package=_plain(package), at_ms=at_ms, ip=ip, port=number)


def _json(text: str) -> _Logged | str:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return "a line is no JSON"
    if not isinstance(told, dict):
        return "a line is no event"
    fields = {
        name: next((told[one] for one in spelled if one in told), None) for name, spelled in _NAMES.items()
    }
    host, ip = _host(_text(fields["host"])), _ip(_text(fields["ip"]))
    ips = fields["ips"] if isinstance(fields["ips"], list) else []
    if not host and not ip:
        return "a line names neither a host nor an address"
    answers = tuple(filter(None, (_ip(_text(one)) for one in ips[:_MOST_ANSWERS])))
    return _Logged(
        package=_plain(_text(fields["package"])),
        at_ms=_time(fields["timestamp"]),
        host=host,
        answers=answers,
        ip=ip or None,
        port=_port(fields["port"]),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _plain(value: str) -> str:
    return clean_line(value).strip()[:255]


def _host(value: str) -> str:
    return _plain(value).rstrip(".")


def _ip(value: str) -> str:
    """An address as Java or netd writes it (``host/1.2.3.4``, a zone after ``%``); "" for what is none."""
    try:
        return str(ip_address(value.strip().rpartition("/")[2].partition("%")[0]))
    except ValueError:
        return ""


def _port(value: object) -> int | None:
    number = _integer(value)
    return number if number is not None and 0 <= number <= 65535 else None


def _integer(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value.strip(), re.ASCII):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18 else None


def _time(value: object) -> int | None:
    """Milliseconds since the epoch."""
    number = _integer(value)
    if number is not None or not isinstance(value, str):
        return number
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return None if at.tzinfo is None else round(at.timestamp() * 1000)
