"""What every format says about a crate, in the same words: units, reasons, the manifest, the groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from audit.checks.waiving import sentence
from audit.model.crate import CrateReport, Duplicate, Group, ManifestRow, UnitResult
from audit.model.flows import IdentifierKind
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Decision, Finding, Severity
from audit.reports import brief, view
from audit.reports.crate.totals import WORST_FIRST, total
from audit.reports.naming import is_a_place

NO_MODEL = "unit that does not say what it is"
_GROUP = {
    Decision.FAIL: "fail",
    Decision.INCONCLUSIVE: "inconclusive",
    Decision.REVIEW: "review",
    Decision.PASS: "pass",
}
_OUTCOMES = {
    Outcome.FAIL: Decision.FAIL,
    Outcome.INCONCLUSIVE: Decision.INCONCLUSIVE,
    Outcome.REVIEW: Decision.REVIEW,
}
_TITLES = {
    Decision.FAIL: "Fails",
    Decision.INCONCLUSIVE: "Could not be told",
    Decision.REVIEW: "Somebody should look",
    Decision.PASS: "Pass",
}
TOO_FEW = "Too few to compare, so that nobody can be the odd one out:"
_MANIFEST = "manifest"
_LONGEST_NAME = 60
_DIGITS = re.compile(r"(\d{1,9})")


def group_name(decision: Decision) -> str:
    """The name under which a verdict has its colour: that of the findings it follows from."""
    return _GROUP[decision]


def title(decision: Decision) -> str:
    """What units with this verdict are told under."""
    return _TITLES[decision]


def units_of(count: int) -> str:
    """So many units."""
    return f"{count} {'unit' if count == 1 else 'units'}"


def place(unit: UnitResult) -> str:
    """Where a person finds the unit: its slot, else what ADB calls it."""
    return unit.slot or unit.serial or unit.name


def called(unit: UnitResult) -> str:
    """What tells the unit from others beside its place: its serial number, else the name of its folder."""
    own = (one.value for one in unit.identifiers if one.kind is IdentifierKind.SERIAL)
    named = unit.serial if unit.serial != unit.slot and not is_a_place(unit.serial) else next(own, "")
    return (named if named != place(unit) else "") or unit.name


def model(unit: UnitResult) -> str:
    """What the unit says it is."""
    return unit.model or NO_MODEL


def region(unit: UnitResult) -> str:
    """What the unit says it was built for; unknown is an answer."""
    return unit.region or "unknown"


def seconds(unit: UnitResult) -> str:
    """How long the unit took."""
    return f"{unit.took_s:.1f} s"


def reason(unit: UnitResult) -> str:
    """What the verdict rests on, in a sentence; "" for a PASS: nothing did."""
    if unit.decision is Decision.PASS or not unit.because:
        return ""
    return brief.first_sentence(unit.because[0])


def unit_line(result: UnitResult) -> str:
    """One unit in a line, without an identifier: verdict, place, model, the reason where it is no PASS."""
    where = result.slot or result.name
    said = f"{view.SHAPES[result.decision]} {result.decision.value}  {where}  {model(result)}"
    return f"{said}: {why}" if (why := reason(result)) else said


def in_order(units: Iterable[UnitResult]) -> tuple[UnitResult, ...]:
    """By place, as they lie on the bench: port 2 before port 10."""
    return tuple(sorted(units, key=lambda unit: (natural(place(unit)), unit.name)))


def short(text: str, most: int) -> str:
    """*text*, or as much of it as a line of a crate needs; the unit's own report has all."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts numbers in *text* by their value."""
    parts = _DIGITS.split(text)
    return tuple((0, int(part), "") if number % 2 else (1, 0, part) for number, part in enumerate(parts))


COLUMNS = ("slot", "model", "build", "region", "for", "verdict", "time", "tries")
"""Of the table of all units."""


def cells(unit: UnitResult) -> dict[str, str]:
    """What each column says of a unit."""
    told = (
        place(unit),
        unit.model or "not stated",
        unit.build or "not stated",
        region(unit),
        unit.expectation.market or "",
        f"{view.SHAPES[unit.decision]} {unit.decision.value}",
        seconds(unit),
        str(unit.tries),
    )
    return dict(zip(COLUMNS, told, strict=True))


def alike(units: Sequence[UnitResult]) -> Mapping[str, str]:
    """Columns that say the same of all units, of which one says enough; the verdict always stands at each."""
    first = cells(units[0]) if len(units) > 1 else {}
    rest = [cells(unit) for unit in units[1:]]
    return {
        name: first[name]
        for name in ("region", "for", "tries")
        if name in first and all(row[name] == first[name] for row in rest)
    }


def every_unit(units: Sequence[UnitResult]) -> str:
    """The heading of the table of all units, with what is alike of them."""
    words = {
        "region": "region {}",
        "for": "for {}",
        "tries": "each connected {} times",
    }
    same = alike(units)
    told = [words[name].format(short(value, 40)) for name, value in same.items() if value]
    said = ", ".join(told).replace("connected 1 times", "connected once")
    all_of_them = ", " if said.startswith("each ") else ": all "
    return f"Every unit ({len(units)})" + (all_of_them + said if said else "")


def headline(crate: CrateReport) -> str:
    """How many units got which verdict, worst first."""
    counted = ", ".join(
        f"{count} {decision.value}" for decision, count in total("", crate.units).counts if count
    )
    return f"{units_of(len(crate.units))}: {counted or 'nothing was audited'}"


def meaning(crate: CrateReport) -> str:
    """What the crate's verdict says, and what it does not."""
    if not crate.complete:
        return "Not all units that were seen are done: what is told is of those that are."
    but = ", apart from what is waived" if crate.waivers else ""
    return {
        Decision.PASS: f"Nothing the policy objects to was found in what was read of these units{but}. That"
        " does not prove there is nothing.",
        Decision.FAIL: "Something was found that the policy does not let pass.",
        Decision.REVIEW: "A person has to look before anybody relies on these units.",
        Decision.INCONCLUSIVE: "Not all that has to be read could be read. This is not a pass.",
    }[crate.decision]


def asked(crate: CrateReport) -> str:
    """What the units were judged for."""
    head = crate.head
    if head.manifest is not None:
        return "as the manifest says" + (
            f", for market {head.expectation.market} where it does not" if head.expectation.market else ""
        )
    market = head.expectation.market
    return f"for market {market}" if market else "for no market in particular"


def head_rows(crate: CrateReport) -> Iterator[tuple[str, str]]:
    """(label, value) of what was judged, and with what."""
    head = crate.head
    yield "Judged", f"{asked(crate)}, policy {head.expectation.policy}"
    yield "When", f"{head.began_at} to {crate.ended_at}"
    if head.manifest is not None:
        yield "Manifest", f"{head.manifest.path}, {_rows_of(len(head.manifest.rows))}"
        yield from (("", note) for note in head.manifest.notes)
    if head.baseline:
        yield "Compared", f"with the golden unit {head.baseline}"
    waived = [finding for unit in crate.units for finding in unit.waived]
    if said := sentence(waived, crate.waivers):
        yield "Waived", said
    if crate.waiting:
        yield "Not done", view.some(crate.waiting, 8)


def provenance_rows(crate: CrateReport) -> Iterator[tuple[str, str]]:
    """(label, value) of what the report can be checked with."""
    yield "adb-audit", crate.head.tool_version
    yield "Rulebook SHA-256", crate.head.rulebook_sha256
    if crate.head.manifest is not None:
        yield "Manifest SHA-256", crate.head.manifest.sha256


def _rows_of(count: int) -> str:
    return f"{count} {'line' if count == 1 else 'lines'}"


def notes(crate: CrateReport) -> tuple[Finding, ...]:
    """What is said of the crate as a whole without anything being wrong: what was not compared, and why."""
    return tuple(finding for finding in crate.findings if finding.outcome is Outcome.PASS)


def findings(crate: CrateReport) -> tuple[tuple[Decision, tuple[Finding, ...]], ...]:
    """What is wrong with the crate as a whole, the worst first; what passed is left out."""
    found: dict[Decision, list[Finding]] = {decision: [] for decision in WORST_FIRST}
    for finding in crate.findings:
        if finding.outcome in _OUTCOMES:
            found[_OUTCOMES[finding.outcome]].append(finding)
    ranked = list(Severity)
    return tuple(
        (decision, tuple(sorted(given, key=lambda f: ranked.index(f.severity))))
        for decision, given in found.items()
        if given
    )


@record
class Reason:
    """Units with one verdict for one reason. telling: the finding that says it, where there is one."""

    decision: Decision
    message: str
    units: tuple[UnitResult, ...]
    telling: Finding | None


def reasons(units: Iterable[UnitResult], decision: Decision) -> tuple[Reason, ...]:
    """Units with *decision* by their first reason, the reason of most units first."""
    groups: dict[str, list[UnitResult]] = {}
    for unit in in_order(unit for unit in units if unit.decision is decision):
        groups.setdefault(reason(unit) or "No reason was told.", []).append(unit)
    made = (
        Reason(
            decision=decision,
            message=message,
            units=tuple(group),
            telling=next((f for f in group[0].telling if group[0].because[:1] == (f.message,)), None),
        )
        for message, group in groups.items()
    )
    return tuple(sorted(made, key=lambda one: -len(one.units)))


def more_reasons(unit: UnitResult) -> int:
    """How many reasons the unit has beside the first; that some findings are waived is none."""
    return max(len(set(unit.because)) - 1 - bool(unit.waived), 0)


@record
class Reconciled:
    """One list of the manifest's. name: "missing" …; items: what is in it, in words, each on its own."""

    name: str
    title: str
    decision: Decision
    items: tuple[str, ...]


def reconciled(crate: CrateReport) -> tuple[Reconciled, ...]:
    """The manifest held against the units: what is missing, not expected, there twice, or unsure."""
    held = crate.reconciliation
    if held is None:
        return ()
    units = {unit.name: unit for unit in crate.units}
    named = {name: _named(units.get(name), name) for name in (*held.unexpected, *held.unsure)}
    difference = _difference(crate)
    return (
        Reconciled(
            name="missing",
            title="In the manifest, not here",
            decision=difference,
            items=tuple(row_line(row) for row in held.missing),
        ),
        Reconciled(
            name="unexpected",
            title="Here, not in the manifest",
            decision=difference,
            items=tuple(named[name] for name in held.unexpected),
        ),
        Reconciled(
            name="duplicates",
            title="Several with one identifier",
            decision=Decision.REVIEW,
            items=tuple(duplicate_line(one, units) for one in held.duplicates),
        ),
        Reconciled(
            name="unsure",
            title="Perhaps in the manifest: what it names them by could not be read",
            decision=Decision.INCONCLUSIVE,
            items=(
                *(named[name] for name in held.unsure),
                *(f"{row_line(row)}: perhaps one of them" for row in held.unsure_rows),
            ),
        ),
        Reconciled(
            name="differing",
            title="Not as their lines say",
            decision=difference,
            items=tuple(f"{_named(units.get(name), name)}: another {what}" for name, what in held.differing),
        ),
    )


def _difference(crate: CrateReport) -> Decision:
    """How bad it is that units and manifest differ: as the policy had the findings about it judged."""
    every = (*crate.findings, *(finding for unit in crate.units for finding in unit.telling))
    said = {decision_of(finding) for finding in every if finding.check == _MANIFEST}
    if Decision.FAIL in said:
        return Decision.FAIL
    return Decision.PASS if said == {Decision.PASS} else Decision.REVIEW


def reconciled_line(crate: CrateReport) -> str:
    """The manifest in a sentence; "" where there is none."""
    held = crate.reconciliation
    if held is None:
        return ""
    told = (
        (len(held.present), "present"),
        (len(held.missing), "missing"),
        (len(held.unexpected), "unexpected"),
        (len(held.duplicates), "with an identifier of another"),
        (len(held.unsure), "unsure"),
        (len(held.differing), "not as their lines say"),
    )
    counted = ", ".join(f"{count} {what}" for count, what in told if count or what in {"present", "missing"})
    return f"{held.path}: {counted}"


def row_line(row: ManifestRow) -> str:
    """One line of the manifest."""
    named = (row.serial, *row.imeis, row.model, row.build, f"lot {row.lot}" if row.lot else "")
    market = f"for {row.market}" if row.market else ""
    return f"line {row.line}: {', '.join(part for part in (*named, market) if part) or 'names no unit'}"


def duplicate_line(one: Duplicate, units: dict[str, UnitResult]) -> str:
    """Units that share an identifier, and what tells them apart."""
    places = view.some((_named(units.get(name), name) for name in one.units), 8, "; ")
    return f"{one.what} {one.value}: {places}" + (f". {one.why.rstrip('.')}." if one.why else "")


def _named(unit: UnitResult | None, name: str) -> str:
    if unit is None:
        return name
    parts = (place(unit), model(unit), called(unit), name)
    return ", ".join(dict.fromkeys(part for part in parts if part))


def status(crate: CrateReport, unit: UnitResult) -> str:
    """What the manifest says of a unit; "" where there is none."""
    held = crate.reconciliation
    if held is None:
        return ""
    if unit.name in held.unexpected:
        return "unexpected"
    return "unsure" if unit.name in held.unsure else "present"


def group_line(group: Group) -> str:
    """Who was compared with whom."""
    model = short(group.model, _LONGEST_NAME) or "units that do not say what they are"
    of = f"{model}, {short(group.build, _LONGEST_NAME) or 'all builds'}"
    earlier = f", {group.earlier} of them of former crates" if group.earlier else ""
    return f"{of}: {units_of(group.units)}{earlier}"


def group_lines(groups: Iterable[Group]) -> list[str]:
    """A line for each."""
    return [group_line(group) for group in groups]


def decision_of(finding: Finding) -> Decision:
    """The verdict that such a finding leads to."""
    return _OUTCOMES.get(finding.outcome, Decision.PASS)


def compared(crate: CrateReport) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """(groups that were compared, groups too small to be), the larger first."""
    ranked: Sequence[Group] = sorted(crate.groups, key=lambda one: (-one.units, one.model, one.build))
    return (
        tuple(one for one in ranked if one.compared),
        tuple(one for one in ranked if not one.compared),
    )


def whole_report(unit: UnitResult) -> str:
    """Where the unit's whole report lies, from the crate's folder."""
    return f"units/{unit.name}/report.html"


def kept_line(crate: CrateReport) -> str:
    """Where every unit's whole report lies, with one for example: one that somebody will want to read."""
    first = min(crate.units, key=lambda unit: WORST_FIRST.index(unit.decision), default=None)
    return "In the folder of the crate, units/NAME/report.html" + (
        f", such as {whole_report(first)}" if first is not None else ""
    )


def shares(counts: Iterable[tuple[Decision, int]], width: int) -> tuple[tuple[Decision, int], ...]:
    """How many of *width* columns each verdict gets: by its share, and one at least where there is any."""
    given = [(decision, count) for decision, count in counts if count]
    whole = sum(count for _, count in given)
    if not whole:
        return ()
    columns = [max(1, width * count // whole) for _, count in given]
    largest = max(range(len(given)), key=lambda at: given[at][1])
    columns[largest] += width - sum(columns)
    return tuple((decision, wide) for (decision, _), wide in zip(given, columns, strict=True) if wide > 0)
