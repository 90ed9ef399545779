"""A manifest held against the units that were there: every row and every unit ends in exactly one place.

A row is present, missing, or perhaps one of the units that did not tell what it names them by; a unit is
present, unexpected, or unsure. Where two units claim one row, the one that fits it better has it; where
neither does, both have it, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from audit.crate.manifest.cloned import duplicates
from audit.crate.manifest.match import ManifestIndex, Match, Told, serial_in, told
from audit.model.crate import Duplicate, Manifest, ManifestRow, Reconciliation, UnitResult
from audit.model.record import record

__all__ = ["LINE", "duplicates", "reconcile"]

LINE = "line of the manifest"


@record
class _Claim:
    """A unit that a row names."""

    unit: str
    match: Match

    @property
    def line(self) -> int:
        """Of the row."""
        return self.match.row.line


def reconcile(manifest: Manifest, units: Sequence[UnitResult]) -> Reconciliation:
    """Who is there, who is not, and of whom it cannot be told."""
    index = ManifestIndex(manifest)
    by_name = {unit.name: told(unit.serial, unit.identifiers) for unit in units}
    claims = {name: [_Claim(unit=name, match=m) for m in index.matches(by_name[name])] for name in by_name}
    held = _best(found[0] for found in claims.values() if found)
    taken = {claim.line for claim in held}
    # a row that is left and names a unit, with nothing against it, is not missing: that unit is listed twice
    others = (claim for found in claims.values() for claim in found if claim.line not in taken)
    held += _best(claim for claim in others if not claim.match.differs)
    taken |= {claim.line for claim in held}
    present = {claim.unit for claim in held}
    left = [row for row in manifest.rows if row.line not in taken]
    alone = {name: unit for name, unit in by_name.items() if name not in present}
    unsure = {name: unit for name, unit in alone.items() if any(map(_may_be(unit), _kinds(left)))}
    perhaps = {row.line for row in left if any(_may_be(unit)(_kind(row)) for unit in _each(unsure))}
    cloned = duplicates(units)
    return Reconciliation(
        path=manifest.path,
        sha256=manifest.sha256,
        present=tuple(sorted((claim.line, claim.unit) for claim in held)),
        missing=_rows(row for row in left if row.line not in perhaps),
        unexpected=tuple(sorted(alone.keys() - unsure.keys())),
        duplicates=(*cloned, *_contested(held, cloned), *_listed_twice(held)),
        unsure=tuple(sorted(unsure)),
        unsure_rows=_rows(row for row in left if row.line in perhaps),
        differing=tuple(sorted((claim.unit, claim.match.differs) for claim in held if claim.match.differs)),
    )


def _best(claims: Iterable[_Claim]) -> list[_Claim]:
    """Of each row the claims that fit it best."""
    by_line: dict[int, list[_Claim]] = {}
    for claim in claims:
        by_line.setdefault(claim.line, []).append(claim)
    best = {line: max(one.match.rank for one in found) for line, found in by_line.items()}
    return [one for line, found in by_line.items() for one in found if one.match.rank == best[line]]


_Kind = tuple[bool, bool]
"""Whether a row names its unit by a serial number, and by IMEI."""


def _kind(row: ManifestRow) -> _Kind:
    return bool(serial_in(row)), bool(row.imeis)


def _kinds(rows: Iterable[ManifestRow]) -> set[_Kind]:
    return set(map(_kind, rows))


def _each(units: Mapping[str, Told]) -> list[Told]:
    """One unit of each kind: what they told, not its values, decides what they may be."""
    return list({(bool(unit.serials), bool(unit.imeis)): unit for unit in units.values()}.values())


@record
class _MayBe:
    """Whether a unit that no row names may be the unit of a row: it told nothing the row could be held to."""

    serial: bool
    imei: bool

    def __call__(self, kind: _Kind) -> bool:
        serial, imei = kind
        return not (self.serial and serial) and not (self.imei and imei)


def _may_be(unit: Told) -> _MayBe:
    return _MayBe(serial=bool(unit.serials), imei=bool(unit.imeis))


def _rows(rows: Iterable[ManifestRow]) -> tuple[ManifestRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.line))


def _contested(held: Iterable[_Claim], cloned: Iterable[Duplicate]) -> list[Duplicate]:
    """Rows that several units have, where that is not said already."""
    by_line: dict[int, set[str]] = {}
    for claim in held:
        by_line.setdefault(claim.line, set()).add(claim.unit)
    told_already = [set(one.units) for one in cloned]
    return [
        Duplicate(
            what=LINE,
            value=str(line),
            units=tuple(sorted(units)),
            why="It names both by one of its identifiers, and nothing tells which of them it means",
        )
        for line, units in sorted(by_line.items())
        if len(units) > 1 and not any(units <= known for known in told_already)
    ]


def _listed_twice(held: Iterable[_Claim]) -> list[Duplicate]:
    """Units that several rows have."""
    lines: dict[str, set[int]] = {}
    for claim in held:
        lines.setdefault(claim.unit, set()).add(claim.line)
    return [
        Duplicate(
            what=LINE,
            value=", ".join(map(str, sorted(found))),
            units=(unit,),
            why="They all name this one unit",
        )
        for unit, found in sorted(lines.items())
        if len(found) > 1
    ]
