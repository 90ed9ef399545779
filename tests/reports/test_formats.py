from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import junitparser
import pytest

from audit.errors import UsageError
from audit.reports import FORMATS, Options, render
from tests.reports import samples
from tests.reports.page import read_page

OPTIONS = Options(key=samples.KEY)
SHOWN = replace(OPTIONS, reveal=True, verbose=True)


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_every_format_names_verdict_and_findings(form: str, name: str) -> None:
    """Each format renders each report whole: the decision, and what every finding says."""
    report = samples.ALL[name]
    text = _readable(form, render(form, [report], replace(SHOWN, width=1000)))
    assert report.verdict.decision.value in text or form == "junit"
    for finding in report.findings:
        assert finding.message in text


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_format_takes_any_number_of_units(form: str, count: int) -> None:
    """None, one or several reports are rendered, each unit by its serial, and the text ends its last line."""
    reports = [samples.INCIDENT, samples.DORMANT, samples.HALF_READ][:count]
    text = render(form, reports, replace(SHOWN, width=200))
    assert text.endswith("\n")
    for report in reports:
        assert report.identity.serial in text


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_rendering_is_pure(form: str) -> None:
    """The same reports give the same text."""
    reports = list(samples.ALL.values())
    assert render(form, reports, OPTIONS) == render(form, reports, OPTIONS)


@pytest.mark.parametrize("form", ["terminal", "plain", "html", "csv", "junit"])
def test_the_incident_names_what_to_act_on(form: str) -> None:
    """Package, endpoint, identifiers sent, fixed builds, fix and sources are in every format for people."""
    text = _readable(form, render(form, [samples.INCIDENT], replace(OPTIONS, width=200)))
    for wanted in (
        samples.CLIENT,
        "http://zzhc.vnet.cn",
        "IMEI, ICCID, IMSI, MAC",
        "00WW_3_39B_SP03",
        "Flash a build the maker names as fixed",
        "https://github.com/bcyj/android_tools_leeco_msm8996/issues/1",
    ):
        assert wanted in text


@pytest.mark.parametrize("form", ["terminal", "plain", "html"])
def test_a_pass_never_reads_as_clean(form: str) -> None:
    """PASS says what was looked at, what was not, and that this proves no absence."""
    text = re.sub(r"\s+", " ", render(form, [samples.NOTED], OPTIONS))
    assert not re.search(r"\b(clean|safe|secure|no problems?|all good)\b", text, re.IGNORECASE)
    for wanted in ("92 catalogued clients", "214", "does not prove", "not asked for", *samples.NOTED.limits):
        assert wanted in text.replace("&#39;", "'")


def test_an_unknown_format_is_refused_with_those_there_are() -> None:
    """A wrong name is a usage error that lists the right ones."""
    with pytest.raises(UsageError) as caught:
        render("pdf", [], OPTIONS)
    assert "pdf" in caught.value.what
    assert all(name in caught.value.fix for name in FORMATS)


def _readable(form: str, text: str) -> str:
    """The text as its reader sees it."""
    if form == "html":
        return read_page(text).text
    if form == "junit":
        cases = (case for suite in junitparser.JUnitXml.fromstring(text.encode()) for case in suite)
        return "\n".join(_junit_words(case) for case in cases)
    if form == "csv":
        return "\n".join(cell.removeprefix("'") for row in csv.reader(io.StringIO(text)) for cell in row)
    if form == "json":
        return "\n".join(_strings(json.loads(text)))
    return text


def _junit_words(case: junitparser.TestCase) -> str:
    told = [f"{result.message}\n{result.text or ''}" for result in case.result]
    return "\n".join((*told, case.system_out or ""))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def test_each_format_brings_only_its_own_library() -> None:
    """Choosing a format imports nothing heavy before it renders."""
    probe = "import sys, audit.reports; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout
    assert not {"rich", "tabulate", "jinja2", "pydantic"} & set(loaded.split())


@pytest.mark.parametrize("form", ["terminal", "plain", "html"])
def test_checks_that_lack_the_same_evidence_are_told_together(form: str) -> None:
    """One missing list that three checks need is one finding for people, under all three names."""
    finding = samples.HALF_READ.findings[0]
    findings = tuple(replace(finding, check=check) for check in ("one", "two", "three"))
    text = render(form, [replace(samples.HALF_READ, findings=findings)], SHOWN)
    assert "checks one, two, three" in text
    assert text.count(finding.message) == 1
