from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit.endpoints.addresses import find
from audit.endpoints.dex import read_dex
from audit.endpoints.dex_strings import decode
from audit.endpoints.part import Limits, Part
from audit.model.code import Code, FoundKind
from tests.build.dex import in_order, mutf8, write, write_container, write_dex

SMALI = Path("/usr/share/java")
URLS = ("http://zzhc.vnet.cn", "https://a.example.com/x")
# Texts of which something may be told, among others of which nothing is: pieces of addresses, and anything.
PIECES = (
    *(*URLS, "zzhc.vnet.cn", "dm.wo.com.cn:6001", "1.2.3.44", "[2001:db8::1]:80", "smsto:41020"),
    *("10659401", "898603", "898603,898611", "persist.radio.x", "ro.a", "net.dns1", "com.android.phone"),
    *(".", ":", "/", " ", "x", "é", "😀", "\0", "\ud800", "\u202e", "\n", "89", "106", "://", ".com"),
    "telephony.lteOnCdmaDevice",
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(max_size=300)


def told(data: bytes, limits: Limits | None = None) -> Part:
    """What is read of a dex."""
    return read_dex(data, where="classes.dex", limits=limits or Limits())


@given(st.lists(TEXTS, max_size=20), st.sampled_from(range(35, 42)))
@example([*PIECES], 35)
@example(["898603"], 35)
@example(["10659401"], 35)
@example(["smsto:41020"], 35)
@example(["x" * 20_000 + "http://a.example.com/"], 35)
def test_the_fast_search_tells_what_looking_at_every_string_tells(texts: list[str], version: int) -> None:
    """Of any strings, the same values at the same places as if each had been decoded and classified."""
    dex = write(texts, version=version)
    part = told(dex.data)
    everything = sorted((offset, decode(mutf8(text))) for text, offset in dex.offsets.items())
    assert part.found == tuple(find(everything, where="classes.dex"))
    assert part.strings == len(dex.offsets)
    assert (part.form, part.code, part.troubles) == (f"dex {version:03d}", Code.READ, ())


@given(st.lists(TEXTS, max_size=10))
def test_offsets_are_where_the_characters_are(texts: list[str]) -> None:
    """What is told lies at the offset told, up to its own place in its string."""
    dex = write(texts)
    by_offset = {offset: text for text, offset in dex.offsets.items()}
    for one in told(dex.data).found:
        assert one.offset is not None
        text = by_offset[one.offset]
        assert dex.data[one.offset :].startswith(mutf8(text) + b"\0")


@given(st.text(max_size=50))
def test_modified_utf8_is_decoded(text: str) -> None:
    """NUL and characters beyond the BMP come back as they were."""
    assert decode(mutf8(text)) == text


def test_what_is_no_utf8_is_replaced() -> None:
    """Bytes that are no characters do not stop the reading."""
    assert decode(b"a\xff\xed\xa0\x80b")[0] == "a"


def test_several_dex_files_in_one_container() -> None:
    """From version 41 on, one file holds several; all of them are read, each string once."""
    part = told(write_container([[URLS[0], "x"], [URLS[1], "y"], ["z"]]))
    assert [one.value for one in part.found] == list(URLS)
    assert (part.form, part.code, part.strings) == ("dex 041", Code.READ, 3 * 2 + 5)


def test_checksums_are_nobodys_business() -> None:
    """A dex changed by hand, or quickened, is read all the same."""
    data = bytearray(write_dex(URLS))
    data[8:32] = bytes(24)
    assert [one.value for one in told(bytes(data)).found] == list(URLS)


def test_every_truncation_is_told() -> None:
    """However a dex is cut, it is read without an error, and never called read whole."""
    data = write_dex([*URLS, "x" * 50])
    for length in range(len(data)):
        part = told(data[:length])
        assert part.code is Code.UNREADABLE
        assert part.troubles
        assert part.troubles[0].where == "classes.dex"


@settings(max_examples=3 * settings().max_examples)
@given(st.data())
def test_no_flip_of_bytes_raises(data: st.DataObject) -> None:
    """Any bytes of a dex may be wrong: what is told stays clean, and reading ends."""
    dex = bytearray(write_dex(URLS, version=data.draw(st.sampled_from([35, 41]))))
    for _ in range(data.draw(st.integers(1, 4))):
        dex[data.draw(st.integers(0, len(dex) - 1))] = data.draw(st.integers(0, 255))
    part = told(bytes(dex))
    assert part.code is not Code.NONE


@pytest.mark.parametrize(
    ("offset", "value", "reason"),
    [
        (0, b"xxxx", "does not begin like one"),
        (4, b"042", "version 042 is not known"),
        (32, struct.pack("<I", 1 << 30), "should end at"),
        (40, struct.pack("<I", 0x78563412), "big-endian"),
        (40, struct.pack("<I", 7), "byte order"),
        (56, struct.pack("<I", 0), "classes and no strings"),
        (56, struct.pack("<I", 1000), "ends after"),
        (56, struct.pack("<I", 0xFFFFFFFF), "are read"),
        (60, struct.pack("<I", 0xFFFFFFF0), "ends after 0"),
        (0x70, struct.pack("<I", 0x7FFFFFFF), "lie outside the file"),
    ],
)
def test_each_fault_is_named(offset: int, value: bytes, reason: str) -> None:
    """What is wrong with a dex is said, with the offset, and the dex is not called read."""
    data = bytearray(write_dex(URLS))
    data[offset : offset + len(value)] = value
    part = told(bytes(data))
    assert part.code is Code.UNREADABLE
    assert any(reason in trouble.reason for trouble in part.troubles), part.troubles
    assert all(trouble.offset is not None for trouble in part.troubles)


def test_a_string_that_begins_within_another_hides_nothing() -> None:
    """Two strings that share their end are both looked at, and the table is not trusted."""
    dex = write(["xhttp://evil.example.com/"])
    data = bytearray(dex.data)
    inside = dex.offsets["xhttp://evil.example.com/"]
    # The first id now names what lies six characters into the long string: "://evil…" on its own.
    struct.pack_into("<I", data, 0x70, inside + 5)
    part = told(bytes(data))
    assert "http://evil.example.com/" in [one.value for one in part.found]
    assert part.code is Code.UNREADABLE
    assert "begin within others" in part.troubles[0].reason


def test_a_table_of_overlapping_strings_ends() -> None:
    """Strings that all lie within each other cost no more than a few times their bytes."""
    long = "http://a.example.com/" * 3000
    fill = [f"{number:05d}" for number in range(5000)]
    dex = write([long, *fill])
    data = bytearray(dex.data)
    for number in range(5000):
        struct.pack_into("<I", data, 0x70 + 4 * number, dex.offsets[long] + 7 * number)
    part = told(bytes(data))
    assert part.code is Code.UNREADABLE
    assert part.found


def test_a_string_without_end_is_told() -> None:
    """A last string that runs into the end of the file is read, and not called whole."""
    dex = write(["http://zzhc.vnet.cn", "zzhc.vnet.cn"])
    at = dex.offsets["zzhc.vnet.cn"]
    data = dex.data[:at] + b"a" * (len(dex.data) - at - 12) + b"zzhc.vnet.cn"
    part = told(data)
    assert part.code is Code.UNREADABLE
    assert part.troubles[0].reason == "its last string has no end"


def test_limits_are_kept_and_told() -> None:
    """More strings, bytes or addresses than allowed are cut, and each cut is said."""
    data = write_dex([f"http://{number}.example.com/" for number in range(100)])
    for limits, reason in (
        (replace(Limits(), strings=10), "10 are read"),
        (replace(Limits(), found=10), "more than 10 addresses"),
        (replace(Limits(), part_bytes=500), "more than 500 bytes"),
    ):
        part = told(data, limits)
        assert part.code is Code.UNREADABLE
        assert reason in part.troubles[0].reason
        assert len(part.found) <= 100
    assert len(told(data, replace(Limits(), found=10)).found) == 10


def test_a_container_that_names_itself_over_and_over_ends() -> None:
    """Headers that all speak of one large table do not multiply the work."""
    data = bytearray(write_dex([f"http://{number}.example.com/" for number in range(200)], version=41))
    size = len(data)
    many = bytes(data[:0x78]) * 300
    header = bytearray(many)
    for number in range(300):
        struct.pack_into("<I", header, number * 0x78 + 32, 0x78)
        struct.pack_into("<I", header, number * 0x78 + 112, 1 << 30)
        struct.pack_into("<I", header, number * 0x78 + 60, 300 * 0x78 + 0x78)
    part = told(bytes(header) + bytes(data[:size]), replace(Limits(), strings=5000))
    assert part.code is Code.UNREADABLE
    assert part.strings <= 5000


def smali(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run smali or baksmali as Debian packages them, or skip."""
    jars = [
        SMALI / f"{name}.jar"
        for name in (tool, "smali-util", "dexlib2", "guava", "jcommander", "antlr3-runtime")
    ]
    java = shutil.which("java")
    if java is None or not all(jar.exists() for jar in jars[:4]):
        pytest.skip("no java and libsmali-java (apt install libsmali-java default-jre-headless)")
    path = ":".join(
        str(jar) for jar in [*jars, *SMALI.glob("antlr3-runtime*.jar"), *SMALI.glob("stringtemplate*.jar")]
    )
    main = {"smali": "org.jf.smali.Main", "baksmali": "org.jf.baksmali.Main"}[tool]
    return subprocess.run(
        [java, "-cp", path, main, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.peer
def test_baksmali_reads_what_we_write(tmp_path: Path) -> None:
    """The files the tests are made of are dex files to others as well."""
    texts = ["http://zzhc.vnet.cn", "plain", "x" * 300]
    (tmp_path / "a.dex").write_bytes(write_dex(texts, version=39))
    done = smali("baksmali", "list", "strings", str(tmp_path / "a.dex"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f'"{text}"' for text in in_order([*texts, "Lorg/example/Held;", "Ljava/lang/Object;"])
    ]


@pytest.mark.peer
def test_we_read_what_smali_writes(tmp_path: Path) -> None:
    """A dex of a real assembler: the string in its code is found."""
    source = """
.class public LPost;
.super Ljava/lang/Object;
.method public static to()Ljava/lang/String;
    .registers 1
    const-string v0, "http://zzhc.vnet.cn"
    return-object v0
.end method
"""
    (tmp_path / "Post.smali").write_text(source, encoding="utf-8")
    done = smali("smali", "assemble", str(tmp_path / "Post.smali"), "-o", str(tmp_path / "a.dex"))
    assert done.returncode == 0, done.stderr
    part = told((tmp_path / "a.dex").read_bytes())
    assert [(one.kind, one.value) for one in part.found] == [(FoundKind.URL, "http://zzhc.vnet.cn")]
    assert part.code is Code.READ
