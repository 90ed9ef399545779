from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.endpoints.elf import offset_of
from audit.endpoints.oat import read_oat, read_odex
from audit.endpoints.part import Limits, Part
from audit.endpoints.window import over
from audit.model.code import Code
from tests.build.oat import elf, write_oat, write_odex

TWO = (["http://one.example.com/x", "shared"], ["https://two.example.com", "zzhc.vnet.cn"])
TOLD = [
    ("http://one.example.com/x", "dex 0"),
    ("https://two.example.com", "dex 1"),
    ("zzhc.vnet.cn", "dex 1"),
]
WITH_DEX = (39, 45, 64, 79, 88)


def told(data: bytes, limits: Limits | None = None) -> Part:
    """What is read of an oat."""
    return read_oat(over(data), where="", limits=limits or Limits())


@pytest.mark.parametrize("version", WITH_DEX)
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("symbols", [False, True])
def test_every_version_in_both_classes_is_read(version: int, *, wide: bool, symbols: bool) -> None:
    """Android 5, 6 and 7, on 32 and 64 bits, stripped or not: the dex files inside are read."""
    part = told(write_oat(TWO, version=version, wide=wide, symbols=symbols))
    assert part.form == f"oat {version:03d} (dex inside)"
    assert (part.code, part.troubles, part.strings) == (Code.READ, (), 8)
    assert [(one.value, one.where) for one in part.found] == TOLD


def test_a_makers_own_word_in_the_table_is_skipped() -> None:
    """Samsung's Android 5 has one word more in each entry."""
    part = told(write_oat(TWO, version=39, extra=1, classes=7))
    assert (part.code, len(part.found)) == (Code.READ, 3)


@pytest.mark.parametrize("version", WITH_DEX)
def test_a_word_for_each_class_is_skipped(version: int) -> None:
    """Table entries of Android 5 and 6 are as long as their dex has classes."""
    part = told(write_oat(TWO, version=version, classes=5))
    assert (part.code, len(part.found)) == (Code.READ, 3)


@pytest.mark.parametrize("version", [124, 131, 195])
def test_from_android_8_on_the_code_is_elsewhere(version: int) -> None:
    """An oat without dex says where the code is, and does not claim that it was read."""
    part = told(write_oat(TWO, version=version))
    assert part.form == f"oat {version} without dex: the code is in the vdex beside it"
    assert (part.code, part.found, part.troubles) == (Code.NONE, (), ())


def test_the_symbol_is_found() -> None:
    """``oatdata`` is looked up by its name, in both classes."""
    for wide in (False, True):
        assert offset_of(over(elf(b"oat\n", wide=wide)), b"oatdata") == 4096
        assert offset_of(over(elf(b"oat\n", wide=wide)), b"oatdat") is None


@pytest.mark.parametrize("wide", [False, True])
def test_a_native_programs_plain_strings_are_read(wide: bool) -> None:
    """A program names the servers it calls, and is no client's code that was looked through."""
    code = b"\x8f.example.com\0http://oyag.example.com/x\0\x01\0persist.acme.on\0http://cut.example.com"
    data = elf(b"\x7fhello\0" + code, wide=wide, symbols=False)
    part = told(data)
    assert (part.form, part.code, part.troubles) == ("native code", Code.READ, ())
    assert part.beyond == ("native code",)
    assert [one.value for one in part.found] == ["http://oyag.example.com/x", "persist.acme.on"]
    assert data[part.found[1].offset or 0 :].startswith(b"persist.acme.on")


@pytest.mark.parametrize("before", [0, *range((1 << 20) - 4096 - 30, (1 << 20) - 4096 + 10, 3), 3 << 20])
@pytest.mark.parametrize("after", [0, 2 << 20])
def test_a_native_string_is_found_wherever_it_lies(before: int, after: int) -> None:
    """Pieces of a large file overlap, so that no string is cut by their ends."""
    data = elf(b"a" * before + b"\0http://n.example.com/\0" + bytes(after), symbols=False)
    [found] = told(data).found
    assert data[found.offset or 0 :].startswith(b"http://n.example.com/")


def test_native_code_is_bounded() -> None:
    """Of a large program a stretch is read, of many addresses some are kept, and both are said."""
    data = elf(b"\0".join(b"http://h%d.example.com" % n for n in range(9)) + bytes(5000), symbols=False)
    for limits in (replace(Limits(), file_bytes=4200), replace(Limits(), found=3)):
        part = told(data, limits)
        assert part.code is Code.UNREADABLE
        assert len(part.troubles) == 1
        assert 0 < len(part.found) <= 9


def test_an_oat_nobody_recognises_is_not_native_code() -> None:
    """If what says where its dex files are is gone, they are searched for: they are the code."""
    data = write_oat(TWO, version=79, symbols=False).replace(b"oat\n", b"OAT\n")
    part = told(data)
    assert (part.form, part.code) == ("ELF (dex found by search)", Code.UNREADABLE)
    assert [one.value for one in part.found] == [value for value, _ in TOLD]


def test_a_broken_table_leads_to_a_search() -> None:
    """If the table cannot be followed, the dex files are searched for, and that is said."""
    data = bytearray(write_oat(TWO, version=79))
    data[4096 + 72 + 30 : 4096 + 72 + 34] = b"\xff\xff\xff\xff"
    part = told(bytes(data))
    assert [one.value for one in part.found] == [value for value, _ in TOLD]
    assert part.form == "oat 079 (dex found by search)"
    assert part.code is Code.UNREADABLE


def test_a_table_of_many_is_cut() -> None:
    """A table that tells of four milliard dex files is not followed to its end."""
    data = bytearray(write_oat(TWO, version=79))
    data[4096 + 20 : 4096 + 24] = b"\xff\xff\xff\xff"
    part = told(bytes(data), replace(Limits(), dexes=2))
    assert len(part.found) == 3
    assert part.code is Code.UNREADABLE


@pytest.mark.parametrize("version", [39, 79])
def test_every_truncation_is_told(version: int) -> None:
    """However an oat is cut, it is read without an error, and not called read whole."""
    data = write_oat(TWO, version=version, symbols=False)
    for length in [*range(0, 4096, 97), *range(4096, len(data) - 4)]:
        part = told(data[:length])
        assert part.code is Code.UNREADABLE, length
        assert part.troubles


@settings(max_examples=3 * settings().max_examples)
@given(st.data())
def test_no_flip_of_bytes_raises(data: st.DataObject) -> None:
    """Any bytes of an oat may be wrong: of its ELF, its table, its dex files."""
    oat = bytearray(
        write_oat(TWO, version=data.draw(st.sampled_from(WITH_DEX)), wide=data.draw(st.booleans()))
    )
    places = [*range(256), *range(4096, len(oat))]
    for _ in range(data.draw(st.integers(1, 4))):
        oat[data.draw(st.sampled_from(places))] = data.draw(st.integers(0, 255))
    part = told(bytes(oat))
    assert part.form[:3] in {"ELF", "oat", "nat"}


def test_dalviks_odex() -> None:
    """Before ART, an odex was a dex with a header in front."""
    part = read_odex(over(write_odex(TWO[0])), where="", limits=Limits())
    assert (part.form, part.code) == ("odex 036", Code.READ)
    assert [(one.value, one.where) for one in part.found] == TOLD[:1]
    for length in range(len(write_odex(TWO[0]))):
        cut = read_odex(over(write_odex(TWO[0])[:length]), where="", limits=Limits())
        assert cut.code is Code.UNREADABLE


@pytest.mark.peer
def test_readelf_reads_what_we_write(tmp_path: Path) -> None:
    """The ELF files the tests are made of are ELF files to others as well."""
    if shutil.which("readelf") is None:
        pytest.skip("no readelf (apt install binutils)")
    for wide in (False, True):
        (tmp_path / "a.odex").write_bytes(write_oat(TWO, wide=wide))
        done = subprocess.run(
            ["readelf", "-W", "-l", "-S", "--dyn-syms", str(tmp_path / "a.odex")],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert "oatdata" in done.stdout
        assert done.stderr == ""
