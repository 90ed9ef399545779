"""Loads, validates and lints ``profiles/``, and runs its examples."""

from __future__ import annotations

from audit.rulebook.examples import ExampleCase, ExampleResult, Judge, cases, facts_of, run_examples
from audit.rulebook.explain import Explanation, explain
from audit.rulebook.judging import judge_by
from audit.rulebook.lint import lint
from audit.rulebook.loader import load, shipped_folder
from audit.rulebook.problems import Problem

__all__ = [
    "ExampleCase",
    "ExampleResult",
    "Explanation",
    "Judge",
    "Problem",
    "cases",
    "explain",
    "facts_of",
    "judge_by",
    "lint",
    "load",
    "run_examples",
    "shipped_folder",
]
