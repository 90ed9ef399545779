"""Tor's geoip files and the lists of autonomous systems, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.destinations import asn, torgeoip
from audit.destinations.asn import Operator
from audit.destinations.countries import country
from audit.destinations.ranges import Builder, Table
from audit.destinations.text_tables import LONGEST_LINE, number_of
from audit.errors import BadInput
from tests.destinations.conftest import ASN4, ASN6, GEOIP, GEOIP6, Write


def opened(builder: Builder, folder: Path) -> Table:
    """What *builder* writes, opened."""
    path = folder / "t.ranges"
    with path.open("wb") as file:
        builder.write(file)
    return Table(path)


@pytest.mark.parametrize(
    ("ip", "says"),
    [
        ("1.0.0.0", "AU"),
        ("1.0.0.255", "AU"),
        ("1.0.1.0", ""),
        ("219.141.5.6", "CN"),
        ("219.142.0.1", ""),
        ("2001:200::1", "JP"),
        ("2400:3200::ff", "CN"),
        ("2400:3200::100", "HK"),
        ("2400:3200::200", ""),
    ],
)
def test_tors_ranges_are_read_to_their_edges(write: Write, tmp_path: Path, ip: str, says: str) -> None:
    """Both files, also ranges finer than a /64; ?? says nothing."""
    builder = torgeoip.read([write("geoip", GEOIP), write("geoip6", GEOIP6)])
    assert builder.ranges == 6
    assert opened(builder, tmp_path).find(*number_of(ip)) == says


def test_tors_file_says_when_and_of_whom(write: Write) -> None:
    """The comments at the top, whatever language the station speaks."""
    header = torgeoip.header(write("geoip", GEOIP))
    assert (header.generated, header.vendor, header.licence) == (
        "2026-06-25",
        "IPFire Project",
        "CC BY-SA 4.0",
    )


@pytest.mark.parametrize(
    "line", ["# Generated: yesterday", "# Generated: Thu, 99 Jun 2026", "", "# no colon"]
)
def test_an_unknown_day_is_no_day(write: Write, line: str) -> None:
    """What cannot be read as a date is left out, not guessed."""
    assert torgeoip.header(write("geoip", f"{line}\n1,2,CN\n")).generated == ""


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("1,2,CN\n3,4\n", "line 2"),
        ("1,2,CN\n\n3,4,CHINA\n", "line 3"),
        ("2,1,CN\n", "line 1 is no range"),
        ("5,6,CN\n1,2,CN\n", "line 2 begins before"),
        ("1,99999999999,CN\n", "line 1"),
        ("1,-2,CN\n", "line 1"),
        ("a,b,CN\n", "line 1"),
        ("1::,2,CN\n", "line 1"),
        ("1::,1.2.3.4,CN\n", "line 1 is no range of addresses with a country"),
        ("::zz,::1,CN\n", "line 1"),
        ("1,2,CN\n" + "9" * (LONGEST_LINE + 5), "line 2 is too long"),
        ("1,2,\x1b[2JCN\n", "line 1"),
    ],
)
def test_a_bad_line_is_told_by_its_number(write: Write, text: str, where: str) -> None:
    """A file is read whole or not at all, and nothing in it reaches the terminal."""
    with pytest.raises(BadInput) as caught:
        torgeoip.read([write("geoip", text)])
    assert where in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_bytes_that_are_no_text_are_told(write: Write) -> None:
    """A file of another kind is no reason for a traceback."""
    with pytest.raises(BadInput, match="line 2 is not UTF-8"):
        torgeoip.read([write("geoip", b"1,2,CN\n\xff\xfe,\n")])


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("cn", "CN"),
        ("UK", "GB"),
        ("EU", ""),
        ("AP", ""),
        ("ZZ", ""),
        ("??", ""),
        ("CHN", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_only_countries_count_as_countries(code: object, means: str) -> None:
    """Regions and placeholders say nothing; GB has two spellings."""
    assert country(code) == means


def test_operators_are_read_with_number_and_name(write: Write, tmp_path: Path) -> None:
    """Quoted names keep their comma."""
    table = opened(asn.read([write("a.csv", ASN4), write("b.csv", ASN6)]), tmp_path)
    said = [Operator.parse(table.find(*number_of(ip))) for ip in ("1.0.0.1", "219.141.0.0", "2001:200::1")]
    assert said == [
        Operator(asn=13335, name="Cloudflare, Inc."),
        Operator(asn=4134, name="Chinanet"),
        Operator(asn=2500, name="WIDE Project"),
    ]
    assert table.find(*number_of("1.0.1.0")) == ""


@pytest.mark.parametrize(
    "line",
    [
        "1.0.0.0,1.0.0.255,13335",
        "1.0.0.0,::1,13335,X",
        "1.0.0.0,1.0.0.999,13335,X",
        '1.0.0.0,1.0.0.255,13335,"X',
        "1.0.0.0,1.0.0.255,0,",
        "a,b,c,d",
        "",
    ],
)
def test_a_row_that_is_none_is_told(write: Write, line: str) -> None:
    """Cut rows, mixed versions, open quotes, nobody named."""
    with pytest.raises(BadInput, match="line 2 is no range of addresses with an operator"):
        asn.read([write("asn-ipv4.csv", f"{ASN4.splitlines()[0]}\n{line}\n")])


@given(st.integers(1, 2**32 - 1) | st.none(), st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_an_operator_survives_being_written(number: int | None, name: str) -> None:
    """Number and name come back as they were."""
    made = Operator(asn=number, name=name)
    assert Operator.parse(str(made)) == made


@pytest.mark.parametrize(
    ("number", "name", "made"),
    [
        ("AS15169", "Google LLC", Operator(asn=15169, name="Google LLC")),
        (15169, None, Operator(asn=15169, name="")),
        (None, "Google\x1b[31m LLC", Operator(asn=None, name="Google[31m LLC")),
        ("0", "", None),
        (2**40, 5, None),
        (None, None, None),
    ],
)
def test_makers_write_operators_differently(number: object, name: object, made: Operator | None) -> None:
    """With AS or without, number or name alone; nobody is nobody."""
    assert asn.operator(number, name) == made


@given(st.text(max_size=40) | st.from_regex(r"[0-9:,.A-Za-z?\"]{0,40}", fullmatch=True))
def test_any_line_is_a_row_or_none(line: str) -> None:
    """No line is an exception of another kind."""
    torgeoip.is_tor_line(line)
    asn.is_asn_line(line)
