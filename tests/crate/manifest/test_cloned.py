from __future__ import annotations

import pytest

from audit.crate.manifest.cloned import duplicates
from audit.model.crate import UnitResult
from audit.model.flows import IdentifierKind
from tests.crate.manifest.made import imei, unit

_CLONE = "0123456789ABCDEF"
_MAC, _ANDROID = IdentifierKind.MAC, IdentifierKind.ANDROID_ID


@pytest.mark.parametrize(
    ("units", "why"),
    [
        (
            [unit("a", _CLONE, imeis=[imei(1)]), unit("b", _CLONE, imeis=[imei(2)])],
            "Told apart by their IMEI",
        ),
        (
            [
                unit("a", _CLONE, imeis=[imei(1)], others=[(_MAC, "020304050607")]),
                unit("b", _CLONE, imeis=[imei(2)], others=[(_MAC, "020304050608")]),
            ],
            "Told apart by their IMEI",
        ),
        (
            [unit("a", _CLONE, imeis=[imei(1)]), unit("b", _CLONE)],
            "Nothing else that was read tells them apart: it may be one unit that was audited twice",
        ),
        (
            [
                unit("a", _CLONE, others=[(_ANDROID, "a1" * 8)]),
                unit("b", _CLONE, others=[(_ANDROID, "b2" * 8)]),
            ],
            (
                "Only their Android id differs, which may change on one unit, too:"
                " it may be one that was audited twice"
            ),
        ),
        (
            [
                unit("a", _CLONE, others=[(_ANDROID, "a1" * 8), (_MAC, "020304050607")]),
                unit("b", _CLONE, others=[(_ANDROID, "b2" * 8), (_MAC, "020304050608")]),
            ],
            (
                "Only their MAC and Android id differ, which may change on one unit, too:"
                " it may be one that was audited twice"
            ),
        ),
        (
            [unit("a", _CLONE, imeis=[imei(1)]), unit("b", _CLONE, imeis=[imei(2)]), unit("c", _CLONE)],
            "They are not all one unit, by their IMEI; not all of them told it, or some share it",
        ),
    ],
)
def test_units_with_one_serial_number_are_told_apart_by_what_else_they_told(
    units: list[UnitResult], why: str
) -> None:
    """What differs is named, what may change is called so, and nothing is claimed beyond it."""
    (found,) = duplicates(units)
    assert (found.what, found.value, found.units) == (
        "serial number",
        _CLONE,
        tuple(one.name for one in units),
    )
    assert found.why == why


def test_two_imeis_of_the_same_units_are_one_duplicate() -> None:
    """A cloned phone has both IMEIs of the other."""
    both = [imei(1), imei(2)]
    (found,) = duplicates([unit("a", "A1B2C3", imeis=both), unit("b", "D4E5F6", imeis=both)])
    assert (found.what, found.units, found.why) == ("IMEI", ("a", "b"), "Told apart by their serial number")


@pytest.mark.parametrize("serial", ["", "unknown", "????????????", "(no serial number)", "192.0.2.1:5555"])
def test_units_that_told_no_serial_number_share_none(serial: str) -> None:
    """What stands for none is no identifier, and an address is of a place."""
    assert duplicates([unit("a", serial), unit("b", serial)]) == ()


def test_units_of_their_own_share_nothing() -> None:
    """The usual crate."""
    assert duplicates(unit(f"u{n}", f"S{n:04d}X", imeis=[imei(n)]) for n in range(50)) == ()
