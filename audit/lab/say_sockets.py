"""``/proc/net``: what the kernel lists of the conversations that are on.

Source: Linux net/ipv4/tcp_ipv4.c (``get_tcp4_sock``, ``get_timewait4_sock``, lines padded to 149),
net/ipv4/udp.c (to 127), net/ipv6/tcp_ipv6.c, net/ipv6/datagram.c; net/netfilter/xt_qtaguid.c of Android's
kernels up to 4.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from audit.lab.schedule import Talk
from audit.model.record import record

LOCAL_IP = "192.168.1.23"
_LOCAL_IP6 = "fd00::23"
RECEIVED_BYTES, SENT_BYTES = 1400, 900
"""Of every conversation: small ones, as of a client that registers."""
_STATES = {"ESTABLISHED": 1, "SYN_SENT": 2, "TIME_WAIT": 6, "LISTEN": 10}
_UDP_CONNECTED, _UDP_OPEN = 1, 7
_HEADINGS = {
    "tcp": "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "udp": "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
    " ref pointer drops",
}
_HEADINGS6 = {
    "tcp": "  sl  local_address                         remote_address                        "
    "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "udp": "  sl  local_address                         remote_address                        "
    "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
}
_QTAGUID = (
    "idx iface acct_tag_hex uid_tag_int cnt_set rx_bytes rx_packets tx_bytes tx_packets rx_tcp_bytes "
    "rx_tcp_packets rx_udp_bytes rx_udp_packets rx_other_bytes rx_other_packets tx_tcp_bytes tx_tcp_packets "
    "tx_udp_bytes tx_udp_packets tx_other_bytes tx_other_packets"
)


@record
class Row:
    """One socket. inode, uid: 0 where no process holds it any more."""

    local: str
    local_port: int
    remote: str
    remote_port: int
    state: str
    uid: int
    inode: int


def family(talk: Talk) -> str:
    """The list a conversation is in: an IPv6 one is never in the IPv4 list, whatever was said."""
    protocol = talk.spec.protocol
    return f"{protocol}6" if ":" in talk.spec.ip and not protocol.endswith("6") else protocol


def proc_net(name: str, talks: Iterable[Talk], now_s: float, uid_of: Callable[[str], int]) -> str | None:
    """The content of ``/proc/net/NAME``; None for a list there is not here."""
    if name not in ("tcp", "tcp6", "udp", "udp6"):
        return None
    rows = [_row(talk, now_s, uid_of) for talk in talks if family(talk) == name]
    if name == "tcp":
        rows.insert(
            0, Row(local="127.0.0.1", local_port=5037, remote="0.0.0.0", remote_port=0, state="LISTEN",
                   uid=2000, inode=11_087),
        )  # fmt: skip
    wide = name.endswith("6")
    lines = [(_HEADINGS6 if wide else _HEADINGS)[name[:3]]]
    lines += [_line(number, row, name) for number, row in enumerate(one for one in rows if one.state)]
    width = 0 if wide else 149 if name == "tcp" else 127
    return "".join(f"{line.ljust(width)}\n" for line in lines)


def _row(talk: Talk, now_s: float, uid_of: Callable[[str], int]) -> Row:
    state = talk.state(now_s)
    held = state != "TIME_WAIT"
    return Row(
        local=_LOCAL_IP6 if ":" in talk.spec.ip else LOCAL_IP,
        local_port=talk.local_port,
        remote=talk.spec.ip,
        remote_port=talk.spec.port,
        state=state,
        uid=uid_of(talk.spec.package) if held else 0,
        inode=talk.inode if held else 0,
    )


def _line(number: int, row: Row, name: str) -> str:
    wide, udp = name.endswith("6"), name.startswith("udp")
    state = (_UDP_CONNECTED if row.remote_port else _UDP_OPEN) if udp else _STATES[row.state]
    here, there = _hex(row.local, wide=wide), _hex(row.remote, wide=wide)
    ends = f"{here}:{row.local_port:04X} {there}:{row.remote_port:04X}"
    timer = "02:000005D2" if row.state == "TIME_WAIT" else "00:00000000"
    tail = "2 0000000000000000 0" if udp else "1 0000000000000000 22 4 30 10 -1"
    return (
        f"{number:{5 if udp and not wide else 4}}: {ends} {state:02X} 00000000:00000000 {timer} 00000000 "
        f"{row.uid:5} {0:8} {row.inode} {tail}"
    )


def _hex(ip: str, *, wide: bool) -> str:
    """An address as 32-bit words in the byte order of a little-endian processor."""
    address = ip_address(ip)
    if wide and isinstance(address, IPv4Address):
        address = IPv6Address(f"::ffff:{address}") if int(address) else IPv6Address(0)
    packed = address.packed
    return "".join(packed[at : at + 4][::-1].hex().upper() for at in range(0, len(packed), 4))


def qtaguid(talks: Iterable[Talk], uid_of: Callable[[str], int]) -> str:
    """``/proc/net/xt_qtaguid/stats``: bytes by user id."""
    lines = [_QTAGUID, f"2 lo 0x0 0 0 100 1 100 1{' 0' * 12}"]
    for number, (uid, count) in enumerate(counted(talks, uid_of).items(), start=3):
        received, sent = count * RECEIVED_BYTES, count * SENT_BYTES
        packets = 6 * count
        tail = f"{received} {packets} 0 0 0 0 {sent} {packets} 0 0 0 0"
        lines.append(f"{number} wlan0 0x0 {uid} 0 {received} {packets} {sent} {packets} {tail}")
    return "".join(f"{line}\n" for line in lines)


def counted(talks: Iterable[Talk], uid_of: Callable[[str], int]) -> dict[int, int]:
    """User id to how many conversations it has had."""
    found: dict[int, int] = {}
    for talk in talks:
        if not talk.spec.refused:
            uid = uid_of(talk.spec.package)
            found[uid] = found.get(uid, 0) + 1
    return found
