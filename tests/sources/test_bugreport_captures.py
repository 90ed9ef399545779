"""Real bug reports against the files that were cut out of them by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.evidence import Artifact, Kind, Snapshot, Topic
from audit.model.facts import Did
from audit.model.record import record
from audit.model.report import Decision, Expectation, Report
from audit.parse.facts import read_facts
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import open_source

RULEBOOK = load()
REDACTED = "lines removed by the data researcher"
"""Whoever recorded these took some sections out, which no phone does."""


@record
class Case:
    """What a report is known to hold. contacts: other machines; transferred: user ids with bytes."""

    folder: str
    report: str
    properties: int
    packages: int
    contacts: int
    transferred: int
    running: int
    overlays: int
    settings: int


CASES = (
    Case(
        folder="meizu_mx6_CN_flyme6",
        report="bugreport.zip",
        properties=705,
        packages=234,
        contacts=7,
        transferred=55,
        running=36,
        overlays=0,
        settings=0,
    ),
    Case(
        folder="pixel_sailfish_8.1_US",
        report="bugreport-sailfish-OPM1.171019.021-2018-04-02-17-06-30.zip",
        properties=526,
        packages=232,
        contacts=14,
        transferred=57,
        running=26,
        overlays=3,
        settings=312,
    ),
    Case(
        folder="sunmi_t2s_lite_9",
        report="bugreport.zip",
        properties=693,
        packages=175,
        contacts=8,
        transferred=20,
        running=28,
        overlays=12,
        settings=400,
    ),
)
by_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.folder)


def judged(snapshot: Snapshot) -> Report:
    """The report for Germany."""
    return audit_snapshot(snapshot, RULEBOOK, Expectation(market="DE"), judged_at="2025-06-01T00:00:00Z")


def one(artifacts: tuple[Artifact, ...], kind: Kind, ending: str) -> bytes:
    """The data of the one artifact of a kind whose origin ends so."""
    (found,) = [a for a in artifacts if a.kind is kind and a.origin.endswith(ending)]
    return found.data


@by_case
def test_the_sections_are_those_cut_out_by_hand(captures: Path, case: Case) -> None:
    """Packages, sockets, counters and properties, byte for byte."""
    folder = captures / case.folder
    artifacts = open_source(folder / case.report).artifacts
    for kind, ending, name in (
        (Kind.PACKAGE_DETAILS, "dumpsys package", "dumpsys_package.txt"),
        (Kind.SOCKETS, "NETSTAT", "netstat.txt"),
        (Kind.NETSTATS, "dumpsys netstats", "dumpsys_netstats.txt"),
        (Kind.GETPROP, "SYSTEM PROPERTIES", "getprop.txt"),
    ):
        assert one(artifacts, kind, ending).rstrip() == (folder / name).read_bytes().rstrip(), name
    assert not [a.origin for a in artifacts if a.truncated]


@by_case
def test_the_facts_are_counted(captures: Path, case: Case) -> None:
    """Each unit gives what it is known to hold, and no line is lost but those taken out."""
    facts = read_facts(open_source(captures / case.folder / case.report))
    assert len(facts.properties) == case.properties
    assert len(facts.packages) == case.packages
    assert len(facts.overlays) == case.overlays
    assert len(facts.settings) == case.settings
    assert len(facts.flows or ()) == case.contacts
    done = [a.what for a in facts.activity]
    assert (done.count(Did.TRANSFERRED), done.count(Did.RUNNING)) == (case.transferred, case.running)
    assert [u for u in facts.unread if REDACTED not in u.text] == []
    assert {g.topic for g in facts.gaps} <= {Topic.FLOWS, Topic.ACTIVITY, Topic.SETTINGS}


@by_case
def test_a_report_and_its_parts_are_judged_alike(captures: Path, case: Case) -> None:
    """The same evidence gives the same findings, in an archive or as files."""
    folder = captures / case.folder
    whole, parts = judged(open_source(folder / case.report)), judged(open_source(folder))
    clients = [
        {(f.outcome, f.severity, f.subject, f.level) for f in report.findings if f.check == "client-market"}
        for report in (whole, parts)
    ]
    assert clients[0] == clients[1]
    assert whole.identity.fingerprint == parts.identity.fingerprint
    assert whole.region.region == parts.region.region
    assert whole.verdict.decision is not Decision.PASS


def test_the_meizus_activation_client_is_found(captures: Path) -> None:
    """It is in the package dump of the report alone."""
    report = judged(open_source(captures / "meizu_mx6_CN_flyme6" / "bugreport.zip"))
    assert "com.activate.activatephone" in {f.subject for f in report.findings}


def test_addresses_cut_by_netstat_claim_no_port(captures: Path) -> None:
    """`netstat -n` of Android 7 prints ::ffff:111.202.100.56:8 for a port that may be 80 or 8080."""
    facts = read_facts(open_source(captures / "meizu_mx6_CN_flyme6" / "bugreport.zip"))
    reached = {flow.to for flow in facts.flows or ()}
    assert {"111.202.100.56", "180.149.153.187:443"} <= reached
    assert all(flow.cleartext is None for flow in facts.flows or ())
