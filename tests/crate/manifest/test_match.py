from __future__ import annotations

import pytest

from audit.crate.manifest import ManifestIndex, row_for
from audit.crate.manifest.match import told
from audit.model.crate import ManifestRow
from audit.model.flows import IdentifierKind, OwnIdentifier
from tests.crate.manifest.made import imei, manifest

_ROWS = (
    ManifestRow(line=2, serial="A1B2C3", imeis=(imei(1), imei(2))),
    ManifestRow(line=3, serial="D4E5F6"),
    ManifestRow(line=4, imeis=(imei(4)[:14] + "01",)),
    ManifestRow(line=5, serial="0123456789ABCDEF", imeis=(imei(5),)),
    ManifestRow(line=6, serial="g7h8j9"),
    ManifestRow(line=7, serial="G7H8J9"),
)


def _own(*values: str) -> tuple[OwnIdentifier, ...]:
    return tuple(
        OwnIdentifier(
            kind=IdentifierKind.IMEI if value.isdecimal() else IdentifierKind.SERIAL,
            value=value,
            origin="getprop",
        )
        for value in values
    )


@pytest.mark.parametrize(
    ("serial", "identifiers", "line", "by", "differs"),
    [
        ("A1B2C3", (), 2, "serial number", ""),
        ("a1b2c3", (), 2, "serial number", ""),
        ("A1B2C3", (imei(1),), 2, "IMEI", ""),
        ("A1B2C3", (imei(2)[:14] + "77",), 2, "IMEI", ""),
        ("A1B2C3", (imei(9),), 2, "serial number", "IMEI"),
        ("XYZ987", (imei(1),), 2, "IMEI", "serial number"),
        ("D4E5F6", (imei(9),), 3, "serial number", ""),
        ("D4E5F6", (imei(1),), 2, "IMEI", "serial number"),
        ("192.0.2.7:5555", ("D4E5F6",), 3, "serial number", ""),
        ("192.0.2.7:5555", (imei(1),), 2, "IMEI", ""),
        ("", (imei(4),), 4, "IMEI", ""),
        ("0123456789ABCDEF", (imei(5),), 5, "IMEI", ""),
        ("g7h8j9", (), 6, "serial number", ""),
        ("G7H8J9", (), 7, "serial number", ""),
    ],
)
def test_a_unit_has_the_row_that_names_it(
    serial: str, identifiers: tuple[str, ...], line: int, by: str, differs: str
) -> None:
    """IMEI before serial number, 14 digits of it; what of the row does not fit is said."""
    found = ManifestIndex(manifest(*_ROWS)).find(serial, _own(*identifiers))
    assert found is not None
    assert (found.row.line, found.by, found.differs) == (line, by, differs)
    assert row_for(manifest(*_ROWS), serial, _own(*identifiers)) == found.row


@pytest.mark.parametrize(
    ("serial", "identifiers"),
    [
        ("", ()),
        ("0123456789ABCDEF", ()),
        ("0123456789ABCDEF", (imei(9),)),
        ("G7h8j9", ()),
        ("unknown", ()),
        ("A1B2C3:5555", ()),
        ("adb-A1B2C3-x1Y2z3._adb-tls-connect._tcp", ()),
    ],
)
def test_nothing_names_a_unit_by_what_others_have_too(serial: str, identifiers: tuple[str, ...]) -> None:
    """Not a placeholder, not an address, not a spelling that two rows are near to."""
    assert row_for(manifest(*_ROWS), serial, _own(*identifiers)) is None


def test_the_row_without_contradiction_goes_first() -> None:
    """Of two rows that name a unit by its two IMEIs, the one whose serial number is its own."""
    rows = (
        ManifestRow(line=2, serial="A1B2C3", imeis=(imei(1),)),
        ManifestRow(line=3, serial="D4E5F6", imeis=(imei(2),)),
    )
    matches = ManifestIndex(manifest(*rows)).matches(told("D4E5F6", _own(imei(1), imei(2))))
    assert [(match.row.line, match.differs) for match in matches] == [(3, ""), (2, "serial number")]


def test_the_order_of_the_rows_does_not_matter() -> None:
    """The index is of the manifest, not of its order."""
    for serial in ("A1B2C3", "g7h8j9", "G7h8j9", "bbb222"):
        assert row_for(manifest(*_ROWS), serial, ()) == row_for(manifest(*reversed(_ROWS)), serial, ())
