from __future__ import annotations

import os
from dataclasses import replace

import pytest
from sqlalchemy import insert, literal, select

from audit import codec
from audit.errors import BadInput, UsageError
from audit.history import Carried, History, Tac
from audit.history.schema import StoredReport
from audit.history.troubles import HistoryError
from audit.model.history import CrateRef, Query
from audit.model.portrait import TraitKind
from audit.model.report import Decision
from audit.model.signing import Result, SignedRecord
from tests.crate.portraits import portrait
from tests.history.made import assert_chain, imei, report_of, signed, snapshot_of
from tests.reports import samples


@pytest.mark.parametrize("name", samples.ALL)
def test_a_report_comes_back_as_it_was(history: History, name: str) -> None:
    """Whatever its verdict, also one whose unit is hostile; its id is its hash."""
    report = samples.ALL[name]
    id_ = history.record(report, None)
    assert id_ == codec.sha256(report)
    assert history.report(id_) == report


def test_what_was_recorded_is_there_after_closing(url: str) -> None:
    """Another program, later, reads the same."""
    evidence = snapshot_of()
    report = report_of(evidence=evidence)
    with History.open(url) as first:
        id_ = first.record(report, evidence)
    with History.open(url) as second:
        assert second.backup is None
        assert second.report(id_) == report
        assert second.snapshot(report.snapshot_sha256) == evidence


def test_the_same_report_is_stored_once(history: History) -> None:
    """Recording twice changes nothing, and gives the same id."""
    crate = CrateRef(id="ab", name="C", began_at="2026-01-01T00:00:00Z")
    first = history.record(report_of(), None, crate=crate)
    before = history.size().reports, history.stored(first)
    assert history.record(report_of(), None) == first
    assert (history.size().reports, history.stored(first)) == before


def test_the_same_evidence_is_stored_once_by_whatever_way_it_came(history: History) -> None:
    """Each report still gives its snapshot as it was, whose it says it is included."""
    live, other = snapshot_of("S1"), snapshot_of("S2")
    one = history.record(report_of("S1", evidence=live), live)
    two = history.record(report_of("S2", day=1, evidence=other), other)
    assert history.size().snapshots == 1
    sha256 = history.report(one).snapshot_sha256
    assert history.snapshot(sha256, one) == live
    assert history.snapshot(sha256, two) == other
    assert history.snapshot(sha256) == other, "the last one"
    assert history.snapshot("0" * 64) is None


def test_a_snapshot_of_another_report_is_refused_before_anything_is_written(history: History) -> None:
    """Nobody finds evidence later that does not belong to the verdict."""
    with pytest.raises(BadInput, match="not what the report was judged from"):
        history.record(report_of(evidence=snapshot_of()), snapshot_of(data=b"other"))
    assert history.size().reports == history.size().snapshots == 0


def test_a_report_of_no_moment_is_refused(history: History) -> None:
    """It could not be put in any order."""
    with pytest.raises(BadInput, match="no moment"):
        history.record(replace(report_of(), judged_at="yesterday"), None)
    assert history.count(Query()) == 0


def test_what_is_stored_says_what_the_report_says(history: History) -> None:
    """Every field of the short form."""
    crate = CrateRef(id="ab", name="July", began_at="2026-01-01T00:00:00Z")
    report = report_of("S9", day=3)
    given = [imei("356938035643817"), imei("356938035643809")]
    id_ = history.record(report, None, crate=crate, identifiers=given)
    [stored] = history.search(Query())
    assert stored.id == id_
    assert (stored.judged_at, stored.acquired_at) == (report.judged_at, report.acquired_at)
    assert (stored.decision, stored.because) == (report.verdict.decision, report.verdict.because)
    assert (stored.market, stored.policy, stored.region) == ("NO", "default", report.region.region)
    assert (stored.serial, stored.imeis) == ("S9", ("356938035643809", "356938035643817"))
    assert (stored.model, stored.build, stored.source) == ("Nokia 7 plus", "00WW_4_22C", report.source.kind)
    assert (stored.crate, stored.station, stored.signed) == ("July", "bench 1", None)
    assert stored.rulebook_sha256 == report.rulebook_sha256
    assert stored.snapshot_sha256 == report.snapshot_sha256
    assert history.crates() == (crate,)


def _shelf(history: History) -> dict[str, str]:
    """Some units; ids by a name for each report."""
    july = CrateRef(id="abcdef", name="July", began_at="2026-07-01T00:00:00Z")
    carried = portrait({TraitKind.VERSION: {"com.acme.P": "7"}}, packages=["com.acme.P", "com.acme.q"])
    return {
        "fail": history.record(report_of("S1"), None, crate=july, portrait=carried),
        "again": history.record(report_of("S1", day=5, like=samples.NOTED), None),
        "other": history.record(
            report_of("S2", day=2, model="XR21", build="B2", market="DE", like=samples.DORMANT),
            None,
            identifiers=[imei("356938035643809")],
            packages={"com.acme.q": "1"},
        ),
    }


_ASKED: tuple[tuple[Query, list[str]], ...] = (
    (Query(), ["again", "other", "fail"]),
    (Query(limit=2), ["again", "other"]),
    (Query(limit=0), []),
    (Query(serial="S1"), ["again", "fail"]),
    (Query(serial="s1"), []),
    (Query(imei="356938035643809"), ["other"]),
    (Query(imei="35693803564380"), []),
    (Query(model="nokia 7 PLUS"), ["again", "fail"]),
    (Query(build="b2"), ["other"]),
    (Query(package="COM.ACME.P"), ["fail"]),
    (Query(package="com.acme.q"), ["other", "fail"]),
    (Query(package="com.acme"), []),
    (Query(package="com.acme.%"), []),
    (Query(decision=Decision.FAIL), ["fail"]),
    (Query(market="de"), ["other"]),
    (Query(crate="JULY"), ["fail"]),
    (Query(crate="abcdef"), ["fail"]),
    (Query(since="2026-01-03"), ["again", "other"]),
    (Query(until="2026-01-03"), ["other", "fail"]),
    (Query(until="2026-01-02T23:59:59Z"), ["fail"]),
    (Query(since="2026-01-03T01:00:00+01:00", until="2026-01-03T00:00:00Z"), ["other"]),
    (Query(newest=True), ["again", "other"]),
    (Query(newest=True, decision=Decision.FAIL), []),
    (Query(signed=Result.PASSED), ["other"]),
    (Query(serial="S1' OR '1'='1"), []),
    (Query(model="\x00\udcff"), []),
)


def test_every_field_of_a_query(history: History) -> None:
    """Newest first; texts without case, identifiers exactly."""
    shelf = _shelf(history)
    history.append(signed(), shelf["other"], Result.PASSED)
    names = {id_: name for name, id_ in shelf.items()}
    for query, found in _ASKED:  # of one history: to fill one for each takes longer than all of them
        assert [names[one.id] for one in history.search(query)] == found, query
        if query.limit is None:
            assert history.count(query) == len(found), query


@pytest.mark.parametrize(
    "url",
    # to fill more than a page takes seconds, and pages are asked for alike on both
    ["sqlite", pytest.param("postgresql", marks=[pytest.mark.peer, pytest.mark.slow])],
    indirect=True,
)
def test_searching_goes_on_over_pages(history: History) -> None:
    """More than one page, with reports of one moment, each once and in order."""
    ids = [history.record(report_of(f"S{n}", day=n // 100), None) for n in range(520)]
    found = [one.id for one in history.search(Query())]
    assert len(found) == 520
    assert set(found) == set(ids)
    assert found == list(reversed(ids))
    assert len(list(history.search(Query(limit=510)))) == 510


@pytest.mark.parametrize("query", [Query(since="soon"), Query(until="2026-13-01")])
def test_a_date_that_is_none_is_refused(history: History, query: Query) -> None:
    """With how to write one."""
    with pytest.raises(UsageError, match="no date"):
        list(history.search(query))


def test_packages_are_told_as_far_as_they_were_read(history: History) -> None:
    """Installed or not, with version and path; and who never told is counted, not taken for clean."""
    shelf = _shelf(history)
    members = history.packages(shelf["fail"])
    assert members == (Carried(name="com.acme.P", version="7"), Carried(name="com.acme.q"))
    assert history.packages(shelf["again"]) is None
    assert history.unlisted(Query(package="com.acme.P")) == 1
    assert history.unlisted(Query(package="com.acme.P", serial="S2")) == 0
    unread = portrait(packages=["com.a"], unread=[TraitKind.PACKAGE])
    history.record(report_of("S3", day=9), None, portrait=unread)
    assert history.unlisted(Query(package="com.acme.P")) == 2
    assert history.count(Query(package="com.a")) == 1


def test_units_of_one_build_share_their_packages(history: History) -> None:
    """A set is stored once, however many units have it."""
    same = portrait(packages=[f"com.p{n}" for n in range(50)])
    for n in range(5):
        history.record(report_of(f"S{n}"), None, portrait=same)
    done = history.prune("2027-01-01", dry_run=True)
    assert (done.reports, done.package_sets) == (5, 1)


def test_a_report_is_found_by_the_beginning_of_its_id(history: History) -> None:
    """Six digits do, if they fit one alone; otherwise it is said what to do."""
    id_ = history.record(report_of(), None)
    assert history.report(id_[:6].upper()) == report_of()
    for wrong in (id_[:5], "", "g" * 8, "%" * 6, id_ + "0"):
        with pytest.raises(UsageError, match="no id"):
            history.report(wrong)
    with pytest.raises(HistoryError, match="no report"):
        history.report("0" * 64)


def test_an_ambiguous_beginning_is_refused(history: History) -> None:
    """Two reports whose ids begin alike are never taken for each other."""
    id_ = history.record(report_of(), None)
    table = StoredReport
    copied = [column for column in table.columns if column.name not in ("seq", "id")]
    with history._database.writing() as connection:
        alike = literal(id_[:10] + "0" * 54)
        rows = select(alike, *copied)
        connection.execute(insert(StoredReport).from_select(["id", *(c.name for c in copied)], rows))
    with pytest.raises(UsageError, match="several"):
        history.report(id_[:8])


def test_the_last_report_of_a_unit(history: History) -> None:
    """By its time of judging, not of recording; None for a unit nobody knows."""
    shelf = _shelf(history)
    latest = history.latest("S1")
    assert latest is not None
    assert latest.id == shelf["again"]
    assert history.latest("nobody") is None


def test_the_chain_grows_one_by_one(history: History) -> None:
    """Each record gets its number and the hash before it, and comes back byte for byte."""
    id_ = history.record(report_of(), None)
    made = [history.append(signed(b"\x00\xff"), id_[:8], result) for result in (Result.FAILED, Result.PASSED)]
    assert list(history.records()) == made
    assert_chain(made)
    assert history.stored(id_).signed is Result.PASSED


def test_nothing_is_added_to_the_chain_that_does_not_fit(history: History) -> None:
    """A wrong number, a wrong hash, a signer that fails, an unknown report: the chain stays as it was."""
    id_ = history.record(report_of(), None)
    history.append(signed(), id_, Result.PASSED)
    before = list(history.records())

    def late(number: int, previous: str) -> SignedRecord:
        return replace(signed()(number, previous), number=number + 1)

    def forged(number: int, previous: str) -> SignedRecord:
        return replace(signed()(number, previous), envelope=b"other")

    def fails(_number: int, _previous: str) -> SignedRecord:
        raise BadInput("no key")

    for make in (late, forged, fails):
        with pytest.raises((HistoryError, BadInput)):
            history.append(make, id_, Result.FAILED)
    with pytest.raises(HistoryError, match="no report"):
        history.append(signed(), "0" * 64, Result.FAILED)
    assert list(history.records()) == before
    assert history.stored(id_).signed is Result.PASSED
    assert_chain([*before, history.append(signed(), id_, Result.FAILED)])


def test_pruning_takes_what_only_old_reports_needed(history: History) -> None:
    """Signed ones stay unless asked, what others still need stays, the chain stays whole."""
    shared, alone = snapshot_of(data=b"shared"), snapshot_of(data=b"alone")
    same, other = portrait(packages=["com.a"]), portrait(packages=["com.b"])
    old = history.record(report_of(evidence=shared), shared, portrait=same)
    gone = history.record(report_of(day=1, evidence=alone), alone, portrait=other)
    new = history.record(report_of(day=9, evidence=shared), shared, portrait=same)
    kept = history.record(report_of("S2", day=2), None)
    history.append(signed(), kept, Result.PASSED)
    would = history.prune("2026-01-05", dry_run=True)
    assert history.count(Query()) == 4
    done = history.prune("2026-01-05")
    assert done == would
    assert (done.reports, done.signed, done.snapshots, done.package_sets) == (2, 1, 1, 1)
    assert done.content_bytes > 0
    assert {one.id for one in history.search(Query())} == {new, kept}
    assert history.snapshot(history.report(new).snapshot_sha256) == shared
    for id_ in (old, gone):
        with pytest.raises(HistoryError):
            history.report(id_)
    assert history.prune("2026-01-05", keep_signed=False).reports == 1
    assert_chain(list(history.records()))
    assert len(list(history.records())) == 1
    assert history.record(report_of(day=1, evidence=alone), alone, portrait=other) == gone


def test_tacs_count_different_units_of_a_model(history: History) -> None:
    """A unit judged twice counts once; a report without an IMEI not at all."""
    for serial, day, number in (
        ("S1", 0, "35693803564380"),
        ("S1", 1, "35693803564380"),
        ("S2", 0, "356938039"),
    ):
        history.record(report_of(serial, day=day), None, identifiers=[imei(number)])
    history.record(report_of("S3", model="XR21"), None, identifiers=[imei("86000000123")])
    history.record(report_of("S4"), None)
    assert history.tacs() == (
        Tac(code="35693803", model="Nokia 7 plus", units=2),
        Tac(code="86000000", model="XR21", units=1),
    )


def test_a_unit_without_a_serial_number_is_known_by_its_imei(history: History) -> None:
    """And one with neither is never taken for another."""
    for day in range(2):
        history.record(report_of("", day=day), None, identifiers=[imei("356938035643809")])
        history.record(report_of("", day=day + 5), None)
    assert history.count(Query(newest=True)) == 3


def test_the_size_is_told(history: History) -> None:
    """In bytes, and for each report."""
    assert history.size().per_report_bytes == 0
    history.record(report_of(), None)
    size = history.size()
    assert size.reports == 1
    assert size.per_report_bytes == size.total_bytes > 0


def test_a_writer_waits_for_another_no_longer_than_asked(url: str) -> None:
    """While one signs, another's report is refused with the reason; then it is taken."""
    with History.open(url) as first, History.open(url, wait_s=0.1) as second:
        id_ = first.record(report_of(), None)

        def make(number: int, previous: str) -> SignedRecord:
            with pytest.raises(HistoryError, match="locked"):
                second.record(report_of("S2"), None)
            assert second.count(Query()) == 1, "readers never wait"
            return signed()(number, previous)

        first.append(make, id_, Result.PASSED)
        second.record(report_of("S2"), None)
        assert first.count(Query()) == 2


def test_pruning_gives_space_back(history: History) -> None:
    """In a file, at once."""
    empty = history.size().total_bytes
    for number in range(20):
        evidence = snapshot_of(data=os.urandom(50_000))
        history.record(report_of(f"S{number}", evidence=evidence), evidence)
    full = history.size().total_bytes
    assert history.prune("2027-01-01").content_bytes > 1_000_000
    if "postgresql" not in history.where:
        assert history.size().total_bytes - empty < (full - empty) / 10
