from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from audit.crate.manifest import ManifestIndex, row_for
from audit.crate.manifest.reconcile import LINE, duplicates, reconcile
from audit.model.crate import ManifestRow, UnitResult
from audit.model.flows import IdentifierKind
from tests.crate.manifest.made import imei, manifest, unit

_SERIALS = ["", "A1B2C3", "D4E5F6", "G7H8J9", "a1b2c3", "0123456789ABCDEF", "192.0.2.1:5555"]
_IMEIS = st.lists(st.sampled_from([imei(n) for n in range(4)]), max_size=2, unique=True).map(tuple)


@st.composite
def _rows(draw: st.DrawFn) -> tuple[ManifestRow, ...]:
    pairs = draw(st.lists(st.tuples(st.sampled_from(_SERIALS[:6]), _IMEIS), max_size=6))
    return tuple(
        ManifestRow(line=n, serial=serial, imeis=imeis) for n, (serial, imeis) in enumerate(pairs, 2)
    )


@st.composite
def _units(draw: st.DrawFn) -> tuple[UnitResult, ...]:
    told = draw(
        st.lists(
            st.tuples(
                st.sampled_from(_SERIALS), _IMEIS, st.sampled_from(["", "020304050607", "0a0b0c0d0e0f"])
            ),
            max_size=6,
        )
    )
    return tuple(
        unit(f"u{n}", serial, imeis=imeis, others=[(IdentifierKind.MAC, mac)] if mac else [])
        for n, (serial, imeis, mac) in enumerate(told)
    )


@given(rows=_rows(), units=_units())
def test_every_row_and_every_unit_is_in_exactly_one_place(
    rows: tuple[ManifestRow, ...], units: tuple[UnitResult, ...]
) -> None:
    """Nothing is lost, nothing is counted twice."""
    held = reconcile(manifest(*rows), units)
    present = {line for line, _ in held.present}
    lines = [*present, *(row.line for row in held.missing), *(row.line for row in held.unsure_rows)]
    assert sorted(lines) == [row.line for row in rows]
    names = [*{name for _, name in held.present}, *held.unexpected, *held.unsure]
    assert sorted(names) == sorted(one.name for one in units)
    assert bool(held.unsure) == bool(held.unsure_rows)
    assert len(set(held.present)) == len(held.present)


@given(rows=_rows(), units=_units(), seed=st.integers(0, 99))
def test_order_changes_nothing(
    rows: tuple[ManifestRow, ...], units: tuple[UnitResult, ...], seed: int
) -> None:
    """Units come in the order people plug them in."""
    chance = random.Random(seed)  # noqa: S311 - an order
    shuffled = chance.sample(units, len(units)), chance.sample(rows, len(rows))
    assert reconcile(manifest(*shuffled[1]), shuffled[0]) == reconcile(manifest(*rows), units)
    assert duplicates(shuffled[0]) == duplicates(units)


def _as_read(rows: tuple[ManifestRow, ...]) -> tuple[ManifestRow, ...]:
    """Those of *rows* that one manifest may have: a reader refuses a row that names a unit again."""
    kept: list[ManifestRow] = []
    for row in rows:
        own = {row.serial, *row.imeis} - {"", "0123456789ABCDEF"}
        if not any(own & {other.serial, *other.imeis} for other in kept):
            kept.append(row)
    return tuple(kept)


@given(rows=_rows().map(_as_read), units=_units())
def test_a_row_of_which_a_unit_told_everything_is_not_missing(
    rows: tuple[ManifestRow, ...], units: tuple[UnitResult, ...]
) -> None:
    """A unit that told all that a row says is there, whatever else is there."""
    held = reconcile(manifest(*rows), units)
    for row in held.missing:
        for one in units:
            told = {own.value[:14] for own in one.identifiers}
            whole = row.imeis and all(value[:14] in told for value in row.imeis)
            assert not (whole and row.serial == one.serial)


@given(rows=_rows(), units=_units())
def test_one_unit_finds_the_row_that_the_index_finds(
    rows: tuple[ManifestRow, ...], units: tuple[UnitResult, ...]
) -> None:
    """Looking at the rows near to it is enough."""
    index = ManifestIndex(manifest(*rows))
    for one in units:
        found = index.find(one.serial, one.identifiers)
        assert row_for(manifest(*rows), one.serial, one.identifiers) == (found and found.row)


def test_missing_extra_and_duplicate_rows_give_exactly_those_lists() -> None:
    """The example everybody has in mind."""
    rows = (
        ManifestRow(line=2, serial="A1B2C3", imeis=(imei(1),)),
        ManifestRow(line=3, serial="D4E5F6"),
        ManifestRow(line=4, serial="G7H8J9"),
        ManifestRow(line=5, serial="0123456789ABCDEF", imeis=(imei(5),)),
        ManifestRow(line=6, serial="0123456789ABCDEF", imeis=(imei(6),)),
    )
    units = (
        unit("a", "A1B2C3", imeis=[imei(1)]),
        unit("b", "D4E5F6", imeis=[imei(2)]),
        unit("c", "R7S8T9", imeis=[imei(9)]),
        unit("d", "0123456789ABCDEF", imeis=[imei(5)]),
        unit("e", "0123456789ABCDEF", imeis=[imei(6)]),
    )
    held = reconcile(manifest(*rows), units)
    assert held.present == ((2, "a"), (3, "b"), (5, "d"), (6, "e"))
    assert [row.line for row in held.missing] == [4]
    assert held.unexpected == ("c",)
    assert held.unsure == ()
    assert [(one.what, one.value, one.units) for one in held.duplicates] == [
        ("serial number", "0123456789ABCDEF", ("d", "e"))
    ]
    assert held.duplicates[0].why == "Told apart by their IMEI"
    assert held.differing == ()


def test_a_unit_that_told_no_imei_may_be_any_that_is_named_by_imei_alone() -> None:
    """Neither missing nor unexpected can be claimed; a row with a serial number is missing all the same."""
    rows = (
        ManifestRow(line=2, imeis=(imei(1),)),
        ManifestRow(line=3, imeis=(imei(2),)),
        ManifestRow(line=4, serial="D4E5F6"),
    )
    held = reconcile(
        manifest(*rows),
        (unit("a", "A1B2C3"), unit("b", "G7H8J9", imeis=[imei(1)]), unit("c", "", imeis=[imei(8)])),
    )
    assert held.present == ((2, "b"),)
    assert held.unsure == ("a", "c")
    assert [row.line for row in held.unsure_rows] == [3, 4]
    assert (held.missing, held.unexpected) == ((), ())
    alone = reconcile(manifest(*rows), (unit("a", "A1B2C3"),))
    assert [row.line for row in alone.missing] == [4]
    assert [row.line for row in alone.unsure_rows] == [2, 3]


def test_of_two_units_with_one_serial_number_the_one_with_the_imei_of_the_row_has_it() -> None:
    """The clone is not expected, whether it tells another IMEI or none."""
    row = ManifestRow(line=2, serial="A1B2C3", imeis=(imei(1),))
    for other in ([imei(2)], []):
        held = reconcile(
            manifest(row), (unit("a", "A1B2C3", imeis=[imei(1)]), unit("b", "A1B2C3", imeis=other))
        )
        assert (held.present, held.unexpected) == (((2, "a"),), ("b",))


def test_where_nothing_tells_which_unit_a_row_means_both_have_it() -> None:
    """Both are there, and that they are two is said."""
    held = reconcile(
        manifest(ManifestRow(line=2, serial="A1B2C3")), (unit("a", "A1B2C3"), unit("b", "A1B2C3"))
    )
    assert held.present == ((2, "a"), (2, "b"))
    assert [(one.what, one.units) for one in held.duplicates] == [("serial number", ("a", "b"))]
    row = ManifestRow(line=2, imeis=(imei(1), imei(2)))
    two = reconcile(
        manifest(row), (unit("a", "A1B2C3", imeis=[imei(1)]), unit("b", "D4E5F6", imeis=[imei(2)]))
    )
    assert two.present == ((2, "a"), (2, "b"))
    assert [(one.what, one.value, one.units) for one in two.duplicates] == [(LINE, "2", ("a", "b"))]


def test_a_unit_that_is_listed_once_for_each_imei_is_not_half_missing() -> None:
    """Some lists have a row for each radio of a phone."""
    rows = (ManifestRow(line=2, imeis=(imei(1),)), ManifestRow(line=3, imeis=(imei(2),)))
    held = reconcile(manifest(*rows), (unit("a", "A1B2C3", imeis=[imei(1), imei(2)]),))
    assert held.present == ((2, "a"), (3, "a"))
    assert held.missing == ()
    assert [(one.what, one.value, one.units) for one in held.duplicates] == [(LINE, "2, 3", ("a",))]


def test_what_differs_is_said() -> None:
    """Found by one identifier, with another one that is not the row's."""
    rows = (
        ManifestRow(line=2, serial="A1B2C3", imeis=(imei(1),)),
        ManifestRow(line=3, serial="D4E5F6", imeis=(imei(3),)),
    )
    held = reconcile(
        manifest(*rows), (unit("a", "A1B2C3", imeis=[imei(7)]), unit("b", "X9Y8Z7", imeis=[imei(3)]))
    )
    assert held.present == ((2, "a"), (3, "b"))
    assert held.differing == (("a", "IMEI"), ("b", "serial number"))
