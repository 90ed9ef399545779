from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.endpoints.archive import Archive, answer, ask_end, remembering
from audit.endpoints.chunks import Damage
from audit.endpoints.part import Limits
from tests.build.apk import make_zip

LIMITS = Limits()
PARTS = {"a.txt": b"hello " * 50, "resources.arsc": b"\2\0\x0c\0", "dir/b.bin": bytes(range(256))}
WHOLE = make_zip(PARTS)


def opened(data: bytes, limits: Limits = LIMITS) -> Archive:
    """Open *data*."""
    return Archive(io.BytesIO(data), limits)


def content(data: bytes, limits: Limits = LIMITS) -> dict[str, bytes]:
    """Read all of *data*."""
    archive = opened(data, limits)
    return {entry.name: archive.read(entry) for entry in archive.directory.entries}


def test_an_archive_is_read_whole() -> None:
    """Names and contents are those that were put in, stored or deflated."""
    assert content(WHOLE) == PARTS
    assert not opened(WHOLE).directory.troubles


def _patched(data: bytes, magic: bytes, offset: int, value: bytes) -> bytes:
    """Write *value* into every record that begins with *magic*."""
    out, at = bytearray(data), data.find(magic)
    while at >= 0:
        out[at + offset : at + offset + len(value)] = value
        at = data.find(magic, at + 4)
    return bytes(out)


TRICKS = {
    "the encryption bit, which Android ignores": _patched(
        _patched(WHOLE, b"PK\1\2", 8, b"\1\0"), b"PK\3\4", 6, b"\1\0"
    ),
    "other sizes and another method in the local headers": _patched(
        WHOLE, b"PK\3\4", 8, b"\x63\0" + b"\xee" * 16
    ),
    "bytes before": b"#!/bin/sh\n" * 9 + WHOLE,
    "a comment": WHOLE[:-2] + struct.pack("<H", 5) + b"hello",
    "bytes after": WHOLE + b"junk" * 10,
    "a false end in the comment": WHOLE[:-2] + struct.pack("<H", 26) + b"PK\5\6" + b"\7" * 22,
}


@pytest.mark.parametrize("data", TRICKS.values(), ids=TRICKS.keys())
def test_oddities_hide_nothing(data: bytes) -> None:
    """What Android ignores, and what some tools for other systems add, keeps nothing from being read."""
    assert content(data) == PARTS


def test_another_name_in_the_local_header_counts_for_nothing() -> None:
    """The central directory names an entry."""
    at = WHOLE.index(b"a.txt")
    assert content(WHOLE[:at] + b"b.exe" + WHOLE[at + 5 :]) == PARTS


def test_an_unknown_method_is_taken_as_stored() -> None:
    """Like Android's asset manager: whatever is not deflate is as it stands."""
    stored = make_zip({"resources.arsc": b"as it stands"})
    odd = _patched(stored, b"PK\1\2", 10, struct.pack("<H", 0x5A5A))
    assert content(odd) == {"resources.arsc": b"as it stands"}


def test_names_twice_are_both_given_and_told() -> None:
    """Android refuses such an archive; a reader that picks one may pick the wrong one."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("classes.dex", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("classes.dex", b"two")
    found = opened(file.getvalue())
    assert [found.read(entry) for entry in found.directory.entries] == [b"one", b"two"]
    assert "two entries named classes.dex" in found.directory.troubles[0].reason


def test_zip64_fields_are_followed() -> None:
    """Sizes and offsets that stand in the ZIP64 record and extra fields are taken from there."""
    data, name = b"long " * 9, b"a.txt"
    local = (
        struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 45, 0, 0, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 5, 0) + name + data
    )
    extra = struct.pack("<HHQQQ", 1, 24, len(data), len(data), 0)
    central = (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII",
            b"PK\1\2",
            45,
            45,
            0,
            0,
            0,
            0,
            0,
            *[0xFFFFFFFF] * 2,
            5,
            len(extra),
            0,
            0,
            0,
            0,
            0xFFFFFFFF,
        )
        + name
        + extra
    )
    at = len(local) + len(central)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(central), len(local))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert content(local + central + end64 + locator + end) == {"a.txt": data}


def test_a_bomb_is_stopped_at_the_bound() -> None:
    """An entry that unpacks to more than allowed ends as damage that names it and its place."""
    bomb = make_zip({"classes.dex": bytes(50 << 20)})
    assert len(bomb) < 100_000
    archive = opened(bomb, Limits(part_bytes=1 << 20))
    with pytest.raises(Damage, match=r"classes\.dex unpacks to more than the 1048576 bytes") as caught:
        archive.read(archive.directory.entries[0])
    assert caught.value.offset == 30 + len("classes.dex")


def test_all_entries_together_are_bounded() -> None:
    """Many entries below the bound of one do not add up to more than the bound of all."""
    archive = opened(make_zip({f"{n}.dex": bytes(600_000) for n in range(4)}), Limits(file_bytes=1 << 20))
    first, second, *_ = archive.directory.entries
    assert len(archive.read(first)) == 600_000
    with pytest.raises(Damage, match="unpacks to more than the 448576 bytes"):
        archive.read(second)


def test_more_entries_than_allowed_are_told() -> None:
    """The list stops at the bound, and says so."""
    found = opened(make_zip({f"{n}": b"" for n in range(30)}), Limits(entries=10)).directory
    assert len(found.entries) == 10
    assert found.troubles[0].reason == "more than 10 entries; the rest was left"


def test_a_stored_entry_that_claims_more_than_there_is() -> None:
    """A size beyond the file is damage, not a short answer."""
    stored = make_zip({"resources.arsc": b"abcd"})
    longer = _patched(stored, b"PK\1\2", 20, struct.pack("<II", 9999, 9999))
    archive = opened(longer)
    with pytest.raises(Damage, match="ends after"):
        archive.read(archive.directory.entries[0])


def test_a_broken_stream_is_damage() -> None:
    """Bytes that are no deflate stream end with the name of the entry."""
    at = WHOLE.index(b"a.txt") + 5
    archive = opened(WHOLE[:at] + b"\xff" * 8 + WHOLE[at + 8 :])
    with pytest.raises(Damage, match=r"a\.txt cannot be unpacked"):
        archive.read(archive.directory.entries[0])


def test_a_stream_without_its_end_is_damage() -> None:
    """A stream that stops within a block is not taken for whole."""
    data = zlib.compress(bytes(range(256)) * 40, 9, -15)
    archive = opened(
        _patched(make_zip({"a": bytes(range(256)) * 40}), b"PK\1\2", 20, struct.pack("<I", len(data) - 5))
    )
    with pytest.raises(Damage, match="ends before its last block"):
        archive.read(archive.directory.entries[0])


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"no archive at all" * 10, WHOLE[:-30]])
def test_what_is_no_archive_is_damage(data: bytes) -> None:
    """A file without an end record is not an empty archive."""
    with pytest.raises(Damage, match="no ZIP archive"):
        opened(data)


def test_what_was_sent_is_not_asked_for_again() -> None:
    """An asker with a memory asks once for bytes it has."""
    asked = []

    def read_at(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return WHOLE[offset : offset + length]

    assert answer(remembering(ask_end(len(WHOLE))), read_at).count == 3
    assert asked == [(0, len(WHOLE))]


@given(st.data())
def test_damaged_archives_end_as_damage(data: st.DataObject) -> None:
    """Whatever is flipped or cut, nothing else is raised."""
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([0, 0, 0, 1, 7, 40]))
    try:
        archive = opened(bytes(whole[: len(whole) - cut]))
    except Damage:
        return
    for entry in archive.directory.entries:
        with contextlib.suppress(Damage):
            archive.read(entry)
