from __future__ import annotations

import pytest

from audit.errors import BadInput, UsageError
from audit.history import History
from audit.model.history import Action, Query
from audit.model.signing import Result
from tests.history.made import imei, report_of, signed


def _action(number: int, **told: str) -> Action:
    given = {"id": f"{number:032x}", "at": f"2026-01-01T00:00:{number:02}Z", "who": "Kari", "role": "admin"}
    return Action(**(given | {"what": "login"} | told))


def test_actions_come_back_newest_first_a_page_at_a_time(history: History) -> None:
    """By the moment, and at one moment the last that was kept first."""
    made = [_action(n, at="2026-01-01T00:00:00Z") if n in (2, 3) else _action(n + 10) for n in range(6)]
    for one in made:
        history.act(one)
    told = [one.id[-2:] for one in history.actions()]
    assert told == ["0f", "0e", "0b", "0a", "03", "02"]
    first = history.actions(limit=4)
    assert [one.id[-2:] for one in history.actions(limit=4, before=first[-1].id)] == ["03", "02"]
    assert [one.id[-2:] for one in history.actions(before="2026-01-01T00:00:11Z")] == ["0a", "03", "02"]
    assert history.actions(limit=0) == ()


def test_an_action_is_kept_once_and_as_it_was_first(history: History) -> None:
    """Whoever repeats one after a cut connection changes nothing."""
    first = _action(1, about="S1", detail="signed", station="bench 1")
    history.act(first)
    history.act(_action(1, who="somebody else"))
    assert history.actions() == (first,)


@pytest.mark.parametrize("wrong", [{"id": "x"}, {"id": ""}, {"id": "A" * 32}, {"at": "noon"}, {"at": ""}])
def test_what_is_no_action_is_refused(history: History, wrong: dict[str, str]) -> None:
    """An id must be one, and a moment must be one."""
    with pytest.raises(BadInput):
        history.act(_action(1, **wrong))
    assert history.actions() == ()


def test_hostile_words_of_an_action_are_kept_harmless(history: History) -> None:
    """On one line, without what a terminal would obey, no longer than a column."""
    history.act(_action(1, who="a\x1b[31m\nb\0", about="\ud800", detail="x" * 100_000))
    (kept,) = history.actions()
    assert "\x1b" not in kept.who
    assert "\n" not in kept.who
    assert len(kept.detail) == 1000


def test_an_unknown_action_is_told(history: History) -> None:
    """Nothing before what is not there."""
    with pytest.raises(UsageError, match="no action"):
        history.actions(before="ab" * 16)


def test_records_of_a_report_come_oldest_first(history: History) -> None:
    """And only its own."""
    one, other = history.record(report_of("S1"), None), history.record(report_of("S2"), None)
    made = [history.append(signed(), id_, Result.PASSED) for id_ in (one, other, one)]
    assert history.records_of(one) == (made[0], made[2])
    assert history.records_of(other[:12]) == (made[1],)


def test_all_identifiers_are_told_each_once(history: History) -> None:
    """So that masks can be made of them without reading reports."""
    for day in range(2):
        history.record(report_of("S2", day=day), None, identifiers=[imei("490154203237518")])
    history.record(report_of("S1"), None)
    assert history.serials() == ("S1", "S2")
    assert history.imeis() == ("490154203237518",)


def test_reports_are_found_by_their_station(history: History) -> None:
    """By its name in any case, or by the id of the history."""
    id_ = history.record(report_of("S1"), None)
    (found,) = history.search(Query(station="BENCH 1"))
    assert (found.id, found.station) == (id_, "bench 1")
    assert history.count(Query(station=found.station_id)) == 1
    assert history.count(Query(station="bench")) == 0
