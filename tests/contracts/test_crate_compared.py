"""The odd one out and the golden unit, through the commands: nobody told the program what to look for."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from audit.lab import UnitSpec
from audit.lab.spec import PackageSpec
from tests.contracts.crates import PROGRAM, bench, connects, report, results, run, surroundings, unit

CLIENT = "com.qualcomm.qti.autoregistration"


@pytest.fixture(scope="module")
def no_prior_knowledge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rulebook that knows no client, no advisory and no region."""
    folder = tmp_path_factory.mktemp("rulebook") / "profiles"
    shutil.copytree(Path(__file__).parents[2] / "profiles", folder)
    for part in ("clients", "advisories"):
        for path in (folder / part).glob("*.toml"):
            path.unlink()
    return folder


def odd(found: list[dict[str, object]]) -> list[str]:
    """What is said of differences between units."""
    return [str(one["message"]) for one in found if one["check"] == "crate-outliers"]


def without_client(number: int) -> UnitSpec:
    """The unit of 2019, as its siblings were."""
    spec = unit("incident-2019", number)
    packages = {name: one for name, one in spec.packages.items() if name != CLIENT}
    return replace(spec, packages=packages)


@pytest.mark.parametrize(("plain", "batch"), [pytest.param(26, 4, marks=pytest.mark.slow), (8, 1)])
def test_the_batch_of_2019_is_found_by_its_peers(
    tmp_path: Path, no_prior_knowledge: Path, plain: int, batch: int
) -> None:
    """With a rulebook that never heard of the package, those that have it are named, and nobody else."""
    specs = [
        *(without_client(n) for n in range(plain)),
        *(unit("incident-2019", 100 + n) for n in range(batch)),
    ]
    folder = tmp_path / "crate"
    with bench(specs) as rig:
        words = ("--market", "NO", "--profiles", no_prior_knowledge, "-o", folder)
        ran = run(tmp_path / "home", *words, *connects(rig.addresses))
        slots = rig.addresses
    kept = results(folder)
    named = [slot for slot in slots if any(CLIENT in said for said in odd(kept[slot]["telling"]))]
    assert named == list(slots[plain:]), ran.out
    assert [slot for slot in slots if odd(kept[slot]["telling"])] == named
    assert f"{batch} of {plain + batch}" in ran.out
    assert CLIENT in ran.out
    assert ran.code in {4, 5}


def test_of_two_halves_neither_is_blamed(tmp_path: Path, no_prior_knowledge: Path) -> None:
    """Five with the package and five without are told as two halves, and no unit is the odd one."""
    specs = [*(without_client(n) for n in range(5)), *(unit("incident-2019", 100 + n) for n in range(5))]
    folder = tmp_path / "crate"
    with bench(specs) as rig:
        words = ("--market", "NO", "--profiles", no_prior_knowledge, "-o", folder)
        ran = run(tmp_path / "home", *words, *connects(rig.addresses))
    assert [odd(one["telling"]) for one in results(folder).values()] == [[]] * 10
    told = odd(report(folder)["findings"])
    assert any(CLIENT in said and "5 of 10" in said for said in told), (told, ran.out)


def test_against_a_golden_unit_the_odd_ones_are_named(tmp_path: Path) -> None:
    """`baseline save` of one unit, then a crate held against it: who differs is named, with what differs."""
    home, golden, folder = tmp_path / "home", tmp_path / "golden.json", tmp_path / "crate"
    extra = {"org.example.extra": PackageSpec(path="/system/priv-app/Extra", version_code=3)}
    good = unit("clean-global", 1)
    changed = unit("clean-global", 2, packages={**good.packages, **extra})
    with bench([good, changed, unit("clean-global", 3)]) as rig:
        saved = subprocess.run(
            [PROGRAM, "baseline", "save", "--connect", rig.addresses[0], rig.addresses[0], "-o", str(golden)],
            env=surroundings(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert saved.returncode == 0, saved.stderr
        assert good.serial not in golden.read_text("utf-8")
        ran = run(home, "--market", "NO", "--baseline", golden, "-o", folder, *connects(rig.addresses))
        slots = rig.addresses
        golden.unlink()
        again = run(home, "--resume", folder, *connects(rig.addresses))
    kept = results(folder)
    named = {
        slot: [one["message"] for one in kept[slot]["telling"] if one["check"] == "baseline"]
        for slot in slots
    }
    assert "org.example.extra" in " ".join(named[slots[1]]), ran.out
    assert (named[slots[0]], named[slots[2]]) == ([], [])
    assert ran.code == again.code != 0
    assert "org.example.extra" in ran.out


def test_a_unit_is_no_peer_of_itself(tmp_path: Path) -> None:
    """Compared with former crates, each unit counts once, though it was in all of them."""
    home, first, second = tmp_path / "home", tmp_path / "first", tmp_path / "second"
    with bench([unit("clean-global", number) for number in range(6)]) as rig:
        run(home, "--market", "NO", "-o", first, *connects(rig.addresses[:5]))
        run(home, "--market", "NO", "--peers", first, "-o", second, *connects(rig.addresses[4:]))
        both = ("--peers", first, "--peers", second)
        ran = run(home, "--market", "NO", *both, "-o", tmp_path / "third", *connects(rig.addresses[:1]))
    groups = [(one["units"], one["earlier"]) for one in report(second)["groups"] if not one["build"]]
    assert groups == [(6, 4)]
    groups = [
        (one["units"], one["earlier"]) for one in report(tmp_path / "third")["groups"] if not one["build"]
    ]
    assert groups == [(6, 5)], ran.err
