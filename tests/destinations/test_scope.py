"""Which addresses mean the same to everybody, and the IPv4 address inside an IPv6 one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.destinations.scope import GLOBAL, read, scope

# Where the standard library says otherwise, in one release or another: the registries have grown since.
_GROWN4 = [IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv4Network("224.0.0.0/4")]
_GROWN6 = [
    IPv6Network(text)
    for text in ("2001::/23", "2002::/16", "3fff::/20", "64:ff9b::/96", "64:ff9b:1::/48", "ff00::/8", "::/3")
]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("8.8.8.8", GLOBAL),
        ("192.168.1.1", "private"),
        ("10.0.0.1", "private"),
        ("172.16.0.0", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", GLOBAL),
        ("100.64.0.0", "shared"),
        ("100.127.255.255", "shared"),
        ("100.128.0.0", GLOBAL),
        ("127.0.0.1", "loopback"),
        ("169.254.1.1", "link-local"),
        ("192.0.2.1", "documentation"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.255", "documentation"),
        ("198.19.0.1", "reserved"),
        ("0.0.0.0", "reserved"),
        ("192.0.0.8", "reserved"),
        ("192.0.0.9", GLOBAL),
        ("192.0.0.11", "reserved"),
        ("224.0.0.251", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("2606:4700::1", GLOBAL),
        ("::", "reserved"),
        ("::1", "loopback"),
        ("fe80::1", "link-local"),
        ("fe80::1%wlan0", "link-local"),
        ("fd00::1", "private"),
        ("fec0::1", "private"),
        ("ff02::fb", "multicast"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("2001::1", "reserved"),
        ("2001:4:112::1", GLOBAL),
        ("64:ff9b:1::1", "private"),
        ("4000::", "reserved"),
    ],
)
def test_why_an_address_is_not_looked_up(text: str, says: str) -> None:
    """Each kind of address that is no place on the internet says which kind it is."""
    address = read(text)
    assert address is not None
    assert scope(address) == says


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("::ffff:219.141.136.10", "219.141.136.10"),
        ("::FFFF:DB8D:880A", "219.141.136.10"),
        ("64:ff9b::8.8.8.8", "8.8.8.8"),
        ("2002:c0a8:0101::1", "192.168.1.1"),
        ("2002:0808:0808:1::2", "8.8.8.8"),
        ("64:ff9c::8.8.8.8", "64:ff9c::808:808"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_told_as_where_packets_go(text: str, carried: str) -> None:
    """Mapped, NAT64 and 6to4 addresses are their IPv4 one; others come in their shortest spelling."""
    assert str(read(text)) == carried


@pytest.mark.parametrize(
    "text", ["", "example.org", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4\n", "٣.1.1.1", ":::", "1" * 5000]
)
def test_what_is_no_address_is_none(text: str) -> None:
    """Nothing is guessed: no leading zeros, no other digits, no endless text."""
    assert read(text) is None


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_ipv4_agrees_with_the_standard_library(address: IPv4Address) -> None:
    """Global here is what Python calls global, but for networks it learnt of lately."""
    if not any(address in network for network in _GROWN4):
        assert (scope(address) == GLOBAL) == address.is_global


@given(
    st.integers(0, 2**128 - 1).map(IPv6Address)
    | st.integers(0, 2**125 - 1).map(lambda n: ip_address(n | 1 << 125))
)
def test_ipv6_agrees_with_the_standard_library(address: IPv6Address) -> None:
    """The same for IPv6, within the space that is handed out."""
    if any(address in network for network in _GROWN6):
        return
    handed_out = address in IPv6Network("2000::/3")
    assert (scope(address) == GLOBAL) == (address.is_global and handed_out)
