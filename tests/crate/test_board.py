"""How a crate stands, folded from what it tells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audit.crate.board import Board
from audit.crate.events import Ended, Event, Known, Left, Moved
from audit.model.crate import Phase
from audit.model.report import Decision
from tests.crate.results import result

KEYS = ("a", "b", "c")


def _moved(key: str, phase: Phase, at_s: float = 0.0, model: str = "") -> Moved:
    return Moved(key=key, phase=phase, slot=f"usb:{key}", serial=key, model=model, at_s=at_s)


def test_a_unit_goes_its_way() -> None:
    """Connecting, reading, done: the tile keeps when it began and shows the verdict at the end."""
    board = Board()
    board.fold(_moved("a", Phase.CONNECTING, 1.0))
    tile = board.fold(_moved("a", Phase.READING, 2.0, model="Nokia"))
    assert (tile.began_at_s, tile.at_s, tile.model, tile.under_way) == (1.0, 2.0, "Nokia", True)
    tile = board.fold(Ended(key="a", result=result(decision=Decision.FAIL), at_s=3.0))
    assert not tile.under_way
    assert board.counts()[Decision.FAIL] == 1


def test_one_that_was_done_before_counts_for_this_run_not_at_all() -> None:
    """A resumed crate does not report the same verdict twice."""
    board = Board()
    board.fold(Known(key="a", slot="usb:a", serial="a", result=result(), at_s=0.0))
    assert sum(board.counts().values()) == 0
    assert board.tiles[0].known


def test_one_that_comes_back_begins_anew() -> None:
    """Unplugged too early and plugged in again, its clock starts again."""
    board = Board()
    board.fold(_moved("a", Phase.READING, 1.0))
    assert not board.fold(Left(key="a", slot="usb:a", serial="a", done=False, at_s=2.0)).under_way
    tile = board.fold(_moved("a", Phase.CONNECTING, 9.0))
    assert (tile.under_way, tile.began_at_s) == (True, 9.0)


_EVENTS = st.one_of(
    st.builds(_moved, st.sampled_from(KEYS), st.sampled_from([p for p in Phase if p is not Phase.DONE])),
    st.builds(
        lambda key, decision: Ended(key=key, result=result(decision=decision), at_s=0.0),
        st.sampled_from(KEYS),
        st.sampled_from(Decision),
    ),
    st.builds(
        lambda key, done: Left(key=key, slot="", serial=key, done=done, at_s=0.0),
        st.sampled_from(KEYS),
        st.booleans(),
    ),
    st.builds(
        lambda key: Known(key=key, slot="", serial=key, result=result(), at_s=0.0), st.sampled_from(KEYS)
    ),
)


@given(st.lists(_EVENTS, max_size=40))
def test_whatever_comes_there_is_one_tile_a_unit(events: list[Event]) -> None:
    """Never two tiles for one unit, never more verdicts than units."""
    board = Board()
    for event in events:
        board.fold(event)
    assert {tile.key for tile in board.tiles} == {event.key for event in events}
    assert len(board.tiles) == len({tile.key for tile in board.tiles})
    assert sum(board.counts().values()) <= len(board.tiles)
