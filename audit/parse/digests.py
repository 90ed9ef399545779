"""The output of ``sha256sum`` and its kin: a hash, two blanks and a path a line."""

from __future__ import annotations

import re

from audit.model.facts import FileDigest, Parsed
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

_LINE = re.compile(r"([0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}) [ *](/.*)\Z")


def parse_digests(text: str, origin: str = "") -> Parsed[tuple[FileDigest, ...]]:
    """Read ``HASH  /path``, the hash SHA-256, SHA-1 or MD5 by its length.

    Source: toybox ``toys/lsb/md5sum.c``, as Android has it.
    """
    ledger = Ledger(origin)
    found = []
    for number, line in enumerate(lines_of(text), start=1):
        if match := _LINE.match(line):
            found.append(FileDigest(path=match[2], digests=(match[1],), origin=origin))
            ledger.read()
        else:
            ledger.left_over(number, line)
    return ledger.parsed(tuple(found))
