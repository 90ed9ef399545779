"""Writes vdex files of every layout there was, from lists of strings or from dex files.

Source: AOSP art/runtime/vdex_file.h of android-8.0.0 (006), 8.1.0 (010), 9.0.0 (019), 10.0.0 (021) and
12.0.0 (027).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from audit.lab.build.compact import write_compact
from audit.lab.build.dex import write_dex

_DEPS = b"DEPS" * 4
_QUICK = b"QUIC" * 2


def write_vdex(
    files: Sequence[bytes | Iterable[str]], *, version: int = 10, compact: bool | None = None
) -> bytes:
    """A vdex with one dex for each list of strings, or of each dex as it is given.

    compact: None = as that version of Android does
    """
    lists = [file for file in files if not isinstance(file, bytes)]
    if len(lists) == len(files) and (version == 19 if compact is None else compact):
        dexes, shared = write_compact(lists, before_each=4 if 11 <= version < 27 else 0)
        return hold(dexes, version=version, shared=shared)
    return hold([file if isinstance(file, bytes) else write_dex(file) for file in files], version=version)


def hold(dexes: Sequence[bytes], *, version: int = 10, shared: bytes = b"") -> bytes:
    """A vdex that holds *dexes* (and the data compact ones share)."""
    before = bytes(4) if 11 <= version < 27 else b""
    body = b"".join(before + _padded(dex) for dex in dexes)
    checksums = b"".join(dex[8:12] for dex in dexes)
    head = b"vdex%03d\0" % version
    if version < 19:
        sizes = struct.pack("<4I", len(dexes), len(body), len(_DEPS), len(_QUICK))
        return head + sizes + checksums + body + _DEPS + _QUICK
    if version < 27:
        more = bytes(8) if version >= 21 else b""
        head += b"002\0" + struct.pack("<2I", len(dexes), len(_DEPS)) + more
        section = struct.pack("<3I", len(body), len(shared), len(_QUICK))
        return head + checksums + section + body + shared + _DEPS + _QUICK
    return _with_table(head, checksums, body + shared)


def write_empty(count: int = 1, *, version: int = 27) -> bytes:
    """A vdex without dex files, for an APK that keeps them."""
    head, checksums = b"vdex%03d\0" % version, bytes(range(4 * count))
    if version < 19:
        return head + struct.pack("<4I", count, 0, len(_DEPS), 0) + checksums + _DEPS
    if version < 27:
        more = bytes(8) if version >= 21 else b""
        return head + b"000\0" + struct.pack("<2I", count, len(_DEPS)) + more + checksums + _DEPS
    return _with_table(head, checksums, b"")


def _with_table(head: bytes, checksums: bytes, dexes: bytes) -> bytes:
    at, rows = len(head) + 4 + 4 * 12, b""
    parts = (checksums, dexes, _DEPS, b"")
    for kind, part in enumerate(parts):
        rows += struct.pack("<3I", kind, at if part else 0, len(part))
        at += len(part)
    return head + struct.pack("<I", len(parts)) + rows + b"".join(parts)


def _padded(dex: bytes) -> bytes:
    return dex + bytes(-len(dex) % 4)
