"""Reads files that strangers send: bounded in number and size, no link followed, every trouble an error.

A folder of evidence comes from a ticket or a chat; what lies in it is no more to be trusted than the unit.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from audit.errors import BadInput

LARGEST_BYTES = 64 * 1024 * 1024
"""``dumpsys package`` of a full phone is 3 to 6 MB."""
MOST_ENTRIES = 20_000
DEEPEST = 24

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def walk(folder: Path) -> Iterator[Path]:
    """Every entry below *folder* that is no folder, links not followed, in the order of their names.

    Hidden folders (``.git``) are given as they are, unopened. Raises BadInput when there are too many.
    """
    seen = 0
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        for entry in sorted(_entries(here), key=lambda found: found.name):
            seen += 1
            if seen > MOST_ENTRIES or depth > DEEPEST:
                raise BadInput(
                    f"more than {MOST_ENTRIES} files, or folders {DEEPEST} deep",
                    where=str(folder),
                    fix="give the folder of one unit only, with the files that are to be judged",
                )
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                waiting.append((path, depth + 1))
            else:
                yield path


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise unreadable(folder, error) from error


def read(path: Path) -> bytes:
    """The content of a regular text file. PowerShell's UTF-16 becomes UTF-8, nothing else is changed.

    Raises BadInput for what is a link, not a file, too large, binary or unreadable.
    """
    try:
        mode = path.lstat()
        if stat.S_ISLNK(mode.st_mode):
            raise BadInput("is a symbolic link", where=str(path), fix="put the file itself there")
        if not stat.S_ISREG(mode.st_mode):
            raise BadInput("is not a regular file", where=str(path), fix="put a file there, or take it away")
        if mode.st_size > LARGEST_BYTES:
            raise BadInput(
                f"has {mode.st_size} bytes; {LARGEST_BYTES} are the most",
                where=str(path),
                fix="check that it is the output of one command",
            )
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    return text_bytes(data, path)


def text_bytes(data: bytes, path: Path) -> bytes:
    """*data* when it is text; BadInput with the place of the first NUL otherwise."""
    encoding = _UTF16.get(data[:2])
    if encoding is not None:
        try:
            return data.decode(encoding).encode()
        except UnicodeDecodeError as error:
            raise BadInput(
                f"begins as UTF-16 and is none from byte {error.start} on",
                where=str(path),
                fix="record the output again",
            ) from error
    data = data.removeprefix(codecs.BOM_UTF8)
    at = data.find(b"\0")
    if at >= 0:
        raise BadInput(
            f"is binary (a NUL at byte {at})", where=str(path), fix="give the text that the command printed"
        )
    return data


def unreadable(path: Path, error: OSError) -> BadInput:
    """A file or folder the system would not give."""
    what = {
        FileNotFoundError: "there is no such file or folder",
        PermissionError: "may not be read",
    }.get(type(error), f"cannot be read: {error.strerror or error}")
    fix = (
        "check the path" if isinstance(error, FileNotFoundError) else "check who owns it and its permissions"
    )
    return BadInput(what, where=str(path), fix=fix)
