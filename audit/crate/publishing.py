"""What a crate is told in: its own report in several forms, beside those of its units.

They are made of what is kept, and can be made again; nothing in them is needed to go on with a crate.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.crate.closing import Closed
from audit.crate.keeping import read_entry
from audit.crate.store import Store
from audit.crate.unit_reports import REPORT, mark, publish_unit, published, write_text
from audit.reports import Options
from audit.reports.crate import FORMATS, render_crate_all

CRATE_FORMATS = ("html", "json", "csv", "junit")


def publish(store: Store, closed: Closed, options: Options) -> None:
    """Write the report of the crate, and those of units of which something new is to be said."""
    for name in _stale(store, closed, options):
        publish_unit(store.folder, name, read_entry(store.folder, name).report, closed.found[name], options)
    texts = render_crate_all(CRATE_FORMATS, closed.report, options)
    for form, text in zip(CRATE_FORMATS, texts, strict=True):
        write_text(store.folder / f"{REPORT}{FORMATS[form].suffix}", text)


def _stale(store: Store, closed: Closed, options: Options) -> Iterator[str]:
    """The units whose reports, if there are any, were made of something else."""
    for unit in closed.report.units:
        wanted = mark(closed.judged_at[unit.name], closed.found[unit.name], options)
        if published(store.folder, unit.name) != wanted:
            yield unit.name
