from __future__ import annotations

import io
from dataclasses import replace

import pytest

from audit.endpoints import Limits, read_code
from audit.model.code import Code, CodeFile
from tests.build.apk import make_apk
from tests.build.compact import write_compact
from tests.build.dex import write_dex
from tests.build.oat import write_oat, write_odex
from tests.build.vdex import write_vdex

TEXTS = ["http://zzhc.vnet.cn"]
(COMPACT,), SHARED = write_compact([TEXTS])


def read(data: bytes, path: str = "system/app/A/A.bin", limits: Limits | None = None) -> CodeFile:
    """What is read of a file."""
    return read_code(io.BytesIO(data), path=path, limits=limits)


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (write_dex(TEXTS, version=39), "dex 039"),
        (COMPACT + SHARED, "compact dex 001"),
        (write_vdex([TEXTS], version=10), "vdex 010 (dex 035)"),
        (write_vdex([TEXTS], version=19), "vdex 019 (compact dex 001)"),
        (write_oat([TEXTS], version=79), "oat 079 (dex inside)"),
        (write_odex(TEXTS), "odex 036"),
        (make_apk("org.example", dex=[write_dex(TEXTS)]), "apk"),
        (b"server=http://zzhc.vnet.cn\n", "text"),
        (b"<a>http://zzhc.vnet.cn</a>", "XML"),
    ],
)
def test_a_file_is_recognised_by_its_bytes(data: bytes, form: str) -> None:
    """Whatever a file is called, it is read as what it is, and is told under the path it was given."""
    for path in ("system/app/A/A.apk", "notes.txt", ""):
        file = read(data, path)
        assert (file.path, file.size, file.form, file.sha256) == (path, len(data), form, "")
        assert [one.value for one in file.found] == ["http://zzhc.vnet.cn"]
        assert file.code in {Code.READ, Code.NONE}
        assert file.troubles == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "of no known format"),
        (b"\0" * 100, "of no known format"),
        (b"wdex010\0" + bytes(50), "of no known format"),
        (b"\x7fELF", "native code"),
        (b"dex\n035\0", "ends within its header"),
        (b"cdex001\0", "ends within its header"),
        (b"vdex010\0", "ends within its header"),
        (b"dey\n036\0", "ends within its header"),
    ],
)
def test_what_cannot_be_read_is_never_an_empty_answer(data: bytes, reason: str) -> None:
    """An unknown, empty or cut file says that its code was not read."""
    file = read(data)
    assert file.code is Code.UNREADABLE
    assert reason in file.troubles[0].reason


def test_a_cut_archive_is_unreadable() -> None:
    """A zip without its directory is no APK without code."""
    assert read(make_apk("org.example", dex=[write_dex(TEXTS)])[:-30]).code is Code.UNREADABLE


def test_a_long_text_is_cut_and_told() -> None:
    """What is read into memory is bounded, and what is left out is said."""
    file = read(b"http://a.example.com\n" * 100, limits=replace(Limits(), part_bytes=1000))
    assert file.code is Code.UNREADABLE
    assert "the first 1000 are read" in file.troubles[-1].reason


def test_a_large_file_is_read_in_pieces() -> None:
    """Of a large vdex only tables and strings are fetched: never the whole file."""

    class Counting(io.BytesIO):
        fetched = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.fetched += len(data)
            return data

    code = write_dex(TEXTS)
    padded = code[:32] + (len(code) + (8 << 20)).to_bytes(4, "little") + code[36:] + bytes(8 << 20)
    file = Counting(write_vdex([padded, padded], version=10))
    answer = read_code(file, path="a.vdex")
    assert answer.code is Code.READ
    assert [one.where for one in answer.found] == ["dex 0", "dex 1"]
    assert file.fetched < 64 << 10
