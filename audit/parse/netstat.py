"""The output of ``netstat`` in the dialects of toolbox, toybox and busybox."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.parse.ledger import Ledger
from audit.parse.sockets import Socket, address
from audit.parse.text import lines_of
from audit.parse.uids import uid_of

_FAMILY = re.compile(r"\s*(tcp|udp|raw|icmp|udpl)6?\s")
_COLUMNS = re.compile(r"\s*Proto\s+Recv-Q")
_HEADING = re.compile(r"Active |Proto ")
_NOTE = re.compile(r"\(Not all processes| will not be shown")
_UNIX = re.compile(r"unix\s")
_STATE = re.compile(r"[A-Z][A-Z_0-9]*\Z")
_PROGRAM = re.compile(r"([0-9]{1,7})/(.*)\Z")
_LOCAL, _FOREIGN = "Local Address", "Foreign Address"


def parse_netstat(text: str, origin: str = "") -> Parsed[tuple[Socket, ...]]:
    """Read the Internet sockets; those of the UNIX family are counted.

    ``-n`` alone cuts addresses to their column (``::ffff:111.202.100.56:8``), and nothing marks it: one that
    fills the column is taken for cut unless another of the list goes beyond it. ``-W`` makes room,
    ``-e`` adds user and inode, ``-p`` process and program.

    Source: toybox toys/other/netstat.c; busybox networking/netstat.c; AOSP system/core toolbox/netstat.c
    """
    ledger = Ledger(origin)
    lines = lines_of(text)
    sockets: list[Socket] = []
    layout = _Layout()
    for number, line in enumerate(lines, start=1):
        if _COLUMNS.match(line):
            layout = _Layout.of(line, lines)
            ledger.skip("headings")
        elif _FAMILY.match(line):
            found = _socket(line, number, layout)
            if found is None:
                ledger.left_over(number, line)
            else:
                sockets.append(found)
                ledger.read()
        elif _UNIX.match(line):
            ledger.skip("sockets of the UNIX family")
        elif _HEADING.match(line):
            ledger.skip("headings")
        elif _NOTE.match(line):
            ledger.skip("notes")
        else:
            ledger.left_over(number, line)
    return ledger.parsed(tuple(sockets))


class _Layout:
    """What the heading says of the columns. width: of an address, where the list cuts them to it."""

    def __init__(self, width: int | None = None, *, user: bool = False) -> None:
        self.width, self.user = width, user

    @classmethod
    def of(cls, heading: str, lines: list[str]) -> _Layout:
        """The layout under *heading*."""
        start, end = heading.find(_LOCAL), heading.find(_FOREIGN)
        width = end - start - 1 if 0 <= start < end else None
        if width is not None and any(_widest(line) > width for line in lines if _FAMILY.match(line)):
            width = None
        return cls(width, user=re.search(r"\bUser\b", heading) is not None)


def _widest(line: str) -> int:
    return max((len(word) for word in line.split(None, 5)[3:5]), default=0)


def _socket(line: str, number: int, layout: _Layout) -> Socket | None:
    words = line.split(None, 5)
    if len(words) < 5 or not (words[1].isdecimal() and words[2].isdecimal()):
        return None
    local, remote = (address(word, width=layout.width) for word in words[3:5])
    if local is None or remote is None:
        return None
    rest = words[5].split() if len(words) > 5 else []
    state = rest.pop(0) if rest and _STATE.match(rest[0]) else ""
    program = next((found for word in rest if (found := _PROGRAM.match(word))), None)
    return Socket(
        protocol=words[0].rstrip("6"),
        local=local,
        remote=remote,
        state=state,
        uid=uid_of(rest[0]) if layout.user and rest else None,
        pid=None if program is None else int(program[1]),
        program="" if program is None else program[2],
        line=number,
    )
