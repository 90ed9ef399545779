from __future__ import annotations

import pytest

from audit.checks import read_region
from audit.model.facts import Overlay
from tests.checks.house import facts, properties, rulebook


@pytest.mark.parametrize(
    ("stated", "region"),
    [
        ({"ro__acme__region": "CN"}, "CN"),
        ({"ro__acme__region": "WW"}, "WW"),
        ({"ro__acme__region": "WW", "ro__acme__hw": "IN"}, "IN"),
        ({"ro__acme__region": "absent", "ro__acme__hw": "IN"}, "IN"),
        ({"ro__acme__region": "absent", "ro__acme__hint": "IN"}, "IN"),
        ({"ro__acme__region": "WW", "ro__acme__hint": "CN"}, "WW"),
        ({"ro__acme__region": "absent", "ro__acme__weak": "CN"}, None),
        ({"ro__acme__region": "absent", "gsm__sim__operator__iso-country": "no"}, None),
        ({"ro__acme__region": "ZZ"}, None),
        ({"ro__acme__region": "WW", "ro__product__brand": "Other"}, None),
    ],
)
def test_the_strongest_signals_decide(stated: dict[str, str], region: str | None) -> None:
    """Strong before medium; weak ones and usage never decide; an unknown code is no region."""
    assert read_region(facts(props=properties(**stated)), rulebook()).region == region


def test_usage_is_kept_apart_for_each_slot() -> None:
    """Where the SIMs come from is shown, and is not the region."""
    props = properties(**{"gsm__sim__operator__iso-country": "no,de"})
    reading = read_region(facts(props=props), rulebook())
    assert [s.says for s in reading.usage] == ["NO", "DE"]
    assert all(s.rule != "sim" for s in reading.signals)


def test_hardware_and_build_that_exclude_each_other_contradict() -> None:
    """A Chinese unit with worldwide software was reflashed; the build still names the region."""
    props = properties(ro__acme__region="WW", ro__acme__hw="CN")
    reading = read_region(facts(props=props), rulebook())
    assert reading.region == "WW"
    [(one, other)] = reading.contradictions
    assert {one.says, other.says} == {"WW", "CN"}


def test_a_set_and_its_part_do_not_contradict() -> None:
    """A build for a part of the world on worldwide hardware is normal; the smaller set is the region."""
    props = properties(ro__acme__region="EU", ro__acme__hw="WW")
    reading = read_region(facts(props=props), rulebook())
    assert (reading.region, reading.contradictions) == ("EU", ())


def test_a_disabled_overlay_says_nothing() -> None:
    """Images hold the overlays of many markets; only an enabled one speaks."""
    off = Overlay(package="com.acme.skucn", target="com.acme", enabled=False, user=0)
    assert read_region(facts(overlays=(off,)), rulebook()).contradictions == ()


def test_a_silent_maker_is_said_to_be_silent() -> None:
    """Unknown is an answer, with its reason."""
    props = properties(ro__product__brand="Mute")
    reading = read_region(facts(props=props), rulebook())
    assert (reading.region, reading.silent) == (None, "Mute: It states no region.")
