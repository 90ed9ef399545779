"""What became of thousands of inputs, in words for 80 columns and as rows for programs. Pure."""

from __future__ import annotations

import csv
import io
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from audit import codec
from audit.cli.history_text import counted, cut, wide
from audit.fleet.judging import Row
from audit.model.record import record
from audit.model.report import Decision
from audit.reports.csv_ import BETWEEN, guarded

ORDER = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.REVIEW, Decision.PASS)
"""Worst first."""
COLUMNS = (
    "path",
    "decision",
    "former",
    "because",
    "reasons",
    "market",
    "policy",
    "serial",
    "model",
    "build",
    "region",
    "source",
    "acquired_at",
    "judged_at",
    "trouble",
    "fix",
    "rulebook_sha256",
    "snapshot_sha256",
)
_WIDTH = 80
_MOST_GROUPS, _MOST_REASONS, _MOST_NAMED, _MOST_CHANGED = 20, 10, 10, 100
_MOST_KINDS = 5_000
"""Groups and reasons that are counted apart: units name their models themselves."""
_OTHERS = "(others)"
_HEADS = {
    Decision.FAIL: "fail",
    Decision.INCONCLUSIVE: "incon.",
    Decision.REVIEW: "review",
    Decision.PASS: "pass",
}


@record
class Told:
    """One row as it is told. former: the verdict before, None = there was none or nobody looked"""

    row: Row
    former: Decision | None = None


def json_row(told: Told) -> str:
    """A member of a list, on one line."""
    row = codec.to_json(told.row)
    former = "null" if told.former is None else f'"{told.former.value}"'
    return f'{row[:-1]},"former":{former}}}'


def csv_row(told: Told) -> str:
    """A line, each cell guarded."""
    values = {name: getattr(told.row, name, "") for name in COLUMNS} | {"former": told.former}
    return _csv([guarded(_cell(values[name])) for name in COLUMNS])


def csv_head() -> str:
    """The first line."""
    return _csv(COLUMNS)


def _csv(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return BETWEEN.join(map(str, value))
    return "" if value is None else str(value)


class Summary:
    """Counts rows as they come; it does not keep them."""

    def __init__(self) -> None:
        self.verdicts: Counter[Decision] = Counter()
        self._groups: dict[tuple[str, str, str], Counter[Decision]] = {}
        self._reasons: Counter[str] = Counter()
        self._turned: Counter[tuple[Decision, Decision]] = Counter()
        self._failed: list[str] = []
        self._changed: list[Told] = []
        self._unread: list[tuple[str, str, str]] = []
        self.unread = 0
        self.without_former = 0

    def add(self, told: Told) -> None:
        """One input more."""
        row, verdict = told.row, told.row.decision
        self.verdicts[verdict] += 1
        key = (row.model or "not stated", row.build or "not stated", row.market or "")
        if key not in self._groups and len(self._groups) >= _MOST_KINDS:
            key = (_OTHERS, "", "")
        self._groups.setdefault(key, Counter())[verdict] += 1
        if row.trouble:
            self.unread += 1
            if len(self._unread) < _MOST_NAMED:
                self._unread.append((row.path, row.trouble, row.fix))
        else:
            for reason in row.reasons:
                known = reason in self._reasons or len(self._reasons) < _MOST_KINDS
                self._reasons[reason if known else _OTHERS] += 1
        if verdict is Decision.FAIL and len(self._failed) < _MOST_NAMED:
            self._failed.append(row.path)
        if told.former is None:
            self.without_former += 1
        elif told.former is not verdict:
            self._turned[told.former, verdict] += 1
            if len(self._changed) < _MOST_CHANGED:
                self._changed.append(told)

    @property
    def total(self) -> int:
        """Inputs that have a verdict."""
        return sum(self.verdicts.values())

    @property
    def changed(self) -> int:
        """Those whose verdict is not what it was."""
        return sum(self._turned.values())

    def lines(self, *, compared: bool) -> Iterator[str]:
        """For people. compared: say what changed since the last time"""
        if not self.total:
            return
        yield from self._table()
        yield from self._top()
        yield from _named("failed", self._failed, self.verdicts[Decision.FAIL])
        if self.unread:
            yield f"not read or not judged, and so INCONCLUSIVE: {self.unread:,}"
            for path, why, fix in self._unread:
                yield f"  {path}"
                yield f"    {why}" + (f"; {fix}" if fix else "")
            if self.unread > len(self._unread):
                yield f"  and {self.unread - len(self._unread):,} more"
        if compared:
            yield from self._changes()

    def _table(self) -> Iterator[str]:
        shown = [one for one in ORDER if self.verdicts[one]]
        groups = sorted(self._groups.items(), key=lambda item: [-item[1][one] for one in ORDER])
        heads = [_HEADS[one] for one in shown]
        yield _line([f"{head:>7}" for head in heads], "market", "model", "build")
        for (model, build, market), counts in groups[:_MOST_GROUPS]:
            yield _line([f"{counts[one]:>7,}" for one in shown], market, model, build)
        if len(groups) > _MOST_GROUPS:
            yield f"  and {len(groups) - _MOST_GROUPS:,} more models and builds"
        yield _line([f"{self.verdicts[one]:>7,}" for one in shown], "", "all", "")

    def _top(self) -> Iterator[str]:
        common = self._reasons.most_common(_MOST_REASONS)
        if common:
            yield "what keeps most of them from PASS:"
        for reason, count in common:
            lines = textwrap.wrap(reason, _WIDTH - 9, max_lines=2, placeholder=" …")
            yield f"{count:>7,}  {lines[0] if lines else ''}"
            yield from (f"{'':>7}  {line}" for line in lines[1:])

    def _changes(self) -> Iterator[str]:
        changed = counted(self.changed, "verdict") if self.changed else "no verdict"
        yield f"{changed} changed since the last time"
        for (was, now), count in sorted(self._turned.items()):
            yield f"{count:>7,}  {was.value} -> {now.value}"
        if self.without_former:
            yield f"{self.without_former:>7,}  judged for the first time"
        for told in self._changed:
            before = "" if told.former is None else told.former.value
            yield f"  {before} -> {told.row.decision.value}  {told.row.path}"
        if self.changed > len(self._changed):
            yield f"  and {self.changed - len(self._changed):,} more; --format csv lists them all"


def _named(what: str, paths: Sequence[str], count: int) -> Iterator[str]:
    if count:
        yield f"{what}: {count:,}"
    for path in paths:
        yield f"  {path}"
    if count > len(paths):
        yield f"  and {count - len(paths):,} more"


def _line(counts: Sequence[str], market: str, model: str, build: str) -> str:
    head = f"{''.join(counts)}  {cut(market, 6):<6}  "
    room = max(_WIDTH - wide(head) - 2, 16)
    first = cut(model, room // 2)
    return f"{head}{first}{' ' * (room // 2 - wide(first))}  {cut(build, room - room // 2)}".rstrip()
