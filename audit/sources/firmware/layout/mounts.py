"""Which tree lies where on the unit: the way from a path in an image or folder to the path on the phone.

A system image may hold the root of the unit, with ``/system`` as one of its folders (system-as-root: from
Android 9 on, ``BOARD_BUILD_SYSTEM_ROOT_IMAGE`` before), or only what lies in ``/system``. An unpacked package
is a folder with one folder a partition, or one partition's content alone.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from audit.model.record import record
from audit.sources.firmware.filesystems.nodes import Node, NodeKind
from audit.sources.firmware.layout.places import is_partition, never_has_packages, settled

_SUFFIX = re.compile(r"(?:_[ab])?(?:\.(?:img|raw|ext4))?\Z")
_SIGNS = ("app", "priv-app", "framework", "overlay", "build.prop", "etc")
"""What at least one of lies in a partition an audit reads."""
_SYSTEM_SIGNS = ("build.prop", "framework", "app", "priv-app")
_PACKAGES = ("app", "priv-app", "overlay", "build.prop")
"""What at least one of lies in a partition that nobody knows, or else an APK."""
_RANKED = ("system", "system_root", "system_other")
_SYSTEM = frozenset(_RANKED)
"""system_other: the other slot's image, which in factory packages holds compiled code for ``/system``."""
_RAMDISKS = ("/boot/ramdisk", "/ramdisk", "/root", "/boot/RAMDISK")
_ROOT_FILES = frozenset(("default.prop", "prop.default"))
_ROOT_SIGNS = _ROOT_FILES | {"init.rc"}
_DEEPEST = 3
"""Folders an unpacker may put around the partitions."""
_WIDEST = 200


@record
class Mount:
    """A folder of a tree and where it lies on the unit.

    below: the folder in the tree, "" for its root; at: on the unit, "" for "/", else "/vendor"
    """

    below: str
    at: str

    def unit_path(self, path: str) -> str | None:
        """The unit's path of *path* in the tree; None where it lies elsewhere."""
        if self.below and not path.startswith(f"{self.below}/"):
            return None
        return settled(f"{self.at}{path[len(self.below) :]}")


class Layout:
    """What is asked of a tree to tell what it is: its folders near the root, and what lies in each."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._inside: dict[str, set[str]] = {}
        self._folders: set[str] = {""}
        self._with_apks: set[str] = set()
        for node in nodes:
            folder, _, name = node.path.rpartition("/")
            if node.kind is NodeKind.FILE and name.lower().endswith(".apk"):
                self._with_apks.update(_above(folder))
            if node.kind is NodeKind.LINK or folder.count("/") > _DEEPEST + 2:
                continue
            self._inside.setdefault(folder, set()).add(name)
            if node.kind is NodeKind.FOLDER:
                self._folders.add(node.path)

    def any_of(self, folder: str, names: Iterable[str]) -> bool:
        """Whether one of *names* lies directly in *folder*."""
        return not self._inside.get(folder, set()).isdisjoint(names)

    def is_of_packages(self, folder: str) -> bool:
        """Whether there are packages in *folder*, wherever in it, or what lies beside some."""
        return folder in self._with_apks or self.any_of(folder, _PACKAGES)

    def folders(self, folder: str) -> tuple[str, ...]:
        """The names of the folders directly in *folder*, sorted."""
        within = self._inside.get(folder, set())
        return tuple(sorted(name for name in within if f"{folder}/{name}" in self._folders))


def _above(folder: str) -> Iterator[str]:
    """*folder* and those above it, as deep as partitions lie."""
    parts = folder.split("/")
    return ("/".join(parts[:count]) for count in range(1, min(len(parts), _DEEPEST + 2) + 1))


def of_partition(layout: Layout, name: str, below: str = "") -> Mount:
    """Where the partition *name*, whose content is the folder *below* of a tree, lies on the unit."""
    if name in _SYSTEM:
        as_root = layout.any_of(f"{below}/system", _SYSTEM_SIGNS)
        return Mount(below=below, at="" if as_root else "/system")
    # some unpackers keep the partition's name as a folder: my_product/my_product/app
    doubled = not layout.any_of(below, _SIGNS) and layout.any_of(f"{below}/{name}", _SIGNS)
    return Mount(below=f"{below}/{name}" if doubled else below, at=f"/{name}")


def of_folder(layout: Layout, name: str) -> tuple[Mount, ...]:
    """The partitions in an unpacked package; () where no folder of it looks like one.

    name: of the folder itself, which may be that of the one partition it is
    """
    waiting: deque[tuple[str, int]] = deque([("", 0)])
    for _ in range(_WIDEST):
        if not waiting:
            break
        base, depth = waiting.popleft()
        if found := tuple(_partitions(layout, base)):
            return (*found, *_unknown(layout, base, found), *_ramdisks(layout, base), *_root(layout, base))
        if layout.any_of(base, ("build.prop",)) and layout.any_of(base, _SYSTEM_SIGNS[1:]):
            plain = _plain(base.rpartition("/")[2] or name)
            return (Mount(below=base, at=f"/{plain}" if is_partition(plain) else "/system"),)
        if depth < _DEEPEST:
            waiting.extend((f"{base}/{child}", depth + 1) for child in layout.folders(base))
    return ()


def rank(name: str) -> int:
    """Which partition's file counts where two have one path: the lower."""
    return _RANKED.index(name) + 1 if name in _RANKED else 0


def _partitions(layout: Layout, base: str) -> Iterator[Mount]:
    seen: set[str] = set()
    for child in layout.folders(base):
        name = _plain(child)
        if name in seen or not (name in _SYSTEM or is_partition(name)):
            continue
        mount = of_partition(layout, name, f"{base}/{child}")
        if mount.at == "" or layout.any_of(mount.below, _SIGNS):
            seen.add(name)
            yield mount


def _unknown(layout: Layout, base: str, known: Iterable[Mount]) -> Iterator[Mount]:
    """Beside partitions: folders with packages, which are partitions that some maker invented."""
    taken = {mount.below for mount in known}
    for child in layout.folders(base):
        folder, name = f"{base}/{child}", _plain(child)
        strange = not (name in _SYSTEM or is_partition(name) or never_has_packages(name))
        if folder not in taken and strange and layout.is_of_packages(folder):
            yield Mount(below=folder, at=f"/{name}")


def _ramdisks(layout: Layout, base: str) -> Iterator[Mount]:
    for folder in _RAMDISKS:
        if layout.any_of(f"{base}{folder}", _ROOT_FILES):
            yield Mount(below=f"{base}{folder}", at="")


def _root(layout: Layout, base: str) -> Iterator[Mount]:
    """The unit's root, where it was unpacked with its own files beside the partitions."""
    if layout.any_of(base, _ROOT_SIGNS):
        yield Mount(below=base, at="")


def _plain(folder: str) -> str:
    """The partition's name in that of a folder or image: ``system_a.img`` is ``system``."""
    return _SUFFIX.sub("", folder.lower())
