"""What is written as an acquisition is judged as the snapshot it was made of."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.errors import UsageError
from audit.lab import Lab
from audit.model.code import CodeFile
from audit.model.evidence import Gap, Kind, Snapshot, SourceKind, Topic
from audit.model.facts import Enabled
from audit.model.report import Expectation, Report
from audit.parse.facts import read_facts
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import open_source
from audit.sources.androidqf_out import write_acquisition
from audit.sources.live import acquire

RULEBOOK = load()


def read(name: str, home: Path, *, full: bool = True) -> Snapshot:
    """A virtual unit's snapshot, with the details of every package."""

    async def over_tcp() -> Snapshot:
        async with Lab([name]) as lab:
            options = ConnectOptions(
                transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=home
            )
            device = await open_unit(options)
            snapshot = await acquire(
                device,
                packages=RULEBOOK.clients,
                users=None,
                full=full,
                clock=lambda: datetime(2025, 1, 1, tzinfo=UTC),
            )
            await device.close()
            return snapshot

    return asyncio.run(over_tcp())


def judge(snapshot: Snapshot) -> Report:
    """The report for Norway."""
    return audit_snapshot(snapshot, RULEBOOK, Expectation(market="NO"), judged_at="2025-01-02T00:00:00Z")


def words(report: Report) -> list[tuple[str, str, str, str]]:
    """The findings, less the places they were read from."""
    return [(f.check, f.outcome, f.subject, f.message) for f in report.findings]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("unit", ["clean-global", "incident-2019", "cn-build", "work-profile", "hostile"])
def test_the_folder_is_judged_as_the_snapshot(tmp_path: Path, unit: str, *, full: bool) -> None:
    """Captured, written, read back: the same findings, in the same order, and the same verdict."""
    snapshot = read(unit, tmp_path, full=full)
    write_acquisition(snapshot, tmp_path / "out")
    back = open_source(tmp_path / "out")
    assert back.source.kind is SourceKind.ANDROIDQF
    assert back.acquired_at == snapshot.acquired_at
    assert words(judge(back)) == words(judge(snapshot))
    assert judge(back).region.region == judge(snapshot).region.region
    assert "not understood" not in back.source.detail


def states(snapshot: Snapshot) -> dict[str, set[tuple[int, bool | None, bool]]]:
    """Each package's users: installed, disabled."""
    packages = read_facts(snapshot).packages.values()
    off = {Enabled.DISABLED, Enabled.DISABLED_USER, Enabled.DISABLED_UNTIL_USED}
    return {p.name: {(u.user, u.installed, u.enabled in off) for u in p.users} for p in packages}


def disabling(snapshot: Snapshot, name: str) -> Snapshot:
    """*snapshot* of a unit on which somebody had disabled a package."""
    line = f"package:{name}\n".encode()
    changed = (
        replace(a, data=line) if a.kind is Kind.PACKAGES_DISABLED and not a.user else a
        for a in snapshot.artifacts
    )
    return replace(snapshot, artifacts=tuple(changed))


@pytest.mark.parametrize("unit", ["dormant-eu", "work-profile"])
def test_packages_stand_as_they_stood(tmp_path: Path, unit: str) -> None:
    """Installed and disabled for the same users, from ``packages.json`` alone."""
    snapshot = disabling(read(unit, tmp_path, full=False), "com.android.settings")
    write_acquisition(snapshot, tmp_path / "out")
    assert not (tmp_path / "out" / "dumpsys.txt").exists()
    assert states(open_source(tmp_path / "out")) == states(snapshot)
    assert any(disabled for *_, disabled in states(snapshot)["com.android.settings"])


def test_gaps_and_code_are_kept(tmp_path: Path) -> None:
    """What was missing is missing in the folder too."""
    gap = Gap(topic=Topic.PACKAGES, reason="It went away.", fix="Again.")
    code = CodeFile(path="/a.apk", size=1, form="apk")
    snapshot = replace(read("clean-global", tmp_path), gaps=(gap,), code=(code,))
    write_acquisition(snapshot, tmp_path / "out")
    back = open_source(tmp_path / "out")
    assert back.gaps == (gap,)
    assert back.code == (code,)


def test_the_files_are_those_of_androidqf(tmp_path: Path) -> None:
    """Names, fields and hashes as its readers expect them; only the owner may read."""
    write_acquisition(read("incident-2019", tmp_path), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {
        "acquisition.json",
        "hashes.csv",
        "command.log",
        "getprop.txt",
        "packages.json",
        "dumpsys.txt",
        "settings_global.txt",
        "settings_system.txt",
        "settings_secure.txt",
    } <= names
    entry = json.loads((tmp_path / "out" / "packages.json").read_bytes())[0]
    assert {"name", "files", "installer", "uid", "disabled", "system", "third_party"} <= entry.keys()
    file = {"path", "local_name", "md5", "sha1", "sha256", "sha512", "error", "certificate"}
    assert file <= entry["files"][0].keys()
    assert {"Md5", "Sha1", "Sha256"} <= entry["files"][0]["certificate"].keys()
    rows = dict(csv.reader((tmp_path / "out" / "hashes.csv").read_text().splitlines()))
    assert rows.keys() == names - {"hashes.csv"}
    for name, sha256 in rows.items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == sha256
        assert stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) == 0o600


def test_a_place_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Two acquisitions in one folder would be neither."""
    snapshot = read("clean-global", tmp_path)
    write_acquisition(snapshot, tmp_path / "out")
    with pytest.raises(UsageError, match="not empty"):
        write_acquisition(snapshot, tmp_path / "out")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        write_acquisition(snapshot, tmp_path / "file")
