"""Units that say what harms terminals, pages and file systems, and what a crate lets leave the station."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from audit.lab import UnitSpec
from audit.lab.spec import PackageSpec
from tests.contracts.crates import Ran, bench, connects, report, run, unit

EVIL = (
    "../../../../tmp/evil",
    "\x1b]0;owned\x07\x1b[2J\x1b[31mPASS",
    "CON",
    "a/b\\c:d*e?f",
    "..",
    "\u202egnp.exe",
)
LONG = "L" * 1_000_000
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]")


def hostile() -> Iterator[UnitSpec]:
    """The shipped hostile unit, and ones that put the same into what a crate names units by."""
    yield unit("hostile", 1)
    for number, evil in enumerate(EVIL, 2):
        spec = unit("clean-global", number, serial=evil)
        named = dict.fromkeys(("ro.product.model", "ro.product.vendor.model", "ro.build.display.id"), evil)
        yield replace(spec, properties={**spec.properties, **named})
    big = unit("clean-global", 50)
    package = PackageSpec(path="/data/app/x/base.apk", version_name=LONG, installer=LONG)
    yield replace(
        big,
        properties={**big.properties, "ro.product.model": LONG, "persist.sys.long": LONG},
        packages={**big.packages, "org.example.long": package},
    )


@pytest.fixture(scope="module")
def crate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran, list[UnitSpec]]:
    """A crate of hostile units, one sound one and one that names itself in every way."""
    home = tmp_path_factory.mktemp("hostile")
    specs = [*hostile(), unit("incident-2019", 70), unit("clean-global", 71)]
    with bench(specs) as rig:
        ran = run(home / "home", "--market", "NO", "-o", home / "crate", *connects(rig.addresses))
    return home / "crate", ran, specs


def test_every_unit_has_a_verdict_and_a_plain_name(crate: tuple[Path, Ran, list[UnitSpec]]) -> None:
    """Nothing a unit says makes a folder of another name, or one elsewhere."""
    folder, ran, specs = crate
    assert ran.code == 3, ran.err
    assert len(report(folder)["units"]) == len(specs)
    names = [path.name for path in (folder / "units").iterdir()]
    assert len(names) == len(specs)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,120}", name) for name in names)
    around = {path.name for path in folder.parent.iterdir()}
    assert around == {"crate", "home"}
    assert not Path("/tmp/evil").exists()  # noqa: S108 - where one unit's serial number points


def test_nothing_a_unit_says_reaches_the_terminal_as_a_command(
    crate: tuple[Path, Ran, list[UnitSpec]],
) -> None:
    """No control character, and none that turns text round or hides, in what is printed or kept to read."""
    folder, ran, _ = crate
    shown = [ran.out, ran.err, *(path.read_text("utf-8") for path in folder.glob("**/report.*"))]
    assert len(shown) > 2 * len(list(folder.glob("units/*")))
    assert [found[0] for text in shown for found in CONTROL.finditer(text)] == []
    assert "<script>alert" not in (folder / "report.html").read_text("utf-8")
    assert max(map(len, (ran.out, ran.err))) < 200_000
    of_all = "".join(path.read_text("utf-8") for path in folder.glob("report.*"))
    assert LONG[:2000] not in of_all + ran.out + ran.err


def test_no_identifier_leaves_the_station(crate: tuple[Path, Ran, list[UnitSpec]]) -> None:
    """What names units and their owners is in no report and in no name; the raw evidence has it."""
    folder, ran, specs = crate
    own = {
        one
        for spec in specs
        for one in (
            spec.serial if spec.serial.startswith("LAB") else "",
            *spec.identity.imei,
            spec.identity.wlan_mac,
            spec.settings.get("secure", {}).get("android_id", ""),
        )
        if one
    }
    assert len(own) > 3 * len(specs)
    texts = {str(path): path.read_text("utf-8") for path in folder.glob("**/report.*")}
    texts |= {"terminal": ran.out + ran.err, "names": " ".join(map(str, folder.glob("**/*")))}
    texts = {name: text.casefold() for name, text in texts.items()}
    found = [(one, name) for name, text in texts.items() for one in own if one.casefold() in text]
    assert found == []
    raw = "".join(path.read_text("utf-8") for path in folder.glob("units/*/entry.json"))
    assert specs[-2].identity.imei[0] in raw


def test_the_crate_is_for_its_owner_alone(crate: tuple[Path, Ran, list[UnitSpec]]) -> None:
    """Nobody else may enter its folder, or read the evidence in it."""
    folder, _, _ = crate
    open_to_others = [
        str(path)
        for path in (folder, *folder.glob("**/*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077 and not path.name.startswith(("report.", ".published"))
    ]
    assert open_to_others == []
