"""adb-audit: finds activation clients that do not belong on an Android phone for its market.

The public API: one pure function and the records it takes and gives.

    from audit import Expectation, audit_snapshot
    from audit.rulebook import load
    from audit.sources import open_source

    report = audit_snapshot(
        open_source("unit.json"), load(), Expectation(market="NO"), judged_at="2026-01-31T12:00:00Z"
    )
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.model.evidence import Artifact, Gap, Snapshot
    from audit.model.facts import Facts
    from audit.model.profiles import Rulebook
    from audit.model.report import Decision, Expectation, Finding, Report, Verdict
    from audit.pipeline import audit_snapshot

__version__ = "0.1.0"
__all__ = [
    "Artifact",
    "Decision",
    "Expectation",
    "Facts",
    "Finding",
    "Gap",
    "Report",
    "Rulebook",
    "Snapshot",
    "Verdict",
    "__version__",
    "audit_snapshot",
]

_WHERE = {
    "Artifact": "audit.model.evidence",
    "Decision": "audit.model.report",
    "Expectation": "audit.model.report",
    "Facts": "audit.model.facts",
    "Finding": "audit.model.report",
    "Gap": "audit.model.evidence",
    "Report": "audit.model.report",
    "Rulebook": "audit.model.profiles",
    "Snapshot": "audit.model.evidence",
    "Verdict": "audit.model.report",
    "audit_snapshot": "audit.pipeline",
}


def __getattr__(name: str) -> object:
    """Import when asked for: `adb-audit --help` needs none of it."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)
