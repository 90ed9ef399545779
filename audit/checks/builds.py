"""Where a build stands among those a maker named as fixed, as far as its name tells."""

from __future__ import annotations

import re
from enum import StrEnum

_PACK = re.compile(r"SP[0-9]{1,9}")


class Standing(StrEnum):
    """A build beside the fixed ones; UNCLEAR where its name cannot be compared."""

    FIXED = "fixed"
    LATER = "later"
    EARLIER = "earlier"
    UNCLEAR = "unclear"


def standing(build: str, fixed: tuple[str, ...]) -> Standing:
    """Compare build names of the form LINE_ANDROID_BUILD[_SPnn], as FIH and HMD write them.

    Only names of one line (00WW) compare. A build a fix was named for is judged by its service pack; any
    other must come after all, or before all, of the fixed ones to be told.
    """
    if build in fixed:
        return Standing.FIXED
    line, base, pack = _parts(build)
    same_line = [parts for parts in map(_parts, fixed) if parts[0] == line]
    if not base or not same_line:
        return Standing.UNCLEAR
    for _, fixed_base, fixed_pack in same_line:
        if base == fixed_base:
            return Standing.LATER if pack >= fixed_pack else Standing.EARLIER
    bases = [parts[1] for parts in same_line]
    if base > max(bases):
        return Standing.LATER
    return Standing.EARLIER if base < min(bases) else Standing.UNCLEAR


def _parts(build: str) -> tuple[str, tuple[tuple[int, str], ...], int]:
    """(line, what orders builds of a line, service pack number)."""
    line, *rest = build.split("_")
    pack = 0
    if rest and _PACK.fullmatch(rest[-1]):
        pack = int(rest.pop()[2:])
    return line, tuple((len(part), part) for part in rest), pack
