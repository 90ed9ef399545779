"""Puts text into every field of a report that can hold some: a new field is tested the day it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from audit.model.report import Report

OURS = frozenset({"schema", "tool_version", "judged_at", "acquired_at", "rulebook_sha256", "snapshot_sha256"})
"""Fields this program fills by itself."""


def with_texts(report: Report, text: Callable[[str], str]) -> Report:
    """*report* with every string replaced by what *text* makes of its field's name."""
    changed: Report = _over(report, "", text)
    return changed


def _over(value: Any, name: str, text: Callable[[str], str]) -> Any:  # noqa: ANN401 - any part of a report
    if isinstance(value, Enum) or name in OURS:
        return value
    if isinstance(value, str):
        return text(name)
    if isinstance(value, tuple):
        return tuple(_over(item, name, text) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _over(getattr(value, f.name), f.name, text) for f in fields(value)})
    return value
