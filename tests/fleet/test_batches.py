"""Many reports in one transaction, on each kind of database: what is kept, and what was there before."""

from __future__ import annotations

from dataclasses import replace

from audit.cli.judging import load_rulebook
from audit.history import History
from audit.history.packages import of_unit
from audit.history.recording import Prepared, prepare
from audit.model.evidence import Snapshot
from audit.model.history import CrateRef, Query
from audit.model.report import Decision, Expectation
from audit.pipeline import examine
from tests.fleet.conftest import numbered
from tests.history.conftest import postgresql, server, url

__all__ = ["postgresql", "server", "url"]

AT, LATER = "2026-05-02T10:00:00Z", "2026-06-02T10:00:00Z"
CRATE = CrateRef(id="c" * 64, name="pallet-7", began_at=AT)


def prepared(snapshot: Snapshot, at: str = AT, market: str = "NO", *, known: bool = True) -> Prepared:
    """As a worker sends it. known: by rules that know the bad client"""
    rulebook = load_rulebook(None)
    if not known:
        rulebook = replace(rulebook, clients={}, advisories=(), sha256="0" * 64)
    one = examine(snapshot, rulebook, lambda _: Expectation(market=market), judged_at=at)
    return prepare(
        one.report,
        snapshot,
        identifiers=one.identifiers,
        packages=of_unit(None, one.portrait),
        crate=None,
        station="bench-1",
    )


def test_what_is_said_twice_is_kept_once(url: str, units: tuple[Snapshot, Snapshot]) -> None:
    """The same evidence by the same rules for the same market; anything else is another report."""
    bad, good = units
    with History.open(url) as history:
        first = history.add([prepared(bad), prepared(good)], once=True)
        assert [(one.new, one.former) for one in first] == [(True, None), (True, None)]
        again = history.add([prepared(bad, LATER), prepared(good, LATER)], once=True)
        assert [one.new for one in again] == [False, False]
        assert [one.id for one in again] == [one.id for one in first]
        assert [one.former for one in again] == [Decision.FAIL, Decision.PASS]
        (other,) = history.add([prepared(bad, LATER, "CN")], once=True)
        assert (other.new, other.former) == (True, None)
        (moved,) = history.add([prepared(replace(bad, acquired_at=LATER), LATER)], once=True)
        assert moved.new
        assert history.count(Query()) == 4
        assert next(history.search(Query(limit=1))).station == "bench-1"


def test_the_verdict_before_is_told(url: str, units: tuple[Snapshot, Snapshot]) -> None:
    """By the unit, whatever the evidence was then; without a unit by the input."""
    bad, _ = units
    with History.open(url) as history:
        (old,) = history.add([prepared(bad, known=False)], once=True)
        (new,) = history.add([prepared(bad, LATER)], once=True)
        assert (old.former, new.former, new.new) == (None, history.stored(old.id).decision, True)
        assert history.stored(new.id).decision is Decision.FAIL
        nameless = replace(
            bad,
            unit=replace(bad.unit, serial=None),
            artifacts=tuple(
                replace(one, data=one.data.replace(b"serialno", b"nothing")) for one in bad.artifacts
            ),
        )
        assert history.add([prepared(nameless)])[0].former is None
        assert history.add([prepared(nameless, LATER)])[0].former is Decision.FAIL


def test_what_is_kept_comes_back_packed(url: str, units: tuple[Snapshot, Snapshot]) -> None:
    """Report, evidence with its head, and crate; unpacked they are what was judged."""
    bad, good = units
    with History.open(url) as history:
        one = replace(prepared(bad), crate=CRATE)
        history.add([one, replace(prepared(good), snapshot=None)])
        whole, bare = (
            history.kept(row.id) for row in sorted(history.search(Query()), key=lambda r: r.serial)[::-1]
        )
        assert whole is not None
        assert bare is not None
        report, snapshot = whole.unpacked()
        assert report == history.report(whole.id)
        assert snapshot == bad
        assert whole.crate == CRATE
        assert bare.unpacked()[1] is None
        assert history.kept("0" * 64) is None


def test_all_of_a_batch_or_nothing(url: str, units: tuple[Snapshot, Snapshot]) -> None:
    """A hundred reports at once, of a unit each."""
    with History.open(url) as history:
        batch = [prepared(numbered(units[1], number)) for number in range(20)]
        assert all(one.new for one in history.add(batch, once=True))
        assert history.count(Query()) == 20
        assert len({one.serial for one in history.search(Query())}) == 20
