"""The folder of a station: its crates, and which of them is on the bench.

::

    bench.json      {"crate": NAME} while one is on the bench, also after the program was killed
    station.lock    held, by the kernel, while a station works
    NAME/           a folder for each crate, see `audit.crate.store`
"""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from audit.crate import files
from audit.crate.store import HEAD
from audit.errors import BadInput, UsageError

_NOW, _LOCK = "bench.json", "station.lock"
_LARGEST_BYTES = 4096
_MOST = 100
_MOST_CRATES = 1_000


class Place:
    """The folder at *folder*, which is made when it is held for the first time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def held(self) -> Iterator[None]:
        """For this station alone. Raises UsageError where another one has it, or it cannot be written."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._folder / _LOCK, timeout=0, mode=0o600, thread_local=False)
            lock.acquire()
        except Timeout as error:
            raise UsageError(
                "another station is working in this folder",
                where=str(self._folder),
                fix="end it, or name another folder",
            ) from error
        except OSError as error:
            raise files.cannot(self._folder, error) from error
        try:
            files.sweep(self._folder)
            yield
        finally:
            lock.release()

    def now(self) -> Path | None:
        """The crate on the bench; None = there is none. Raises BadInput where that cannot be read."""
        path = self._folder / _NOW
        with files.told(path):
            if not path.exists():
                return None
        try:
            name = json.loads(files.read_text(path, _LARGEST_BYTES))["crate"]
        except (ValueError, TypeError, KeyError) as error:
            raise self._bad() from error
        if not isinstance(name, str) or Path(name).name != name:
            raise self._bad()
        return self._folder / name

    def _bad(self) -> BadInput:
        return BadInput(
            "does not say which crate is on the bench",
            where=str(self._folder / _NOW),
            fix="remove it and start again; crates are in the folders beside it",
        )

    def put(self, name: str) -> str | None:
        """The crate called *name* is on the bench from now on; the name of the one that was."""
        try:
            before = self.now()
        except BadInput:
            before = None  # it is overwritten
        files.write(self._folder / _NOW, json.dumps({"crate": name}).encode())
        return None if before is None else before.name

    def clear(self) -> None:
        """No crate is on the bench."""
        with files.told(self._folder / _NOW):
            (self._folder / _NOW).unlink(missing_ok=True)
            files.sync(self._folder)

    def unused(self, name: str, *, chosen: bool) -> Path:
        """A folder called *name* that is not there yet, or one like it where nobody has *chosen* that."""
        if name.casefold() in (_NOW, _LOCK):
            raise UsageError(f"the station calls a file of its own {name}", fix="give it another name")
        names = (name, *(f"{name}-{number}" for number in range(2, 1 if chosen else _MOST)))
        for one in names:
            if not (self._folder / one).exists():
                return self._folder / one
        raise UsageError(f"there is a crate called {name} already", fix="give it another name")

    def crates(self) -> tuple[Path, ...]:
        """The folders of crates, at most the 1,000 that were changed last.

        Raises BadInput where they cannot be listed.
        """
        return tuple(folder for _, folder in heapq.nlargest(_MOST_CRATES, self._listed()))

    def crate(self, name: str) -> Path | None:
        """The folder of the crate called *name*, one of those there are; None = there is none.

        Raises BadInput where they cannot be listed.
        """
        return next((folder for _, folder in self._listed() if folder.name == name), None)

    def _listed(self) -> Iterator[tuple[int, Path]]:
        """Each with when it was changed; what a link leads to is not in this folder."""
        try:
            with os.scandir(self._folder) as found:
                for one in found:
                    if (changed := _changed(one)) is not None:
                        yield changed, self._folder / one.name
        except FileNotFoundError:
            return  # no station has worked here yet
        except OSError as error:
            raise BadInput(
                f"cannot be listed: {error.strerror}", where=str(self._folder), fix="check who may read it"
            ) from error


def _changed(one: os.DirEntry[str]) -> int | None:
    """When the folder of a crate was changed; None = it is none, or one that nobody may enter."""
    try:
        is_crate = one.is_dir(follow_symlinks=False) and _is_text(one.name) and Path(one, HEAD).is_file()
        return one.stat(follow_symlinks=False).st_mtime_ns if is_crate else None
    except OSError:  # it may go as it is looked at
        return None


def _is_text(name: str) -> bool:
    """Whether it can be written in an address: no lone surrogates, as of a name that is no UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in name)
