"""The history on a page: looked for, paged, and as a file."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.history import History
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.history import CrateRef
from audit.model.report import Decision
from audit.model.signing import Result
from audit.reports.redact import shown_imei, shown_serial
from audit.web.access import Role
from audit.web.pages.history import DAYS, ON_A_PAGE
from tests.history.made import report_of, signed
from tests.reports import samples
from tests.web.desks import Desk, desk
from tests.web.markup import harmless
from tests.web.unit_samples import HOSTILE, KEY, desk_services

IMEI = samples.IMEI


@pytest.fixture
def ids() -> dict[str, str]:
    """Ids of the reports in the history, by a letter."""
    return {}


@pytest.fixture
def at(tmp_path: Path, ids: dict[str, str]) -> Iterator[Desk]:
    """A desk at a station with three units of the past: A twice, B, C."""
    with desk_services(tmp_path) as services:
        with History.open(services.archive.where) as history:
            fill(history, ids)
        with desk(replace(services, bench=None)) as made:
            yield made


def fill(history: History, ids: dict[str, str]) -> None:
    """Put them there."""
    crate = CrateRef(id="ab" * 32, name="Pallet 7", began_at="2026-01-01T00:00:00Z")
    imei = OwnIdentifier(kind=IdentifierKind.IMEI, value=IMEI, origin="a test")
    a1 = report_of("SERIAL-A", day=400, like=samples.DORMANT)
    ids["a"] = history.record(a1, None, identifiers=(imei,), packages={"com.example.odd": "3"})
    a2 = report_of("SERIAL-A", day=401)
    ids["A"] = history.record(a2, None, identifiers=(imei,), packages={"com.example.fine": "3"})
    b = report_of("SERIAL-B", day=402, model="X20", build="B_1", market="DE", like=samples.NOTED)
    ids["B"] = history.record(b, None, crate=crate)
    ids["C"] = history.record(report_of("SERIAL-C", day=403, model=HOSTILE, build=HOSTILE), None)
    history.append(signed(), ids["B"], Result.WARNED)


def found(page: str, ids: dict[str, str]) -> str:
    """Letters of the reports on a page, in their order."""
    places = {page.index(f'href="/report/{id_}"'): letter for letter, id_ in ids.items() if id_ in page}
    return "".join(letter for _, letter in sorted(places.items()))


@pytest.mark.parametrize(
    ("query", "letters"),
    [
        ("unit=SERIAL-A", "Aa"),
        ("unit=" + IMEI, "Aa"),
        ("unit=" + shown_serial("SERIAL-A", key=KEY).replace("#", "%23"), "Aa"),
        ("unit=" + shown_imei(IMEI, key=KEY).replace("#", "%23"), "Aa"),
        ("serial=SERIAL-B", "B"),
        ("serial=serial-b", ""),
        ("imei=" + IMEI, "Aa"),
        ("model=x20", "B"),
        ("build=b_1", "B"),
        ("market=de", "B"),
        ("crate=pallet+7", "B"),
        ("crate=" + "ab" * 32, "B"),
        ("package=com.example.odd", "a"),
        ("signed=warned", "B"),
        ("signed=PASSED", ""),
        ("verdict=FAIL&since=2027-01-01", "CA"),
        ("since=2027-02-08&until=2027-02-08", "C"),
        ("unit=SERIAL-A&newest=1", "A"),
        ("unit=nobody", ""),
    ],
)
def test_reports_are_found_as_by_the_command(at: Desk, ids: dict[str, str], query: str, letters: str) -> None:
    """By whatever is asked for together, the newest first; units by their masks too."""
    page = at.get(f"/history?{query}")
    assert found(page, ids) == letters
    assert ("No report fits" in harmless(page).text) == (not letters)


def test_a_package_that_may_be_there_is_no_silence(at: Desk) -> None:
    """Of how many reports more it could not be told."""
    told = harmless(at.get("/history?package=com.example.odd")).text
    assert re.search(r"Of [1-9]\d* more reports not all packages are known", told)


def test_identifiers_are_masked(at: Desk, ids: dict[str, str]) -> None:
    """On the page and in files, unless an inspector asks; then the address of the next search asks too."""
    for url in ("/history", "/history.csv", "/history.json"):
        masked, shown = at.get(url), at.get(f"{url}?identifiers=1")
        assert "SERIAL-A" not in masked
        assert IMEI not in masked
        assert shown_serial("SERIAL-A", key=KEY) in masked
        assert "SERIAL-A" in shown
    assert 'name="identifiers" value="1"' in at.get("/history?identifiers=1")
    assert len(ids) == 4


def test_operators_see_masks_alone(tmp_path: Path) -> None:
    """403 for more."""
    with desk_services(tmp_path) as services, desk(services, Role.OPERATOR) as operator:
        operator.get("/history?identifiers=1", 403)
        operator.get("/history.csv?identifiers=1", 403)
        assert "identifiers=1" not in operator.get("/history")


def test_files_hold_what_was_found(at: Desk, ids: dict[str, str]) -> None:
    """CSV and JSON of the same search; a cell is no formula."""
    rows = list(csv.DictReader(io.StringIO(at.ask("/history.csv?unit=SERIAL-A").text)))
    assert [row["id"] for row in rows] == [ids["A"], ids["a"]]
    told = json.loads(at.ask("/history.json?verdict=fail&since=2027-01-01").text)
    assert [one["id"] for one in told] == [ids["C"], ids["A"]]
    at.get("/history.xml", 404)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("until=2026-02-30", "until"),
        ("until=20260531", "until"),
        ("since=2026-W20-1", "since"),
        ("verdict=FINE", "verdict"),
        ("signed=x", "signed"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(at: Desk, query: str, field: str) -> None:
    """400, with what was written, but in a field for days; files too."""
    page = at.get(f"/history?{query}", 400)
    assert f"{field}-problem" in harmless(page).ids
    assert "Nothing was looked for." in page
    if field in DAYS:  # a browser has no room for anything else there
        assert f'name="{field}" type="date" value=""' in page
    at.get(f"/history.csv?{query}", 400)


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=999999999",
        "page=2",
        "page=%00",
        "unit=%00",
        "model=" + "m" * 5000,
    ],
)
def test_odd_addresses_are_no_trouble(at: Desk, query: str) -> None:
    """Some page is shown."""
    harmless(at.get(f"/history?{query}"))


def test_a_long_history_is_paged(tmp_path: Path) -> None:
    """Every report is on one page, once, in their order; the search stays the same from page to page."""
    with desk_services(tmp_path) as services:
        with History.open(services.archive.where) as history:
            many = 2 * ON_A_PAGE + 3
            ids = [history.record(report_of("S", day=500 + day), None) for day in range(many)]
        with desk(services) as at:
            seen: list[str] = []
            url = "/history?unit=S"
            while url:
                page = harmless(at.get(url))
                seen += [one[len("/report/") :] for one in page.links if one.startswith("/report/")]
                nexts = [one for one in page.links if f"page={len(seen) // ON_A_PAGE + 1}" in one]
                url = nexts[0] if nexts and len(seen) % ON_A_PAGE == 0 else ""
    assert seen == ids[::-1]


def test_an_empty_history_says_how_it_fills(tmp_path: Path) -> None:
    """Nothing is there yet."""
    with desk_services(tmp_path) as services, History.open(str(tmp_path / "other.sqlite")) as history:
        archive = type(services.archive)(history)
        with desk(replace(services, archive=archive, bench=None)) as at:
            assert "The history is empty" in harmless(at.get("/history")).text


def test_verdicts_are_told_by_word_and_shape(at: Desk) -> None:
    """Beside colour."""
    told = harmless(at.get("/history")).text
    assert "✖ FAIL" in told
    assert Decision.PASS.value in told
