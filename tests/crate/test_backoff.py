from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crate.backoff import BackOff, Budget

CHANCES = st.floats(0, 1)
BACK_OFFS = st.builds(
    BackOff, first_s=st.floats(0.01, 10), longest_s=st.floats(10, 600), jitter=st.floats(0, 0.5)
)


@given(BACK_OFFS, st.integers(1, 10_000), CHANCES)
def test_a_pause_is_bounded(back_off: BackOff, tries: int, chance: float) -> None:
    """Never longer than the longest, never shorter than the first by more than chance may take."""
    pause_s = back_off.pause_s(tries, chance)
    assert back_off.first_s * (1 - back_off.jitter) <= pause_s <= back_off.longest_s


@given(BACK_OFFS, st.integers(1, 100), CHANCES, CHANCES)
def test_pauses_grow_up_to_chance(back_off: BackOff, tries: int, one: float, other: float) -> None:
    """The next pause is longer, or as long at the bound, apart from what chance takes away."""
    now, following = back_off.pause_s(tries, one), back_off.pause_s(tries + 1, other)
    assert following >= now * (1 - back_off.jitter)
    assert back_off.pause_s(tries + 1, one) >= now


@pytest.mark.parametrize(("tries", "pause_s"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (99, 30)])
def test_pauses_double(tries: int, pause_s: float) -> None:
    """1, 2, 4 … and 30 seconds at most."""
    assert BackOff().pause_s(tries, 0.0) == pause_s


def test_what_is_spent_waiting_for_others_is_not_the_units() -> None:
    """A budget stands still while it is paused, and is never less than nothing."""
    now = 100.0
    budget = Budget(10.0, lambda: now)
    now += 4
    assert budget.left_s == 6
    with budget.paused():
        now += 50
    assert budget.left_s == 6
    now += 7
    assert budget.left_s == 0
