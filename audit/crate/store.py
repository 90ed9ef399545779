"""The folder of a crate: what is in it is done, whatever happens to the program.

::

    crate.json     what the crate was begun with
    crate.lock     held, by the kernel, while a program works on it
    units/NAME/    a folder for each unit, see `audit.crate.keeping`
    spool/         evidence on its way to being judged; nothing in it is needed after the program ended
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from audit import codec
from audit.crate import files, keeping
from audit.crate.keeping import UNITS
from audit.crate.names import unit_name, unused
from audit.errors import BadInput, UsageError
from audit.model.crate import CrateHead, Entry, UnitResult
from audit.reports.redact import shown_serial

if TYPE_CHECKING:
    from types import TracebackType

    from filelock import BaseFileLock

HEAD, LOCK, SPOOL = "crate.json", "crate.lock", "spool"
_LARGEST_HEAD_BYTES = 64 * 1024 * 1024
"""The manifest is in it."""


class Store:
    """The folder of one crate, held for this process until `close`; entries stay on the disk, results here.

    problems: what was found damaged when it was opened, a sentence each; those units are not done
    """

    def __init__(self, folder: Path, head: CrateHead, lock: BaseFileLock, *, key: bytes) -> None:
        self.folder, self.head = folder, head
        self.problems: tuple[str, ...] = ()
        self._lock, self._key = lock, key
        self._results: dict[str, UnitResult] = {}
        self._names: set[str] = set()

    @classmethod
    def create(cls, folder: Path, head: CrateHead, *, key: bytes) -> Store:
        """Begin a crate in *folder*, which is made, or is there and empty.

        key: of the reports, so that names of folders and tokens in reports match
        Raises UsageError where there is a crate already, something else, or no way to write.
        """
        _refuse_other(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise files.cannot(folder, error) from error
        with _held(folder) as lock:
            _refuse_other(folder)  # another program may have been quicker
            files.make(folder / UNITS)
            files.make(folder / SPOOL)
            files.write(folder / HEAD, codec.to_json(head, indent=1).encode())
        return cls(folder, head, lock, key=key)

    @classmethod
    def open(cls, folder: Path, *, key: bytes) -> Store:
        """Go on with the crate in *folder*, in whatever state its last program was killed.

        Raises BadInput where there is none, or its head is damaged or of another version of this program,
        UsageError where another program works on it or it cannot be written.
        """
        with files.told(folder):
            there = (folder / HEAD).is_file()
        if not there:
            raise BadInput(
                f"is no crate: there is no {HEAD} in it",
                where=str(folder),
                fix="name the folder of a crate; without --resume a new one is begun",
            )
        with _held(folder) as lock:
            text = files.read_text(folder / HEAD, _LARGEST_HEAD_BYTES)
            head = codec.from_json(CrateHead, text, where=str(folder / HEAD))
            store = cls(folder, head, lock, key=key)
            store._take_up()
        return store

    def close(self) -> None:
        """Let others have the crate."""
        self._lock.release()

    def discard(self) -> None:
        """Take a crate away in which no unit was ever kept; one that holds anything stays."""
        if not self._results and not any((self.folder / UNITS).iterdir()):
            self.close()
            shutil.rmtree(self.folder, ignore_errors=True)  # what cannot be removed is an empty crate

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def token(self, serial: str) -> str:
        """What reports on the crate show as *serial*."""
        return shown_serial(serial, key=self._key) if serial else ""

    # Units

    def reserve(self, model: str, serial: str, slot: str) -> str:
        """A name for a unit that has none yet, unique among those done and those under way."""
        name = unused(unit_name(model, serial, slot, key=self._key), self._names)
        self._names.add(name.casefold())
        return name

    def took(self, result: UnitResult) -> None:
        """Know of a unit whose entry is kept."""
        self._names.add(result.name.casefold())
        self._results[result.name] = result

    def results(self) -> tuple[UnitResult, ...]:
        """Of all units done, in the order of their names."""
        return tuple(self._results[name] for name in sorted(self._results))

    def entries(self, of: Iterable[UnitResult] | None = None) -> Iterator[Entry]:
        """The same with their reports, one after the other from the disk; BadInput where one is damaged.

        of: the units that are meant; None = all that are done when it is begun
        """
        for result in self.results() if of is None else of:
            yield keeping.read_entry(self.folder, result.name)

    # Going on

    def _take_up(self) -> None:
        with files.told(self.folder):
            files.sweep(self.folder)
        files.make(self.folder / UNITS)
        shutil.rmtree(self.folder / SPOOL, ignore_errors=True)  # what cannot be removed is no harm
        files.make(self.folder / SPOOL)
        self.problems = tuple(filter(None, map(self._take_up_unit, _units(self.folder))))

    def _take_up_unit(self, name: str) -> str:
        """Know a unit again; what is wrong with it, "" = nothing."""
        keeping.recover(self.folder, name)
        if not keeping.is_done(self.folder, name):
            return ""
        try:
            self.took(keeping.read_entry(self.folder, name).result)
        except BadInput as error:
            if keeping.is_of_another_version(self.folder, name):
                raise  # nothing is wrong with it
            keeping.set_damaged(self.folder, name)
            return f"{error.where}: {error.what}; it was set aside, and the unit has to be audited again"
        return ""


def _units(folder: Path) -> list[str]:
    try:
        found = sorted(p.name for p in (folder / UNITS).iterdir() if p.is_dir() and not p.is_symlink())
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror}", where=str(folder / UNITS), fix="check who may read it"
        ) from error
    return [name for name in found if not name.startswith(".")]


def _refuse_other(folder: Path) -> None:
    """No new crate where there is something already, apart from one that was never begun."""
    with files.told(folder):
        is_crate, is_folder, is_there = (folder / HEAD).exists(), folder.is_dir(), folder.exists()
        others = [path for path in folder.iterdir() if not _is_begun(path)] if is_folder else []
    if is_crate:
        raise UsageError(
            "there is a crate already",
            where=str(folder),
            fix="go on with it by --resume, or name another folder",
        )
    if is_there and not is_folder:
        raise UsageError("is no folder", where=str(folder), fix="name another place for the crate")
    if others:
        raise UsageError(
            f"there is something else in it: {others[0].name[:80]!r}",
            where=str(folder),
            fix="name a folder that is empty or not there yet",
        )


def _is_begun(path: Path) -> bool:
    """Whether it is what a program that was killed while it began a crate leaves."""
    empty = path.name in {UNITS, SPOOL} and path.is_dir() and not any(path.iterdir())
    return empty or path.name == LOCK or path.name.startswith(f".{HEAD}.")


@contextmanager
def _held(folder: Path) -> Iterator[BaseFileLock]:
    """The lock of a crate, which stays when all goes well."""
    with ExitStack() as failing:
        lock = _locked(folder)
        failing.callback(lock.release)
        yield lock
        failing.pop_all()


def _locked(folder: Path) -> BaseFileLock:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only who works on a crate needs it

    # a crate may be begun in one thread and let go in another
    lock = FileLock(folder / LOCK, timeout=0, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            "another program is working on this crate",
            where=str(folder),
            fix="wait until it has ended, or end it; or name another folder",
        ) from error
    except OSError as error:
        raise files.cannot(folder / LOCK, error) from error
    return lock
