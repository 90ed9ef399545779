"""Which units have their result already, by serial number, and which serial numbers name no single unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from audit.adb.device import DeviceRow
from audit.model.crate import UnitResult

_SHORTEST = 4
_COUNTED = ("0123456789abcdef" * 3, "1234567890abcdef" * 3, "123456789abcdef0" * 3)
_WORDS = frozenset({"unknown", "null", "none", "default", "android", "serial", "serialno", "n/a", "test"})


def is_placeholder(serial: str) -> bool:
    """Whether *serial* is what makers write where no number was: it tells no unit from another.

    Boards of MediaTek, Rockchip and Allwinner come with ``0123456789ABCDEF`` and its like.
    """
    plain = serial.strip().casefold()
    return (
        len(plain) < _SHORTEST
        or plain in _WORDS
        or len(set(plain)) == 1
        or any(counted.startswith(plain) for counted in _COUNTED)
    )


class Ledger:
    """Results by serial number; those of former runs first."""

    def __init__(self, results: Iterable[UnitResult]) -> None:
        self._results: dict[str, list[UnitResult]] = defaultdict(list)
        self._twice: set[str] = set()
        for result in results:
            self.add(result)

    def add(self, result: UnitResult) -> None:
        """A unit has its result; one of the same name takes the place of the former."""
        kept = self._results[result.serial]
        kept[:] = [one for one in kept if one.name != result.name]
        kept.append(result)

    @staticmethod
    def is_done(result: UnitResult) -> bool:
        """Whether plugging its unit in once more would bring nothing new, as it may after a bad cable."""
        return result.reached and result.whole

    def seen(self, rows: Iterable[DeviceRow]) -> None:
        """These units are there at the same time."""
        counted = Counter(row.serial for row in rows)
        self._twice.update(serial for serial, count in counted.items() if count > 1)

    def of(self, serial: str) -> tuple[UnitResult, ...]:
        """The results of units with this serial number."""
        return tuple(self._results.get(serial, ()))

    def is_ambiguous(self, serial: str) -> bool:
        """Whether several units may have this serial number."""
        return is_placeholder(serial) or serial in self._twice or len(self._results.get(serial, ())) > 1
