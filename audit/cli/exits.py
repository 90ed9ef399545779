"""What the process ends with, and how trouble is told."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from audit.errors import AuditError, BadManifest, BadProfile, BadWaivers, UsageError

if TYPE_CHECKING:
    from audit.model.report import Report

PASS = 0
CRASH = 1
USAGE = 2
FAIL = 3
REVIEW = 4
INCONCLUSIVE = 5
INTERRUPTED = 130

MEANINGS: tuple[tuple[int, str], ...] = (
    (PASS, "PASS, or done"),
    (CRASH, "this program crashed: a defect, please report it"),
    (USAGE, "what was asked makes no sense (option, manifest, waivers, rulebook)"),
    (FAIL, "FAIL: at least one unit failed, or a check of the rulebook did"),
    (REVIEW, "REVIEW: a person must look"),
    (INCONCLUSIVE, "INCONCLUSIVE, or a unit or file could not be audited"),
    (INTERRUPTED, "interrupted (Ctrl-C)"),
)


def of_error(error: AuditError) -> int:
    """Whether the person at the keyboard or the unit is to be looked at."""
    return USAGE if isinstance(error, UsageError | BadProfile | BadManifest | BadWaivers) else INCONCLUSIVE


def of_reports(reports: Sequence[Report], *, all_audited: bool) -> int:
    """That of the worst verdict; a unit that could not be audited counts as INCONCLUSIVE."""
    from audit.reports import exit_code

    code = exit_code(reports)
    return code if all_audited or code == FAIL else INCONCLUSIVE


def tell(error: AuditError) -> None:
    """Say what, where and the fix on standard error."""
    where = f"{error.where}: " if error.where else ""
    lines = [f"adb-audit: {where}{error.what}"]
    if error.fix:
        lines.append(f"  fix: {error.fix}")
    if isinstance(error, BadProfile | BadManifest | BadWaivers):
        lines += [f"  {problem}" for problem in error.problems]
    sys.stderr.write("\n".join(lines) + "\n")
