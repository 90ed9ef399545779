from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.evidence import Gap, Topic
from audit.model.report import Coverage, Evidence, Finding, Reach, Report
from audit.reports import FORMATS, Options, brief, evidence, render, suited_to
from tests.reports import samples
from tests.reports.page import read_page

OPTIONS = Options(key=samples.KEY)
_LINKS = tuple(f"https://site{n}.example.org/{'a-long-path/' * 9}{n}" for n in range(6))
_CLIENT = next(f for f in samples.INCIDENT.findings if f.subject == samples.CLIENT)
_CITED = replace(samples.INCIDENT, findings=(replace(_CLIENT, sources=_LINKS),))


@pytest.mark.parametrize("width", [40, 80])
def test_an_address_is_never_broken(width: int) -> None:
    """However narrow the terminal, an address stands whole on a line, to be opened and copied."""
    lines = render("terminal", [_CITED], replace(OPTIONS, width=width, verbose=True)).splitlines()
    for link in _LINKS:
        assert f"      {link}" in lines


def test_a_terminal_that_opens_links_is_given_them() -> None:
    """OSC 8 goes around an address where the terminal knows it; nothing else changes."""
    with_links = render("terminal", [_CITED], replace(OPTIONS, links=True))
    assert f"\x1b]8;;{_LINKS[0]}\x1b\\{_LINKS[0]}\x1b]8;;\x1b\\" in with_links
    assert re.sub(r"\x1b]8;;[^\x1b]*\x1b\\", "", with_links) == render("terminal", [_CITED], OPTIONS)


def test_what_is_no_address_is_no_link() -> None:
    """A source that could carry an escape sequence or run something is shown as text."""
    assert "\x1b]8;;javascript" not in render("terminal", [samples.HOSTILE], replace(OPTIONS, links=True))
    spoilt = replace(_CITED, findings=(replace(_CLIENT, sources=("https://example.org/\x1b\\x y",)),))
    assert "\x1b" not in render("terminal", [spoilt], replace(OPTIONS, links=True))


def test_a_few_sources_stand_for_many_and_every_other_format_has_all() -> None:
    """The short view says how many it leaves out; JSON, page, table, CI and --verbose leave out none."""
    short = render("terminal", [_CITED], OPTIONS)
    assert sum(link in short for link in _LINKS) == brief.MOST_SOURCES
    assert "3 more with -v" in short
    for form in FORMATS:
        text = render(form, [_CITED], replace(OPTIONS, verbose=True))
        assert all(link in text for link in _LINKS), form


_SITES = {"https://a.org/1": "a", "https://a.org/2": "a", "https://b.org/": "b", "https://[": "?", "x": "x"}


@given(st.lists(st.sampled_from(sorted(_SITES)), unique=True))
def test_sources_are_picked_from_what_there_is(there: list[str]) -> None:
    """No more than a few, in their order, none made up, and from as many sites as fit."""
    picked = brief.sources(there)
    assert len(picked) == min(len(there), brief.MOST_SOURCES)
    assert list(picked) == [source for source in there if source in picked]
    sites = {_SITES[source] for source in there}
    assert len({_SITES[source] for source in picked}) == min(len(sites), brief.MOST_SOURCES)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("com.example.a 5.14 of Nokia 7.2 is there.", "com.example.a 5.14 of Nokia 7.2 is there."),
        ("User 10: The user is hidden. The unit said: no", "User 10: The user is hidden."),
        ("", ""),
    ],
)
def test_a_sentence_ends_where_another_begins(text: str, sentence: str) -> None:
    """Versions, models and package names hold full stops that end nothing."""
    assert brief.first_sentence(text) == sentence


def _ships_everywhere(subject: str) -> Finding:
    return replace(samples.NOTED.findings[3], subject=subject, message=f"{subject} ships worldwide. More.")


def test_the_same_note_of_several_packages_is_told_once() -> None:
    """Packages of which the same is to be said share a line, and each is named."""
    noted = replace(samples.NOTED, findings=tuple(map(_ships_everywhere, ("a.b", "c.d", "e.f"))))
    text = render("terminal", [noted], OPTIONS)
    assert text.count("ships worldwide") == 1
    assert "  a.b ships worldwide.\n    The same of: c.d, e.f.\n" in text


def test_several_units_begin_with_a_line_each_and_advice_is_given_once() -> None:
    """Verdict, unit and main reason of all come first; why and fix of a client stand under the first unit."""
    units = [
        replace(samples.INCIDENT, identity=replace(samples.INCIDENT.identity, serial=f"SERIAL-{n}"))
        for n in range(12)
    ]
    text = render("terminal", units, replace(OPTIONS, reveal=True))
    summary, rest = text.split("1/12 ", 1)
    assert summary.startswith("12 units: 12 FAIL\n")
    assert all(f"SERIAL-{n}" in summary for n in range(12))
    assert summary.count("is meant for CN") == 12
    assert rest.count("Registers the unit with China Telecom") == 1
    assert rest.count("as for unit 1/12") == 11
    assert rest.count("What an audit like this cannot see") == 1


@pytest.mark.parametrize("form", ["terminal", "plain"])
def test_an_ascii_stream_gets_shapes_it_can_show(form: str) -> None:
    """Where the encoding has no shapes, others of ASCII stand in, and no line grows."""
    reports = [samples.INCIDENT, samples.DORMANT, samples.NOTED, samples.HALF_READ, samples.EMPTY]
    text = render(form, reports, OPTIONS)
    in_ascii = render(form, reports, replace(OPTIONS, ascii=True))
    assert in_ascii.isascii()
    assert "X FAIL" in in_ascii or form == "plain"
    assert list(map(len, in_ascii.splitlines())) == list(map(len, text.splitlines()))


def test_programs_read_the_same_from_an_ascii_stream() -> None:
    """JSON, page and XML write what ASCII lacks in their own escapes, and say the same."""
    told = "caf\u00e9 \u6ce8 \U0001f4f1"
    report = replace(samples.INCIDENT, findings=(replace(_CLIENT, message=told),))
    as_json, page, junit = (
        render(form, [report], replace(OPTIONS, ascii=True)) for form in ("json", "html", "junit")
    )
    assert json.loads(as_json) == json.loads(render("json", [report], OPTIONS))
    assert told in read_page(page).text
    cases = (case for suite in junitparser.JUnitXml.fromstring(junit.encode()) for case in suite)
    assert told in {result.message for case in cases for result in case.result}
    assert all(text.isascii() for text in (as_json, page, junit))


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    [("utf-8", False), ("ascii", True), ("iso8859-1", True), ("no such encoding", True)],
)
def test_the_encoding_decides_about_shapes(encoding: str, *, wanted: bool) -> None:
    """ASCII stands in where a shape could not be written."""
    assert suited_to({}, tty=True, encoding=encoding).ascii is wanted


def _with_gap(reason: str) -> Report:
    gaps = (Gap(topic=Topic.PACKAGES, reason=reason, fix="Do this."),)
    coverage = tuple(
        Coverage(topic=topic, reach=Reach.PARTLY, count=3, gaps=gaps) for topic in ("packages", "overlays")
    )
    return replace(samples.NOTED, coverage=coverage)


@pytest.mark.parametrize("form", ["terminal", "plain"])
def test_a_long_gap_stays_readable_and_is_told_once(form: str) -> None:
    """The reason that two topics share stands once beneath them, wrapped, with its fix."""
    text = render(form, [_with_gap("it was refused " * 20 + "to all")], OPTIONS)
    told = text[text.casefold().rindex("what was read") : text.casefold().index("what an audit like")]
    assert told.count("to all") == 1
    assert "Do this." in told
    assert max(len(line) for line in told.splitlines()) <= 100


def test_a_gap_that_a_finding_told_is_not_told_again() -> None:
    """What was said with its fix among the findings is only pointed to."""
    assert render("terminal", [samples.HALF_READ], OPTIONS).count("was refused") == 1


def test_what_is_only_documented_is_not_said_to_be_seen() -> None:
    """A shorter label keeps that endpoint and identifiers come from documents, not from this unit."""
    told = dict(brief.facts(_CLIENT))
    assert told["endpoint"].startswith("documented: url http://zzhc.vnet.cn")
    assert told["sends"] == "documented: IMEI, ICCID, IMSI, MAC, cell id"
    assert "client" not in told


def test_evidence_of_one_place_names_it_once() -> None:
    """The command is said where it changes, not in every line."""
    one, two = (Evidence(what=what, value="x", origin="getprop") for what in "ab")
    other = Evidence(what="c", value="x", origin="pm list")
    again = replace(one, origin="build.prop")
    assert evidence.whole(replace(_CLIENT, evidence=(one, two, other))) == (
        "a: x",
        "b: x  [getprop]",
        "c: x  [pm list]",
    )
    path = Evidence(what="path", value="/a.apk", origin="/a.apk")
    assert evidence.whole(replace(_CLIENT, evidence=(path,))) == ("path: /a.apk",)
    assert evidence.whole(replace(_CLIENT, evidence=(one, again))) == ("a: x  [getprop; build.prop]",)


def test_one_unit_in_a_pipe_costs_no_table() -> None:
    """The library for tables is imported where there is one to draw: for several units."""
    probe = (
        "import sys; from audit.reports import render, Options; from tests.reports import samples;"
        "render('plain', [samples.INCIDENT], Options(key=b''));print('tabulate' in sys.modules);"
        "render('plain', [samples.INCIDENT] * 2, Options(key=b''));print('tabulate' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["False", "True"]
