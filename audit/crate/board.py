"""How a crate stands at this moment, folded from what it tells: a tile for each unit, and the counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from audit.crate.events import Ended, Event, Known, Left, Moved
from audit.model.crate import Phase, UnitResult
from audit.model.record import record
from audit.model.report import Decision
from audit.model.text import unquoted


@record
class Tile:
    """One unit as it stands. began_at_s: when it was first told of; at_s: when it was last

    result: once it has one; known: it had one before; gone: unplugged
    """

    key: str
    phase: Phase
    slot: str
    serial: str
    model: str
    began_at_s: float
    at_s: float
    detail: str = ""
    fix: str = ""
    done: int = 0
    started: int = 0
    tries: int = 0
    result: UnitResult | None = None
    known: bool = False
    gone: bool = False

    @property
    def under_way(self) -> bool:
        """Whether something is still done with it."""
        return self.phase is not Phase.DONE and not self.gone


class Board:
    """The tiles of a crate; `fold` takes one event after the other."""

    def __init__(self) -> None:
        self._tiles: dict[str, Tile] = {}

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """All units told of, in the order they came."""
        return tuple(self._tiles.values())

    def counts(self) -> Mapping[Decision, int]:
        """How many units got each verdict in this run."""
        found = [tile.result.decision for tile in self._tiles.values() if tile.result and not tile.known]
        return {decision: found.count(decision) for decision in Decision}

    def fold(self, event: Event) -> Tile:
        """Take *event*; the tile it leaves."""
        tile = self._after(event)
        self._tiles[event.key] = tile
        return tile

    def drop(self, key: str) -> None:
        """Forget a tile: it was another's."""
        self._tiles.pop(key, None)

    def _after(self, event: Event) -> Tile:
        match event:
            case Moved():
                return self._moved(event)
            case Ended(result=result) | Known(result=result):
                slot = event.slot if isinstance(event, Known) else result.slot
                return replace(
                    self._tile(event.key, slot, result.serial, event.at_s),
                    phase=Phase.DONE,
                    slot=slot or result.slot,
                    model=result.model,
                    result=result,
                    known=isinstance(event, Known),
                    gone=False,
                    detail="",
                    fix="",
                )
            case Left():
                return replace(self._tile(event.key, event.slot, event.serial, event.at_s), gone=True)

    def _moved(self, event: Moved) -> Tile:
        was = self._tile(event.key, event.slot, event.serial, event.at_s)
        again = was.phase is Phase.DONE or was.gone
        return replace(
            was,
            phase=event.phase,
            slot=event.slot or was.slot,
            model=unquoted(event.model) or was.model,
            began_at_s=event.at_s if again else was.began_at_s,
            detail=event.detail,
            fix=event.fix,
            done=event.done,
            started=event.started,
            tries=event.tries,
            result=None,
            known=False,
            gone=False,
        )

    def _tile(self, key: str, slot: str, serial: str, at_s: float) -> Tile:
        found = self._tiles.get(key)
        if found is not None:
            return replace(found, at_s=at_s)
        return Tile(
            key=key, phase=Phase.WAITING, slot=slot, serial=serial, model="", began_at_s=at_s, at_s=at_s
        )
