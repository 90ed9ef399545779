from __future__ import annotations

import codecs
import hashlib
import os
import random
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.cli import exits
from audit.crate.manifest.read import read_manifest
from audit.errors import BadManifest
from audit.model.crate import Manifest, ManifestRow
from tests.crate.manifest.made import imei, markets, written

_ROWS = [
    ["Serial Number", "IMEI 1", "IMEI_2", "Model", "Country", "Expected Build", "Batch"],
    ["B2NGAB1", imei(1), imei(2), "TA-1046", "no", "00WW_3_39B", "Lot\u00e9 7"],
    ["", imei(3), "", "TA-1046", "Germany", "", ""],
    ["R58M123ABC", "", "", "", "", "", ""],
]
_EXPECTED = (
    ManifestRow(
        line=2,
        serial="B2NGAB1",
        imeis=(imei(1), imei(2)),
        model="TA-1046",
        market="NO",
        build="00WW_3_39B",
        lot="Lot\u00e9 7",
    ),
    ManifestRow(line=3, imeis=(imei(3),), model="TA-1046", market="DE"),
    ManifestRow(line=4, serial="R58M123ABC"),
)


def _text(separator: str, end: str, first: str = "") -> str:
    return first + "".join(separator.join(row) + end for row in _ROWS)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_every_encoding_separator_and_line_end_reads_the_same(
    tmp_path: Path, separator: str, end: str, mark: bytes, encoding: str
) -> None:
    """A spreadsheet's way of exporting changes nothing of what is read, nor the numbers of lines."""
    data = mark + _text(separator, end).encode(encoding)
    read = read_manifest(written(tmp_path, data), markets())
    assert read.rows == _EXPECTED
    assert read.sha256 == hashlib.sha256(data).hexdigest()
    assert read.notes == ()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_windows_1252_is_read_and_told(tmp_path: Path, separator: str) -> None:
    """Nothing in the file vouches for it, so a person is asked to check what only they can."""
    read = read_manifest(written(tmp_path, _text(separator, "\r\n").encode("cp1252")), markets())
    assert read.rows == _EXPECTED
    assert len(read.notes) == 1
    assert "Windows-1252" in read.notes[0]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoted", [False, True])
def test_the_separator_a_first_line_names_is_taken(tmp_path: Path, separator: str, quoted: bool) -> None:
    """Excel's ``sep=;`` counts as a line of the file."""
    first = f'"sep={separator}"\r\n' if quoted else f"sep={separator}\r\n"
    read = read_manifest(written(tmp_path, _text(separator, "\r\n", first)), markets())
    assert [row.line for row in read.rows] == [3, 4, 5]


def _either(path: Path) -> tuple[Manifest | None, BadManifest | None]:
    try:
        return read_manifest(path, markets()), None
    except BadManifest as error:
        return None, error


def _problems(tmp_path: Path, text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(BadManifest) as caught:
        read_manifest(written(tmp_path, text), markets())
    error = caught.value
    assert error.fix
    return error.problems or (error.what,)


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    """The golden text of a file in which much is wrong."""
    text = (
        "serial;imei;market\n"
        f"A1B2C3;{imei(1)};NO\n"
        f"A1B2C3;{imei(1)[:-1]};UK\n"
        ";;NO\n"
        "\n"
        '"D4\nE5";;\n'
        "0123456789ABCDEF;;\n"
        "F6G7H8;3,52099E+14;\n"
        "I9J0K1;;NO;extra\n"
    )
    with pytest.raises(BadManifest) as caught:
        read_manifest(written(tmp_path, text), markets())
    assert str(caught.value).replace(str(tmp_path), "") == (
        "/manifest.csv: the manifest has 8 problems\n"
        "  fix: correct the file and give it again; no unit was judged by it\n"
        "  line 3: 'UK' is no market; give an ISO 3166-1 alpha-2 code such as GB\n"
        "  line 3: serial number 'A1B2C3' is in line 2 already; remove one of the two rows\n"
        f"  line 3: IMEI {imei(1)[:-1]} is in line 2 already; remove one of the two rows\n"
        "  line 4: it has neither a serial number nor an IMEI; add one, or remove the row\n"
        "  line 6: 'D4 E5' is no serial number: it holds a blank or a character no unit's has;"
        " write it as `adb devices` shows it\n"
        "  line 8: serial number '0123456789ABCDEF' is a placeholder that many units share, and there is no"
        " IMEI; add the IMEI, or remove the row\n"
        "  line 9: IMEI '3,52099E+14' is a number a spreadsheet has rounded: its last digits are lost;"
        " format the column as text and enter the number again\n"
        "  line 10: it has 4 cells, the header 3; put a cell that holds the separator in quotation marks,"
        " or name the column"
    )


def test_the_command_line_tells_every_problem_and_blames_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a person at the keyboard has to correct ends with the code of a usage error."""
    with pytest.raises(BadManifest) as caught:
        read_manifest(written(tmp_path, "serial\nA B\n"), markets())
    exits.tell(caught.value)
    assert "line 2: 'A B' is no serial number" in capsys.readouterr().err
    assert exits.of_error(caught.value) == exits.USAGE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in it"),
        ("\n \n,,\n", "there is nothing in it"),
        ("serial,imei\n", "no row comes after the header"),
        ("Shipment 4711\nserial,imei\nA1B2C3,\n", "no header: none of 'Shipment 4711'"),
        ("A1B2C3,352099001761481\n", "no header"),
        ("model,market\nx,NO\n", "no column names the units"),
        ("serial,S/N\nA1B2C3,\n", "the serial is named by both 'serial' and 'S/N'"),
        ("imei,IMEI\n,\n", "the imei is named by both 'imei' and 'IMEI'"),
        ("serial,serial\n,\n", "twice as 'serial'"),
        ("sep=:\nserial:imei\n", "names no separator"),
        ('serial,lot\n"A1B2C3,\nx\n', "line 2: a quotation mark is opened here and never closed"),
        ('serial,lot\n"A1"B2C3,x\n', "line 2: a quotation mark ends a cell here"),
        ("serial\n" + "x" * 200_000, "line 2: a cell that begins here does not end"),
        ("serial\nA1B\0C\n", "line 2: it holds a NUL"),
        ("<html><table><tr><td>serial", "HTML or XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), ".xls workbook"),
        (b"PK\x03\x04" + bytes(100), "damaged .zip"),
        (b"serial,lot\nA1B2C3,\x81\n", "line 2: it is neither UTF-8 nor UTF-16 nor Windows-1252"),
        (codecs.BOM_UTF8 + b"serial,lot\nA1B2C3,\xe9\n", "line 2: it begins as UTF-8"),
        (codecs.BOM_UTF16_LE + b"s\0e\0\n\0\x00\xd8", "line 2: it begins as UTF-16"),
        (b"serial|lot\nA1B2C3|\xe9\n", "half of another character"),
        (b"serial,model\nA1B2C3,caf\xe9\n", "line 2: the model 'caf\u00e9' may be spelt otherwise"),
        (b"serial\nA1\xe9\n", "line 2: 'A1\u00e9' is no serial number"),
        (bytes.fromhex("7f454c4602010100") + bytes(200), "it holds a NUL"),
        (b"\xff\xfe\0\0s\0\0\0", "it holds a NUL"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_with_the_place(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    """Whatever it is, the error says what and where, and what to do."""
    assert any(said in problem for problem in _problems(tmp_path, text))


def test_only_the_first_problems_are_told_and_the_others_counted(tmp_path: Path) -> None:
    """A thousand wrong rows do not fill the screen."""
    told = _problems(tmp_path, "serial\n" + "a b\n" * 1000)
    assert len(told) == 51
    assert told[-1] == "and 950 more"


def test_what_is_not_used_is_told(tmp_path: Path) -> None:
    """An advance ship notice has columns nobody asks about here."""
    text = "Pallet,Serial No.,Country of origin,\nP1,A1B2C3,CN,\n"
    read = read_manifest(written(tmp_path, text), markets())
    assert read.rows == (ManifestRow(line=2, serial="A1B2C3"),)
    assert read.notes == ("Columns not used: 'Pallet', 'Country of origin'.",)


def test_a_cloned_serial_number_may_stand_in_several_rows_with_their_imeis(tmp_path: Path) -> None:
    """It names no unit, so the IMEI does."""
    text = f"serial,imei\n0123456789ABCDEF,{imei(1)}\n0123456789ABCDEF,{imei(2)}\n"
    assert len(read_manifest(written(tmp_path, text), markets()).rows) == 2


def test_an_imei_and_its_form_with_the_software_version_are_one(tmp_path: Path) -> None:
    """The first 14 digits decide."""
    told = _problems(tmp_path, f"imei\n{imei(1)}\n{imei(1)[:14]}78\n")
    assert told == (f"line 3: IMEI {imei(1)[:14]}78 is in line 2 already; remove one of the two rows",)


def test_formulas_and_controls_are_text(tmp_path: Path) -> None:
    """Nothing of a file is run, and nothing of it reaches a terminal as it is."""
    text = "serial,lot\nA1B2C3,=cmd|' /C calc'!A0\nD4E5F6,\x1b[2J\u202eabc\n"
    rows = read_manifest(written(tmp_path, text), markets()).rows
    assert [row.lot for row in rows] == ["=cmd|' /C calc'!A0", "[2Jabc"]


def test_a_file_name_may_hold_a_number_sign(tmp_path: Path) -> None:
    """``#`` names a sheet only where there is no file of that name; a CSV has no sheets."""
    path = written(tmp_path, "serial\nA1B2C3\n", "crate#7.csv")
    assert read_manifest(path, markets()).rows
    plain = written(tmp_path, "serial\nA1B2C3\n")
    with pytest.raises(BadManifest, match="no sheet 'x'"):
        read_manifest(plain.with_name("manifest.csv#x"), markets())


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, a pipe and nothing at all; a pipe would be waited for without end."""
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, tmp_path / "absent.csv"):
        with pytest.raises(BadManifest, match=r"no regular file|no such file"):
            read_manifest(path, markets())


def test_a_line_without_end_is_refused_within_bounds(tmp_path: Path) -> None:
    """10 MB in one line, quoted or not, and 65 MB of anything."""
    for text in ("serial\n" + "x" * 10_000_000, 'serial\n"' + "x\n" * 5_000_000, "serial," * 2_000_000):
        assert _problems(tmp_path, text)
    assert "larger than 64 MiB" in _problems(tmp_path, bytes(65 << 20))[0]


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_large_shipment_is_read(tmp_path: Path, count: int) -> None:
    """Every row of it, in bounded memory."""
    lines = "\n".join(f"S{n:06d}X;{imei(n)};;TA-1046;NO;00WW;L{n // 1000}" for n in range(count))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = read_manifest(written(tmp_path, f"serial;imei;imei2;model;market;build;lot\n{lines}"), markets())
    assert len(read.rows) == count
    assert read.rows[-1].line == count + 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400_000, "KiB"


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    """More than any shipment has."""
    text = "serial\n" + "".join(f"S{n:06d}X\n" for n in range(200_002))
    assert _problems(tmp_path, text)[-1].startswith("line 200002: there are more than 200000 rows")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_any_bytes_end_in_a_manifest_or_an_error_that_names_the_file(tmp_path: Path, data: bytes) -> None:
    """Never a traceback, whatever the file is."""
    path = written(tmp_path, data)
    read, error = _either(path)
    assert (read is None) is (error is not None)
    if error is not None:
        assert error.where == str(path)
        assert error.fix


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_a_good_file_with_one_byte_changed_ends_likewise(tmp_path: Path, seed: int) -> None:
    """Damage near a good file is where guesses would be made: what is read still names units."""
    chance = random.Random(seed)  # noqa: S311 - chooses what to break
    data = bytearray(_text(",", "\r\n").encode())
    data[chance.randrange(len(data))] = chance.randrange(256)
    read, error = _either(written(tmp_path, bytes(data)))
    assert error is None or error.fix
    assert read is None or all(row.serial or row.imeis for row in read.rows)
