"""Registrable domains, by the public suffix list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.destinations.suffixes import Suffixes


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("zzhc.vnet.cn", "vnet.cn"),
        ("vnet.cn", "vnet.cn"),
        ("ZZHC.VNET.CN.", "vnet.cn"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("s3.amazonaws.com", "amazonaws.com"),
        ("user.github.io", "github.io"),
        ("_dns.example.org", "example.org"),
        ("www.例子.中国", "例子.中国"),
        ("xn--fsqu00a.xn--fiqs8s", "xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_a_host_belongs_to_a_domain(host: str, domain: str) -> None:
    """Whatever its case, with or without the dot at its end; a name rented from a host is the host's."""
    assert Suffixes().registrable(host) == domain


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "cn",
        "co.uk",
        "localhost",
        "router.local",
        "printer.lan",
        "1.2.3.4",
        "[2001:db8::1]",
        "2001:db8::1",
        "1.2.3",
        "a..b.com",
        ".com",
        "a b.com",
        "http://a.com",
        "a.com:80",
        "x" * 300 + ".com",
        "a.com/x",
        "\x1b[2J.com",
    ],
)
def test_what_nobody_registers_has_no_domain(host: str) -> None:
    """Addresses, suffixes, names of the local network, and what is no name."""
    assert Suffixes().registrable(host) == ""


SUFFIXES = Suffixes()


@given(st.text(max_size=60))
def test_any_text_has_a_domain_within_it_or_none(text: str) -> None:
    """No text is an exception, and the domain is how the name ends."""
    domain = SUFFIXES.registrable(text)
    assert text.strip().rstrip(".").lower().endswith(domain)
