"""Files of the station that only its user may read: whole or not there."""

from __future__ import annotations

from pathlib import Path

from audit.errors import BadInput, UsageError
from audit.sources.saved import write_atomically


def read_private(path: Path, largest_bytes: int) -> str | None:
    """The text of a file; None where there is none. BadInput where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(largest_bytes + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror}", where=str(path), fix="check the disk, and who may read it"
        ) from error
    if len(data) > largest_bytes:
        raise BadInput(f"is larger than {largest_bytes} bytes", where=str(path), fix="check what wrote it")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"is not UTF-8 at byte {error.start}", where=str(path), fix="put it aside; check what wrote it"
        ) from error


def write_private(path: Path, text: str) -> None:
    """Put *text* in place of what *path* holds, at once, on the disk, for its owner only.

    Raises UsageError where that cannot be.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}",
            where=str(path),
            fix="let this user write there, and see that the disk has room",
        ) from error
    write_atomically(path, text.encode())
