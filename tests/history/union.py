"""Whether a centre is the union of its stations."""

from __future__ import annotations

from sqlalchemy import func, select

from audit.history import History
from audit.history.schema import StoredFinding, StoredReport
from audit.model.history import Query
from tests.history.made import assert_chain


def reads(envelope: bytes) -> tuple[int, str] | None:
    """What a record of `made.signed` says of its place."""
    number, _, rest = envelope.partition(b" ")
    previous, found, _ = rest.partition(b" ")
    return (int(number), previous.decode()) if found else None


def assert_union(central: History, *stations: History, also: set[str] | None = None) -> None:
    """Every report, record and action of every station is there, as it is there, once, and nothing else.

    also: reports that a station pruned once the centre had them
    """
    reports = [one.id for one in central.search(Query())]
    expected = {one.id for history in stations for one in history.search(Query())}
    assert len(reports) == len(set(reports))
    assert set(reports) == expected | (also or set())
    for history in stations:
        for one in history.search(Query()):
            assert central.report(one.id) == history.report(one.id)
            assert central.packages(one.id) == history.packages(one.id)
            there = central.stored(one.id)
            assert (there.signed, there.imeis, there.crate) == (one.signed, one.imeis, one.crate)
            evidence = history.snapshot(one.snapshot_sha256, one.id)
            assert central.snapshot(one.snapshot_sha256, one.id) == evidence
        (own,) = [one for one in history.stations() if one.role == "own"]
        records = list(central.records(own.id))
        assert records == list(history.records())
        assert_chain(records)
    acted = {one.id for history in stations for one in history.actions(limit=100_000)}
    told = [one.id for one in central.actions(limit=100_000)]
    assert sorted(told) == sorted(acted)
    with central.database.reading() as connection:
        counted = connection.execute(
            select(StoredReport.c.id, func.count(StoredFinding.c.number))
            .outerjoin(StoredFinding, StoredFinding.c.report_seq == StoredReport.c.seq)
            .group_by(StoredReport.c.id)
        ).all()
    assert all(count == len(central.report(id_).findings) for id_, count in counted)
