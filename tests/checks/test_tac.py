"""TACs against models: what the units before tell, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checks.tac import FEWEST_UNITS, Table, others, tac_findings, tac_of
from audit.model.profiles import Outcome
from audit.parse.identifiers.shapes import check_digit
from audit.reports.naming import kind_of

MINE, OTHER, THIRD, FOURTH = "35824005", "86071204", "35912345", "86999901"
TACS = st.sampled_from((MINE, OTHER, THIRD, FOURTH))
MODELS = st.sampled_from(("X20", "x20 ", "X30", ""))
TABLES = st.dictionaries(TACS, st.dictionaries(MODELS, st.integers(0, 30), max_size=4), max_size=4)


def imei(tac: str, number: int = 123_457) -> str:
    """An IMEI of that TAC with its check digit."""
    head = f"{tac}{number:06d}"
    return head + check_digit(head)


IMEIS = st.lists(st.builds(imei, TACS, st.integers(100_000, 999_999)), max_size=3)


@given(IMEIS, MODELS, TABLES)
def test_never_more_than_one_review(imeis: list[str], model: str, table: Table) -> None:
    """Whatever is known, it is a review or nothing, and it names the TACs of the unit."""
    found = tac_findings(imeis, model, table)
    assert len(found) <= 1
    for finding in found:
        assert finding.outcome is Outcome.REVIEW
        assert set(finding.subject.split()) == {one[:8] for one in imeis}


@given(IMEIS.filter(bool), MODELS.filter(bool), TABLES)
def test_a_tac_a_peer_has_fits(imeis: list[str], model: str, table: Table) -> None:
    """One TAC of the unit on one other unit of the model is enough, in whichever slot."""
    fits = dict(table) | {imeis[-1][:8]: {model.upper(): 1}}
    assert tac_findings(imeis, model, fits) == ()


@given(IMEIS, MODELS, TABLES)
def test_the_order_of_slots_and_of_the_table_says_nothing(imeis: list[str], model: str, table: Table) -> None:
    """The same units told in another order are judged the same."""
    turned = {tac: dict(list(table[tac].items())[::-1]) for tac in list(table)[::-1]}
    one, two = tac_findings(imeis, model, table), tac_findings(imeis[::-1], model, turned)
    assert bool(one) is bool(two)


@given(TABLES)
def test_few_units_conclude_nothing(table: Table) -> None:
    """Fewer units of the model than needed, however they agree."""
    few = {tac: dict.fromkeys(models, 0) for tac, models in table.items()}
    few[OTHER] = {"X20": FEWEST_UNITS - 1}
    assert tac_findings([imei(MINE)], "X20", few) == ()


@given(st.integers(FEWEST_UNITS, 400), st.integers(0, 400))
def test_a_clear_majority_is_more_than_two_thirds(two_slots: int, rest: int) -> None:
    """The two commonest TACs against all the others, each on one unit."""
    table = {OTHER: {"X20": two_slots}, THIRD: {"X20": two_slots}}
    table |= {str(86_100_000 + n): {"X20": 1} for n in range(rest)}
    clear = 3 * 2 * two_slots > 2 * (2 * two_slots + rest)
    assert bool(tac_findings([imei(MINE)], "X20", table)) is clear


@given(IMEIS.filter(bool), MODELS.filter(lambda name: bool(name.strip())), TABLES)
def test_a_unit_is_not_its_own_peer(imeis: list[str], model: str, table: Table) -> None:
    """Counted and taken out again, a unit changes nothing."""
    counted = {tac: dict(models) for tac, models in table.items()}
    for tac in {one[:8] for one in imeis}:
        of_tac = counted.setdefault(tac, {})
        of_tac[model] = of_tac.get(model, 0) + 1
    left = others(counted, imeis, model)
    assert tac_findings(imeis, model, left) == tac_findings(imeis, model, table)


@pytest.mark.parametrize(
    ("imeis", "model", "table", "message"),
    [
        (
            [imei(MINE)],
            "X20",
            {OTHER: {"X20": 20}, THIRD: {"X20": 1}},
            f"has the TAC {MINE}, which no X20 audited before has: {OTHER} on 20 units, {THIRD} on 1 unit.",
        ),
        (
            [imei(MINE), imei(FOURTH)],
            "X20",
            {OTHER: {"X20": 7}, THIRD: {"X20": 6}, MINE: {"X30": 12, "X10": 1}},
            f" {OTHER} on 7 units, {THIRD} on 6 units. It was seen on X30 (12 units), X10 (1 unit).",
        ),
    ],
)
def test_what_is_said(imeis: list[str], model: str, table: Table, message: str) -> None:
    """The counts it rests on, and where else the TAC was seen."""
    (finding,) = tac_findings(imeis, model, table)
    assert finding.message.endswith(message)
    assert [one.value for one in finding.evidence][: len(imeis)] == [one[:8] for one in imeis]


@pytest.mark.parametrize(
    ("imeis", "model", "table"),
    [
        ([], "X20", {OTHER: {"X20": 9}}),
        ([imei(MINE)], "", {OTHER: {"": 9}}),
        ([imei(MINE)], "X20", {}),
        ([imei(MINE)], "X20", {OTHER: {"X30": 9}}),
        (
            ["000000000000000", "358240051111110", "unknown", "", "٣٥٨٢٤٠٠٥١٢٣٤٥٦٧"],
            "X20",
            {OTHER: {"X20": 9}},
        ),
    ],
)
def test_what_cannot_be_said(imeis: list[str], model: str, table: Table) -> None:
    """No IMEI, no model, no peers, or numbers that stand for none."""
    assert tac_findings(imeis, model, table) == ()


def test_a_tac_is_read_however_it_is_written() -> None:
    """As on a box, and with a software version."""
    plain = imei(MINE)
    spellings = (plain, f"{plain[:2]}-{plain[2:8]}-{plain[8:14]}-{plain[14]}", plain[:14] + "07")
    assert {tac_of(one) for one in spellings} == {MINE}


def test_a_report_shows_tacs() -> None:
    """A TAC names a model, not a unit: masking leaves it in every place."""
    (finding,) = tac_findings([imei(MINE)], "X20", {OTHER: {"X20": 9}})
    plain = finding.evidence[0]
    assert kind_of(plain.what) is None
    assert kind_of(finding.evidence[-1].what) is None
    assert plain.value == MINE


def test_many_tacs_are_counted_not_listed() -> None:
    """A model of a hundred TACs makes no endless sentence."""
    table: dict[str, Mapping[str, int]] = {OTHER: {"X20": 1000}}
    table |= {str(86_100_000 + n): {"X20": 1} for n in range(100)}
    (finding,) = tac_findings([imei(MINE)], "X20", table)
    assert "and 97 other TACs" in finding.message
    assert len(finding.evidence) == 5
