"""Does any other package on the unit name a server of an activation client that is meant for elsewhere?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.addresses import host_of
from audit.checks.question import Case
from audit.checks.servers import servers
from audit.model.code import Code
from audit.model.evidence import Topic
from audit.model.facts import Endpoint
from audit.model.profiles import ClientProfile, Outcome
from audit.model.report import Evidence, Finding, Severity

_MOST_SHOWN = 50


class CodeAddresses:
    """Clients under names nobody catalogued give themselves away by whom they call."""

    id = "code-addresses"
    question = "Does code on the unit name the server of an activation client meant for another market?"
    needs = frozenset({Topic.ENDPOINTS})

    def applies(self, case: Case) -> str:
        """Only where code was read, or was to be read."""
        read = any(file.code is Code.READ or file.found for file in case.facts.code)
        wanted = any(gap.topic is Topic.ENDPOINTS for gap in case.facts.gaps)
        return "" if read or wanted else "No code was read."

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each package, or file of none, and catalogued client whose server it names."""
        wanted = servers(case)
        # a configuration file lists the servers of every variant on every unit: it says nothing by itself
        code = {file.path for file in case.facts.code if file.package is not None or file.code is Code.READ}
        named: dict[tuple[str, str], list[Endpoint]] = {}
        for endpoint in case.facts.endpoints:
            if endpoint.origin.partition(" > ")[0] not in code:
                continue
            profile = wanted.get(host_of(endpoint.value))
            # its own client is judged by client-market; a catalogued neighbour has its own entry
            if profile is None or endpoint.package in case.rulebook.clients:
                continue
            whose = endpoint.package or endpoint.origin
            named.setdefault((whose, profile.package), []).append(endpoint)
        for (whose, client), endpoints in named.items():
            yield _finding(whose, case.rulebook.clients[client], endpoints)

    def passed(self, case: Case) -> str:
        """How much code was compared with how many servers."""
        files = sum(1 for file in case.facts.code if file.code is Code.READ)
        read = "one file of code that was" if files == 1 else f"{files} files of code that were"
        return (
            f"None of {len(servers(case))} servers of clients for other markets is named in the {read} read,"
            " apart from the clients judged above."
        )


def _finding(whose: str, client: ClientProfile, endpoints: list[Endpoint]) -> Finding:
    servers = ", ".join(dict.fromkeys(host_of(endpoint.value) for endpoint in endpoints))
    evidence = tuple(
        Evidence(
            what="address",
            value=endpoint.value,
            origin=endpoint.origin + (f" at byte {endpoint.offset}" if endpoint.offset is not None else ""),
        )
        for endpoint in endpoints[:_MOST_SHOWN]
    )
    if (more := len(endpoints) - _MOST_SHOWN) > 0:
        evidence += (Evidence(what="address", value=f"and {more} more", origin=""),)
    return Finding(
        check=CodeAddresses.id,
        outcome=Outcome.REVIEW,
        severity=Severity.MEDIUM,
        subject=whose,
        message=(
            f"{whose} names {servers}, a server of {client.title}, which is meant for"
            f" {', '.join(client.serves)}. Naming a server is not calling it."
        ),
        why=client.why,
        fix="Find out what this is for; watch whether it calls the server before the unit is shipped.",
        evidence=evidence,
        facts=(("client with this server", f"{client.package} ({client.title})"),),
        sources=client.sources,
    )
