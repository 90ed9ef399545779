"""What stands on the screen while a crate is under way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from audit.cli.crate_picture import picture, verdict_line
from audit.crate.board import Board
from audit.crate.events import Ended, Moved
from audit.model.crate import Phase
from audit.model.report import Decision
from tests.crate.results import result


def _board(count: int, model: str = "Nokia 7 plus", fix: str = "") -> Board:
    board = Board()
    for number in range(count):
        board.fold(
            Moved(
                key=str(number),
                phase=Phase.READING,
                slot=f"usb:1-{number}",
                serial=f"S{number}",
                model=model,
                at_s=0.0,
                detail="cmd package list packages -f -U -u --user 0",
                fix=fix if number == count - 1 else "",
                done=3,
                started=7,
            )
        )
    return board


@given(st.integers(0, 120), st.text(max_size=30), st.integers(40, 200), st.integers(2, 50))
def test_it_fits_the_screen(count: int, model: str, width: int, height: int) -> None:
    """However many units and whatever they are called, in Chinese too, no line is too wide."""
    lines = picture(_board(count, model.replace("\n", " ")), at_s=12.0, width=width, height=height)
    assert len(lines) <= max(height, 2)
    assert all(cell_len(line.plain) < width for line in lines[:-1])


def test_who_waits_for_a_person_stands_first() -> None:
    """Forty units are read, one is to be unlocked: that one is seen."""
    lines = picture(_board(40, fix="Tap Allow"), at_s=5.0, width=80, height=10)
    assert "usb:1-39" in lines[0].plain
    assert "Tap Allow" in lines[1].plain
    assert "more under way" in lines[-2].plain


@pytest.mark.parametrize("decision", Decision)
def test_every_verdict_is_counted_in_words(decision: Decision) -> None:
    """Word and shape, so that colour is not needed."""
    board = _board(2)
    board.fold(Ended(key="0", result=result(decision=decision), at_s=3.0))
    last = picture(board, at_s=65.0, width=80, height=10)[-1].plain
    assert f"{decision.value} 1" in last
    assert "1 of 2 done" in last
    assert "1:05" in last


def test_a_verdict_names_no_serial() -> None:
    """The line is for a wall screen: slot, model and reason."""
    said = verdict_line(result(decision=Decision.FAIL, because=("The client is armed.",))).plain
    assert "SERIAL" not in said
    assert "The client is armed." in said
