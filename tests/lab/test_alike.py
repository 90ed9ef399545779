"""Units that are alike share what was worked out once, and nothing that is their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.errors import UsageError
from audit.lab import PHONE_LATENCY_MS, Lab, UnitSpec, answer, copies, phone_sized, shipped_unit
from audit.lab.latency import latency_of
from audit.lab.memory import Memory

LINES = (
    "getprop",
    "getprop ro.serialno",
    "cmd package list packages -f -U -i --show-versioncode -u --user 0",
    "pm list users",
    "pm path com.qualcomm.qti.autoregistration",
    "dumpsys -t 60 package com.qualcomm.qti.autoregistration",
    "dumpsys package",
    "cmd overlay list --user 0",
    "dd if=/system/framework/framework-res.apk bs=4096 skip=0 count=1",
    "ls /system/app",
)


def _crate() -> tuple[UnitSpec, ...]:
    one, other = copies(phone_sized(shipped_unit("incident-2019")), 2)
    packages = {name: package for name, package in other.packages.items() if "autoreg" not in name}
    return (one, other, replace(other, packages=packages), replace(other, android="9"))


@pytest.mark.parametrize("line", LINES)
def test_sharing_changes_no_answer(line: str) -> None:
    """Each unit of a lab says what it would say alone, the first time and the second."""
    crate = _crate()
    lab = Lab(crate)
    for _ in range(2):
        for spec, unit in zip(crate, lab.units, strict=True):
            assert answer(spec, line, unit.life) == answer(spec, line), (spec.serial, spec.android)


def test_what_is_changed_is_said_at_once() -> None:
    """A property that was set is in the next answer of that unit, and in no other's."""
    one, other = Lab(copies(shipped_unit("rooted-2019"), 2)).units
    answer(one.spec, "getprop", one.life)
    one.life.set_property("log.tag.X", "V", 0)
    assert b"[log.tag.X]: [V]" in answer(one.spec, "getprop", one.life).stdout
    assert b"log.tag.X" not in answer(other.spec, "getprop", other.life).stdout


def test_a_memory_knows_the_very_objects() -> None:
    """Equal but different objects are worked out anew; the same ones are not."""
    memory, made = Memory(), list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    first, second = {"a": 1}, {"a": 1}
    assert [memory.once(("x",), (one,), make) for one in (first, first, second)] == [1, 1, 2]
    assert memory.once(("y",), (first,), make) == 3


@pytest.mark.parametrize(
    ("latency", "getprop_ms"),
    [
        ("phone", [50, 50, 50]),
        ("phone:2", [100, 100, 100]),
        ("phone:1-4", [50, 100, 200]),
        ("phone:4-1", [200, 100, 50]),
        ("7", [7, 7, 7]),
    ],
)
def test_units_differ_in_time(latency: str, getprop_ms: list[int]) -> None:
    """A spread grows by the same factor from unit to unit, for every command."""
    lab = Lab(copies(shipped_unit("clean-global"), 3), latency=latency)
    assert [answer(unit.spec, "getprop").delay_ms for unit in lab.units] == getprop_ms


def test_one_unit_alone_is_the_first() -> None:
    """With nobody to differ from, a unit takes the times a spread begins with."""
    assert latency_of("phone:1-4", 0, 1) == PHONE_LATENCY_MS


@pytest.mark.parametrize(
    "latency", ["phone:", "phone:0", "phone:1-", "phone:1-2-3", "phone:.-1", "phone:9999", "-3", "fast", ""]
)
def test_no_latency(latency: str) -> None:
    """What is no latency is refused with what there is to say instead."""
    with pytest.raises(UsageError, match="is no latency") as caught:
        latency_of(latency, 0, 2)
    assert "phone:1-4" in (caught.value.fix or "")
