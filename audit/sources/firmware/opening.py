"""From a path to the file systems that lie there: what kind of firmware it is."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from audit.model.evidence import Gap
from audit.model.record import record
from audit.sources.firmware import roots, sniff
from audit.sources.firmware.folder_tree import FolderTree
from audit.sources.firmware.nodes import NodeKind
from audit.sources.firmware.package import open_package
from audit.sources.firmware.roots import Root
from audit.sources.firmware.spool import Spool
from audit.sources.firmware.survey import mounts_of

_LOOKED_AT = 60_000
"""Entries of a folder that are looked at to tell what it is."""
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
    if is_unpacked(path):
        return Opened(kind=UNPACKED, roots=(roots.of_folder(path),))
    package = open_package(path, spool=stack.enter_context(Spool(spool)))
    return Opened(
        kind=package.kind,
        roots=tuple(roots.of_volume(volume) for volume in package.volumes),
        gaps=package.gaps,
        left=package.left,
    )


def accepts(path: Path, head: bytes) -> bool:
    """Whether there is a firmware at *path*, by its first bytes (b"" for a folder)."""
    if path.is_dir():
        return is_unpacked(path) or sniff.holds_images(path)
    return sniff.is_package(path, head)


def is_unpacked(path: Path) -> bool:
    """Whether *path* is a folder with partitions of a phone, and APKs in them.

    Without any APK a folder holds evidence that somebody picked; it is read as such.
    """
    if not path.is_dir():
        return False
    root = roots.of_folder(path)
    nodes = tuple(islice(FolderTree(path).walk(), _LOOKED_AT))
    mounts = mounts_of(root, nodes)
    apks = (node.path for node in nodes if node.kind is NodeKind.FILE and node.path.lower().endswith(".apk"))
    return any(mount.unit_path(apk) for apk in apks for mount in mounts)
