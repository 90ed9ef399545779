"""From files to data that is held: recognised by content, whole or not at all, never twice."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.destinations.bring_in import bring_in, places
from audit.destinations.recognise import NPM_ASN, NPM_COUNTRY
from audit.destinations.store import Store
from audit.destinations.unpack import MOST_BYTES, unpack
from audit.errors import BadInput, UsageError
from tests.destinations.conftest import ASN4, ASN6, GEOIP, GEOIP6, NOW, Write
from tests.destinations.mmdb_writer import written

COUNTRY = written({"219.141.0.0/16": {"country_code": "CN"}})


def package_json(name: str, version: str = "2.3.2026060120") -> str:
    """As npm has it."""
    return json.dumps({"name": name, "version": version})


def tar(files: Mapping[str, str | bytes], mode: str = "w") -> bytes:
    """A tar archive with these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]  # any mode
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def tgz(files: Mapping[str, str | bytes]) -> bytes:
    """The same, as npm packs it."""
    return tar(files, "w:gz")


def deb(data: bytes, name: str = "data.tar.xz") -> bytes:
    """Data wrapped as a Debian package."""
    out = b"!<arch>\n"
    for member, content in (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), (name, data)):
        out += f"{member:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        out += content + b"\n" * (len(content) % 2)
    return out


TOR = {"./usr/share/tor/geoip": GEOIP, "./usr/share/tor/geoip6": GEOIP6, "./usr/share/doc/x": "no"}
DBIP: dict[str, str | bytes] = {
    "package/package.json": package_json(NPM_COUNTRY),
    "package/dbip-country.mmdb": COUNTRY,
}
ASN = {
    "package/package.json": package_json(NPM_ASN, "2.3.2026061719"),
    "package/asn-ipv4.csv": ASN4,
    "package/asn-ipv6.csv": ASN6,
}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("tor-geoipdb_all.deb", deb(lzma.compress(tar(TOR))), ("tor-geoip", "2026-06-25", "CC BY-SA 4.0")),
        ("any", deb(tar(TOR, "w:gz"), "data.tar.gz"), ("tor-geoip", "2026-06-25", "CC BY-SA 4.0")),
        ("any", deb(tar(TOR), "data.tar"), ("tor-geoip", "2026-06-25", "CC BY-SA 4.0")),
        ("ip-location-db-dbip.tgz", tgz(DBIP), ("dbip-country", "2026-06-01", "CC BY 4.0")),
        ("ip-location-db-asn.tgz", tgz(ASN), ("asn", "2026-06-17", "CC BY 4.0")),
        ("dbip-country-lite-2026-06.mmdb", COUNTRY, ("dbip-country", "2026-05-28", "CC BY 4.0")),
        ("geoip", GEOIP, ("tor-geoip", "2026-06-25", "CC BY-SA 4.0")),
        ("renamed.txt", ASN4, ("asn", "", "CC BY 4.0")),
    ],
)
def test_data_is_known_by_what_it_holds(
    store: Store, write: Write, name: str, content: str | bytes, *, told: tuple[str, str, str]
) -> None:
    """Archives, single files and files under other names, each with its day, its licence and its origin."""
    path = write(name, content)
    (taken,) = bring_in(store, path, imported_at=NOW)
    (held,) = store.held()
    assert taken.held == held
    assert (held.dataset.name, held.dataset.published, held.licence) == told
    assert held.dataset.attribution.endswith(told[2])
    assert (held.came_from, held.imported_at) == (str(path), NOW)
    assert store.damage(held, whole=True) == ""


def test_a_folder_holds_several(store: Store, write: Write) -> None:
    """All known data in it is taken in, in one step."""
    for name, content in (("geoip", GEOIP), ("geoip6", GEOIP6), ("asn-ipv4.csv", ASN4)):
        folder = write(name, content).parent
    taken = bring_in(store, folder, imported_at=NOW)
    assert [t.held.dataset.name for t in taken] == ["tor-geoip", "asn"]
    assert [t.held.ranges for t in taken] == [6, 2]
    assert taken[1].notes == ("it has no IPv6 addresses, which stay unknown",)


def test_the_file_beside_is_taken_along(store: Store, write: Write) -> None:
    """geoip6 alone brings geoip with it; without one, what is missing is said."""
    six = write("geoip6", GEOIP6)
    (alone,) = bring_in(store, six, imported_at=NOW)
    assert alone.notes == ("it has no IPv4 addresses, which stay unknown",)
    write("geoip", GEOIP)
    (both,) = bring_in(store, six, imported_at=NOW)
    assert (both.notes, both.held.ranges) == ((), 6)
    assert len(store.held()) == 1


def test_a_file_of_ones_own_needs_a_name(store: Store, write: Write) -> None:
    """Countries and operators of one file become two datasets; the name is the operator's."""
    path = write("own.mmdb", written({"1.0.0.0/8": {"country_code": "AU", "asn": "AS1", "as_name": "X"}}))
    with pytest.raises(BadInput, match="unknown maker") as caught:
        bring_in(store, path, imported_at=NOW)
    assert "--name" in caught.value.fix
    taken = bring_in(store, path, imported_at=NOW, name="own")
    assert [(t.held.dataset.name, t.held.dataset.kind) for t in taken] == [
        ("own", "country"),
        ("own-operators", "operator"),
    ]


@pytest.mark.parametrize("name", ["", "UPPER", "a/b", "../x", "-x", "x" * 41, "é"])
def test_a_name_is_one_that_can_be_typed(store: Store, write: Write, name: str) -> None:
    """It becomes a file's name."""
    with pytest.raises(UsageError):
        bring_in(store, write("own.mmdb", COUNTRY), imported_at=NOW, name=name)


def test_one_source_is_never_two_opinions(store: Store, write: Write) -> None:
    """The same file under a second name, and known data under a name of one's own, are refused."""
    own = write("own.mmdb", COUNTRY)
    bring_in(store, own, imported_at=NOW, name="one")
    with pytest.raises(BadInput, match="is held already, as one"):
        bring_in(store, own, imported_at=NOW, name="two")
    for path in (write("geoip", GEOIP), write("dbip-country.mmdb", COUNTRY)):
        with pytest.raises(BadInput, match="known data keeps its name"):
            bring_in(store, path, imported_at=NOW, name="mine")
    assert [held.dataset.name for held in store.held()] == ["one"]


def test_the_same_data_is_not_read_again_unless_asked(store: Store, write: Write) -> None:
    """An update leaves it as it is, but for a table that was damaged; an import reads it once more."""
    path = write("geoip", GEOIP)
    bring_in(store, path, imported_at=NOW)
    (same,) = bring_in(store, path, imported_at="2027-01-01T00:00:00Z", again=False)
    assert (same.unchanged, store.held()[0].imported_at) == (True, NOW)
    store.path(store.held()[0]).write_bytes(b"damaged")
    (mended,) = bring_in(store, path, imported_at=NOW, again=False)
    assert not mended.unchanged
    assert store.damage(store.held()[0], whole=True) == ""
    (again,) = bring_in(store, path, imported_at="2027-01-01T00:00:00Z")
    assert store.held() == (again.held,)


def test_an_update_never_goes_back(store: Store, write: Write) -> None:
    """An older file that still lies about is left; only who imports it by hand gets it."""
    bring_in(store, write("new/geoip", GEOIP.replace("25 Jun", "30 Jun")), imported_at=NOW)
    older = write("old/geoip", GEOIP)
    (left,) = bring_in(store, older, imported_at=NOW, again=False)
    assert (left.unchanged, left.notes) == (True, ("what was found is of 2026-06-25, and no newer",))
    assert store.held()[0].dataset.published == "2026-06-30"
    bring_in(store, older, imported_at=NOW)
    assert store.held()[0].dataset.published == "2026-06-25"


def test_newer_data_replaces_older(store: Store, write: Write) -> None:
    """There is one table of a name, and the older file is gone."""
    bring_in(store, write("geoip", GEOIP), imported_at=NOW)
    bring_in(
        store,
        write("geoip", GEOIP.replace("25 Jun", "30 Jun") + "3741319168,3741319423,SG\n"),
        imported_at=NOW,
    )
    (held,) = store.held()
    assert held.dataset.published == "2026-06-30"
    assert [path.name for path in store.folder.glob("*.ranges")] == [held.file]


BAD: dict[str, Callable[[], bytes]] = {
    "not the first line": lambda: GEOIP.encode() + b"nonsense\n",
    "no data": lambda: b"root:x:0:0:root:/root:/bin/sh\n",
    "empty": lambda: b"",
    "comments alone": lambda: b"# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n",
    "binary": lambda: bytes(range(256)) * 9,
    "cut tgz": lambda: tgz(DBIP)[:-40],
    "cut at its last byte": lambda: tgz(DBIP)[:-1],
    "another checksum": lambda: tgz(DBIP)[:-8] + b"abcd" + tgz(DBIP)[-4:],
    "xz cut at its last byte": lambda: deb(lzma.compress(tar(TOR))[:-1]),
    "cut deb": lambda: deb(lzma.compress(tar(TOR)))[:-90],
    "no data in deb": lambda: deb(b"", "other"),
    "zstd in deb": lambda: deb(b"\x28\xb5\x2f\xfd", "data.tar.zst"),
    "no known file": lambda: tgz({"package/readme.md": "x"}),
    "damaged within": lambda: tgz({"package/geoip": "1,2,CN\n0,0,CN\n"}),
    "no tar": lambda: gzip.compress(b"x" * 5000),
    "directory called geoip": lambda: tgz({"package/geoip/x": "1,2,CN"}),
    "cut mmdb": lambda: COUNTRY[20:],
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_what_is_no_data_leaves_everything_as_it_was(
    store: Store, write: Write, make: Callable[[], bytes]
) -> None:
    """The error names the file and the cure; what was held is held, and nothing lies about."""
    bring_in(store, write("asn-ipv4.csv", ASN4), imported_at=NOW)
    before = {path.name: path.read_bytes() for path in store.folder.iterdir()}
    path = write("data.bin", make())
    with pytest.raises(BadInput) as caught:
        bring_in(store, path, imported_at=NOW, name="own" if b"MaxMind" in path.read_bytes() else None)
    assert caught.value.fix
    assert {path.name: path.read_bytes() for path in store.folder.iterdir()} == before


def test_a_folder_with_one_damaged_file_is_refused_whole(store: Store, write: Write) -> None:
    """What is good in it is not taken in either: half of a folder would look like all of it."""
    write("geoip", GEOIP)
    folder = write("asn-ipv4.csv", "1.0.0.0,odd\n").parent
    with pytest.raises(BadInput, match="no range of addresses with an operator"):
        bring_in(store, folder, imported_at=NOW)
    assert store.held() == ()


def test_an_archive_writes_nothing_outside_its_folder(write: Write, tmp_path: Path) -> None:
    """Paths that climb, links and devices: only plain files of known names, by their last part."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, kind, link in (
            ("../../geoip", tarfile.REGTYPE, ""),
            ("x/geoip6", tarfile.SYMTYPE, "/etc/passwd"),
            ("y/geoip6", tarfile.LNKTYPE, "/etc/passwd"),
            ("dbip-country.mmdb", tarfile.CHRTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            archive.addfile(info, io.BytesIO())
    into = tmp_path / "a" / "b"
    into.mkdir(parents=True)
    unpack(write("x.tgz", out.getvalue()), frozenset({"geoip", "geoip6", "dbip-country.mmdb"}), into)
    assert [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "a").rglob("*")] == [
        "a/b",
        "a/b/geoip",
    ]


def test_an_archive_that_unpacks_without_end_is_refused(write: Write, tmp_path: Path) -> None:
    """A small file that stands for a large one is read no further than the bound."""
    import zlib  # noqa: PLC0415 - only here

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = tarfile.TarInfo("readme")
    head.size = MOST_BYTES * 2
    out = packer.compress(head.tobuf())
    zeros = bytes(1 << 24)
    for _ in range(MOST_BYTES // len(zeros) + 1):
        out += packer.compress(zeros)
    path = write("bomb.tgz", out + packer.flush())
    assert path.stat().st_size < 1 << 20
    with pytest.raises(BadInput, match="holds more than"):
        unpack(path, frozenset({"geoip"}), tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([tgz(DBIP), deb(lzma.compress(tar(TOR))), tar(TOR, "w:gz"), deb(tar(TOR), "data.tar")]),
    st.data(),
)
def test_damage_anywhere_in_an_archive_is_told(
    write: Write, tmp_path: Path, whole: bytes, data: st.DataObject
) -> None:
    """Bytes changed or cut off: its files, or BadInput."""
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = write("d.bin", bytes(damaged[: len(damaged) - data.draw(st.integers(0, 200))]))
    into = tmp_path / "into"
    into.mkdir(exist_ok=True)
    try:
        unpack(path, frozenset({"geoip", "geoip6", "dbip-country.mmdb", "package.json"}), into)
    except BadInput as error:
        assert error.where == str(path)  # noqa: PT017 - both outcomes are fine, and this is what the second must have


def test_a_missing_file_is_told(store: Store, tmp_path: Path) -> None:
    """So is a folder without any data."""
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(BadInput) as caught:
            bring_in(store, path, imported_at=NOW)
        assert caught.value.where == str(path)


def test_places_are_folders_and_what_lies_in_them(write: Write, tmp_path: Path) -> None:
    """Archives by their names, npm's own folder, and the folder itself where it holds data openly."""
    archive = write("ip-location-db-asn-2.3.2026061719.tgz", b"")
    package = write("tor-geoipdb_0.4.deb", b"")
    other = write("holiday.tgz", b"")
    npm = write("node_modules/@ip-location-db/asn/package.json", b"").parent
    found = places([archive.parent])
    assert {archive, package, npm} <= set(found)
    assert other not in found
    assert archive.parent not in found
    write("geoip", GEOIP)
    assert archive.parent in places([archive.parent])
    with pytest.raises(UsageError, match="is no folder"):
        places([tmp_path / "none"])
