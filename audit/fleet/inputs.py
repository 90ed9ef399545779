"""From what was named on a command line to the inputs that lie there: a unit each, however many there are.

A folder may be one input (a folder of command outputs, an unpacked firmware) or hold many. The sources are
asked whether they recognise it as one; only then is it looked into. Nothing is left out silently: what is not
looked at is handed to *skipped* with the reason.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from audit.errors import AuditError, UsageError
from audit.fleet import folders
from audit.fleet.numbers import short_number
from audit.model.record import record
from audit.sources import OPENERS

_MAGIC = re.compile(r"[*?\[]")
_DEEPEST = 64
_LOOKED_AT = 200
_HEAD_BYTES = 8192


@record
class Input:
    """One path to judge. meant: it was named, or is by its name an input: nothing to skip as something else

    there: it was seen from here
    """

    path: str
    meant: bool
    there: bool = True


@record
class Skipped:
    """What was not judged. why: in words; unsure: an input may have been lost with it"""

    path: str
    why: str
    unsure: bool = False


class Inputs:
    """The inputs that *named* stand for: paths, folders, and patterns with ``*``, ``?``, ``[`` and ``**``.

    Iterate once. Folders are read one at a time and their names sorted, so that a million files cost no more
    memory than the largest folder and eight bytes for each path, by which none is judged twice.
    """

    def __init__(self, named: Sequence[str], skipped: Callable[[Skipped], None]) -> None:
        self._named, self._skipped = tuple(named), skipped
        self._seen: set[int] = set()

    def __iter__(self) -> Iterator[Input]:
        for name in self._named:
            path = Path(name)
            if os.path.lexists(path) or not _MAGIC.search(name):
                yield from self._of(path, meant=True)
                continue
            found = False
            for one in _matches(name, self._unread):
                found = True
                yield from self._of(one, meant=not one.is_dir())
            if not found:
                raise UsageError(
                    "nothing fits this pattern", where=name, fix="check it, with quotes around it"
                )

    def _of(self, path: Path, *, meant: bool) -> Iterator[Input]:
        if not path.is_dir():
            if self._is_new(path):
                yield Input(path=str(path.absolute()), meant=meant, there=os.path.lexists(path))
        elif folders.is_one(path):
            if self._is_new(path):
                yield Input(path=str(path.absolute()), meant=True)
        else:
            yield from self._below(path)

    def _below(self, folder: Path) -> Iterator[Input]:
        """What a folder of many holds; its files first, then its folders."""
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            if not self._is_new(here):
                continue
            if len(here.parts) - len(folder.parts) > _DEEPEST:
                self._skipped(Skipped(path=str(here), why=f"lies {_DEEPEST} folders deep", unsure=True))
                continue
            below: list[Path] = []
            for path in self._listed(here):
                if path.name.startswith("."):
                    self._skipped(Skipped(path=str(path), why="is hidden"))
                elif not path.is_dir():
                    yield from self._of(path, meant=path.name.lower().endswith(folders.INPUT_ENDINGS))
                elif folders.is_one(path):
                    yield from self._of(path, meant=True)
                else:
                    below.append(path)
            waiting.extend(reversed(below))

    def _listed(self, folder: Path) -> list[Path]:
        try:
            return sorted(folder.iterdir())
        except OSError as error:
            self._unread(folder, error)
            return []

    def _unread(self, folder: Path, error: OSError) -> None:
        why = f"cannot be read: {error.strerror or error}"
        self._skipped(Skipped(path=str(folder), why=why, unsure=True))

    def _is_new(self, path: Path) -> bool:
        """Whether this is the first way to it; a link and what it leads to are one."""
        number = short_number(os.path.realpath(path))
        if number in self._seen:
            self._skipped(Skipped(path=str(path), why="was reached by another path already"))
            return False
        self._seen.add(number)
        return True


def holds_many(folder: Path) -> bool:
    """Whether *folder* holds several inputs, rather than being one or none; only its first files are read."""
    if folders.is_one(folder):
        return False
    found = 0
    for one in islice(Inputs([str(folder)], lambda _: None), _LOOKED_AT):
        found += one.meant or is_known(Path(one.path))
        if found > 1:
            return True
    return False


def is_known(path: Path) -> bool:
    """Whether a source recognises *path*; one that cannot be looked at counts as known."""
    try:
        head = b"" if path.is_dir() else _head(path)
        return any(one.accepts(path, head) for one in OPENERS)
    except (OSError, AuditError):
        return True


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def is_pattern(name: str) -> bool:
    """Whether *name* stands for what fits it: there is nothing of this very name."""
    return _MAGIC.search(name) is not None and not os.path.lexists(name)


Unread = Callable[[Path, OSError], None]


def _matches(pattern: str, unread: Unread) -> Iterator[Path]:
    """What fits, in the order of names; ``**`` stands for any folders, links among them not followed."""
    parts = Path(pattern).parts
    fixed = next(n for n, part in enumerate(parts) if _MAGIC.search(part))
    yield from _fitting(Path(*parts[:fixed]), parts[fixed:], unread)


def _fitting(base: Path, parts: tuple[str, ...], unread: Unread) -> Iterator[Path]:
    if not parts:
        if os.path.lexists(base):
            yield base
        return
    first, rest = parts[0], parts[1:]
    if not _MAGIC.search(first):
        yield from _fitting(base / first, rest, unread)
    elif first == "**":
        yield from _anywhere(base, rest, unread)
    else:
        for name, is_folder in _entries(base, unread):
            hidden = name.startswith(".") and not first.startswith(".")
            if (is_folder or not rest) and not hidden and fnmatch.fnmatchcase(name, first):
                yield from _fitting(base / name, rest, unread)


def _anywhere(base: Path, rest: tuple[str, ...], unread: Unread) -> Iterator[Path]:
    yield from _fitting(base, rest or ("*",), unread)
    for name, is_folder in _entries(base, unread):
        if is_folder and not name.startswith(".") and not (base / name).is_symlink():
            yield from _anywhere(base / name, rest, unread)


def _entries(base: Path, unread: Unread) -> list[tuple[str, bool]]:
    try:
        with os.scandir(base) as entries:
            return sorted((entry.name, entry.is_dir()) for entry in entries)
    except NotADirectoryError:
        return []
    except FileNotFoundError:
        return []
    except OSError as error:
        unread(base, error)
        return []
