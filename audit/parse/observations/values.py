"""What an event holds, of the type and size that is expected: whoever was watched may have written it."""

from __future__ import annotations

import ipaddress
import math

from audit.model.text import clean_line
from audit.parse.observations.lines import Event, strings

LONGEST = 512
LONGEST_URL = 8192
MOST_FRAMES = 24
MOST_ANSWERS = 64

_LATEST_MS = 10**12


def text(event: Event, name: str, most: int = LONGEST) -> str:
    """The string called *name*, cleaned, on one line; "" where there is none."""
    value = event.get(name)
    return clean_line(value[:most]).strip() if isinstance(value, str) else ""


def number(event: Event, name: str, most: int = 2**31 - 1, least: int = 0) -> int | None:
    """The whole number called *name*; None where there is none between *least* and *most*."""
    value = event.get(name)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) <= 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if least <= value <= most else None


def moment(event: Event) -> int:
    """Its ``t`` in whole milliseconds, 0 where it has none that can be."""
    value = event.get("t")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value <= _LATEST_MS else 0  # NaN is not, nor what no float can hold


def port_of(event: Event, name: str = "port") -> int | None:
    """A port, None for none and for 0."""
    return number(event, name, 65_535) or None


def ip_of(event: Event, name: str = "ip") -> str:
    """An address in its usual spelling; as written where it is none."""
    return plain_ip(text(event, name, 100))


def plain_ip(address: str) -> str:
    """*address* in its shortest spelling, an IPv4 one inside IPv6 (mapped) as IPv4; its scope is kept."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    return str(found if mapped is None else mapped)


def is_ip(address: str) -> bool:
    """Whether *address* is one, not a name."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def lines(event: Event, name: str, most: int = MOST_FRAMES) -> tuple[str, ...]:
    """A list of strings, each cleaned."""
    return tuple(clean_line(one[:LONGEST]).strip() for one in strings(event.get(name), most))


def host_of(name: str) -> str:
    """A host's name as it is compared: in lower case, without its last dot."""
    return name.strip().rstrip(".").lower()


def authority(written: str) -> tuple[str, int | None]:
    """Host and port of ``host:port``, ``[::1]:80`` or a host alone."""
    written = written.rpartition("@")[2].strip()
    host, colon, port = written.rpartition(":")
    if (
        not colon
        or not port.isascii()
        or not port.isdecimal()
        or len(port) > 5
        or (":" in host and host[0] != "[")
    ):
        return host_of(written.strip("[]")), None
    return host_of(host.strip("[]")), int(port) if 0 < int(port) < 65_536 else None


def joined(host: str, port: int | None) -> str:
    """Host and port as one writes them."""
    if port is None:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
