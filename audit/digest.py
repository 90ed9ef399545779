"""One number for the evidence of a snapshot, whatever way it was reached.

Apart from `audit.codec` because the pipeline needs it and must not know pydantic.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from enum import Enum

from audit.model.evidence import Artifact, Gap, Snapshot

_FORM = b"adb-audit/digest/1"


def digest(snapshot: Snapshot) -> str:
    """SHA-256, in hex, over the artifacts, gaps and code of *snapshot* and nothing else.

    The unit's name, the source, the time and the program's version are left out: the same evidence gives the
    same number over USB, through a server, from a saved file, tomorrow. The order of reading does not count,
    since several streams run at once. Every field is preceded by its length, so that no two different
    snapshots are one run of bytes; None, empty and absent differ.
    """
    whole = hashlib.sha256(_FORM)
    for item in sorted(_hash(_artifact(a)) for a in snapshot.artifacts):
        whole.update(b"a" + item)
    for item in sorted(_hash(_gap(g)) for g in snapshot.gaps):
        whole.update(b"g" + item)
    for item in sorted(_hash(_fields(c)) for c in snapshot.code):
        whole.update(b"c" + item)
    return whole.hexdigest()


def _artifact(artifact: Artifact) -> Iterator[bytes | str | int | None]:
    yield from (artifact.kind.value, artifact.origin, artifact.data, artifact.stderr, artifact.exit_code)
    yield from (int(artifact.truncated), artifact.user, artifact.argument)


def _gap(gap: Gap) -> Iterator[bytes | str | int | None]:
    yield from (gap.topic.value, gap.reason, gap.fix, gap.origin, gap.user)


def _fields(value: object) -> Iterator[bytes | str | int | None]:
    """A record's fields in the order of their declaration, nested ones between marks of their length."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        yield len(names)
        for name in names:
            yield from _fields(getattr(value, name))
    elif isinstance(value, tuple):
        yield len(value)
        for item in value:
            yield from _fields(item)
    elif isinstance(value, Enum):
        yield str(value.value)
    elif value is None or isinstance(value, str | int):
        yield value
    else:
        raise TypeError(f"no form for {type(value).__name__}")


def _hash(fields: Iterator[bytes | str | int | None]) -> bytes:
    one = hashlib.sha256()
    for field in fields:
        if field is None:
            one.update(b"-")
            continue
        # surrogates: a path of the station that is not UTF-8 arrives with them
        raw = field if isinstance(field, bytes) else str(field).encode("utf-8", "surrogatepass")
        one.update(b"%d:" % len(raw))
        one.update(raw)
    return one.digest()
