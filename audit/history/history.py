"""`History`: the reports of a station, or of several that share a database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, select

from audit import codec
from audit.errors import UsageError
from audit.history import actions, asking, batches, chain, counting, outbox, own, pruning, recording
from audit.history.answers import Carried, Pruned, Size, Tac
from audit.history.batches import Added, KeptReport
from audit.history.engine import WAIT_S, Database, database
from audit.history.packages import of_report, of_unit
from audit.history.packed import Packed, unpack, with_evidence
from audit.history.patience import Network
from audit.history.recording import Prepared
from audit.history.schema import Crate, StoredReport, StoredSnapshot
from audit.history.troubles import NoReport
from audit.history.upgrade import bring_up_to_date
from audit.history.words import asked, word
from audit.model.evidence import Snapshot
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.history import Action, CrateRef, Query, StationRef, Stored
from audit.model.portrait import Portrait
from audit.model.report import Report
from audit.model.signing import Result, SignedRecord

_ID = re.compile(r"[0-9a-f]{6,64}")


class History:
    """Reports kept. Synchronous; every call is one transaction, so that nothing half done is ever seen.

    Whatever a database refuses is raised as `audit.history.troubles.HistoryError`, an AuditError.
    """

    def __init__(self, opened: Database, *, station: str = "", backup: Path | None = None) -> None:
        self._database, self._station = opened, station
        self._told: list[Callable[[], None]] = []
        self.where = opened.where
        """The file, or the URL without its password."""
        self.backup = backup
        """Made while opening, because the history was of an older program; None = there was no need."""

    @classmethod
    def open(
        cls,
        url: str | None = None,
        *,
        station: str = "",
        wait_s: float = WAIT_S,
        upgrade: bool = True,
        network: Network | None = None,
    ) -> History:
        """The history at *url*: a path, ``sqlite:///FILE``, ``postgresql://…``; None = the user's own file.

        It is made where it is not there. One of an older program is brought up to date, after a backup beside
        it; one of a newer program is refused. station: name of this bench, kept with what is recorded;
        wait_s: how long a writer waits for another
        upgrade: False = one of an older program is refused, not brought up to date: it is others' too
        network: when to give up on a server; None = never
        """
        opened = database(url, wait_s=wait_s, network=network)
        with ExitStack() as failing:
            failing.callback(opened.close)
            backup = bring_up_to_date(opened, upgrade=upgrade)
            failing.pop_all()
        return cls(opened, station=station, backup=backup)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def database(self) -> Database:
        """For what reads and writes it beside this class, within this folder."""
        return self._database

    def listen(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have *told* called after all that is recorded here, in the thread that does; what ends that."""
        self._told.append(told)
        return lambda: self._told.remove(told)

    def _tell(self) -> None:
        for told in tuple(self._told):
            told()

    def close(self) -> None:
        """Give the database back; the history can be asked no more."""
        self._database.close()

    def record(
        self,
        report: Report,
        snapshot: Snapshot | None,
        *,
        crate: CrateRef | None = None,
        identifiers: Iterable[OwnIdentifier] = (),
        packages: Mapping[str, str] | None = None,
        portrait: Portrait | None = None,
    ) -> str:
        """Keep a report and what it was judged from; its id. The same report twice is kept once.

        packages: name to version code of all the unit carries; without them those of *portrait* are kept
        Raises BadInput, before anything is written, where *snapshot* is not the one the report names.
        """
        prepared = recording.prepare(
            report,
            snapshot,
            identifiers=identifiers,
            packages=of_unit(packages, portrait),
            crate=crate,
            station=self._station,
        )
        with self._database.writing() as connection:
            recording.write(connection, prepared)
        self._tell()
        return prepared.report.sha256

    def add(self, prepared: Sequence[Prepared], *, once: bool = False) -> tuple[Added, ...]:
        """Keep reports that were prepared elsewhere (`recording.prepare`), all in one transaction.

        once: leave out a report that says what one before it said of the same evidence, come by the same way,
        by the same rules
        """
        with self._database.writing() as connection:
            added = tuple(batches.add(connection, one, once=once) for one in prepared)
        self._tell()
        return added

    def kept(self, id: str) -> KeptReport | None:  # noqa: A002 - what it is
        """A report by its whole id and what it was judged from, still packed; None = it is not there."""
        with self._database.reading() as connection:
            return batches.kept(connection, id)

    @property
    def station(self) -> str:
        """The name of this bench, kept with what is recorded."""
        return self._station

    def search(self, query: Query) -> Iterator[Stored]:
        """What fits, newest first, a page at a time: nothing stays locked while the caller is busy.

        newest: of each unit the last report of all, where that one fits; of a unit without identifiers all
        """
        after: tuple[int, int] | None = None
        left = query.limit
        while left is None or left > 0:
            size = asking.PAGE if left is None else min(asking.PAGE, left)
            with self._database.reading() as connection:
                rows = connection.execute(asking.page(query, after, size)).all()
                found = list(asking.stored(connection, rows))
            yield from found
            if len(rows) < size:
                return
            after = (rows[-1].judged_us, rows[-1].seq)
            left = None if left is None else left - size

    def count(self, query: Query) -> int:
        """How many reports fit; *limit* does not count."""
        with self._database.reading() as connection:
            return int(connection.scalar(asking.counting(query)) or 0)

    def unlisted(self, query: Query) -> int:
        """How many reports fit but for the package, and do not tell of all packages: not finding it there
        says nothing.
        """
        others = asking.counting(replace(query, package=None)).where(~StoredReport.c.packages_whole)
        with self._database.reading() as connection:
            return int(connection.scalar(others) or 0)

    def latest(self, serial: str) -> Stored | None:
        """The last report of a unit."""
        return next(self.search(Query(serial=serial, limit=1)), None)

    def report(self, id: str) -> Report:  # noqa: A002 - what it is
        """A report by its id, or by the beginning of it: at least 6 digits that fit no other."""
        with self._database.reading() as connection:
            found = self._whole_id(connection, id)
            columns = (StoredReport.c.content, StoredReport.c.size)
            row = connection.execute(select(*columns).where(StoredReport.c.id == found)).one()
        packed = Packed(sha256=found, content=row.content, size=row.size)
        return unpack(Report, packed, f"{self.where}: report {found[:12]}")

    def stored(self, id: str) -> Stored:  # noqa: A002 - what it is
        """A report in short, by its id or the beginning of it."""
        with self._database.reading() as connection:
            found = self._whole_id(connection, id)
            rows = connection.execute(asking.page(Query(), None, 1).where(StoredReport.c.id == found)).all()
            return next(asking.stored(connection, rows))

    def packages(self, id: str) -> tuple[Carried, ...] | None:  # noqa: A002 - what it is
        """All packages of a report's unit, by name; None = nobody told when it was recorded."""
        with self._database.reading() as connection:
            found = self._whole_id(connection, id)
            seq = connection.scalars(select(StoredReport.c.seq).where(StoredReport.c.id == found)).one()
            return of_report(connection, seq)

    def snapshot(self, sha256: str, report_id: str | None = None) -> Snapshot | None:
        """The evidence with this digest (`Report.snapshot_sha256`); None = it is not kept.

        The same evidence may have come by several ways: *report_id*, whole, says by which; else the last.
        """
        ways = select(StoredReport.c.head).where(
            StoredReport.c.snapshot_sha256 == sha256, StoredReport.c.head.is_not(None)
        )
        if report_id is not None:
            ways = ways.where(StoredReport.c.id == report_id)
        with self._database.reading() as connection:
            kept = (StoredSnapshot.c.content_sha256, StoredSnapshot.c.content, StoredSnapshot.c.size)
            row = connection.execute(select(*kept).where(StoredSnapshot.c.sha256 == sha256)).first()
            head = connection.scalar(
                ways.order_by(StoredReport.c.judged_us.desc(), StoredReport.c.seq.desc()).limit(1)
            )
        if row is None:
            return None
        where = f"{self.where}: snapshot {sha256[:12]}"
        packed = Packed(sha256=row.content_sha256, content=row.content, size=row.size)
        evidence = unpack(Snapshot, packed, where)
        return (
            evidence
            if head is None
            else with_evidence(codec.from_json(Snapshot, head, where=where), evidence)
        )

    def crates(self) -> tuple[CrateRef, ...]:
        """All of them, the last begun first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(Crate.c.id, Crate.c.name, Crate.c.began_at)).all()
        made = (CrateRef(id=row.id, name=row.name, began_at=row.began_at) for row in rows)
        return tuple(sorted(made, key=lambda one: (one.began_at, one.id), reverse=True))

    def append(
        self, make: Callable[[int, str], SignedRecord], report_id: str, result: Result
    ) -> SignedRecord:
        """Sign a report off: *make* gets the number of the record and the hash of the one before ("" = none).

        Nobody else writes while it runs, so it should only sign. Where it raises, nothing is added.
        """
        with self._database.writing() as connection:
            made = chain.add(connection, make, self._whole_id(connection, report_id), result, self.where)
        self._tell()
        return made

    def act(self, action: Action) -> None:
        """Keep what somebody did. The same id twice is kept once. Raises BadInput for what is no action."""
        row = actions.prepare(action)
        with self._database.writing() as connection:
            actions.write(connection, row)
        self._tell()

    def actions(self, limit: int = 100, before: str | None = None) -> tuple[Action, ...]:
        """What people did, the newest first. before: only what came before this action's id, or moment"""
        with self._database.reading() as connection:
            return actions.read(connection, limit, before)

    def records_of(self, report_id: str) -> tuple[SignedRecord, ...]:
        """What was signed of a report, by its id or the beginning of it, the oldest first."""
        with self._database.reading() as connection:
            return tuple(chain.of_report(connection, self._whole_id(connection, report_id)))

    def records(self, station: str | None = None) -> Iterator[SignedRecord]:
        """A chain, from its first record, byte for byte as it was written.

        station: id of the one whose it is; None = of this history's own
        """
        after = 0
        while True:
            with self._database.reading() as connection:
                found = chain.page(connection, station or own.own_id(connection), after)
            yield from found
            if len(found) < chain.PAGE:
                return
            after = found[-1].number

    def stations(self) -> tuple[StationRef, ...]:
        """This history, those that forward to it and the centre it forwards to: by role, name and id."""
        with self._database.reading() as connection:
            return own.stations(connection, self._station)

    def waiting(self) -> outbox.Waiting:
        """What no centre has been handed yet."""
        with self._database.reading() as connection:
            return outbox.waiting(connection)

    def renew(self) -> str:
        """Become another history than the one this was copied from; the new id.

        All it holds of its own bears it then, and is handed to a centre once more under it.
        """
        with self._database.writing() as connection:
            return own.renewed(connection)

    def prune(self, before: str, *, keep_signed: bool = True, dry_run: bool = False) -> Pruned:
        """Take reports out that were judged before a moment or date, and what only they needed.

        Signed ones stay unless *keep_signed* is False; the chain of sign-offs stays whole always.
        dry_run: only say what would go
        """
        moment = asked(before, "--before")
        with self._database.writing(keep=not dry_run) as connection:
            done = pruning.prune(connection, moment, keep_signed=keep_signed)
        if not dry_run:
            self._database.give_back()
        return done

    def serials(self) -> tuple[str, ...]:
        """All serial numbers of all units, each once, sorted."""
        with self._database.reading() as connection:
            return counting.named(connection, IdentifierKind.SERIAL)

    def imeis(self) -> tuple[str, ...]:
        """All IMEIs of all units, each once, sorted."""
        with self._database.reading() as connection:
            return counting.named(connection, IdentifierKind.IMEI)

    def tacs(self) -> tuple[Tac, ...]:
        """Which models have which type allocation codes, by code and model: only of reports with an IMEI."""
        with self._database.reading() as connection:
            return counting.tacs(connection)

    def size(self) -> Size:
        """What all of it takes on disk; of a server's database, the history's tables and indexes."""
        with self._database.reading() as connection:
            return counting.size(connection, on_disk=self._database.path is not None)

    def _whole_id(self, connection: Connection, given: str) -> str:
        """The one id that begins with *given*."""
        start = given.strip().lower()
        if _ID.fullmatch(start) is None:
            raise UsageError(f"{word(given)[:70]!r} is no id of a report", where=self.where, fix=_FIX_ID)
        same = select(StoredReport.c.id).where(
            StoredReport.c.id >= start, StoredReport.c.id <= start.ljust(64, "f")
        )
        found = connection.scalars(same.order_by(StoredReport.c.id).limit(2)).all()
        if not found:
            raise NoReport(f"no report {start}", where=self.where, fix=_FIX_ID)
        if len(found) > 1:
            raise UsageError(
                f"several reports begin with {start}", where=self.where, fix="give more digits of the id"
            )
        return found[0]


_FIX_ID = "give 6 or more hex digits of an id that adb-audit history list shows"
