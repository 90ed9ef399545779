"""AndroidQF's acquisitions, files of indicators and UAD-ng's list on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from tests.build.age_file import with_passphrase
from tests.cli.conftest import Cli
from tests.sources.acquisitions import CLIENT, acquisition, hashed, lay, zipped

NO = ("--market", "NO")
Recorded = Callable[[str], Path]
PROPERTY = "ro.product.model"


@pytest.fixture
def iocs(tmp_path: Path) -> Path:
    """A list that names a property every unit has."""
    indicator = {
        "type": "indicator",
        "id": "indicator--7",
        "pattern": f"[android-property:name='{PROPERTY}']",
    }
    path = tmp_path / "bad.stix2"
    path.write_text(json.dumps({"type": "bundle", "objects": [indicator]}))
    return path


def found(text: str, check: str) -> list[dict[str, Any]]:
    """The findings of one check in a JSON report."""
    return [finding for finding in json.loads(text)["findings"] if finding["check"] == check]


def test_an_acquisition_is_recognised_and_judged(cli: Cli, tmp_path: Path) -> None:
    """The report says what it was."""
    folder = lay(tmp_path / "a", hashed(acquisition(CLIENT)))
    report = json.loads(cli("judge", folder, *NO, "-f", "json").out)
    assert report["source"]["kind"] == "androidqf"
    assert report["acquired_at"] == "2024-05-10T18:50:17Z"
    assert any(finding["subject"] == CLIENT for finding in report["findings"])


@pytest.mark.parametrize("way", ["file", "environment", "identity"])
def test_an_encrypted_acquisition_is_opened(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """By a passphrase from a file or the environment, or by a key."""
    plain, path, key = zipped(acquisition()), tmp_path / "a.zip.age", tmp_path / "key.txt"
    arguments: tuple[object, ...] = ()
    if way == "identity":
        identity = pyrage.x25519.Identity.generate()
        key.write_text(str(identity))
        path.write_bytes(pyrage.encrypt(plain, [identity.to_public()]))
        arguments = ("--identity", key)
    else:
        path.write_bytes(with_passphrase(plain, "open sesame"))
        if way == "file":
            key.write_text("open sesame\nnot this\n")
            arguments = ("--passphrase-file", key)
        else:
            monkeypatch.setenv("ADB_AUDIT_AGE_PASSPHRASE", "open sesame")
    ran = cli("judge", path, *NO, "-f", "json", *arguments)
    assert json.loads(ran.out)["source"]["kind"] == "androidqf"


def test_without_a_key_nothing_is_judged(cli: Cli, tmp_path: Path) -> None:
    """Where nobody can be asked, the options are named."""
    path = tmp_path / "a.zip.age"
    path.write_bytes(with_passphrase(zipped(acquisition()), "open sesame"))
    ran = cli("judge", path, *NO)
    assert ran.code == 2
    assert "--passphrase-file FILE or ADB_AUDIT_AGE_PASSPHRASE" in ran.err
    empty = tmp_path / "empty"
    empty.write_text("")
    assert cli("judge", path, "--passphrase-file", empty).code == 2


def test_an_indicator_that_matches_fails(cli: Cli, recorded: Recorded, iocs: Path) -> None:
    """A unit that passes does not once something on it is on the operator's list."""
    without = cli("judge", recorded("clean-global"), *NO, "-f", "json")
    assert without.code == 0
    assert [f["outcome"] for f in found(without.out, "indicators")] == ["not-applicable"]
    ran = cli("judge", recorded("clean-global"), *NO, "-f", "json", "--iocs", iocs)
    assert ran.code == 3
    (failed,) = [f for f in found(ran.out, "indicators") if f["outcome"] == "fail"]
    assert failed["sources"] == ["bad.stix2", "indicator--7"]
    assert f"matches indicator property {PROPERTY} of bad.stix2" in failed["message"]
    assert json.loads(ran.out)["rulebook_sha256"] != json.loads(without.out)["rulebook_sha256"]


def test_scan_takes_indicators_too(cli: Cli, lab: dict[str, str], iocs: Path) -> None:
    """Live and recorded units are compared with the same list."""
    ran = cli("scan", "--connect", lab["clean-global"], *NO, "--iocs", iocs, "-f", "json")
    assert ran.code == 3


def test_what_uad_ng_says_is_shown(cli: Cli, recorded: Recorded, tmp_path: Path) -> None:
    """As a fact beside the finding about that package; it changes no verdict."""
    path = tmp_path / "uad_lists.json"
    path.write_text(json.dumps({CLIENT: {"list": "Oem", "description": "Registers\nthe device."}}))
    ran = cli("judge", recorded("incident-2019"), *NO, "-f", "json", "--uad", path)
    rows = [f["facts"] for f in json.loads(ran.out)["findings"] if f["subject"] == CLIENT]
    assert rows
    assert all(["UAD-ng says", "Registers the device."] in facts for facts in rows)
    assert ran.code == cli("judge", recorded("incident-2019"), *NO).code


@pytest.mark.parametrize("option", ["--iocs", "--uad"])
def test_a_malformed_list_is_told_with_its_place(
    cli: Cli, recorded: Recorded, tmp_path: Path, option: str
) -> None:
    """Nothing is judged without what was asked for."""
    path = tmp_path / "bad.json"
    path.write_text('{"objects": [\n')
    ran = cli("judge", recorded("clean-global"), *NO, option, path)
    assert ran.code != 0
    assert ran.out == ""
    assert "not JSON at line 2, column 1" in ran.err
    assert "bad.json" in ran.err.replace("\n", "")


def test_a_unit_is_captured_as_an_acquisition(cli: Cli, lab: dict[str, str], tmp_path: Path) -> None:
    """The folder is judged as the unit is, and a second unit does not get into it."""
    unit = ("--connect", lab["incident-2019"])
    scanned = json.loads(cli("scan", *unit, *NO, "--full", "-f", "json").out)
    assert cli("capture", "--format", "androidqf", tmp_path / "acquisition", *unit).code == 0
    judged = json.loads(cli("judge", tmp_path / "acquisition", *NO, "-f", "json").out)
    assert judged["source"]["kind"] == "androidqf"
    messages = [[f["message"] for f in report["findings"]] for report in (scanned, judged)]
    assert messages[0] == messages[1]
    again = cli("capture", "--format", "androidqf", tmp_path / "acquisition", *unit)
    assert again.code == 2
    assert "is not empty" in again.err


def test_several_units_are_a_folder_each(cli: Cli, lab: dict[str, str], tmp_path: Path) -> None:
    """No acquisition is of two units."""
    units = ("--connect", lab["clean-global"], "--connect", lab["incident-2019"])
    assert cli("capture", "--format", "androidqf", tmp_path / "crate", *units).code == 0
    assert [(path / "acquisition.json").is_file() for path in (tmp_path / "crate").iterdir()] == [True, True]


def test_an_unknown_form_is_told(cli: Cli, tmp_path: Path) -> None:
    """Before a unit is looked for."""
    ran = cli("capture", "--format", "tar", tmp_path / "x")
    assert ran.code == 2
    assert "choose one of: snapshot, androidqf" in ran.err
