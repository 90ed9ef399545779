"""Whether an address means the same to everybody, and the IPv4 address that an IPv6 one carries.

Source: IANA's registries of special-purpose addresses (RFC 6890 and its updates). The standard library's
``is_global`` says less (not why) and has changed its mind between releases of Python 3.11.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

GLOBAL = "global"
LONGEST = 80
"""Characters of an address with the name of an interface behind it."""

Address = IPv4Address | IPv6Address


def read(text: str) -> Address | None:
    """The address that *text* spells, without the interface it names; None for anything else.

    An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is returned as itself: that is where packets go.
    """
    if len(text) > LONGEST:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address if isinstance(address, IPv4Address) else _carried(address)


def _carried(address: IPv6Address) -> Address:
    number = int(address)
    if number >> 32 in (_MAPPED, _NAT64):
        return IPv4Address(number & _MASK4)
    if number >> 112 == _SIX_TO_FOUR:
        return IPv4Address(number >> 80 & _MASK4)
    return IPv6Address(number) if address.scope_id is not None else address


def scope(address: Address) -> str:
    """`GLOBAL`, or why *address* is no place on the internet ("private", "shared", "loopback" …)."""
    starts, says = _TABLE4 if isinstance(address, IPv4Address) else _TABLE6
    return says[bisect_right(starts, int(address)) - 1]


_MASK4 = 0xFFFF_FFFF
_MAPPED = 0xFFFF  # ::ffff:0:0/96, RFC 4291
_NAT64 = 0x64_FF9B_0000_0000_0000_0000  # 64:ff9b::/96, RFC 6052
_SIX_TO_FOUR = 0x2002  # 2002::/16, RFC 3056

# In each list a later network lies inside an earlier one or beside it, and wins.
_NETWORKS4 = (
    ("0.0.0.0/0", GLOBAL),
    ("0.0.0.0/8", "reserved"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared"),  # RFC 6598, between a provider and its customers
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.0.9/32", GLOBAL),  # RFC 7723
    ("192.0.0.10/32", GLOBAL),  # RFC 8155
    ("192.0.2.0/24", "documentation"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "reserved"),  # RFC 2544, measuring in laboratories
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_NETWORKS6 = (
    ("::/0", "reserved"),  # all that is handed out lies in 2000::/3, RFC 4291
    ("::1/128", "loopback"),
    ("64:ff9b:1::/48", "private"),  # RFC 8215
    ("2000::/3", GLOBAL),
    ("2001::/23", "reserved"),
    ("2001:1::1/128", GLOBAL),  # RFC 7723
    ("2001:1::2/128", GLOBAL),  # RFC 8155
    ("2001:1::3/128", GLOBAL),  # RFC 9665
    ("2001:3::/32", GLOBAL),  # RFC 7450
    ("2001:4:112::/48", GLOBAL),  # RFC 7535
    ("2001:20::/28", GLOBAL),  # RFC 7343
    ("2001:30::/28", GLOBAL),  # RFC 9374
    ("2001:db8::/32", "documentation"),
    ("3fff::/20", "documentation"),  # RFC 9637
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),  # RFC 3879, site-local, given up
    ("ff00::/8", "multicast"),
)


def _table(
    networks: Iterable[tuple[IPv4Network | IPv6Network, str]],
) -> tuple[Sequence[int], Sequence[str]]:
    """The networks as steps: from each number on, what is said until the next."""
    steps: dict[int, str] = {}
    for network, says in networks:
        first, after = int(network.network_address), int(network.broadcast_address) + 1
        before = max((start for start in steps if start <= after), default=None)
        if before is not None and after not in steps:
            steps[after] = steps[before]
        steps = {start: said for start, said in steps.items() if not first <= start < after}
        steps[first] = says
    ordered = sorted(steps)
    return ordered, [steps[start] for start in ordered]


_TABLE4 = _table((IPv4Network(network), says) for network, says in _NETWORKS4)
_TABLE6 = _table((IPv6Network(network), says) for network, says in _NETWORKS6)
