from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.parse.bounds import MOST_LINES, bounded
from audit.parse.facts import read_facts


@given(st.integers(0, 3_000_000), st.integers(0, 3_000_000))
def test_an_artifact_has_no_more_lines_than_are_read(lines: int, most: int) -> None:
    """What is kept is a beginning of it, and if it is not all, that is said."""
    artifact = Artifact(kind=Kind.LOGCAT, origin="o", data=b"\n" * lines)
    kept = bounded(artifact, most_lines=most)
    assert artifact.data.startswith(kept.data)
    assert kept.data.count(b"\n") <= most
    assert kept.truncated is (kept.data != artifact.data)
    assert kept.truncated is (lines > most)


def test_a_list_of_files_may_be_longer() -> None:
    """A phone has more files than any of its logs has lines that tell."""
    for kind, truncated in ((Kind.LOGCAT, True), (Kind.LISTING, False), (Kind.DIGESTS, False)):
        assert bounded(Artifact(kind=kind, origin="o", data=b"a\n" * (MOST_LINES + 1))).truncated is truncated


@pytest.mark.parametrize("kind", [Kind.PACKAGES, Kind.GETPROP])
def test_newlines_without_end_are_a_gap(kind: Kind) -> None:
    """Hundreds of megabytes of nothing end as an answer that was cut, in seconds."""
    artifact = Artifact(kind=kind, origin="o", data=b"\n" * (64 << 20))
    snapshot = Snapshot(
        unit=UnitId(),
        source=Source(kind=SourceKind.FOLDER),
        acquired_at=None,
        tool_version="1",
        artifacts=(artifact,),
    )
    topic = {Kind.PACKAGES: Topic.PACKAGES, Kind.GETPROP: Topic.PROPERTIES}[kind]
    assert "stopped before its end" in " ".join(
        g.reason for g in read_facts(snapshot).gaps if g.topic is topic
    )
