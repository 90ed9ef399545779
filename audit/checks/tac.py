"""Does the type allocation code of a unit's IMEI fit its model, as the units audited before tell it?

The first eight digits of an IMEI, its TAC, are given out for one model of one maker (3GPP TS 23.003, GSMA
TS.06). Which belongs to which is learnt from units alone: the register is not public. A model may have
several, for its variants and for its second SIM slot, so a TAC nobody saw says something only where the
others agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from audit.model.flows import IdentifierKind
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity
from audit.parse.identifiers.shapes import canonical

CHECK = "tac"
FEWEST_UNITS = 5
"""Of a model, below which nothing is concluded."""
CLEAR = Fraction(2, 3)
"""More than this share of what is known of the model is its commonest TAC, or the two of its two slots."""
TAC_DIGITS = 8
SLOTS = 2
_MOST_NAMED = 4
# "IMEI" there would have reports mask what it is of, as an identifier; a TAC is none
_SPELT = "type allocation code"
_WHY = (
    "A TAC is given out for one model. A unit that has another may have been given another's IMEI,"
    " board or firmware; or it is a variant this station has not seen."
)
_FIX = "Compare the IMEI on the screen (*#06#), on the box and on the unit, and the model printed there."

Table = Mapping[str, Mapping[str, int]]
"""TAC to model to how many units; a unit counts once for each TAC it has."""


def tac_of(imei: str) -> str:
    """The TAC in *imei*, written in any way; "" where it is none or stands for none."""
    value = canonical(IdentifierKind.IMEI, imei)
    return "" if value is None else value[:TAC_DIGITS]


def tac_findings(imeis: Iterable[str], model: str, table: Table) -> tuple[Finding, ...]:
    """REVIEW where none of the unit's TACs is one of its model's; nothing where that cannot be said.

    imeis: of one unit, one for each SIM slot: one that fits is enough
    model: as the unit names itself; table: of other units, see `others`
    """
    own = tuple(dict.fromkeys(filter(None, map(tac_of, imeis))))
    known = _of_model(model, table)
    if not own or not known.keys().isdisjoint(own) or not _agree(known):
        return ()
    return (_finding(own, model, known, table),)


def others(table: Table, imeis: Iterable[str], model: str) -> Table:
    """*table* without one unit that is counted in it: what is known of the others.

    imeis, model: of the unit, as they were when it was counted
    """
    own = set(filter(None, map(tac_of, imeis)))
    name = _plain(model)
    return {tac: dict(_less(models, name) if tac in own else models) for tac, models in table.items()}


def _less(models: Mapping[str, int], name: str) -> Iterator[tuple[str, int]]:
    """*models* with one unit less of the first that is called *name*."""
    taken = False
    for model, units in models.items():
        mine = not taken and units > 0 and _plain(model) == name
        taken = taken or mine
        yield model, units - mine


def _of_model(model: str, table: Table) -> dict[str, int]:
    """TAC to how many units of *model* have it, the commonest first."""
    name = _plain(model)
    counted = {
        tac: sum(units for known, units in models.items() if _plain(known) == name)
        for tac, models in table.items()
    }
    ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return {tac: units for tac, units in ranked if name and units > 0}


def _agree(known: Mapping[str, int]) -> bool:
    """Whether enough units are known, and most of them have the same TAC or the same two."""
    counts = tuple(known.values())
    told = sum(counts)
    # a unit with two slots may be counted twice: so many units there are at least
    units = max(max(counts, default=0), -(-told // SLOTS))
    return units >= FEWEST_UNITS and sum(counts[:SLOTS]) > CLEAR * told


def _finding(own: tuple[str, ...], model: str, known: Mapping[str, int], table: Table) -> Finding:
    name, several = model.strip(), len(own) > 1
    what = f"Its IMEIs have the TACs {' and '.join(own)}" if several else f"Its IMEI has the TAC {own[0]}"
    whose = f"none of which any {name}" if several else f"which no {name}"
    told = (
        *((tac, f"{_SPELT} of the unit", "the unit") for tac in own),
        *((tac, f"{_SPELT} of {_units(units)} of the model", "the history") for tac, units in _first(known)),
    )
    return Finding(
        check=CHECK,
        outcome=Outcome.REVIEW,
        severity=Severity.MEDIUM,
        subject=" ".join(own),
        message=f"{what}, {whose} audited before has: {_counted(known)}."
        f"{_also(_elsewhere(own, model, table))}",
        why=_WHY,
        fix=_FIX,
        evidence=tuple(Evidence(what=said, value=tac, origin=origin) for tac, said, origin in told),
    )


def _elsewhere(own: Iterable[str], model: str, table: Table) -> dict[str, int]:
    """Other models that have one of these TACs, the commonest first."""
    name = _plain(model)
    counted: dict[str, int] = {}
    for tac in own:
        for known, units in table.get(tac, {}).items():
            if _plain(known) != name and _plain(known) and units > 0:
                counted[known] = max(counted.get(known, 0), units)
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))


def _also(elsewhere: Mapping[str, int]) -> str:
    named = ", ".join(f"{model.strip()} ({_units(units)})" for model, units in _first(elsewhere))
    more = len(elsewhere) - _MOST_NAMED
    return f" It was seen on {named}{f' and {more} other models' if more > 0 else ''}." if named else ""


def _counted(known: Mapping[str, int]) -> str:
    named = ", ".join(f"{tac} on {_units(units)}" for tac, units in _first(known))
    more = len(known) - _MOST_NAMED
    return f"{named}{f' and {more} other TACs' if more > 0 else ''}"


def _first(counted: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(counted.items())[:_MOST_NAMED]


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count} units"


def _plain(model: str) -> str:
    return model.strip().casefold()
