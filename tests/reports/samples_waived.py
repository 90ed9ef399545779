"""A report with findings that are waived, under one waiver in force and one that expired."""

from __future__ import annotations

from dataclasses import replace

from audit.checks.waiving import Place
from audit.model.profiles import Outcome
from audit.model.report import Finding, Severity
from audit.model.waivers import Waiver
from audit.pipeline import waive
from tests.reports.samples import INCIDENT, SERIAL

HELD = Waiver(
    id="W-7",
    check="client-market",
    model="Nokia 7 plus",
    reason="The carrier disables it with its own update of March; seen on ten units",
    approver="Jane Doe",
    expires="2026-12-31",
    line=1,
    path="waivers.toml",
)
PAST = Waiver(
    id="W-3",
    check="posture",
    unit=SERIAL,
    reason="A unit of the lab",
    approver="Bob Roe",
    expires="2025-12-31",
    line=9,
    path="waivers.toml",
)
_DEBUGGABLE = Finding(
    check="posture",
    outcome=Outcome.REVIEW,
    severity=Severity.MEDIUM,
    subject="ro.debuggable",
    message="The build is debuggable.",
    fix="Flash a build for users.",
)
WAIVED = waive(
    replace(INCIDENT, findings=(*INCIDENT.findings, _DEBUGGABLE)),
    (HELD, PAST),
    Place(),
    today=INCIDENT.judged_at[:10],
)
"""REVIEW: what failed is waived, and what was waived once is to be looked at again."""
PASSING = waive(INCIDENT, (HELD,), Place(), today=INCIDENT.judged_at[:10])
"""PASS, since all that failed is waived."""
