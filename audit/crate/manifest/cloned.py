"""Units that share an identifier: a serial number nobody set, an IMEI written twice, one unit audited twice.

Two phones with one serial number are two phones: what else they told, tells them apart, or nothing does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from audit.crate.manifest.match import IMEI, SERIAL, serials_of
from audit.crate.manifest.values import core_of, is_serial_told
from audit.model.crate import Duplicate, UnitResult
from audit.model.flows import IdentifierKind

_TELL_APART = (IdentifierKind.IMEI, IdentifierKind.MEID, IdentifierKind.SERIAL)
_MAY_CHANGE = (IdentifierKind.MAC, IdentifierKind.ANDROID_ID)
"""Since Android 10 a unit makes up a MAC for each network; a factory reset gives it another Android id."""
_CHANGES = "may change on one unit, too: it may be one that was audited twice"

Values = Mapping[IdentifierKind, frozenset[str]]


def duplicates(units: Iterable[UnitResult]) -> tuple[Duplicate, ...]:
    """Each identifier that several of *units* told, with what tells these units apart."""
    values = {unit.name: _values(unit) for unit in units}
    return tuple(
        sorted(
            (
                *_shared(SERIAL, IdentifierKind.SERIAL, values),
                *_shared(IMEI, IdentifierKind.IMEI, values),
            ),
            key=lambda one: (one.what, one.units, one.value),
        )
    )


def _values(unit: UnitResult) -> Values:
    told: dict[IdentifierKind, set[str]] = {}
    for one in unit.identifiers:
        value = core_of(one.value) if one.kind is IdentifierKind.IMEI else one.value.casefold()
        told.setdefault(one.kind, set()).add(value)
    told[IdentifierKind.SERIAL] = set(filter(is_serial_told, serials_of(unit.serial, unit.identifiers)))
    return {kind: frozenset(found) for kind, found in told.items()}


def _shared(what: str, kind: IdentifierKind, values: Mapping[str, Values]) -> Iterator[Duplicate]:
    holders: dict[str, list[str]] = {}
    for name in sorted(values):
        for value in values[name].get(kind, ()):
            holders.setdefault(value, []).append(name)
    told: set[tuple[str, ...]] = set()
    for value, names in sorted(holders.items()):
        units = tuple(names)
        if len(units) > 1 and units not in told:  # two IMEIs of the same two units are one duplicate
            told.add(units)
            why = _apart(kind, [values[name] for name in units])
            yield Duplicate(what=what, value=value, units=units, why=why)


def _apart(shared: IdentifierKind, units: Sequence[Values]) -> str:
    """How *units* are told apart, in a sentence without its full stop."""
    kinds = [kind for kind in _TELL_APART if kind is not shared and _all_differ(kind, units)]
    if kinds:
        return f"Told apart by their {' and '.join(kind.words for kind in kinds)}"
    some = next((kind for kind in _TELL_APART if kind is not shared and _some_differ(kind, units)), None)
    if some is not None:
        return f"They are not all one unit, by their {some.words}; not all of them told it, or some share it"
    weak = [kind.words for kind in _MAY_CHANGE if _some_differ(kind, units)]
    if weak:
        return (
            f"Only their {' and '.join(weak)} {'differs' if len(weak) == 1 else 'differ'}, which {_CHANGES}"
        )
    return "Nothing else that was read tells them apart: it may be one unit that was audited twice"


def _all_differ(kind: IdentifierKind, units: Sequence[Values]) -> bool:
    told = [unit.get(kind, frozenset()) for unit in units]
    return all(told) and sum(map(len, told)) == len(frozenset().union(*told))


def _some_differ(kind: IdentifierKind, units: Sequence[Values]) -> bool:
    """Whether two of *units* told it and have nothing of it in common."""
    told = [found for unit in units if (found := unit.get(kind, frozenset()))]
    return bool(told) and any(not (found & told[0]) for found in told[1:])
