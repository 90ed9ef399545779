"""Virtual units that speak the real ADB device protocol on loopback: for demo, tests and benchmarks."""

from __future__ import annotations

from audit.lab.brain import answer
from audit.lab.lab import Lab, LabOptions, copies, make_lab, phone_sized, run
from audit.lab.latency import PHONE_LATENCY_MS
from audit.lab.load import load_unit, shipped_unit, shipped_units, unit_from_table
from audit.lab.shell import Answer
from audit.lab.spec import Auth, Expect, Fault, FaultSpec, UnitSpec
from audit.lab.unit import VirtualUnit

__all__ = [
    "PHONE_LATENCY_MS",
    "Answer",
    "Auth",
    "Expect",
    "Fault",
    "FaultSpec",
    "Lab",
    "LabOptions",
    "UnitSpec",
    "VirtualUnit",
    "answer",
    "copies",
    "load_unit",
    "make_lab",
    "phone_sized",
    "run",
    "shipped_unit",
    "shipped_units",
    "unit_from_table",
]
