"""A unit's files, and the ``sync:`` service over them."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from audit.adb.device import FileStat
from audit.adb.sync import ListReader, RecvReader, StatReader, SyncId, pack_request, recv_request
from audit.lab import unit_from_table
from audit.lab.file_service import FileService
from audit.lab.files import BUILT, FILE, FOLDER, Tree

UNIT = unit_from_table(
    {
        "title": "t",
        "android": "13",
        "serial": "LABT",
        "files": {"/system/etc/a": "aa", "/system/etc/deep/b": "b", "/big": "x" * 100_000},
        "packages": {"com.a": {"path": "/system/app/A"}},
    },
    name="t",
)


def service() -> FileService:
    """A fresh stream."""
    return FileService(Tree(UNIT))


@pytest.mark.parametrize("v2", [False, True])
@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/system/etc/a", (FILE, 2)),
        ("/system/etc", (FOLDER, 4096)),
        ("/system/app/A/A.apk", (FILE, 27)),
        ("/none", None),
        ("/data/data", None),
    ],
)
def test_stat(path: str, wanted: tuple[int, int] | None, v2: bool) -> None:
    """Mode and size of files and folders, and nothing for what is not there."""
    reader = StatReader(path, v2=v2)
    reader.feed(service().feed(pack_request(SyncId.STAT2 if v2 else SyncId.STAT, path)))
    assert reader.done
    expected = wanted and FileStat(path=path, mode=wanted[0], size=wanted[1], mtime=BUILT)
    assert reader.result == expected


@pytest.mark.parametrize("v2", [False, True])
def test_list(v2: bool) -> None:
    """The entries of a folder; none where there is no folder."""
    reader = ListReader("/system/etc", v2=v2)
    reader.feed(service().feed(pack_request(SyncId.LIST2 if v2 else SyncId.LIST, "/system/etc")))
    assert [(entry.path, entry.mode) for entry in reader.entries] == [
        ("/system/etc/a", FILE),
        ("/system/etc/deep", FOLDER),
    ]
    empty = ListReader("/none", v2=v2)
    empty.feed(service().feed(pack_request(SyncId.LIST2 if v2 else SyncId.LIST, "/none")))
    assert (empty.done, empty.entries) == (True, [])


@pytest.mark.parametrize("v2", [False, True])
def test_content(v2: bool) -> None:
    """A file comes in chunks, even when the request comes byte by byte; then the stream takes another."""
    stream = service()
    reader = RecvReader()
    content = b""
    for byte in recv_request("/big", v2=v2):
        content += b"".join(map(bytes, reader.feed(stream.feed(bytes([byte])))))
    assert reader.done
    assert content == b"x" * 100_000
    assert not stream.done
    assert stream.feed(pack_request(SyncId.STAT, "/big")).startswith(b"STAT")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/none", "open failed: No such file or directory"),
        ("/data/data/x", "open failed: Permission denied"),
        ("/system", "open failed: Is a directory"),
    ],
)
def test_refused_content(path: str, why: str) -> None:
    """What cannot be read is refused in the C library's words, and the stream goes on."""
    stream = service()
    reader = RecvReader()
    assert list(reader.feed(stream.feed(recv_request(path, v2=False)))) == []
    assert reader.failure == why
    assert not stream.done


@pytest.mark.parametrize(
    ("request_bytes", "answer"),
    [
        (pack_request(SyncId.QUIT), b""),
        (pack_request(SyncId.SEND, "/x,0644"), b"FAIL\x15\0\0\0Read-only file system"),
        (b"NOPE\0\0\0\0", b"FAIL"),
        (struct.pack("<4sI", b"STAT", 4096), b"FAIL"),
    ],
)
def test_the_end_of_a_stream(request_bytes: bytes, answer: bytes) -> None:
    """QUIT, writing and nonsense end it, the latter two with a reason."""
    stream = service()
    assert stream.feed(request_bytes).startswith(answer)
    assert stream.done


def test_compression_is_refused() -> None:
    """These units compress nothing, and say so."""
    asked = pack_request(SyncId.RECV2, "/big") + struct.pack("<4sI", b"RCV2", 1)
    assert b"compression is not supported" in service().feed(asked)


def test_apks_are_archives() -> None:
    """What stands for an APK is a ZIP that opens, empty, with the package's name as comment."""
    content = Tree(UNIT).read("/system/app/A/A.apk")
    assert content is not None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == []
        assert archive.comment == b"com.a"
