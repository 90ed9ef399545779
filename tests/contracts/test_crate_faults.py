"""Many units at once, some of which go wrong in every way a unit can: each costs itself and no other."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from audit.lab import Auth, Fault, FaultSpec, UnitSpec
from tests.contracts.crates import Bench, Ran, bench, connects, entries, report, results, run, unit

DOCUMENTED: Mapping[str, str] = {
    "clean-global": "PASS",
    "fixed-2019": "PASS",
    "slow": "PASS",
    "dormant-eu": "REVIEW",
    "reflashed-xiaomi": "REVIEW",
    "cn-build": "FAIL",
    "colombian-lock": "FAIL",
    "incident-2019": "FAIL",
    "rooted-2019": "FAIL",
    "ungated-eu": "FAIL",
}
"""What each of these gets in Norway."""

Fails = tuple[dict[str, Any], str]
"""How a unit goes wrong, and what its reasons must say of that."""

FAULTY: Mapping[str, Fails] = {
    "drops": (
        {"faults": (FaultSpec(kind=Fault.DROP, command="list packages", after_bytes=3000),)},
        "the unit went away",
    ),
    "garbles": ({"faults": (FaultSpec(kind=Fault.BADSUM),)}, "checksum is wrong"),
    "hangs": ({"faults": (FaultSpec(kind=Fault.HANG_SHELL),)}, "No complete answer came before"),
    "is silent": ({"faults": (FaultSpec(kind=Fault.OFFLINE),)}, "offline"),
    "is not allowed": ({"auth": Auth.NEVER}, "unauthorized"),
    "drops at once": ({"faults": (FaultSpec(kind=Fault.DROP, after_bytes=10),)}, "the unit went away"),
    "refuses": ({"faults": (FaultSpec(kind=Fault.CLOSE_OPEN),)}, "has no service"),
    "ends half-way": (
        {"faults": (FaultSpec(kind=Fault.HALF_EXIT, after_bytes=100),)},
        "stopped before its end",
    ),
    "wants TLS": ({"faults": (FaultSpec(kind=Fault.STLS),)}, "tls"),
    "hangs late": (
        {"faults": (FaultSpec(kind=Fault.HANG_SHELL, command="list packages"),)},
        "No complete answer came before",
    ),
}


def sound(count: int) -> list[UnitSpec]:
    """*count* units with documented verdicts, going round all of them."""
    names = list(DOCUMENTED)
    return [unit(names[number % len(names)], number) for number in range(count)]


def faulty(names: Sequence[str], ways: Mapping[str, Fails] = FAULTY) -> list[UnitSpec]:
    """Units that would pass, were it not for their faults."""
    specs = []
    for number, name in enumerate(names, 900):
        how = dict(ways[name][0])
        specs.append(unit("clean-global", number, *how.pop("faults", ()), **how))
    return specs


def audited(home: Path, rig: Bench, *more: str) -> Ran:
    """The crate of all units of *rig*, in the folder ``crate`` of *home*."""
    words = ("--market", "NO", "--unit-limit", "8", "--wait", "1", *more)
    return run(home / "home", *words, "-o", home / "crate", *connects(rig.addresses))


def hold(
    folder: Path, ran: Ran, rig: Bench, names: Sequence[str], ways: Mapping[str, Fails] = FAULTY
) -> None:
    """Every sound unit has its documented verdict, every other none, and says what happened."""
    assert ran.code == 3, ran.err
    kept, shown = entries(folder), results(folder)
    assert len(kept) == len(shown) == len(rig.units) == len(report(folder)["units"])
    good = rig.units[: -len(names)]
    for one in good:
        assert kept[one.address]["decision"] == DOCUMENTED[one.spec.id], one.spec.id
    for name, one in zip(names, rig.units[-len(names) :], strict=True):
        result = shown[one.address]
        assert kept[one.address]["decision"] == result["decision"] == "INCONCLUSIVE", (name, result)
        assert any(ways[name][1] in because for because in result["because"]), (name, result["because"])
        assert all(told["fix"] for told in result["telling"]), name
    told = [slot for _, slot in ran.told]
    assert sorted(told) == sorted(rig.addresses)
    late = [
        told.index(one.address)
        for name, one in zip(names, rig.units[-len(names) :], strict=True)
        if name.startswith("hangs")  # all of a unit's time: whoever waited would be told after it
    ]
    assert max(told.index(one.address) for one in good) < min(late)


def test_a_unit_that_fails_costs_itself_and_no_other(tmp_path: Path) -> None:
    """Of twenty units five go wrong in five ways: fifteen right verdicts, five told what happened."""
    names = list(FAULTY)[:5]
    with bench([*sound(15), *faulty(names)]) as rig:
        hold(tmp_path / "crate", audited(tmp_path, rig), rig, names)


@pytest.mark.slow
def test_a_hundred_units_ten_of_them_faulty(tmp_path: Path) -> None:
    """Ninety right verdicts and ten that say what happened, each unit by itself."""
    names = list(FAULTY)
    with bench([*sound(90), *faulty(names)], latency="phone") as rig:
        hold(tmp_path / "crate", audited(tmp_path, rig, "--unit-limit", "30"), rig, names)


_LOSE = (Fault.DROP, Fault.HANG_SHELL, Fault.CLOSE_OPEN, Fault.HALF_EXIT)
_ASKED = ("getprop", "list users", "list packages -f", "list packages --user", "overlay list")
"""Commands whose answers a PASS of any unit rests on."""


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 6))])
def test_what_was_not_read_never_passes(tmp_path: Path, seed: int) -> None:
    """Whichever answer is lost, however, and wherever it breaks off: no unit passes, and each says why."""
    rng = random.Random(seed)  # noqa: S311 - to be repeated
    specs = [
        unit(
            rng.choice(("clean-global", "fixed-2019")),
            number,
            FaultSpec(kind=kind, command=command, after_bytes=rng.choice((0, 1, 20, rng.randrange(300)))),
        )
        for number, (kind, command) in enumerate(product(_LOSE, _ASKED))
    ]
    with bench([*specs, unit("clean-global", 99)]) as rig:
        ran = audited(tmp_path, rig, "--unit-limit", "6")
    kept = results(tmp_path / "crate")
    assert kept[rig.addresses[-1]]["decision"] == "PASS", ran.err
    for spec, slot in zip(specs, rig.addresses, strict=False):
        assert kept[slot]["decision"] == "INCONCLUSIVE", (spec.faults, kept[slot]["because"])
        assert kept[slot]["because"], spec.faults
