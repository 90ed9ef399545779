"""Keeps a snapshot in a file and reads it back: the same artifacts, so the same report."""

from __future__ import annotations

import codecs
import gzip
import os
import stat
import tempfile
import zlib
from pathlib import Path

from audit import codec
from audit.errors import BadInput, UsageError
from audit.model.evidence import Snapshot
from audit.sources import disk

ENDINGS = (".json", ".json.gz")
LARGEST_BYTES = 512 * 1024 * 1024
"""Of a snapshot after unpacking; the largest real one, --full with every user, is below 20 MB."""

_PRIVATE, _FOR_ALL = 0o600, 0o644
GZIP = b"\x1f\x8b"


def save(snapshot: Snapshot, path: Path) -> None:
    """Write *snapshot* to *path*, whole or not at all, readable by its owner only (it holds identifiers).

    Raises UsageError when the name ends in neither .json nor .json.gz, or the place cannot be written.
    """
    if not path.name.endswith(ENDINGS):
        raise UsageError(
            "a snapshot is kept as JSON", where=str(path), fix=f"end the name in {' or '.join(ENDINGS)}"
        )
    data = codec.to_json(snapshot).encode()
    if path.name.endswith(".gz"):
        data = gzip.compress(data, mtime=0)  # mtime: the same snapshot gives the same file
    write_atomically(path, data)


def write_atomically(
    path: Path, data: bytes, *, private: bool = True, as_it_was: bool = False, durable: bool = True
) -> None:
    """Put *data* at *path* in one step; what was there stays until then.

    A link stays one, and what is no regular file (a pipe, ``/dev/stdout``) is written into, never replaced.

    private: mode 0600, else 0644; as_it_was: the mode of what was there, where there was something
    durable: it is on the disk when this returns, else whenever the system gets to it
    Raises UsageError when the place cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path = path.resolve()
        mode = _PRIVATE if private else _FOR_ALL
        if as_it_was and path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            if mode != _PRIVATE:  # as it is made
                Path(temporary).chmod(mode)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)  # there only when something went wrong
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", where=str(path), fix="choose another place"
        ) from error


def load(path: Path, *, largest_bytes: int = LARGEST_BYTES) -> Snapshot:
    """Read a snapshot that `save` wrote; BadInput with file and position for anything else.

    largest_bytes: the most it may have, unpacked
    """
    try:
        with path.open("rb") as file:
            data = file.read(largest_bytes + 1)
    except OSError as error:
        raise disk.unreadable(path, error) from error
    if data.startswith(GZIP):
        data = _unpacked(data, path, largest_bytes)
    if len(data) > largest_bytes:
        raise BadInput(
            f"is larger than {largest_bytes} bytes", where=str(path), fix="check that it is a saved snapshot"
        )
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"is not UTF-8 at byte {error.start}", where=str(path), fix="give a file that --save wrote"
        ) from error
    return codec.from_json(Snapshot, text, where=str(path))


def _unpacked(data: bytes, path: Path, largest_bytes: int) -> bytes:
    """The content of a gzip file, no more than one byte above the limit."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, largest_bytes + 1)
    except zlib.error as error:
        raise BadInput(
            f"is damaged gzip: {error}", where=str(path), fix="save or copy the snapshot again"
        ) from error
    if not unpacker.eof and len(plain) <= largest_bytes:
        raise BadInput("is cut short", where=str(path), fix="save or copy the snapshot again")
    return plain
