"""Makes golden units of what was read, and shows them and what tells others from them."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import audit
from audit.asked import Asked
from audit.checks.against import against, cell
from audit.checks.baseline_words import PLURAL, listed, noun, short
from audit.checks.differences import Compared, Difference
from audit.cli import exits, scanning
from audit.cli.auditing import Read, name_of
from audit.cli.output import NARROWEST, WIDEST, note, say
from audit.cli.progress import FilesMeter
from audit.clock import now, stamp
from audit.errors import AuditError, BadInput, NotReady, UsageError
from audit.model.evidence import Snapshot, Topic
from audit.model.portrait import Baseline, Portrait, TraitKind
from audit.model.record import record
from audit.model.report import Coverage, Reach
from audit.model.text import clean_line
from audit.pipeline import Examined, examine
from audit.sources import golden, open_source
from audit.sources.androidqf.age import Keys

_WHOLE = (Topic.PROPERTIES, Topic.PACKAGES)
"""What a golden unit must have told completely."""
_MOST_REASONS = 3


@record
class Reading:
    """How units and files are to be read; see `audit.cli.scanning.Scan`. keys: of encrypted acquisitions"""

    asked: Asked
    keys: Keys
    users: tuple[int, ...] | None = None
    full: bool = False
    inspect: tuple[str, ...] = ()
    suspects: bool = True
    transport: str | None = None
    addresses: tuple[str, ...] = ()
    wait_s: float | None = None


def save(reading: Reading, unit: str | None, output: Path, name: str | None) -> int:
    """Keep a unit as a golden one."""
    where, snapshot = next(_read(reading, () if unit is None else (unit,)))
    if isinstance(snapshot, AuditError):
        raise snapshot
    examined = _examined(snapshot, reading.asked)
    _check_whole(examined, where)
    made = Baseline(
        name=clean_line(name or "") or f"{examined.portrait.model} {examined.portrait.build}".strip(),
        made_at=stamp(now()),
        tool_version=audit.__version__,
        rulebook_sha256=reading.asked.rulebook.sha256,
        snapshot_sha256=examined.report.snapshot_sha256,
        portrait=examined.portrait,
    )
    golden.save(made, output)
    note(f"kept {output}")
    say(shown(made))
    return exits.PASS


def _read(reading: Reading, names: Sequence[str]) -> Iterator[tuple[str, Snapshot | AuditError]]:
    """What was read of each unit or file, with what to call it; an error where nothing was."""
    paths = [name for name in names if Path(name).exists()]
    units = [name for name in names if name not in paths]
    for path in paths:
        try:
            yield path, _opened(Path(path), reading)
        except UsageError:
            raise
        except AuditError as error:
            yield path, error
    if units or not paths:
        yield from _live(reading, units)


def _opened(path: Path, reading: Reading) -> Snapshot:
    with FilesMeter() as meter:
        return open_source(
            path,
            files=reading.asked.files,
            on_progress=lambda seen: meter.step(seen.done, seen.total, seen.path),
            keys=reading.keys,
        )


def _live(reading: Reading, units: Sequence[str]) -> Iterator[tuple[str, Snapshot | AuditError]]:
    scan = scanning.Scan(
        asked=reading.asked,
        units=tuple(units),
        every=False,
        users=reading.users,
        full=reading.full,
        transport=reading.transport,
        addresses=reading.addresses,
        wait_s=reading.wait_s,
        inspect=reading.inspect,
        suspects=reading.suspects,
    )
    for result in scanning.read_chosen(scan):
        where = name_of(result.row)
        if isinstance(result, Read):
            yield where, result.snapshot
        else:
            yield where, NotReady(result.reason, where=where, fix=result.fix)


def _examined(snapshot: Snapshot, asked: Asked) -> Examined:
    return examine(snapshot, asked.rulebook, lambda _: asked.expectation, judged_at=stamp(now()))


def _check_whole(examined: Examined, where: str) -> None:
    """Refuse a unit that others cannot be held against."""
    reach = {one.topic: one for one in examined.report.coverage}
    lacks = [reach[topic] for topic in _WHOLE if topic in reach and reach[topic].reach is not Reach.READ]
    if lacks:
        told = "; ".join(_why(one) for one in lacks)
        fixes = dict.fromkeys(gap.fix for one in lacks for gap in one.gaps if gap.fix)
        raise BadInput(
            f"cannot be a golden unit: {told}",
            where=where,
            fix=" ".join(list(fixes)[:_MOST_REASONS]) or "read the whole unit, connected and unlocked",
        )
    if not examined.portrait.model:
        raise BadInput(
            "cannot be a golden unit: it does not state its model, so that no unit is of the same",
            where=where,
            fix="save another unit of the model",
        )
    for one in examined.report.coverage:
        if one.gaps and one.topic in _COMPARED:
            note(f"not compared: {_why(one)}")


_COMPARED = frozenset({Topic.USERS, Topic.DISABLED, Topic.DETAILS, Topic.OVERLAYS, Topic.APEX})


def _why(one: Coverage) -> str:
    reasons = list(dict.fromkeys(gap.reason.rstrip(".") for gap in one.gaps))
    more = f", and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
    state = "were not read whole" if one.count else "were not read"
    return f"its {one.topic} {state}" + (f" ({'; '.join(reasons[:_MOST_REASONS])}{more})" if reasons else "")


# Words


def shown(baseline: Baseline) -> str:
    """What a golden unit is and holds."""
    portrait = baseline.portrait
    counts = Counter(trait.kind for trait in portrait.traits)
    builds = {trait.name: trait.value for trait in portrait.traits if trait.kind is TraitKind.BUILD}
    rows = [
        ("golden unit", baseline.name),
        ("model", portrait.model or "not stated"),
        *builds.items(),
        ("saved at", f"{baseline.made_at} by adb-audit {baseline.tool_version}"),
        (
            "compared",
            listed([f"{counts[kind]} {noun(kind, counts[kind])}" for kind in _COUNTED if counts[kind]]),
        ),
        ("left out", f"{len(portrait.left_out)} properties that differ from unit to unit"),
    ]
    unread = [PLURAL[kind] for kind in TraitKind if kind in portrait.unread]
    if unread:
        rows.append(("not read", listed(unread)))
    rows += [("rulebook", baseline.rulebook_sha256), ("evidence", baseline.snapshot_sha256)]
    return "\n".join(line for label, text in rows for line in _row(label, text))


_COUNTED = tuple(kind for kind in TraitKind if kind is not TraitKind.BUILD)
_LABEL = 16


def _row(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        short(text),
        width=_width(),
        initial_indent=f"{label:<{_LABEL}}",
        subsequent_indent=" " * _LABEL,
        break_on_hyphens=False,
    ) or [label]


def _width() -> int:
    return min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST) if sys.stdout.isatty() else 80


def compare(reading: Reading, names: Sequence[str]) -> int:
    """Show what tells each unit from the golden one, and return the exit code."""
    baseline = reading.asked.baseline
    if baseline is None:
        raise UsageError("no golden unit was given", fix="name the file that `adb-audit baseline save` wrote")
    codes = [exits.PASS]
    for where, snapshot in _read(reading, names):
        if isinstance(snapshot, AuditError):
            exits.tell(snapshot)
            codes.append(exits.INCONCLUSIVE)
            continue
        portrait = _examined(snapshot, reading.asked).portrait
        text, code = compared_text(where, baseline, portrait, reading.asked)
        say(f"\n{text}" if len(codes) > 1 else text)
        codes.append(code)
    return max(codes)


def compared_text(where: str, baseline: Baseline, portrait: Portrait, asked: Asked) -> tuple[str, int]:
    """What tells one unit from the golden one, and the exit code that is."""
    head = f"{clean_line(where)}: "
    told = against(baseline, portrait, asked.rulebook.volatile)
    if told.other:
        return "\n".join(_wrapped(head + told.other)), exits.INCONCLUSIVE
    lines = _wrapped(head + told.head)
    lines += _table(told.found)
    lines += [line for words in (*told.unread, told.said) for line in _wrapped(words)]
    code = exits.REVIEW if told.found else exits.PASS
    return "\n".join(lines), code if told.whole else exits.INCONCLUSIVE


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width=_width(), subsequent_indent="  ", break_on_hyphens=False)


_KIND = 9
_GAP = "  "


def _table(found: Sequence[Difference]) -> list[str]:
    """Columns that fit the terminal; what is longer goes on below."""
    if not found:
        return []
    left = _width() - _KIND - 3 * len(_GAP)
    widths = (_KIND, left - 2 * (left * 3 // 10), left * 3 // 10, left * 3 // 10)
    rows = [("kind", "name", "this unit", "golden")]
    rows += [(str(one.kind), short(one.name), cell(one.unit), cell(one.golden)) for one in found]
    return [line for row in rows for line in _lines(row, widths)]


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    cells = [textwrap.wrap(text, width) or [""] for text, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        parts = (
            (cell[number] if number < len(cell) else "").ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        )
        yield _GAP.join(parts).rstrip()


__all__ = ["Compared", "Reading", "compare", "compared_text", "save", "shown"]
