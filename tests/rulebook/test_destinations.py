"""Where activation clients may call, and which networks have no country: what ships."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from audit.model.profiles import Anycast, Confidence, Rulebook
from audit.rulebook import load
from tests.rulebook.house import problems, read, write


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The rulebook that ships."""
    return load()


def test_both_tables_become_records(tmp_path: Path) -> None:
    """A rule is read with its condition and file, and each network of an operator is a record of its own."""
    made = read(write(tmp_path))
    (rule,) = made.destinations
    assert (rule.id, rule.markets, rule.allowed, rule.path) == (
        "acme-home",
        ("WW",),
        ("DE",),
        "destinations/acme.toml",
    )
    assert rule.when[0].name == "ro.product.manufacturer"
    sources = ("https://example.org/acme-anycast",)
    assert made.anycast == (
        Anycast(network="192.0.2.0/24", operator="ACME's resolver", sources=sources),
        Anycast(network="2001:db8::/32", operator="ACME's resolver", sources=sources),
    )


def test_a_rulebook_needs_neither(tmp_path: Path) -> None:
    """Folders of one's own that were written before there were such tables load as before."""
    folder = write(tmp_path)
    (folder / "anycast.toml").unlink()
    (folder / "destinations" / "acme.toml").unlink()
    made = read(folder)
    assert (made.destinations, made.anycast) == ((), ())


def test_a_rule_defined_twice_is_told_with_both_files(tmp_path: Path) -> None:
    """The second of two rules with one id names the file of the first."""
    text = (write(tmp_path) / "destinations" / "acme.toml").read_text(encoding="utf-8")
    (told,) = problems(write(tmp_path, {"destinations/again.toml": text}))
    assert told.startswith(
        "destinations/again.toml: destination acme-home: id 'acme-home' was defined before"
    )
    assert "in destinations/acme.toml" in told


def test_hmd_may_call_singapore_and_finland(rulebook: Rulebook) -> None:
    """The maker's statements of 2019, for every market but mainland China."""
    (rule,) = (rule for rule in rulebook.destinations if rule.id == "hmd-outside-china")
    assert rule.allowed == ("SG", "FI")
    markets = rulebook.markets.expand(rule.markets[0])
    assert markets is not None
    assert "NO" in markets
    assert "CN" not in markets
    assert rule.confidence is not Confidence.LOW


@pytest.mark.parametrize(
    ("ip", "operator"),
    [
        ("1.1.1.1", "Cloudflare (1.1.1.1)"),
        ("172.64.36.1", "Cloudflare (1.1.1.1)"),
        ("104.16.0.1", "Cloudflare"),
        ("8.8.8.8", "Google Public DNS"),
        ("9.9.9.9", "Quad9"),
        ("119.29.29.29", "Tencent's DNSPod"),
        ("2606:4700:4700::1111", "Cloudflare (1.1.1.1)"),
        ("219.141.0.1", None),
        ("13.228.0.1", None),
    ],
)
def test_addresses_without_a_country_are_known(rulebook: Rulebook, ip: str, operator: str | None) -> None:
    """The first network in the file that holds an address names it; ordinary addresses are in none."""
    address = ip_address(ip)
    named = (one.operator for one in rulebook.anycast if address in ip_network(one.network))
    assert next(named, None) == operator
