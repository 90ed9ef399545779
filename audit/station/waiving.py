"""The file of waivers of a station: read, and added to by one who may."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from audit.errors import UsageError
from audit.model.text import clean_line
from audit.model.waivers import Waiver
from audit.signoff.new_waiver import Added, Refused, added
from audit.signoff.waivers import parse_waivers, read_bytes
from audit.sources.saved import write_atomically

_WAIT_S = 10.0
_MODE = 0o600
"""Of the lock; the file may name units by their serial numbers, and is its owner's alone when it is new."""


def read(path: Path, checks: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers of the file at *path*; () where there is none yet. Raises BadWaivers."""
    return parse_waivers(_bytes(path), clean_line(str(path)), checks)


def add(path: Path, given: Mapping[str, str], checks: Collection[str]) -> Waiver | Refused:
    """Put one waiver more into the file at *path*, or say why not; then the file stays as it is.

    The new file takes the old one's place in one step, and only if all of it holds.
    Raises BadWaivers for a file that does not hold already, UsageError for one that cannot be written.
    """
    beside = path.with_name(f".{path.name}.lock")
    try:
        with FileLock(beside, timeout=_WAIT_S, mode=_MODE):
            made = added(_bytes(path), given, clean_line(str(path)), checks)
            if isinstance(made, Added):
                write_atomically(path, made.data, as_it_was=True)
    except Timeout as error:
        raise UsageError(
            "somebody else is writing it", where=str(path), fix="try again in a moment"
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", where=str(path), fix="see to its permissions"
        ) from error
    return made.waiver if isinstance(made, Added) else made


def _bytes(path: Path) -> bytes:
    return read_bytes(path) if path.exists() else b""
