"""The output of ``dumpsys dnsresolver querylog``: who asked for a name and when; the names are masked."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse.failures import failure
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

MOST_QUERIES = 20_000
"""Android keeps some hundred."""

_HEADING = re.compile(r"\s*DNS query log\b")
_QUERY = re.compile(
    r"\s*time=(?P<at>[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}) netId=(?P<net>[0-9]{1,10})"
    r" uid=(?P<uid>[0-9]{1,10}) pid=(?P<pid>-?[0-9]{1,10})"
    r" hostname=(?P<host>\S{0,260}) answer=\[(?P<answers>[^\]]{0,200})\] \((?P<took>-?[0-9]{1,10})ms\)\s*\Z"
)


@record
class Query:
    """One name that a process asked Android's resolver for.

    at: time of the unit's clock, without a date ("20:50:17.123"); took_ms: until it was answered
    host: as printed: its first letter and "***"; answers: likewise the first part of one IPv4 and one IPv6
    address, () where there was none; pid: None where Android did not know it
    """

    uid: int
    pid: int | None
    net: int
    at: str
    host: str
    answers: tuple[str, ...] = ()
    took_ms: int = 0
    line: int = 0


@record
class QueryLog:
    """What was read. kept: whether there is a log at all: Android 10's resolver has none."""

    queries: tuple[Query, ...] = ()
    kept: bool = False


def parse_dnsresolver(text: str, origin: str = "") -> Parsed[QueryLog]:
    """Read the log of queries; the networks, their servers and how those answer are counted.

    Without ``querylog`` Android 11 and later print the networks alone, as Android 10 does always.

    Source: AOSP packages/modules/DnsResolver DnsQueryLog.cpp dump (maskHostname, maskIps, timestampToString),
    DnsResolverService.cpp dump, ResolverController.cpp dump
    """
    ledger = Ledger(origin)
    queries: list[Query] = []
    kept = False
    for number, line in enumerate(lines_of(text), start=1):
        if query := _QUERY.match(line):
            kept = True
            if len(queries) < MOST_QUERIES:
                queries.append(_query(query, number))
                ledger.read()
            else:
                ledger.skip("queries beyond the most that are read")
        elif _HEADING.match(line):
            kept = True
            ledger.skip("headings")
        elif failure(number, line) or line.lstrip().startswith("time="):
            ledger.left_over(number, line)
        else:
            ledger.skip("networks and their name servers" if line.strip() else "blank lines")
    return ledger.parsed(QueryLog(queries=tuple(queries), kept=kept))


def _query(found: re.Match[str], number: int) -> Query:
    pid = int(found["pid"])
    answers = tuple(one for one in (part.strip() for part in found["answers"].split(",")) if one)
    return Query(
        uid=int(found["uid"]),
        pid=pid if pid > 0 else None,
        net=int(found["net"]),
        at=found["at"],
        host=found["host"],
        answers=answers,
        took_ms=int(found["took"]),
        line=number,
    )
