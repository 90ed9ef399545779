"""The servers of activation clients that are meant for other markets than the unit's."""

from __future__ import annotations

from collections.abc import Mapping

from audit.checks.addresses import host_of
from audit.checks.clients import serves_market
from audit.checks.question import Case
from audit.model.profiles import ClientProfile, Confidence


def servers(case: Case) -> Mapping[str, ClientProfile]:
    """Servers of accountable clients that do not serve this market, each with the best sourced client."""
    servers: dict[str, ClientProfile] = {}
    shared: set[str] = set()
    for profile in case.rulebook.clients.values():
        serves = serves_market(profile, case.rulebook, case.expectation, case.region)
        hosts = {host_of(endpoint.to) for endpoint in profile.endpoints}
        if serves or profile.serves == ("*",):
            shared |= hosts
        elif profile.role in case.policy.accountable:
            for host in hosts:
                known = servers.get(host)
                if known is None or _rank(profile) < _rank(known):
                    servers[host] = profile
    return {host: profile for host, profile in servers.items() if host not in shared}


def _rank(profile: ClientProfile) -> int:
    return list(Confidence).index(profile.confidence)


def client_of(host: str, known: Mapping[str, ClientProfile]) -> ClientProfile | None:
    """The client whose server *host* is, or is a name below; None where it is nobody's."""
    while host:
        if (client := known.get(host)) is not None:
            return client
        host = host.partition(".")[2]
    return None
