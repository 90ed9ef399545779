"""What a history answers, beside the records of `audit.model.history`."""

from __future__ import annotations

from audit.model.record import record


@record
class Carried:
    """A package of a unit. version: its code, path: its folder, each "" = not told.

    installed: for some user; otherwise it only lies on the image
    """

    name: str
    version: str = ""
    path: str = ""
    installed: bool = True


@record
class Tac:
    """Type allocation code: the first 8 digits of an IMEI. units: different ones of *model* that have it"""

    code: str
    model: str
    units: int


@record
class Pruned:
    """What was taken out of a history, or would be.

    signed: reports old enough that stayed because somebody signed them
    content_bytes: of reports and snapshots, as they were kept
    waiting: reports old enough that stayed because the centre has not got them yet
    """

    reports: int
    signed: int
    snapshots: int
    package_sets: int
    content_bytes: int
    waiting: int = 0


@record
class Size:
    """What a history takes, on disk."""

    total_bytes: int
    reports: int
    snapshots: int

    @property
    def per_report_bytes(self) -> int:
        """All of it divided by its reports, rounded up."""
        return -(-self.total_bytes // self.reports) if self.reports else 0
