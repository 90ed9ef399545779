from __future__ import annotations

import pytest

from audit.model.evidence import Artifact, Kind
from audit.model.facts import Did
from audit.parse.counters import WHEN_IT_BEGAN, WHEN_IT_ENDED, moved
from audit.parse.netstats import Counted
from audit.parse.traffic import read_traffic

_COMMAND = "dumpsys netstats detail"
_BPF = (
    "BPF map content:\n  mAppUidStatsMap:\n    uid rxBytes rxPackets txBytes txPackets\n"
    "    {uid} {rx} 1 {tx} 1\n"
)


def _counted(uid: int, received: int, sent: int, where: str = "t") -> Counted:
    return Counted(uid=uid, received_bytes=received, sent_bytes=sent, where=where)


@pytest.mark.parametrize(
    ("then", "now", "added"),
    [
        (_counted(1001, 10, 20), _counted(1001, 15, 20), [(5, 0)]),
        (_counted(1001, 10, 20), _counted(1001, 10, 20), []),
        (_counted(1001, 10, 20), _counted(1001, 3, 25), []),
        (_counted(1, 10, 20), _counted(1001, 3, 4), [(3, 4)]),
    ],
)
def test_what_a_watch_moved_is_the_difference(
    then: Counted, now: Counted, added: list[tuple[int, int]]
) -> None:
    """Nothing where nothing moved, or where it ran backwards; all of it for an id that was not there."""
    read = [(_COMMAND + WHEN_IT_BEGAN, then), (_COMMAND + WHEN_IT_ENDED, now)]
    during = [one.counted for one in moved(read, {_COMMAND + WHEN_IT_BEGAN}) if one.during]
    assert [(one.received_bytes, one.sent_bytes) for one in during] == added
    assert not any(one.during for one in moved(read, set()))


def test_totals_are_told_once() -> None:
    """Those of the later reading, which hold the earlier; those of a bug report stay as they are."""
    both = moved(
        [
            (_COMMAND + WHEN_IT_BEGAN, _counted(1, 1, 1)),
            (_COMMAND + WHEN_IT_ENDED, _counted(1, 1, 1)),
            ("report", _counted(1, 9, 9)),
        ],
        {_COMMAND + WHEN_IT_BEGAN},
    )
    assert [(one.origin, one.during) for one in both] == [
        (_COMMAND + WHEN_IT_ENDED, False),
        ("report", False),
    ]


def test_a_watch_that_broke_off_tells_the_totals_it_has() -> None:
    """Nothing is subtracted from nothing."""
    (only,) = moved([(_COMMAND + WHEN_IT_BEGAN, _counted(1, 1, 1))], {_COMMAND + WHEN_IT_BEGAN})
    assert not only.during


@pytest.mark.parametrize(("truncated", "during"), [(False, 1), (True, 0)])
def test_a_first_reading_without_a_row_is_zero_only_when_it_came_whole(truncated: bool, during: int) -> None:
    """A table that was empty and a dump that was cut off look alike, but for that."""
    empty = _BPF.partition("    {uid}")[0]
    artifacts = [
        Artifact(kind=Kind.NETSTATS, origin=_COMMAND + when, data=text.encode(), exit_code=0, truncated=cut)
        for when, text, cut in (
            (WHEN_IT_BEGAN, empty, truncated),
            (WHEN_IT_ENDED, _BPF.format(uid=1001, rx=5, tx=6), False),
        )
    ]
    texts = [one.text for one in read_traffic(artifacts, {}).activity]
    assert len([text for text in texts if "while it was watched" in text]) == during


def test_the_facts_say_which_bytes_were_moved_while_it_was_watched() -> None:
    """Two artifacts in, one activity more than the totals out."""
    artifacts = [
        Artifact(
            kind=Kind.NETSTATS,
            origin=_COMMAND + when,
            data=_BPF.format(uid=1001, rx=rx, tx=tx).encode(),
            exit_code=0,
        )
        for when, rx, tx in ((WHEN_IT_BEGAN, 100, 200), (WHEN_IT_ENDED, 150, 620))
    ]
    texts = [one.text for one in read_traffic(artifacts, {}).activity if one.what is Did.TRANSFERRED]
    assert texts == [
        "received 50 bytes, sent 420 while it was watched (counted since boot)",
        "received 150 bytes, sent 620 (counted since boot)",
    ]
