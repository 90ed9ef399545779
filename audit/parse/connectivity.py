"""The output of ``dumpsys connectivity``: which processes ask for a network."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse.failures import failure
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

_ASKS = re.compile(r"\s*\[?uid/pid:([0-9]{1,10})/([0-9]{1,7})\]? ")


@record
class Asker:
    """A process that asked to hear of networks: it ties a process id to a user id."""

    uid: int
    pid: int


def parse_connectivity(text: str, origin: str = "") -> Parsed[tuple[Asker, ...]]:
    """Read who asks for networks; what the networks are is counted, and names no destination.

    Source: AOSP ConnectivityService.java dump (NetworkRequestInfo.toString), Android 7 to 16
    """
    ledger = Ledger(origin)
    askers: dict[Asker, None] = {}
    for number, line in enumerate(lines_of(text), start=1):
        if asks := _ASKS.match(line):
            askers[Asker(uid=int(asks[1]), pid=int(asks[2]))] = None
            ledger.read()
        elif failure(number, line):
            ledger.left_over(number, line)
        else:
            ledger.skip("networks and their state" if line.strip() else "blank lines")
    return ledger.parsed(tuple(askers))
