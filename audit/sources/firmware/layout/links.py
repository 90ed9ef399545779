"""Links of an image: what one in a place of packages leads to is installed, wherever it lies itself.

The package manager follows links (``File.listFiles`` and ``open`` do); walking a tree does not.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from audit.model.record import record
from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.layout.places import settled
from audit.sources.firmware.layout.variants import is_code, place_of_packages, variant_of

_MOST_HOPS = 40
"""Links on the way to a file; Linux follows as many."""
_MOST_LOOKED_AT = 400_000
"""Files that links lead to, all together: many links may lead to one large folder."""


@record
class Led:
    """What the links of an image lead to.

    files: code that lies elsewhere, for a variant or where nobody looks, by the path it is installed from
    nowhere: (link, target) of those that should be packages and lead to nothing on the image
    cut: there were too many to follow all
    """

    files: tuple[Entry, ...]
    nowhere: tuple[tuple[str, str], ...]
    cut: bool = False


def follow(links: Mapping[str, str], files: Mapping[str, Entry]) -> Led:
    """Follow *links*, target by path on the unit, among *files* by path."""
    paths = sorted(files)
    found: dict[str, Entry] = {}
    nowhere = []
    left = _MOST_LOOKED_AT
    for path, target in sorted(links.items()):
        end = _resolved(path, links)
        if end is None or settled(f"{path}/") != f"{end}/":
            led = [] if end is None else list(islice(_below(end, paths), left))
            left -= len(led)
            if not led and _is_package(path):
                nowhere.append((path, target))
            for one in led:
                as_path = settled(path + one[len(end or "") :])
                if as_path not in files and _is_installed_only_so(as_path, one):
                    found[as_path] = replace(files[one], path=as_path)
    return Led(files=tuple(found[path] for path in sorted(found)), nowhere=tuple(nowhere), cut=left <= 0)


def _is_package(path: str) -> bool:
    """Whether a link at *path* stands for a package, or a folder with one, that is installed."""
    return place_of_packages(path.rpartition("/")[0]) or (
        path.lower().endswith((".apk", ".apk.gz")) and not variant_of(path)
    )


def _is_installed_only_so(path: str, lies: str) -> bool:
    return is_code(lies) and is_code(path) and not variant_of(path) and bool(variant_of(lies))


def _resolved(path: str, links: Mapping[str, str]) -> str | None:
    """Where *path* ends when every link on the way is followed; None for a circle and a link to nothing."""
    for _ in range(_MOST_HOPS):
        link = next((part for part in _prefixes(path) if part in links), None)
        if link is None:
            return path
        if not links[link]:
            return None
        led = posixpath.normpath(posixpath.join(posixpath.dirname(link), links[link]))
        path = settled(posixpath.normpath(f"{led}{path[len(link) :]}"))
    return None


def _prefixes(path: str) -> Iterator[str]:
    at = path.find("/", 1)
    while at != -1:
        yield path[:at]
        at = path.find("/", at + 1)
    yield path


def _below(path: str, paths: Sequence[str]) -> Iterator[str]:
    """Of *paths*, sorted, the one that is *path*, or all that lie below it."""
    at = bisect_left(paths, path)
    if at < len(paths) and paths[at] == path:
        yield path
        return
    at = bisect_left(paths, f"{path}/")
    while at < len(paths) and paths[at].startswith(f"{path}/"):
        yield paths[at]
        at += 1
