"""What an address is: from data made here, and from the real datasets where they are installed."""

from __future__ import annotations

import csv
import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from socket import AF_INET6, inet_pton

import maxminddb
import pytest

from audit.checks.places import anycast, anycast_networks
from audit.destinations import load_atlas
from audit.destinations.atlas import StoredAtlas
from audit.destinations.bring_in import bring_in
from audit.destinations.countries import country
from audit.destinations.store import Store
from audit.errors import BadInput
from audit.model.destinations import Atlas, CountryReading, Destination
from audit.rulebook import load
from tests.destinations.conftest import ASN4, ASN6, GEOIP, GEOIP6, NOW, Write
from tests.destinations.mmdb_writer import written


@pytest.fixture
def atlas(store: Store, write: Write) -> Atlas:
    """Two datasets of countries that agree on China and not on Australia, and one of operators."""
    other = written({"219.141.0.0/16": {"country_code": "CN"}, "1.0.0.0/24": {"country_code": "US"}})
    for name, content in (
        ("geoip6", GEOIP6),
        ("geoip", GEOIP),
        ("asn-ipv6.csv", ASN6),
        ("asn-ipv4.csv", ASN4),
    ):
        path = write(name, content)
    bring_in(store, path.parent, imported_at=NOW)
    bring_in(store, write("own.mmdb", other), imported_at=NOW, name="own")
    made = load_atlas(store.folder)
    assert made is not None
    return made


def test_no_data_is_no_atlas(tmp_path: Path) -> None:
    """Neither a folder that is not there nor an empty one gives answers."""
    assert load_atlas(tmp_path / "none") is None
    assert load_atlas(tmp_path) is None


def test_an_address_with_all_that_is_known_of_it(atlas: Atlas) -> None:
    """A reading for each dataset of countries, and the operator with the dataset that names it."""
    assert atlas.address("219.141.136.10") == Destination(
        ip="219.141.136.10",
        scope="global",
        countries=(
            CountryReading(dataset="tor-geoip", country="CN"),
            CountryReading(dataset="own", country="CN"),
        ),
        operator="Chinanet",
        asn=4134,
        operator_from="asn",
    )
    assert [one.name for one in atlas.datasets] == ["tor-geoip", "asn", "own"]


@pytest.mark.parametrize(
    ("ip", "countries", "settled", "disputed"),
    [
        ("219.141.0.1", ["CN", "CN"], "CN", False),
        ("1.0.0.1", ["AU", "US"], None, True),
        ("2001:200::1", ["JP", ""], None, False),
        ("7.7.7.7", ["", ""], None, False),
    ],
)
def test_a_country_needs_two_that_agree(
    atlas: Atlas, ip: str, countries: list[str], settled: str | None, *, disputed: bool
) -> None:
    """One alone settles nothing, and is shown all the same."""
    found = atlas.address(ip)
    assert found is not None
    assert [reading.country for reading in found.countries] == countries
    assert (found.country, found.disputed) == (settled, disputed)


def test_one_dataset_settles_nothing(store: Store, write: Write) -> None:
    """Two are needed; what the one says is there to be shown."""
    bring_in(store, write("geoip", GEOIP), imported_at=NOW)
    one = load_atlas(store.folder)
    assert one is not None
    found = one.address("219.141.0.1")
    assert found is not None
    assert (found.country, found.countries) == (None, (CountryReading(dataset="tor-geoip", country="CN"),))


def test_a_carried_address_is_looked_up(atlas: Atlas) -> None:
    """An IPv4 address in an IPv6 one is the IPv4 one, in every respect."""
    assert atlas.address("::ffff:219.141.136.10") == atlas.address("219.141.136.10")
    assert atlas.address("64:ff9b::219.141.136.10") == atlas.address("219.141.136.10")


@pytest.mark.parametrize("ip", ["192.168.1.1", "::1", "2002:c0a8:101::", "224.0.0.1", "100.64.0.1"])
def test_what_is_not_global_is_never_looked_up(store: Store, write: Write, ip: str) -> None:
    """Tables that would say a country are not even opened: these are gone."""
    everywhere = {n: {"country_code": "AU"} for n in ("0.0.0.0/1", "128.0.0.0/1", "2000::/3", "fc00::/7")}
    bring_in(store, write("own.mmdb", written(everywhere)), imported_at=NOW, name="own")
    made = StoredAtlas(store, store.held())
    store.path(store.held()[0]).unlink()
    found = made.address(ip)
    assert found is not None
    assert found.scope != "global"
    assert found.countries == ()
    with pytest.raises(BadInput):
        made.address("8.8.8.8")


@pytest.mark.parametrize("text", ["", "example.org", "1.2.3.4:80", "1.2.3.4/8", "x" * 10_000])
def test_what_is_no_address_is_none(atlas: Atlas, text: str) -> None:
    """Names are not resolved, ports not cut off."""
    assert atlas.address(text) is None


# The real datasets

CHINA = ("219.141.0.0/16", "202.96.0.0/16")
SINGAPORE = ("13.228.0.0/16", "52.76.0.0/16")


@pytest.mark.peer
@pytest.mark.parametrize(("network", "code"), [*((n, "CN") for n in CHINA), *((n, "SG") for n in SINGAPORE)])
def test_known_networks_are_where_they_are(real: StoredAtlas, network: str, code: str) -> None:
    """300 addresses of each, by both datasets."""
    within, draw = ip_network(network), random.Random(network)  # noqa: S311 - a sample that can be repeated
    for _ in range(300):
        found = real.address(str(within[draw.randrange(within.num_addresses)]))
        assert found is not None
        assert (found.country, found.disputed, len(found.countries)) == (code, False, 2)


@pytest.mark.peer
@pytest.mark.parametrize(
    "versions", [pytest.param((4, 6), id="whole", marks=pytest.mark.slow)], indirect=True
)  # the address is one of IPv6
def test_where_the_datasets_disagree_no_country_is_told(real: StoredAtlas) -> None:
    """Google's addresses for Singapore, by IPv6: one says Singapore, the other Australia."""
    found = real.address("2404:6800:4003::1")
    assert found is not None
    assert (found.country, found.disputed) == (None, True)
    assert {reading.country for reading in found.countries} == {"SG", "AU"}


@pytest.mark.peer
def test_an_anycast_resolver_has_no_country(real: StoredAtlas) -> None:
    """DNSPod's: whatever the datasets of the day say, the rulebook knows that it is in many places."""
    found = real.address("119.29.29.29")
    assert found is not None
    assert len(found.countries) == 2
    marked = anycast(found, anycast_networks(load()))
    assert (marked.country, marked.anycast) == (None, "Tencent's DNSPod")


@pytest.mark.peer
def test_dbips_table_says_what_maxminds_library_says(
    real: StoredAtlas, table: Path, versions: tuple[int, ...]
) -> None:
    """3000 random addresses of each kind there is, against the library that reads the file as it is."""
    with maxminddb.open_database(table) as reader:
        for address in _drawn(7, versions):
            found = real.address(address)
            assert found is not None
            if found.scope == "global":
                said = reader.get(found.ip)
                assert isinstance(said, dict | None)
                assert found.countries[0].country == country((said or {}).get("country_code")), found.ip


def _drawn(seed: int, versions: tuple[int, ...]) -> Iterator[str]:
    """3000 addresses of each version, of IPv6 in the half that is given out."""
    draw = random.Random(seed)  # noqa: S311 - a sample that can be repeated
    for _ in range(3000):
        for version in versions:
            number = draw.randrange(2**32) if version == 4 else 0x20 << 120 | draw.randrange(2**124)
            yield str(ip_address(number))


def _number(text: str) -> int:
    """An IPv6 address as a number, by the system's own reading: hundreds of thousands take a second."""
    return int.from_bytes(inet_pton(AF_INET6, text), "big")


@pytest.fixture(scope="session")
def tor_lines(tor: Path, versions: tuple[int, ...]) -> Callable[[int, int], str]:
    """Tor's own text, searched in lists of Python's."""
    starts: dict[int, list[int]] = {4: [], 6: []}
    rows: dict[int, list[tuple[int, str]]] = {4: [], 6: []}
    for version in versions:
        with (tor / {4: "geoip", 6: "geoip6"}[version]).open(encoding="utf-8") as file:
            for first, last, code in csv.reader(line for line in file if line[0] != "#"):
                low, high = (int(text) if version == 4 else _number(text) for text in (first, last))
                starts[version].append(low)
                rows[version].append((high, code))

    def find(version: int, number: int) -> str:
        at = bisect_right(starts[version], number) - 1
        return rows[version][at][1] if at >= 0 and number <= rows[version][at][0] else ""

    return find


@pytest.mark.peer
def test_tors_table_says_what_its_text_says(
    real: StoredAtlas, tor_lines: Callable[[int, int], str], versions: tuple[int, ...]
) -> None:
    """3000 random addresses of each kind there is, against the lines of the files."""
    for address in _drawn(11, versions):
        found = real.address(address)
        assert found is not None
        if found.scope == "global":
            asked = ip_address(found.ip)
            assert found.countries[1].country == country(tor_lines(asked.version, int(asked))), found.ip


@pytest.mark.peer
def test_real_data_says_of_what_day_and_whose_it_is(real: StoredAtlas) -> None:
    """What a report prints, as the licences ask."""
    told = {one.name: (one.published != "", one.attribution) for one in real.datasets}
    assert told["dbip-country"] == (True, "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0")
    assert told["tor-geoip"][0]
    assert "IPFire" in told["tor-geoip"][1]
