"""A unit's files, and the ``sync:`` service over them."""

from __future__ import annotations

import io
import struct

import pytest

from audit.adb.device import FileStat
from audit.adb.sync import ListReader, RecvReader, StatReader, SyncId, pack_request, recv_request
from audit.endpoints import read_code
from audit.lab import unit_from_table
from audit.lab.file_service import FileService
from audit.lab.files import BUILT, FILE, FOLDER, Tree
from audit.model.code import Code, CodeFile, FoundKind

UNIT = unit_from_table(
    {
        "title": "t",
        "android": "13",
        "serial": "LABT",
        "files": {"/system/etc/a": "aa", "/system/etc/deep/b": "b", "/big": "x" * 100_000},
        "packages": {
            "com.a": {
                "path": "/system/app/A",
                "shared_user": "android.uid.phone",
                "code": {
                    "strings": ["http://a.example.com", "persist.a.gate"],
                    "odexed": True,
                    "receivers": {".Boot": ["android.intent.action.BOOT_COMPLETED"]},
                    "cleartext": True,
                },
            },
            "com.b": {"path": "/data/app/com.b-1", "code": {"strings": ["https://b.example.com"]}},
            "com.c": {"path": "/system/app/C", "code": {"strings": ["x"], "odexed": True}},
        },
        "hidden": ["/system/app/C/oat"],
    },
    name="t",
)


APK = Tree(UNIT).read("/system/app/A/A.apk") or b""


def service() -> FileService:
    """A fresh stream."""
    return FileService(Tree(UNIT))


@pytest.mark.parametrize("v2", [False, True])
@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/system/etc/a", (FILE, 2)),
        ("/system/etc", (FOLDER, 4096)),
        ("/system/app/A/A.apk", (FILE, len(APK))),
        ("/system/app/A/oat", (FOLDER, 4096)),
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
        (b"NOPE\0\0\0\0", b"FAIL"),
        (struct.pack("<4sI", b"STAT", 4096), b"FAIL"),
    ],
)
def test_the_end_of_a_stream(request_bytes: bytes, answer: bytes) -> None:
    """QUIT and nonsense end it, the latter with a reason."""
    stream = service()
    assert stream.feed(request_bytes).startswith(answer)
    assert stream.done


def test_compression_is_refused() -> None:
    """These units compress nothing, and say so."""
    asked = pack_request(SyncId.RECV2, "/big") + struct.pack("<4sI", b"RCV2", 1)
    assert b"compression is not supported" in service().feed(asked)


def content(path: str) -> CodeFile:
    """What the program reads in one of the unit's files."""
    data = Tree(UNIT).read(path)
    assert data is not None
    return read_code(io.BytesIO(data), path=path)


def test_a_stripped_apk_says_who_it_is() -> None:
    """Package, shared user, receiver and cleartext are in its manifest; there is no code in it."""
    apk = content("/system/app/A/A.apk")
    assert apk.code is Code.NONE
    assert apk.troubles == ()
    assert apk.manifest is not None
    assert (apk.manifest.package, apk.manifest.shared_user) == ("com.a", "android.uid.phone")
    assert apk.manifest.cleartext is True
    assert [(c.kind, c.actions) for c in apk.manifest.components] == [
        ("receiver", ("android.intent.action.BOOT_COMPLETED",))
    ]


def test_its_code_lies_beside_it() -> None:
    """The addresses and properties of the description are in the vdex."""
    vdex = content("/system/app/A/oat/arm64/A.vdex")
    assert (vdex.code, vdex.troubles) == (Code.READ, ())
    assert {(one.kind, one.value) for one in vdex.found} == {
        (FoundKind.URL, "http://a.example.com"),
        (FoundKind.PROPERTY, "persist.a.gate"),
    }


def test_an_installed_apk_holds_its_own_code() -> None:
    """What is not stripped has a dex in the APK, and nothing beside it."""
    assert [one.value for one in content("/data/app/com.b-1/base.apk").found] == ["https://b.example.com"]
    assert Tree(UNIT).names("/data/app/com.b-1") == ["base.apk"]


def test_the_platform_signs_what_shares_its_uids() -> None:
    """Packages of a system uid are signed with the framework's key, others with another."""
    system, app = content("/system/app/A/A.apk").signers, content("/data/app/com.b-1/base.apk").signers
    assert [signer.scheme for signer in (*system, *app)] == [2, 2]
    assert "platform" in system[0].subject
    assert system[0].sha256 != app[0].sha256


def test_hidden_folders_are_seen_and_not_entered() -> None:
    """As on a phone: the folder above lists it, it lists nothing, and what is in it cannot be had."""
    tree = Tree(UNIT)
    assert tree.names("/system/app/C") == ["C.apk", "oat"]
    assert tree.stat("/system/app/C/oat") == (FOLDER, 4096, BUILT)
    assert tree.names("/system/app/C/oat") is None
    assert tree.stat("/system/app/C/oat/arm64/C.vdex") is None
    assert tree.refusal("/system/app/C/oat/arm64/C.vdex") == "Permission denied"
