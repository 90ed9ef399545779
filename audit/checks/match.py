"""A thing seen that an indicator names."""

from __future__ import annotations

from audit.model.record import record


@record
class Match:
    """One thing seen that an indicator names.

    sure: it is there and counts; else it was only named, remembered or at rest
    sentence: what was seen, and no more; what, value, origin: as `audit.model.report.Evidence`
    """

    sentence: str
    sure: bool
    what: str
    value: str
    origin: str
    subject: str = ""


Index = dict[str, list[Match]]
