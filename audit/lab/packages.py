"""What lies in a package's folder: an APK that says who it is, and the code its description states. Pure.

Stripped packages hold their code as system images do: in ``oat/arm64/`` beside an APK without any.
"""

from __future__ import annotations

import base64
import io
import struct
import zipfile
from types import MappingProxyType

from audit.lab.build.axml import Node, node, write_axml
from audit.lab.build.dex import write_dex
from audit.lab.build.oat import write_oat
from audit.lab.build.vdex import write_vdex
from audit.lab.spec import CodeSpec, PackageSpec, UnitSpec

_ISA = "arm64"
_FIRST_VDEX = 26
_VDEX = MappingProxyType({26: 6, 27: 10, 28: 19, 29: 21, 31: 27})
"""API level to the version of its vdex files (AOSP ``art/runtime/vdex_file.h``)."""
_BUILT = (2009, 1, 1, 0, 0, 0)

_PLATFORM = (
    "MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjA9MRYwFAYDVQQKDA1WaXJ0dWFsIE1ha2VyMSMwIQYDVQQDDBpWaXJ0dWFs"
    "IE1ha2VyIHBsYXRmb3JtIGtleTAeFw0wOTAxMDEwMDAwMDBaFw00OTAxMDEwMDAwMDBaMD0xFjAUBgNVBAoMDVZpcnR1YWwg"
    "TWFrZXIxIzAhBgNVBAMMGlZpcnR1YWwgTWFrZXIgcGxhdGZvcm0ga2V5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbMsT"
    "zFW5kTxh3f/M/Ixcymprnbf1YNYy/R9eXTDsZ9Aya0RhAJUHWSOJx4nzkSY64DQxLj6PGPlECDsNTymRuzAKBggqhkjOPQQD"
    "AgNIADBFAiEA382Hg0cTIAh04dD22NJfJQy63bq+byF5sUHXAJbc4tkCIDP7kEzZH4yUXqvwHHaCJv+eVUHDp5zZ6nr7snS8"
    "2wUm"
)
_APPLICATION = (
    "MIIBbTCCAROgAwIBAgIBATAKBggqhkjOPQQDAjBAMRYwFAYDVQQKDA1WaXJ0dWFsIE1ha2VyMSYwJAYDVQQDDB1WaXJ0dWFs"
    "IE1ha2VyIGFwcGxpY2F0aW9uIGtleTAeFw0wOTAxMDEwMDAwMDBaFw00OTAxMDEwMDAwMDBaMEAxFjAUBgNVBAoMDVZpcnR1"
    "YWwgTWFrZXIxJjAkBgNVBAMMHVZpcnR1YWwgTWFrZXIgYXBwbGljYXRpb24ga2V5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD"
    "QgAEKNl1M9yef8IA8rUbCZWd0t747LrIZH6xF21komSXKSL3W9WxuczjljnUbyHi4VOJFmqv+2fLKNRoy9rZxQsHjTAKBggq"
    "hkjOPQQDAgNIADBFAiAFOUpI+ovV47QwJty2uGyYDABS85lOGOALNQDh21oHAAIhAK6yJ3/DHVAP0AsKhBvVnrLgofFDlf8Q"
    "oiZd+zvm7AWb"
)
"""Certificates made for virtual units; nothing else is signed with their keys, which were not kept."""

_SCHEME_V2 = 0x7109871A
_BLOCK_MAGIC = b"APK Sig Block 42"


def paths_of(package: PackageSpec, sdk: int) -> tuple[str, ...]:
    """The files of *package*, its base APK first. sdk: API level, which decides where compiled code is."""
    if package.code is None or not package.code.odexed:
        return (package.apk,)
    folder, _, name = package.apk.rpartition("/")
    ending = "odex" if sdk < _FIRST_VDEX else "vdex"
    return (package.apk, f"{folder}/oat/{_ISA}/{name.removesuffix('.apk')}.{ending}")


def content_of(unit: UnitSpec, name: str, path: str) -> bytes:
    """What the file at *path* of the package *name* holds."""
    package = unit.packages[name]
    code = package.code or CodeSpec()
    if path != package.apk:
        return _compiled(code.strings, unit.sdk)
    entries = {"AndroidManifest.xml": write_axml(_manifest(name, package, code))}
    if code.strings and not code.odexed:
        entries["classes.dex"] = write_dex(code.strings)
    return _signed(_zip(entries), base64.b64decode(_key_of(package)))


def _compiled(strings: tuple[str, ...], sdk: int) -> bytes:
    """Before Android 8 an odex holds the dex, from then on the vdex beside it (which is all that is here)."""
    if sdk < _FIRST_VDEX:
        return write_oat([strings], version=79)
    version = max(known for known in _VDEX.items() if known[0] <= sdk)[1]
    return write_vdex([strings], version=version)


def _key_of(package: PackageSpec) -> str:
    """What shares a uid of the system's is signed with the platform key, as Android insists."""
    return _PLATFORM if (package.shared_user or "").startswith("android.uid.") else _APPLICATION


def _manifest(name: str, package: PackageSpec, code: CodeSpec) -> Node:
    overlay = [node("overlay", {"android:targetPackage": package.overlay_target})]
    application = node(
        "application",
        {
            "android:hasCode": False if package.overlay_target else None,
            "android:usesCleartextTraffic": code.cleartext,
        },
        *(_receiver(*item) for item in sorted(code.receivers.items())),
    )
    return node(
        "manifest",
        {
            "android:sharedUserId": package.shared_user,
            "android:versionCode": package.version_code,
            "android:versionName": package.version_name and _plain(package.version_name),
            "package": _plain(name),
        },
        *(overlay if package.overlay_target else []),
        application,
    )


def _plain(text: str) -> str:
    """*text* without what UTF-8 has no form for, which descriptions of odd units may hold."""
    return text.encode(errors="replace").decode()


def _receiver(name: str, actions: tuple[str, ...]) -> Node:
    filters = node("intent-filter", {}, *(node("action", {"android:name": action}) for action in actions))
    return node("receiver", {"android:name": name, "android:exported": True}, filters)


def _zip(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name, _BUILT)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return file.getvalue()


def _signed(apk: bytes, certificate: bytes) -> bytes:
    """*apk* with a v2 block that names *certificate*; its signature is empty, since nobody installs it."""
    end = len(apk) - 22
    start = int(struct.unpack_from("<I", apk, end + 16)[0])
    data = _prefixed(b"") + _prefixed(_prefixed(certificate)) + _prefixed(b"")
    signer = _prefixed(data) + _prefixed(b"") + _prefixed(b"")
    value = struct.pack("<I", _SCHEME_V2) + _prefixed(_prefixed(signer))
    pairs = struct.pack("<Q", len(value)) + value
    size = struct.pack("<Q", len(pairs) + 24)
    block = size + pairs + size + _BLOCK_MAGIC
    return (
        apk[:start]
        + block
        + apk[start:end]
        + apk[end : end + 16]
        + struct.pack("<I", start + len(block))
        + apk[end + 20 :]
    )


def _prefixed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data
