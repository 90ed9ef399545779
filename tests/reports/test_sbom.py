"""The inventory of a unit's packages: valid CycloneDX, the same each time, and no more than was read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.model.code import CodeFile
from audit.model.evidence import Snapshot
from audit.model.facts import Enabled, Facts, FileDigest, Package, UserState
from audit.model.report import Report
from audit.parse.facts import read_facts
from audit.reports.format import Options
from audit.reports.sbom import sbom
from audit.sources import open_source
from tests.reports import samples

HIDDEN = Options(key=samples.KEY)
SHOWN = Options(key=samples.KEY, reveal=True)
CLIENT = Package(
    name=samples.CLIENT,
    paths=("/system/app/AutoReg/AutoReg.apk", "/data/app/~~a==/split_de.apk"),
    version_code=28,
    version_name="9",
    uid=1001,
    installer="com.android.vending",
    signers=("ab" * 32, "1c2d3e4f"),
    system=True,
    users=(
        UserState(user=0, installed=True, enabled=Enabled.DEFAULT, hidden=False),
        UserState(user=10, installed=False),
        UserState(user=11),
    ),
    origin="pm list packages",
)
FACTS = Facts(
    packages={CLIENT.name: CLIENT, "android": Package(name="android", version_code=28)},
    code=(CodeFile(path=CLIENT.paths[0], size=10, form="apk", sha256="12" * 32),),
    digests=(
        FileDigest(path=CLIENT.paths[0], digests=("99" * 32, "34" * 16, "no hash")),
        FileDigest(path=CLIENT.paths[1], digests=("56" * 20,)),
    ),
)


def _snapshot(report: Report) -> Snapshot:
    return Snapshot(
        unit=report.unit,
        source=report.source,
        acquired_at=report.acquired_at,
        tool_version=report.tool_version,
        artifacts=(),
    )


def _made(facts: Facts, report: Report = samples.INCIDENT, options: Options = HIDDEN) -> dict[str, Any]:
    """The inventory, read again, and valid by CycloneDX's own schema."""
    text = sbom(_snapshot(report), facts, report, options)
    assert _faults(text) == ""
    made: dict[str, Any] = json.loads(text)
    return made


def _faults(text: str) -> str:
    validation = pytest.importorskip(
        "cyclonedx.validation.json", reason="inventories are checked by its library"
    )
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415 - of an extra

    return str(validation.JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) or "")


def _said(component: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"].removeprefix("adb-audit:"), one["value"]) for one in component["properties"]]


def test_validator_finds_faults() -> None:
    """What the schema does not know is found, so that no fault in the tests here means none."""
    assert _faults('{"bomFormat": "CycloneDX", "specVersion": "1.6", "invented": 1}')


def test_unit_is_what_the_inventory_is_about() -> None:
    """The unit is a device with model and build, its serial number masked, and holds every package."""
    made = _made(FACTS)
    unit = made["metadata"]["component"]
    assert (unit["type"], unit["name"], unit["version"]) == (
        "device",
        "HMD Global Nokia 7 plus",
        "00WW_3_22C",
    )
    assert dict(_said(unit))["serial"].startswith("serial#")
    assert made["metadata"]["timestamp"] == "2026-01-02T03:04:01+00:00"
    held = next(one["dependsOn"] for one in made["dependencies"] if one["ref"] == unit["bom-ref"])
    assert held == [f"package:{name}" for name in sorted(FACTS.packages)]


def test_package_is_a_component_with_all_that_was_read_of_it() -> None:
    """Name, version, paths, signers, state for each user; hashes computed here before stated ones."""
    android, client = _made(FACTS)["components"]
    assert (client["type"], client["name"], client["version"]) == ("application", samples.CLIENT, "9")
    assert "purl" not in client
    assert client["hashes"] == [
        {"alg": "MD5", "content": "34" * 16},
        {"alg": "SHA-256", "content": "12" * 32},
    ]
    assert Counter(_said(client)) == Counter(
        [
            ("path", CLIENT.paths[0]),
            ("path", CLIENT.paths[1]),
            (f"SHA-1:{CLIENT.paths[1]}", "56" * 20),
            ("version-code", "28"),
            ("system", "true"),
            ("uid", "1001"),
            ("installer", "com.android.vending"),
            ("signer", "ab" * 32),
            ("signer", "1c2d3e4f"),
            ("user:0", "installed, enabled=default, hidden=false"),
            ("user:10", "not installed"),
            ("user:11", "not said"),
        ]
    )
    # what nobody said is not there
    assert (android["version"], _said(android)) == ("28", [("version-code", "28")])


def test_what_could_not_be_read_is_said() -> None:
    """A list that is not whole says so, and why: a package that is not in it may be on the unit."""
    told = dict(_said(_made(FACTS, samples.HALF_READ)["metadata"]))
    assert told["coverage:packages"] == "partly read (198): the package list of user 10 was refused"
    assert told["coverage:overlays"] == "not read: no overlay service answered"
    assert told["verdict"] == "INCONCLUSIVE"
    other = Facts(available={"/OP/OPEN_CN": (CLIENT,)})
    assert "1 packages" in dict(_said(_made(other)["metadata"]))["inactive"]


def test_equal_input_gives_equal_text() -> None:
    """An inventory made again is the same to the byte, and its number is that of the evidence."""
    first = sbom(_snapshot(samples.NOTED), FACTS, samples.NOTED, HIDDEN)
    assert first == sbom(_snapshot(samples.NOTED), FACTS, samples.NOTED, HIDDEN)
    other = replace(samples.NOTED, snapshot_sha256="a1" * 32)
    numbers = {
        UUID(_made(FACTS, report, options)["serialNumber"])
        for report in (samples.NOTED, other)
        for options in (HIDDEN, SHOWN)
    }
    assert len(numbers) == 4


@pytest.mark.parametrize("acquired_at", [None, "", "yesterday"])
def test_unknown_time_is_left_out(acquired_at: str | None) -> None:
    """Where nobody knows when the unit was read, no time is given, least of all now."""
    report = replace(samples.NOTED, acquired_at=acquired_at)
    made = _made(FACTS, report)
    assert "timestamp" not in made["metadata"]


def test_identifiers_are_masked_wherever_a_package_holds_them() -> None:
    """The unit's identifiers are not in an inventory unless asked for; hashes and names stay."""
    package = replace(
        CLIENT, version_name=f"1.0-{samples.SERIAL}", paths=(f"/data/app/{samples.IMEI}/base.apk",)
    )
    facts = replace(FACTS, packages={package.name: package})
    hidden = json.dumps(_made(facts))
    assert not [one for one in samples.IDENTIFIERS if one in hidden]
    assert samples.CLIENT in hidden
    assert "ab" * 32 in hidden
    shown = json.dumps(_made(facts, options=SHOWN))
    assert samples.SERIAL in shown
    assert samples.IMEI in shown


def test_names_that_look_alike_have_references_of_their_own() -> None:
    """Package names that differ only in what cannot be shown are two components still."""
    names = ("com.x", "com.\u202ex", "com.x\x00")
    components = _made(Facts(packages={name: Package(name=name) for name in names}))["components"]
    assert [one["bom-ref"] for one in components] == ["package:com.x", "package:com.x#2", "package:com.x#3"]


def test_full_unit_is_no_trouble() -> None:
    """Many packages are as many components; of a hostile number the rest is counted."""
    facts = Facts(packages={f"com.x{n}": replace(CLIENT, name=f"com.x{n}") for n in range(400)})
    assert len(_made(facts)["components"]) == 400
    many = Facts(packages={f"x{n}": Package(name=f"x{n}") for n in range(2_003)})
    made = json.loads(sbom(_snapshot(samples.NOTED), many, samples.NOTED, HIDDEN))
    assert len(made["components"]) == 2_000
    assert dict(_said(made["metadata"]))["left-out"] == "3 packages"


def test_long_text_is_bounded() -> None:
    """A label of a megabyte ends after a few hundred characters."""
    package = replace(CLIENT, version_name="x" * 1_000_000)
    assert len(json.dumps(_made(Facts(packages={package.name: package})))) < 10_000


def test_without_the_library_the_cure_is_told() -> None:
    """Where the extra is not installed an error names the line that installs it."""
    code = (
        "import sys; sys.modules['cyclonedx'] = None\n"
        "from audit.errors import AuditError\n"
        "from tests.reports.test_sbom import *\n"
        "from tests.reports.test_sbom import _snapshot\n"
        "try: sbom(_snapshot(samples.NOTED), FACTS, samples.NOTED, HIDDEN)\n"
        "except AuditError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "pip install 'adb-audit[sbom]'" in done.stdout


@pytest.mark.parametrize("unit", ["nokia5_ND1_TA-1024_00WW_9", "humane_aipin_12"])
def test_real_unit_has_a_valid_inventory(captures: Path, unit: str) -> None:
    """Every package of a real capture is a component of a valid document."""
    snapshot = open_source(captures / unit)
    facts = read_facts(snapshot)
    report = replace(samples.NOTED, unit=snapshot.unit, acquired_at=snapshot.acquired_at)
    text = sbom(snapshot, facts, report, HIDDEN)
    assert _faults(text) == ""
    assert len(json.loads(text)["components"]) == len(facts.packages) > 50


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    report=st.sampled_from(sorted(samples.ALL)).map(samples.ALL.__getitem__),
    texts=st.lists(st.tuples(*[st.text(max_size=60)] * 4), max_size=4),
)
def test_whatever_packages_say_the_inventory_is_valid(
    report: Report, texts: list[tuple[str, str, str, str]]
) -> None:
    """Any text in names, versions, paths and installers gives a valid document."""
    packages = {
        name: Package(name=name, version_name=version, paths=(path,), installer=by, signers=(by,))
        for name, version, path, by in texts
    }
    assert len(_made(Facts(packages=packages), report).get("components", [])) == len(packages)
