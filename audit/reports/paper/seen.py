"""A report as a paper may show it."""

from __future__ import annotations

from dataclasses import replace

from audit.model.report import Report
from audit.reports import head
from audit.reports.format import Options
from audit.reports.redact import redact, shown_serial


def seen(report: Report, note: str, options: Options) -> tuple[Report, str]:
    """The report and what an inspector wrote of it, identifiers masked unless *options* reveal them."""
    if options.reveal:
        return report, note
    # as one sentence more of the report, the note is masked by what the report names
    masked = redact(replace(report, limits=(*report.limits, note)), key=options.key)
    *limits, shown = masked.limits
    return replace(masked, limits=tuple(limits)), shown


def token(report: Report, options: Options) -> str:
    """The mask of the serial number, also where identifiers are revealed; "" where there is none."""
    serial = head.serial(report)
    return shown_serial(serial, key=options.key) if serial else ""
