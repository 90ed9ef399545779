"""No sentence claims more than was seen, and none contradicts another of the same report."""

from __future__ import annotations

import pytest

from audit.checks import Case
from audit.checks.advisories import Advisories
from audit.checks.client_market import ClientMarket
from audit.checks.denylist import Denylist
from audit.checks.posture import Posture
from audit.checks.question import Check
from audit.checks.region_market import RegionMarket
from audit.checks.region_signals import RegionSignals
from audit.model.facts import Package, UserState
from audit.model.profiles import Level, Outcome, Role
from audit.pipeline import ask
from tests.checks.house import CLIENT, advisory, case, client, denied, facts, package, properties, rulebook


def sentences(check: Check, asked: Case) -> list[str]:
    """All messages of one check."""
    return [finding.message for finding in ask(check, asked)]


NOTED = client(role=Role.CARRIER_DM, armed_when=None)


def test_a_client_that_is_noted_is_not_said_to_be_absent() -> None:
    """A Pixel with a carrier's client passes with a note, and the pass says that it is there."""
    asked = case(facts(package(CLIENT)), rulebook(NOTED))
    note, passed = sentences(ClientMarket(), asked)
    assert "not for NO" in note
    assert passed == (
        "Of the 1 catalogued clients, 1 is among the 2 packages listed for user 0: see the notes; none counts"
        " against the unit."
    )
    [absent] = sentences(ClientMarket(), case(facts(), rulebook(NOTED)))
    assert absent.startswith("None of the 1 catalogued clients is among")


def test_an_incident_that_is_noted_is_not_said_to_match_nothing() -> None:
    """Context about a package that is here, then how many incidents were compared."""
    book = rulebook(client(), advisories=(advisory(fixed_builds=()),))
    props = properties(ro__product__model="ACME One")
    note, passed = sentences(Advisories(), case(facts(package(CLIENT), props=props), book))
    assert note.startswith(f"{CLIENT} is on the unit. A documented incident concerns it:")
    assert passed.startswith("Of 1 documented incidents, 1 concerns a package that is here")
    [none] = sentences(Advisories(), case(facts(props=props), book))
    assert none.startswith("None of 1 documented incidents")


def test_a_clean_version_of_an_updater_is_not_said_to_be_absent() -> None:
    """Version 5.14 is there, and is not denied."""
    book = rulebook(client(role=Role.UPDATER, denied=denied("5.5")))
    there = package(CLIENT, version_name="5.14")
    note, passed = sentences(Denylist(), case(facts(there), book))
    assert "is not below 5.5" in note
    assert passed.startswith("Of 1 denylisted packages, 1 is among")


def test_what_is_not_as_shipped_is_not_listed_as_shipped() -> None:
    """Under the default policy test keys are a note, not a virtue."""
    props = properties(ro__build__tags="test-keys", ro__build__type="user")
    *_, passed = sentences(Posture(), case(facts(props=props), rulebook()))
    assert "ro.build.type." in passed
    assert "ro.build.tags" not in passed
    assert passed.endswith("Not so in 1, which the notes name.")


def test_weaker_signals_that_disagree_are_noted_and_not_counted_as_agreeing() -> None:
    """One note for all of them; the pass speaks of the others only."""
    props = properties(ro__acme__region="WW", ro__acme__weak="CN")
    note, passed = sentences(RegionSignals(), case(facts(props=props), rulebook()))
    assert note == ("property ro.acme.weak (CN) speaks for another region than WW, too weakly to decide.")
    assert passed == "One region signal was read (WW); none contradicts it."


def test_a_medium_property_that_leaves_the_market_out_asks_a_person() -> None:
    """A worldwide build customised for India is not simply a build for Norway."""
    props = properties(ro__acme__region="WW", ro__acme__hint="IN")
    [found] = ask(RegionMarket(), case(facts(props=props), rulebook(), "NO"))
    assert found.outcome is Outcome.REVIEW
    assert "ro.acme.hint = IN" in found.message
    [fits] = ask(RegionMarket(), case(facts(props=props), rulebook(), "IN"))
    assert fits.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("installed", "system", "words"),
    [
        (True, True, "is on the unit and"),
        (False, True, "still on the system image (a factory reset brings it back), and"),
        (False, None, "is known to the unit, but installed for no user that was read, and"),
        (False, False, "is known to the unit, but installed for no user that was read, and"),
    ],
)
def test_a_ghost_is_called_one(*, installed: bool, system: bool | None, words: str) -> None:
    """Uninstalled is not on the unit, and only what lies on the image comes back by a reset."""
    there = Package(name=CLIENT, system=system, users=(UserState(user=0, installed=installed),))
    book = rulebook(client(role=Role.UPDATER, denied=denied("5.5")))
    props = properties(ro__product__model="ACME One")
    asked = case(facts(there, props=props), rulebook(client(), advisories=(advisory(),)))
    assert words in sentences(ClientMarket(), asked)[0]
    verb = words.removesuffix(" and").removesuffix(",")
    assert verb in sentences(Advisories(), asked)[0]
    assert verb in sentences(Denylist(), case(facts(there), book))[0]


def test_an_empty_gate_is_shown_as_empty() -> None:
    """`= .` would leave the reader guessing."""
    props = properties(persist__acme__on="")
    [found] = ask(ClientMarket(), case(facts(package(CLIENT), props=props), rulebook(client())))
    assert found.level is Level.DORMANT
    assert "persist.acme.on = (empty)." in found.message
