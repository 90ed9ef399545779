"""Writes the kernel's lists of sockets, as Linux on a little-endian machine prints them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

_TCP = (
    "  sl  local_address {pad}rem{ote}_address   {pad}st tx_queue rx_queue tr tm->when retrnsmt"
    "   uid  timeout inode"
)
_UDP = _TCP + " ref pointer drops"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One socket. protocol: "tcp" or "udp"; state: a number of ``tcp_states.h``."""

    protocol: str = "tcp"
    local: IPv4Address | IPv6Address
    local_port: int
    remote: IPv4Address | IPv6Address
    remote_port: int
    state: int = 1
    uid: int = 0
    inode: int = 0

    @property
    def wide(self) -> bool:
        """Whether it stands in a list of IPv6."""
        return self.local.version == 6 or self.remote.version == 6


def word(ip: IPv4Address | IPv6Address, *, wide: bool = False) -> str:
    """An address: each 32-bit word in the kernel's byte order."""
    packed = ip.packed
    if wide and len(packed) == 4:
        packed = bytes(10) + b"\xff\xff" + packed
    return "".join(packed[at : at + 4][::-1].hex().upper() for at in range(0, len(packed), 4))


def proc_net_lists(rows: Sequence[Row]) -> str:
    """``cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6``."""
    text = ""
    for protocol in ("tcp", "udp"):
        for wide in (False, True):
            heading = (_TCP if protocol == "tcp" else _UDP).format(
                pad=" " * 24 * wide, ote="ote" if wide else ""
            )
            text += heading.ljust(149) + "\n"
            fitting = [one for one in rows if one.protocol == protocol and one.wide == wide]
            text += "".join(_line(number, one) for number, one in enumerate(fitting))
    return text


def _line(number: int, row: Row) -> str:
    local, remote = word(row.local, wide=row.wide), word(row.remote, wide=row.wide)
    return (
        f"{number:4d}: {local}:{row.local_port:04X} {remote}:{row.remote_port:04X} {row.state:02X} "
        f"{0:08X}:{0:08X} {0:02X}:{0:08X} {0:08X} {row.uid:5d} {0:8d} {row.inode} 1 0000000000000000 0\n"
    )
