"""The output of ``getprop``."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

_START = re.compile(r"\[([^\[\]\s]+)\]: \[")


def parse_getprop(text: str, origin: str = "") -> Parsed[dict[str, str]]:
    """Split *text* into properties, keeping empty and multi-line values; the last of two equal names counts.

    A value goes up to the last line before the next property that ends with ``]``, since values may hold
    newlines and ``]`` themselves. A value that never ends (a recording that was cut) is half a value: its
    lines are unread.

    Source: AOSP system/core toolbox/getprop.cpp: one ``[name]: [value]`` an entry, nothing is escaped.
    """
    ledger = Ledger(origin)
    lines = lines_of(text)
    starts = [(index, match) for index, line in enumerate(lines) if (match := _START.match(line))]
    bounds = [*(index for index, _ in starts), len(lines)]
    for index in range(bounds[0]):
        ledger.left_over(index + 1, lines[index])
    properties: dict[str, str] = {}
    for (index, match), end in zip(starts, bounds[1:], strict=True):
        if end == index + 1 and lines[index].endswith("]"):  # as nearly all are
            properties[match[1]] = lines[index][match.end() : -1]
            ledger.read()
            continue
        last = next((i for i in range(end - 1, index - 1, -1) if lines[i].rstrip().endswith("]")), None)
        if last is not None:
            value = "\n".join(lines[index : last + 1])[match.end() :].rstrip()
            properties[match[1]] = value[:-1]
            ledger.read(last + 1 - index)
        for number in range(index if last is None else last + 1, end):
            ledger.left_over(number + 1, lines[number])
    return ledger.parsed(properties)
