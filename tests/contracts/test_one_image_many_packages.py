from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from audit.model.evidence import Snapshot, Source, SourceKind
from audit.model.profiles import Outcome
from audit.model.report import Expectation, Report
from audit.pipeline import audit_snapshot
from audit.rulebook.loader import load
from audit.sources import open_source
from tests.build import archives, block_ota, payload, phone_image, sparse, super_image
from tests.build.phone_image import CLIENT, PARTITIONS

BLOCK = 4096


def _padded(images: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0") for name, data in images.items()}


def _folder(images: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, data in images.items():
        (folder / f"{name}.img").write_bytes(data)
    return folder


def _written(data: bytes, path: Path) -> Path:
    path.write_bytes(data)
    return path


def _sparse_images(images: Mapping[str, bytes], folder: Path) -> Path:
    return _folder({name: sparse.of_raw(data) for name, data in images.items()}, folder)


def _sparse_super(images: Mapping[str, bytes], folder: Path) -> Path:
    whole = super_image.image({f"{name}_a": data for name, data in images.items()})
    return _folder({"super": sparse.of_raw(whole)}, folder)


def _factory_zip(images: Mapping[str, bytes], folder: Path) -> Path:
    inner = archives.zipped({f"{name}.img": data for name, data in images.items()})
    return _written(archives.zipped({"b2n/image-b2n-ppr1.zip": inner}), folder.with_suffix(".zip"))


def _payload_zip(images: Mapping[str, bytes], folder: Path) -> Path:
    files = {"META-INF/com/android/metadata": b"ota-type=AB\n", "payload.bin": payload.full(images)}
    return _written(archives.zipped(files, stored=True), folder.with_suffix(".zip"))


def _block_zip(images: Mapping[str, bytes], folder: Path) -> Path:
    files: dict[str, bytes] = {}
    for name, data in images.items():
        listed, new = block_ota.update(data)
        files |= {f"{name}.transfer.list": listed, f"{name}.new.dat": new}
    return _written(archives.zipped(files), folder.with_suffix(".zip"))


def _samsung_tar(images: Mapping[str, bytes], folder: Path) -> Path:
    files = {f"{name}.img.lz4": archives.lz4ed(data) for name, data in images.items()}
    return _written(archives.tarred(files, md5=True), folder.with_name(f"AP_{folder.name}.tar.md5"))


def _xiaomi_tgz(images: Mapping[str, bytes], folder: Path) -> Path:
    files = {f"b2n_images/images/{name}.img": sparse.of_raw(data) for name, data in images.items()}
    return _written(archives.tarred(files, gz=True), folder.with_suffix(".tgz"))


PACKAGES: Mapping[str, Callable[[Mapping[str, bytes], Path], Path]] = {
    "folder of images": _folder,
    "sparse images": _sparse_images,
    "sparse super": _sparse_super,
    "factory zip": _factory_zip,
    "payload.bin in a zip": _payload_zip,
    "block-based update": _block_zip,
    "Samsung's tar": _samsung_tar,
    "Xiaomi's tgz": _xiaomi_tgz,
}


def report(snapshot: Snapshot, market: str = "NO") -> Report:
    """What the shipped rules say of *snapshot*, wherever it came from."""
    same = replace(snapshot, source=Source(kind=SourceKind.FIRMWARE))
    return audit_snapshot(same, load(), Expectation(market=market), judged_at="2026-01-31T12:00:00Z")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The phone with the client."""
    return phone_image.phone()


@pytest.fixture(scope="module")
def from_tree(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The phone unpacked, read."""
    return open_source(phone_image.write_tree(files, tmp_path_factory.mktemp("tree") / "dump"))


@pytest.fixture(scope="module", params=["ext4", "erofs"])
def images(
    request: pytest.FixtureRequest, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """The images of the phone's partitions in one kind of file system."""
    return _padded(phone_image.images(files, tmp_path_factory.mktemp("images"), request.param))


@pytest.mark.parametrize("kind", PACKAGES)
def test_equal_evidence_gives_an_equal_report(
    kind: str, images: dict[str, bytes], from_tree: Snapshot, tmp_path: Path
) -> None:
    """One image, however it is packed, is one snapshot but for where it came from, and one report."""
    snapshot = open_source(PACKAGES[kind](images, tmp_path / "phone"))
    assert snapshot.source.kind is SourceKind.FIRMWARE
    assert "system" in snapshot.source.detail
    assert replace(snapshot, source=from_tree.source) == from_tree
    assert report(snapshot) == report(from_tree)


def test_the_reports_are_about_something(from_tree: Snapshot) -> None:
    """What all these reports agree on is no empty page: the client is found, armed, by its code alone."""
    found = [f for f in report(from_tree).findings if f.check == "client-market"]
    assert [f.outcome for f in found] == [Outcome.FAIL]
    assert CLIENT in found[0].message
    assert "armed" in found[0].message


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        (phone_image.phone(gated=True), Outcome.REVIEW),
        (phone_image.phone(client=False), Outcome.PASS),
        (phone_image.phone(client=False, pack=CLIENT), Outcome.PASS),
    ],
    ids=["gated", "absent", "in a carrier's pack"],
)
def test_what_is_asleep_absent_or_only_available_does_not_fail(
    files: dict[str, bytes], outcome: Outcome, tmp_path: Path
) -> None:
    """A gate in the code is seen; a client that lies in a carrier's pack is on offer, not on the phone."""
    found = report(open_source(phone_image.write_tree(files, tmp_path / "dump"))).findings
    assert {f.outcome for f in found if f.check == "client-market"} == {outcome}
    assert Outcome.FAIL not in {f.outcome for f in found}


def test_a_partition_may_be_a_folder_of_the_system(
    files: dict[str, bytes], from_tree: Snapshot, tmp_path: Path
) -> None:
    """A phone without partitions for vendor and product is judged like one that has them."""
    nested = {
        f"/system{path}" if path.split("/")[1] in PARTITIONS else path: data for path, data in files.items()
    }
    snapshot = open_source(phone_image.write(nested, tmp_path / "system"))
    assert replace(snapshot, source=from_tree.source) == from_tree
