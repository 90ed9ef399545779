from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import AuditError
from audit.model.report import Decision, Expectation
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import open_source
from audit.sources.androidqf.store import ZipStore
from audit.sources.zipped import DAMAGED, Archive, files_in, refusal
from tests.build.dumpstate import Report as Dump
from tests.build.dumpstate import archive
from tests.sources.acquisitions import acquisition, zipped

LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
RULEBOOK = load()


def opened(data: bytes, most: int = 1 << 20) -> Archive:
    """The archive *data*."""
    return Archive(io.BytesIO(data), "a.zip", most_list_bytes=most)


def patched(data: bytes, mark: bytes, at: int, value: bytes) -> bytes:
    """*data* with *value* at *at* bytes from the last *mark*."""
    place = data.rfind(mark) + at
    return data[:place] + value + data[place + len(value) :]


def entry(**changes: object) -> zipfile.ZipInfo:
    """An entry with fields changed."""
    info = zipfile.ZipInfo("a")
    for name, value in changes.items():
        setattr(info, name, value)
    return info


def test_a_list_of_files_is_bounded_wherever_its_size_stands() -> None:
    """Whether 32 or 64 bits state it, a huge list is not read."""
    plain = zipped({f"{n:05}": b"" for n in range(3000)})
    end = plain.rfind(END)
    count, size, start = struct.unpack_from("<HII", plain, end + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    wide = plain[:end] + record + locator + patched(plain[end:], END, 12, b"\xff" * 8)
    for data in (plain, wide):
        assert len(opened(data).infolist()) == 3000
        with pytest.raises(zipfile.LargeZipFile):
            opened(data, most=10_000)


def test_an_entry_larger_than_the_list_may_be_is_read() -> None:
    """The bound is for the list of files, not for what is in them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as made:
        made.writestr("a", b"x" * 300_000)
    archive = opened(data.getvalue(), most=1000)
    assert len(archive.read("a")) == 300_000


def test_an_entry_without_a_name_is_no_file() -> None:
    """A name that was lost belongs to nothing; folders are no files either."""
    data = patched(zipped({"a": b"1"}), CENTRAL, 46, b"\0")
    assert list(files_in(opened(data))) == []
    assert [info.filename for info in files_in(opened(zipped({"a/": b"", "a/b": b""})))] == ["a/b"]


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (entry(), ""),
        (entry(compress_type=zipfile.ZIP_DEFLATED), ""),
        (entry(flag_bits=1), "is protected by a password"),
        (entry(compress_type=zipfile.ZIP_LZMA), "is packed in a way that is not read (method 14)"),
        (entry(compress_type=99), "is packed in a way that is not read (method 99)"),
    ],
)
def test_what_is_not_read_at_all_says_why(info: zipfile.ZipInfo, reason: str) -> None:
    """Only what bug reports and acquisitions are made with is unpacked."""
    assert refusal(info) == reason


@pytest.mark.parametrize("offset", [b"\xff\xff\xff\x7f", b"\xfe\xff\xff\xff"])
def test_a_place_beyond_the_file_is_damage(tmp_path: Path, offset: bytes) -> None:
    """Where the system refuses to seek, or nothing is, an entry is damaged: no traceback."""
    for number, data in enumerate((archive(Dump().text()), zipped(acquisition()))):
        path = tmp_path / f"bugreport{number}.zip"
        for mark in (CENTRAL, END):
            path.write_bytes(patched(data, mark, 42 if mark == CENTRAL else 16, offset))
            try:
                report = audit_snapshot(
                    open_source(path), RULEBOOK, Expectation(market="NO"), judged_at="2025-01-01T00:00:00Z"
                )
            except AuditError:
                continue
            assert report.verdict.decision is not Decision.PASS


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_gets_past_what_is_told_of_it(data: st.DataObject) -> None:
    """Bytes of any field of any record changed: reading ends in one of the errors that are translated."""
    made = bytearray(zipped({"acquisition.json": b"{}", "b": b"b" * 500, "c/d": b"x"}))
    first = made.find(CENTRAL)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(made) - 1) | st.integers(first, len(made) - 1))
        made[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    try:
        archive = opened(bytes(made))
    except DAMAGED:
        return
    for info in files_in(archive):
        if not refusal(info) and info.file_size < 1 << 20:
            try:
                archive.read(info)
            except DAMAGED:
                continue
    try:
        store = ZipStore(io.BytesIO(bytes(made)), "a.zip")
        for name in store.names:
            assert sum(map(len, store.chunks(name))) == store.size(name)
    except AuditError:
        return
