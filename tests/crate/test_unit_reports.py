"""Reports on a unit are not waited for, and whatever of them a power cut took is made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.crate.keeping import unit_folder
from audit.crate.unit_reports import Others, mark, publish_unit, published
from audit.model.evidence import Snapshot, Source, SourceKind, UnitId
from audit.model.report import Expectation
from audit.pipeline import audit_snapshot
from audit.reports import Options
from audit.rulebook import load

AT = "2026-11-22T00:00:00Z"
OPTIONS = Options(key=b"k")


def _published(folder: Path) -> Path:
    """A folder of a unit with its reports."""
    snapshot = Snapshot(
        unit=UnitId(serial="S", model="M"),
        source=Source(kind=SourceKind.LIVE, detail=""),
        acquired_at=AT,
        tool_version="1",
        artifacts=(),
        gaps=(),
    )
    unit = unit_folder(folder, "u")
    unit.mkdir(parents=True)
    report = audit_snapshot(snapshot, load(), Expectation(market="NO"), judged_at=AT)
    publish_unit(folder, "u", report, Others(), OPTIONS)
    return unit


def test_published(tmp_path: Path) -> None:
    """What was written is known to be there, and what it was made of."""
    unit = _published(tmp_path)
    assert {path.name for path in unit.iterdir()} == {"report.html", "report.json", ".published"}
    assert published(tmp_path, "u") == mark(AT, Others(), OPTIONS)
    assert published(tmp_path, "other") == ""


@pytest.mark.parametrize("name", ["report.html", "report.json", ".published"])
@pytest.mark.parametrize("left", [None, 0, 30])
def test_half_written(name: str, left: int | None, tmp_path: Path) -> None:
    """A report or a mark that is missing, empty or cut short counts as none."""
    path = _published(tmp_path) / name
    data = path.read_bytes()
    path.unlink() if left is None else path.write_bytes(data[:left])
    assert published(tmp_path, "u") == ""
