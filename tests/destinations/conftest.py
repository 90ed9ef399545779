"""What tests of destinations share: the real data where it is installed, and folders of data made here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit.destinations.atlas import StoredAtlas
from audit.destinations.bring_in import bring_in
from audit.destinations.store import Store

NOW = "2026-07-01T12:00:00Z"
DBIP = Path(__file__).parents[1] / "data" / "node_modules" / "@ip-location-db" / "dbip-country-mmdb"
TOR = Path("/usr/share/tor")

CHINA, SINGAPORE = "219.141.0.0/16", "13.228.0.0/16"


@pytest.fixture(scope="session")
def dbip() -> Path:
    """The folder of DB-IP's country data as npm unpacks it."""
    if not (DBIP / "dbip-country.mmdb").is_file():
        pytest.skip("no data of DB-IP: run `npm ci` in tests/data")
    return DBIP


@pytest.fixture(scope="session")
def tor() -> Path:
    """The folder of Tor's geoip files."""
    if not (TOR / "geoip").is_file():
        pytest.skip("no geoip files of Tor: install Debian's tor-geoipdb")
    return TOR


@pytest.fixture(
    scope="session",
    # two of three rows are of IPv6, and to import them all takes several seconds for each process of a run
    params=[pytest.param((4,), id="IPv4"), pytest.param((4, 6), id="whole", marks=pytest.mark.slow)],
)
def versions(request: pytest.FixtureRequest) -> tuple[int, ...]:
    """Of which versions of IP the real datasets are taken."""
    found: tuple[int, ...] = request.param
    return found


@pytest.fixture(scope="session")
def table(dbip: Path, versions: tuple[int, ...]) -> Path:
    """DB-IP's file of these versions."""
    return dbip / ("dbip-country.mmdb" if 6 in versions else "dbip-country-ipv4.mmdb")


@pytest.fixture(scope="session")
def real(
    table: Path, tor: Path, versions: tuple[int, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StoredAtlas]:
    """Both real datasets, imported once for all tests."""
    folder = tmp_path_factory.mktemp("tor")
    for version in versions:
        name = {4: "geoip", 6: "geoip6"}[version]
        (folder / name).symlink_to(tor / name)
    store = Store(folder=tmp_path_factory.mktemp("real"))
    for path in (table, folder):
        bring_in(store, path, imported_at=NOW)
    atlas = StoredAtlas(store, store.held())
    yield atlas
    atlas.close()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A data folder that is not there yet."""
    return Store(folder=tmp_path / "data")


Write = Callable[[str, str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file into a folder of downloads and returns its path."""

    def file(name: str, content: str | bytes) -> Path:
        path = tmp_path / "downloads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return file


GEOIP = """\
# Location Database Export
# Generated: Thu, 25 Jun 2026 04:33:59 GMT
# Vendor:    IPFire Project
# License:   CC BY-SA 4.0
#
16777216,16777471,AU
3683450880,3683516415,CN
3683516416,3683516671,??
"""
GEOIP6 = """\
2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP
2400:3200::,2400:3200::ff,CN
2400:3200:0:0:0:0:0:100,2400:3200::1ff,HK
"""
ASN4 = """\
1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."
219.141.0.0,219.141.255.255,4134,Chinanet
"""
ASN6 = "2001:200::,2001:200:1b9:ffff:ffff:ffff:ffff:ffff,2500,WIDE Project\n"
