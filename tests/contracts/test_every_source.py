"""One suite over every way a snapshot is kept: equal evidence gives an equal report."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import codec
from audit.digest import digest
from audit.model.evidence import Snapshot
from audit.model.report import Expectation, Report
from audit.pipeline import audit_snapshot
from audit.sources import open_source
from tests.contracts.kept import KEPT, RULEBOOK, read_live

UNITS = ("clean-global", "incident-2019", "dormant-eu", "cn-build", "reflashed-xiaomi")


@pytest.fixture(scope="module", params=UNITS)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A virtual unit, read over ADB."""
    return read_live(request.param, tmp_path_factory.mktemp("home"))


def judged(snapshot: Snapshot, market: str) -> Report:
    """The report for *market*."""
    return audit_snapshot(snapshot, RULEBOOK, Expectation(market=market), judged_at="2025-01-02T00:00:00Z")


def findings(report: Report) -> set[tuple[str, str, str, str, str]]:
    """The findings, less the places they were read from."""
    return {(f.check, f.outcome, f.subject, str(f.level), f.message) for f in report.findings}


@pytest.mark.parametrize("kept", KEPT)
def test_equal_evidence_gives_an_equal_report(live: Snapshot, kept: str, tmp_path: Path) -> None:
    """Verdict, findings, their words, region and identity are the same whatever way the evidence was kept."""
    snapshot = open_source(KEPT[kept](live, tmp_path))
    for market in ("NO", "CN"):
        first, second = judged(live, market), judged(snapshot, market)
        assert findings(second) == findings(first)
        assert second.verdict == first.verdict
        assert second.identity == first.identity
        assert (second.region.region, second.region.markets) == (first.region.region, first.region.markets)


@pytest.mark.parametrize("kept", KEPT)
def test_a_source_says_what_it_is_and_is_read_twice_the_same(
    live: Snapshot, kept: str, tmp_path: Path
) -> None:
    """The kind names the way, and nothing depends on the order in which files are found."""
    path = KEPT[kept](live, tmp_path)
    first, second = open_source(path), open_source(path)
    assert first == second
    assert first.source.kind == {"saved": "live"}.get(kept, kept.split(maxsplit=1)[0])


@pytest.mark.parametrize("kept", KEPT)
def test_what_was_read_can_be_saved_and_judged_again(live: Snapshot, kept: str, tmp_path: Path) -> None:
    """A snapshot of any source survives its file byte for byte, and so does the report."""
    snapshot = open_source(KEPT[kept](live, tmp_path))
    again = codec.from_json(Snapshot, codec.to_json(snapshot), where="memory")
    assert again == snapshot
    assert digest(again) == digest(snapshot)
    assert judged(again, "NO") == judged(snapshot, "NO")
