"""Loads, validates and lints ``profiles/``, and runs its examples.

`audit.rulebook.lint.lint` and `audit.rulebook.explain.explain` are imported from their own modules, whose
names they share.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from audit.rulebook.loader import load, shipped_folder

if TYPE_CHECKING:
    from audit.rulebook.examples import ExampleCase, ExampleResult, Judge, cases, facts_of, run_examples
    from audit.rulebook.explain import Explanation
    from audit.rulebook.judging import judge_by
    from audit.rulebook.problems import Problem

__all__ = [
    "ExampleCase",
    "ExampleResult",
    "Explanation",
    "Judge",
    "Problem",
    "cases",
    "facts_of",
    "judge_by",
    "load",
    "run_examples",
    "shipped_folder",
]

_WHERE = {
    "ExampleCase": "examples",
    "ExampleResult": "examples",
    "Explanation": "explain",
    "Judge": "examples",
    "Problem": "problems",
    "cases": "examples",
    "facts_of": "examples",
    "judge_by": "judging",
    "run_examples": "examples",
}


def __getattr__(name: str) -> object:
    """Import when asked for what only ``profiles`` and the tests need: every audit loads a rulebook."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
