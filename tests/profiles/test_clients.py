"""Facts of the client catalogue that must not drift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest

from audit.checks.conditions import gate_state
from audit.model.facts import Facts, Property
from audit.model.profiles import (
    ClientProfile,
    Comparison,
    Condition,
    Confidence,
    Gate,
    Outcome,
    Role,
    Rulebook,
    Subject,
)
from audit.rulebook import facts_of, load, run_examples
from audit.rulebook.judging import judge_by

INCIDENT = "com.qualcomm.qti.autoregistration"
GATE = "persist.vendor.radio.ps.registration.enabled"
DEBLOATER_LIST = "universal-android-debloater-next-generation/blob/"
SIM = "gsm.sim.operator.numeric"
COUNTRY_OF_MCC = {
    "310": "US",
    "311": "US",
    "312": "US",
    "313": "US",
    "334": "MX",
    "404": "IN",
    "405": "IN",
    "413": "LK",
    "440": "JP",
    "455": "MO",
    "460": "CN",
    "470": "BD",
    "732": "CO",
}
"""Mobile country codes the catalogue uses. Source: ITU-T E.212."""


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The rulebook that ships."""
    return load()


@pytest.fixture(scope="module")
def incident(rulebook: Rulebook) -> ClientProfile:
    """The client of the 2019 incident."""
    return rulebook.clients[INCIDENT]


def _bound(rulebook: Rulebook) -> list[ClientProfile]:
    """Clients that a policy holds to account and that are meant for some markets only."""
    accountable = rulebook.policies["default"].accountable
    return [c for c in rulebook.clients.values() if c.role in accountable and c.serves != ("*",)]


def _conditions(client: ClientProfile) -> tuple[Condition, ...]:
    gate = client.armed_when or Gate()
    return (*gate.all, *gate.any)


def _unit(**properties: str) -> Facts:
    return Facts(properties={n: Property(name=n, value=v, origin="test") for n, v in properties.items()})


def test_catalogue_stays_whole(rulebook: Rulebook) -> None:
    """A hundred packages and more are known, in every role that a client can have."""
    assert len(rulebook.clients) >= 100
    assert {c.role for c in rulebook.clients.values()} == set(Role)


def test_incident_client_names_where_it_calls(incident: ClientProfile) -> None:
    """The incident client posts to China Telecom's server in cleartext and is meant for China alone."""
    (endpoint,) = incident.endpoints
    assert (endpoint.to, endpoint.port, endpoint.cleartext) == ("http://zzhc.vnet.cn", 80, True)
    assert endpoint.operator == "China Telecom"
    assert incident.serves == ("CN",)
    assert incident.role is Role.SELF_REGISTRATION
    assert incident.confidence is Confidence.HIGH


def test_incident_client_names_what_it_sends(incident: ClientProfile) -> None:
    """The identifiers reported in 2019 are all listed, and the user id it hides behind."""
    assert {"IMEI", "IMSI", "ICCID", "Wi-Fi MAC address", "serving cell"} <= set(incident.sends)
    assert incident.shared_user == "android.uid.phone"


def test_incident_client_names_the_fixed_builds(incident: ClientProfile) -> None:
    """An operator who reads the cure knows which builds have it."""
    assert "00WW_3_39B_SP03" in incident.fix
    assert "00WW_3_22C_SP05" in incident.fix


@pytest.mark.parametrize(
    ("properties", "armed"),
    [
        ({GATE: "true"}, True),
        ({GATE: "1"}, True),
        ({GATE: "false"}, False),
        ({GATE: "TRUE"}, False),
        ({GATE: ""}, False),
        ({}, None),
    ],
)
def test_incident_gate(incident: ClientProfile, properties: dict[str, str], armed: bool | None) -> None:
    """The gate is read as SystemProperties.getBoolean reads it; absence says nothing, as 2014's had none."""
    assert incident.armed_when is not None
    assert gate_state(incident.armed_when, _unit(**properties)) is armed


def test_colombian_lock_needs_nothing_to_act(rulebook: Rulebook) -> None:
    """It was seen calling home without its carrier's SIM, so its gate is known and empty, not unknown."""
    lock = rulebook.clients["co.sitic.pp"]
    assert lock.armed_when == Gate()
    assert (lock.role, lock.serves) == (Role.CARRIER_LOCK, ("CO",))
    assert "www.forcis.claro.com.co" in {e.to for e in lock.endpoints}


def test_hmd_client_of_every_build_accuses_nobody(rulebook: Rulebook) -> None:
    """FIH's client shares its file name with the incident client and is on honest global phones."""
    client = rulebook.clients["com.evenwell.autoregistration"]
    assert client.serves == ("*",)
    assert {e.expect for e in client.examples} == {"note"}


def test_every_source_can_be_opened(rulebook: Rulebook) -> None:
    """Each source is the https address of a page or a file, not of a whole site."""
    for client in rulebook.clients.values():
        denied = client.denied.sources if client.denied else ()
        for source in (*client.sources, *denied):
            parts = urlsplit(source)
            assert parts.scheme == "https", source
            assert PurePosixPath(parts.path).name or parts.query, source


def test_high_confidence_is_earned(rulebook: Rulebook) -> None:
    """A debloating list alone never makes for high confidence."""
    for client in rulebook.clients.values():
        if client.confidence is Confidence.HIGH:
            assert [s for s in client.sources if DEBLOATER_LIST not in s], client.package


def test_low_confidence_never_fails_a_unit(rulebook: Rulebook) -> None:
    """No example of a client of low confidence expects a failure, nor would the strict policy give one."""
    low = [c for c in rulebook.clients.values() if c.confidence is Confidence.LOW]
    assert low
    assert "fail" not in {e.expect for c in low for e in c.examples}
    strict = {
        c.package: replace(c, examples=tuple(replace(e, policy="strict", expect="fail") for e in c.examples))
        for c in low
    }
    results = run_examples(
        replace(rulebook, clients=strict, regions=(), advisories=()), judge_by(rulebook, today="2020-01-01")
    )
    assert results
    assert [r.case.subject for r in results if r.holds] == []


def test_bound_clients_are_shown_at_home_and_abroad(rulebook: Rulebook) -> None:
    """Each accountable client is proven quiet in a market it serves and asked about in one it does not."""
    for client in _bound(rulebook):
        at_home = {e.expect for e in client.examples if e.market in client.serves}
        abroad = {e.expect for e in client.examples if e.market and e.market not in client.serves}
        assert at_home == {"note"}, client.package
        assert abroad <= {"review", "fail"}, client.package
        assert abroad, client.package


def test_worldwide_clients_are_notes(rulebook: Rulebook) -> None:
    """What ships everywhere is never held against a market."""
    judged = {Role.UPDATER, Role.MALWARE, Role.REGION_MARKER}
    for client in rulebook.clients.values():
        if client.serves == ("*",) and client.role not in judged:
            assert {e.expect for e in client.examples} <= {"note"}, client.package


def test_generic_and_installable_names_count_on_the_image_only(rulebook: Rulebook) -> None:
    """Anybody may install an app market or call an app com.android.dm."""
    assert rulebook.clients["com.android.dm"].system_only
    legal = [c for c in rulebook.clients.values() if c.role is Role.LEGAL_PREINSTALL]
    assert legal
    assert all(c.system_only for c in legal)


def test_sim_gates_name_cards_of_the_markets_served(rulebook: Rulebook) -> None:
    """A gate that waits for a SIM names codes of five or six digits, or country codes, of its own markets."""
    gates = [(c, k) for c in rulebook.clients.values() for k in _conditions(c) if k.name == SIM]
    assert len(gates) >= 15
    for client, condition in gates:
        assert condition.subject is Subject.PROPERTY
        assert condition.per_slot
        assert condition.default is None, "no SIM stated is not the same as no SIM"
        assert condition.test in (Comparison.IN, Comparison.PREFIX)
        length = {Comparison.IN: {5, 6}, Comparison.PREFIX: {3}}[condition.test]
        assert {len(code) for code in condition.values} <= length
        assert {COUNTRY_OF_MCC.get(code[:3]) for code in condition.values} <= set(client.serves), (
            client.package
        )


def test_conditions_say_where_they_were_learnt(rulebook: Rulebook) -> None:
    """Every condition of every gate has its reason."""
    for client in rulebook.clients.values():
        for condition in _conditions(client):
            assert condition.why.endswith("."), client.package


def test_chinese_registrations_have_china_telecoms_address(rulebook: Rulebook) -> None:
    """The clients whose code names the address share it, on port 80 and in cleartext."""
    same = {
        c.package: (e.port, e.cleartext)
        for c in rulebook.clients.values()
        for e in c.endpoints
        if e.to == "http://zzhc.vnet.cn"
    }
    assert same == dict.fromkeys((INCIDENT, "com.mediatek.selfregister"), (80, True))


@pytest.mark.parametrize(
    ("version", "expected"), [("5.0.1", "fail"), ("5.4", "fail"), ("5.5", "note"), ("5.14", "note")]
)
def test_adups_is_judged_by_number(rulebook: Rulebook, version: str, expected: str) -> None:
    """Version 5.14 is later than 5.5, however it sorts as text."""
    name = "com.adups.fota"
    client = rulebook.clients[name]
    case = next(
        r.case
        for r in run_examples(
            replace(rulebook, clients={name: client}, regions=(), advisories=()), lambda *_: ""
        )
    )
    example = replace(case.example, version_names={name: version}, market="NO")
    judge = judge_by(rulebook, today="2020-01-01")
    assert judge(replace(case, example=example), facts_of(example)) == expected


def test_engines_without_a_clean_version_are_reviewed(rulebook: Rulebook) -> None:
    """Only Adups names a clean version; the other engines are denied whatever theirs is."""
    updaters = [c for c in rulebook.clients.values() if c.role is Role.UPDATER]
    assert all(c.denied for c in updaters)
    assert {c.package for c in updaters if c.denied and c.denied.below} == {"com.adups.fota"}


def test_examples_hold(rulebook: Rulebook) -> None:
    """Every example of every client comes out as it promises."""
    results = run_examples(
        replace(rulebook, regions=(), advisories=()), judge_by(rulebook, today="2020-01-01")
    )
    assert len(results) >= 200
    broken = [f"{r.case.subject}, {r.case.example.name}: {r.got}" for r in results if not r.holds]
    assert broken == []


def test_examples_cover_every_outcome(rulebook: Rulebook) -> None:
    """The examples together show a failure, a review, a note and silence."""
    expected = {e.expect for c in rulebook.clients.values() for e in c.examples}
    assert expected == {str(Outcome.FAIL), str(Outcome.REVIEW), "note", "pass"}


@pytest.mark.parametrize(
    "package",
    [
        "com.rock.gota",
        "com.adups.fota",
        "com.adups.fota.sysoper",
        "com.dtinfo.tools",
        "com.xfota",
        "com.redstone.ota.ui",
        "com.thundersoft.zdm",
        "com.fota.digitime",
    ],
)
def test_the_engines_no_unit_may_ship_with_are_known(rulebook: Rulebook, package: str) -> None:
    """The eight of the pre-shipment checklist; none of them passes unseen where its version is not read."""
    assert rulebook.clients[package].role is Role.UPDATER
    assert rulebook.clients[package].denied is not None
