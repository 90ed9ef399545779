"""The kernel's own lists of sockets, one after the other: ``/proc/net/tcp``, ``tcp6``, ``udp``, ``udp6``."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from audit.model.facts import Parsed
from audit.parse.ledger import Ledger
from audit.parse.sockets import Address, Socket
from audit.parse.text import lines_of

MOST_SOCKETS = 20_000
"""Of one list; a phone has some hundred."""

_HEADING = re.compile(r"\s*sl\s+local_address\s+rem(?:ote)?_address\s+st\b")
_OF_UDP = " drops"
_ROW = re.compile(
    r"\s*[0-9]{1,8}: (?P<local>[0-9A-F]{8}|[0-9A-F]{32}):(?P<lport>[0-9A-F]{4})"
    r" (?P<remote>[0-9A-F]{8}|[0-9A-F]{32}):(?P<rport>[0-9A-F]{4}) (?P<state>[0-9A-F]{2})"
    r" [0-9A-F]{8}:[0-9A-F]{8} [0-9A-F]{2}:[0-9A-F]{8,16} [0-9A-F]{8}"
    r" +(?P<uid>[0-9]{1,10}) +-?[0-9]{1,10} +(?P<inode>[0-9]{1,20})(?: |\Z)"
)
# include/net/tcp_states.h, by the names netstat gives them
_STATES = {
    1: "ESTABLISHED",
    2: "SYN_SENT",
    3: "SYN_RECV",
    4: "FIN_WAIT1",
    5: "FIN_WAIT2",
    6: "TIME_WAIT",
    7: "CLOSE",
    8: "CLOSE_WAIT",
    9: "LAST_ACK",
    10: "LISTEN",
    11: "CLOSING",
    12: "SYN_RECV",
}
_UDP_STATES = {1: "ESTABLISHED"}
"""The state of UDP means nothing else than whether it has another end."""
_WORD_BYTES = 4


def parse_proc_net(text: str, origin: str = "") -> Parsed[tuple[Socket, ...]]:
    """Read every socket, whether it leads anywhere or only waits.

    An address is printed as 32-bit words of the unit's own byte order, little-endian on every Android there
    is; ports are in plain order. An IPv4 address mapped into IPv6 becomes the IPv4 one. A socket that no
    process holds any more (TIME_WAIT, closed before its peer answered) is printed with user id 0 and inode
    0: whose it was is unknown then, so its uid is None.

    Source: Linux net/ipv4/tcp_ipv4.c (get_tcp4_sock, get_timewait4_sock), net/ipv4/udp.c (udp4_format_sock),
    net/ipv6/tcp_ipv6.c, net/ipv6/datagram.c (__ip6_dgram_sock_seq_show)
    """
    ledger = Ledger(origin)
    sockets: list[Socket] = []
    protocol = ""
    for number, line in enumerate(lines_of(text), start=1):
        if _HEADING.match(line):
            protocol = "udp" if line.rstrip().endswith(_OF_UDP) else "tcp"
            ledger.skip("headings")
        elif not protocol or (row := _ROW.match(line)) is None:
            ledger.left_over(number, line)
        elif len(sockets) >= MOST_SOCKETS:
            ledger.skip("sockets beyond the most that are read")
        else:
            sockets.append(_socket(row, protocol, number))
            ledger.read()
    return ledger.parsed(tuple(sockets))


def _socket(row: re.Match[str], protocol: str, number: int) -> Socket:
    uid, inode, state = int(row["uid"]), int(row["inode"]), int(row["state"], 16)
    names = _STATES if protocol == "tcp" else _UDP_STATES
    return Socket(
        protocol=protocol,
        local=_address(row["local"], row["lport"]),
        remote=_address(row["remote"], row["rport"]),
        state=names.get(state, ""),
        uid=None if uid == inode == 0 else uid,
        line=number,
    )


def _address(digits: str, port: str) -> Address:
    words = (
        bytes.fromhex(digits[at : at + 2 * _WORD_BYTES]) for at in range(0, len(digits), 2 * _WORD_BYTES)
    )
    packed = b"".join(word[::-1] for word in words)
    found: IPv4Address | IPv6Address
    if len(packed) == _WORD_BYTES:
        found = IPv4Address(packed)
    else:
        wide = IPv6Address(packed)
        found = wide.ipv4_mapped or wide
    return Address(ip="" if found.is_unspecified else str(found), port=int(port, 16) or None)
