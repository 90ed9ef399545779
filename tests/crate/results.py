"""Results of units for tests that need some and do not care which."""

from __future__ import annotations

from audit.model.crate import UnitResult
from audit.model.evidence import Source, SourceKind
from audit.model.report import Decision, Expectation


def result(name: str = "phone-1", **changed: object) -> UnitResult:
    """A unit that passed, or one that differs from it in what is *changed*."""
    fields: dict[str, object] = {
        "name": name,
        "serial": f"SERIAL-{name}",
        "slot": f"usb:1-{name[-1:]}",
        "model": "Nokia 7 plus",
        "build": "00WW_3_39B",
        "region": "WW",
        "source": Source(kind=SourceKind.LIVE),
        "expectation": Expectation(market="NO"),
        "decision": Decision.PASS,
        "because": ("Nothing was found.",),
        "telling": (),
        "checks": (),
        "reached": True,
        "started_at": "2026-01-31T12:00:00Z",
        "took_s": 1.5,
        "tries": 1,
        "snapshot_sha256": "0" * 64,
    }
    return UnitResult(**fields | changed)  # type: ignore[arg-type]  # a table of fields has no types
