"""What the commands of ``adb-audit history`` do with what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from audit import codec
from audit.cli import exits, history_asked, history_text
from audit.cli.history_asked import Wishes
from audit.cli.history_text import counted
from audit.cli.output import agreed, keep, note, say, station_key
from audit.errors import AuditError, UsageError
from audit.model.history import Query, Stored
from audit.model.record import record
from audit.reports.redact import redact, redact_stored

if TYPE_CHECKING:
    from audit.history import History

_FILLS = (
    "the history is empty: `scan`, `crate` and `judge` keep their reports in it by themselves,"
    " unless they are told not to (--no-history)"
)
_SHORT = 16


@record
class Told:
    """How to answer, and from which history. output: None = standard output"""

    form: str
    output: Path | None
    reveal: bool
    db: str | None


def check_form(form: str) -> str:
    """*form* when a list can be written so; UsageError otherwise."""
    if form not in history_text.FORMATS:
        known = ", ".join(history_text.FORMATS)
        raise UsageError(f"unknown format {form!r}", fix=f"choose one of: {known}")
    return form


def tell_found(wishes: Wishes, told: Told) -> int:
    """Write what fits; a table says how many there are, and how a history fills that is empty."""
    check_form(told.form)
    with history_asked.opened(told.db) as history:
        rows = list(history_asked.find(history, wishes))
        total = history.count(Query())
        unlisted = history_asked.unlisted(history, wishes)
    put(history_text.listing(masked(rows, told), told.form), told)
    if not total:
        note(_FILLS)
    elif told.form == "table":
        note(_summary(rows, total))
    if unlisted:
        note(
            f"of {counted(unlisted, 'report')} more not all packages are known: that it was not found there"
            " says nothing"
        )
    return exits.PASS


def _summary(rows: list[Stored], total: int) -> str:
    if not rows:
        return f"no report fits, of {counted(total, 'report')} in the history"
    units = len({one.serial or one.imeis or one.id for one in rows})
    of = "" if len(rows) == total else f" of {total:,}"
    return f"{counted(len(rows), 'report')}{of}, of {counted(units, 'unit')}"


def masked(rows: list[Stored], told: Told) -> list[Stored]:
    """*rows* as they may be shown."""
    if told.reveal:
        return rows
    key = station_key()
    return [redact_stored(one, key=key) for one in rows]


def put(text: str, told: Told) -> None:
    """Write *text* where it is wanted; nothing at all is not written to a terminal."""
    if told.output is not None:
        keep(text, told.output)
    elif text:
        say(text)


@record
class Exporting:
    """What is to be written, and where; see ``history export``."""

    wanted: tuple[str, ...]
    every: bool
    folder: Path
    reveal: bool
    db: str | None


def export_all(asked: Exporting) -> int:
    """Write each report; one that cannot be read is told, and the others are written."""
    if asked.every == bool(asked.wanted):
        raise UsageError("nothing, or too much, to export", fix="name reports by their ids, or say --all")
    try:
        asked.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot be made: {error.strerror}", where=str(asked.folder), fix="choose another place"
        ) from error
    done, failed = 0, 0
    with history_asked.opened(asked.db) as history:
        for one in _meant(history, asked):
            try:
                _export(history, one, asked)
                done += 1
            except UsageError:
                raise
            except AuditError as error:
                exits.tell(error)
                failed += 1
    note(f"wrote {counted(done, 'report')} to {asked.folder}")
    if not asked.reveal:
        note("what was read of the units holds their identifiers; --show-identifiers writes it too")
    return exits.INCONCLUSIVE if failed else exits.PASS


def _meant(history: History, asked: Exporting) -> Iterator[str]:
    if asked.every:
        return (stored.id for stored in history.search(Query()))
    return history_asked.ids(history, list(asked.wanted))


def _export(history: History, one: str, asked: Exporting) -> None:
    from audit.sources import saved

    report = history.report(one)
    shown = report if asked.reveal else redact(report, key=station_key())
    text = codec.to_json(shown, indent=2) + "\n"
    path = asked.folder / f"{one[:_SHORT]}-report.json"
    saved.write_atomically(path, text.encode(), durable=False)
    if asked.reveal:
        snapshot = history.snapshot(report.snapshot_sha256)
        if snapshot is None:
            note(f"{path.name}: what it was judged from is not kept")
        else:
            saved.save(snapshot, asked.folder / f"{one[:_SHORT]}-snapshot.json.gz")


def prune_before(before: str, *, dry_run: bool, yes: bool, db: str | None) -> int:
    """Say what would go; then ask, unless *yes*, and take it out."""
    with history_asked.opened(db) as history:
        would = history.prune(before, dry_run=True)
        stay = f"; signed off, and so left: {counted(would.signed, 'report')}" if would.signed else ""
        stay += f"; still to be forwarded: {counted(would.waiting, 'report')}" if would.waiting else ""
        say(
            f"judged before {before}: {counted(would.reports, 'report')},"
            f" {counted(would.snapshots, 'snapshot')}, {would.content_bytes / 1e6:,.1f} MB{stay}"
        )
        if dry_run or not would.reports:
            return exits.PASS
        if not yes and not agreed("Take them out for good?"):
            note("nothing was taken out")
            return exits.PASS
        gone = history.prune(before)
    say(f"{counted(gone.reports, 'report')} and {counted(gone.snapshots, 'snapshot')} were taken out")
    return exits.PASS
