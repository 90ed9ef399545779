"""A crate held against a list of what should be in it, from the file on the command line to the report."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

from audit.lab.living import IdentitySpec
from tests.contracts.crates import bench, connects, report, results, run, unit

CLONED = "0123456789ABCDEF"
CELLS = [
    ["Serial No", "IMEI", "Model", "Market", "Lot"],
    ["LABINCIDENT20190001", "", "Nokia 7 plus", "NO", "A"],
    ["LABCNBUILD0002", "", "M2011K2C", "CN", "A"],
    ["", "IMEI-3", "", "NO", "B"],
    [CLONED, "IMEI-4", "", "NO", "B"],
    [CLONED, "IMEI-5", "", "NO", "B"],
    ["LABNEVERSEEN01", "", "", "NO", "B"],
]
UNITS = (
    unit("incident-2019", 1),
    unit("cn-build", 2),
    unit("fixed-2019", 3),
    unit("fixed-2019", 4, serial=CLONED),
    unit("fixed-2019", 5, serial=CLONED),
    unit("clean-global", 6, serial="LABEXTRA0006"),
    unit("fixed-2019", 7, serial="LABTWICE78"),
    unit("fixed-2019", 8, serial="LABTWICE78"),
)


def table() -> list[list[str]]:
    """The manifest, with the IMEIs that the units have."""
    found = {f"IMEI-{number}": one.identity.imei[0] for number, one in enumerate(UNITS, 1)}
    rows = [[found.get(cell, cell) for cell in row] for row in CELLS]
    return [*rows, ["LABTWICE78", UNITS[6].identity.imei[0], "", "NO", "C"]]


def as_csv(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """*rows* as a spreadsheet saves them in most of Europe."""
    path.write_text("".join(";".join(row) + "\r\n" for row in rows), encoding="utf-8-sig")
    return path


def as_xlsx(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """*rows* as a workbook, IMEIs as the numbers that a spreadsheet makes of them."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append([int(cell) if re.fullmatch(r"\d{15}", cell) else cell or None for cell in row])
    book.save(path)
    return path


# how a workbook is read, tests/crate/manifest/test_sheets.py has in no time; here it is a whole crate more
@pytest.mark.parametrize("kind", ["csv", pytest.param("xlsx", marks=pytest.mark.slow)])
def test_missing_extra_and_duplicate_are_exactly_those(tmp_path: Path, kind: str) -> None:
    """Each row and each unit is where it belongs, by serial number and by IMEI, each for its own market."""
    write = {"csv": as_csv, "xlsx": as_xlsx}[kind]
    lot = write(tmp_path / f"lot.{kind}", table())
    folder = tmp_path / "crate"
    with bench(UNITS) as rig:
        ran = run(tmp_path / "home", "--manifest", lot, "-o", folder, *connects(rig.addresses))
        slots = rig.addresses
    assert ran.code == 3, ran.err
    held, shown = report(folder)["reconciliation"], results(folder)
    names = [shown[slot]["name"] for slot in slots]
    assert sorted(names) == sorted(path.name for path in (folder / "units").iterdir())
    present = dict(held["present"])
    assert present == {2: names[0], 3: names[1], 4: names[2], 5: names[3], 6: names[4], 8: names[6]}
    assert [row["line"] for row in held["missing"]] == [7]
    assert sorted(held["unexpected"]) == sorted([names[5], names[7]])
    assert [(one["what"], set(one["units"])) for one in held["duplicates"]] == [
        ("serial number", {names[6], names[7]})
    ]
    assert (held["unsure"], held["unsure_rows"]) == ([], [])
    markets = {slot: (shown[slot]["expectation"]["market"], shown[slot]["decision"]) for slot in slots}
    assert markets[slots[0]] == ("NO", "FAIL")
    assert markets[slots[1]] == ("CN", "PASS")
    assert markets[slots[3]] == markets[slots[4]] == ("NO", "PASS")
    assert "LABNEVERSEEN01" not in ran.out
    assert "line 7" in ran.out


def test_nobody_is_present_whose_identity_could_not_be_read(tmp_path: Path) -> None:
    """A unit that tells neither serial number nor IMEI is unsure, and so is the row it may be."""
    silent = unit("clean-global", 1, serial="unknown", identity=IdentitySpec())
    lot = as_csv(tmp_path / "lot.csv", [["serial", "market"], ["LABSOMETHING", "NO"]])
    folder = tmp_path / "crate"
    with bench([silent]) as rig:
        ran = run(tmp_path / "home", "--manifest", lot, "-o", folder, *connects(rig.addresses))
    held = report(folder)["reconciliation"]
    assert (held["present"], held["missing"], held["unexpected"]) == ([], [], [])
    assert len(held["unsure"]) == len(held["unsure_rows"]) == 1
    assert ran.code == 5, ran.err


WRONG = {
    "no header": ("LABINCIDENT20190001;NO\r\n", r"line 1|first line|header"),
    "two separators": ("serial;market\r\nLABX1,NO\r\n", r"line 2"),
    "twice": ("serial,market\nLABX1,NO\nLABX2,NO\nLABX1,NO\n", r"line 4"),
    "no market": ("serial,market\nLABX1,NO\nLABX2,XX\n", r"line 3"),
    "broken IMEI": ("imei\n352011090000010\n352011090000011\n", r"line 3"),
    "placeholder IMEI": ("imei\n000000000000000\n", r"line 2"),
    "nothing": ("", r"empty|nothing|no rows"),
}
_QUICK = {"no market", "two separators"}
"""Each is a whole run of the program; tests/crate/manifest has what is told of every one."""


@pytest.mark.parametrize(
    "name",
    [name if name in _QUICK else pytest.param(name, marks=pytest.mark.slow) for name in sorted(WRONG)],
)
def test_a_wrong_manifest_is_told_before_a_unit_is_read(tmp_path: Path, name: str) -> None:
    """Exit 2 with file and line, no unit was connected to, and no folder is left."""
    text, said = WRONG[name]
    lot = tmp_path / "lot.csv"
    lot.write_text(text, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        ran = run(tmp_path / "home", "--manifest", lot, "-o", tmp_path / "crate", "--connect", address)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert ran.code == 2, ran.err
    assert "lot.csv" in ran.err
    assert re.search(said, ran.err), ran.err
    assert "connecting" not in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "crate").exists()
