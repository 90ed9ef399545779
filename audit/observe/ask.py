"""What watching without root is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from audit.errors import UsageError
from audit.model.evidence import Artifact, Gap
from audit.model.record import record
from audit.observe.rungs import Rung
from audit.observe.sink.ask import SinkAsk

SHORTEST_POLL_S = 0.05
LONGEST_S = 24 * 3600.0


@record
class Ask:
    """How to watch.

    seconds: how long; packages: those it is about, for the summary; everything is recorded
    poll_s: from one look at the unit's sockets to the next; a slow unit stretches it
    sink: where to listen for the unit in the bench Wi-Fi; None = nowhere
    patience: multiplies every time limit, for units known to be slow
    owners: user id to the packages that have it, where that is known already; else the unit is asked
    """

    seconds: float
    packages: tuple[str, ...] = ()
    poll_s: float = 0.5
    sink: SinkAsk | None = None
    patience: float = 1.0
    owners: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= LONGEST_S:
            raise UsageError(
                f"{self.seconds:g} s is no time to watch for", fix=f"give up to {LONGEST_S:.0f} seconds"
            )
        if not self.poll_s >= SHORTEST_POLL_S:
            raise UsageError(
                f"{self.poll_s:g} s is too short from one look to the next",
                fix=f"give {SHORTEST_POLL_S} s or more: the unit has to answer each",
            )
        if not self.patience > 0:
            raise UsageError(f"{self.patience:g} is no patience", fix="give a number above 0, usually 1")


@record
class Watched:
    """What watching gave: evidence for the snapshot, what is missing, and what each way of watching gave."""

    artifacts: tuple[Artifact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    rungs: tuple[Rung, ...] = ()
