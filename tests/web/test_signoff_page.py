"""Signing off on a page: the decision, its rules, the record, and the papers that go with the unit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.history import History
from audit.model.history import Action
from audit.model.report import Decision
from audit.model.signing import Result
from audit.signoff.verify import signed_off, verify
from audit.web.access import Role
from audit.web.services import Services
from tests.reports import samples
from tests.signoff.made import pair, trusting
from tests.web.desks import Desk, desk
from tests.web.markup import harmless
from tests.web.unit_samples import HOSTILE, UNIT, WHY, desk_services, judged

LONG_AGO = "2026-01-05T00:00:00Z"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A station that can sign."""
    with desk_services(tmp_path) as made:
        yield made


@pytest.fixture
def at(services: Services) -> Iterator[Desk]:
    """An inspector's desk."""
    with desk(services) as made:
        yield made


def kept(services: Services, decision: Decision) -> str:
    """The id of a report with that verdict."""
    with History.open(services.archive.where) as history:
        return history.record(judged(decision, at=LONG_AGO), None)


def trail(services: Services) -> tuple[Action, ...]:
    """What was done, the newest first."""
    with History.open(services.archive.where) as history:
        return history.actions()


def records(services: Services, id_: str) -> int:
    """How often it was signed off."""
    with History.open(services.archive.where) as history:
        return len(history.records_of(id_))


def test_a_unit_is_signed_off_as_its_verdict_says(services: Services, at: Desk) -> None:
    """The record is genuine, names the report, and is on the page with who and when; the trail has it."""
    id_ = at.ask(f"/unit/{UNIT}").text.split("/report/")[1][:64]
    there = at.post(f"/report/{id_}/signoff", inspector="K. Nordmann", decision="", note="", after="0")
    assert there == f"/report/{id_}#signed"
    with History.open(services.archive.where) as history:
        (record,) = history.records_of(id_)
        report = history.report(id_)
    assert services.signer is not None
    said = signed_off(record.envelope).signoff
    assert (said.result, said.inspector, said.station) == (Result.FAILED, "K. Nordmann", "bench 1")
    page = at.get(f"/report/{id_}")
    told = harmless(page).text
    assert f"Signed off as FAILED: record 1, {record.sha256[:12]}." in told
    assert f"FAILED by K. Nordmann at {said.signed_at}" in told
    assert record.sha256 in told
    assert [one.what for one in trail(services)] == ["sign-off"]
    assert at.ask(f"/report/{id_}/record-1.dsse").content == record.envelope
    assert said.report_sha256
    assert report.verdict.decision is Decision.FAIL


def test_the_record_that_is_downloaded_is_genuine(tmp_path: Path) -> None:
    """As `adb-audit verify` sees it: signed by the station's key, of that very report."""
    with desk_services(tmp_path) as services, desk(services) as at:
        id_ = kept(services, Decision.REVIEW)
        at.post(f"/report/{id_}/signoff", inspector="K", decision="", note="", after="0")
        envelope = at.ask(f"/report/{id_}/record-1.dsse").content
        public = (tmp_path / "qa.pub.pem").read_text()
        with History.open(services.archive.where) as history:
            report = history.report(id_)
    assert verify(envelope, trusting(public), lambda _: report) == ()
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    assert verify(envelope, trusting(pair(stranger)[1]))


@pytest.mark.parametrize(
    ("verdict", "sent", "field"),
    [
        (Decision.FAIL, ("PASSED", ""), "note"),
        (Decision.FAIL, ("WARNED", "  \n "), "note"),
        (Decision.PASS, ("FAILED", ""), "note"),
        (Decision.INCONCLUSIVE, ("", "as I like it"), "decision"),
        (Decision.INCONCLUSIVE, ("PASSED", "as I like it"), "decision"),
        (Decision.INCONCLUSIVE, ("FAILED", ""), "note"),
        (Decision.FAIL, ("FINE", "as I like it"), "decision"),
        (Decision.FAIL, ("", "n" * 4001), "note"),
    ],
)
def test_what_may_not_be_signed_is_said_beside_its_field(
    services: Services, at: Desk, verdict: Decision, sent: tuple[str, str], field: str
) -> None:
    """Nothing is signed, and what was written is still there."""
    id_ = kept(services, verdict)
    decision, note = sent
    page = at.post(
        f"/report/{id_}/signoff", 422, inspector="Inge <b>N</b>", decision=decision, note=note, after="0"
    )
    parts = harmless(page)
    assert f"{field}-problem" in parts.ids
    assert "This report was not signed off." in parts.text
    assert "Inge &lt;b&gt;N&lt;/b&gt;" in page
    assert records(services, id_) == 0
    assert trail(services) == ()


def test_an_inspector_has_a_name(services: Services, at: Desk) -> None:
    """None, or one that is longer than records take, is refused; that of the visitor is offered."""
    id_ = kept(services, Decision.FAIL)
    for name in ("", " \u202e ", "n" * 201):
        page = at.post(f"/report/{id_}/signoff", 422, inspector=name, decision="", note="", after="0")
        assert "inspector-problem" in harmless(page).ids
    assert 'value="K. Nordmann"' in at.get(f"/report/{id_}")
    assert records(services, id_) == 0


def test_otherwise_than_the_verdict_with_a_note(services: Services, at: Desk) -> None:
    """It is signed, the page says so, and identifiers in the note are masked, and markup does nothing."""
    id_ = kept(services, Decision.FAIL)
    note = f"unit {samples.SERIAL} goes back {HOSTILE}"
    at.post(f"/report/{id_}/signoff", inspector="K", decision="PASSED", note=note, after="0")
    page = at.get(f"/report/{id_}")
    told = harmless(page).text
    assert "otherwise than the verdict says" in told
    assert "goes back <img" in told
    assert samples.SERIAL not in page
    assert samples.SERIAL in at.get(f"/report/{id_}?identifiers=1")


def test_an_inconclusive_unit_cannot_be_chosen_as_passed(services: Services, at: Desk) -> None:
    """The page does not offer it, and says why."""
    page = at.get(f"/report/{kept(services, Decision.INCONCLUSIVE)}")
    assert 'value="PASSED"' not in page
    assert "cannot be signed off as PASSED: audit it again" in page


def test_a_form_that_is_sent_twice_signs_once(services: Services, at: Desk) -> None:
    """Also where both come at the same moment; who signs anew has seen the record before."""
    id_ = kept(services, Decision.FAIL)
    form = {"inspector": "K", "decision": "", "note": "", "after": "0"}
    codes = at.at_once(f"/report/{id_}/signoff", 4, **form)
    assert codes.count(303) == 1
    assert set(codes) <= {303, 400, 422}
    page = at.post(f"/report/{id_}/signoff", 422, **form)
    assert "signed off since this page was opened" in page
    assert records(services, id_) == 1
    at.post(f"/report/{id_}/signoff", **{**form, "after": "1"})
    assert records(services, id_) == 2


def test_operators_and_strangers_sign_nothing(services: Services) -> None:
    """Neither without the role nor without what the page's own form carries."""
    id_ = kept(services, Decision.FAIL)
    with desk(services, Role.OPERATOR) as operator:
        operator.post(f"/report/{id_}/signoff", 403, inspector="K", decision="", note="", after="0")
        assert "signoff" not in operator.get(f"/report/{id_}")
    with desk(services) as inspector:
        answer = inspector.send(f"/report/{id_}/signoff", csrf="0" * 64, inspector="K", after="0")
        assert answer.status_code == 403
    assert records(services, id_) == 0


def test_a_station_without_a_key_says_why(tmp_path: Path) -> None:
    """There is no form, and a form that comes all the same is refused."""
    with desk_services(tmp_path, signs=False) as services, desk(services) as at:
        id_ = kept(services, Decision.FAIL)
        page = at.get(f"/report/{id_}")
        assert WHY in harmless(page).text
        assert "<textarea" not in page
        at.post(f"/report/{id_}/signoff", 409, inspector="K", decision="", note="", after="0")


def test_an_unknown_report_is_not_signed_off(services: Services, at: Desk) -> None:
    """404, and nothing in the trail."""
    at.post(f"/report/{'0' * 64}/signoff", 404, inspector="K", decision="", note="", after="0")
    assert trail(services) == ()


@pytest.mark.parametrize("paper", ["certificate", "label"])
def test_papers_are_of_the_last_sign_off(services: Services, at: Desk, paper: str) -> None:
    """Before it they say that nobody signed; each print is in the trail, masked or not."""
    pdfium = pytest.importorskip("pypdfium2", reason="pypdfium2 reads the papers back")
    pytest.importorskip("reportlab", reason="reportlab makes the papers")
    id_ = kept(services, Decision.FAIL)

    def text(query: str = "") -> str:
        answer = at.ask(f"/report/{id_}/{paper}.pdf{query}")
        assert answer.headers["content-type"] == "application/pdf"
        document = pdfium.PdfDocument(answer.content)
        try:
            return "\n".join(page.get_textpage().get_text_range() for page in document)
        finally:
            document.close()

    assert "not signed" in text().lower()
    at.post(f"/report/{id_}/signoff", inspector="First", decision="", note="", after="0")
    at.post(f"/report/{id_}/signoff", inspector="Second", decision="WARNED", note="because", after="1")
    signed = text()
    assert "WARNED" in signed
    assert samples.SERIAL not in signed
    assert samples.SERIAL in text("?identifiers=1")
    if paper == "certificate":
        assert "Second" in signed
        assert "First" not in signed
    did = [(one.what, one.detail) for one in trail(services) if one.what == paper]
    assert did == [(paper, "record 2, WARNED"), (paper, "record 2, WARNED"), (paper, "not signed")]


def test_a_damaged_record_is_said_to_be(services: Services, at: Desk) -> None:
    """The page is there all the same, and the papers are of the last record that can be read."""
    id_ = kept(services, Decision.FAIL)
    at.post(f"/report/{id_}/signoff", inspector="First", decision="", note="", after="0")
    with History.open(services.archive.where) as history:
        (record,) = history.records_of(id_)
        broken = replace(record, envelope=b"{}", sha256=hashlib.sha256(b"{}").hexdigest())
        history.append(lambda number, _: replace(broken, number=number), id_, Result.PASSED)
    told = harmless(at.get(f"/report/{id_}")).text
    assert "cannot be read" in told
    assert "FAILED by First" in told
    assert at.ask(f"/report/{id_}/certificate.pdf").status_code == 200
    assert at.ask(f"/report/{id_}/record-3.dsse").status_code == 404


@pytest.mark.parametrize("decision", [Decision.FAIL, Decision.REVIEW, Decision.PASS])
def test_a_record_that_names_the_unit_is_for_inspectors(services: Services, decision: Decision) -> None:
    """Nothing in a record can be masked: the plain one is for all, and who gets the other is in the trail."""
    id_ = kept(services, decision)
    with desk(services) as inspector:
        inspector.post(f"/report/{id_}/signoff", inspector="K", decision="", note="As agreed", after="0")
        inspector.post(
            f"/report/{id_}/signoff", inspector="K", decision="", note=f"Is {samples.SERIAL}", after="1"
        )
        with desk(services, Role.OPERATOR) as operator:
            assert samples.SERIAL not in operator.get(f"/report/{id_}")
            assert operator.ask(f"/report/{id_}/record-1.dsse").status_code == 200
            refused = operator.ask(f"/report/{id_}/record-2.dsse")
            assert refused.status_code == 403
            assert samples.SERIAL not in refused.text
        assert "identifiers" not in [one.what for one in trail(services)]
        assert inspector.ask(f"/report/{id_}/record-2.dsse").status_code == 200
    assert trail(services)[0].what == "identifiers"
