"""What follows from a manifest and from identifiers several units share. No message holds an identifier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from audit.crate.manifest.match import IMEI, SERIAL, serials_of, told
from audit.crate.manifest.reconcile import LINE
from audit.model.crate import Duplicate, ManifestRow, Reconciliation, UnitResult
from audit.model.flows import IdentifierKind
from audit.model.profiles import Outcome, Policy
from audit.model.report import Evidence, Finding, Severity

CHECK = "manifest"
CLONED = "duplicates"
"""The ids of the two checks: what the manifest says, and what needs none."""

_MOST_LISTED = 20
_MOST_DUPLICATES = 50
_READ_IT = "Look up in the manifest what its label says, or the IMEI it shows (*#06#)."


def findings_for(
    unit: UnitResult,
    reconciliation: Reconciliation | None,
    policy: Policy,
    duplicates: Sequence[Duplicate] = (),
) -> tuple[Finding, ...]:
    """What of *unit* follows. reconciliation: None without a manifest; duplicates: those of the crate"""
    held = () if reconciliation is None else _by_manifest(unit, reconciliation, policy)
    return (*held, *(_shared(one) for one in duplicates if unit.name in one.units))


def crate_findings(
    reconciliation: Reconciliation | None, duplicates: Sequence[Duplicate] = ()
) -> tuple[Finding, ...]:
    """What follows for the crate as a whole."""
    held = () if reconciliation is None else _of_crate(reconciliation)
    return (*held, *_all_shared(duplicates))


def _by_manifest(unit: UnitResult, held: Reconciliation, policy: Policy) -> Iterator[Finding]:
    lines = [line for line, name in held.present if name == unit.name]
    if unit.name in held.unexpected:
        yield _unexpected(unit, policy)
    elif unit.name in held.unsure:
        yield _unsure(unit)
    elif lines:
        different = [what for name, what in held.differing if name == unit.name]
        yield from (_different(unit, what, policy) for what in dict.fromkeys(different))
        yield from _not_compared(unit)
        if not different:
            yield _note(f"The manifest names this unit: {_lines(lines)}.")


def _unexpected(unit: UnitResult, policy: Policy) -> Finding:
    row = unit.row
    said = (
        "Nothing this unit told of itself is in the manifest."
        if row is None
        else f"Line {row.line} of the manifest names this unit, but another one fits that line better."
    )
    return Finding(
        check=CHECK,
        outcome=policy.manifest_difference,
        severity=Severity.MEDIUM,
        message=said,
        why="A unit that should not be here may be somebody else's, or stand for one that is missing.",
        fix="Compare its label with the manifest; correct the manifest, or take the unit out.",
        evidence=tuple(_identity(unit)),
    )


def _unsure(unit: UnitResult) -> Finding:
    own = told(unit.serial, unit.identifiers)
    untold = [f"no {what}" for what, found in ((SERIAL, own.serials), (IMEI, own.imeis)) if not found]
    return Finding(
        check=CHECK,
        outcome=Outcome.INCONCLUSIVE,
        severity=Severity.INFO,
        message=f"Whether this unit is in the manifest cannot be told:"
        f" it told {' and '.join(untold)} of its own, and the manifest names units by that.",
        fix=_READ_IT + " Or name units in the manifest by what they tell.",
        evidence=tuple(_identity(unit)),
    )


def _different(unit: UnitResult, what: str, policy: Policy) -> Finding:
    line = f"Line {unit.row.line}" if unit.row is not None else "The line"
    same = SERIAL if what == IMEI else IMEI
    return Finding(
        check=CHECK,
        outcome=policy.manifest_difference,
        severity=Severity.MEDIUM,
        subject=what,
        message=f"{line} of the manifest names this unit by its {same}, but with another {what}.",
        why="Either the manifest is wrong, or the identifier was changed or is shared with another unit.",
        fix="Compare the label of the unit, what it shows (*#06#) and the manifest.",
        evidence=(*_identity(unit), *_of_row(unit.row)),
    )


def _not_compared(unit: UnitResult) -> Iterator[Finding]:
    if unit.row is not None and unit.row.imeis and not any(_of_kind(unit, IdentifierKind.IMEI)):
        yield _note(
            f"The IMEI in line {unit.row.line} of the manifest was not compared: this unit told none."
            " It was found by its serial number."
        )


def _shared(one: Duplicate) -> Finding:
    return Finding(
        check=CHECK if one.what == LINE else CLONED,
        outcome=Outcome.REVIEW,
        severity=Severity.MEDIUM,
        subject=one.what,
        message=_said(one),
        why="An identifier of several units names none of them: what is kept of one may be another's.",
        fix="Compare their labels; a unit that shares its serial number or IMEI may be cloned or reworked.",
        evidence=()
        if one.what == LINE
        else (Evidence(what=one.what, value=one.value, origin="told by each of them"),),
    )


def _said(one: Duplicate) -> str:
    names = _some(one.units)
    why = f" {one.why}." if one.why else ""
    if one.what != LINE:
        return f"{len(one.units)} units ({names}) have one {one.what}.{why}"
    line = f"Line{'s' if ',' in one.value else ''} {one.value} of the manifest"
    return f"{line}: {names}.{why}"


def _of_crate(held: Reconciliation) -> Iterator[Finding]:
    if held.missing:
        yield _gone(held.missing)
    if held.unsure_rows:
        yield Finding(
            check=CHECK,
            outcome=Outcome.INCONCLUSIVE,
            severity=Severity.INFO,
            message=f"{_units(len(held.unsure))} told nothing that could be compared with"
            f" {_lines([row.line for row in held.unsure_rows])} of the manifest:"
            " whether they are the same cannot be told.",
            fix=_READ_IT,
        )
    if not held.missing and not held.unsure_rows:
        yield _note("Every unit of the manifest was seen.")


def _gone(rows: Sequence[ManifestRow]) -> Finding:
    was = "was" if len(rows) == 1 else "were"
    return Finding(
        check=CHECK,
        outcome=Outcome.INCONCLUSIVE,
        severity=Severity.MEDIUM,
        message=f"{_units(len(rows))} of the manifest {was} not seen: {_lines([row.line for row in rows])}.",
        why="Of a unit that was not seen nothing can be said.",
        fix="Plug in the missing units and go on, or correct the manifest.",
    )


def _all_shared(duplicates: Sequence[Duplicate]) -> Iterator[Finding]:
    yield from map(_shared, duplicates[:_MOST_DUPLICATES])
    more = len(duplicates) - _MOST_DUPLICATES
    if more > 0:
        yield Finding(
            check=CLONED,
            outcome=Outcome.REVIEW,
            severity=Severity.MEDIUM,
            message=f"{more} more identifiers are shared by several units: see the reports of the units.",
        )


def _note(message: str) -> Finding:
    return Finding(check=CHECK, outcome=Outcome.PASS, severity=Severity.INFO, message=message)


def _identity(unit: UnitResult) -> Iterator[Evidence]:
    if unit.serial:
        what = SERIAL if serials_of(unit.serial, ()) else "address"
        yield Evidence(what=what, value=unit.serial, origin="adb")
    for one in unit.identifiers:
        if one.kind in {IdentifierKind.SERIAL, IdentifierKind.IMEI}:
            yield Evidence(what=one.kind.words, value=one.value, origin=one.origin)


def _of_row(row: ManifestRow | None) -> Iterator[Evidence]:
    if row is not None:
        origin = f"manifest, line {row.line}"
        if row.serial:
            yield Evidence(what="serial number", value=row.serial, origin=origin)
        yield from (Evidence(what=IMEI, value=imei, origin=origin) for imei in row.imeis)


def _of_kind(unit: UnitResult, kind: IdentifierKind) -> Iterator[str]:
    return (one.value for one in unit.identifiers if one.kind is kind)


def _units(count: int) -> str:
    return f"{count} unit" if count == 1 else f"{count} units"


def _lines(numbers: Iterable[int]) -> str:
    found = sorted(numbers)
    return f"line{'' if len(found) == 1 else 's'} {_some([str(number) for number in found])}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
