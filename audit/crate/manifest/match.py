"""Which row of a manifest a unit is: by its IMEI, else by its serial number.

A serial number is compared as ADB compares it, exactly (AOSP packages/modules/adb/transport.cpp,
``atransport::MatchesTarget``); where no row has it so, without regard to case, since Android's documentation
calls it case-insensitive (``Build.SERIAL``) and people retype it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from audit.crate.manifest.values import core_of, cores_of, is_no_serial
from audit.model.crate import Manifest, ManifestRow
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.record import record

SERIAL, IMEI = "serial number", "IMEI"
"""What a row and a unit may have in common, and may differ in."""
# What ADB calls a unit it reaches over a network, or an emulator: the address of a place, not a unit's name.
_ADDRESS = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.%\w]+\]|[\w.-]+):\d{1,5}|emulator-\d+", re.IGNORECASE
)


@record
class Told:
    """What of a unit a manifest can be compared with.

    serials: its own, that of ADB first, without placeholders and addresses; imeis: cores, see `core_of`
    """

    serials: tuple[str, ...]
    imeis: frozenset[str]


@record
class Match:
    """A row that fits a unit. by: "IMEI" or "serial number"; differs: what does not fit, "" = nothing"""

    row: ManifestRow
    by: str
    differs: str = ""


def told(serial: str, identifiers: Iterable[OwnIdentifier]) -> Told:
    """What a unit told. serial: as ADB has it"""
    given = tuple(identifiers)
    named = (serial, *(one.value for one in given if one.kind is IdentifierKind.SERIAL))
    own = (one for one in named if one and not _ADDRESS.fullmatch(one) and not is_no_serial(one))
    return Told(
        serials=tuple(dict.fromkeys(own)),
        imeis=cores_of(one.value for one in given if one.kind is IdentifierKind.IMEI),
    )


def serial_in(row: ManifestRow) -> str:
    """The serial number by which *row* names one unit; "" where it has none or a placeholder."""
    return "" if is_no_serial(row.serial) else row.serial


class ManifestIndex:
    """A manifest that is asked for many units."""

    def __init__(self, manifest: Manifest) -> None:
        self._imeis = {core_of(imei): row for row in reversed(manifest.rows) for imei in row.imeis}
        named = [(serial, row) for row in manifest.rows if (serial := serial_in(row))]
        self._serials = dict(reversed(named))
        self._folded: dict[str, ManifestRow | None] = {}
        for serial, row in named:
            folded = serial.casefold()
            self._folded[folded] = None if folded in self._folded else row

    def find(self, serial: str, identifiers: Iterable[OwnIdentifier]) -> Match | None:
        """The row of the unit that told *serial* (to ADB) and *identifiers*."""
        return self.match(told(serial, identifiers))

    def match(self, unit: Told) -> Match | None:
        """The row that fits best."""
        by_imei = [row for imei in unit.imeis if (row := self._imeis.get(imei)) is not None]
        if by_imei:
            row = min(by_imei, key=lambda one: one.line)
            return Match(row=row, by=IMEI, differs=SERIAL if _other_serial(row, unit) else "")
        by_serial = next(self._by_serial(unit), None)
        if by_serial is None:
            return None
        other = by_serial.imeis and unit.imeis  # none of them equal, or it were found above
        return Match(row=by_serial, by=SERIAL, differs=IMEI if other else "")

    def _by_serial(self, unit: Told) -> Iterator[ManifestRow]:
        yield from (row for one in unit.serials if (row := self._serials.get(one)) is not None)
        folded = (self._folded.get(one.casefold()) for one in unit.serials)
        yield from (row for row in folded if row is not None)


def row_for(manifest: Manifest, serial: str, identifiers: Sequence[OwnIdentifier]) -> ManifestRow | None:
    """The row of *manifest* that names the unit; for many units use a `ManifestIndex`."""
    found = ManifestIndex(manifest).find(serial, identifiers)
    return None if found is None else found.row


def _other_serial(row: ManifestRow, unit: Told) -> bool:
    named = serial_in(row).casefold()
    return bool(named and unit.serials) and named not in {one.casefold() for one in unit.serials}
