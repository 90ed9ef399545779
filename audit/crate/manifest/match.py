"""Which row of a manifest a unit is: by its IMEI, else by its serial number.

A serial number is compared as ADB compares it, exactly (AOSP packages/modules/adb/transport.cpp,
``atransport::MatchesTarget``); where no row has it so, without regard to case, since Android's documentation
calls it case-insensitive (``Build.SERIAL``) and people retype it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

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
    """A row that names a unit. by: "IMEI" or "serial number"; differs: what does not fit, "" = nothing

    rank: of several, the higher fits better; 3 = by IMEI, and nothing differs
    """

    row: ManifestRow
    by: str
    rank: int
    differs: str = ""


def told(serial: str, identifiers: Iterable[OwnIdentifier]) -> Told:
    """What a unit told. serial: as ADB has it"""
    given = tuple(identifiers)
    named = serials_of(serial, given)
    return Told(
        serials=tuple(one for one in named if not is_no_serial(one)),
        imeis=cores_of(one.value for one in given if one.kind is IdentifierKind.IMEI),
    )


def serials_of(serial: str, identifiers: Iterable[OwnIdentifier]) -> tuple[str, ...]:
    """All serial numbers a unit told, that of ADB first, placeholders among them; no addresses."""
    named = (serial, *(one.value for one in identifiers if one.kind is IdentifierKind.SERIAL))
    return tuple(dict.fromkeys(one for one in named if one and not _ADDRESS.fullmatch(one)))


def serial_in(row: ManifestRow) -> str:
    """The serial number by which *row* names one unit; "" where it has none or a placeholder."""
    return "" if is_no_serial(row.serial) else row.serial


class ManifestIndex:
    """A manifest that is asked for many units."""

    def __init__(self, manifest: Manifest) -> None:
        rows = sorted(manifest.rows, key=lambda row: -row.line)
        self._imeis = {core_of(imei): row for row in rows for imei in row.imeis}
        self._serials = {serial: row for row in rows if (serial := serial_in(row))}
        self._folded: dict[str, ManifestRow | None] = {}
        for serial, row in self._serials.items():
            folded = serial.casefold()
            self._folded[folded] = None if folded in self._folded else row

    def find(self, serial: str, identifiers: Iterable[OwnIdentifier]) -> Match | None:
        """The row of the unit that told *serial* (to ADB) and *identifiers*."""
        return next(iter(self.matches(told(serial, identifiers))), None)

    def matches(self, unit: Told) -> list[Match]:
        """All rows that name *unit*, the one that fits best first: an IMEI before a serial number."""
        by_imei = _each(self._imeis.get(imei) for imei in sorted(unit.imeis))
        by_serial = [row for row in self._by_serial(unit) if row not in by_imei]
        found = [*map(_fit_by_imei(unit), by_imei), *map(_fit_by_serial(unit), by_serial)]
        return sorted(found, key=lambda one: (-one.rank, one.by, one.row.line))

    def _by_serial(self, unit: Told) -> list[ManifestRow]:
        exact = _each(self._serials.get(one) for one in unit.serials)
        return exact or _each(self._folded.get(one.casefold()) for one in unit.serials)


def row_for(manifest: Manifest, serial: str, identifiers: Sequence[OwnIdentifier]) -> ManifestRow | None:
    """The row of *manifest* that names the unit; for many units use a `ManifestIndex`."""
    unit = told(serial, identifiers)
    named = {one.casefold() for one in unit.serials}
    near = tuple(
        row
        for row in manifest.rows
        if row.serial.casefold() in named or not unit.imeis.isdisjoint(map(core_of, row.imeis))
    )
    found = ManifestIndex(replace(manifest, rows=near)).matches(unit)
    return found[0].row if found else None


def _each(rows: Iterable[ManifestRow | None]) -> list[ManifestRow]:
    return list({row.line: row for row in rows if row is not None}.values())


def _fit_by_imei(unit: Told) -> Callable[[ManifestRow], Match]:
    own = {one.casefold() for one in unit.serials}

    def match(row: ManifestRow) -> Match:
        named = serial_in(row).casefold()
        other = bool(named and own) and named not in own
        return Match(row=row, by=IMEI, rank=2 if other else 3, differs=SERIAL if other else "")

    return match


def _fit_by_serial(unit: Told) -> Callable[[ManifestRow], Match]:
    def match(row: ManifestRow) -> Match:
        other = bool(row.imeis and unit.imeis)  # were one of them equal, it would have been found by it
        return Match(row=row, by=SERIAL, rank=1 if other else 2, differs=IMEI if other else "")

    return match
