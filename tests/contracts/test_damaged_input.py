"""Whatever is cut, empty, altered or foreign ends as a clear error or as INCONCLUSIVE, never as PASS."""

from __future__ import annotations

import gzip
import random
import shutil
from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.model.evidence import Snapshot
from audit.model.report import Decision, Expectation, Report
from audit.pipeline import audit_snapshot
from audit.sources import open_source
from tests.contracts.kept import KEPT, RULEBOOK, read_live

FILES = [kept for kept in KEPT if kept not in {"folder", "androidqf"}]
FOREIGN = {
    "nothing": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "a document": b"%PDF-1.7\n" + bytes(64),
    "a program": b"\x7fELF\x02\x01\x01" + bytes(64),
    "a page": b"<!doctype html><title>403</title>",
    "an empty archive": b"PK\x05\x06" + bytes(18),
    "compressed nothing": gzip.compress(b""),
    "zeros": bytes(100_000),
    "noise": random.Random(7).randbytes(100_000),  # noqa: S311 - content, no secret
    "JSON of another kind": b'{"schema": "else/1"}',
    "words": b"error: device not found\n",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A unit with nothing wrong, kept in every way."""
    snapshot = read_live("clean-global", tmp_path_factory.mktemp("home"))
    return {kept: make(snapshot, tmp_path_factory.mktemp("kept")) for kept, make in KEPT.items()}


def judged(path: Path) -> Report | None:
    """The report on *path*; None where it is refused, which must say what is wrong and what to do."""
    snapshot = opened(path)
    if isinstance(snapshot, AuditError):
        assert snapshot.what
        assert snapshot.fix
        return None
    return audit_snapshot(snapshot, RULEBOOK, Expectation(market="NO"), judged_at="2025-01-02T00:00:00Z")


def opened(path: Path) -> Snapshot | AuditError:
    """What lies at *path*, or why it cannot be read."""
    try:
        return open_source(path)
    except AuditError as error:
        return error


def passes(path: Path) -> bool:
    """Whether *path* gets a PASS."""
    report = judged(path)
    return report is not None and report.verdict.decision is Decision.PASS


@pytest.mark.parametrize("kept", KEPT)
def test_whole_it_passes(kept: str, whole: dict[str, Path]) -> None:
    """Else the other tests here could not fail."""
    assert passes(whole[kept])


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.999])
@pytest.mark.parametrize("kept", FILES)
def test_a_cut_file_never_passes(kept: str, share: float, whole: dict[str, Path], tmp_path: Path) -> None:
    """Wherever it is cut, something is missing, and it is said."""
    data = whole[kept].read_bytes()
    cut = tmp_path / whole[kept].name
    cut.write_bytes(data[: int(len(data) * share)])
    assert not passes(cut)


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("kept", FILES)
def test_a_foreign_file_is_refused_whatever_it_is_called(
    kept: str, foreign: str, whole: dict[str, Path], tmp_path: Path
) -> None:
    """The name promises, the content decides."""
    path = tmp_path / whole[kept].name
    path.write_bytes(FOREIGN[foreign])
    report = judged(path)
    assert report is None or report.verdict.decision is Decision.INCONCLUSIVE


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kept", FILES)
def test_altered_bytes_pass_only_where_nothing_of_weight_changed(
    kept: str, seed: int, whole: dict[str, Path], tmp_path: Path
) -> None:
    """A flipped bit may hit a word no check asks for; it never ends in a traceback, nor hides a package."""
    draw = random.Random(seed)  # noqa: S311 - content, no secret
    data = bytearray(whole[kept].read_bytes())
    for _ in range(1 + seed * 3):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    path = tmp_path / whole[kept].name
    path.write_bytes(data)
    report, before = judged(path), judged(whole[kept])
    if report is not None and report.verdict.decision is Decision.PASS:
        assert before is not None
        assert counted(report) == counted(before)


def counted(report: Report) -> dict[str, int]:
    """How many properties and packages were read."""
    return {c.topic: c.count for c in report.coverage if c.topic in {"properties", "packages"}}


@pytest.mark.parametrize("damage", ["gone", "emptied", "cut"])
@pytest.mark.parametrize("kept", ["folder", "androidqf"])
def test_a_folder_without_its_properties_never_passes(
    kept: str, damage: str, whole: dict[str, Path], tmp_path: Path
) -> None:
    """Gone, emptied or cut: the other answers do not make up for it."""
    folder = tmp_path / kept
    shutil.copytree(whole[kept], folder)
    answer = folder / "getprop.txt"
    data = answer.read_bytes()
    answer.unlink()
    if damage != "gone":
        answer.write_bytes(b"" if damage == "emptied" else data[: len(data) * 2 // 3])
    assert not passes(folder)


def test_a_folder_without_any_word_of_packages_never_passes(whole: dict[str, Path], tmp_path: Path) -> None:
    """Neither the lists nor the dump."""
    folder = tmp_path / "outputs"
    shutil.copytree(whole["folder"], folder)
    for path in folder.glob("*package*"):
        path.unlink()
    assert not passes(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """Nothing was read, so nothing can be said."""
    assert judged(tmp_path) is None
