"""When contacts were seen, as a picture: a lane for each process, a mark for each contact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit.checks.contacts import STAGES
from audit.model.flows import Flow, Watch
from audit.model.record import record

MOST_LANES = 24
_STEPS = 400
"""Places a mark can be at, from the beginning to the end; what falls on one place is one mark."""
_TICKS = 5
_MOST_NAMED = 3
_LABEL = 60
LANE_PX, AXIS_PX = 40, 26


@record
class Mark:
    """One place in a lane. x: percent of the window; stage: name of a style; says: what was seen there"""

    x: str
    stage: str
    says: str


@record
class Lane:
    """One process. label: its name, cut where it is long; y: pixels from the top; marks: furthest last"""

    label: str
    who: str
    y: int
    marks: tuple[Mark, ...]


@record
class Timeline:
    """A picture of a window. ticks: (percent, seconds); height: pixels; more: lanes that are left out"""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[str, str], ...]
    height: int
    says: str
    more: int


def timeline(
    flows: Sequence[Flow],
    watch: Watch | None,
    *,
    whose: Callable[[Flow], str],
    how: Callable[[Flow], str],
) -> Timeline | None:
    """The contacts of one witness; None where it does not tell when they were. whose, how: in words."""
    if watch is None or not any(flow.at_ms for flow in flows):
        return None
    end_ms = max(int((watch.seconds or 0) * 1000), *(flow.at_ms for flow in flows), 1)
    lanes: dict[str, list[Flow]] = {}
    for flow in sorted(flows, key=lambda flow: -STAGES.index(flow.stage)):
        lanes.setdefault(whose(flow), []).append(flow)
    drawn = list(lanes.items())[:MOST_LANES]
    return Timeline(
        lanes=tuple(
            Lane(label=_cut(who), who=who, y=at * LANE_PX, marks=_marks(own, end_ms, how))
            for at, (who, own) in enumerate(drawn)
        ),
        ticks=tuple((_percent(at / _TICKS), _seconds(end_ms * at / _TICKS)) for at in range(_TICKS + 1)),
        height=len(drawn) * LANE_PX + AXIS_PX,
        says=f"{len(flows)} sightings of {len(lanes)} processes in {_seconds(end_ms)};"
        " the table below says the same in words",
        more=len(lanes) - len(drawn),
    )


def _marks(flows: Sequence[Flow], end_ms: int, how: Callable[[Flow], str]) -> tuple[Mark, ...]:
    placed: dict[tuple[int, int], list[Flow]] = {}
    for flow in flows:
        rank = STAGES.index(flow.stage)
        placed.setdefault((rank, round(_STEPS * flow.at_ms / end_ms)), []).append(flow)
    return tuple(
        Mark(x=_percent(step / _STEPS), stage=STAGES[rank].value, says=_says(those, how))
        for (rank, step), those in sorted(placed.items(), key=lambda one: one[0])
    )


def _says(flows: Sequence[Flow], how: Callable[[Flow], str]) -> str:
    to = list(dict.fromkeys(flow.url or flow.to for flow in flows))
    more = f" and {len(to) - _MOST_NAMED} more" if len(to) > _MOST_NAMED else ""
    return f"{_seconds(flows[0].at_ms)}: {how(flows[0])}: {', '.join(to[:_MOST_NAMED])}{more}"


def _percent(part: float) -> str:
    """Within the margins, so that no mark is cut off: ``37.25%``."""
    return f"{1.5 + 97 * min(max(part, 0.0), 1.0):.2f}%"


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.0f} s" if ms >= 10_000 else f"{ms / 1000:.1f} s"


def _cut(text: str) -> str:
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"
