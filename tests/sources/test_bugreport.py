from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.model.evidence import Kind, Snapshot, Topic
from audit.model.facts import Did, Facts
from audit.model.report import Decision, Expectation, Report
from audit.parse.facts import read_facts
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources import open_source
from audit.sources.bugreport import accepts, read_bugreport
from tests.build.dumpstate import BROWSER, CLIENT, PACKAGES, PHONE, SDK, archive
from tests.build.dumpstate import Report as Dump

RULEBOOK = load()


def judged(snapshot: Snapshot) -> Report:
    """The report on a snapshot, for a market."""
    return audit_snapshot(snapshot, RULEBOOK, Expectation(market="NO"), judged_at="2025-01-01T00:00:00Z")


def read(path: Path, data: bytes) -> Facts:
    """The facts of a report written to *path*."""
    path.write_bytes(data)
    return read_facts(open_source(path))


@pytest.mark.parametrize("release", SDK)
def test_every_release_is_read_whole(tmp_path: Path, release: int) -> None:
    """Properties, packages, users, overlays, settings, sockets: all there, and nothing left to ask for."""
    facts = read(tmp_path / "bugreport.zip", archive(Dump(release=release).text()))
    assert facts.value("ro.odd") == "first\nsecond]"
    assert set(facts.packages) == {p.name for p in PACKAGES}
    assert facts.packages[CLIENT].shared_user == "android.uid.phone"
    assert facts.packages[BROWSER].system is False
    assert [user.number for user in facts.users] == ([0, 10] if release >= 12 else [0])
    assert facts.users[0].running is True
    assert [o.package for o in facts.overlays if o.enabled] == (["com.acme.theme"] if release >= 8 else [])
    assert {s.namespace for s in facts.settings} == {"global", "secure", "system"}
    assert facts.flows is not None
    assert {f.to for f in facts.flows} == {"198.51.100.1:443", "203.0.113.5:80"}
    assert [apex.name for apex in facts.apex] == (
        ["com.acme.tzdata", "com.acme.adbd"] if release >= 10 else []
    )
    assert facts.gaps == ()
    assert facts.unread == ()


def test_who_did_what(tmp_path: Path) -> None:
    """A contact is a package's where only it can be meant; the shared user id stays a user id."""
    facts = read(tmp_path / "report.txt", Dump(release=9).text())
    assert {(f.who, f.uid, f.to) for f in facts.flows or ()} == {
        (BROWSER, 10020, "198.51.100.1:443"),
        ("uid 1001", 1001, "203.0.113.5:80"),
    }
    done = {(a.who, a.what) for a in facts.activity}
    assert {(CLIENT, Did.STARTED), (CLIENT, Did.RECEIVED), (CLIENT, Did.RUNNING)} <= done
    assert (CLIENT, Did.TRANSFERRED) not in done
    assert (PHONE, Did.LOGGED) not in done
    assert not [a.text for a in facts.activity if "490154203237518" in a.text]


def containers(folder: Path) -> dict[str, Path]:
    """One report in everything it may come in."""
    text = Dump(release=9).text()
    paths = {
        name: folder / name for name in ("main.zip", "older.zip", "plain.txt", "packed.txt.gz", "wide.txt")
    }
    paths["main.zip"].write_bytes(archive(text))
    paths["older.zip"].write_bytes(archive(text, main_entry=False))
    paths["plain.txt"].write_bytes(text)
    paths["packed.txt.gz"].write_bytes(gzip.compress(text))
    paths["wide.txt"].write_bytes(text.decode().replace("\n", "\r\n").encode("utf-16"))
    paths["folder"] = folder / "unpacked"
    with zipfile.ZipFile(paths["main.zip"]) as zipped:
        zipped.extractall(paths["folder"])
    return paths


def test_what_it_comes_in_does_not_matter(tmp_path: Path) -> None:
    """Archive, folder, text, compressed or PowerShell's: the same evidence."""
    reports = {name: judged(open_source(path)) for name, path in containers(tmp_path).items()}
    for name, report in reports.items():
        found = {(f.check, f.outcome, f.subject, f.message) for f in report.findings}
        assert found == {(f.check, f.outcome, f.subject, f.message) for f in reports["main.zip"].findings}, (
            name
        )
        assert (report.unit.serial, report.unit.model) == ("ACME0001", "Acme One")
        assert report.acquired_at is None
        assert "2024-02-03 04:05:06 by the unit's clock" in report.source.detail
        assert report.source.kind == "bugreport"


def test_the_same_evidence_in_a_folder_gives_the_same_findings(tmp_path: Path) -> None:
    """A bug report is judged like the outputs of the commands it holds."""
    dump = Dump(release=7)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "getprop.txt").write_text(dump.getprop())
    (folder / "dumpsys_package.txt").write_text(dump.package_dump())
    (tmp_path / "bugreport.txt").write_bytes(dump.text())
    found = [
        {(f.check, f.outcome, f.severity, f.subject) for f in judged(open_source(path)).findings}
        for path in (folder, tmp_path / "bugreport.txt")
    ]
    assert found[0] == found[1]


def test_a_copied_configuration_file_is_evidence(tmp_path: Path) -> None:
    """What dumpstate copied of the unit is read where it is a file that a rule asks for."""
    path = tmp_path / "bugreport.zip"
    files = {"FS/system/etc/acme.cfg": b"locale=cn\n", "FS/proc/1/mountinfo": b"x", "proto/a.proto": b"\0"}
    path.write_bytes(archive(Dump().text(), files=files))
    snapshot = read_bugreport(path, files=["/system/etc/acme.cfg"])
    (file,) = [a for a in snapshot.artifacts if a.kind is Kind.FILE]
    assert (file.argument, file.data) == ("/system/etc/acme.cfg", b"locale=cn\n")
    assert "FS/ (2), proto/ (1), version.txt (1)" in snapshot.source.detail


@pytest.mark.parametrize("part", range(1, 24))
def test_a_cut_report_never_passes(tmp_path: Path, part: int) -> None:
    """Wherever the text stops, something is missing and said to be."""
    text = Dump(release=9).text()
    path = tmp_path / "bugreport.txt"
    path.write_bytes(text[: len(text) * part // 24])
    report = judged(read_bugreport(path))
    assert report.verdict.decision is not Decision.PASS
    assert any("was cut after" in gap.reason for c in report.coverage for gap in c.gaps)


def test_a_damaged_archive_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Half of the text is there: what is in it counts, and the rest is a gap."""
    text = Dump(release=9, services={"zeta": "".join(f"{n * 7919 % 9973}\n" for n in range(60_000))}).text()
    data = bytearray(archive(text))
    at = len(data) * 3 // 4
    data[at : at + 2000] = bytes(2000)
    path = tmp_path / "bugreport.zip"
    path.write_bytes(data)
    report = judged(open_source(path))
    assert report.verdict.decision is Decision.INCONCLUSIVE
    assert any("data in the archive is damaged" in g.reason for c in report.coverage for g in c.gaps)
    path = tmp_path / "bugreport.txt.gz"
    path.write_bytes(gzip.compress(text)[:-4000])
    assert any("stops before its end" in g.reason for g in read_bugreport(path).gaps)


@pytest.mark.parametrize(
    ("dump", "topic", "said"),
    [
        (Dump(services={"package": None}), Topic.PACKAGES, "no dump of the service package"),
        (Dump(services={"overlay": None}), Topic.OVERLAYS, "no dump of the service overlay"),
        (Dump(services={"user": None}), Topic.USERS, "no dump of the service user"),
        (Dump(sections={"SYSTEM PROPERTIES": None}), Topic.PROPERTIES, "no section SYSTEM PROPERTIES"),
        (
            Dump(
                services={"package": "Packages:\n*** SERVICE 'package' DUMP TIMEOUT (10000ms) EXPIRED ***\n"}
            ),
            Topic.DETAILS,
            "did not finish in time",
        ),
    ],
)
def test_what_is_missing_is_a_gap(tmp_path: Path, dump: Dump, topic: Topic, said: str) -> None:
    """A section that is not there, or timed out, can never pass."""
    facts = read(tmp_path / "bugreport.txt", dump.text())
    assert [g for g in facts.gaps if g.topic is topic and said in g.reason]
    assert judged(open_source(tmp_path / "bugreport.txt")).verdict.decision is not Decision.PASS


def test_android_7_owes_no_overlays(tmp_path: Path) -> None:
    """What a release does not have is not missing."""
    facts = read(tmp_path / "bugreport.txt", Dump(release=7).text())
    assert not [g for g in facts.gaps if g.topic is Topic.OVERLAYS]


def zipped(entries: dict[str, bytes]) -> bytes:
    """An archive of *entries*."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive_:
        for name, content in entries.items():
            archive_.writestr(name, content)
    return data.getvalue()


def inside(name: str, content: bytes) -> bytes:
    """An archive that holds *content* besides other things."""
    return zipped({"readme.md": b"x", "logs/a.log": b"y", name: content})


@pytest.mark.parametrize(
    "data",
    [
        inside("bugreport-one-2024-02-03.zip", archive(Dump().text())),
        inside("MIUI/debug_log/bugreport-1.zip", archive(Dump().text())),
        inside("dumpstate-2024.zip", zipped({"bugreport-one.txt": Dump().text()})),
        inside("log/dumpState_X100BXXU_202402030405.log", Dump().text()),
        inside("data/log/dumpstate_app_native.txt", Dump().text()),
    ],
    ids=["Xiaomi", "in folders", "text alone inside", "Samsung", "Samsung's text"],
)
def test_makers_put_reports_into_archives_of_their_own(tmp_path: Path, data: bytes) -> None:
    """One level of archives is opened, by any name: it is the same report."""
    plain = tmp_path / "report.txt"
    plain.write_bytes(Dump().text())
    for name in ("bugreport.zip", "debug.zip"):
        (tmp_path / name).write_bytes(data)
        assert [a.data for a in open_source(tmp_path / name).artifacts] == [
            a.data for a in open_source(plain).artifacts
        ]


def protected() -> bytes:
    """A report whose entries are flagged as encrypted, as `zip -e` does it."""
    data = bytearray(archive(Dump().text()))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(signature, at + 1)) >= 0:
            data[at + flags] |= 1
    return bytes(data)


REFUSED = {
    "adb's words": (
        b"[  0%] generating bugreport-x.zip\n[  2%] generating bugreport-x.zip\n",
        "what adb printed",
    ),
    "adb's words after a restart": (
        b"* daemon not running; starting now\n[ 1%] generating x\n",
        "what adb printed",
    ),
    "empty": (b"", "is empty"),
    "other archive": (
        zipped({"photos/1.jpg": b"x"}),
        "without the text of a bug report; it holds photos/1.jpg",
    ),
    "empty archive": (zipped({}), "it holds nothing"),
    "cut archive": (archive(Dump().text())[:-30], "damaged or was cut short"),
    "password": (protected(), "protected by a password"),
    "too many files": (
        zipped({f"bugreport-{n}.txt": b"" for n in range(20_001)}),
        "lists more than 20000 files",
    ),
    "bomb": (zipped({"main_entry.txt": b"b.txt", "b.txt": bytes(70 * 1024 * 1024)}), "a ZIP bomb"),
    "several": (
        zipped({"bugreport-1.zip": b"x", "bugreport-2.zip": b"y"}),
        "holds 2 bug reports, the first is bugreport-1.zip",
    ),
    "damaged inside": (inside("bugreport-1.zip", archive(Dump().text())[:-30]), "damaged or was cut short"),
    "two levels": (
        inside("bugreport-1.zip", inside("bugreport-2.zip", archive(Dump().text()))),
        "without the text of a bug report; it holds bugreport-2.zip",
    ),
    "packed otherwise": (
        archive(Dump().text()).replace(b"\x08\0", b"\x0e\0"),
        "is packed in a way that is not read",
    ),
    "no text": (b"hello\n", "dumpstate's header is not in it"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_none_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    """The operator is told what the file is instead."""
    data, said = REFUSED[name]
    path = tmp_path / "bugreport.zip"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=said) as caught:
        read_bugreport(path)
    assert caught.value.fix
    assert str(path) in caught.value.where


def test_a_false_one_is_told_by_the_opener_too(tmp_path: Path) -> None:
    """What is called a bug report is opened as one, so that the reason is not "unknown format"."""
    for name in ("adb's words", "other archive", "cut archive", "password"):
        path = tmp_path / "bugreport.zip"
        path.write_bytes(REFUSED[name][0])
        assert accepts(path, path.read_bytes()[:8192]), name
    assert not accepts(tmp_path, b"")
    (tmp_path / "photos.zip").write_bytes(REFUSED["other archive"][0])
    assert not accepts(tmp_path / "photos.zip", REFUSED["other archive"][0][:8192])
