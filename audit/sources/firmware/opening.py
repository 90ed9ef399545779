"""From a path to the file systems that lie there: what kind of firmware it is."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from audit.errors import BadInput
from audit.model.evidence import Gap, Topic
from audit.model.record import record
from audit.sources.firmware import sniff
from audit.sources.firmware.containers import file_names
from audit.sources.firmware.containers.package import open_package
from audit.sources.firmware.containers.spool import Spool
from audit.sources.firmware.containers.volume import Package
from audit.sources.firmware.filesystems import roots
from audit.sources.firmware.filesystems.folder_tree import FolderTree
from audit.sources.firmware.filesystems.nodes import NodeKind
from audit.sources.firmware.filesystems.roots import Root
from audit.sources.firmware.layout.survey import mounts_of

UNPACKED = "an unpacked firmware"


@record
class Opened:
    """A firmware that can be read.

    kind: for people; left: what was named and not opened; gaps: what should have been opened and could not be
    """

    kind: str
    roots: tuple[Root, ...]
    gaps: tuple[Gap, ...] = ()
    left: tuple[str, ...] = ()


def opened(path: Path, spool: Path | None, stack: ExitStack) -> Opened:
    """What lies at *path*, open until *stack* is left. Raises BadInput for what is no firmware."""
    kept = stack.enter_context(Spool(spool))
    unpacked = _unpacked(path)
    if unpacked is None:
        return _of_package(open_package(path, spool=kept))
    if not unpacked.images:
        return Opened(kind=UNPACKED, roots=(roots.of_folder(path),))
    return _with_images(path, unpacked, kept)


def _of_package(package: Package) -> Opened:
    return Opened(
        kind=package.kind,
        roots=tuple(roots.of_volume(volume) for volume in package.volumes),
        gaps=package.gaps,
        left=package.left,
    )


def _with_images(path: Path, unpacked: _Unpacked, spool: Spool) -> Opened:
    """Partitions that somebody unpacked, and beside them the images of some that nobody did."""
    folder = roots.of_folder(path)
    try:
        beside = _of_package(open_package(path, spool=spool, only=unpacked.images))
    except BadInput as error:
        gaps = tuple(
            Gap(topic=topic, reason=f"{error.where}: {error.what}", fix=error.fix, origin=error.where)
            for topic in (Topic.PACKAGES, Topic.PROPERTIES)
        )
        return Opened(kind=UNPACKED, roots=(folder,), gaps=gaps)
    new = tuple(root for root in beside.roots if root.name not in unpacked.partitions)
    if not new:
        return Opened(kind=UNPACKED, roots=(folder,), gaps=beside.gaps, left=beside.left)
    return replace(beside, kind=f"{UNPACKED} {beside.kind}", roots=(folder, *new))


def accepts(path: Path, head: bytes) -> bool:
    """Whether there is a firmware at *path*, by its first bytes (b"" for a folder)."""
    if path.is_dir():
        return is_unpacked(path) or sniff.holds_images(path)
    return sniff.is_package(path, head)


def is_unpacked(path: Path) -> bool:
    """Whether *path* is a folder with partitions of a phone, and APKs in them.

    Without any APK a folder holds evidence that somebody picked; it is read as such.
    """
    return _unpacked(path) is not None


@record
class _Unpacked:
    """partitions: names of those that lie there; images: paths of files that may hold further ones."""

    partitions: frozenset[str]
    images: tuple[str, ...]


def _unpacked(path: Path) -> _Unpacked | None:
    if not path.is_dir():
        return None
    root = roots.of_folder(path)
    nodes = tuple(FolderTree(path).walk())
    mounts = mounts_of(root, nodes)
    files = [node.path for node in nodes if node.kind is not NodeKind.FOLDER]
    apks = (file for file in files if file.lower().endswith(".apk"))
    if not any(mount.unit_path(apk) for apk in apks for mount in mounts):
        return None
    partitions = frozenset(mount.at.strip("/").partition("/")[0] or "system" for mount in mounts)
    apart = [mount for mount in mounts if mount.below]
    outside = (file for file in files if not any(mount.unit_path(file) for mount in apart))
    images = (file.strip("/") for file in outside if _is_image_of_another(file, partitions))
    return _Unpacked(partitions=partitions, images=tuple(images) if apart else ())


def _is_image_of_another(path: str, partitions: frozenset[str]) -> bool:
    """Whether *path* is an image of something else than what was unpacked beside it."""
    named = file_names.image_name(path)
    if named is None:
        return file_names.is_payload(path) or file_names.update_part(path) is not None
    return named.partition not in partitions
