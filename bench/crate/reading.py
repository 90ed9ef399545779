"""Reads units as a crate does, and nothing else: to know what is asked of each, and what reading costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.asked import Asked
from audit.model.evidence import Snapshot
from audit.model.report import Expectation
from audit.rulebook import load
from audit.sources.identity import naming_steps
from audit.sources.live import Progress, acquire

Unit = Sequence[str | int]
"""Host and port."""


def asked() -> Asked:
    """What units are judged by."""
    return Asked(rulebook=load(), expectation=Expectation(market="NO"))


def read(
    units: Sequence[Unit], wanted: Asked, home: Path, on_step: Callable[[Progress], None] | None = None
) -> list[Snapshot]:
    """All *units*, at once and directly."""

    async def one(unit: Unit) -> Snapshot:
        address = f"{unit[0]}:{unit[1]}"
        options = ConnectOptions(transport=Transport.TCP, addresses=(address,), environment={}, home=home)
        device = await open_unit(options, address)
        try:
            return await acquire(
                device,
                packages=wanted.packages,
                users=None,
                full=False,
                clock=lambda: datetime.now(UTC),
                files=wanted.files,
                suspects=wanted.suspects,
                more=naming_steps,
                on_step=on_step,
            )
        finally:
            await device.close()

    async def every() -> list[Snapshot]:
        return await asyncio.gather(*map(one, units))

    return asyncio.run(every())


_SYNC = ("list ", "pull ", "stat ")


def commands(unit: Unit, home: Path) -> tuple[list[str], int]:
    """The command lines a unit's shell is given, in order, and how many bytes of answers are kept.

    Without what is asked of ``sync:``, the files of suspects, which is no command.
    """
    lines: list[str] = []
    (snapshot,) = read([unit], asked(), home, lambda step: lines.append(step.line))
    size = sum(len(artifact.data) for artifact in snapshot.artifacts)
    return [line for line in lines if not line.startswith(_SYNC)], size
