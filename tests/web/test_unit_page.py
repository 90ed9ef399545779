"""A unit's page: all of a report, of the bench or of the history, masked and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit import codec
from audit.history import History
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.report import Decision, Report
from audit.reports import Options, render
from audit.web.access import Role
from audit.web.services import Services
from tests.reports import samples, samples_flows, samples_waived
from tests.web.desks import Desk, desk
from tests.web.markup import harmless
from tests.web.unit_samples import HOSTILE, KEY, UNIT, desk_services, judged


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A station with one unit on its bench."""
    with desk_services(tmp_path) as made:
        yield made


@pytest.fixture
def at(services: Services) -> Iterator[Desk]:
    """An inspector's desk."""
    with desk(services) as made:
        yield made


def kept(services: Services, report: Report, **more: object) -> str:
    """Its id in the history of the station."""
    path = services.archive.where
    with History.open(path) as history:
        return history.record(report, None, **more)  # type: ignore[arg-type]  # a table of arguments has no types


def test_a_unit_on_the_bench_is_told_whole(at: Desk) -> None:
    """Verdict, findings with fix, evidence and source, coverage, what it was held against, the digests."""
    page = harmless(at.get(f"/unit/{UNIT}"))
    for told in (
        "✖ FAIL",
        "It is FAIL.",
        "Flash a build the maker names as fixed, then audit again.",
        "gate open: property persist.vendor.radio.ps.registration.enabled",
        "What was read Topic Read Count Why not more properties ● read 812",
        "golden-7-plus",
        "line 4: market NO, model Nokia 7 plus, lot L7",
        "crate-1",
        "a0" * 32,
        "5f" * 32,
        "Nobody has signed this report off.",
    ):
        assert told in page.text
    assert f"/unit/{UNIT}/golden" in page.links


@pytest.mark.parametrize("report", [*samples.ALL.values(), samples_flows.WATCHED, samples_waived.WAIVED])
def test_every_report_has_a_page_and_a_print(services: Services, at: Desk, report: Report) -> None:
    """With its verdict, its reasons, every limit of an audit, and no identifier."""
    id_ = kept(services, report)
    for url in (f"/report/{id_}", f"/report/{id_[:8]}", f"/report/{id_}/print"):
        page = at.get(url)
        told = harmless(page).text
        assert report.verdict.decision.value in told
        assert all(limit in told for limit in report.limits)
        assert not [one for one in samples.IDENTIFIERS if one in page]


def test_what_a_unit_calls_itself_stays_text(services: Services, at: Desk) -> None:
    """Markup, template syntax and directions of writing are shown, cleaned, and do nothing."""
    report = judged(Decision.FAIL, at="2026-01-05T00:00:00Z")
    names = replace(report.identity, manufacturer=HOSTILE, model=HOSTILE, build=HOSTILE, device=HOSTILE)
    page = at.get(f"/report/{kept(services, replace(report, identity=names))}")
    assert "{{ 7*7 }}" in harmless(page).text
    assert "\u202e" not in page
    assert "\x1b" not in page


def test_links_are_of_the_web_alone(services: Services, at: Desk) -> None:
    """A source that is a script is shown as text; the others tell nobody where they were followed from."""
    page = at.get(f"/report/{kept(services, samples.HOSTILE)}")
    assert "javascript:alert(3)" in harmless(page).text
    assert 'rel="noreferrer noopener"' in page


def test_a_megabyte_is_cut_and_said_to_be(services: Services, at: Desk) -> None:
    """The page stays small, tells how much there is, and the report as a file has all of it."""
    report = judged(Decision.FAIL, at="2026-01-05T00:00:00Z")
    long = replace(
        report,
        identity=replace(report.identity, model="M" * 1_000_000, serial=""),
        unit=replace(report.unit, serial=None),
        findings=(replace(report.findings[0], message="L" * 1_000_000), *report.findings[1:]),
    )
    id_ = kept(services, long)
    page = at.get(f"/report/{id_}")
    assert len(page) < 60_000
    assert "1,000,000 characters in all" in page
    assert "Not all of it is shown here" in harmless(page).text
    whole = at.get(f"/report/{id_}/report.json")
    assert "L" * 1_000_000 in whole
    assert "M" * 1_000_000 in whole


def test_contacts_are_on_a_timeline_and_placed(services: Services, at: Desk) -> None:
    """A picture that needs no script, and a table with countries and operators."""
    told = harmless(at.get(f"/report/{kept(services, samples_flows.WATCHED)}"))
    assert "svg" in told.tags
    assert "When contacts were seen, a lane for each process" in told.text
    assert "Chinanet (AS4134)" in told.text


def test_identifiers_are_shown_to_inspectors_who_ask(services: Services, at: Desk) -> None:
    """Masked unless asked for; and that they were seen is in the trail."""
    url = f"/unit/{UNIT}"
    assert samples.SERIAL not in at.get(url)
    assert samples.SERIAL in at.get(f"{url}?identifiers=1")
    assert samples.SERIAL not in at.get(f"{url}?identifiers=0")
    with History.open(services.archive.where) as history:
        (seen,) = history.actions()
    assert (seen.what, seen.who, seen.role) == ("identifiers", "K. Nordmann", "inspector")


@pytest.mark.parametrize(
    "page", ["", "/print", "/report.json", "/report.html", "/label.pdf", "/certificate.pdf"]
)
def test_identifiers_are_not_shown_to_operators(services: Services, page: str) -> None:
    """On no page and in no file."""
    id_ = kept(services, samples.INCIDENT)
    with desk(services, Role.OPERATOR) as operator:
        operator.get(f"/report/{id_}{page}?identifiers=1", status=403)
        assert operator.ask(f"/report/{id_}{page}").status_code == 200
        assert "Show identifiers" not in operator.get(f"/report/{id_}")


def test_former_audits_are_listed_with_what_changed(services: Services, at: Desk) -> None:
    """The newest first, by serial number or IMEI; one whose verdict is another than before says so."""
    for day, decision in enumerate((Decision.PASS, Decision.PASS, Decision.REVIEW), 1):
        kept(services, judged(decision, at=f"2025-12-0{day}T00:00:00Z"))
    twin = judged(Decision.PASS, at="2025-12-09T00:00:00Z")
    other = replace(twin, unit=replace(twin.unit, serial="X1"), identity=replace(twin.identity, serial="X1"))
    imei = OwnIdentifier(kind=IdentifierKind.IMEI, value=samples.IMEI, origin="a test")
    kept(services, other, identifiers=(imei,))
    page = at.get(f"/unit/{UNIT}")
    days = [page.index(f">2025-12-0{day}T") for day in (3, 2, 1)]
    assert days == sorted(days)
    assert page.count("was PASS") == 1
    assert page.count("was REVIEW") == 1
    assert ">2025-12-09T" not in page, "another unit"


def test_a_unit_without_identifiers_has_no_others(services: Services, at: Desk) -> None:
    """Two units that tell neither serial number nor IMEI are not taken for one."""
    kept(services, replace(samples.EMPTY, judged_at="2025-01-01T00:00:00Z"))
    page = at.get(f"/report/{kept(services, samples.EMPTY)}")
    assert "other audits of it cannot be found" in page
    assert "2025-01-01" not in page


def test_what_is_not_there_is_said(services: Services, at: Desk) -> None:
    """Unknown reports and units, and what is no id at all."""
    at.get(f"/report/{'0' * 12}", status=404)
    at.get("/report/not-hex", status=400)
    at.get("/report/ab", status=400)
    at.get("/unit/nobody", status=404)
    at.get(f"/report/{kept(services, samples.INCIDENT)}/report.exe", status=404)


def test_a_history_alone_has_reports_and_no_units(services: Services) -> None:
    """The same page, where nothing is audited."""
    id_ = kept(services, samples.INCIDENT)
    with desk(replace(services, bench=None)) as reader:
        assert "✖" in reader.get(f"/report/{id_}")
        reader.get(f"/unit/{UNIT}", status=404)


def test_a_report_is_kept_as_a_file(services: Services, at: Desk) -> None:
    """As the command writes it: HTML and JSON, with identifiers or without."""
    id_ = kept(services, samples.INCIDENT)
    for name in ("html", "json"):
        for query, reveal in (("", False), ("?identifiers=1", True)):
            made = render(name, (samples.INCIDENT,), Options(key=KEY, reveal=reveal))
            answer = at.ask(f"/report/{id_}/report.{name}{query}")
            assert answer.text == made
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
    whole = codec.from_json(Report, at.get(f"/report/{id_}/report.json?identifiers=1"), where="")
    assert whole == samples.INCIDENT
