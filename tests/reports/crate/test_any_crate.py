from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import junitparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import codec
from audit.model.crate import CrateReport
from audit.model.report import Decision
from audit.reports.crate import FORMATS, Options, render_crate, totals, view
from tests.reports import samples
from tests.reports.crate.made import CRATES, TEXTS
from tests.reports.page import read_page

OPTIONS = Options(key=samples.KEY)
_VOID = frozenset({"meta", "br", "rect"})
_ELEMENTS = (
    "html head meta title style body main div header section article footer h1 h2 h3 p span small strong a ul"
    " li dl dt dd code table caption thead tbody tr th td details summary svg rect"
)
_SETTINGS = settings(
    max_examples=settings().max_examples // 2,  # of the profile, since each draws a crate
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@_SETTINGS
@given(crate=CRATES, form=st.sampled_from(sorted(FORMATS)), verbose=st.booleans(), width=st.integers(40, 120))
def test_any_crate_is_rendered_bounded_and_clean(
    crate: CrateReport, form: str, width: int, *, verbose: bool
) -> None:
    """Every format takes every crate; the text is bounded by what it was made from and moves no cursor."""
    text = render_crate(form, crate, replace(OPTIONS, verbose=verbose, width=width))
    told = len(codec.to_json(crate))
    assert len(text) < 60_000 + 40 * told
    if form != "json":  # which is whole, and escapes what would act
        assert not [c for c in text if c not in "\n\r\t" and unicodedata.category(c) in {"Cc", "Cf"}]


@_SETTINGS
@given(CRATES)
def test_a_page_is_well_formed_whatever_units_say(crate: CrateReport) -> None:
    """Every element that opens is closed in its place; none, no handler, no link is of a unit's making."""
    text = render_crate("html", crate, OPTIONS)
    _Balanced().feed(text)
    page = read_page(text)
    assert set(page.tags) <= set(_ELEMENTS.split())
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "style"}
        if name == "href" and value.startswith("#"):
            assert value[1:] in ids
        elif name == "href":
            assert value.startswith(("https://", "http://", "units/"))


class _Balanced(HTMLParser):
    """Fails where an element is not closed in its place."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        del attrs
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last one that was opened."""
        if tag not in _VOID:
            assert self._open.pop() == tag


@_SETTINGS
@given(CRATES)
def test_junit_is_read_back_as_counted_and_never_greener(crate: CrateReport) -> None:
    """Any reader takes the file and counts what it states; a unit that is no PASS has a case that says so."""
    shown = replace(OPTIONS, reveal=True)  # masks would change the order of units without a place
    root = junitparser.JUnitXml.fromstring(render_crate("junit", crate, shown).encode())
    of_the_crate, *suites = root
    assert len(suites) == len(crate.units)
    for suite in root:
        stated = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()  # type: ignore[no-untyped-call]  # junitparser types half of itself
        assert stated == (suite.tests, suite.failures, suite.errors, suite.skipped)
    for unit, suite in zip(view.in_order(crate.units), suites, strict=True):
        if unit.decision is not Decision.PASS:
            assert suite.failures + suite.errors > 0
    if crate.decision is not Decision.PASS or not crate.complete:
        assert root.failures + root.errors > 0
    assert of_the_crate.name.startswith("crate")


@_SETTINGS
@given(CRATES)
def test_csv_has_every_unit_once(crate: CrateReport) -> None:
    """One table, all rows as wide as its head, no cell a formula, a row for each unit and missing line."""
    rows = list(csv.DictReader(io.StringIO(render_crate("csv", crate, OPTIONS)), strict=True))
    kinds = Counter(row["kind"] for row in rows)
    held = crate.reconciliation
    assert kinds["unit"] == len(crate.units)
    assert kinds["missing"] == (0 if held is None else len(held.missing))
    for row in rows:
        assert None not in row
        assert not [cell for cell in row.values() if cell.lstrip().startswith(("=", "+", "-", "@"))]


@_SETTINGS
@given(CRATES)
def test_json_is_the_record(crate: CrateReport) -> None:
    """What is written unmasked is read back as the very crate."""
    text = render_crate("json", crate, replace(OPTIONS, reveal=True))
    json.loads(text)
    assert codec.from_json(CrateReport, text, where="test") == crate


@_SETTINGS
@given(CRATES, st.integers(1, 5))
def test_every_total_is_of_all_units(crate: CrateReport, most: int) -> None:
    """By whatever units are counted, and however few lines there are, the counts sum to the units."""
    for key in totals.NAMES.values():
        given = totals.by(crate.units, key)
        for shown in (given, totals.few(given, most)):
            assert sum(one.units for one in shown) == len(crate.units)
            assert len(shown) <= max(most, len(given) if shown is given else most)
    assert totals.total("", crate.units).units == len(crate.units)


@given(
    st.lists(st.tuples(st.sampled_from(list(Decision)), st.integers(0, 500)), unique_by=lambda one: one[0]),
    st.integers(4, 200),
)
def test_a_bar_is_as_wide_as_it_should_be_and_leaves_no_verdict_out(
    counts: list[tuple[Decision, int]], width: int
) -> None:
    """However small its share, a verdict that is there is seen."""
    shares = view.shares(counts, width)
    there = {decision for decision, count in counts if count}
    assert {decision for decision, columns in shares if columns > 0} == there
    assert sum(columns for _, columns in shares) == (width if there else 0)


@given(st.lists(TEXTS, max_size=6))
def test_places_sort_whatever_they_are(places: list[str]) -> None:
    """Any two places can be put in order."""
    assert sorted(sorted(places, key=view.natural)) == sorted(places)


@pytest.mark.parametrize(
    ("places", "wanted"),
    [
        (["usb:1-10", "usb:1-2", "usb:1-1.3"], ["usb:1-1.3", "usb:1-2", "usb:1-10"]),
        (["192.0.2.10:5555", "192.0.2.9:5555"], ["192.0.2.9:5555", "192.0.2.10:5555"]),
    ],
)
def test_port_2_comes_before_port_10(places: list[str], wanted: list[str]) -> None:
    """Numbers in a place are numbers."""
    assert sorted(places, key=view.natural) == wanted
