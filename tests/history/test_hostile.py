from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import codec
from audit.history import Carried, History
from audit.model.evidence import Snapshot, UnitId
from audit.model.history import CrateRef, Query
from audit.model.report import Report
from tests.history.made import imei, report_of, snapshot_of

ODD = (
    "a\x00b",
    "\udcff\ud800",
    "\x1b[2J\x1b]0;x\x07",
    "\u202egpj.exe",
    "'; DROP TABLE report; --",
    "=1+1",
    "漢字" * 400,
    "L" * 1_000_000,
    "😀",
    "İıß",
    "",
)


def _odd_report(text: str) -> Report:
    plain = report_of()
    first, *others = plain.findings
    return replace(
        plain,
        unit=UnitId(serial=text, model=text),
        identity=replace(
            plain.identity, serial=text, model=text, build=text, incremental=text, fingerprint=text
        ),
        expectation=replace(plain.expectation, market=text, policy=text),
        region=replace(plain.region, region=text),
        verdict=replace(plain.verdict, because=(text, text)),
        findings=(replace(first, check=text, subject=text, message=text, waiver=text), *others),
        tool_version=text,
        acquired_at=text,
    )


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_hostile_text_is_kept_and_found_alike_on_both(history: History, text: str) -> None:
    """Whole in the report, sanitised and short where it is listed; lone surrogates as files spell them."""
    crate = CrateRef(id=text, name=text, began_at=text)
    report = _odd_report(text)
    id_ = history.record(
        report, None, crate=crate, identifiers=[imei(text)], packages={text: text, "com.a": "1"}
    )
    assert id_ == codec.sha256(report)
    back = history.report(id_)
    assert codec.to_json(back) == codec.to_json(report)
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert back == report
    [stored] = history.search(Query(package="com.a"))
    for shown in (stored.model, stored.build, stored.serial, stored.crate, stored.policy, *stored.because):
        assert len(shown) <= 1000
        assert shown.isprintable()
        shown.encode()
    asked = Query(model=text, build=text, crate=text, market=text)
    assert [one.id for one in history.search(asked)] == [id_]
    assert history.packages(id_)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_hostile_evidence_is_kept(history: History, text: str) -> None:
    """Any bytes, and any name of a file."""
    evidence = snapshot_of(text, data=text.encode("utf-8", "surrogatepass") + b"\xff\x00")
    evidence = replace(evidence, source=replace(evidence.source, path=text, detail=text))
    id_ = history.record(report_of(evidence=evidence), evidence)
    back = history.snapshot(history.report(id_).snapshot_sha256, id_)
    assert back is not None
    assert back.artifacts == evidence.artifacts
    assert codec.to_json(back) == codec.to_json(evidence)


def test_more_packages_than_a_unit_has_are_bounded_and_said(history: History) -> None:
    """A unit that names 30,000 is not whole."""
    id_ = history.record(report_of(), None, packages={f"com.p{n:05}": "1" for n in range(30_000)})
    carried = history.packages(id_)
    assert carried is not None
    assert len(carried) == 20_000
    assert carried[0] == Carried(name="com.p00000", version="1")
    assert history.unlisted(Query()) == 1


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.tuples(_TEXT, _TEXT, _TEXT),
    data=st.binary(max_size=200),
    day=st.integers(0, 3000),
    packages=st.dictionaries(_TEXT, _TEXT, max_size=5),
)
def test_what_is_recorded_is_read_back(
    *, history: History, texts: tuple[str, str, str], data: bytes, day: int, packages: dict[str, str]
) -> None:
    """Report and snapshot are equal to what was given, whatever is in them, and found by what they say."""
    serial, model, message = texts
    evidence: Snapshot = snapshot_of(serial, data=data)
    report = report_of(serial, day=day, model=model, evidence=evidence)
    report = replace(report, findings=tuple(replace(one, message=message) for one in report.findings))
    id_ = history.record(report, evidence, packages=packages)
    assert history.record(report, evidence) == id_
    assert history.report(id_) == report
    assert history.snapshot(report.snapshot_sha256, id_) == evidence
    assert id_ in {one.id for one in history.search(Query(model=model))}
    assert history.stored(id_).id == id_
