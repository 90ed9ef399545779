"""Patterns of identifiers that a report knows by their ends alone, to mask them where they stand whole.

A contact's identifiers are kept as their first and last characters and their length. Whatever else tells of
such a contact (a call's stack, a trouble, the name of a host) may quote one in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from audit.model.flows import Flow, IdentifierKind
from audit.model.record import record

_SHOWN = re.compile(r"(?P<first>[0-9A-Za-z]{1,8})…(?P<last>[0-9A-Za-z]{1,8}) \((?P<size>\d{1,3})\)")
_SHORTEST_ENDS = 6
_LONGEST = 64
_MOST = 256


@record
class _Spelling:
    """How a kind is written. each: a character of it; between: two of them; alone: not within a word"""

    name: str
    each: str
    between: str = ""
    alone: bool = True


def _digits(name: str) -> _Spelling:
    return _Spelling(name=name, each="[0-9]", between=r"[ .\-]?", alone=False)


_SPELLINGS: Mapping[IdentifierKind, _Spelling] = {
    IdentifierKind.IMEI: _digits("imei"),
    IdentifierKind.IMSI: _digits("imsi"),
    IdentifierKind.ICCID: _Spelling(name="iccid", each="[0-9a-f]", between=r"[ .\-]?", alone=False),
    IdentifierKind.PHONE: _digits("phone"),
    IdentifierKind.MEID: _Spelling(name="meid", each="[0-9a-f]", between=r"[ .\-]?", alone=False),
    IdentifierKind.ESN: _Spelling(name="meid", each="[0-9a-f]"),
    IdentifierKind.MAC: _Spelling(name="mac", each="[0-9a-f]", between=r"[:.\-]?", alone=False),
    IdentifierKind.SERIAL: _Spelling(name="serial", each="[0-9a-z]"),
}
_OTHER = _Spelling(name="id", each=r"[0-9a-z_\-]")


def mask_name(kind: IdentifierKind) -> str:
    """What the mask of such an identifier is called after."""
    return _SPELLINGS.get(kind, _OTHER).name


def caught(flows: Iterable[Flow]) -> Mapping[str, str]:
    """A pattern for each identifier that was caught in *flows*, with the kind its mask is called after."""
    patterns: dict[str, str] = {}
    for flow in flows:
        for one in flow.identifiers:
            found = _SHOWN.fullmatch(one.shown)
            if found is not None and len(patterns) < _MOST:
                spelling = _SPELLINGS.get(one.kind, _OTHER)
                if pattern := _pattern(spelling, found["first"], found["last"], int(found["size"])):
                    patterns.setdefault(pattern, spelling.name)
    return patterns


def _pattern(spelling: _Spelling, first: str, last: str, size: int) -> str:
    """So many characters of which the ends are known; "" where the ends say too little, or all."""
    known = len(first) + len(last)
    if not _SHORTEST_ENDS <= known < size <= _LONGEST:
        return ""
    parts = (*map(re.escape, first), *(spelling.each,) * (size - known), *map(re.escape, last))
    told = spelling.between.join(parts)
    return rf"(?<![0-9a-z]){told}(?![0-9a-z])" if spelling.alone else told
