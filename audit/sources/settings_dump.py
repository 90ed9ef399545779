"""Cuts ``dumpsys settings`` into the tables it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from audit.model.evidence import Artifact, Kind

_SECTIONS = re.compile(rb"^(GLOBAL|SECURE|SYSTEM) SETTINGS \(user (\d{1,9})\)\s*$", re.MULTILINE)


def settings_artifacts(origin: str, data: bytes, *, truncated: bool = False) -> Iterator[Artifact]:
    """``dumpsys settings`` holds the three tables of every user, each under a heading.

    truncated: the dump stopped before its end, so its last table did
    """
    marks = list(_SECTIONS.finditer(data))
    if not marks:
        yield Artifact(kind=Kind.SETTINGS_GLOBAL, origin=origin, data=data, truncated=truncated)
        return
    # what stands before the first heading goes with it: the unit may have complained there
    cuts = [0, *(mark.start() for mark in marks[1:]), len(data)]
    for mark, (start, end) in zip(marks, pairwise(cuts), strict=True):
        kind = Kind(f"settings-{mark[1].decode().lower()}")
        last = truncated and end == len(data)
        yield Artifact(kind=kind, origin=origin, data=data[start:end], user=int(mark[2]), truncated=last)
