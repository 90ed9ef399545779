"""Counters that were read twice: what a window of watching moved, by user id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from audit.model.record import record
from audit.parse.netstats import Counted

WHEN_IT_BEGAN = " (when the watch began)"
WHEN_IT_ENDED = " (when the watch ended)"
"""At the end of `audit.model.evidence.Artifact.origin`: when a watch had the same thing told twice."""


@record
class Moved:
    """Bytes of one user id. during: between the two readings of a watch; else all that was ever counted."""

    origin: str
    counted: Counted
    during: bool = False


def moved(counted: Iterable[tuple[str, Counted]], whole: Collection[str]) -> Iterator[Moved]:
    """What *counted*, pairs of origin and counter, says: totals once each, and what a watch added to them.

    whole: origins that were read to their end. A user id that such a first reading does not have had nothing
    counted then; of any other it says nothing, and nothing is subtracted from. A counter that ran backwards
    was started anew in between (a restart, a history that was cut): nothing is made of it.
    """
    read = list(counted)
    both = {_command(origin) for origin, _ in read if origin.endswith(WHEN_IT_ENDED)}
    began: dict[tuple[str, str, int], Counted] = {}
    for origin, one in read:
        command = _command(origin)
        if origin.endswith(WHEN_IT_BEGAN):
            began[command, one.where, one.uid] = one
            if command in both:
                continue  # the later reading has it all
        elif origin.endswith(WHEN_IT_ENDED) and command + WHEN_IT_BEGAN in whole:
            yield from _added(origin, one, began.get((command, one.where, one.uid)))
        yield Moved(origin=origin, counted=one)


def _added(origin: str, now: Counted, then: Counted | None) -> Iterator[Moved]:
    received = now.received_bytes - (0 if then is None else then.received_bytes)
    sent = now.sent_bytes - (0 if then is None else then.sent_bytes)
    if min(received, sent) >= 0 and (received or sent):
        more = Counted(uid=now.uid, received_bytes=received, sent_bytes=sent, where=now.where)
        yield Moved(origin=origin, counted=more, during=True)


def _command(origin: str) -> str:
    return origin.removesuffix(WHEN_IT_BEGAN).removesuffix(WHEN_IT_ENDED)
