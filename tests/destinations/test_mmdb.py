"""MMDB files: the forms of their records, and files that were made to do harm."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.destinations.asn import Operator
from audit.destinations.mmdb import Converted, convert, is_mmdb
from audit.destinations.ranges import Table
from audit.destinations.text_tables import number_of
from audit.errors import BadInput
from tests.destinations.conftest import Write
from tests.destinations.mmdb_writer import MARK, assembled, encoded, pointer, written

NETWORKS: dict[str, object] = {
    "1.0.0.0/24": {"country_code": "AU"},
    "1.0.1.0/24": {"country": {"iso_code": "CN", "names": {"en": "China"}}},
    "8.8.8.0/24": {"country": "US"},
    "9.0.0.0/8": {"continent": "EU"},
    "219.141.0.0/16": {"country_code": "CN", "asn": "AS4134", "as_name": "Chinanet"},
    "2001:200::/32": {"country_code": "jp"},
    "2400:3200::/120": {
        "autonomous_system_number": 37963,
        "autonomous_system_organization": "Alibaba",
    },
}


def converted(write: Write, content: bytes) -> Converted:
    """The tables made of a file, in a folder beside it."""
    path = write("test.mmdb", content)
    folder = path.parent / "made"
    folder.mkdir(exist_ok=True)
    return convert(path, folder, longest_s=20)


def said(made: Converted, kind: str, ip: str) -> str:
    """What a table says of an address."""
    return Table(made.tables[kind]).find(*number_of(ip))


def test_every_known_form_of_a_record_is_understood(write: Write) -> None:
    """Countries and operators of one file become a table each."""
    made = converted(write, written(NETWORKS))
    assert (made.published, made.about, set(made.tables)) == (
        "2026-05-28",
        "Test-Country",
        {"country", "operator"},
    )
    addresses = ("1.0.0.9", "1.0.1.9", "8.8.8.8", "9.1.1.1", "219.141.0.1", "2001:200::1", "7.7.7.7")
    assert [said(made, "country", ip) for ip in addresses] == ["AU", "CN", "US", "", "CN", "JP", ""]
    assert Operator.parse(said(made, "operator", "219.141.0.1")) == Operator(asn=4134, name="Chinanet")
    assert Operator.parse(said(made, "operator", "2400:3200::1")) == Operator(asn=37963, name="Alibaba")
    assert said(made, "operator", "2400:3200::100") == ""


def test_a_file_for_ipv4_alone_is_read(write: Write) -> None:
    """Its tree has 32 levels, not 128."""
    made = converted(write, written({"1.0.0.0/24": {"country_code": "AU"}}, ip_version=4))
    assert (said(made, "country", "1.0.0.1"), said(made, "country", "2001:200::1")) == ("AU", "")


def test_it_is_told_by_its_end(write: Write) -> None:
    """Not by its name."""
    assert is_mmdb(write("x.bin", written(NETWORKS)))
    assert not is_mmdb(write("x.mmdb", b"no such thing"))
    assert not is_mmdb(write("empty.mmdb", b""))


def test_what_says_no_country_is_refused(write: Write) -> None:
    """A database of cities' names is of no use here, and that is said."""
    with pytest.raises(BadInput, match="neither countries nor operators"):
        converted(write, written({"1.0.0.0/8": {"city": "Oslo"}, "2.0.0.0/8": "text", "3.0.0.0/8": [1]}))


def loop() -> bytes:
    """A tree whose node leads to itself."""
    return assembled(struct.pack(">II", 0, 0), 1, encoded({"country_code": "CN"}))


def bomb() -> bytes:
    """Lists of pointers to lists of pointers: 40 levels of 20, a record of 20**40 values."""
    data, below = bytearray(encoded("CN")), 0
    for _ in range(40):
        here = len(data)
        data += encoded([pointer(below)] * 20)
        below = here
    return written(
        {"1.0.0.0/24": len(data), "2.0.0.0/24": len(data)},
        data=bytes(data) + encoded({"country": pointer(below)}),
    )


def itself() -> bytes:
    """A record that points at itself."""
    return written({"1.0.0.0/24": 0}, data=encoded({"country": pointer(0)}))


def lattice(leaf: int) -> bytes:
    """128 nodes, the two sides of each leading to the next: 2**128 ways to one leaf."""
    tree = b"".join(struct.pack(">II", n + 1, n + 1) for n in range(127)) + struct.pack(">II", leaf, leaf)
    return assembled(tree, 128, encoded({"country_code": "CN"}))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (loop(), "search tree is corrupt"),
        (bomb(), "is no MMDB file that can be read"),
        (itself(), "is no MMDB file that can be read"),
        (lattice(128 + 16), "was not read to its end within 2 s"),
        (lattice(128), "was not read to its end within 2 s"),
    ],
    ids=["loop", "bomb", "itself", "lattice", "lattice of nothing"],
)
def test_a_file_made_to_do_harm_ends_in_time(write: Write, content: bytes, why: str) -> None:
    """Loops, records beyond any memory, trees without end: refused, with nothing left behind."""
    path = write("harm.mmdb", content)
    folder = path.parent / "made"
    folder.mkdir()
    with pytest.raises(BadInput, match=why) as caught:
        convert(path, folder, longest_s=2)
    assert caught.value.where == str(path)
    assert not list(folder.iterdir())


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_is_an_error_or_data(write: Write, data: st.DataObject) -> None:
    """Bytes changed or cut off: a table or BadInput, never anything else."""
    whole = bytearray(written(NETWORKS))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 40))
    try:
        converted(write, bytes(whole[: len(whole) - cut]))
    except BadInput as error:
        assert error.fix  # noqa: PT017 - both outcomes are fine, and this is what the second must have


def test_text_of_the_file_is_made_safe(write: Write) -> None:
    """Its own name may not steer a terminal."""
    assert converted(write, written(NETWORKS, kind="\x1b[2Jevil")).about == "[2Jevil"


def test_a_file_without_metadata_is_refused(write: Write) -> None:
    """The mark alone makes no database."""
    with pytest.raises(BadInput, match="is no MMDB file that can be read"):
        converted(write, bytes(500) + MARK)


def test_modules_of_the_folder_one_works_in_are_not_run(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Downloads may hold a maxminddb.py of somebody's."""
    (tmp_path / "maxminddb.py").write_text("raise SystemExit(7)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert said(converted(write, written(NETWORKS)), "country", "1.0.0.1") == "AU"


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    """The caller names files that are there; another is not hidden."""
    with pytest.raises(FileNotFoundError):
        convert(tmp_path / "none.mmdb", tmp_path)
