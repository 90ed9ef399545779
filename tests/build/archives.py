"""Writes the archives that packages come in."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping

import lz4.frame


def zipped(files: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    """A ZIP archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarred(files: Mapping[str, bytes], *, gz: bool = False, md5: bool = False) -> bytes:
    """A tar archive; *md5* adds the line that Samsung's end with."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    data = file.getvalue() + (b"0123456789abcdef0123456789abcdef  AP.tar\n" if md5 else b"")
    return gzip.compress(data) if gz else data


def lz4ed(data: bytes, *, linked: bool = False, told: bool = True) -> bytes:
    """An LZ4 frame; Samsung's have independent blocks of 1 MB and tell their size."""
    return bytes(
        lz4.frame.compress(
            data,
            block_size=lz4.frame.BLOCKSIZE_MAX64KB,
            block_linked=linked,
            store_size=told,
            content_checksum=True,
        )
    )


def nb0(files: Mapping[str, bytes]) -> bytes:
    """FIH's archive."""
    rows, data = [], b""
    for name, content in files.items():
        rows.append(struct.pack("<4I48s", len(data), len(content), 0, 0, name.encode()))
        data += content
    return struct.pack("<I", len(rows)) + b"".join(rows) + data


def update_app(files: Mapping[str, bytes]) -> bytes:
    """Huawei's archive of images."""
    out = bytes(92)
    for number, (name, content) in enumerate(files.items()):
        sums = bytes(2 * (len(content) // 4096 + 1))
        head = struct.pack(
            "<4sII8sII16s16s16s16sHHH",
            b"\x55\xaa\x5a\xa5", 98 + len(sums), 1, b"HW8x50\xff\xff", number, len(content),
            b"2020.01.01", b"12.00.00", name.encode(), b"", 0, 4096, 0,
        )  # fmt: skip
        out += head + sums + content
        out += bytes(-len(out) % 4)
    return out
