"""Papers printed in a process of their own."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import pytest

from audit.errors import AuditError
from audit.reports import Options
from audit.web.press import Order, Press
from tests.reports import samples

_ORDER = Order(which="label", report=samples.INCIDENT, signed=None, options=Options(key=b"k" * 32))


def test_a_paper_comes_from_another_process() -> None:
    """It is a PDF, equal each time, and what draws it is not here."""
    pytest.importorskip("reportlab", reason="reportlab makes the papers")
    there = "audit.reports.label" in sys.modules
    first, second = (asyncio.run(Press().print(_ORDER)) for _ in range(2))
    assert first.startswith(b"%PDF-")
    assert first == second
    assert ("audit.reports.label" in sys.modules) is there


@pytest.mark.parametrize(
    ("order", "limit_s", "said"),
    [
        (_ORDER, 0.001, "took more than 0.001 seconds"),
        (replace(_ORDER, which="poster"), 30.0, "the process that did ended with exit code 1"),
    ],
)
def test_a_paper_that_does_not_come_is_told(order: Order, limit_s: float, said: str) -> None:
    """Its process falls over, or hangs: an error says so, and what may be done."""
    with pytest.raises(AuditError, match=said) as caught:
        asyncio.run(Press(limit_s=limit_s).print(order))
    assert caught.value.fix
