"""Which files a firmware holds: every tree walked once, every path of the unit taken once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack

from audit.errors import BadInput
from audit.model.evidence import Gap, Topic
from audit.model.record import record
from audit.sources.firmware.containers.file_names import OTHER_SYSTEM, is_wanted
from audit.sources.firmware.filesystems import modules
from audit.sources.firmware.filesystems.nodes import Node, NodeKind, Tree
from audit.sources.firmware.filesystems.roots import Root
from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.layout.links import follow
from audit.sources.firmware.layout.mounts import Layout, Mount, of_folder, of_partition, rank
from audit.sources.firmware.layout.variants import variant_of

MOST_FILES = 600_000
"""Of all trees together; a phone has 10,000 to 40,000."""
_MOST_GAPS = 10
_LONGEST_PATH = 4096
_SYSTEM_PROPERTIES = frozenset(("/build.prop", "/system/build.prop"))
_LAID_OUT = "Give the folder with a folder for each partition, named after it, and nothing else."
_AGAIN = (
    "Get the package again, or unpack it and give the folder; if it is whole, report it: it is new to us."
)


@record
class Survey:
    """All files, in the order of their paths.

    roots: those that were given, and after them the modules' that were found in them
    links: what each points to, by path; partitions: where trees were mounted ("/system", "/vendor"), sorted
    twice: how many files were left because another had the same path; outside: how many lie in no partition
    """

    roots: tuple[Root, ...]
    files: tuple[Entry, ...]
    links: Mapping[str, str]
    partitions: tuple[str, ...]
    gaps: tuple[Gap, ...] = ()
    twice: int = 0
    outside: int = 0


class _Taken:
    """What was found so far."""

    def __init__(self) -> None:
        self.files: dict[str, Entry] = {}
        self.links: dict[str, str] = {}
        self.partitions: set[str] = set()
        self.gaps: list[Gap] = []
        self.twice = self.outside = 0


def survey(roots: tuple[Root, ...]) -> Survey:
    """Walk all of *roots*. A tree that cannot be read, or not wholly, is a gap."""
    taken, given = _Taken(), len(roots)
    # a partition's own file wins over a copy of it that lies in the system image
    for index, root in sorted(enumerate(roots), key=lambda item: (rank(item[1].name), item[0])):
        _take(taken, index, root)
    roots = (*roots, *_modules(taken, roots))
    for index in range(given, len(roots)):
        _take(taken, index, roots[index])
    _follow_links(taken)
    return Survey(
        roots=roots,
        files=tuple(taken.files[path] for path in sorted(taken.files)),
        links={path: taken.links[path] for path in sorted(taken.links.keys() - taken.files.keys())},
        partitions=tuple(sorted(taken.partitions)),
        gaps=tuple(taken.gaps),
        twice=taken.twice,
        outside=taken.outside,
    )


def _follow_links(taken: _Taken) -> None:
    led = follow(taken.links, taken.files)
    taken.files.update((entry.path, entry) for entry in led.files)
    for path, target in led.nowhere[:_MOST_GAPS]:
        taken.gaps.append(_gap(f"{path} is a link to {target}, which is not on the image", ""))
    if (more := len(led.nowhere) - _MOST_GAPS) > 0:
        taken.gaps.append(_gap(f"{more} more links lead to packages that are not on the image.", ""))
    if led.cut:
        taken.gaps.append(_gap("There are too many links to follow all of them.", ""))


def _modules(taken: _Taken, roots: tuple[Root, ...]) -> Iterator[Root]:
    """The file systems in the APEX modules that are active."""
    found = [e for path, e in sorted(taken.files.items()) if modules.is_module(path) and not variant_of(path)]
    if (more := len(found) - modules.MOST) > 0:
        taken.gaps.append(
            _gap(f"There are more than {modules.MOST} APEX modules; {more} were not opened.", "")
        )
    return modules.roots_of((entry.path, roots[entry.root], entry.place) for entry in found)


def mounts_of(root: Root, nodes: Iterable[Node]) -> tuple[Mount, ...]:
    """Where the content of *root* lies on the unit."""
    layout = Layout(nodes)
    if root.name:
        known = root.name.startswith(modules.PREFIX) or is_wanted(root.name)
        return (of_partition(layout, root.name),) if known or layout.is_of_packages("") else ()
    return of_folder(layout, root.origin.replace("\\", "/").rstrip("/").rpartition("/")[2])


def _take(taken: _Taken, index: int, root: Root) -> None:
    try:
        with ExitStack() as stack:
            tree = root.open(stack)
            nodes = tuple(tree.walk())
            taken.gaps.extend(_troubles(root, tree))
    except BadInput as error:
        taken.gaps.append(_gap(f"{_name(root)} could not be read: {error.where}: {error.what}", error.fix))
        return
    mounts = mounts_of(root, nodes)
    if root.name != OTHER_SYSTEM:
        taken.partitions.update(mount.at or "/" for mount in mounts)
    taken.gaps.extend(_not_placed(root, nodes, mounts))
    for node in nodes:
        if node.kind is NodeKind.FOLDER or len(node.path) > _LONGEST_PATH:
            continue
        if len(taken.files) >= MOST_FILES:
            taken.gaps.append(
                _gap(f"There are more than {MOST_FILES} files; the rest was not looked at.", "")
            )
            return
        _place(taken, index, node, _unit_path(node.path, mounts))


def _not_placed(root: Root, nodes: Iterable[Node], mounts: tuple[Mount, ...]) -> Iterator[Gap]:
    """Packages that lie in no partition, and a second system, of which one cannot tell which will start."""
    paths = [node.path for node in nodes if node.kind is NodeKind.FILE]
    if root.name == OTHER_SYSTEM and any(path in _SYSTEM_PROPERTIES for path in paths):
        yield _gap(
            f"{root.origin} is a second system, of the other slot; the first one was read.",
            "Give the image of the slot that is meant, alone.",
        )
    lost = [path for path in paths if path.lower().endswith(".apk") and _unit_path(path, mounts) is None]
    if lost:
        yield _gap(f"{len(lost)} APKs lie in no partition, the first is {lost[0]}.", _LAID_OUT)


def _place(taken: _Taken, index: int, node: Node, path: str | None) -> None:
    if path is None:
        taken.outside += 1
    elif node.kind is NodeKind.LINK:
        taken.links.setdefault(path, node.target)
    elif path in taken.files:
        taken.twice += 1
    else:
        taken.files[path] = Entry(path=path, root=index, place=node.path, size=node.size)


def _unit_path(path: str, mounts: tuple[Mount, ...]) -> str | None:
    return next((p for mount in mounts if (p := mount.unit_path(path)) is not None), None)


def _name(root: Root) -> str:
    return root.name or "The folder"


def _troubles(root: Root, tree: Tree) -> Iterator[Gap]:
    """What of a tree could not be walked, each folder for itself as long as they are few."""
    found = tree.troubles
    for trouble in found[:_MOST_GAPS]:
        at = "" if trouble.offset is None else f", offset {trouble.offset}"
        yield _gap(f"{_name(root)} > {trouble.path}{at}: {trouble.reason}", "")
    if (more := len(found) - _MOST_GAPS) > 0:
        yield _gap(f"{_name(root)}: {more} more places could not be read.", "")


def _gap(reason: str, fix: str) -> Gap:
    return Gap(topic=Topic.PACKAGES, reason=reason, fix=fix or _AGAIN)
