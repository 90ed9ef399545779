"""One pass over what a station has recorded, to a centre.

Every batch is one transaction at the centre, in which it also notes what came from whom; only then is it
marked here. What breaks off in between is sent again, and kept once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, Table
from sqlalchemy.exc import DBAPIError

from audit.clock import now, stamp
from audit.errors import UsageError
from audit.history import chain, outbox, parcels, receiving
from audit.history.history import History
from audit.history.own import own_id
from audit.history.receiving import Known, Parcel, Sender
from audit.history.schema import StoredAction, StoredReport, StoredSignOff
from audit.history.troubles import HistoryError
from audit.model.record import record
from audit.model.text import clean_line

BATCH = 100
MOST_BYTES = 8 << 20
"""Of compressed reports and evidence at once; one report more than that goes alone."""
_MOST_TOLD = 20

Reads: TypeAlias = Callable[[bytes], tuple[int, str] | None]
"""Number and hash of the record before that an envelope itself says; None = it cannot be read."""


@record
class Forwarded:
    """What one pass handed over. waiting: items left here; damaged: reports that stay, the first of many

    chain: what is wrong with the chain of signed records, "" = nothing; these wait, everything else goes on
    """

    reports: int = 0
    records: int = 0
    actions: int = 0
    waiting: int = 0
    chain: str = ""
    damaged: tuple[str, ...] = ()


def forward(
    local: History,
    central: History,
    *,
    batch: int = BATCH,
    most_bytes: int = MOST_BYTES,
    reads: Reads | None = None,
    most: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Forwarded:
    """Hand over what *central* has not got: reports with all that is theirs, then records, then actions.

    Any number may run at once. reads: what an envelope says of its place, to be held against where it stands
    most: of each kind, or a batch more; None = all there is at the beginning; stopped: asked between batches
    Raises HistoryError where either side cannot be read or written; what was handed over until then stays.
    """
    try:
        return _Pass(
            local, central, batch=batch, most_bytes=most_bytes, reads=reads, most=most, stopped=stopped
        ).run()
    except (
        DBAPIError
    ) as error:  # what `told` leaves alone: a row that a centre, mended by hand, does not take
        raise HistoryError(
            f"the centre does not take what comes ({clean_line(str(error.orig))[:300].strip()})",
            where=central.where,
            fix="nothing is lost: it stays at the station; see what the centre's database says",
        ) from error


class _Pass:
    def __init__(
        self,
        local: History,
        central: History,
        *,
        batch: int,
        most_bytes: int,
        reads: Reads | None,
        most: int | None,
        stopped: Callable[[], bool],
    ) -> None:
        self._local, self._central = local, central
        self._batch, self._most_bytes = batch, most_bytes
        self._reads, self._most, self._stopped = reads, most, stopped
        self._damaged: list[str] = []
        self._own, self._centre = self._begin()

    @property
    def _sender(self) -> Sender:
        return Sender(id=self._own, name=self._local.station, at=stamp(now()))

    def _begin(self) -> tuple[str, str]:
        """The ids of both, each knowing the other; all is pending again that the centre does not know of."""
        with self._central.database.reading() as connection:
            centre = own_id(connection)
        with self._local.database.reading() as connection:
            here = own_id(connection)
            acknowledged = outbox.known(connection, centre)
            settled = outbox.settled(connection, centre)
        if here == centre:
            raise UsageError(
                "a history cannot forward to itself, or to a copy of itself",
                where=self._central.where,
                fix="name another central database, and let it be made by adb-audit",
            )
        with self._central.database.reading() as connection:
            there = receiving.station(connection, here)
        again = there is None or there.items < acknowledged  # it was restored from a backup, say
        if again or not settled:
            with self._local.database.writing() as connection:
                outbox.begin(connection, centre, self._central.where, again=again)
        if there is None:
            with self._central.database.writing() as connection:
                sender = Sender(id=here, name=self._local.station, at=stamp(now()))
                receiving.introduce(connection, sender)
        return here, centre

    def run(self) -> Forwarded:
        # no more than is there now: who records faster than this sends must not keep a pass from ending
        with self._local.database.reading() as connection:
            now_there = outbox.waiting(connection)
        most = now_there.items if self._most is None else self._most
        sent = _sum_until(self._reports(), min(most, now_there.reports))
        records, wrong = self._records(min(most, now_there.records))
        acted = _sum_until(self._actions(), min(most, now_there.actions))
        with self._local.database.reading() as connection:
            left = outbox.waiting(connection).items
        return Forwarded(
            reports=sent,
            records=records,
            actions=acted,
            waiting=left,
            chain=wrong,
            damaged=tuple(self._damaged[:_MOST_TOLD]),
        )

    def _mark(self, table: Table[Any], refs: Sequence[str]) -> int:
        if not refs:
            return 0
        with self._local.database.writing() as connection:
            return outbox.mark(connection, table, refs, self._centre, stamp(now()))

    def _reports(self) -> Iterator[int]:
        after = 0
        while not self._stopped():
            with self._local.database.reading() as connection:
                rows = outbox.reports(connection, after, self._batch)
                sets = parcels.hashes_of_sets(connection, rows)
            if not rows:
                return
            after = rows[-1].seq
            known = self._known(rows, sets)
            yield self._mark(StoredReport, [row.id for row in rows if row.id in known.receipts])
            wanted = [row for row in rows if row.id not in known.receipts]
            for some in _by_bytes(wanted, self._most_bytes):
                yield self._mark(StoredReport, self._send(some, sets, known))
                if self._stopped():
                    return

    def _known(self, rows: Sequence[Row[Any]], sets: dict[int, str]) -> Known:
        with self._central.database.reading() as connection:
            return receiving.known(
                connection,
                self._own,
                [row.id for row in rows],
                [row.snapshot_sha256 for row in rows],
                list(sets.values()),
            )

    def _send(self, rows: Sequence[Row[Any]], sets: dict[int, str], known: Known) -> list[str]:
        """Ids of *rows* that the centre has now."""
        made: list[Parcel] = []
        sent = set(known.snapshots)
        with self._local.database.reading() as connection:
            members = parcels.members(connection, sets, known)
            for row in rows:
                try:
                    one = parcels.parcel(connection, row, sets, sent, self._local.where)
                except HistoryError as error:
                    self._damaged.append(f"{error.where}: {error.what}")
                    continue
                if one is not None:
                    made.append(one)
                    sent.add(row.snapshot_sha256)
        with self._central.database.writing() as connection:
            if not receiving.take_reports(connection, self._sender, made, members):
                return []  # the centre was pruned meanwhile; what it lacks now comes with the next pass
        return [one.id for one in made]

    def _actions(self) -> Iterator[int]:
        after = 0
        while not self._stopped():
            with self._local.database.reading() as connection:
                found = outbox.actions(connection, after, self._batch)
            if not found:
                return
            after = found[-1].seq
            rows = [_without(row, "seq", "handed_to") for row in found]
            with self._central.database.writing() as connection:
                receiving.take_actions(connection, self._sender, rows)
            yield self._mark(StoredAction, [row["id"] for row in rows])

    def _records(self, most: int) -> tuple[int, str]:
        """How many records went over, and what is wrong with the chain."""
        wrong, done, after = self._cut_short(), 0, 0
        while done < most and not (wrong or self._stopped()):
            with self._local.database.reading() as connection:
                found = outbox.records(connection, after, self._batch)
                ready = list(_until(found, lambda row: bool(row.waits)))
                before = chain.sha256_of(connection, self._own, ready[0].number - 1) if ready else ""
            if not ready:
                break
            after = ready[-1].number
            refs, wrong = self._send_records(ready, before)
            done += self._mark(StoredSignOff, refs)
        self._complain(wrong)
        return done, wrong

    def _cut_short(self) -> str:
        """What is wrong with the chain as it stands here, by what the centre has of it."""
        with self._central.database.reading() as connection:  # first, for the chain here only grows
            there = chain.head(connection, self._own)
        if there is None:
            return ""
        with self._local.database.reading() as connection:
            here = chain.sha256_of(connection, self._own, there.number)
            last = chain.head(connection, self._own)
        if here == there.sha256:
            return ""
        if last is None or last.number < there.number:
            ends = "has none" if last is None else f"ends with number {last.number}"
            return self._told(there.number, f"the station {ends}, the centre has it up to {there.number}")
        return self._told(there.number, "the station has another record than the centre")

    def _send_records(self, rows: Sequence[Row[Any]], before: str) -> tuple[list[str], str]:
        """Hashes of the records the centre has now, and what is wrong with the next."""
        taken: list[str] = []
        with self._central.database.writing() as connection:
            for row in rows:
                wrong = self._check(row, before) or self._take(connection, row, before)
                if wrong:
                    return taken, self._told(row.number, wrong)
                taken.append(row.sha256)
                before = row.sha256
        return taken, ""

    def _check(self, row: Row[Any], before: str) -> str:
        """What is wrong with a record by itself."""
        if hashlib.sha256(row.envelope).hexdigest() != row.sha256:
            return "the record was changed since it was signed"
        said = None if self._reads is None else self._reads(row.envelope)
        if self._reads is not None and said is None:
            return "the record cannot be read"
        if said is not None and said[0] != row.number:
            return f"the record says that it is number {said[0]}"
        if said is not None and said[1] != before:
            return "it was not signed after the record that is before it"
        return ""

    def _take(self, connection: Connection, row: Row[Any], before: str) -> str:
        """Add a record to the chain at the centre, unless it is there; what is wrong if it does not fit."""
        there = chain.sha256_of(connection, self._own, row.number)
        if there == row.sha256:
            receiving.receipt_of_record(connection, self._sender, row.sha256)
            return ""
        if there:
            return "the centre has another record of that number"
        head = chain.head(connection, self._own)
        last, sha256 = (0, "") if head is None else (head.number, head.sha256)
        if row.number != last + 1:
            return f"the records from number {last + 1} on are missing"
        if before != sha256:
            return "the centre has another record before it"
        receiving.take_record(connection, self._sender, _without(row, "waits", "handed_to"))
        return ""

    def _told(self, number: int, what: str) -> str:
        name = self._local.station or "this station"
        return f"signed record {number} of {name} ({self._own[:8]}): {what}"

    def _complain(self, wrong: str) -> None:
        with self._central.database.reading() as connection:
            there = receiving.station(connection, self._own)
        if there is not None and there.trouble != wrong:
            with self._central.database.writing() as connection:
                receiving.complain(connection, self._own, wrong)


def _without(row: Row[Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in names}  # noqa: SLF001 - SQLAlchemy's own name for it


def _sum_until(numbers: Iterator[int], most: int) -> int:
    """Their sum; none is asked for any more once it is enough."""
    total = 0
    while total < most and (more := next(numbers, None)) is not None:
        total += more
    return total


def _by_bytes(rows: Sequence[Row[Any]], most: int) -> Iterator[list[Row[Any]]]:
    """*rows* in parts that are small enough, or one row."""
    some: list[Row[Any]] = []
    size = 0
    for row in rows:
        if some and size + row.bytes > most:
            yield some
            some, size = [], 0
        some.append(row)
        size += row.bytes
    if some:
        yield some


def _until(rows: Sequence[Row[Any]], ends: Callable[[Row[Any]], bool]) -> Iterator[Row[Any]]:
    for row in rows:
        if ends(row):
            return
        yield row
