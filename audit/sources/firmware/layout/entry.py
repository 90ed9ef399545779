"""One file of a firmware: where it lies on the unit, and where it is read."""

from __future__ import annotations

from audit.model.record import record


@record
class Entry:
    """One file of the firmware.

    path: on the unit; root: index of the tree it lies in; place: its path there; size in bytes
    """

    path: str
    root: int
    place: str
    size: int
