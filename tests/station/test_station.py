from __future__ import annotations

from collections import Counter
from pathlib import Path

from audit.history import History
from audit.model.history import Query
from audit.model.report import Decision
from audit.station.bench import Bench, Wish
from audit.station.station import Station
from tests.contracts.crates import bench, unit
from tests.station.benches import done, play, recorded, setup_of, until

SHIPPED = ("clean-global", "converted")
"""A clean one, and one for another market."""


def test_twelve_units_each_with_its_verdict_and_once_in_the_history(tmp_path: Path) -> None:
    """Plugged in at once: what the wall, the history and the report of the crate say is the same."""
    specs = [unit("clean-global", number) for number in range(12)]

    async def work(station: Station) -> None:
        await station.begin(Wish(name="Lot 17", market="NO"))
        await until(station, lambda: len(done(station)) == 12)
        shown = {tile.serial: tile.result.decision for tile in done(station) if tile.result}
        stored = await recorded(history, 12)
        assert Counter(one.decision for one in stored) == Counter(shown.values())
        assert {one.crate for one in stored} == {"Lot 17"}
        report = await station.end()
        assert len(report.units) == 12
        assert report.complete
        assert station.head is None
        assert station.tiles() == ()

    with bench(specs) as rig, History.open(str(tmp_path / "history.sqlite")) as history:
        play(setup_of(tmp_path, history, rig.addresses), work)
        assert history.count(Query(newest=True)) == 12
    assert (tmp_path / "crates" / "Lot 17" / "report.html").is_file()
    assert not (tmp_path / "crates" / "bench.json").exists()


def whole(station: Station) -> Bench:
    """A station is a bench: a type checker says so."""
    return station


_ = Decision
