from __future__ import annotations

import pytest

from audit.checks.advisories import Advisories
from audit.checks.denylist import Denylist
from audit.checks.identity import Identity
from audit.checks.posture import Posture
from audit.checks.region_market import RegionMarket
from audit.checks.region_signals import RegionSignals
from audit.checks.sku_overlays import SkuOverlays
from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.facts import Overlay
from audit.model.profiles import Confidence, Gate, Outcome, Role
from audit.model.report import Decision, Expectation
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from tests.checks.house import (
    CLIENT,
    advisory,
    case,
    client,
    denied,
    facts,
    package,
    properties,
    rulebook,
)

FAIL, REVIEW, PASS, INCONCLUSIVE = Outcome.FAIL, Outcome.REVIEW, Outcome.PASS, Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("stated", "market", "outcomes"),
    [
        ({"ro__acme__region": "CN"}, "NO", [FAIL]),
        ({"ro__acme__region": "CN"}, "CN", []),
        ({"ro__acme__region": "WW"}, "NO", []),
        ({"ro__acme__region": "WW"}, "CN", [REVIEW]),
        ({"ro__acme__region": "absent", "ro__acme__hint": "CN"}, "NO", [REVIEW]),
        ({"ro__acme__region": "absent"}, "NO", [REVIEW]),
        ({"ro__product__brand": "Mute"}, "NO", [REVIEW]),
        ({"ro__acme__region": "absent", "ro__acme__hw": "IN"}, "NO", [REVIEW]),
        ({"ro__acme__region": "WW", "ro__acme__hw": "IN"}, "NO", [REVIEW]),
        ({"ro__acme__region": "WW"}, None, [INCONCLUSIVE]),
    ],
)
def test_region_against_market(stated: dict[str, str], market: str | None, outcomes: list[Outcome]) -> None:
    """Strong mismatch fails, weaker ones and worldwide builds ask, so does silence; no market, no answer."""
    asked = case(facts(props=properties(**stated)), rulebook(), market)
    assert [f.outcome for f in RegionMarket().ask(asked)] == outcomes


def test_a_contradiction_is_a_finding_of_its_own() -> None:
    """A reflashed unit is named with both statements."""
    props = properties(ro__acme__region="WW", ro__acme__hw="CN")
    [found] = RegionSignals().ask(case(facts(props=props), rulebook()))
    assert found.outcome is REVIEW
    assert "CN" in found.message
    assert "WW" in found.message


def overlay(name: str, *, enabled: bool = True) -> Overlay:
    """An overlay for the ACME client."""
    return Overlay(package=name, target=CLIENT, enabled=enabled, user=0, origin="cmd overlay list")


@pytest.mark.parametrize(
    ("name", "market", "role", "outcomes"),
    [
        ("com.acme.skucn", "NO", Role.ACTIVATION, [FAIL]),
        ("com.acme.skucn", "NO", Role.TELEMETRY, [REVIEW]),
        ("com.acme.skucn", None, Role.ACTIVATION, [REVIEW]),
        ("com.acme.skucn", "CN", Role.ACTIVATION, []),
        ("com.acme.skuww", "NO", Role.ACTIVATION, []),
    ],
)
def test_an_enabled_overlay_of_another_market(
    name: str, market: str | None, role: Role, outcomes: list[Outcome]
) -> None:
    """It fails only where it redirects an accountable client and the market was given."""
    book = rulebook(client(role=role, serves=("*",)))
    asked = case(facts(overlays=(overlay(name),)), book, market)
    assert [f.outcome for f in SkuOverlays().ask(asked)] == outcomes


def test_overlays_are_not_asked_of_makers_that_do_not_use_them() -> None:
    """A unit of another maker is not inconclusive for lack of an overlay list."""
    other = case(facts(props=properties(ro__product__brand="Mute")), rulebook())
    assert SkuOverlays().applies(other)
    assert not SkuOverlays().applies(case(facts(), rulebook()))


@pytest.mark.parametrize(
    ("stated", "gate", "market", "policy", "outcomes"),
    [
        ({}, None, "NO", "default", [FAIL]),
        ({"persist__acme__on": "0"}, "gated", "NO", "default", [REVIEW]),
        ({"persist__acme__on": "0"}, "gated", "NO", "strict", [FAIL]),
        ({"persist__acme__on": "1"}, "gated", "NO", "default", [FAIL]),
        ({"ro__build__display__id": "WW_3_SP1"}, None, "NO", "default", [PASS]),
        ({"ro__build__display__id": "WW_4"}, None, "NO", "default", [PASS]),
        ({"ro__build__display__id": "unlike"}, None, "NO", "default", [REVIEW]),
        ({"ro__product__model": '"ACME One"'}, None, "NO", "default", [FAIL]),
        ({"ro__product__model": "ACME Two"}, None, "NO", "default", []),
        ({}, None, "CN", "default", []),
        ({}, None, None, "default", [REVIEW]),
    ],
)
def test_an_incident_accuses_by_model_package_market_and_build_together(
    stated: dict[str, str], gate: str | None, market: str | None, policy: str, outcomes: list[Outcome]
) -> None:
    """One of them alone never does; quotes around the model's name do not hide it."""
    profile = client() if gate else client(armed_when=None)
    book = rulebook(profile, advisories=(advisory(),))
    asked = case(facts(package(), props=properties(**stated)), book, market, policy)
    assert [f.outcome for f in Advisories().ask(asked)] == outcomes


def test_an_incident_without_the_package_is_silent() -> None:
    """The model alone proves nothing."""
    book = rulebook(client(), advisories=(advisory(),))
    assert list(Advisories().ask(case(facts(), book))) == []


def test_an_incident_without_fixed_builds_is_context() -> None:
    """Without a build to compare with, other checks judge the package."""
    book = rulebook(client(serves=("*",)), advisories=(advisory(fixed_builds=()),))
    [found] = Advisories().ask(case(facts(package()), book))
    assert found.outcome is PASS


def test_a_low_confidence_incident_asks() -> None:
    """What is weakly sourced never accuses."""
    book = rulebook(client(armed_when=None), advisories=(advisory(confidence=Confidence.LOW),))
    [found] = Advisories().ask(case(facts(package()), book))
    assert found.outcome is REVIEW


@pytest.mark.parametrize(
    ("version", "below", "outcome"),
    [
        ("5.0", "5.5", FAIL),
        ("5.14", "5.5", PASS),
        ("5.5", "5.5", PASS),
        (None, "5.5", REVIEW),
        ("1.0", None, REVIEW),
    ],
)
def test_denylisted_updaters_by_version(version: str | None, below: str | None, outcome: Outcome) -> None:
    """Versions compare by number, an unread one asks."""
    book = rulebook(client(role=Role.UPDATER, serves=("*",), denied=denied(below)))
    [found] = Denylist().ask(case(facts(package(version_name=version)), book))
    assert found.outcome is outcome


@pytest.mark.parametrize("market", ["NO", "CN", None])
def test_malware_fails_in_every_market(market: str | None) -> None:
    """It belongs on no unit."""
    book = rulebook(client(role=Role.MALWARE, serves=("*",), armed_when=Gate()))
    [found] = Denylist().ask(case(facts(package()), book, market))
    assert found.outcome is FAIL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ro.build.tags", "test-keys"),
        ("ro.build.type", "userdebug"),
        ("ro.boot.verifiedbootstate", "orange"),
        ("ro.boot.flash.locked", "0"),
    ],
)
@pytest.mark.parametrize(("policy", "outcome"), [("default", PASS), ("strict", FAIL)])
def test_posture_is_a_note_until_strict(name: str, value: str, policy: str, outcome: Outcome) -> None:
    """Posture counts before shipping and is a note otherwise."""
    props = properties(**{name.replace(".", "__"): value})
    [found] = Posture().ask(case(facts(props=props), rulebook(), policy_name=policy))
    assert found.outcome is outcome
    assert value in found.message


@pytest.mark.parametrize(
    ("patch", "policy", "outcome"),
    [
        ("2018-11-01", "default", PASS),
        ("2018-11-01", "strict", FAIL),
        ("2026-10-05", "strict", PASS),
        ("soon", "strict", FAIL),
    ],
)
def test_patch_age(patch: str, policy: str, outcome: Outcome) -> None:
    """The age counts from the day of judging."""
    props = properties(ro__build__version__security_patch=patch)
    [found] = Posture().ask(case(facts(props=props), rulebook(), policy_name=policy))
    assert found.outcome is outcome


def test_another_model_than_ordered_fails() -> None:
    """A unit that is not the one ordered is set aside."""
    asked = case(facts(), rulebook())
    expectation = Expectation(market="NO", model="acme one", build="WW_9")
    wrong = [
        f.subject
        for f in Identity().ask(
            type(asked)(
                facts=asked.facts,
                region=asked.region,
                expectation=expectation,
                rulebook=asked.rulebook,
                policy=asked.policy,
                today=asked.today,
            )
        )
    ]
    assert wrong == ["build"]


@pytest.mark.parametrize(
    ("sdk", "outcomes"), [("19", [INCONCLUSIVE]), ("absent", [INCONCLUSIVE]), ("24", []), ("37", [PASS])]
)
def test_an_android_too_old_to_judge_is_told_so(sdk: str, outcomes: list[Outcome]) -> None:
    """Android below 7 is inconclusive by name of its version; one newer than known is noted."""
    asked = case(facts(props=properties(ro__build__version__sdk=sdk)), rulebook())
    assert [f.outcome for f in Identity().ask(asked)] == outcomes


HUGE = "9" * 5000


def test_numbers_without_end_are_compared_all_the_same() -> None:
    """A unit may state any number of digits: as its API level, its build, the version of a package."""
    report = audit_snapshot(
        Snapshot(
            unit=UnitId(),
            source=Source(kind=SourceKind.FOLDER),
            acquired_at=None,
            tool_version="1",
            artifacts=(
                Artifact(
                    kind=Kind.GETPROP,
                    origin="getprop",
                    data=(
                        f"[ro.build.version.sdk]: [{HUGE}]\n[ro.build.display.id]: [00WW_1_SP{HUGE}]\n"
                    ).encode(),
                ),
                Artifact(
                    kind=Kind.PACKAGE_DETAILS,
                    origin="d",
                    data=(
                        "Packages:\n  Package [com.adups.fota] (1):\n    codePath=/system/app/F\n"
                        f"    versionName=5.{HUGE}\n    versionCode={HUGE}\n"
                        f"    User 0: installed=true enabled={HUGE}\n"
                    ).encode(),
                ),
            ),
        ),
        load(),
        Expectation(market="NO"),
        judged_at="2025-01-01T00:00:00Z",
    )
    assert report.verdict.decision is Decision.INCONCLUSIVE
