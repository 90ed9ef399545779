from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import jsonschema
import junitparser
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audit import codec
from audit.model.report import Decision, Report
from audit.model.text import clean
from audit.reports import Options, render
from audit.reports.csv_ import COLUMNS, guarded
from tests.reports import samples

OPTIONS = Options(key=samples.KEY)
SHOWN = replace(OPTIONS, reveal=True, verbose=True)


@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_json_fits_the_published_schema_and_is_the_report(name: str) -> None:
    """What is printed validates, and reading it gives the record back."""
    text = render("json", [samples.ALL[name]], SHOWN)
    jsonschema.Draft202012Validator(codec.schema(Report)).validate(json.loads(text))
    assert codec.from_json(Report, text, where="stdout") == samples.ALL[name]


def test_json_is_a_list_when_asked_for_or_several() -> None:
    """The shape depends on what was asked, so that a program need not count phones first."""
    assert isinstance(json.loads(render("json", [samples.NOTED], OPTIONS)), dict)
    as_list = replace(OPTIONS, as_list=True)
    for count in range(3):
        assert len(json.loads(render("json", [samples.NOTED] * count, as_list))) == count
    assert len(json.loads(render("json", [samples.NOTED] * 2, OPTIONS))) == 2


# CSV


@settings(max_examples=200)
@given(st.text().map(clean))
@example("=1+1")
@example(" +1")
@example("\n-1")
@example("\t@x")
@example("\uff1d1")
@example("\uff0b1")
@example("\uff0d1")
@example("\uff201")
def test_no_cell_starts_a_formula(text: str) -> None:
    """Whatever a unit says, no cell begins like a formula or holds a newline."""
    cell = guarded(text)
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert "\n" not in cell
    assert "\t" not in cell


def test_csv_repeats_the_unit_in_every_row() -> None:
    """One row a finding, a row for a unit without any, all as wide as the head."""
    rows = list(csv.reader(io.StringIO(render("csv", [samples.INCIDENT, samples.EMPTY], OPTIONS))))
    assert tuple(rows[0]) == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert len(rows) == 1 + len(samples.INCIDENT.findings) + 1
    decision = COLUMNS.index("decision")
    assert [row[decision] for row in rows[1:]] == ["FAIL"] * len(samples.INCIDENT.findings) + ["INCONCLUSIVE"]


# JUnit


@pytest.mark.parametrize(
    ("name", "failures", "errors", "skipped"),
    [
        ("incident", 1, 0, 1),
        ("dormant", 1, 0, 0),
        ("noted", 0, 0, 0),
        ("half-read", 0, 1, 0),
        ("empty", 0, 1, 0),
    ],
)
def test_junit_counts(name: str, failures: int, errors: int, skipped: int) -> None:
    """FAIL and REVIEW are failures, INCONCLUSIVE an error, not-applicable skipped; readers count the same."""
    suites = junitparser.JUnitXml.fromstring(render("junit", [samples.ALL[name]], OPTIONS).encode())
    suite = next(iter(suites))
    stated = (suite.tests, suite.failures, suite.errors, suite.skipped)
    suite.update_statistics()  # type: ignore[no-untyped-call]  # junitparser types half of itself
    assert stated == (suite.tests, suite.failures, suite.errors, suite.skipped)
    assert stated[1:] == (failures, errors, skipped)


def test_junit_tells_review_from_failure_and_keeps_notes() -> None:
    """The type names the outcome; a note stands in its case's output."""
    text = render("junit", [samples.DORMANT, samples.NOTED], OPTIONS)
    dormant, noted = junitparser.JUnitXml.fromstring(text.encode())
    assert [result.type for case in dormant for result in case.result] == ["review"]
    assert any("com.evenwell.autoregistration" in (case.system_out or "") for case in noted)


@settings(max_examples=50)
@given(st.text(st.characters()))
def test_junit_is_xml_whatever_a_unit_says(text: str) -> None:
    """Characters XML cannot hold are replaced, so any reader takes the file."""
    finding = replace(samples.DORMANT.findings[0], message=text, check="c", why=text)
    xml = render("junit", [replace(samples.DORMANT, findings=(finding,))], OPTIONS)
    assert len(list(junitparser.JUnitXml.fromstring(xml.encode("utf-8")))) == 1


@pytest.mark.parametrize("decision", list(Decision))
def test_junit_is_never_greener_than_its_unit(decision: Decision) -> None:
    """A verdict that no finding carries gets a case of its own."""
    report = replace(samples.NOTED, verdict=replace(samples.NOTED.verdict, decision=decision))
    suite = next(iter(junitparser.JUnitXml.fromstring(render("junit", [report], OPTIONS).encode())))
    assert (suite.failures + suite.errors > 0) is (decision is not Decision.PASS)
