from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crate.manifest.cells import Cell, Odd, OddCell
from audit.crate.manifest.values import (
    Refusal,
    codes_of,
    imei_of,
    is_no_serial,
    market_of,
    serial_of,
    text_of,
)
from audit.parse.identifiers.shapes import check_digit
from tests.crate.manifest.made import imei, markets


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("352099001761481", "352099001761481"),
        ("35-209900-176148-1", "352099001761481"),
        ("35 209900 176148 1", "352099001761481"),
        ("35209900176148", "35209900176148"),
        ("3520990017614823", "3520990017614823"),
        ("", ""),
        ("N/A", ""),
        ("-", ""),
        (OddCell(kind=Odd.NUMBER, shown="352099001761481"), "352099001761481"),
    ],
)
def test_an_imei_may_be_written_in_these_ways(written: Cell, read: str) -> None:
    """15 digits, with separators, without the check digit, with the software version, or none."""
    assert imei_of(written) == read


@pytest.mark.parametrize(
    ("written", "because"),
    [
        ("352099001761482", "wrong check digit"),
        ("3.52099E+14", "rounded"),
        ("3,52099e+14", "rounded"),
        ("352099001761481.0", "taken for a number"),
        ("352099001761481,00", "taken for a number"),
        ("'352099001761481", "mark"),
        ('="352099001761481"', "mark"),
        ("1215100123456", "drops zeros"),
        ("12151001234565", "dropped a zero"),
        ("000000000000000", "placeholder"),
        ("999999999999994", "placeholder"),
        ("358673013795895", "placeholder"),
        ("123456789012347", "begins with 1"),
        ("004999010640000", "placeholder"),
        ("358240051111110", "placeholder"),
        ("012345678901237", "placeholder"),
        ("352099001761481 352099001761499", "no IMEI|not 15"),
        ("A1000012345678", "no IMEI"),
        ("35209900176148199", "17 digits"),
        ("=cmd|' /C calc'!A0", "mark"),
        (OddCell(kind=Odd.FRACTION, shown="3.5e+20"), "exponent"),
        (OddCell(kind=Odd.NUMBER, shown="12151001234567"), "loses zeros"),
        (OddCell(kind=Odd.NUMBER, shown="3520990017614800"), "loses zeros"),
        (OddCell(kind=Odd.DATE, shown="2026-01-01 00:00:00"), "a date"),
        (OddCell(kind=Odd.UNCOMPUTED, shown="=…"), "result"),
    ],
)
def test_what_is_no_imei_of_a_unit_is_refused_with_its_reason(written: Cell, because: str) -> None:
    """Spoilt numbers, placeholders and numbers of tests are told for what they are, never repaired."""
    refused = imei_of(written)
    assert isinstance(refused, Refusal)
    assert any(one in f"{refused.what}; {refused.fix}" for one in because.split("|")), refused
    assert refused.fix


@given(st.text("0123456789", min_size=12, max_size=12), st.sampled_from(["35", "86", "01", "99"]))
def test_one_wrong_digit_is_always_found(body: str, begin: str) -> None:
    """The check digit finds every single wrong digit of a 15-digit IMEI."""
    head = begin + body
    right = head + check_digit(head)
    wrong = right[:5] + str((int(right[5]) + 1) % 10) + right[6:]
    assert isinstance(imei_of(wrong), Refusal)


@pytest.mark.parametrize("prefix", ["00", "02", "09"])
def test_an_imei_for_tests_names_no_unit(prefix: str) -> None:
    """The first two digits 00 and 02 to 09 are given out for tests alone."""
    head = prefix + "440015202671"
    assert isinstance(imei_of(head + check_digit(head)), Refusal)


@pytest.mark.parametrize("written", ["R58M123ABC", "B2NGAB8840500123", "a-b_c.1", "0123456789ABCDEF", "x:1"])
def test_a_serial_number_is_kept_as_it_is_written(written: str) -> None:
    """ADB compares every character, so none is changed."""
    assert serial_of(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "two words",
        "1.2E+15",
        "'0123",
        "=1+1",
        "S\N{GREEK CAPITAL LETTER ALPHA}1",
        "x" * 129,
        OddCell(kind=Odd.TRUTH, shown="TRUE"),
        OddCell(kind=Odd.NUMBER, shown="1234567890123456"),
    ],
)
def test_what_no_unit_calls_itself_is_refused(written: Cell) -> None:
    """A blank, a rounded number, another alphabet's letter: nothing that ADB would ever show."""
    assert isinstance(serial_of(written), Refusal)


@pytest.mark.parametrize(
    ("serial", "placeholder"),
    [
        ("0123456789ABCDEF", True),
        ("0123456789abcdef", True),
        ("1234567890ABCDEF", True),
        ("unknown", True),
        ("000000", True),
        ("12345678", True),
        ("????????????", True),
        ("(no serial number)", True),
        ("0", True),
        ("", True),
        ("R58M123ABC", False),
        ("B2NGAB8840500123", False),
        ("emulator-5554", False),
    ],
)
def test_serial_numbers_many_units_share_are_known(serial: str, placeholder: bool) -> None:
    """What stands for none names no unit."""
    assert is_no_serial(serial) is placeholder


@pytest.mark.parametrize(
    ("written", "read"),
    [("no", "NO"), ("NO", "NO"), ("Norway", "NO"), ("norway", "NO"), ("NA", "NA"), ("", ""), ("gb", "GB")],
)
def test_a_market_is_a_code_or_a_name_of_one_country(written: str, read: str) -> None:
    """ISO 3166-1 alpha-2 in any case, or the country's name; NA is Namibia, not "not applicable"."""
    assert market_of(written, codes_of(markets())) == read


@pytest.mark.parametrize(
    "written", ["UK", "EEA", "Europe", "NOR", "N", OddCell(kind=Odd.ERROR, shown="#N/A")]
)
def test_what_is_no_market_is_refused(written: Cell) -> None:
    """A region is no market, and a code nobody gave is not guessed at."""
    assert isinstance(market_of(written, codes_of(markets())), Refusal)


def test_numbers_stand_for_words_only_where_they_cannot_have_lost_anything() -> None:
    """A lot may be 17; a build 10.10 would have become 10.1."""
    number = OddCell(kind=Odd.NUMBER, shown="17")
    assert text_of(number, "the lot", numbers=True) == "17"
    assert isinstance(text_of(number, "the build", numbers=False), Refusal)
    assert isinstance(text_of("1.2E+15", "the lot", numbers=True), Refusal)
    assert isinstance(text_of("x" * 201, "the lot", numbers=True), Refusal)


def test_made_up_imeis_are_valid() -> None:
    """The other tests rely on it."""
    assert imei_of(imei(1)) == imei(1)
