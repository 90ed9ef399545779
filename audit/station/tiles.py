"""The tiles of a crate over all its runs: a unit keeps its own, also when it is plugged in again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from audit.crate.board import Board, Tile
from audit.crate.events import Ended, Event, Known, Left
from audit.crate.ledger import is_placeholder
from audit.model.crate import UnitResult


class Tiles:
    """Folds what an engine tells.

    results: of units that were done before it began; they are shown as unplugged until they are seen
    """

    def __init__(self, results: Iterable[UnitResult] = ()) -> None:
        self._board = Board()
        self._keys: dict[str, str] = {}
        self._results: dict[str, UnitResult] = {}
        self._numbers = count(1)
        self._owned: dict[str, str] = {}  # name of a unit to the key of its tile
        for result in sorted(results, key=lambda one: one.started_at):
            self._shelve(result)

    @property
    def all(self) -> tuple[Tile, ...]:
        """In the order in which the units came."""
        return self._board.tiles

    def waiting(self) -> tuple[str, ...]:
        """Slots or serials of units that were seen and are not done."""
        return tuple(one.slot or one.serial for one in self.all if one.result is None)

    def fold(self, event: Event) -> None:
        """Take *event*."""
        key = self._key_of(event)
        if isinstance(event, Ended | Known):
            key = self._of_result(event.key, key, event.result)
        self._board.fold(replace(event, key=key))

    def _key_of(self, event: Event) -> str:
        """The tile of the visit that tells; one that begins may be of a unit that was here."""
        if event.key not in self._keys:
            serial = event.result.serial if isinstance(event, Ended) else event.serial
            gone = () if is_placeholder(serial) else self._gone(serial)
            self._keys[event.key] = gone[0] if len(gone) == 1 else f"now-{event.key}"
        return self._keys[event.key]

    def _gone(self, serial: str) -> tuple[str, ...]:
        """Tiles of units with this serial number that are not plugged in; none where another one is."""
        same = [tile for tile in self.all if tile.serial == serial]
        return tuple(tile.key for tile in same) if all(tile.gone for tile in same) else ()

    def _of_result(self, visit: str, key: str, result: UnitResult) -> str:
        """The tile for *result*: that which its unit has, if it has one, else that of the visit."""
        own = self._owned.get(result.name)
        other = next((name for name, one in self._owned.items() if one == key and name != result.name), None)
        if own is None and other is not None:  # the visit was taken for another unit's
            own = f"now-{visit}-{next(self._numbers)}"
            self._board.drop(key)
            self._shelve(self._results[other])
        elif own is not None and own != key:
            self._board.drop(key)
            if other is not None:
                self._shelve(self._results[other])
        own = own or key
        self._keys[visit] = self._owned[result.name] = own
        self._results[result.name] = result
        return own

    def _shelve(self, result: UnitResult) -> None:
        """Show a unit that is done and not plugged in."""
        key = self._owned.setdefault(result.name, f"was-{result.name}")
        self._results[result.name] = result
        slot, serial = result.slot, result.serial
        self._board.fold(Known(key=key, slot=slot, serial=serial, result=result, at_s=0.0))
        self._board.fold(Left(key=key, slot=slot, serial=serial, done=True, at_s=0.0))
