from __future__ import annotations

import pytest

from audit.checks.client_market import ClientMarket
from audit.model.facts import Enabled, Facts, UserState
from audit.model.flows import Flow, FlowKind
from audit.model.profiles import Confidence, Gate, Level, Outcome, Role
from audit.model.report import Finding, Severity
from tests.checks.house import CLIENT, case, client, facts, package, prop, properties, rulebook

FAIL, REVIEW, PASS = Outcome.FAIL, Outcome.REVIEW, Outcome.PASS


def findings(
    found: Facts, *clients: object, market: str | None = "NO", policy: str = "default"
) -> list[Finding]:
    """What the check yields for these facts."""
    book = rulebook(*clients)  # type: ignore[arg-type] # clients are profiles
    return list(ClientMarket().ask(case(found, book, market, policy)))


@pytest.mark.parametrize(
    ("gate_value", "market", "policy", "outcome", "level"),
    [
        ("1", "NO", "default", FAIL, Level.ARMED),
        ("0", "NO", "default", REVIEW, Level.DORMANT),
        (None, "NO", "default", REVIEW, Level.UNKNOWN),
        ("1", "CN", "default", PASS, Level.ARMED),
        ("0", "NO", "strict", FAIL, Level.DORMANT),
        (None, "NO", "strict", FAIL, Level.UNKNOWN),
        ("0", "CN", "strict", PASS, Level.DORMANT),
    ],
)
def test_a_gated_client_is_judged_by_market_gate_and_policy(
    gate_value: str | None, market: str, policy: str, outcome: Outcome, level: Level
) -> None:
    """Market, gate and policy together decide, and the finding says how far the evidence goes."""
    props = properties(**({} if gate_value is None else {"persist__acme__on": gate_value}))
    [found] = findings(facts(package(), props=props), client(), market=market, policy=policy)
    assert (found.outcome, found.level, found.subject) == (outcome, level, CLIENT)


def test_an_armed_client_is_critical_and_names_endpoint_identifiers_and_sources() -> None:
    """Somebody acts on a FAIL, so it carries all they need."""
    props = properties(persist__acme__on="1")
    [found] = findings(facts(package(), props=props), client())
    text = str(found.facts)
    assert found.severity is Severity.CRITICAL
    assert "http://act.example port 80, cleartext" in text
    assert "IMEI" in text
    assert found.sources
    assert found.fix


def test_no_gate_known_means_present_only() -> None:
    """A client whose gates nobody established is not called armed."""
    [found] = findings(facts(package()), client(armed_when=None))
    assert (found.outcome, found.level) == (REVIEW, Level.UNKNOWN)


def test_a_client_without_any_gate_is_armed() -> None:
    """A profile that says there is no gate arms the client by its presence."""
    [found] = findings(facts(package()), client(armed_when=Gate()))
    assert (found.outcome, found.level) == (FAIL, Level.ARMED)


def test_low_confidence_only_asks_for_review() -> None:
    """A weakly sourced entry never accuses."""
    [found] = findings(facts(package()), client(armed_when=Gate(), confidence=Confidence.LOW))
    assert found.outcome is REVIEW


def test_a_client_that_ships_worldwide_is_a_note() -> None:
    """Presence of a client shipped everywhere says nothing."""
    [found] = findings(facts(package()), client(serves=("*",), armed_when=Gate()))
    assert (found.outcome, found.severity) == (PASS, Severity.INFO)


@pytest.mark.parametrize(
    "users",
    [
        (UserState(user=0, installed=False),),
        (UserState(user=0, installed=True, enabled=Enabled.DISABLED_USER),),
        (UserState(user=0, installed=False), UserState(user=10, installed=True, enabled=Enabled.DISABLED)),
    ],
)
def test_uninstalled_or_disabled_for_everyone_is_dormant(users: tuple[UserState, ...]) -> None:
    """A ghost or a disabled copy is still on the image: dormant, even with its gate open."""
    props = properties(persist__acme__on="1")
    [found] = findings(facts(package(users=users), props=props), client())
    assert (found.outcome, found.level) == (REVIEW, Level.DORMANT)


def test_one_user_who_has_it_arms_it() -> None:
    """Uninstalled for the owner but installed in a second profile is installed."""
    users = (UserState(user=0, installed=False), UserState(user=10, installed=True))
    props = properties(persist__acme__on="1")
    [found] = findings(facts(package(users=users), props=props), client())
    assert found.level is Level.ARMED


@pytest.mark.parametrize("role", [Role.CARRIER_DM, Role.SETUP_INSTALLER, Role.LEGAL_PREINSTALL])
@pytest.mark.parametrize(("gate_value", "outcome"), [("0", PASS), (None, PASS), ("1", REVIEW)])
def test_sleeping_carrier_software_is_a_note(role: Role, gate_value: str | None, outcome: Outcome) -> None:
    """What makers ship worldwide and sleeps without its SIM is no accusation until it wakes."""
    props = properties(**({} if gate_value is None else {"persist__acme__on": gate_value}))
    [found] = findings(facts(package(), props=props), client(role=role))
    assert found.outcome is outcome


def test_a_flow_of_the_package_is_observed() -> None:
    """A contact seen raises the level above the gate."""
    flow = Flow(who=CLIENT, what=FlowKind.DNS, to="act.example", cleartext=True, via="hook")
    [found] = findings(facts(package(), flows=(flow,)), client(armed_when=None))
    assert (found.outcome, found.level) == (FAIL, Level.ATTEMPTED)
    assert "act.example" in found.message


def test_without_a_market_the_units_own_region_judges_but_never_fails() -> None:
    """Nobody said where the unit goes, so at most a question comes of it."""
    [found] = findings(facts(package()), client(armed_when=Gate()), market=None)
    assert found.outcome is REVIEW


@pytest.mark.parametrize(
    "name", ["com.acme.simactivate2", "com.acme", "com.acme.simactivate.overlay", "COM.ACME.SIMACTIVATE"]
)
def test_only_the_exact_name_matches(name: str) -> None:
    """Prefixes, suffixes and other cases are other packages."""
    assert findings(facts(package(name)), client()) == []


def test_a_path_is_no_name() -> None:
    """The honest client of another maker lies at the same path."""
    other = package("com.other.activation", paths=("/system/app/SimActivate/SimActivate.apk",))
    assert findings(facts(other), client()) == []


def test_a_user_installed_copy_of_a_system_only_client_does_not_count() -> None:
    """A generic name that anybody may install is only meant on the system image."""
    assert findings(facts(package(system=False)), client(system_only=True)) == []
    assert len(findings(facts(package(system=True)), client(system_only=True))) == 1


def test_per_slot_values_count_for_any_slot() -> None:
    """A carrier's SIM in the second slot opens the gate too, and an empty slot does not."""
    gate = Gate(any=(prop("gsm.sim.operator.numeric", "46003", per_slot=True),))
    for value, level in ((",46003", Level.ARMED), (",", Level.DORMANT), ("24201,24202", Level.DORMANT)):
        props = properties(gsm__sim__operator__numeric=value)
        [found] = findings(facts(package(), props=props), client(armed_when=gate))
        assert found.level is level, value


def test_an_absent_property_stands_for_its_documented_default() -> None:
    """Where the client's code says what absence means, absence is read as that."""
    gate = Gate(all=(prop("persist.acme.on", "1", default="1"),))
    [found] = findings(facts(package()), client(armed_when=gate))
    assert found.level is Level.ARMED
