from __future__ import annotations

from dataclasses import replace

import pytest

from audit.checks.server_contacts import ServerContacts
from audit.model.flows import Caught, Certainty, Flow, FlowKind, IdentifierKind, Stage
from audit.model.profiles import ClientEndpoint, Confidence, Outcome, Rulebook
from audit.model.report import Finding
from audit.pipeline import ask
from tests.checks.house import CLIENT, case, client, facts, package, rulebook

SERVER = "act.example"
IMEI = Caught(kind=IdentifierKind.IMEI, certainty=Certainty.EXACT, shown="3569…09 (15)")
SMS = client(endpoints=(ClientEndpoint(kind="sms", to="10690329", port=50000, cleartext=True),))


def flow(host: str = SERVER, **changes: object) -> Flow:
    """A contact nobody can attribute, as a capture shows it."""
    values: dict[str, object] = {
        "who": "",
        "what": FlowKind.HTTP,
        "to": f"{host}:80",
        "host": host,
        "cleartext": True,
        "via": "pcap",
        "stage": Stage.TRANSMITTED,
    }
    return Flow(**(values | changes))  # type: ignore[arg-type] # test shorthand over one record


def judged(
    *flows: Flow, rules: Rulebook | None = None, market: str | None = "NO", there: bool = True
) -> list[Finding]:
    """What the check says."""
    found = facts(*([package()] if there else [package("com.acme.app")]), flows=flows)
    return list(ask(ServerContacts(), case(found, rules or rulebook(client()), market)))


@pytest.mark.parametrize("who", ["", "uid 1001", "com.acme.browser"])
@pytest.mark.parametrize("host", [SERVER, f"www.{SERVER}"])
def test_a_server_for_elsewhere_is_told_whoever_called_it(who: str, host: str) -> None:
    """That it was called is seen; by whom is for a person to find out."""
    [found] = judged(flow(host, who=who), there=False)
    assert (found.outcome, found.subject) == (Outcome.REVIEW, CLIENT)
    assert f"{who or 'Something on the unit'} sent data to {host}:80" in found.message
    assert "nobody saw for sure" in found.message


def test_this_units_identifier_there_is_a_failure() -> None:
    """Whichever program it was, the unit sent what names it."""
    sent = flow(stage=Stage.IDENTIFIED, identifiers=(IMEI,))
    [found] = judged(sent)
    assert found.outcome is Outcome.FAIL
    assert "sent this unit's IMEI to act.example:80" in found.message
    [unsure] = judged(sent, rules=rulebook(client(confidence=Confidence.LOW)))
    [nowhere] = judged(sent, market=None)
    assert {unsure.outcome, nowhere.outcome} == {Outcome.REVIEW}


def test_a_message_to_its_number_counts_as_well() -> None:
    """Such clients register by SMS too."""
    [found] = judged(flow("", what=FlowKind.SMS, to="10690329:50000"), rules=rulebook(SMS))
    assert found.outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("contact", "rules", "market"),
    [
        (flow("act.example.org"), rulebook(client()), "NO"),
        (flow("xact.example"), rulebook(client()), "NO"),
        (flow(who=CLIENT), rulebook(client()), "NO"),
        (flow(), rulebook(client()), "CN"),
        (flow(), rulebook(client(serves=("*",))), "NO"),
    ],
    ids=["longer name", "another name", "judged by name", "its own market", "ships worldwide"],
)
def test_what_is_no_such_contact(contact: Flow, rules: Rulebook, market: str) -> None:
    """A name that merely resembles it, and what other checks judge."""
    [found] = judged(contact, rules=rules, market=market)
    assert found.outcome is Outcome.PASS


def test_without_names_there_is_no_question() -> None:
    """An address is nobody's by itself."""
    [found] = judged(replace(flow(""), to="1.2.3.4:80"))
    assert found.outcome is Outcome.NOT_APPLICABLE
