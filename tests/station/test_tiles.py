"""One tile for each unit, whatever comes and goes, and in whichever run it was done."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from audit.crate.events import Ended, Event, Known, Left, Moved
from audit.model.crate import Phase, UnitResult
from audit.station.tiles import Tiles
from tests.crate.results import result

CLONED = "0123456789ABCDEF"
NAMES = ("phone-1", "phone-2", "phone-3")
SERIALS = {"phone-1": "S001234", "phone-2": "S001234", "phone-3": CLONED}
"""Two units have one number, which no engine sees before both are plugged in."""


def of(name: str, **changed: object) -> UnitResult:
    """The result of a unit."""
    return result(name, serial=SERIALS[name], **changed)


def moved(key: str, serial: str = "S001234", slot: str = "usb:9") -> Moved:
    """A unit is read."""
    return Moved(key=key, phase=Phase.READING, slot=slot, serial=serial, model="", at_s=1.0)


def left(key: str, serial: str = "S001234") -> Left:
    """A unit is unplugged."""
    return Left(key=key, slot="usb:9", serial=serial, done=True, at_s=2.0)


def known(key: str, name: str, slot: str = "usb:9") -> Known:
    """A unit is done already."""
    return Known(key=key, slot=slot, serial=SERIALS[name], result=of(name), at_s=3.0)


def test_units_of_a_former_run_are_there_and_not_plugged_in() -> None:
    """In the order in which they came, until one is plugged in, wherever that is."""
    first, second = of("phone-1", started_at="2026-01-02"), of("phone-3", started_at="2026-01-01")
    tiles = Tiles((first, second))
    assert [(tile.result, tile.gone) for tile in tiles.all] == [(second, True), (first, True)]
    assert tiles.waiting() == ()
    tiles.fold(known("1", "phone-1", slot="usb:7"))
    assert [(tile.slot, tile.gone) for tile in tiles.all] == [(second.slot, True), ("usb:7", False)]


def test_one_that_is_read_again_keeps_its_tile() -> None:
    """From the first word of its new visit, since its serial number names it."""
    tiles = Tiles((of("phone-1"),))
    tiles.fold(moved("1"))
    assert [tile.phase for tile in tiles.all] == [Phase.READING]
    assert tiles.waiting() == ("usb:9",)
    tiles.fold(Ended(key="1", result=of("phone-1", tries=2), at_s=2.0))
    assert [tile.result and tile.result.tries for tile in tiles.all] == [2]


def test_one_that_was_taken_for_another_gives_its_tile_back() -> None:
    """Two units with one serial number, the second of which was never seen beside the first."""
    tiles = Tiles((of("phone-1"),))
    tiles.fold(moved("1"))
    tiles.fold(Ended(key="1", result=of("phone-2"), at_s=2.0))
    shown = {tile.result.name: tile.gone for tile in tiles.all if tile.result}
    assert shown == {"phone-1": True, "phone-2": False}


def test_a_number_that_names_no_unit_joins_nothing_before_it_is_told_which_it_is() -> None:
    """A placeholder is read beside the tile of the one that had it, then is that one."""
    tiles = Tiles((of("phone-3"),))
    tiles.fold(moved("1", CLONED))
    assert len(tiles.all) == 2
    tiles.fold(known("1", "phone-3"))
    assert [(tile.slot, tile.gone) for tile in tiles.all] == [("usb:9", False)]


KEYS = st.sampled_from(("1", "2", "3", "4"))
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(moved, KEYS, st.sampled_from(sorted(set(SERIALS.values())))),
    st.builds(left, KEYS, st.sampled_from(sorted(set(SERIALS.values())))),
    st.builds(known, KEYS, st.sampled_from(NAMES)),
    st.builds(lambda key, name: Ended(key=key, result=of(name), at_s=4.0), KEYS, st.sampled_from(NAMES)),
)


@given(st.lists(EVENTS, max_size=30), st.sets(st.sampled_from(NAMES)))
def test_no_unit_has_two_tiles_and_none_is_lost(events: list[Event], before: set[str]) -> None:
    """Whatever is told in whatever order: plugged in at last, each is shown once with its result."""
    tiles = Tiles(of(name) for name in before)
    for event in events:
        tiles.fold(event)
        shown = Counter(tile.result.name for tile in tiles.all if tile.result)
        assert not shown or max(shown.values()) == 1
    for number, name in enumerate(NAMES):
        tiles.fold(known(f"last-{number}", name))
    assert sorted(tile.result.name for tile in tiles.all if tile.result) == sorted(NAMES)
