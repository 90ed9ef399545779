"""Records as they are kept: JSON, zlib, and the hash that says whether it is still the same."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace
from typing import TypeVar

from audit import codec
from audit.history.troubles import HistoryError
from audit.model.evidence import Snapshot
from audit.model.record import record

T = TypeVar("T")

_LARGEST_BYTES = 1 << 30
"""Of JSON: what a database of either kind holds in one value, and more than any unit's evidence."""
_PIECE_BYTES = 1 << 20
_FIX = "use a backup of the history; what else it holds can still be read"


@record
class Packed:
    """sha256: of the JSON; content: of it, compressed; size: of it, in bytes"""

    sha256: str
    content: bytes
    size: int


def pack(value: object) -> Packed:
    """*value* as it is kept. Raises HistoryError for what no database could hold."""
    raw = codec.to_json(value).encode()
    if len(raw) > _LARGEST_BYTES:
        raise HistoryError(
            f"{len(raw):,} bytes are too many for a history",
            where=type(value).__name__.lower(),
            fix="audit with --no-history, and keep the evidence in a file",
        )
    return Packed(sha256=hashlib.sha256(raw).hexdigest(), content=zlib.compress(raw), size=len(raw))


def unpack(cls: type[T], packed: Packed, where: str) -> T:
    """What was packed. Raises HistoryError, naming *where*, for what was changed since."""
    try:
        opener = zlib.decompressobj()
        raw = opener.decompress(packed.content, min(packed.size, _LARGEST_BYTES) + 1)
    except zlib.error as error:
        raise HistoryError(f"cannot be read any more: {error}", where=where, fix=_FIX) from error
    if not opener.eof or hashlib.sha256(raw).hexdigest() != packed.sha256:
        raise HistoryError("was changed since it was recorded", where=where, fix=_FIX)
    return codec.from_json(cls, raw.decode(), where=where)


def check(packed: Packed, where: str) -> None:
    """Raise HistoryError, naming *where*, unless *packed* is what its hash says; a piece at a time."""
    opener, hashed, data = zlib.decompressobj(), hashlib.sha256(), packed.content
    try:
        while data and not opener.eof:
            hashed.update(opener.decompress(data, _PIECE_BYTES))
            data = opener.unconsumed_tail
        hashed.update(opener.flush())
    except zlib.error as error:
        raise HistoryError(f"cannot be read any more: {error}", where=where, fix=_FIX) from error
    if not opener.eof or hashed.hexdigest() != packed.sha256:
        raise HistoryError("was changed since it was recorded", where=where, fix=_FIX)


def without_evidence(snapshot: Snapshot) -> Snapshot:
    """The head of *snapshot*: whose, from where and when. The same evidence may come by several ways."""
    return replace(snapshot, artifacts=(), gaps=(), code=())


def with_evidence(head: Snapshot, evidence: Snapshot) -> Snapshot:
    """Undo `without_evidence`."""
    return replace(head, artifacts=evidence.artifacts, gaps=evidence.gaps, code=evidence.code)
