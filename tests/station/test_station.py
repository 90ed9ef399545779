"""A station over virtual units on loopback: from plugging them in to the report, whatever goes wrong."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from audit import codec
from audit.asked import Asked
from audit.errors import BadManifest, TransportError, UsageError
from audit.history import History
from audit.history.troubles import HistoryError
from audit.lab import shipped_unit
from audit.model.crate import CrateHead
from audit.model.history import Query
from audit.model.portrait import Baseline
from audit.model.report import Decision
from audit.station.bench import Bench, Wish
from audit.station.station import Station
from tests.cli.test_waivers import waiver
from tests.contracts.crates import bench, unit
from tests.station.benches import (
    done,
    notices,
    play,
    recorded,
    setup_of,
    until,
)

SHIPPED = (
    "clean-global",
    "cn-build",
    "colombian-lock",
    "dormant-eu",
    "fixed-2019",
    "hostile",
    "incident-2019",
    "reflashed-xiaomi",
    "rooted-2019",
    "talking-2019",
    "ungated-eu",
    "work-profile",
)
LOT, LOT_18 = Wish(name="Lot 17", market="NO"), Wish(name="Lot 18")


def test_twelve_units_each_with_its_verdict_and_once_in_the_history(tmp_path: Path) -> None:
    """Plugged in at once, each as its file says: the wall, the history and the report say the same."""
    specs = [unit(name, number) for number, name in enumerate(SHIPPED)]
    documented = [
        next(one.verdict for one in shipped_unit(name).expect if one.market == "NO") for name in SHIPPED
    ]

    async def work(station: Station) -> None:
        head = await station.begin(LOT)
        assert (head.name, station.head) == ("Lot 17", head)
        await until(station, lambda: len(done(station)) == 12)
        shown = {tile.slot: tile.result.decision for tile in done(station) if tile.result}
        assert [shown[address] for address in rig.addresses] == documented
        stored = await recorded(history, 12)
        assert Counter(one.decision for one in stored) == Counter(shown.values())
        assert {one.crate for one in stored} == {"Lot 17"}
        standing = await station.standing()
        report = await station.end()
        assert standing is not None
        assert standing.units == report.units
        assert (len(report.units), report.complete, report.decision) == (12, True, Decision.FAIL)
        assert (station.head, station.tiles(), await station.standing()) == (None, (), None)

    with bench(specs) as rig, History.open(str(tmp_path / "history.sqlite")) as history:
        play(setup_of(tmp_path, history, rig.addresses), work)
        assert history.count(Query(newest=True)) == 12
        stored = list(history.search(Query()))
        assert all(history.snapshot(one.snapshot_sha256, one.id) is not None for one in stored)
    folder = tmp_path / "crates" / "Lot 17"
    assert (folder / "report.html").is_file()
    assert len(list(folder.glob("units/*/report.html"))) == 12
    assert not (tmp_path / "crates" / "bench.json").exists()


@pytest.fixture
def history(tmp_path: Path) -> History:
    """An empty one, whose writers do not wait long for each other."""
    return History.open(str(tmp_path / "history.sqlite"), wait_s=0.2)


def test_unplugged_and_plugged_in_again_is_one_tile(tmp_path: Path, history: History) -> None:
    """One that is done is known again, and its tile stays where it was."""

    async def work(station: Station) -> None:
        await station.begin(LOT)
        rig.plug(0)
        await until(station, lambda: len(done(station)) == 1)
        rig.unplug(0)
        await until(station, lambda: station.tiles()[0].gone)
        rig.plug(1)
        rig.plug(0)
        await until(station, lambda: len(done(station)) == 2)
        assert station.tiles()[0].known
        assert [tile.serial for tile in station.tiles()] == list(rig.addresses)
        await recorded(history, 2)

    specs = [unit("clean-global", 1), unit("clean-global", 2)]
    with bench(specs, unplugged=(0, 1)) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses), work)
        assert history.count(Query()) == 2


def test_a_crate_outlives_the_station(tmp_path: Path, history: History) -> None:
    """Another station in the folder goes on: done stays done, also in the history, and the rest is done."""

    async def first(station: Station) -> None:
        await station.begin(LOT)
        await until(station, lambda: len(done(station)) == 1)

    async def second(station: Station) -> None:
        with pytest.raises(UsageError, match="there is a crate on the bench: Lot 17"):
            await station.begin(Wish())
        assert not await station.ready()
        await until(station, lambda: [tile.known for tile in done(station)] == [True])
        rig.plug(1)
        await until(station, lambda: len(done(station)) == 2)
        await recorded(history, 2)
        await station.end()
        assert await station.ready()
        await station.begin(LOT_18)
        await station.end()

    with bench([unit("clean-global", 1), unit("clean-global", 2)], unplugged=(1,)) as rig, history:
        setup = setup_of(tmp_path, history, rig.addresses)
        play(setup, first)
        before = list(history.search(Query()))
        assert len(before) == 1
        play(setup, second)
        assert before[0] in list(history.search(Query()))
        assert history.count(Query(crate="Lot 17")) == 2


def test_what_was_not_recorded_before_is_when_it_goes_on(tmp_path: Path, history: History) -> None:
    """The history was deleted between two programs: every unit done is in it again, once."""

    async def first(station: Station) -> None:
        await station.begin(LOT)
        await until(station, lambda: len(done(station)) == 2)

    async def second(_: Station) -> None:
        await recorded(other, 2)

    with (
        bench([unit("clean-global", 1), unit("incident-2019", 2)]) as rig,
        history,
        History.open(str(tmp_path / "other.sqlite")) as other,
    ):
        setup = setup_of(tmp_path, history, rig.addresses)
        play(setup, first)
        play(setup_of(tmp_path, other, ()), second)
        stored = list(history.search(Query()))
        assert sorted(one.id for one in stored) == sorted(one.id for one in other.search(Query()))


def test_two_stations_do_not_share_a_folder(tmp_path: Path, history: History) -> None:
    """The second one is told so, and the first works on; a crate held by a command is waited for."""

    async def work(station: Station) -> None:
        other = Station(setup)
        with pytest.raises(UsageError, match="another station is working in this folder"):
            await other.run(asyncio.Event())
        assert not await other.ready()
        await station.begin(LOT)

    with history:
        setup = setup_of(tmp_path, history, ())
        play(setup, work)


def test_a_history_that_is_locked_loses_nothing(tmp_path: Path, history: History) -> None:
    """It is told, a unit and the end say so, and all of it is recorded once the history can be written."""

    async def work(station: Station) -> None:
        await station.begin(LOT)
        await until(station, lambda: len(done(station)) == 1)
        await until(station, lambda: "not kept in the history" in notices(station))
        assert "locked" in notices(station)
        name = next(tile.result.name for tile in done(station) if tile.result)
        with pytest.raises(HistoryError, match="locked"):
            await station.unit(name)
        with pytest.raises(HistoryError, match="locked"):
            await station.end()
        assert station.head is not None
        rig.plug(1)
        await until(station, lambda: len(done(station)) == 2)
        blocker.rollback()
        await recorded(history, 2)
        await until(station, lambda: "can be written again" in notices(station))
        assert (await station.unit(name)).id
        assert len((await station.end()).units) == 2

    with (
        bench([unit("clean-global", 1), unit("incident-2019", 2)], unplugged=(1,)) as rig,
        history,
        closing(
            sqlite3.connect(tmp_path / "history.sqlite", isolation_level=None, check_same_thread=False)
        ) as blocker,
    ):
        blocker.execute("BEGIN IMMEDIATE")
        play(setup_of(tmp_path, history, rig.addresses), work)
        assert history.count(Query()) == 2


def test_a_crate_that_cannot_be_written_is_gone_on_with(tmp_path: Path, history: History) -> None:
    """It is told with its fix, the station stays, and units are done once there is room again."""
    spool = tmp_path / "crates" / "Lot 17" / "spool"

    async def work(station: Station) -> None:
        await station.begin(LOT)
        spool.rmdir()
        spool.write_bytes(b"")
        rig.plug(0)
        await until(station, lambda: "reading units was broken off" in notices(station))
        assert "cannot be written" in notices(station)
        assert "Fix:" in notices(station)
        spool.unlink()
        spool.mkdir()
        await until(station, lambda: len(done(station)) == 1)
        assert (await station.end()).complete

    with bench([unit("clean-global", 1)], unplugged=(0,)) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses), work)


def test_no_way_to_units_and_a_fault_of_ours_are_told_and_gone_on_after(
    tmp_path: Path, history: History, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither ends the station; the fault is written on standard error with where it happened."""
    faults = (TransportError("no adb server", fix="start one"), LookupError("a bug"))

    async def work(station: Station) -> None:
        await station.begin(LOT)
        await until(station, lambda: "no adb server" in notices(station))
        await until(station, lambda: "a fault of this program (LookupError)" in notices(station))
        await until(station, lambda: len(done(station)) == 1)
        assert "units are read again" in notices(station)

    with bench([unit("clean-global", 1)]) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses, faults=faults), work)
    assert "LookupError: a bug" in capsys.readouterr().err


def test_again_is_one_more_report_of_one_unit(tmp_path: Path, history: History) -> None:
    """The former result stays until the new one is kept; who is not plugged in cannot be asked."""

    async def work(station: Station) -> None:
        await station.begin(LOT)
        await until(station, lambda: len(done(station)) == 1)
        first = done(station)[0].result
        assert first is not None
        with pytest.raises(UsageError, match="no unit 'nobody' is done"):
            await station.again("nobody")
        await station.again(first.name)
        await until(station, lambda: not done(station))
        assert (await station.unit(first.name)).entry.result == first
        with pytest.raises(UsageError, match="is not plugged in, or is being audited"):
            await station.again(first.name)
        await until(station, lambda: len(done(station)) == 1)
        second = done(station)[0].result
        assert second is not None
        assert (second.name, second.decision) == (first.name, first.decision)
        assert second.started_at >= first.started_at
        assert second.took_s != first.took_s
        await recorded(history, 2)
        rig.unplug(0)
        await until(station, lambda: station.tiles()[0].gone)
        with pytest.raises(UsageError, match="is not plugged in"):
            await station.again(first.name)
        assert len((await station.end()).units) == 1

    # another second, as reports are dated, so that they are two
    slowly = unit("clean-global", 1, latency_ms={"": 20, "getprop": 1000})
    with bench([slowly]) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses), work)
        assert history.count(Query(newest=True)) == 1


def test_begun_with_a_manifest_a_golden_unit_and_waivers(tmp_path: Path, history: History) -> None:
    """What the manifest, the golden unit and a waiver that is written later say is in what is said of it."""
    file, listed = tmp_path / "waivers.toml", tmp_path / "lot.csv"
    listed.write_text("serial,market\nLABINCIDENT20190002,NO\nNEVERSEEN01,NO\n")
    baselines: dict[str, Baseline] = {}

    async def golden(station: Station) -> None:
        await station.begin(Wish(name="golden"))
        await until(station, lambda: len(done(station)) == 1)
        result = done(station)[0].result
        assert result is not None
        entry = (await station.unit(result.name)).entry
        assert entry.portrait is not None
        baselines["gold"] = Baseline(
            name="gold",
            made_at="2026-11-22T00:00:00Z",
            tool_version="1",
            rulebook_sha256=entry.report.rulebook_sha256,
            snapshot_sha256=entry.report.snapshot_sha256,
            portrait=entry.portrait,
        )
        await station.end()
        rig.unplug(0)

    async def first(station: Station) -> None:
        with pytest.raises(BadManifest):
            await station.begin(Wish(manifest=tmp_path / "nothing.csv"))
        with pytest.raises(UsageError, match="unknown market"):
            await station.begin(Wish(market="XX"))
        head = await station.begin(Wish(name="Lot 17", manifest=listed, baseline="gold"))
        assert (head.baseline, head.manifest.path if head.manifest else "") == ("gold", "lot.csv")
        rig.plug(1)
        await until(station, lambda: len(done(station)) == 1)

    async def second(station: Station) -> None:
        await until(station, lambda: len(done(station)) == 1)
        result = done(station)[0].result
        assert result is not None
        seen = await station.unit(result.name)
        assert (seen.report.verdict.decision, seen.golden) == (Decision.FAIL, baselines["gold"])
        assert {"manifest", "baseline"} <= {one.check for one in seen.report.findings}
        failed = {one.check for one in seen.report.findings if one.outcome.value in {"fail", "review"}}
        file.write_text("".join(waiver(c, {"crate": "Lot 17"}, number=n) for n, c in enumerate(failed, 1)))
        waived = await station.unit(result.name)
        assert waived.report.verdict.decision is Decision.PASS
        assert waived.report.waivers
        report = await station.end()
        assert report.reconciliation is not None
        assert [row.serial for row in report.reconciliation.missing] == ["NEVERSEEN01"]
        assert report.units[0].decision is Decision.PASS
        own, as_seen, as_waived = codec.sha256(seen.entry.report), seen.id, waived.id
        found = {one.id for one in history.search(Query(crate="Lot 17"))}
        assert found == {own, as_seen, as_waived}

    with bench([unit("fixed-2019", 1), unit("incident-2019", 2)], unplugged=(1,)) as rig, history:
        setup = setup_of(tmp_path, history, rig.addresses, baselines=baselines, waivers=file)
        for work in (golden, first, second):
            play(setup, work)


@pytest.mark.parametrize("name", ["../lot", "a/b", ".hidden", "x" * 65, "a\0b", "lot ", "\u202elot", "-rf"])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, history: History, name: str) -> None:
    """Nothing is made outside of the station's folder, or inside."""

    async def work(station: Station) -> None:
        if name.strip() == name:
            with pytest.raises(UsageError, match="is no name for a crate"):
                await station.begin(Wish(name=name))
        else:
            assert (await station.begin(Wish(name=name))).name == name.strip()

    with history:
        play(setup_of(tmp_path, history, ()), work)
    assert {path.name for path in tmp_path.iterdir()} <= {"crates", "history.sqlite", "home"}


@pytest.mark.parametrize("name", ["bench.json", "Station.lock"])
def test_a_name_of_the_station_s_own_is_refused(tmp_path: Path, history: History, name: str) -> None:
    """A crate called as a file beside it would be in its way; nothing of it stays."""

    async def work(station: Station) -> None:
        with pytest.raises(UsageError, match="a file of its own"):
            await station.begin(Wish(name=name))
        assert (await station.begin(LOT)).name == "Lot 17"

    with history:
        play(setup_of(tmp_path, history, ()), work)


def test_without_a_crate_everything_says_so(tmp_path: Path, history: History) -> None:
    """Nothing is there to be ended or asked for, and before it runs a station begins nothing."""

    async def work(station: Station) -> None:
        for asked in (station.end(), station.unit("x"), station.again("x")):
            with pytest.raises(UsageError, match="there is no crate on the bench"):
                await asked
        assert (station.head, station.tiles(), await station.standing()) == (None, (), None)
        first, second = await asyncio.gather(
            station.begin(Wish()), station.begin(Wish()), return_exceptions=True
        )
        assert isinstance(first, CrateHead)
        assert isinstance(second, UsageError)
        with pytest.raises(UsageError, match="is not working"):
            await Station(setup).begin(Wish())

    with history:
        setup = setup_of(tmp_path, history, ())
        play(setup, work)


def test_a_crate_of_another_rulebook_is_put_aside_by_the_next(tmp_path: Path, history: History) -> None:
    """It cannot be gone on with; that is told, the station works, and beginning another loses nothing."""

    async def first(station: Station) -> None:
        await station.begin(LOT)

    async def second(station: Station) -> None:
        assert not await station.ready()
        await until(station, lambda: "another rulebook" in notices(station))
        assert station.head is None
        await station.begin(LOT_18)
        assert "put aside" in notices(station)
        assert (tmp_path / "crates" / "Lot 17" / "crate.json").is_file()

    def newer(wish: Wish) -> Asked:
        asked = setup.terms(wish)
        return replace(asked, rulebook=replace(asked.rulebook, sha256="1" * 64))

    with history:
        setup = setup_of(tmp_path, history, ())
        play(setup, first)
        play(replace(setup, terms=newer), second)


def test_whoever_looks_on_is_told_of_every_change(tmp_path: Path, history: History) -> None:
    """Two who wait are both told, and one who waits for what was, at once."""

    async def work(station: Station) -> None:
        before = station.version
        waiting = [asyncio.create_task(station.changed(before)) for _ in range(2)]
        await station.begin(LOT)
        assert min(await asyncio.gather(*waiting)) > before
        assert await station.changed(before) == station.version

    with history:
        play(setup_of(tmp_path, history, ()), work)


def as_bench(station: Station) -> Bench:
    """A station is a bench: the type checker says so."""
    return station
