from __future__ import annotations

import io
from dataclasses import replace

import pytest

from audit.endpoints import Limits, read_code
from audit.model.code import Code, CodeFile
from tests.build.apk import make_apk
from tests.build.compact import write_compact
from tests.build.dex import write_dex
from tests.build.oat import elf, write_oat, write_odex
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


APK = make_apk("org.example", dex=[write_dex(TEXTS)], sign=[1])
BEFORE = "http://before.example.org"


@pytest.mark.parametrize(
    ("front", "form"),
    [
        (write_dex([BEFORE]), "apk"),
        (f"server={BEFORE}\n".encode(), "apk behind text"),
        (write_vdex([[BEFORE]], version=10), "apk behind vdex 010 (dex 035)"),
        (elf(b"\0" + BEFORE.encode() + b"\0", symbols=False), "apk behind native code"),
    ],
    ids=["dex", "text", "vdex", "elf"],
)
def test_a_file_of_two_kinds_is_read_as_both(front: bytes, form: str) -> None:
    """Android opens the archive at the end, and once ran a dex at the beginning: neither hides the other."""
    file = read(front + APK)
    assert (file.form, file.code, file.package) == (form, Code.READ, "org.example")
    assert {BEFORE, *TEXTS} <= {one.value for one in file.found}
    assert file.signers
    assert any("archive" in trouble.reason for trouble in file.troubles)
    assert file.strings > read(APK).strings


def test_an_archive_behind_anything_is_read() -> None:
    """What stands before it is of no known format, which is said; Android used to open it all the same."""
    file = read(b"\x89PNG\r\n\x1a\n" + bytes(99) + APK)
    assert (file.form, file.code, file.package) == ("apk", Code.READ, "org.example")
    assert file.troubles[0].reason == "an archive lies behind 107 bytes of no known format"


def test_an_end_record_alone_makes_no_archive() -> None:
    """Bytes that look like the end of an empty archive hide nothing of the file they end."""
    file = read(write_dex(TEXTS) + b"PK\5\6" + bytes(18))
    assert (file.form, [one.value for one in file.found]) == ("dex 035", TEXTS)


@pytest.mark.parametrize(
    ("texts", "beyond"),
    [
        (["loadLibrary"], ("native code",)),
        (["loadLibraryX", "xloadLibrary", "Ldalvik/system/VMRuntime;"], ()),
        (["Ldalvik/system/CloseGuard;", "Ldalvik/system/DexClassLoader;"], ("code loaded at run time",)),
        (["Ldalvik/system/PathClassLoader;", "loadLibrary"], ("code loaded at run time", "native code")),
    ],
)
def test_code_that_makes_use_of_other_code_says_so(texts: list[str], beyond: tuple[str, ...]) -> None:
    """What a client asks may be asked in a library: its dex alone does not tell that it asks nothing."""
    dex = sorted([*TEXTS, *texts])
    assert read(write_dex(dex)).beyond == beyond
    assert read(write_vdex([dex], version=10)).beyond == beyond
    assert read(write_vdex([dex], version=19)).beyond == beyond
    assert read(write_oat([dex], version=79)).beyond == beyond
    inner = make_apk("org.example.inner", dex=[write_dex(dex)])
    assert read(make_apk("org.example", dex=[write_dex(dex)])).beyond == beyond
    assert read(make_apk("org.example", files={"assets/a.jar": inner})).beyond == beyond


@pytest.mark.parametrize("name", ["lib/arm64-v8a/libx.so", "assets/libx.so"])
def test_a_library_in_an_apk_is_code_beyond(name: str) -> None:
    """Native code of an APK is not looked through, and may hold a gate."""
    assert read(make_apk("org.example", dex=[write_dex(TEXTS)], files={name: b"\x7fELF"})).beyond == (
        "native code",
    )


@pytest.mark.parametrize("line", ["gate=persist.acme.on", "persist.acme.on", '{"gate": "persist.acme.on"}'])
def test_a_gate_in_a_text_of_an_apk_is_told(line: str) -> None:
    """Its code may read the name from there; a file of the unit that sets a property is no code."""
    file = read(make_apk("org.example", dex=[write_dex(TEXTS)], files={"assets/a.properties": line.encode()}))
    assert ("persist.acme.on", "assets/a.properties") in {(one.value, one.where) for one in file.found}
    assert read(line.encode()).found == ()


def test_finds_that_are_left_make_code_unreadable() -> None:
    """A gate may be among the finds that were not kept: such an APK was not read whole."""
    many = [f"http://h{n}.example.com" for n in range(60)]
    apk = make_apk(
        "org.example", dex=[write_dex(sorted(many))], strings={f"s{n}": f"{h}/r" for n, h in enumerate(many)}
    )
    file = read(apk, limits=replace(Limits(), found=100))
    assert (file.code, len(file.found)) == (Code.UNREADABLE, 100)


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
    assert file.fetched < 128 << 10  # half of it to see whether an archive lies at its end
