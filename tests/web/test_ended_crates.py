"""Crates that were ended: each on a page of its own as it was then, and in the list of all there are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.model.crate import Duplicate, Group, ManifestRow, Reconciliation
from audit.model.history import CrateRef
from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Severity
from audit.reports.redact import redact_crate
from audit.station.bench import Ended, Past
from audit.web.pages import crates
from tests.web.benches import HOSTILE, KEY, MemoryBench, head_of, station
from tests.web.desks import Desk, desk
from tests.web.markup import Parts, harmless

NAMES = ("crate-1", "Lot 17", 'box "a" & <b>', "крейт №7", "50 % + 1?#x", "..hidden", "\u202elot")


class _Damaged(MemoryBench):
    """A bench none of whose crates can be told of."""

    async def past(self) -> tuple[Past, ...]:
        raise BadInput("cannot be listed: Input/output error", where="/crates", fix="check the disk")

    async def ended(self, name: str) -> Ended:
        raise BadInput("is not UTF-8 at byte 3", where=f"/crates/{name}/report.json", fix="check the disk")


def _ended(bench: MemoryBench, name: str = "crate-1", **changed: object) -> Ended:
    """The crate of `filled`, ended under a name. changed: of its report"""
    found = bench.kept.pop("crate-1")
    fields = {"head": replace(found.report.head, name=name)} | changed
    made = replace(found.report, **fields)  # type: ignore[arg-type]  # a table of fields has no types
    bench.kept[name] = replace(found, report=redact_crate(made, key=KEY))
    return bench.kept[name]


def _end(at: Desk, bench: object) -> MemoryBench:
    assert isinstance(bench, MemoryBench)
    at.post("/crate/end")
    return bench


def test_an_ended_crate_is_shown_as_it_was(tmp_path: Path) -> None:
    """Its verdict, its counts and when it ended; nothing on the page changes it, and it says what would."""
    with station(tmp_path) as services, desk(services) as at:
        _end(at, services.bench)
        text = at.get("/crates/crate-1")
    for said in (
        "Crate crate-1, not complete",
        "5 units: 2 FAIL, 1 INCONCLUSIVE, 1 REVIEW, 1 PASS",
        "ended at 2026-01-31T13:00:00Z",
        "adb-audit crate --resume crate-1",
        'id="print"',
    ):
        assert said in text, said
    for never in ("SERIAL1", "<img", "/again", "/crate/end", "how it stands", 'href="/crate"'):
        assert never not in text.partition("<main")[2], never


def test_each_unit_leads_to_its_report_in_the_history(tmp_path: Path) -> None:
    """Every link is answered with that unit's own report; one that is not known is named without a link."""
    with station(tmp_path) as services, desk(services) as at:
        bench = _end(at, services.bench)
        found = bench.kept["crate-1"]
        links = {url for url in Parts(at.get("/crates/crate-1")).links if url.startswith("/report/")}
        assert links == {f"/report/{id_}" for id_ in found.reports.values()}
        assert len(links) == 5
        for url in links:
            at.get(url)
        bench.kept["crate-1"] = replace(found, reports={"unit-1": found.reports["unit-1"]})
        text = at.get("/crates/crate-1")
    assert {url for url in Parts(text).links if url.startswith("/report/")} == {
        f"/report/{found.reports['unit-1']}"
    }
    assert "usb:1-2" in text


def test_all_that_was_said_when_it_was_ended_is_there(tmp_path: Path) -> None:
    """The manifest with missing, unexpected, double and unsure units, the crate's findings and the groups."""
    with station(tmp_path) as services, desk(services) as at:
        bench = _end(at, services.bench)
        held = Reconciliation(
            path="units.csv",
            sha256="0" * 64,
            present=((2, "unit-1"),),
            missing=(ManifestRow(line=9, serial="MISSING9", lot="lot 4"),),
            unexpected=("unit-2",),
            duplicates=(Duplicate(what="IMEI", value="356938035643809", units=("unit-1", "unit-2")),),
            unsure=("unit-3",),
            unsure_rows=(ManifestRow(line=11, model="Nokia 9"),),
        )
        finding = Finding(
            check="crate", outcome=Outcome.REVIEW, severity=Severity.MEDIUM, message="Two builds in one box."
        )
        group = Group(model="Nokia 7 plus", build="", units=5, compared=True)
        _ended(bench, reconciliation=held, findings=(finding,), groups=(group,))
        text = at.get("/crates/crate-1")
    harmless(text)
    for said in ("line 2: usb:1-1", "line 9: ", "lot lot 4", "usb:1-2, ", "line 11: ", "IMEI imei#"):
        assert said in text, said
    for said in ("Two builds in one box.", "Compared with each other", "Nokia 7 plus"):
        assert said in text, said
    assert "MISSING9" not in text
    assert "356938035643809" not in text


@pytest.mark.parametrize("name", ["html", "json", "csv", "junit"])
def test_its_report_is_downloaded_with_identifiers_masked(tmp_path: Path, name: str) -> None:
    """As a file, in each format the page offers."""
    with station(tmp_path) as services, desk(services) as at:
        _ended(_end(at, services.bench), 'box "a" & <b>')
        (page,) = (one.url for one in crates.rows((), _run_past(services.bench), None))
        url = f"{page}/report/{name}"
        assert url in Parts(at.get(page)).links
        answer = at.ask(url)
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "SERIAL1" not in answer.text
    if name == "json":
        assert json.loads(answer.text)["head"]["name"] == 'box "a" & <b>'


def _run_past(bench: object) -> tuple[Past, ...]:
    assert isinstance(bench, MemoryBench)
    return tuple(Past(name=name) for name in bench.kept)


@pytest.mark.parametrize("name", NAMES)
def test_a_crate_of_any_name_is_found_from_the_list(tmp_path: Path, name: str) -> None:
    """Whatever a folder may be called, its link leads to its page, and no markup comes of it."""
    with station(tmp_path) as services, desk(services) as at:
        _ended(_end(at, services.bench), name)
        urls = [url for url in Parts(at.get("/crates")).links if url.startswith("/crates/")]
        assert len(urls) == 1
        text = at.get(urls[0])
    assert "ended at 2026-01-31T13:00:00Z" in text
    assert "<b>" not in text
    assert "\u202e" not in text.partition("<h1>")[0]


@pytest.mark.parametrize("name", ["nothing", "%2e%2e", "..%2f..%2fetc", "%00", "a%0d%0ab", "x" * 5000])
def test_a_crate_there_is_not_is_told(tmp_path: Path, name: str) -> None:
    """What to do stands there; files too."""
    with station(tmp_path) as services, desk(services) as at:
        for url in (f"/crates/{name}", f"/crates/{name}/report/json"):
            assert at.ask(url).status_code == 404, url
        assert "take one of the list" in at.get("/crates/nothing", 404)
        assert at.ask("/crates/nothing/report/pdf").status_code in range(400, 500)


def test_the_crate_on_the_bench_has_not_ended(tmp_path: Path) -> None:
    """Its address leads to how it stands, and so does the list."""
    with station(tmp_path) as services, desk(services) as at:
        answer = at.ask("/crates/crate-1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/crate")
        text = at.get("/crates")
    assert '<a href="/crate"><bdi>crate-1</bdi></a>' in text
    assert "on the bench now" in text


def test_a_crate_that_cannot_be_read_is_told_and_no_fault(tmp_path: Path) -> None:
    """With the file and what to do; the history's list is there all the same."""
    with station(tmp_path, bench=_Damaged()) as services, desk(services) as at:
        for url in ("/crates/Lot", "/crates/Lot/report/json"):
            text = at.get(url, 409)
            assert "rate Lot is not UTF-8 at byte 3" in text
            assert "/crates/Lot/report.json" in text
        text = at.get("/crates")
    assert "cannot be listed: Input/output error" in text
    assert f'href="/history?crate={"c" * 64}"' in text


def test_what_came_after_the_end_stands_on_the_page(tmp_path: Path) -> None:
    """As text, whatever is in it."""
    with station(tmp_path) as services, desk(services) as at:
        bench = _end(at, services.bench)
        bench.kept["crate-1"] = replace(bench.kept["crate-1"], notes=("1 unit was written later.", HOSTILE))
        text = at.get("/crates/crate-1")
    assert '<p class="reason" role="note">1 unit was written later.</p>' in text
    assert "<img" not in text


def test_the_list_has_each_crate_once_and_says_where_it_is() -> None:
    """Of two with one name that on the bench's own disk is told by its id; the last begun comes first."""
    here = Past(name="Lot 17", id="a" * 64, began_at="2026-02-02T00:00:00Z", decision=Decision.FAIL)
    kept = (
        CrateRef(id="b" * 64, name="Lot 17", began_at="2026-02-03T00:00:00Z"),
        CrateRef(id="a" * 64, name="Lot 17", began_at="2026-02-02T00:00:00Z"),
        CrateRef(id="d" * 64, name="now", began_at="2026-01-31T12:00:00Z"),
    )
    found = crates.rows(kept, (here, Past(name="odd")), head_of("now"))
    assert [(one.url, one.where) for one in found] == [
        (f"/history?crate={'b' * 64}", "in the history"),
        ("/crates/Lot%2017", "this bench"),
        ("/crate", "on the bench now"),
        ("/crates/odd", "this bench"),
    ]


def test_where_the_history_is_only_read_its_crates_lead_to_their_units(tmp_path: Path) -> None:
    """There are no pages of ended crates then; a page beyond the last is the last."""
    with station(tmp_path, bench=None) as services, desk(services) as at:
        for url in ("/crates/crate-1", "/crates/crate-1/report/json"):
            assert at.ask(url).status_code == 404
        text = at.get("/crates?page=99999999")
    assert f'href="/history?crate={"c" * 64}"' in text
    assert "<th" in text
    assert "Ended" not in text
