"""The verdicts that tiles show are those that units have among the others of their crate."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from audit.crate.board import Board
from audit.crate.events import Known
from audit.history import History
from audit.model.crate import Phase, UnitResult
from audit.model.report import Decision
from audit.station.bench import Wish
from audit.station.news import News, Notices
from audit.station.standing import WORDS, Standing
from audit.station.station import Station
from tests.cli.test_waivers import waiver
from tests.contracts.crates import bench, unit
from tests.reports.crate import samples
from tests.station.benches import done, notices, play, setup_of, until

LISTED = "serial,model\nNEVERSEEN01,Nokia X20\n"


@pytest.fixture
def history(tmp_path: Path) -> History:
    """An empty one."""
    return History.open(str(tmp_path / "history.sqlite"))


def shown(station: Station) -> list[Decision]:
    """The verdicts there are."""
    return [tile.result.decision for tile in station.tiles() if tile.result is not None]


def test_no_tile_says_pass_of_a_unit_that_the_manifest_does_not_know(
    tmp_path: Path, history: History
) -> None:
    """Flawless by itself, on no line: at no moment does its tile say more than its page does."""
    listed = tmp_path / "lot.csv"
    listed.write_text(LISTED)
    seen: set[Decision] = set()

    async def follow(station: Station) -> None:
        version = 0
        while True:
            version = await station.changed(version)
            seen.update(shown(station))

    async def work(station: Station) -> None:
        following = asyncio.create_task(follow(station))
        await station.begin(Wish(name="Lot 17", manifest=listed))
        await until(station, lambda: len(done(station)) == 1)
        tile = done(station)[0]
        assert tile.result is not None
        page = await station.unit(tile.result.name)
        assert page.entry.result.decision is Decision.PASS
        assert page.report.verdict.decision is not Decision.PASS
        assert (tile.result.decision, tile.result.because) == (
            page.report.verdict.decision,
            page.report.verdict.because,
        )
        following.cancel()

    with bench([unit("clean-global", 1)]) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses), work)
    assert Decision.PASS not in seen


def test_a_waiver_that_is_written_later_is_shown_by_itself(tmp_path: Path, history: History) -> None:
    """Nobody has to look at the unit's page; a file that does not hold keeps verdicts back, and says so."""
    file = tmp_path / "waivers.toml"

    async def work(station: Station) -> None:
        await station.begin(Wish(name="Lot 17"))
        file.write_text("[[waiver]]\n")
        await until(station, lambda: "units are not held against each other" in notices(station))
        rig.plug(0)
        await until(station, lambda: any(tile.detail == WORDS for tile in station.tiles()))
        assert shown(station) == []
        file.unlink()
        await until(station, lambda: shown(station) == [Decision.FAIL])
        await until(station, lambda: "units are held against each other again" in notices(station))
        result = done(station)[0].result
        assert result is not None
        found = (await station.unit(result.name)).report.findings
        counting = {one.check for one in found if one.outcome.value in {"fail", "review"}}
        file.write_text("".join(waiver(c, {"crate": "Lot 17"}, number=n) for n, c in enumerate(counting, 1)))
        await until(station, lambda: shown(station) == [Decision.PASS])

    with bench([unit("incident-2019", 1)], unplugged=(0,)) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses, waivers=file), work)


def _standing() -> Standing:
    async def closed() -> None:
        return

    news = News()
    return Standing(closed, lambda: False, news, Notices(news))


def _known(result: UnitResult) -> Board:
    board = Board()
    board.fold(Known(key="1", slot="1", serial=result.serial, result=result, at_s=1.0))
    return board


def test_a_tile_that_looks_as_before_is_the_same() -> None:
    """So that nobody is sent what they have."""
    standing, report = _standing(), samples.crate(3)
    board = _known(report.units[0])
    standing.take(report)
    first = standing.of(board.tiles)
    standing.take(replace(report, units=tuple(replace(one) for one in report.units)))
    assert standing.of(board.tiles)[0] is first[0]


def test_an_audit_that_is_newer_waits_for_its_own_verdict() -> None:
    """What was said of the unit before is not said of what was read now."""
    standing, report = _standing(), samples.crate(3)
    standing.take(report)
    newer = replace(report.units[0], started_at="2031-01-01T00:00:00Z", decision=Decision.PASS)
    (tile,) = standing.of(_known(newer).tiles)
    assert (tile.result, tile.phase, tile.detail) == (None, Phase.JUDGING, WORDS)
