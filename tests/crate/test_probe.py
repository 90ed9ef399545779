from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.device import Completed
from audit.crate.ledger import is_placeholder
from audit.crate.probe import Same, ask_names, same_unit
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.sources import plan
from tests.sources.scripted import ScriptedDevice, ordinary

IMEI, OTHER_IMEI = "356938035643809", "490154203237518"


def named(**values: str) -> tuple[OwnIdentifier, ...]:
    """Identifiers, by the names of their kinds."""
    kinds = {
        "imei": IdentifierKind.IMEI,
        "imei2": IdentifierKind.IMEI,
        "meid": IdentifierKind.MEID,
        "mac": IdentifierKind.MAC,
        "android_id": IdentifierKind.ANDROID_ID,
        "serial": IdentifierKind.SERIAL,
    }
    return tuple(OwnIdentifier(kind=kinds[kind], value=value, origin="x") for kind, value in values.items())


@pytest.mark.parametrize(
    ("told", "known", "same"),
    [
        (named(imei=IMEI), named(imei=IMEI), Same.YES),
        (named(imei=IMEI), named(imei=OTHER_IMEI), Same.NO),
        (named(imei=IMEI, imei2=OTHER_IMEI), named(imei=OTHER_IMEI), Same.YES),
        (named(imei=IMEI, android_id="a1"), named(imei=IMEI, android_id="b2"), Same.NO),
        (named(imei=IMEI, mac="aa"), named(imei=IMEI, mac="bb"), Same.YES),
        (named(mac="aa"), named(mac="AA"), Same.YES),
        (named(mac="aa"), named(mac="bb"), Same.NO),
        (named(android_id="a1"), named(imei=IMEI), Same.UNSURE),
        (named(serial="S"), named(serial="S"), Same.UNSURE),
        ((), (), Same.UNSURE),
    ],
)
def test_units_are_told_apart_by_what_else_names_them(
    told: tuple[OwnIdentifier, ...], known: tuple[OwnIdentifier, ...], same: Same
) -> None:
    """One identifier that differs says another unit; a serial number says nothing."""
    assert same_unit(told, known) is same
    assert same_unit(known, told) is same


def test_only_what_names_the_unit_is_asked() -> None:
    """Properties, one table of settings and the identity: no list of packages, no file of another kind."""
    secure = "android_id=1234567890abcdef\n"
    device = ScriptedDevice(ordinary() | {"settings list secure": secure})
    told = asyncio.run(ask_names(device, limit_s=60.0))
    assert {one.value for one in told if one.kind is IdentifierKind.ANDROID_ID} == {"1234567890abcdef"}
    asked = {" ".join(line.split()[:2]) for line in device.asked}
    wlan = f"cat {plan.WLAN_ADDRESS}"
    assert asked <= {"getprop", "settings list", "service call", "content query", wlan, "ip -o"}
    assert not any("package" in line for line in device.asked)


def test_a_unit_that_tells_nothing_is_told_so() -> None:
    """Refusals are no identifiers."""
    refused = Completed(stdout=b"", stderr=b"Permission denied\n", exit_code=1)
    answers = dict.fromkeys(ordinary(), refused)
    device = ScriptedDevice(answers)
    assert asyncio.run(ask_names(device, limit_s=60.0)) == ()


@pytest.mark.parametrize(
    "serial",
    [
        "0123456789ABCDEF",
        "0123456789abcdef",
        "0123456789",
        "1234567890ABCDEF",
        "unknown",
        "",
        "?",
        "000000000000",
    ],
)
def test_placeholders_are_recognised(serial: str) -> None:
    """What makers write where no number was, in either case and any length."""
    assert is_placeholder(serial)


@pytest.mark.parametrize(
    "serial", ["R58M12ABCDE", "PL2GAR9822804526", "emulator-5554", "127.0.0.1:5555", "ce0717178d7758b00b7e"]
)
def test_serial_numbers_are_no_placeholders(serial: str) -> None:
    """Real ones, an emulator's and an address."""
    assert not is_placeholder(serial)


@given(st.sampled_from("0AZ?x"), st.integers(1, 40))
def test_one_character_names_nothing(character: str, times: int) -> None:
    """However often it is repeated."""
    assert is_placeholder(character * times)


def test_identifiers_of_one_kind_are_compared_without_case() -> None:
    """A MEID in other letters is the same MEID."""
    one, other = named(meid="A1000012345678"), named(meid="a1000012345678")
    assert same_unit(one, other) is Same.YES
    assert same_unit(one, (replace(other[0], value="A1000087654321"),)) is Same.NO
