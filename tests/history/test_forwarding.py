from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from audit.errors import UsageError
from audit.history import History
from audit.history.forwarding import Forwarded, forward
from audit.history.packed import pack
from audit.history.schema import (
    Receipt,
    StoredFinding,
    StoredReport,
    StoredSignOff,
    StoredSnapshot,
    Unit,
)
from audit.history.troubles import HistoryError
from audit.model.history import Action, CrateRef, Query
from audit.model.signing import Result
from tests.crate.portraits import portrait
from tests.history import old
from tests.history.made import assert_chain, imei, report_of, signed, snapshot_of
from tests.history.union import assert_union, reads

CRATE = CrateRef(id="ab12", name="pallet 7", began_at="2026-01-01T00:00:00Z")


@pytest.fixture
def local(tmp_path: Path) -> Iterator[History]:
    """A station's own history."""
    with History.open(str(tmp_path / "local.sqlite"), station="bench 1") as opened:
        yield opened


@pytest.fixture
def other(tmp_path: Path) -> Iterator[History]:
    """That of another station, whose computer has the same name."""
    with History.open(str(tmp_path / "other.sqlite"), station="bench 1") as opened:
        yield opened


@pytest.fixture
def central(url: str) -> Iterator[History]:
    """Where all of them forward to, on each kind of database."""
    with History.open(url, station="office") as opened:
        yield opened


def fill(history: History, name: str, most: int = 3) -> None:
    """Reports with evidence, packages, identifiers and a crate; sign-offs; actions."""
    for number in range(most):
        evidence = snapshot_of(f"{name}-{number}", data=f"[x]: [{name}{number // 2}]\n".encode() * 50)
        id_ = history.record(
            report_of(f"{name}-{number}", day=number, evidence=evidence),
            evidence,
            crate=CRATE,
            identifiers=[imei(f"{number:015}")],
            portrait=portrait(packages=["com.a", f"com.{name.lower()}"]),
        )
        history.append(signed(name.encode()), id_, Result.PASSED)
        history.act(action(f"{name}{number}"))


def action(name: str) -> Action:
    """One that nobody else did."""
    id_ = hashlib.sha256(name.encode()).hexdigest()[:32]
    return Action(id=id_, at="2026-01-01T00:00:00Z", who=name, role="operator", what="login")


def test_all_of_a_station_is_at_the_centre_and_found_there(local: History, central: History) -> None:
    """Reports whole, with evidence, packages, identifiers, crate; sign-offs; actions: and each once."""
    fill(local, "A")
    done = forward(local, central, reads=reads)
    assert (done.reports, done.records, done.actions, done.waiting) == (3, 3, 3, 0)
    assert (done.chain, done.damaged) == ("", ())
    assert_union(central, local)
    (found,) = central.search(Query(serial="A-1", package="com.a", crate="pallet 7", signed=Result.PASSED))
    assert (found.station, found.imeis) == ("bench 1", ("000000000000001",))
    assert central.count(Query(station=found.station_id)) == 3
    with central.database.reading() as connection:
        assert connection.scalars(select(StoredFinding.c.report_seq).distinct()).all() != []
    assert forward(local, central, reads=reads) == Forwarded()


def test_what_came_later_follows_alone(local: History, central: History) -> None:
    """Only what is not there yet is sent."""
    fill(local, "A")
    forward(local, central)
    fill(local, "B", 1)
    done = forward(local, central)
    assert (done.reports, done.records, done.actions) == (1, 1, 1)
    assert_union(central, local)


def test_what_was_signed_just_now_is_not_as_old_as_its_report(local: History, central: History) -> None:
    """Else the centre would look far behind, when somebody signs an old report off."""
    id_ = local.record(report_of("S1"), None)
    assert local.waiting().oldest_us is not None
    forward(local, central)
    local.append(signed(b"here"), id_, Result.PASSED)
    waiting = local.waiting()
    assert (waiting.records, waiting.items, waiting.oldest_us) == (1, 1, None)


def test_two_stations_of_one_name_with_the_same_unit(
    local: History, other: History, central: History
) -> None:
    """Both reports are there, the unit once, the newest is the newest of both, each chain is its own."""
    first = local.record(report_of("S1", day=1), None)
    second = other.record(report_of("S1", day=2), None)
    local.append(signed(b"here"), first, Result.PASSED)
    other.append(signed(b"there"), second, Result.FAILED)
    for station in (other, local):
        forward(station, central, reads=reads)
    assert_union(central, local, other)
    assert [one.id for one in central.search(Query(serial="S1"))] == [second, first]
    assert [one.id for one in central.search(Query(serial="S1", newest=True))] == [second]
    assert len({one.station_id for one in central.search(Query())}) == 2
    with central.database.reading() as connection:
        assert connection.scalars(select(Unit.c.key)).all() == ["serial:S1"]


def test_evidence_and_packages_that_two_stations_have_are_kept_once(
    local: History, other: History, central: History
) -> None:
    """And not sent a second time: the second station's own may even be gone."""
    evidence = snapshot_of("S1")
    local.record(report_of("S1", day=1, evidence=evidence), evidence, portrait=portrait(packages=["com.a"]))
    kept = other.record(
        report_of("S1", day=2, evidence=evidence), evidence, portrait=portrait(packages=["com.a"])
    )
    forward(local, central)
    with other.database.writing() as connection:
        connection.execute(update(StoredSnapshot).values(content=b"damaged"))
    assert forward(other, central).reports == 1
    assert central.snapshot(evidence_of(central, kept), kept) == evidence
    assert central.size().snapshots == 1


def evidence_of(history: History, id_: str) -> str:
    """Digest of what a report was judged from."""
    return history.stored(id_).snapshot_sha256


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_what_was_recorded_before_anybody_thought_of_a_centre_is_sent(
    tmp_path: Path, central: History, revision: str
) -> None:
    """A history of an earlier schema, upgraded as it is opened."""
    path = f"sqlite:///{tmp_path / 'old.sqlite'}"
    old.build(path, revision)
    with History.open(path, station="old bench") as history:
        assert forward(history, central).reports == 1
        assert central.report(old.ID) == old.REPORT
        assert central.snapshot(old.REPORT.snapshot_sha256) == old.EVIDENCE
        assert [one.id for one in central.search(Query(package="com.old", station="OLD BENCH"))] == [old.ID]


def test_a_centre_that_was_set_back_gets_everything_again(local: History, central: History) -> None:
    """Restored from a backup, it lacks what it once said it had."""
    fill(local, "A")
    forward(local, central)
    with central.database.writing() as connection:
        for table in (StoredSignOff, StoredReport, Receipt):
            connection.execute(delete(table))
        connection.exec_driver_sql("UPDATE station SET items = 0 WHERE role = 'station'")
    assert forward(local, central).reports == 3
    assert_union(central, local)


def test_another_centre_gets_everything_too(tmp_path: Path, local: History, central: History) -> None:
    """A station can move to another one."""
    fill(local, "A")
    forward(local, central)
    with History.open(str(tmp_path / "second.sqlite")) as second:
        forward(local, second)
        assert_union(second, local)


def test_what_was_pruned_at_the_centre_does_not_come_back(local: History, central: History) -> None:
    """Not even where the station has forgotten that it had sent it."""
    fill(local, "A")
    forward(local, central)
    central.prune("2027-01-01", keep_signed=False)
    with local.database.writing() as connection:
        connection.execute(update(StoredReport).values(handed_to=None))
    assert forward(local, central).reports == 3
    assert central.count(Query()) == 0


def test_what_is_pruned_at_the_station_stays_at_the_centre(local: History, central: History) -> None:
    """And nothing is pruned there that the centre has not got."""
    fill(local, "A", 2)
    forward(local, central)
    fill(local, "B", 2)
    assert local.prune("2027-01-01", keep_signed=False).waiting == 2
    assert forward(local, central).reports == 2
    assert local.prune("2027-01-01", keep_signed=False).reports == 2
    assert central.count(Query()) == 4


def test_a_damaged_report_is_told_and_the_others_go(local: History, central: History) -> None:
    """Nobody gets what is not what it says; it waits, and its sign-off with it."""
    fill(local, "A")
    damaged = local.latest("A-1")
    assert damaged is not None
    with local.database.writing() as connection:
        changed = pack(report_of("changed")).content
        connection.execute(
            update(StoredReport).where(StoredReport.c.id == damaged.id).values(content=changed)
        )
    done = forward(local, central)
    assert (done.reports, done.records, done.waiting) == (2, 1, 3)
    assert damaged.id[:12] in done.damaged[0]
    assert central.count(Query(serial="A-1")) == 0


def _cut(history: History, number: int) -> None:
    with history.database.writing() as connection:
        connection.execute(delete(StoredSignOff).where(StoredSignOff.c.number >= number))


def test_a_chain_that_was_cut_short_is_told(local: History, central: History) -> None:
    """The centre keeps what it has, and says whose chain and which number; reports still come."""
    fill(local, "A")
    forward(local, central)
    _cut(local, 3)
    fill(local, "B", 1)
    done = forward(local, central)
    assert "record 3 of bench 1" in done.chain
    assert (done.reports, done.records) == (1, 0)
    (station,) = [one for one in central.stations() if one.role == "station"]
    assert station.trouble == done.chain
    assert_chain(list(central.records(station.id)))
    assert len(list(central.records(station.id))) == 3


def test_a_chain_that_was_cut_short_and_went_on_is_told(local: History, central: History) -> None:
    """Another record with a number that is taken does not replace it."""
    fill(local, "A")
    forward(local, central)
    before = list(local.records())
    _cut(local, 3)
    id_ = local.record(report_of("S9"), None)
    for _ in range(2):
        local.append(signed(b"other"), id_, Result.FAILED)
    done = forward(local, central, reads=reads)
    assert "record 3" in done.chain
    assert done.waiting == 2
    assert list(central.records(local.stations()[-1].id)) == before


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_record_that_was_changed_on_its_way_is_told(local: History, central: History, number: int) -> None:
    """Also where its hash was changed with it: the next no longer follows it."""
    fill(local, "A")
    with local.database.writing() as connection:
        of_it = update(StoredSignOff).where(StoredSignOff.c.number == number)
        envelope = b"%d forged" % number
        sha256 = hashlib.sha256(envelope).hexdigest()
        connection.execute(of_it.values(envelope=envelope, sha256=sha256))
    done = forward(local, central, reads=reads)
    assert f"record {number}" in done.chain
    assert done.records == number - 1


def test_a_missing_record_is_told(local: History, central: History) -> None:
    """What follows the gap waits."""
    fill(local, "A")
    with local.database.writing() as connection:
        connection.execute(delete(StoredSignOff).where(StoredSignOff.c.number == 2))
    done = forward(local, central, reads=reads)
    assert "record 3" in done.chain
    assert done.records == 1


def test_a_chain_in_order_again_takes_the_complaint_back(local: History, central: History) -> None:
    """Put back from a backup, say."""
    fill(local, "A", 2)
    forward(local, central)
    with local.database.reading() as connection:
        (row,) = connection.execute(select(StoredSignOff).where(StoredSignOff.c.number == 2)).mappings()
    _cut(local, 2)
    assert forward(local, central).chain
    with local.database.writing() as connection:
        connection.execute(insert(StoredSignOff).values(**row))
    assert forward(local, central) == Forwarded()
    assert all(not one.trouble for one in central.stations())


def test_a_copied_history_is_told_at_its_first_sign_off_and_can_become_one_of_its_own(
    tmp_path: Path, local: History, central: History
) -> None:
    """Two that say they are one: no record of either replaces the other's; renewed, both are whole."""
    fill(local, "A", 2)
    forward(local, central)
    path = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(local.where)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    fill(local, "B", 1)
    forward(local, central)
    with History.open(str(path), station="bench 2") as copy:
        fill(copy, "C", 1)
        done = forward(copy, central)
        assert "record 3 of bench 2" in done.chain
        assert done.reports == 1
        copy.renew()
        again = forward(copy, central)
        assert (again.chain, again.waiting) == ("", 0)
        assert_union(central, local, copy)
        assert forward(local, central).chain == ""


def test_a_centre_signs_only_what_is_its_own(local: History, central: History) -> None:
    """Each station has a chain of its own; the centre's may be one more."""
    fill(local, "A", 1)
    forward(local, central)
    (forwarded,) = central.search(Query())
    with pytest.raises(UsageError, match="which signs its own"):
        central.append(signed(), forwarded.id, Result.FAILED)
    own = central.record(report_of("O1"), None)
    central.append(signed(), own, Result.PASSED)
    assert len(list(central.records())) == 1
    assert_union(central, local, central)


def test_a_history_does_not_forward_to_itself(local: History) -> None:
    """Nor to a copy of itself."""
    with History.open(local.where) as same, pytest.raises(UsageError, match="itself"):
        forward(local, same)


def test_a_centre_of_an_older_program_is_not_upgraded_by_a_station(url: str) -> None:
    """Other stations may still need it as it is; an empty database becomes one."""
    with History.open(url, upgrade=False):
        pass
    old_url = url.replace("history.sqlite", "old.sqlite")
    if old_url == url:
        from tests.history.conftest import emptied  # noqa: PLC0415 - only for a server

        emptied(url)
    old.build(old_url, "0002")
    with pytest.raises(HistoryError, match="older adb-audit") as caught:
        History.open(old_url, upgrade=False)
    assert "adb-audit history upgrade" in caught.value.fix


def test_a_large_report_goes_alone(local: History, central: History) -> None:
    """Batches are bounded by bytes; what is larger than one is one."""
    import random  # noqa: PLC0415 - only here

    noise = random.Random(1).randbytes(3_000_000)  # noqa: S311 - only incompressible
    for number in range(3):
        evidence = snapshot_of(f"S{number}", data=noise + bytes([number]))
        local.record(report_of(f"S{number}", evidence=evidence), evidence)
    assert forward(local, central, most_bytes=1_000_000).reports == 3
    assert_union(central, local)


@given(
    steps=st.lists(st.sampled_from(["A", "B", "pass A", "pass B", "prune A", "both"]), max_size=12),
    batch=st.integers(1, 4),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_stations_record_and_forward(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], batch: int
) -> None:
    """In the end the centre is the union of both, nothing twice, each chain whole."""
    folder = tmp_path_factory.mktemp("order")
    with ExitStack() as opened:
        made = [
            opened.enter_context(closing(History.open(str(folder / f"{name}.sqlite"), station=name)))
            for name in ("A", "B", "central")
        ]
        stations, central = dict(zip("AB", made[:2], strict=True)), made[2]
        for history in made[:2]:  # what is pruned before there is a centre never comes there
            forward(history, central, batch=batch, reads=reads)
        forwarded: set[str] = set()
        for number, step in enumerate(steps):
            if step in stations:
                fill(stations[step], f"{step}{number}", 2)
            elif step == "both":
                for name, history in stations.items():
                    history.record(report_of("shared", day=number + (name == "B") * 100), None)
            else:
                verb, name = step.split()
                if verb == "pass":
                    forward(stations[name], central, batch=batch, reads=reads)
                else:
                    forwarded |= {one.id for one in stations[name].search(Query())}
                    stations[name].prune("2027-01-01", keep_signed=False)
        for history in stations.values():
            done = forward(history, central, batch=batch, reads=reads)
            assert (done.waiting, done.chain) == (0, "")
        assert_union(central, *stations.values(), also=forwarded)
