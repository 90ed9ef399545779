"""What opens an encrypted acquisition, as options, the environment or a person at the terminal say."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from audit.errors import UsageError
from audit.sources import Keys

PASSPHRASE_VARIABLE = "ADB_AUDIT_AGE_PASSPHRASE"
_LARGEST_BYTES = 64 * 1024


def keys(passphrase_file: Path | None, identities: Sequence[Path] | None) -> Keys:
    """The keys that were given; a passphrase is asked for only when one is needed, and only at a terminal.

    Raises UsageError for a passphrase file that cannot be read or is empty.
    """
    passphrase = os.environ.get(PASSPHRASE_VARIABLE) or None
    if passphrase_file is not None:
        passphrase = first_line(passphrase_file)
    return Keys(
        passphrase=passphrase,
        identities=tuple(identities or ()),
        ask=_ask if sys.stdin is not None and sys.stdin.isatty() else None,
    )


def first_line(path: Path, what: str = "passphrase") -> str:
    """The secret in the file *path*. Raises UsageError for one that cannot be read or holds none.

    what: it is, in a word
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES)
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", where=str(path), fix="check the path and its permissions"
        ) from error
    try:
        line = data.decode().partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"is not UTF-8 at byte {error.start}", where=str(path), fix=f"save the {what} as text"
        ) from error
    if not line:
        raise UsageError(f"holds no {what}", where=str(path), fix=f"write the {what} into its first line")
    return line


def _ask() -> str:
    import getpass

    return getpass.getpass("Passphrase of the acquisition: ")
