from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from itertools import pairwise

import jsonschema
import junitparser
import pytest
from rich.cells import cell_len

from audit import codec
from audit.errors import UsageError
from audit.model.crate import CrateReport
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.report import Decision
from audit.reports import FORMATS as OF_UNITS
from audit.reports import blocks, redact
from audit.reports.crate import FORMATS, Options, render_crate, terminal, view
from tests.reports import samples as single
from tests.reports.crate import samples
from tests.reports.page import read_page

OPTIONS = Options(key=samples.KEY)
_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def test_the_formats_are_those_of_single_units() -> None:
    """Whoever knows the one knows the other: the same names, endings and media types."""
    told = {name: (made.suffix, made.media_type) for name, made in FORMATS.items()}
    assert told == {name: (made.suffix, made.media_type) for name, made in OF_UNITS.items()}


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    """A wrong name is a usage error that lists the right ones."""
    with pytest.raises(UsageError) as caught:
        render_crate("pdf", samples.closed([]), OPTIONS)
    assert all(name in caught.value.fix for name in FORMATS)


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("count", [0, 1, 3, 12, 40])
def test_every_unit_is_in_every_format(form: str, count: int) -> None:
    """However many there are, each one's place is told; the text ends its last line; it is the same again."""
    crate = samples.crate(count, manifest=count > 0) if count else samples.closed([])
    text = render_crate(form, crate, OPTIONS)
    assert text.endswith("\n")
    assert text == render_crate(form, crate, OPTIONS)
    for unit in crate.units:
        assert unit.slot in text


@pytest.mark.parametrize("form", ["terminal", "plain", "html", "csv", "junit"])
def test_what_a_person_must_do_is_in_every_format(form: str) -> None:
    """What is missing, not expected, cloned, split and failing, with its cure."""
    text = " ".join(_words(form, render_crate(form, samples.crate(12), replace(OPTIONS, width=200))).split())
    for wanted in (
        "1 line of lot-17.csv has no unit",
        "1 unit is in no line of lot-17.csv",
        "Look for it in the crate",
        "Neither half is blamed",
        "com.qualcomm.qti.autoregistration is on the unit and is meant for CN, not for NO.",
        "00WW_3_39B_SP03",
    ):
        assert wanted in text


def _words(form: str, text: str) -> str:
    return read_page(text).text if form == "html" else text.replace("&#39;", "'")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("crate", [samples.crate, samples.wide, samples.hostile])
def test_nothing_is_wider_than_the_terminal(crate: object, width: int) -> None:
    """No line takes more columns, counted as a terminal counts them: an ideograph takes two."""
    made = samples.crate(12) if crate is samples.crate else crate()  # type: ignore[operator]  # one takes a count
    for verbose in (False, True):
        text = render_crate("terminal", made, replace(OPTIONS, width=width, verbose=verbose, reveal=True))
        assert max(map(cell_len, text.splitlines())) <= width


def test_a_hundred_units_are_a_few_pages() -> None:
    """The list of all units is there; what is told beside it stays as short as for a dozen."""
    few, many = (render_crate("terminal", samples.crate(n), OPTIONS).splitlines() for n in (12, 100))
    assert len(many) < len(few) + 100 + 60
    assert len(many) < 260


def test_the_verdict_is_first_and_last() -> None:
    """Of many units the beginning has scrolled away."""
    lines = render_crate("terminal", samples.crate(100), OPTIONS).splitlines()
    assert "FAIL" in lines[0]
    assert "lot-17" in lines[0]
    assert lines[-2:] == [lines[0], lines[2]]


def test_the_worst_comes_first_and_alike_reasons_are_told_once() -> None:
    """A reason of ten units is one sentence with ten places under it; failing stands before unsure."""
    text = render_crate("plain", samples.crate(100), OPTIONS)
    assert text.index("FAILS (15 units)") < text.index("COULD NOT BE TOLD (10 units)")
    assert text.index("COULD NOT BE TOLD") < text.index("SOMEBODY SHOULD LOOK (5 units)")
    assert text.count("The unit states region CN, which does not include NO (Norway).") == 1


@pytest.mark.parametrize("form", ["terminal", "plain"])
def test_lists_are_bounded_and_whole_when_asked_for(form: str) -> None:
    """40 units with one reason are a dozen and a number; -v has each."""
    unit = samples.result(samples.reports()["incident-2019"], 1)
    crate = samples.closed([replace(unit, name=f"u{n}", slot=f"usb:2-{n}") for n in range(40)])
    short, whole = (render_crate(form, crate, replace(OPTIONS, verbose=v)) for v in (False, True))
    listed = re.compile(r"^    usb:2-", re.MULTILINE)
    assert len(listed.findall(short)) == 12
    assert "and 28 more units with the same reason with -v" in short
    assert len(listed.findall(whole)) == 40


def test_colour_and_escapes_only_where_wanted() -> None:
    """No escape without a terminal, no colour under NO_COLOR, and the words are the same in all three."""
    bare, plain, coloured = (
        render_crate("terminal", samples.crate(12), replace(OPTIONS, ansi=ansi, colour=colour))
        for ansi, colour in ((False, False), (True, False), (True, True))
    )
    assert "\x1b" not in bare
    assert not re.search(r"\x1b\[[0-9;]*\b[349][0-7]", plain)
    assert re.search(r"\x1b\[[0-9;]*\b4[0-7]", coloured)
    without = (
        "".join(f"{line.rstrip()}\n" for line in _ESCAPE.sub("", t).splitlines()) for t in (plain, coloured)
    )
    assert set(without) == {bare}


@pytest.mark.parametrize("form", ["terminal", "plain"])
def test_an_encoding_without_shapes_gets_others(form: str) -> None:
    """In ASCII each verdict still has a shape of its own, and a character stays a column."""
    text = render_crate(form, samples.crate(12), replace(OPTIONS, ascii=True))
    assert text.isascii()
    assert "XXX" in text or form == "plain"
    assert len(text) == len(render_crate(form, samples.crate(12), OPTIONS))


def test_every_verdict_has_a_word_a_shape_and_a_colour() -> None:
    """Whoever draws a crate under way takes them from here."""
    assert set(blocks.BADGES) == set(Decision)
    assert len({terminal.style(decision) for decision in Decision}) == len(Decision)
    for unit in samples.crate(20).units:
        line = view.unit_line(unit)
        assert unit.decision.value in line
        assert unit.slot in line
        assert unit.serial not in line


def test_a_unit_over_the_network_is_told_by_its_own_serial_number() -> None:
    """The address it is reached at stands once; what tells it from others is what it says of itself."""
    unit = samples.result(samples.reports()["incident-2019"], 1)
    own = OwnIdentifier(kind=IdentifierKind.SERIAL, value=unit.serial, origin="getprop")
    at = replace(unit, slot="192.0.2.7:5555", serial="192.0.2.7:5555", identifiers=(own,))
    text = render_crate("plain", samples.closed([at]), OPTIONS)
    token = redact.shown_serial(unit.serial, key=OPTIONS.key)
    assert f"    192.0.2.7:5555, Nokia 7 plus, {token}" in text
    nameless = render_crate("plain", samples.closed([replace(at, identifiers=())]), OPTIONS)
    assert f"    192.0.2.7:5555, Nokia 7 plus, {unit.name}" in nameless


# HTML


def test_the_page_leads_from_each_tile_to_its_unit_and_on_to_the_whole_report() -> None:
    """A tile for each unit, a link within the page that has an end, and one to the file beside it."""
    crate = samples.crate(12)
    page = read_page(render_crate("html", crate, OPTIONS))
    links = [value for name, value in page.attributes if name == "href"]
    ids = {value for name, value in page.attributes if name == "id"}
    assert {link[1:] for link in links if link.startswith("#")} == ids
    assert {f"units/{unit.name}/report.html" for unit in crate.units} <= set(links)


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    """No script, image, font or sheet from outside; the policy forbids what nobody put there."""
    text = render_crate("html", samples.hostile(), OPTIONS)
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|img|link|iframe|object)|@import|url\(", text)
    assert single.MARKUP in read_page(text).text


def test_headings_are_in_order_and_tables_have_heads() -> None:
    """One h1, no level left out, every table with columns named and its rows' names as heads."""
    text = render_crate("html", samples.crate(12), OPTIONS)
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        assert '<th scope="col"' in table


def test_a_name_cannot_lead_out_of_the_folder() -> None:
    """Whatever a unit's folder is called, the link stays one folder below ``units``."""
    unit = samples.result(samples.reports()["clean-global"], 1)
    page = read_page(
        render_crate(
            "html", samples.closed([replace(unit, name='../../x"><a href="https://h.example')]), OPTIONS
        )
    )
    links = [value for name, value in page.attributes if name == "href" and not value.startswith("#")]
    assert links == ["units/..%2F..%2Fx%22%3E%3Ca%20href%3D%22https%3A%2F%2Fh.example/report.html"]


# For programs


def test_csv_is_one_table_with_the_missing_in_it() -> None:
    """Units, then what is missing, under the same columns; what passed is told from what needs a person."""
    rows = list(csv.DictReader(io.StringIO(render_crate("csv", samples.crate(12), OPTIONS))))
    assert [row["kind"] for row in rows] == ["unit"] * 12 + ["missing"] + ["finding"] * 4
    missing = rows[12]
    assert (missing["line"], missing["market"], missing["expected_model"]) == ("13", "NO", "Nokia X20")
    assert missing["serial"].startswith("serial#")
    assert missing["imei"].startswith("imei#")
    assert [row["manifest"] for row in rows[:12]] == ["present"] * 11 + ["unexpected"]
    assert sum(row["decision"] == "FAIL" for row in rows[:12]) == 1


@pytest.mark.parametrize("made", [samples.wide, samples.hostile])
def test_json_fits_the_published_schema_masked_or_not(made: object) -> None:
    """What is printed validates, and is read back as the very record where nothing was masked."""
    crate = made()  # type: ignore[operator]  # a maker of a crate
    validator = jsonschema.Draft202012Validator(codec.schema(CrateReport))
    for reveal in (True, False):
        text = render_crate("json", crate, replace(OPTIONS, reveal=reveal))
        validator.validate(json.loads(text))
        assert (codec.from_json(CrateReport, text, where="stdout") == crate) is reveal


def test_junit_has_a_suite_for_the_crate_and_one_for_each_unit() -> None:
    """The lists of the manifest are cases of the crate's; a check of a unit is a case of its own."""
    crate = samples.crate(12)
    of_the_crate, *suites = junitparser.JUnitXml.fromstring(render_crate("junit", crate, OPTIONS).encode())
    cases = {case.name: [type(result).__name__ for result in case.result] for case in of_the_crate}
    assert cases["manifest: missing"] == ["Failure"]
    assert cases["manifest: duplicates"] == ["Failure"]
    assert cases["manifest: unsure"] == []
    assert len(suites) == 12
    for unit, suite in zip(view.in_order(crate.units), suites, strict=True):
        assert {case.name for case in suite} == {check for check, _ in unit.checks}
        assert (suite.failures + suite.errors > 0) is (unit.decision is not Decision.PASS)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_crate_that_is_not_complete_says_so(form: str) -> None:
    """What is waiting is named, and a PASS is not all there is to say."""
    made = samples.crate(1, manifest=False, findings=False)
    text = render_crate(form, replace(made, complete=False, waiting=("usb:1-7",)), OPTIONS)
    assert "usb:1-7" in text
    assert re.search(r"not complete|\"complete\": false|not done|incomplete", text)
