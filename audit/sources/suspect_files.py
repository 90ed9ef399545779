"""Where the code of a suspect lies on a unit: its APKs, and what the unit compiled of them.

Source: AOSP ``PackageDexOptimizer`` and ``OatFileAssistant::DexLocationToOdexFilename``.
"""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import PurePosixPath

from audit.adb.device import Device, FileStat
from audit.errors import AuditError, UnitLost
from audit.model.code import Code, CodeFile, Trouble
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources.deadline import Deadline

FIRST_ANSWER_S = 10.0
_MOST_ISAS = 8
_ISAS = ("arm64", "arm", "x86_64", "x86")
_NO_CODE = frozenset({".art", ".prof", ".fsv_meta"})
"""Beside compiled code: a heap image, a profile, a signature."""
_HIDDEN = "may hold compiled code, and could not be listed"


@record
class Suspect:
    """A package whose code is wanted. path: of its base APK, as the unit spells it; "" if it did not say."""

    package: str
    path: str
    named: bool = False


@record
class Calls:
    """What reading asks of whoever runs it.

    turn: a place among the streams of the unit; step: told of each question when it is
    put (False) and answered (True); deadline: of all that is read of the unit
    """

    turn: Callable[[], AbstractAsyncContextManager[None]]
    step: Callable[[str, bool], None]
    patience: float = 1.0
    deadline: Deadline = Deadline()


@record
class Wanted:
    """A file to read. size: as listed, in bytes; None = not known."""

    suspect: Suspect
    path: str
    size: int | None


class Desk:
    """One reading of one unit's suspects: who may ask the unit now, and what could not be read."""

    def __init__(self, device: Device, calls: Calls) -> None:
        self.device = device
        self.unread: list[CodeFile] = []
        self._calls = calls
        self._lost: UnitLost | None = None

    @asynccontextmanager
    async def turn(self, line: str) -> AsyncIterator[None]:
        """A place among the streams of the unit; raises UnitLost once it went away."""
        async with self._calls.turn():
            if self._lost is not None:
                raise self._lost
            self._calls.deadline.check()
            self._calls.step(line, False)
            try:
                yield
            finally:
                self._calls.step(line, True)

    def within(self, limit_s: float) -> float:
        """How long an answer may take that usually has *limit_s*."""
        return self._calls.deadline.within(limit_s * self._calls.patience)

    def failed(self, wanted: Wanted, error: AuditError) -> None:
        """*wanted* could not be read for *error*."""
        if isinstance(error, UnitLost):
            self._lost = error
        self.miss(wanted, f"could not be read: {error.what}", error.fix)

    def miss(self, wanted: Wanted, what: str, fix: str = "") -> None:
        """*wanted* was not read: it stays in the answer as a file whose code is unreadable."""
        self.unread.append(
            CodeFile(
                path=clean_line(wanted.path),
                size=wanted.size or 0,
                form="not read",
                package=wanted.suspect.package,
                code=Code.UNREADABLE,
                troubles=(Trouble(reason=clean_line(what), fix=clean_line(fix)),),
            )
        )


async def survey(desk: Desk, suspect: Suspect, *, most: int) -> list[Wanted]:
    """The files of one suspect, code first, so that a large APK never costs the code its place.

    most: files; what is beyond, or could not be listed, is at the desk
    """
    base = PurePosixPath(suspect.path)
    beside = await _list(desk, suspect, str(base.parent))
    apks = [entry for entry in beside if entry.path.endswith(".apk") and not stat.S_ISDIR(entry.mode)]
    splits = sorted(name for entry in apks if (name := _name(entry)).startswith("split_"))
    own = {base.name, clean_line(base.name), *splits}  # names in lists were cleaned
    sizes = {_name(entry): entry.size for entry in apks}
    found = [
        Wanted(suspect=suspect, path=str(base.parent / name), size=sizes.get(name))
        for name in (base.name, *splits)
    ]
    if not beside or any(_name(entry) == "oat" for entry in beside):
        stems = {PurePosixPath(name).stem for name in own}
        alone = all(_name(entry) in own for entry in apks)
        compiled = await _compiled(desk, suspect, base.parent / "oat", stems)
        found = [w for w in compiled if alone or PurePosixPath(w.path).stem in stems] + found
    for beyond in found[most:]:
        desk.miss(beyond, f"is one of more than {most} files of its package")
    return found[:most]


async def _compiled(desk: Desk, suspect: Suspect, oat: PurePosixPath, stems: set[str]) -> list[Wanted]:
    listed = [entry.path for entry in await _list(desk, suspect, str(oat)) if stat.S_ISDIR(entry.mode)]
    for beyond in listed[_MOST_ISAS:]:
        desk.miss(Wanted(suspect=suspect, path=beyond, size=None), "is one folder of too many")
    found: list[FileStat] = []
    for folder in listed[:_MOST_ISAS]:
        entries = await _list(desk, suspect, folder) or await _guessed(desk, folder, stems)
        found += entries
        if not entries:
            desk.miss(Wanted(suspect=suspect, path=folder, size=None), _HIDDEN)
    if not listed:
        # a folder that may be entered but not listed, as those of installed apps, still gives named files
        found = [entry for isa in _ISAS for entry in await _guessed(desk, str(oat / isa), stems)]
        if not found:
            desk.miss(Wanted(suspect=suspect, path=str(oat), size=None), _HIDDEN)
    return [
        Wanted(suspect=suspect, path=entry.path, size=entry.size)
        for entry in found
        if not stat.S_ISDIR(entry.mode) and PurePosixPath(entry.path).suffix not in _NO_CODE
    ]


async def _guessed(desk: Desk, folder: str, stems: set[str]) -> tuple[FileStat, ...]:
    names = [f"{folder}/{stem}{ending}" for stem in sorted(stems) for ending in (".odex", ".vdex")]
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(_stat(desk, name)) for name in names]
    return tuple(found for task in asked if (found := task.result()) is not None)


async def _list(desk: Desk, suspect: Suspect, folder: str) -> tuple[FileStat, ...]:
    try:
        async with desk.turn(f"list {folder}"):
            return await desk.device.list(folder, timeout_s=desk.within(FIRST_ANSWER_S))
    except AuditError as error:
        desk.failed(Wanted(suspect=suspect, path=folder, size=None), error)
        return ()


async def _stat(desk: Desk, path: str) -> FileStat | None:
    try:
        async with desk.turn(f"stat {path}"):
            return await desk.device.stat(path, timeout_s=desk.within(FIRST_ANSWER_S))
    except AuditError:
        return None  # then nothing is found, and that is said


def _name(entry: FileStat) -> str:
    return entry.path.rpartition("/")[2]
