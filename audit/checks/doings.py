"""What a unit's logs, lists and counters say a client did, short of a contact."""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.addresses import host_of
from audit.model.facts import Activity, Did, Facts, Package
from audit.model.profiles import ClientProfile
from audit.model.report import Evidence

_MOST_DOINGS = 3
_DID = {
    Did.RUNNING: "was running",
    Did.STARTED: "was started",
    Did.RECEIVED: "received a broadcast",
    Did.LOGGED: "wrote to the log",
    Did.TRANSFERRED: "traffic was counted",
    Did.ASKED: "asked for a name",
}


def doings(profile: ClientProfile, package: Package, facts: Facts) -> list[Evidence]:
    """The first few of each kind, with the count of the others.

    What a shared UID wrote is evidence only where it names the client's server, and is told as that UID's.
    """
    own: dict[str, list[Activity]] = {}
    for one in facts.activity:
        if one.who == profile.package:
            own.setdefault(_DID[one.what], []).append(one)
    for one in _of_the_uid(profile, package, facts):
        own.setdefault(f"uid {package.uid}, which it shares, wrote of its server", []).append(one)
    return [
        Evidence(
            what=what,
            value=" ".join(filter(None, (one.at, one.text))) + _more(all_of_it, number),
            origin=one.origin + (f" line {one.line}" if one.line else ""),
        )
        for what, all_of_it in own.items()
        for number, one in enumerate(all_of_it[:_MOST_DOINGS], 1)
    ]


def _of_the_uid(profile: ClientProfile, package: Package, facts: Facts) -> Iterator[Activity]:
    """Lines of the log that the client's UID wrote, whoever under it, and that name a documented server."""
    hosts = {host_of(endpoint.to) for endpoint in profile.endpoints}
    for one in facts.activity:
        unclear = one.who != profile.package and one.who not in facts.packages
        if one.what is Did.LOGGED and unclear and one.uid is not None and one.uid == package.uid:
            text = one.text.casefold()
            if any(host in text for host in hosts):
                yield one


def _more(all_of_it: list[Activity], number: int) -> str:
    """What is told with the last that is shown of many."""
    more = len(all_of_it) - number
    return f" (and {more} more times)" if number == _MOST_DOINGS and more else ""
