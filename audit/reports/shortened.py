"""A report cut to what a page can show: a hostile unit may name itself with a megabyte. Pure."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any

from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Finding, Report

LONGEST, LONGEST_NAME, MOST = 2_000, 200, 1_000
"""Characters of a text, of what a unit calls itself, and items of a list, that are shown."""


@record
class Shortened:
    """A report as a page shows it. texts, items: how many texts were cut, and items of lists left out"""

    report: Report
    texts: int = 0
    items: int = 0

    @property
    def whole(self) -> bool:
        """Whether nothing was cut."""
        return not self.texts and not self.items


def shortened(report: Report, *, longest: int = LONGEST, most: int = MOST) -> Shortened:
    """*report* with texts of at most about *longest* characters, and lists of at most *most* items."""
    cut, names = _Cut(longest, most), _Cut(min(longest, LONGEST_NAME), most)
    named = replace(report, unit=names.over(report.unit), identity=names.over(report.identity))
    if len(report.findings) > most:  # what is left out is what matters least
        named = replace(named, findings=tuple(sorted(report.findings, key=_weight)))
    made: Report = cut.over(named)
    return Shortened(report=made, texts=cut.texts + names.texts, items=cut.items + names.items)


_WORST_FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW)


def _weight(finding: Finding) -> int:
    """Its place among many: those that count first, the worst of them at the head."""
    if finding.waiver or finding.outcome not in _WORST_FIRST:
        return len(_WORST_FIRST)
    return _WORST_FIRST.index(finding.outcome)


class _Cut:
    """Makes records again, and counts what it cut."""

    def __init__(self, longest: int, most: int) -> None:
        self._longest, self._most = longest, most
        self.texts = self.items = 0

    def over(self, value: Any) -> Any:  # noqa: ANN401 - any part of a report
        """*value*, cut."""
        if isinstance(value, str):
            return value if isinstance(value, Enum) or len(value) <= self._longest else self._text(value)
        if isinstance(value, tuple):
            self.items += max(0, len(value) - self._most)
            return tuple(self.over(item) for item in value[: self._most])
        if not is_dataclass(value) or isinstance(value, type):
            return value
        was = {field.name: getattr(value, field.name) for field in fields(value)}
        made = {name: self.over(one) for name, one in was.items()}
        changed = {name: one for name, one in made.items() if one is not was[name]}
        return replace(value, **changed) if changed else value

    def _text(self, text: str) -> str:
        self.texts += 1
        return f"{text[: self._longest]} … cut, {len(text):,} characters in all"
