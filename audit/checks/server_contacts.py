"""Was a server of an activation client contacted that is meant for elsewhere, by whomever?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks import contacts, places
from audit.checks.addresses import host_of
from audit.checks.question import Case
from audit.checks.servers import client_of, servers
from audit.model.evidence import Topic
from audit.model.flows import Flow, FlowKind, Stage
from audit.model.profiles import ClientProfile, Confidence, Level, Outcome
from audit.model.report import Evidence, Finding, Severity

_MOST_CONTACTS = 20


class ServerContacts:
    """A network shows which server was called, seldom which program called it."""

    id = "server-contacts"
    question = "Did the unit contact the server of an activation client meant for another market?"
    needs: frozenset[Topic] = frozenset()  # what was not seen leaves `destinations` open

    def applies(self, case: Case) -> str:
        """Only where somebody saw the name of a server."""
        seen = any(map(_server, case.facts.flows or ()))
        return "" if seen else "No contact was seen whose server has a name."

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each client whose server was contacted, by others than clients judged by name."""
        wanted = servers(case)
        called: dict[str, list[Flow]] = {}
        for flow in case.facts.flows or ():
            client = client_of(_server(flow), wanted)
            judged = flow.who in case.rulebook.clients and flow.who in case.facts.packages
            if client is not None and not judged:
                called.setdefault(client.package, []).append(flow)
        for package, flows in called.items():
            yield _finding(case.rulebook.clients[package], flows, case)

    def passed(self, case: Case) -> str:
        """How many names were compared with how many servers."""
        names = {_server(flow) for flow in case.facts.flows or ()} - {""}
        return (
            f"Of {len(names)} servers whose name was seen, none is one of {len(servers(case))} of clients for"
            " other markets, apart from contacts of the clients judged above."
        )


def _server(flow: Flow) -> str:
    return host_of(flow.to) if flow.what is FlowKind.SMS else host_of(flow.host)


def _finding(client: ClientProfile, flows: list[Flow], case: Case) -> Finding:
    exact = any(flow.stage is Stage.IDENTIFIED for flow in flows)
    outcome = case.policy.out_of_market[Level.IDENTIFIED] if exact else Outcome.REVIEW
    if client.confidence is Confidence.LOW or case.expectation.market is None:
        outcome = Outcome.REVIEW
    whose = list(dict.fromkeys(flow.who for flow in flows if flow.who)) or ["Something on the unit"]
    did = contacts.sentence(flows, lambda flow: places.told(flow, case.facts, case.rulebook))
    return Finding(
        check=ServerContacts.id,
        outcome=outcome,
        severity=Severity.CRITICAL if exact else Severity.MEDIUM,
        subject=client.package,
        message=(
            f"{' and '.join(whose[:4])} {did}: a server of {client.title}, which is meant for"
            f" {', '.join(client.serves)}. Which package it was, nobody saw for sure."
        ),
        why=client.why,
        fix="Find out which program calls there (`adb-audit confirm`, PCAPdroid) before the unit is shipped.",
        evidence=tuple(
            Evidence(
                what=f"contact ({flow.what})",
                value=f"{contacts.did(flow)} {places.told(flow, case.facts, case.rulebook)}",
                origin=contacts.place(flow),
            )
            for flow in flows[:_MOST_CONTACTS]
        ),
        facts=(("client with this server", f"{client.package} ({client.title})"),),
        sources=client.sources,
    )
