"""Answers that are too large to be held in memory, a hundred at a time: they go to a file as they arrive.

A whole ``dumpsys package`` has 4 to 15 MB. Of a crate all are read at once, and judged a few at a time.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from audit.adb.device import Completed, Device, run_into
from audit.errors import BadInput
from audit.model.evidence import Kind, Snapshot
from audit.sources.plan import Step


class Spool:
    """The large answers of one reading of one unit, in files of *folder*, which must be there.

    Nobody but its owner may read them. They stay until `drop`, or until who `take`-s them removes them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[tuple[Kind, str | None], Path] = {}

    @staticmethod
    def is_large(step: Step) -> bool:
        """Whether the answer to *step* belongs here: what is known of every package."""
        return step.kind is Kind.PACKAGE_DETAILS and step.argument is None

    async def put(self, device: Device, step: Step, line: str, *, timeout_s: float) -> Completed:
        """Run *line* on *device*, its standard output into a file.

        Raises as the device does, and BadInput where this computer has no room for it.
        """
        handle, path = self._file()
        kept = False
        try:
            sink = _Sink(os.fdopen(handle, "wb"))
            try:
                completed = await run_into(device, line, sink.write, timeout_s=timeout_s)
            finally:
                sink.close()
            if sink.trouble:
                raise self._no_room(sink.trouble)
            kept = True
        finally:
            if not kept:
                _remove(path)
        self._paths[step.kind, step.argument] = path
        return replace(completed, poured=sink.size)

    def _file(self) -> tuple[int, Path]:
        try:
            handle, name = tempfile.mkstemp(prefix="answer-", dir=self._folder)
        except OSError as error:
            raise self._no_room(error.strerror or str(error)) from error
        return handle, Path(name)

    def take(self, snapshot: Snapshot) -> tuple[tuple[int, str], ...]:
        """(index of an artifact of *snapshot*, path of the file with its data); a file of none is removed."""
        taken = tuple(
            (number, str(self._paths.pop((artifact.kind, artifact.argument))))
            for number, artifact in enumerate(snapshot.artifacts)
            if (artifact.kind, artifact.argument) in self._paths
        )
        self.drop()
        return taken

    def drop(self) -> None:
        """Remove what nobody took."""
        while self._paths:
            _remove(self._paths.popitem()[1])

    def _no_room(self, why: str) -> BadInput:
        return BadInput(
            f"a large answer could not be kept on this computer: {why}",
            where=str(self._folder),
            fix="Make room on the disk, then audit the unit again.",
        )


def discard(taken: tuple[tuple[int, str], ...]) -> None:
    """Remove what was taken and is not needed."""
    for _, path in taken:
        _remove(Path(path))


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


class _Sink:
    """Takes what arrives. A full disk must not end the connection it arrives on: it is said afterwards."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = 0
        self.trouble = ""
        self._file = file

    def write(self, data: bytes | memoryview) -> None:
        """Add *data* at the end; nothing more after something went wrong."""
        if self.trouble:
            return
        try:
            self._file.write(data)
        except OSError as error:
            self.trouble = error.strerror or str(error)
        else:
            self.size += len(data)

    def close(self) -> None:
        """No more comes."""
        try:
            self._file.close()
        except OSError as error:  # what was buffered had no room
            self.trouble = self.trouble or error.strerror or str(error)
