from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Completed
from audit.asked import Asked
from audit.errors import UnitLost
from audit.lab import FaultSpec, Lab, UnitSpec, answer, shipped_unit, shipped_units, unit_from_table
from audit.lab.files import Tree
from audit.lab.spec import Auth, Fault
from audit.model.code import Code, CodeFile, FoundKind
from audit.model.evidence import Kind, Snapshot, Topic
from audit.model.report import Expectation
from audit.model.text import clean_line
from audit.parse.packages import parse_packages
from audit.parse.text import decode
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import peek, plan, saved
from audit.sources.live import acquire, acquire_code
from audit.sources.slots import Slots
from audit.sources.suspect_files import Calls, Suspect
from audit.sources.suspects import NAMED, USUAL, Bounds, CodeRead, read_suspects
from tests.sources.scripted import File, ScriptedDevice, ordinary

NOON = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
CLIENT = "com.qualcomm.qti.autoregistration"
APK = "/system/app/AutoRegistration/AutoRegistration.apk"
VDEX = "/system/app/AutoRegistration/oat/arm64/AutoRegistration.vdex"
ASKED = Asked(rulebook=load(), expectation=Expectation(market="NO"))
INCIDENT = shipped_unit("incident-2019")


def over_adb(unit: UnitSpec, home: Path, *, suspects: bool = True, inspect: tuple[str, ...] = ()) -> Snapshot:
    """A virtual unit's snapshot over TCP."""

    async def run() -> Snapshot:
        async with Lab([unit]) as lab:
            options = ConnectOptions(
                transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=home
            )
            device = await open_unit(options)
            try:
                return await acquire(
                    device,
                    packages=ASKED.packages,
                    users=None,
                    full=False,
                    clock=lambda: NOON,
                    suspects=ASKED.suspects if suspects else (),
                    inspect=inspect,
                )
            finally:
                await device.close()

    return asyncio.run(run())


def paths(snapshot: Snapshot) -> list[str]:
    """The files of code in a snapshot."""
    return [file.path for file in snapshot.code]


def only(read: CodeRead) -> CodeFile:
    """The one file that was read."""
    (file,) = read.code
    return file


def scripted(
    files: dict[str, File],
    *suspects: Suspect,
    bounds: Bounds = USUAL,
) -> CodeRead:
    """What is read of *suspects* on a unit with *files*."""
    device = ScriptedDevice(ordinary(), files=files)
    slots = Slots(4)
    calls = Calls(turn=lambda: slots.take(0), step=lambda _line, _done: None)
    return asyncio.run(read_suspects(device, suspects, calls, bounds))


def content(path: str) -> bytes:
    """What the virtual unit has at *path*."""
    data = Tree(INCIDENT).read(path)
    assert data is not None
    return data


def test_a_suspect_is_read_where_its_code_lies(tmp_path: Path) -> None:
    """Stripped APK and vdex are pulled, hashed and parsed; the framework's key is read without pulling it."""
    snapshot = over_adb(INCIDENT, tmp_path)
    assert snapshot.gaps == ()
    assert paths(snapshot) == [APK, VDEX, plan.FRAMEWORK]
    apk, vdex, framework = snapshot.code
    assert {file.package for file in (apk, vdex)} == {CLIENT}
    assert [hashlib.sha256(content(p)).hexdigest() for p in (APK, VDEX)] == [apk.sha256, vdex.sha256]
    assert (apk.code, vdex.code) == (Code.NONE, Code.READ)
    assert ("http://zzhc.vnet.cn", FoundKind.URL) in {(one.value, one.kind) for one in vdex.found}
    assert (framework.package, framework.form, framework.sha256) == ("android", "apk (signature only)", "")
    assert framework.signers == apk.signers != ()


def test_the_address_is_in_the_report(tmp_path: Path) -> None:
    """A report names the server, the file and the byte it stands at, and the platform's key."""
    report = ASKED.judge(over_adb(INCIDENT, tmp_path))
    said = {(one.value, one.origin) for f in report.findings if f.subject == CLIENT for one in f.evidence}
    assert any(value == "http://zzhc.vnet.cn" and origin.startswith(VDEX) for value, origin in said)
    assert any("key of the unit's own framework" in value for value, _ in said)


def test_a_generation_without_a_gate_fails_though_the_gate_property_is_closed(tmp_path: Path) -> None:
    """Its code decides; without reading it, the closed property makes it sleep."""
    unit = shipped_unit("ungated-eu")
    assert ASKED.judge(over_adb(unit, tmp_path)).verdict.decision == "FAIL"
    assert ASKED.judge(over_adb(unit, tmp_path, suspects=False)).verdict.decision == "REVIEW"


def test_half_the_code_never_counts_as_code_without_a_gate(tmp_path: Path) -> None:
    """The file that could not be read may hold the gate: the client stays undecided, and it is said why."""
    unit = shipped_unit("ungated-eu")
    cut = FaultSpec(kind=Fault.HALF_EXIT, command=VDEX, after_bytes=100)
    snapshot = over_adb(replace(unit, faults=(cut,)), tmp_path)
    report = ASKED.judge(snapshot)
    assert report.verdict.decision == "INCONCLUSIVE"
    assert [f.outcome for f in report.findings if f.subject == CLIENT] == ["review"]
    assert [file.code for file in snapshot.code if file.path == VDEX] == [Code.UNREADABLE]
    gaps = [gap for part in report.coverage for gap in part.gaps]
    assert any(gap.topic is Topic.ENDPOINTS and VDEX in gap.reason for gap in gaps)


def test_a_file_of_the_same_name_is_another_package(tmp_path: Path) -> None:
    """What HMD ships under the same file name calls another server: read on request, it is fine."""
    honest = "com.evenwell.autoregistration"
    unit = shipped_unit("fixed-2019")
    assert over_adb(unit, tmp_path).code == ()
    snapshot = over_adb(unit, tmp_path, inspect=(honest,))
    assert [file.package for file in snapshot.code] == [honest, honest, "android"]
    assert any("c2dms.com" in one.value for file in snapshot.code for one in file.found)
    report = ASKED.judge(snapshot)
    assert report.verdict.decision == "PASS"


def test_an_unknown_package_that_was_asked_for_is_missed(tmp_path: Path) -> None:
    """What was named and is not there is a gap, not silence."""
    snapshot = over_adb(INCIDENT, tmp_path, suspects=False, inspect=("com.not.there",))
    assert snapshot.code == ()
    assert ["com.not.there" in gap.reason for gap in snapshot.gaps] == [True]


def test_nothing_more_is_asked_of_a_unit_without_suspects() -> None:
    """No listing, no file, no further command."""
    without, with_names = ScriptedDevice(ordinary()), ScriptedDevice(ordinary())
    for device, suspects in ((without, ()), (with_names, ASKED.suspects)):
        asyncio.run(
            acquire(device, packages=(), users=None, full=False, clock=lambda: NOON, suspects=suspects)
        )
    assert sorted(without.asked) == sorted(with_names.asked)
    assert with_names.listed == with_names.pulled == []


def test_a_lost_unit_ends_the_reading(tmp_path: Path) -> None:
    """A unit unplugged in the middle of a file: what came stays, the rest is said, nothing hangs."""
    cut = FaultSpec(kind=Fault.DROP, command=VDEX, after_bytes=100)
    snapshot = over_adb(replace(INCIDENT, faults=(cut,)), tmp_path)
    lost = [file for file in snapshot.code if file.path == VDEX]
    assert [file.code for file in lost] == [Code.UNREADABLE]
    assert "went away" in lost[0].troubles[0].reason or "reset" in lost[0].troubles[0].reason


def test_a_saved_snapshot_gives_the_same_report(tmp_path: Path) -> None:
    """What was found in the code survives being kept and judged later."""
    snapshot = over_adb(INCIDENT, tmp_path)
    place = tmp_path / "unit.json.gz"
    saved.save(snapshot, place)
    loaded = saved.load(place)
    assert loaded == snapshot
    day = "2025-03-02T00:00:00Z"
    first, second = (
        audit_snapshot(one, ASKED.rulebook, ASKED.expectation, judged_at=day) for one in (snapshot, loaded)
    )
    assert first == second


def test_two_suspects_are_read_whatever_the_order(tmp_path: Path) -> None:
    """Several at once: each file with its own package, in the order of paths, the same every time."""
    code = {"strings": ["http://two.example.cn"], "odexed": True}
    unit = unit_from_table(
        {
            "title": "t",
            "base": "aosp",
            "android": "9",
            "serial": "LABTWO",
            "packages": {
                CLIENT: {"path": "/vendor/app/One", "code": code},
                "com.miui.dmregservice": {"path": "/system/app/Two", "code": code},
            },
        },
        name="two",
    )
    first, second = (over_adb(unit, tmp_path) for _ in range(2))
    assert first.code == second.code
    assert [(file.path, file.package) for file in first.code[:-1]] == [
        ("/system/app/Two/Two.apk", "com.miui.dmregservice"),
        ("/system/app/Two/oat/arm64/Two.vdex", "com.miui.dmregservice"),
        ("/vendor/app/One/One.apk", CLIENT),
        ("/vendor/app/One/oat/arm64/One.vdex", CLIENT),
    ]


@pytest.mark.parametrize("android", ["7", "8", "9", "10", "12", "16"])
def test_every_android_is_read(android: str, tmp_path: Path) -> None:
    """With the first and the second version of the file service, and whatever its code is kept in."""
    unit = replace(INCIDENT, android=android, properties={**INCIDENT.properties, "ro.build.version.sdk": ""})
    code = next(file for file in over_adb(unit, tmp_path).code if "/oat/arm64/" in file.path)
    assert (code.code, code.troubles) == (Code.READ, ())
    assert code.form.startswith("oat 079" if android == "7" else "vdex")
    assert "http://zzhc.vnet.cn" in {one.value for one in code.found}


def test_a_folder_that_may_not_be_listed_is_missed(tmp_path: Path) -> None:
    """Compiled code that the shell may not see may hold anything."""
    folder = VDEX.rpartition("/arm64")[0]
    snapshot = over_adb(replace(INCIDENT, hidden=(folder,)), tmp_path)
    hidden = next(file for file in snapshot.code if file.path == folder)
    assert hidden.code is Code.UNREADABLE
    assert "could not be listed" in hidden.troubles[0].reason


def test_files_of_a_folder_that_may_only_be_entered_are_found() -> None:
    """Compiled code of an installed app lies in a folder the shell cannot list, under known names."""
    base = "/data/app/~~a=b==/com.acme-[x]=="
    files = {
        f"{base}/base.apk": File(content(APK)),
        f"{base}/oat/arm64/base.vdex": File(content(VDEX), listed=False),
        f"{base}/oat/.x": File(b""),
    }
    read = scripted(files, Suspect(package="com.acme", path=f"{base}/base.apk"))
    assert [file.code for file in read.code] == [Code.NONE, Code.READ]


def test_a_path_that_is_no_utf8_is_asked_for_as_it_is() -> None:
    """The unit gets its own spelling back; a person gets one that is safe to show."""
    path = "/system/app/A\udcff\x1b[31m/A.apk"
    device = ScriptedDevice(ordinary(), files={path: File(content(APK))})
    slots = Slots(1)
    calls = Calls(turn=lambda: slots.take(0), step=lambda _line, _done: None)
    read = asyncio.run(read_suspects(device, [Suspect(package="com.acme", path=path)], calls))
    assert device.pulled == [path]
    assert {file.path for file in read.code} == {"/system/app/A[31m/A.apk"}


def test_what_is_too_large_is_left_and_said_how_to_get() -> None:
    """100 MB is beyond the usual bound: not one byte of it is pulled."""
    apk = File(content(APK), stated=100 << 20)
    suspect = Suspect(package="com.acme", path="/system/app/A/A.apk")
    file = only(scripted({suspect.path: apk}, suspect))
    assert (file.code, file.size, file.sha256) == (Code.UNREADABLE, 100 << 20, "")
    assert "100 MiB" in file.troubles[0].reason
    assert "--inspect com.acme" in file.troubles[0].fix
    named = only(scripted({suspect.path: File(content(APK))}, replace(suspect, named=True)))
    assert named.code is Code.NONE
    assert NAMED.file_bytes > USUAL.file_bytes


def test_the_bound_on_all_files_leaves_the_last() -> None:
    """Code comes before APKs, so that a large APK does not cost the code its place."""
    files = {"/a/A/A.apk": File(b"x" * 900), "/a/A/oat/arm64/A.vdex": File(content(VDEX))}
    bounds = Bounds(file_bytes=1000, total_bytes=1000)
    read = scripted(files, Suspect(package="com.acme", path="/a/A/A.apk"), bounds=bounds)
    assert {file.path: file.form == "not read" for file in read.code} == {
        "/a/A/A.apk": True,
        "/a/A/oat/arm64/A.vdex": False,
    }


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (File(b"x" * 5000, stated=10), "changed while it was read: 10 bytes were listed, 5000 came"),
        (File(b"x" * 20_000, stated=10), "has more than the"),
        (File(b"", stated=10), "0 came"),
        (File(b"PK\3\4", error=UnitLost("the unit went away")), "the unit went away"),
    ],
)
def test_a_stream_that_is_not_the_file_is_not_parsed(file: File, reason: str) -> None:
    """Longer, shorter or broken off: half a file has no hash and no finding."""
    bounds = Bounds(file_bytes=10_000, total_bytes=100_000)
    read = only(scripted({"/a/A/A.apk": file}, Suspect(package="com.acme", path="/a/A/A.apk"), bounds=bounds))
    assert (read.code, read.sha256, read.found) == (Code.UNREADABLE, "", ())
    assert reason in read.troubles[0].reason


def test_neighbours_in_one_folder_are_left_alone() -> None:
    """Where several packages share a folder, only code compiled of the suspect's own APK is its code."""
    files = {
        "/system/framework/a.apk": File(content(APK)),
        "/system/framework/b.apk": File(content(APK)),
        "/system/framework/oat/arm64/a.vdex": File(content(VDEX)),
        "/system/framework/oat/arm64/b.vdex": File(content(VDEX)),
        "/system/framework/oat/arm64/a.art": File(b"art"),
    }
    read = scripted(files, Suspect(package="com.acme", path="/system/framework/a.apk"))
    assert [file.path.rpartition("/")[2] for file in read.code] == ["a.apk", "a.vdex"]


def test_a_package_without_a_path_is_a_gap() -> None:
    """A unit that lists a name without saying where it lies is not read, and that is said."""
    read = scripted({}, Suspect(package="com.acme", path=""))
    assert read.code == ()
    assert "does not say where its APK lies" in read.gaps[0].reason


def test_more_files_than_a_package_has_are_left() -> None:
    """A unit does not choose how much work it is."""
    files = {f"/a/A/oat/arm64/{n:03}.vdex": File(b"") for n in range(50)} | {"/a/A/A.apk": File(b"")}
    bounds = Bounds(file_bytes=100, total_bytes=1000, files=10)
    read = scripted(files, Suspect(package="com.acme", path="/a/A/A.apk"), bounds=bounds)
    left = [file for file in read.code if "is one of more than 10" in file.troubles[0].reason]
    assert len(read.code) == 51
    assert len(left) == 41


def test_code_alone_is_read_for_inspect() -> None:
    """One list, the files, the key: nothing else of the unit is asked."""
    device = ScriptedDevice(ordinary(), files={"/data/app/com.acme-QT==/base.apk": File(content(APK))})
    code, gaps = asyncio.run(acquire_code(device, ["com.acme"]))
    assert [file.package for file in code] == ["com.acme"]
    assert gaps == ()
    assert [line.split(" -")[0] for line in device.asked] == ["cmd package list packages"]


@pytest.mark.parametrize(
    "answer",
    [
        Completed(stdout=b"", stderr=b"dd: Permission denied\n", exit_code=1),
        Completed(stdout=b"x" * 4096, truncated=True),
        Completed(stdout=b"", exit_code=0),
        UnitLost("the unit went away"),
    ],
)
def test_a_framework_whose_key_cannot_be_read_is_told(answer: Completed | UnitLost) -> None:
    """The signer stays unknown, with the reason; the suspect itself is read all the same."""
    apk = "/data/app/com.acme-QT==/base.apk"
    files = {apk: File(content(APK)), plan.FRAMEWORK: File(stated=4096)}
    line = f"dd if={plan.FRAMEWORK} bs=4096 skip=0 count=1"
    device = ScriptedDevice({**ordinary(), line: answer}, files=files)
    code, _ = asyncio.run(acquire_code(device, ["com.acme"]))
    assert [(file.package, bool(file.troubles)) for file in code] == [("com.acme", False), ("android", True)]


@pytest.mark.parametrize("name", [unit.id for unit in shipped_units() if unit.auth is Auth.NONE])
def test_paths_are_those_the_parser_reads(name: str) -> None:
    """The quick look that decides what to pull agrees with the parser, for every package of every unit."""
    unit = shipped_unit(name)
    listing = answer(unit, plan.list_step(Kind.PACKAGES_KNOWN, 0, unit.sdk).commands[0].line).stdout
    listed = {one.name: one.path for one in parse_packages(decode(listing), "list").value}
    found = peek.package_paths(listing, peek.package_names(listing))
    assert len(found) > 100
    assert {n: clean_line(path) for n, path in found.items()} == {n: listed[n] for n in found}


def test_the_installer_of_a_package_is_not_its_path() -> None:
    """A name may stand in a line as another package's installer."""
    lines = b"package:/a/b.apk=com.b versionCode:1  installer=com.a uid:1\npackage:/x=y/a.apk=com.a\n"
    assert peek.package_paths(lines, {"com.a", "com.b"}) == {"com.a": "/x=y/a.apk", "com.b": "/a/b.apk"}
