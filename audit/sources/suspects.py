"""Reads the code of suspects on a live unit: their APKs, and what the unit compiled of them, over ``sync:``.

On a system image the APK of a client is often stripped: its code lies in ``oat/<isa>/`` beside it. Files are
hashed while they stream, kept in bounded temporary files, and parsed in a thread while the next one streams.
A file that is there and could not be read whole stays in the answer as one whose code is unreadable: half a
client must never look like a client without a gate.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import BinaryIO, cast

from audit.adb.device import Device
from audit.errors import AuditError
from audit.model.code import CodeFile
from audit.model.evidence import Gap, Topic
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources import peek
from audit.sources.suspect_files import FIRST_ANSWER_S, Calls, Desk, Suspect, Wanted, survey

AT_ONCE = 2
"""Files under way at the same time: one streams while the other is parsed."""

_IN_MEMORY_BYTES = 8 << 20
_SLOWEST_BYTES_S = 1 << 20
"""Less than a phone on USB 2 gives, by a factor of ten."""


@record
class Bounds:
    """How much is read of the suspects of one unit.

    file_bytes: of one file; total_bytes: of all; files: of one package
    """

    file_bytes: int
    total_bytes: int
    files: int = 128


USUAL = Bounds(file_bytes=64 << 20, total_bytes=256 << 20)
NAMED = Bounds(file_bytes=1 << 30, total_bytes=4 << 30)
"""For packages somebody named: whoever asks is willing to wait."""


@record
class CodeRead:
    """What was read, sorted by path, and what there was no file to read of."""

    code: tuple[CodeFile, ...] = ()
    gaps: tuple[Gap, ...] = ()


def find_suspects(
    listings: Iterable[bytes], names: frozenset[str], named: frozenset[str]
) -> tuple[Suspect, ...]:
    """Those of *names* and *named* that lists of packages know, sorted, each with its path."""
    found: dict[str, str] = {}
    for listing in listings:
        for name, path in peek.package_paths(listing, names | named).items():
            found[name] = found.get(name) or path
    return tuple(Suspect(package=name, path=found[name], named=name in named) for name in sorted(found))


async def read_suspects(
    device: Device, suspects: Iterable[Suspect], calls: Calls, bounds: Bounds = USUAL
) -> CodeRead:
    """Read the code of *suspects*; never raises for what a unit does wrong."""
    return await _Reading(Desk(device, calls), bounds).read(sorted(suspects, key=lambda one: one.package))


class _Reading:
    """One reading under way."""

    def __init__(self, desk: Desk, bounds: Bounds) -> None:
        self._desk = desk
        self._bounds = bounds
        self._free = asyncio.Semaphore(AT_ONCE)
        self._code: list[CodeFile] = []

    async def read(self, suspects: Sequence[Suspect]) -> CodeRead:
        """List all folders, decide what fits, then pull and parse."""
        there = [one for one in suspects if one.path.startswith("/")]
        async with asyncio.TaskGroup() as group:
            surveys = [group.create_task(survey(self._desk, one, most=self._bounds.files)) for one in there]
        async with asyncio.TaskGroup() as group:
            for wanted in self._fitting(wanted for survey in surveys for wanted in survey.result()):
                group.create_task(self._fetch(wanted))
        return CodeRead(
            code=tuple(
                sorted((*self._code, *self._desk.unread), key=lambda file: (file.path, file.package or ""))
            ),
            gaps=tuple(_nowhere(one) for one in suspects if one not in there),
        )

    def _fitting(self, found: Iterable[Wanted]) -> list[Wanted]:
        """Those within the bounds, by their listed sizes: which are left out is never luck."""
        fitting: list[Wanted] = []
        taken = {True: 0, False: 0}
        for wanted in found:
            bounds, size = self._bounds_of(wanted), wanted.size or 0
            named = wanted.suspect.named
            if size > bounds.file_bytes:
                self._too_large(wanted, f"has {_mib(size)}, and {_mib(bounds.file_bytes)} of a file are read")
            elif taken[named] + size > bounds.total_bytes:
                self._too_large(wanted, f"is beyond the {_mib(bounds.total_bytes)} that are read in all")
            else:
                taken[named] += size
                fitting.append(wanted)
        return fitting

    def _bounds_of(self, wanted: Wanted) -> Bounds:
        return NAMED if wanted.suspect.named else self._bounds

    async def _fetch(self, wanted: Wanted) -> None:
        async with self._free:
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spool:
                file = cast("BinaryIO", spool)  # all of its methods, but typeshed does not say so
                try:
                    digest = await self._pull(wanted, file)
                    if digest:
                        self._code.append(await asyncio.to_thread(_parse, file, wanted, digest))
                except AuditError as error:
                    self._desk.failed(wanted, error)
                except OSError as error:
                    what = f"could not be kept here for reading: {error.strerror or error}"
                    self._desk.miss(wanted, what, f"Make room in {tempfile.gettempdir()}.")

    async def _pull(self, wanted: Wanted, file: BinaryIO) -> str:
        """Write the file's content to *file*; its SHA-256, or "" where that is not all of it."""
        most = self._bounds_of(wanted).file_bytes
        digest, size = hashlib.sha256(), 0
        async with self._desk.turn(f"pull {wanted.path}"), _closing(self._stream(wanted, most)) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if size > most:
                    self._too_large(wanted, f"has more than the {_mib(most)} that are read of a file")
                    return ""
                digest.update(chunk)
                file.write(chunk)
        if wanted.size is not None and size != wanted.size:
            self._desk.miss(
                wanted, f"changed while it was read: {wanted.size} bytes were listed, {size} came"
            )
            return ""
        return digest.hexdigest()

    def _stream(self, wanted: Wanted, most: int) -> AsyncIterator[bytes]:
        size = most if wanted.size is None else wanted.size
        limit_s = self._desk.within(FIRST_ANSWER_S + size / _SLOWEST_BYTES_S)
        return self._desk.device.pull(wanted.path, timeout_s=limit_s)

    def _too_large(self, wanted: Wanted, what: str) -> None:
        fix = "Copy it from the unit and give it to `adb-audit inspect`."
        if not wanted.suspect.named:
            most = _mib(NAMED.file_bytes)
            fix = f"Give --inspect {wanted.suspect.package}, which reads up to {most} of a file."
        self._desk.miss(wanted, what, fix)


def _parse(file: BinaryIO, wanted: Wanted, sha256: str) -> CodeFile:
    """Parse a file that was read whole. The package is whose file the unit says it is."""
    from audit.endpoints import read_code  # noqa: PLC0415 - most units have no suspect

    read = read_code(file, path=clean_line(wanted.path))
    return replace(read, sha256=sha256, package=wanted.suspect.package)


@asynccontextmanager
async def _closing(chunks: AsyncIterator[bytes]) -> AsyncIterator[AsyncIterator[bytes]]:
    """A stream that is left early is closed now, not when the garbage collector finds it."""
    try:
        yield chunks
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f} MiB" if size >= 1 << 20 else f"{size} bytes"


def _nowhere(suspect: Suspect) -> Gap:
    return Gap(
        topic=Topic.ENDPOINTS,
        reason=f"The code of {suspect.package} was not read: the unit does not say where its APK lies.",
        fix="Audit the unit again; if it stays, the package is only remembered by the unit and has no file.",
        origin=suspect.package,
    )


__all__ = [
    "AT_ONCE",
    "NAMED",
    "USUAL",
    "Bounds",
    "Calls",
    "CodeRead",
    "Suspect",
    "find_suspects",
    "read_suspects",
]
