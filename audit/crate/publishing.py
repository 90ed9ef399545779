"""What a crate is told in: its own report in several forms, beside those of its units.

They are made of what is kept, and can be made again; nothing in them is needed to go on with a crate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Protocol

from audit.crate.closing import Closed
from audit.crate.judging import Publish
from audit.crate.store import Store
from audit.crate.unit_reports import REPORT, mark, published, write_text
from audit.reports import Options
from audit.reports.crate import FORMATS, render_crate_all

CRATE_FORMATS = ("html", "json", "csv", "junit")


class Publisher(Protocol):
    """Who writes the reports on one unit, as `audit.crate.judges.Judges` does."""

    async def publish(self, task: Publish) -> str:
        """What went wrong, "" = nothing."""


async def publish(store: Store, closed: Closed, options: Options, publisher: Publisher) -> tuple[str, ...]:
    """Write the report of the crate, and those of units of which something new is to be said.

    The names of units whose reports could not be made, each with the reason; their entries are kept.
    """
    names = await asyncio.to_thread(_publish_crate, store, closed, options)
    told = await asyncio.gather(
        *(publisher.publish(Publish(name=name, others=closed.others[name])) for name in names)
    )
    return tuple(f"{name}: {why}" for name, why in zip(names, told, strict=True) if why)


def _publish_crate(store: Store, closed: Closed, options: Options) -> tuple[str, ...]:
    """Write its own; the names of units whose reports are to be written."""
    texts = render_crate_all(CRATE_FORMATS, closed.report, options)
    for form, text in zip(CRATE_FORMATS, texts, strict=True):
        write_text(store.folder / f"{REPORT}{FORMATS[form].suffix}", text)
    return tuple(_stale(store, closed, options))


def _stale(store: Store, closed: Closed, options: Options) -> Iterator[str]:
    """The units whose reports, if there are any, were made of something else."""
    for unit in closed.report.units:
        wanted = mark(closed.judged_at[unit.name], closed.others[unit.name], options)
        if published(store.folder, unit.name) != wanted:
            yield unit.name
