"""What a finding rests on, as a reader takes it in: of many lines the telling ones, the others counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from audit.model.report import Evidence, Finding
from audit.reports import view

MOST_ALIKE = 3
MOST_LINES = 8
_MOST_PLACES = 2
_AT = " at byte "
_NUMBER = re.compile(r" \d+$")
# Left out first where there is too much: what the message or another line says already.
_DULL = ("user", "path", "package", "version")


def whole(finding: Finding) -> tuple[str, ...]:
    """A line for everything; what several places say is told once, and a place only where it changes."""
    return _lines(finding, finding.evidence)


def short(finding: Finding) -> tuple[str, ...]:
    """The telling lines, and how many more there are."""
    shown = _picked(finding)
    lines = _lines(finding, shown)
    unsaid = sum(1 for one in finding.evidence if not _is_said(one, finding))
    more = unsaid - sum(1 for one in shown if not _is_said(one, finding))
    return (*lines, f"{more} more with -v") if more else lines


def split(finding: Finding) -> tuple[tuple[Evidence, ...], tuple[Evidence, ...]]:
    """(what is shown at once, what is shown when asked for), both in their order."""
    shown = set(map(id, _picked(finding)))
    first = tuple(one for one in finding.evidence if id(one) in shown)
    rest = tuple(one for one in finding.evidence if id(one) not in shown)
    return (first, rest) if len(rest) > 1 else (finding.evidence, ())


def _picked(finding: Finding) -> list[Evidence]:
    """The first few of each kind, gaps only where the message tells of them; then the telling ones."""
    alike: Counter[str] = Counter()
    kept = []
    for one in finding.evidence:
        if one.what.startswith("gap in ") and not _is_said(one, finding):
            continue
        alike[_kind(one)] += 1
        if alike[_kind(one)] <= MOST_ALIKE:
            kept.append(one)
    while len(kept) > MOST_LINES:
        # the last of the dullest
        kept.remove(max(reversed(kept), key=_dullness))
    return kept


def _kind(one: Evidence) -> str:
    """What lines of one kind have in common: "user 0" and "user 10", "hash of /a" and "hash of /b"."""
    return _NUMBER.sub("", one.what).partition(" of /")[0]


def _dullness(one: Evidence) -> int:
    if one.what.startswith("signer"):
        return 1
    return 2 if one.what.startswith(_DULL) else 0


def _is_said(one: Evidence, finding: Finding) -> bool:
    """Whether the message holds the very gap."""
    return one.what.startswith("gap in ") and one.value.rstrip(". ") in finding.message


def _lines(finding: Finding, given: Sequence[Evidence]) -> tuple[str, ...]:
    places: dict[str, dict[str, None]] = {}
    for one in given:
        # the file once, under what was found in it, and the place in it with each
        file, between, at = one.origin.rpartition(_AT) if _AT in one.origin else (one.origin, "", "")
        said = f"{one.what}, as said above" if _is_said(one, finding) else f"{one.what}: {one.value}"
        places.setdefault(f"{said}{between}{at}", {})[file if file != one.value else ""] = None
    told = [(line, _places(origins)) for line, origins in places.items()]
    return tuple(_placed(told))


def _placed(told: Sequence[tuple[str, str]]) -> Iterable[str]:
    for number, (line, place) in enumerate(told, 1):
        said_below = number < len(told) and told[number][1] == place
        yield line if said_below or not place else f"{line}  [{place}]"


def _places(origins: Iterable[str]) -> str:
    return view.some(filter(None, origins), _MOST_PLACES, "; ")
