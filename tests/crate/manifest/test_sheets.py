from __future__ import annotations

import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.crate.manifest.read import read_manifest
from audit.errors import BadManifest
from audit.model.crate import Manifest, ManifestRow
from tests.crate.manifest.made import imei, markets, written

openpyxl = pytest.importorskip("openpyxl", reason="the extra xlsx is not installed")

_ROWS: list[list[object]] = [
    ["Serial Number", "IMEI 1", "IMEI 2", "Model", "Country", "Build", "Lot"],
    ["B2NGAB1", imei(1), imei(2), "TA-1046", "NO", "00WW_3_39B", "Lot\u00e9 7"],
    [None, None, None, None, None, None, None],
    [None, int(imei(3)), None, "TA-1046", "Germany", None, 17],
]


def _workbook(**sheets: Sequence[Sequence[object]]) -> Any:  # noqa: ANN401 - openpyxl has no types
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return book


def _packed(book: Any) -> bytes:  # noqa: ANN401 - see above
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _read(folder: Path, data: bytes, sheet: str = "") -> Manifest:
    path = written(folder, data, "crate.xlsx")
    return read_manifest(path.with_name(f"crate.xlsx#{sheet}") if sheet else path, markets())


def _refused(folder: Path, data: bytes, sheet: str = "") -> str:
    with pytest.raises(BadManifest) as caught:
        _read(folder, data, sheet)
    assert caught.value.fix
    return str(caught.value)


def _repacked(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            text = given.read(name)
            if name == part:
                assert old in text
                text = text.replace(old, new)
            made.writestr(name, text)
    return out.getvalue()


_SHEET = "xl/worksheets/sheet1.xml"


def test_a_sheet_is_read_like_a_csv_file(tmp_path: Path) -> None:
    """Rows keep their own numbers, empty ones are no rows; an IMEI as a number of 15 digits is exact."""
    assert _read(tmp_path, _packed(_workbook(Units=_ROWS))).rows == (
        ManifestRow(
            line=2,
            serial="B2NGAB1",
            imeis=(imei(1), imei(2)),
            model="TA-1046",
            market="NO",
            build="00WW_3_39B",
            lot="Lot\u00e9 7",
        ),
        ManifestRow(line=4, imeis=(imei(3),), model="TA-1046", market="DE", lot="17"),
    )


def test_several_sheets_must_be_chosen_from(tmp_path: Path) -> None:
    """Which one lists the units is not guessed; one that is empty or hidden is no choice."""
    book = _workbook(Notes=[["hello"]], Units=_ROWS, Empty=[])
    said = _refused(tmp_path, _packed(book))
    assert "2 of its sheets hold something: 'Notes', 'Units'" in said
    assert "FILE.xlsx#Notes" in said
    assert len(_read(tmp_path, _packed(book), "Units").rows) == 2
    assert "no sheet 'Absent', but 'Notes', 'Units'" in _refused(tmp_path, _packed(book), "Absent")
    book["Notes"].sheet_state = "hidden"
    read = _read(tmp_path, _packed(book))
    assert (len(read.rows), read.notes) == (2, ("Hidden sheets not read: 1.",))


def test_numbers_as_serial_numbers_are_told(tmp_path: Path) -> None:
    """A zero before them is lost without a trace, so the trace is the note."""
    read = _read(tmp_path, _packed(_workbook(Units=[["serial"], [52330712345], [52330712346]])))
    assert [row.serial for row in read.rows] == ["52330712345", "52330712346"]
    assert "first in line 2" in read.notes[0]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("imei", 3.52099e20, "exponent"),
        ("imei", float(imei(1)) + 0.5, "decimals"),
        ("imei", 1215100123456, "loses zeros"),
        ("serial", datetime(2026, 5, 1), "a date"),  # noqa: DTZ001 - a cell has no zone
        ("serial", True, "true or false"),
        ("build", 10.1, "decimals"),
        ("build", 10, "a whole number"),
        ("market", 47, "a whole number"),
        ("lot", "=A1&B1", "a formula whose result the file does not hold"),
        ("lot", "#N/A", "an error of the spreadsheet"),
    ],
)
def test_what_a_spreadsheet_made_of_a_cell_is_refused(
    tmp_path: Path, column: str, value: object, said: str
) -> None:
    """Numbers, dates, errors and formulas without results are no text; the line is the row's."""
    names = ["serial", "imei", "market", "build", "lot"]
    row = [value if name == column else "A1B2C3" if name == "serial" else None for name in names]
    told = _refused(tmp_path, _packed(_workbook(Units=[names, row])))
    assert "line 2: " in told
    assert said in told


def test_of_a_formula_the_kept_result_is_taken(tmp_path: Path) -> None:
    """As the spreadsheet last showed it; nothing is computed here."""
    data = _packed(_workbook(Units=[["serial", "market"], ["A1B2C3", "=X1"]]))
    kept = _repacked(
        data, _SHEET, b'<c r="B2"><f>X1</f><v /></c>', b'<c r="B2" t="str"><f>X1</f><v>NO</v></c>'
    )
    assert _read(tmp_path, kept).rows[0].market == "NO"


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    """Nothing of a cell is run."""
    book = _workbook(Units=[["serial", "lot"], ["A1B2C3", "x"]])
    book["Units"]["B2"].value = "=cmd|' /C calc'!A0"
    book["Units"]["B2"].data_type = "s"
    assert _read(tmp_path, _packed(book)).rows[0].lot == "=cmd|' /C calc'!A0"


def test_a_workbook_may_claim_any_size(tmp_path: Path) -> None:
    """What a sheet says of its size is not believed, nor a row at the far end waited for."""
    data = _packed(_workbook(Units=_ROWS))
    wide = _repacked(data, _SHEET, b'<dimension ref="A1:G4" />', b'<dimension ref="A1:XFD1048576" />')
    assert len(_read(tmp_path, wide).rows) == 2
    far = _repacked(data, _SHEET, b'<row r="4"', b'<row r="99999999999"')
    assert len(_read(tmp_path, far).rows) == 1
    last = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>Z9Y8X7</t></is></c></row></sheetData>'
    read = _read(tmp_path, _repacked(data, _SHEET, b"</sheetData>", last))
    assert read.rows[-1] == ManifestRow(line=1_048_576, serial="Z9Y8X7")


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A megabyte that unpacks to a gigabyte, one that only claims to, and thousands of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        with made.open("xl/workbook.xml", "w", force_zip64=True) as part:
            for _ in range(1024):
                part.write(bytes(1 << 20))
    assert "unpacked it is 1024 MiB" in _refused(tmp_path, out.getvalue())
    data = bytearray(_packed(_workbook(Units=_ROWS)))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (1 << 30).to_bytes(4, "little")
    assert "unpacked it is 1024 MiB" in _refused(tmp_path, bytes(data))
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        for number in range(5000):
            made.writestr(f"part{number}", "")
    assert "5001 parts" in _refused(tmp_path, many.getvalue())


def test_entities_do_not_multiply(tmp_path: Path) -> None:
    """A billion laughs end in an error of the XML reader."""
    entities = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    data = _packed(_workbook(Units=_ROWS))
    bomb = _repacked(data, _SHEET, b"<worksheet", f"<!DOCTYPE x [{entities}]><worksheet".encode())
    bomb = _repacked(bomb, _SHEET, b"</sheetData>", b"<row><c><v>&l9;</v></c></row></sheetData>")
    assert "cannot be read as a workbook" in _refused(tmp_path, bomb)


def test_what_is_a_zip_and_no_workbook_is_said(tmp_path: Path) -> None:
    """An .ods, a .docx, a cut file."""
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "no .xlsx workbook" in _refused(tmp_path, other.getvalue())
    data = _packed(_workbook(Units=_ROWS))
    assert "damaged" in _refused(tmp_path, data[: len(data) // 2])
    assert "holds anything" in _refused(tmp_path, _packed(_workbook(Units=[])))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(seed=st.integers(0, 1 << 30))
def test_a_damaged_part_ends_in_an_error_or_a_manifest(tmp_path: Path, seed: int) -> None:
    """No error of openpyxl is its own: bytes are changed inside the parts, and nothing else comes out."""
    chance = random.Random(seed)  # noqa: S311 - chooses what to break
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_DATA)) as given_, zipfile.ZipFile(out, "w") as made:
        names = given_.namelist()
        broken = chance.choice(names)
        for name in names:
            text = bytearray(given_.read(name))
            for _ in range(chance.randrange(1, 6) if name == broken else 0):
                text[chance.randrange(len(text))] = chance.choice(b'<>"/=0129&aAx \xff')
            made.writestr(name, bytes(text))
    try:
        read = _read(tmp_path, out.getvalue())
    except BadManifest as error:
        fix = error.fix
    else:
        fix = read.path
    assert fix


_DATA = _packed(_workbook(Units=_ROWS))


def test_without_the_library_the_error_names_what_to_install(tmp_path: Path) -> None:
    """An extra that is not there is asked for by its name, in an interpreter that cannot import it."""
    path = written(tmp_path, _DATA, "crate.xlsx")
    script = (
        "import sys; sys.modules['openpyxl'] = None\n"
        "from pathlib import Path\n"
        "from audit.crate.manifest.read import read_manifest\n"
        "from audit.errors import BadManifest\n"
        "from audit.model.profiles import Markets\n"
        "try: read_manifest(Path(sys.argv[1]), Markets(countries={}, sets={}))\n"
        "except BadManifest as error: print(error.fix)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "pip install 'adb-audit[xlsx]'"
