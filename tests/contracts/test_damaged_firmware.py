from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.model.evidence import Snapshot, Source, SourceKind
from audit.model.report import Expectation
from audit.pipeline import audit_snapshot
from audit.rulebook.loader import load
from audit.sources import open_source
from tests.build import phone_image
from tests.contracts.test_one_image_many_packages import PACKAGES, _padded

PASS = "PASS"


def judged(path: Path) -> tuple[str, Snapshot | None]:
    """What is said of the firmware at *path*: a decision and on what, or why it cannot be read."""
    try:
        snapshot = open_source(path)
    except AuditError as error:
        return (f"refused: {error.what}" if error.what and error.fix else "refused without a reason"), None
    expected = Expectation(market="NO")
    report = audit_snapshot(snapshot, load(), expected, judged_at="2026-01-31T12:00:00Z")
    return report.verdict.decision, replace(snapshot, source=Source(kind=SourceKind.FIRMWARE))


def _cut(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * share)]


def _wiped(data: bytes) -> bytes:
    """Zeros where the middle was, as a copy with holes has."""
    third = len(data) // 3
    return data[:third] + bytes(third) + data[2 * third :]


def _noise(data: bytes) -> bytes:
    """Every 997th byte turned over."""
    damaged = bytearray(data)
    for at in range(0, len(damaged), 997):
        damaged[at] ^= 0xFF
    return bytes(damaged)


CUT: dict[str, Callable[[bytes], bytes]] = {
    "a tenth": _cut(0.1),
    "a half": _cut(0.5),
    "nine tenths": _cut(0.9),
    "nothing": lambda _: b"",
}


@pytest.fixture(scope="module", params=["ext4", "erofs"])
def packages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A phone with nothing wrong, packed in every way."""
    files = phone_image.phone(client=False)
    images = _padded(phone_image.images(files, tmp_path_factory.mktemp("images"), request.param))
    home = tmp_path_factory.mktemp("packages")
    return {kind: pack(images, home / f"phone{n}") for n, (kind, pack) in enumerate(PACKAGES.items())}


def damaged(given: Path, folder: Path, damage: Callable[[bytes], bytes]) -> Path:
    """A copy of the package, in *folder*, with *damage* done to it, or to the system's of several images."""
    if not given.is_dir():
        (folder / given.name).write_bytes(damage(given.read_bytes()))
        return folder / given.name
    for file in given.iterdir():
        data = file.read_bytes()
        (folder / file.name).write_bytes(damage(data) if file.name.startswith("s") else data)
    return folder


@pytest.mark.parametrize("kind", PACKAGES)
def test_whole_it_passes(kind: str, packages: dict[str, Path]) -> None:
    """The phone that is damaged below has nothing wrong: what follows is about the damage alone."""
    assert judged(packages[kind])[0] == PASS


@pytest.mark.parametrize("left", CUT)
@pytest.mark.parametrize("kind", PACKAGES)
def test_cut_it_never_passes(kind: str, left: str, packages: dict[str, Path], tmp_path: Path) -> None:
    """A package of which a part is left is inconclusive, or refused with the reason and what to do."""
    said, snapshot = judged(damaged(packages[kind], tmp_path, CUT[left]))
    # a tar ends with blocks of zeros and Samsung's with a line: without some of them it is still whole
    padding = kind == "Samsung's tar" and snapshot == judged(packages[kind])[1]
    assert said == "INCONCLUSIVE" or said.startswith("refused: ") or padding


@pytest.mark.parametrize("kind", PACKAGES)
def test_wiped_it_passes_only_if_nothing_was_lost(
    kind: str, packages: dict[str, Path], tmp_path: Path
) -> None:
    """Zeros in the middle, as a copy with holes has, are noticed unless all evidence lies elsewhere."""
    said, snapshot = judged(damaged(packages[kind], tmp_path, _wiped))
    assert said == "INCONCLUSIVE" or said.startswith("refused: ") or snapshot == judged(packages[kind])[1]


@pytest.mark.parametrize("kind", PACKAGES)
def test_noise_never_ends_in_a_traceback(kind: str, packages: dict[str, Path], tmp_path: Path) -> None:
    """Whatever a package is turned into, there is an answer, or an error that says what to do."""
    said, _ = judged(damaged(packages[kind], tmp_path, _noise))
    assert said != "refused without a reason"
