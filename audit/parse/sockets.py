"""A socket of the unit, whichever program listed it."""

from __future__ import annotations

import ipaddress

from audit.model.record import record

_LONGEST_ADDRESS = 100
_HIGHEST_PORT = 65_535


@record
class Address:
    """One end of a socket.

    ip: in its usual form, an IPv4 one mapped into IPv6 as IPv4; "" for any
    port: None for any, and where the list cut it off
    whole: False where the list may have cut it off
    """

    ip: str
    port: int | None
    whole: bool = True

    def __str__(self) -> str:
        host = f"[{self.ip}]" if ":" in self.ip and self.port is not None else self.ip
        return host if self.port is None else f"{host}:{self.port}"


@record
class Socket:
    """One socket of an Internet family at the moment of the list.

    protocol: "tcp", "udp", "raw"; state: as printed, "" where there is none
    program: as printed, at most 15 characters of a process's name; uid, pid: None where the list has none
    """

    protocol: str
    local: Address
    remote: Address
    state: str = ""
    uid: int | None = None
    pid: int | None = None
    program: str = ""
    line: int = 0

    @property
    def leaves(self) -> bool:
        """Whether the other end is another machine that this unit may have turned to."""
        if not self.remote.ip or self.remote.ip == self.local.ip:
            return False
        if self.state.upper().replace("-", "_") in _NOT_OURS:
            return False
        try:
            there = ipaddress.ip_address(self.remote.ip.partition("%")[0])
        except ValueError:
            return True  # cut off in its middle: still somebody
        return not (there.is_loopback or there.is_unspecified)


def is_unicast(ip: str) -> bool:
    """Whether *ip* is the address of one machine that others can tell it by: no loopback, "any" or group."""
    try:
        found = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified or found.is_multicast)


# Waiting for somebody, or asked by somebody.
_NOT_OURS = frozenset({"LISTEN", "UNCONN", "SYN_RECV"})


def address(text: str, *, width: int | None = None) -> Address | None:
    """Read ``1.2.3.4:443``, ``[::1]:443``, ``::ffff:1.2.3.4:443``, ``1.1.1.1%wlan0:68``, ``*:*``; else None.

    width: of a column that the list cuts addresses to; one that fills it may have lost its end, and with it
    digits of its port
    """
    if len(text) > _LONGEST_ADDRESS:
        return None
    cut = width is not None and len(text) >= width
    host, colon, port = text.rpartition(":")
    number = _port(port)
    if not colon or (number is None and port not in ("*", "0") and not cut):
        return None
    ip = _plain(host)
    if ip is None:
        return Address(ip=f"{text}…", port=None, whole=False) if cut and text.count(":") > 1 else None
    if cut:
        # a plain IPv6 address of which a group was cut off still reads as one
        return Address(ip=f"{text}…" if ":" in ip else ip, port=None, whole=False)
    return Address(ip=ip, port=number)


def _port(text: str) -> int | None:
    if text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) <= _HIGHEST_PORT:
        return int(text)
    return None


def _plain(host: str) -> str | None:
    """The address without brackets and interface, "" for any; None where it is none."""
    host = host.removeprefix("[").removesuffix("]")
    host, _, _ = host.partition("%")
    host = host.removesuffix("]")
    if host == "*":
        return ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return "" if found.is_unspecified else str(found)
