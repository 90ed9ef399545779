"""An acquisition of AndroidQF: what is read of it, what is left by name, and what may never pass."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import AuditError, BadInput
from audit.model.evidence import Kind, Snapshot, SourceKind, Topic
from audit.model.facts import Facts
from audit.model.report import Decision, Expectation, Report
from audit.parse.facts import read_facts
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import open_source
from audit.sources.androidqf import convert
from tests.build.apk import make_apk
from tests.sources.acquisitions import (
    CLIENT,
    CORE,
    GETPROP,
    USERS,
    Files,
    acquisition,
    dump,
    dumpsys,
    hashed,
    lay,
    package,
    zipped,
)

RULEBOOK = load()


def judge(snapshot: Snapshot) -> Report:
    """The report for Norway."""
    asked = Expectation(market="NO")
    return audit_snapshot(snapshot, RULEBOOK, asked, judged_at="2024-06-01T00:00:00Z")


def facts_of(tmp_path: Path, files: Files) -> Facts:
    """What the acquisition says."""
    return read_facts(open_source(lay(tmp_path / "a", files)))


def gaps(snapshot: Snapshot, topic: Topic) -> str:
    """Why not more is known of *topic*."""
    return " ".join(gap.reason for gap in read_facts(snapshot).gaps if gap.topic is topic)


def test_every_way_to_keep_an_acquisition_is_read_alike(tmp_path: Path) -> None:
    """Folder, archive, archive with a folder at its top: the same evidence, so the same number."""
    files = hashed(acquisition(CLIENT))
    (tmp_path / "b.zip").write_bytes(zipped(files))
    (tmp_path / "c.zip").write_bytes(zipped(files, "11111111/"))
    paths = [lay(tmp_path / "a", files), tmp_path / "b.zip", tmp_path / "c.zip"]
    snapshots = [open_source(path) for path in paths]
    assert len({judge(snapshot).snapshot_sha256 for snapshot in snapshots}) == 1
    for snapshot in snapshots:
        assert snapshot.source.kind is SourceKind.ANDROIDQF
        assert "AndroidQF 1.8.0" in snapshot.source.detail
        assert "compared with hashes.csv" in snapshot.source.detail
        assert snapshot.acquired_at == "2024-05-10T18:50:17Z"
        assert snapshot.unit.serial == "AQF123"
        assert snapshot.unit.model == "Nokia 7 plus"
        assert snapshot.gaps == ()


def test_every_file_is_read_or_named(tmp_path: Path) -> None:
    """Nothing of an acquisition disappears unseen."""
    known = {
        "services.txt": b"",
        "selinux.txt": b"",
        "env.txt": b"",
        "root_binaries.json": b"[]",
        "mounts.json": b"[]",
        "backup.ab": b"",
        "logs/data/log/a.txt": b"",
        "tmp/x": b"",
        "intrusion_logs/y": b"",
        "apex/manifest.json": b"{}",
        "bugreport.zip": b"",
    }
    snapshot = open_source(lay(tmp_path / "a", {**acquisition(), **known, "what.bin": b""}))
    left = snapshot.source.detail.partition("left: ")[2].partition(";")[0]
    for name in ("services.txt", "selinux.txt", "env.txt", "root_binaries.json", "mounts.json", "backup.ab"):
        assert name in left
    for name in ("logs/ (1)", "tmp/ (1)", "intrusion_logs/ (1)", "apex/ (1)", "bugreport.zip"):
        assert name in left
    assert "not understood: what.bin" in snapshot.source.detail
    assert {a.origin for a in snapshot.artifacts} == {
        "getprop.txt",
        "packages.json",
        "dumpsys.txt > dumpsys package",
        "settings_global.txt",
        "settings_system.txt",
        "settings_secure.txt",
        "processes.txt",
    }


def client_words(report: Report) -> list[str]:
    """What the report says of the client."""
    return [finding.message for finding in report.findings if finding.subject == CLIENT]


def test_a_ghost_is_not_installed(tmp_path: Path) -> None:
    """``pm list packages -u`` names what was uninstalled too: the dump tells."""
    files = acquisition(CLIENT, dumpsys_txt=dumpsys(package=dump(*CORE, ghosts=(CLIENT,))))
    facts = facts_of(tmp_path, files)
    assert [state.installed for state in facts.packages[CLIENT].users] == [False]
    assert [state.installed for state in facts.packages["android"].users] == [True]
    words = client_words(judge(open_source(tmp_path / "a")))
    assert words
    assert all("uninstalled for every user" in message for message in words)


def test_without_a_dump_nothing_is_said_to_be_installed(tmp_path: Path) -> None:
    """Known is all that was recorded: a gap, and no finding that claims more."""
    files = acquisition(CLIENT, dumpsys_txt=None)
    facts = facts_of(tmp_path, files)
    assert {state.installed for p in facts.packages.values() for state in p.users} == {None}
    report = judge(open_source(tmp_path / "a"))
    assert report.verdict.decision in {Decision.INCONCLUSIVE, Decision.FAIL}
    assert client_words(report)
    assert all("whether it is installed was not recorded" in message for message in client_words(report))
    assert any("nothing tells which they are" in gap.reason for gap in facts.gaps)


def test_an_acquisition_of_2026_says_itself_what_is_installed(tmp_path: Path) -> None:
    """Entries with a user and a word on being installed need no dump."""
    entries = [package(name, user_id=0, installed=True) for name in CORE]
    entries.append(package(CLIENT, user_id=0, installed=False))
    entries.append(package(CLIENT, user_id=10, installed=True, disabled=True, uid=1_010_001))
    facts = facts_of(tmp_path, acquisition(dumpsys_txt=None, packages_json=json.dumps(entries).encode()))
    states = {state.user: (state.installed, state.enabled) for state in facts.packages[CLIENT].users}
    assert states[0][0] is False
    assert states[10] == (True, "disabled")
    assert facts.packages[CLIENT].uid == 10_001
    assert Topic.PACKAGES not in {gap.topic for gap in facts.gaps}


def test_the_fields_of_a_package(tmp_path: Path) -> None:
    """Paths, installer, hashes and certificates; a UID that AndroidQF could not read is none."""
    entry = package(
        "com.acme.app",
        files=[
            {
                "path": "/data/app/com.acme.app/base.apk",
                "sha256": "AB" * 32,
                "md5": "no hash",
                "certificate": {"Md5": "", "Sha1": "cd" * 20, "Sha256": "ef" * 32, "SerialNumber": 10**40},
            },
            {"path": "/data/app/com.acme.app/split_de.apk"},
            {"path": "relative"},
        ],
        installer="com.android.vending",
        uid=0,
        system=False,
        third_party=True,
    )
    facts = facts_of(tmp_path, acquisition(dumpsys_txt=None, packages_json=json.dumps([entry]).encode()))
    found = facts.packages["com.acme.app"]
    assert found.paths == ("/data/app/com.acme.app/base.apk", "/data/app/com.acme.app/split_de.apk")
    assert (found.installer, found.uid, found.system) == ("com.android.vending", None, False)
    (digest,) = facts.digests
    assert digest.digests == ("ab" * 32,)
    assert digest.certificates == ("cd" * 20, "ef" * 32)
    assert digest.package == "com.acme.app"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The answer is empty"),
        (b"[]", "The answer is empty"),
        (b"{}", "not a list of packages"),
        (b'[{"name": "a", "files": [', "not JSON"),
        (b"[" * 100_000, "nested deeper"),
        (b"[" + b"9" * 5000 + b"]", "not JSON that can be read"),
        (
            b'[{"name": "a.b", "files": []}, {"name": "\\u202ea", "files": []}, 3]',
            "2 lines were not understood",
        ),
        (b"\x00\xff", "not JSON"),
    ],
)
def test_a_corrupt_list_of_packages_never_passes(tmp_path: Path, content: bytes, words: str) -> None:
    """What MVT reads as "no packages, no alerts" is a gap here."""
    snapshot = open_source(lay(tmp_path / "a", acquisition(packages_json=content, dumpsys_txt=None)))
    assert words in gaps(snapshot, Topic.PACKAGES)
    assert judge(snapshot).verdict.decision is Decision.INCONCLUSIVE


def test_half_a_dump_is_a_gap(tmp_path: Path) -> None:
    """A dump that stops in the middle of a service does not tell what follows."""
    whole = dumpsys(package=dump(*CORE, CLIENT))
    snapshot = open_source(lay(tmp_path / "a", acquisition(CLIENT, dumpsys_txt=whole[: len(whole) // 2])))
    assert "stopped before its end" in " ".join(gap.reason for gap in read_facts(snapshot).gaps)
    assert judge(snapshot).verdict.decision is not Decision.PASS


def test_a_dump_without_services_is_a_gap(tmp_path: Path) -> None:
    """A file of the right name that holds nothing of use is not a dump without packages."""
    snapshot = open_source(lay(tmp_path / "a", acquisition(dumpsys_txt=b"Can't find service\n")))
    assert "holds no dump of a service that is read" in gaps(snapshot, Topic.PACKAGES)


def test_users_come_from_the_dump(tmp_path: Path) -> None:
    """``dumpsys user`` answers what ``pm list users`` would."""
    files = acquisition(dumpsys_txt=dumpsys(package=dump(*CORE), user=USERS))
    assert Kind.USERS in {a.kind for a in open_source(lay(tmp_path / "a", files)).artifacts}


def test_users_whose_packages_were_refused_are_gaps(tmp_path: Path) -> None:
    """Newer acquisitions say which users they could not look into."""
    told = {
        "users": [
            {"id": 0, "name": "Owner", "flags": "13", "running": True, "inventory_status": "collected"},
            {"id": 10, "name": "Work", "running": False, "inventory_status": "failed", "error": "no access"},
        ]
    }
    snapshot = open_source(lay(tmp_path / "a", acquisition(package_users_json=json.dumps(told).encode())))
    both = acquisition(
        package_users_json=json.dumps(told).encode(), dumpsys_txt=dumpsys(package=dump(*CORE), user=USERS)
    )
    (users,) = [a for a in open_source(lay(tmp_path / "b", both)).artifacts if a.kind is Kind.USERS]
    assert users.origin.startswith("dumpsys.txt")
    facts = read_facts(snapshot)
    assert [(user.number, user.running) for user in facts.users] == [(0, True), (10, False)]
    assert "The packages of user 10 were not all listed: no access" in gaps(snapshot, Topic.PACKAGES)


def test_the_collectors_processes_and_files_are_read(tmp_path: Path) -> None:
    """AndroidQF's helper writes JSON where the unit's own commands write text."""
    processes = [{"pid": 7, "uid": 1_010_123, "ppid": 1, "filename": "x", "command_line": ["com.a:b", "-c"]}]
    listed = [
        {"path": "/system/app/A.apk", "sha256": "AB" * 32, "size": 3},
        {"path": "/data/local/tmp/x\nfake", "sha256": ""},
    ]
    files = acquisition(
        processes_txt=json.dumps(processes, indent=4).encode(), files_json=json.dumps(listed).encode()
    )
    snapshot = open_source(lay(tmp_path / "a", files))
    (artifact,) = [a for a in snapshot.artifacts if a.kind is Kind.PROCESSES]
    assert artifact.data == b"USER PID PPID NAME\nu10_a123 7 1 com.a:b\n"
    facts = read_facts(snapshot)
    assert facts.listing == frozenset({"/system/app/A.apk", "/data/local/tmp/x fake"})
    assert [(d.path, d.digests) for d in facts.digests] == [("/system/app/A.apk", ("ab" * 32,))]


@pytest.mark.parametrize("name", ["processes.txt", "files.json"])
def test_json_that_breaks_off_is_a_gap(tmp_path: Path, name: str) -> None:
    """What came before the break counts, and the break is told."""
    data = b'[{"path": "/a", "pid": 1, "filename": "a"}, {"path": "/b", "pi'
    snapshot = open_source(lay(tmp_path / "a", {**acquisition(), name: data}))
    topic = Topic.FILES if name == "files.json" else Topic.ACTIVITY
    assert "stopped before its end" in gaps(snapshot, topic)


@given(st.binary(max_size=200))
def test_any_json_of_the_collector_ends_as_text(data: bytes) -> None:
    """No bytes raise."""
    for content in (data, b"[" + data, b'[{"path": "/a"},' + data):
        assert convert.files(content, whole=True).paths.count(b"\n") >= 0
        assert convert.processes(content, whole=True)[0].startswith(b"USER")
        convert.users(content, "package_users.json")


def test_a_bug_report_stands_in_for_a_missing_dump(tmp_path: Path) -> None:
    """It holds the same dumps; beside a dump it is left."""
    text = (
        b"========================================================\n== dumpstate: 2024-05-10 20:50:17\n"
        b"------ DUMPSYS (dumpsys) ------\n"
        + dumpsys(package=dump(*CORE)).split(b"\n", 2)[2]
        + b"------ 1.0s was the duration of 'DUMPSYS' ------\n== dumpstate: done (id 1)\n"
    )
    report = zipped({"main_entry.txt": b"bugreport-x.txt", "bugreport-x.txt": text})
    snapshot = open_source(lay(tmp_path / "a", acquisition(dumpsys_txt=None, bugreport_zip=report)))
    assert "bugreport.zip is read because there is no dumpsys.txt" in snapshot.source.detail
    assert [state.installed for state in read_facts(snapshot).packages["android"].users] == [True]
    broken = open_source(lay(tmp_path / "b", acquisition(dumpsys_txt=None, bugreport_zip=report[:-30])))
    assert "bugreport.zip is no whole ZIP archive" in gaps(broken, Topic.PACKAGES)


def test_copied_apks_are_read_as_code(tmp_path: Path) -> None:
    """By the path they had on the unit where ``packages.json`` tells it, hashed, and each named when left."""
    name = "com.acme.app"
    path = f"/data/app/{name}/base.apk"
    entry = package(name, files=[{"path": path, "local_name": f"/home/a/11111111/apks/{name}.apk"}])
    entries = [package("android"), entry]
    apk = make_apk(name)
    files = acquisition(packages_json=json.dumps(entries).encode())
    files |= {f"apks/{name}.apk": apk, "apks/other.apk": apk[: len(apk) // 2]}
    snapshot = open_source(lay(tmp_path / "a", files))
    code = {file.path: file for file in snapshot.code}
    assert code.keys() == {path, "apks/other.apk"}
    assert code[path].package == name
    assert code[path].sha256 == hashlib.sha256(apk).hexdigest()
    assert code["apks/other.apk"].troubles


# --- hashes.csv ---


@pytest.mark.parametrize("top", ["", "/home/a/11111111/", "C:\\Users\\a\\11111111\\"])
def test_hashes_are_compared_whatever_path_stands_before_them(tmp_path: Path, top: str) -> None:
    """Folders of older versions list paths of the computer that made them."""
    snapshot = open_source(lay(tmp_path / "a", hashed(acquisition(), top)))
    assert snapshot.gaps == ()
    assert "7 files compared" in snapshot.source.detail


def test_a_changed_file_is_a_gap_that_names_it(tmp_path: Path) -> None:
    """Whoever changes evidence does not get a verdict on it."""
    for name, topic in (("packages.json", Topic.PACKAGES), ("getprop.txt", Topic.PROPERTIES)):
        files = hashed(acquisition())
        files[name] += b" \n"
        snapshot = open_source(lay(tmp_path / name, files))
        assert f"{name} is not the file whose SHA-256 is in hashes.csv" in gaps(snapshot, topic)
        assert judge(snapshot).verdict.decision is not Decision.PASS


def test_a_file_that_was_taken_away_is_a_gap(tmp_path: Path) -> None:
    """What is listed was there."""
    files = hashed(acquisition(env_txt=b"A=B\n"))
    del files["env.txt"]
    snapshot = open_source(lay(tmp_path / "a", files))
    assert "env.txt is listed in hashes.csv and is not there" in gaps(snapshot, Topic.PACKAGES)


def test_a_list_of_hashes_that_is_none_is_a_gap(tmp_path: Path) -> None:
    """It cannot vouch for anything; without it, that is said."""
    files = {**acquisition(), "hashes.csv": b"getprop.txt,1234\n"}
    assert "was not understood in 1 lines" in gaps(open_source(lay(tmp_path / "a", files)), Topic.PACKAGES)
    assert "nothing vouches" in open_source(lay(tmp_path / "b", acquisition())).source.detail


# --- hostile and broken containers ---


def test_names_that_lead_out_are_left_and_counted(tmp_path: Path) -> None:
    """Nothing is unpacked, and such a name is no file of the acquisition either."""
    odd = {"../getprop.txt": b"x", "/etc/passwd": b"x", "a\\b": b"x", "c:/x": b"x", "a/../../b": b"x"}
    (tmp_path / "a.zip").write_bytes(zipped({**acquisition(), **odd}))
    snapshot = open_source(tmp_path / "a.zip")
    assert "lead out of the acquisition: 5" in snapshot.source.detail
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """Which of them was meant is a guess."""
    data = zipped({**acquisition(), "getprop.txu": GETPROP}).replace(b"getprop.txu", b"getprop.txt")
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(BadInput, match=r"getprop\.txt twice"):
        open_source(tmp_path / "a.zip")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A folder from a stranger could point anywhere."""
    folder = lay(tmp_path / "a", acquisition(getprop_txt=None))
    (tmp_path / "secret").write_bytes(GETPROP)
    (folder / "getprop.txt").symlink_to(tmp_path / "secret")
    snapshot = open_source(folder)
    assert Kind.GETPROP not in {a.kind for a in snapshot.artifacts}
    assert "lead out of the acquisition: 1" in snapshot.source.detail


@pytest.mark.parametrize("part", range(1, 12))
def test_half_an_archive_is_refused(tmp_path: Path, part: int) -> None:
    """A download that stopped: nothing of it is judged."""
    data = zipped(hashed(acquisition()))
    path = tmp_path / "11111111-2222-3333-4444-555555555555.zip"
    path.write_bytes(data[: len(data) * part // 12])
    with pytest.raises(BadInput, match="was it cut short"):
        open_source(path)


@given(at=st.integers(min_value=0, max_value=10_000), value=st.integers(min_value=0, max_value=255))
def test_a_damaged_archive_never_passes_unseen(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    """One byte changed anywhere: an error, a gap, or the same evidence as before."""
    data = bytearray(zipped(hashed(acquisition())))
    at %= len(data)
    data[at] = value
    path = tmp_path_factory.mktemp("a") / "a.zip"
    path.write_bytes(data)
    whole = path.with_name("whole.zip")
    whole.write_bytes(zipped(hashed(acquisition())))
    try:
        snapshot = open_source(path)
    except AuditError:
        return
    assert snapshot.gaps or snapshot.artifacts == open_source(whole).artifacts


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    """An archive that claims a size no compression reaches is a trap."""
    data = bytearray(zipped({**acquisition(), "logcat.txt": b"a" * 5000}))
    at = data.rfind(b"logcat.txt") - 46
    data[at + 24 : at + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(data)
    assert "ZIP bomb" in gaps(open_source(tmp_path / "a.zip"), Topic.ACTIVITY)


@pytest.mark.parametrize("files", [{"acquisition.json": b"{}"}, {"acquisition.json": b"{}", "logs/a": b""}])
def test_an_acquisition_without_evidence_is_refused(tmp_path: Path, files: Files) -> None:
    """Nothing read is not nothing found."""
    with pytest.raises(BadInput, match="without evidence"):
        open_source(lay(tmp_path / "a", files))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """So is what is not there at all."""
    (tmp_path / "a").mkdir()
    with pytest.raises(BadInput, match="empty"):
        open_source(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_a_header_that_cannot_be_read_is_a_gap(tmp_path: Path, content: bytes) -> None:
    """It is written last: an acquisition without it may not have come to its end."""
    snapshot = open_source(lay(tmp_path / "a", acquisition(acquisition_json=content)))
    assert snapshot.acquired_at is None
    assert "may not have come to its end" in gaps(snapshot, Topic.PACKAGES)


@pytest.mark.parametrize(
    ("started", "expected"),
    [
        ("2024-05-10T20:50:17Z", "2024-05-10T20:50:17Z"),
        ("2024-05-10T20:50:17.5-05:00", "2024-05-11T01:50:17Z"),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("2024-05-10T20:50:17", None),
        (3, None),
        ("x" * 100_000, None),
    ],
)
def test_when_it_was_made(tmp_path: Path, started: object, expected: str | None) -> None:
    """RFC 3339 in UTC; Go's zero time and times without a zone are no times."""
    header = json.dumps({"started": started}).encode()
    snapshot = open_source(lay(tmp_path / "a", acquisition(acquisition_json=header)))
    assert snapshot.acquired_at == expected


def test_reading_changes_nothing(tmp_path: Path) -> None:
    """Evidence is read-only as AndroidQF leaves it, and stays so."""
    folder = lay(tmp_path / "a", hashed(acquisition()))
    for path in folder.iterdir():
        path.chmod(0o400)
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    open_source(folder)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o400 for path in folder.iterdir())


@pytest.mark.parametrize(("old", "new"), [(b",", b";"), (b",", b"\t"), (b"", b"\xef\xbb\xbf")])
def test_a_list_of_hashes_that_a_spreadsheet_saved_is_read(tmp_path: Path, old: bytes, new: bytes) -> None:
    """Another separator, or a mark before the first name, is no sign that files were changed."""
    files = hashed(acquisition())
    listed = files["hashes.csv"]
    files["hashes.csv"] = listed.replace(old, new) if old else new + listed
    snapshot = open_source(lay(tmp_path / "a", files))
    assert snapshot.gaps == ()
    files["getprop.txt"] += b"[a]: [b]\n"
    [gap] = open_source(lay(tmp_path / "b", files)).gaps
    assert "it was changed" in gap.reason


def test_a_damaged_length_in_an_archive_hides_no_file(tmp_path: Path) -> None:
    """An entry's comment is made so long that the entries behind it are taken for a part of it."""
    data = bytearray(zipped(hashed(acquisition())))
    first = data.index(b"PK\x01\x02")
    behind = data.index(b"PK\x05\x06") - data.index(b"PK\x01\x02", first + 4)
    data[first + 32 : first + 34] = behind.to_bytes(2, "little")
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(AuditError, match="no whole ZIP archive"):
        open_source(path)
