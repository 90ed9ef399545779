"""`adb-audit judge` of folders, patterns and long lists: a sum for people, rows for programs, all kept."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.cli.history_asked import opened
from audit.cli.history_text import WIDTH, wide
from audit.cli.many_text import COLUMNS, Summary, Told, csv_row
from audit.cli.pace import lasting
from audit.fleet.judging import Row
from audit.model.evidence import Snapshot
from audit.model.history import Query
from audit.model.report import Decision
from audit.sources import open_source, saved
from tests.cli.conftest import Cli, Ran, record_unit

NAMES = ("incident-2019", "clean-global", "dormant-eu")


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Snapshot]:
    """What three virtual units answer: FAIL, PASS and REVIEW."""
    folder = tmp_path_factory.mktemp("units")
    return {name: open_source(record_unit(name, folder / name)) for name in NAMES}


@pytest.fixture
def folder(tmp_path: Path, units: Mapping[str, Snapshot]) -> Path:
    """Nine units, three of each, as saved snapshots in two folders."""
    made = tmp_path / "snapshots"
    for number in range(9):
        name = NAMES[number % 3]
        path = made / ("a" if number < 5 else "b") / f"{number}-{name}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        saved.save(_numbered(units[name], number), path)
    return made


def _numbered(snapshot: Snapshot, number: int) -> Snapshot:
    artifacts = tuple(
        replace(one, data=one.data.replace(b"[ro.serialno]: [", b"[ro.serialno]: [%d" % number))
        for one in snapshot.artifacts
    )
    return replace(snapshot, artifacts=artifacts)


def rows(ran: Ran) -> list[dict[str, Any]]:
    """What a program reads."""
    found = json.loads(ran.out)
    assert isinstance(found, list)
    return found


def kept() -> int:
    """Reports in the user's own history."""
    with opened(None) as history:
        return history.count(Query())


def test_a_folder_is_told_in_sum_and_kept(cli: Cli, folder: Path) -> None:
    """Counts by model, build, market and verdict, the worst first, and why; the exit code is the worst."""
    ran = cli("judge", folder, "--market", "NO")
    assert ran.code == 3, ran.err
    lines = ran.out.splitlines()
    assert lines[0].split() == ["fail", "review", "pass", "market", "model", "build"]
    assert lines[1].split()[:3] == ["3", "0", "0"]
    assert [line.split()[:4] for line in lines if " all" in line] == [["3", "3", "3", "all"]]
    assert "com.qualcomm.qti.autoregistration" in ran.out
    assert all(wide(line) <= WIDTH for line in lines if str(folder) not in line)
    assert "LABINCIDENT2019" not in ran.out + ran.err
    assert re.search(r"9 inputs judged by \d+ process", ran.err)
    assert "9 reports kept in the history" in ran.err
    assert kept() == 9


def test_the_same_verdicts_as_one_by_one(cli: Cli, folder: Path) -> None:
    """Every row says what the whole report says."""
    paths = sorted(folder.rglob("*.json.gz"))
    single = json.loads(cli("judge", *paths, "-m", "NO", "-f", "json", "--no-history").out)
    told = rows(cli("judge", folder, "-m", "NO", "-f", "json", "--no-history"))
    assert sorted(row["path"] for row in told) == [str(path) for path in paths]
    by_path = {row["path"]: row for row in told}
    for path, report in zip(paths, single, strict=True):
        row = by_path[str(path)]
        assert row["decision"] == report["verdict"]["decision"]
        assert row["because"] == report["verdict"]["because"]
        assert row["serial"] == report["identity"]["serial"]
        assert row["snapshot_sha256"] == report["snapshot_sha256"]
        assert row["rulebook_sha256"] == report["rulebook_sha256"]


@pytest.mark.slow
def test_what_is_kept_is_what_one_by_one_keeps(cli: Cli, folder: Path, tmp_path: Path) -> None:
    """Report, evidence, identifiers and packages, but for the time."""
    one, many = str(tmp_path / "one.sqlite"), str(tmp_path / "many.sqlite")
    paths = sorted(folder.rglob("*.json.gz"))
    cli("judge", *paths, "-m", "NO", "--db", one)
    cli("judge", folder, "-m", "NO", "--db", many)
    for alone, among in zip(_all(one), _all(many), strict=True):
        assert alone == among


def _all(db: str) -> list[object]:
    with opened(db) as history:
        found = []
        for stored in history.search(Query()):
            report = replace(history.report(stored.id), judged_at="")
            short = replace(stored, id="", judged_at="", station_id="")
            evidence = history.snapshot(stored.snapshot_sha256, stored.id)
            found.append((short.serial, report, short, evidence, history.packages(stored.id)))
    return [one[1:] for one in sorted(found, key=lambda one: one[0])]


@pytest.mark.slow
def test_twice_is_kept_once(cli: Cli, folder: Path) -> None:
    """The same command again adds nothing; another market does."""
    cli("judge", folder, "-m", "NO")
    again = cli("judge", folder, "-m", "NO")
    assert "0 reports kept in the history; 9 said what was kept before" in again.err
    assert kept() == 9
    cli("judge", folder, "-m", "CN")
    assert kept() == 18


@pytest.mark.slow
def test_csv_to_a_file(cli: Cli, folder: Path, tmp_path: Path) -> None:
    """A row for each input, by its ending; the sum goes to standard error."""
    out = tmp_path / "verdicts.csv"
    ran = cli("judge", folder, "-m", "NO", "-o", out, "--no-history")
    assert (ran.code, ran.out) == (3, "")
    with out.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert tuple(found[0]) == COLUMNS
    assert Counter(row["decision"] for row in found) == {"FAIL": 3, "REVIEW": 3, "PASS": 3}
    assert "wrote " in ran.err
    assert "all" in ran.err
    assert not list(tmp_path.glob("*.part"))


def test_formats_of_whole_reports_are_refused(cli: Cli, folder: Path) -> None:
    """With the way to have them; nothing was judged for nothing."""
    ran = cli("judge", folder, "-m", "NO", "--format", "html")
    assert (ran.code, ran.out) == (2, "")
    assert "history show" in ran.err


def test_one_bad_input_is_one_inconclusive_result(cli: Cli, folder: Path) -> None:
    """Cut, empty, none at all and not there: each is named with why, is kept, and the others are judged."""
    good = sorted(folder.rglob("*.gz"))[1]
    (folder / "cut.json.gz").write_bytes(good.read_bytes()[:500])
    (folder / "empty.json.gz").touch()
    (folder / "other.zip").write_bytes(b"PK\3\4 nothing")
    (folder / "notes.md").write_text("# notes\n")
    ran = cli("judge", folder, folder / "gone.json", "-m", "NO", "-f", "json")
    told = {Path(row["path"]).name: row for row in rows(ran)}
    assert len(told) == 13
    for name in ("cut.json.gz", "empty.json.gz", "other.zip", "gone.json"):
        assert told[name]["decision"] == "INCONCLUSIVE", name
        assert told[name]["trouble"], name
        assert told[name]["fix"], name
    assert "notes.md" not in told
    assert "1 left out: nothing recognises it" in ran.err
    assert "notes.md" in ran.err
    assert "not read or not judged, and so INCONCLUSIVE: 4" in ran.err
    assert kept() == 13
    assert len(rows(cli("history", "search", "--verdict", "inconclusive", "-f", "json"))) == 4


@pytest.mark.slow
def test_a_bad_input_among_good_ones_is_no_pass(
    cli: Cli, tmp_path: Path, units: Mapping[str, Snapshot]
) -> None:
    """The exit code says that not all was judged."""
    (tmp_path / "f").mkdir()
    for number in range(3):
        saved.save(_numbered(units["clean-global"], number), tmp_path / "f" / f"{number}.json")
    assert cli("judge", tmp_path / "f", "-m", "NO").code == 0
    (tmp_path / "f" / "3.json").write_text("{")
    assert cli("judge", tmp_path / "f", "-m", "NO").code == 5


@pytest.mark.slow
def test_changed_since_the_last_time(cli: Cli, folder: Path, tmp_path: Path) -> None:
    """Only verdicts that differ from the last report on the unit are listed; the exit code is of all."""
    first = cli("judge", folder, "-m", "NO", "--changed", "-f", "json")
    assert rows(first) == []
    assert "9  judged for the first time" in first.err
    rules = tmp_path / "rules"
    subprocess.run(["cp", "-r", str(_shipped()), str(rules)], check=True)
    for path in rules.rglob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if "com.qualcomm.qti.autoregistration" in text:
            path.write_text(text.replace("com.qualcomm.qti.autoregistration", "com.example.other"))
    changed = ("judge", folder, "-m", "NO", "--changed", "--profiles", rules)
    told = rows(cli(*changed, "-f", "json"))
    assert {(row["former"], Path(row["path"]).name[2:]) for row in told} == {
        ("FAIL", "incident-2019.json.gz"),
        ("REVIEW", "dormant-eu.json.gz"),
    }
    assert all(row["decision"] != row["former"] for row in told)
    again = cli(*changed)
    assert "no verdict changed since the last time" in again.out


def _shipped() -> Path:
    return Path(__file__).parents[2] / "profiles"


def test_changed_needs_the_history(cli: Cli, folder: Path) -> None:
    """What it is compared with."""
    ran = cli("judge", folder, "--changed", "--no-history")
    assert ran.code == 2
    assert "compares with the history" in ran.err


@pytest.mark.slow
def test_a_quoted_pattern(cli: Cli, folder: Path) -> None:
    """What a shell did not spread is spread here; a pattern that fits nothing is an error."""
    ran = cli("judge", str(folder / "**" / "*-clean-*.json.gz"), "-m", "NO", "-f", "json")
    assert ran.code == 0
    assert len(rows(ran)) == 3
    assert cli("judge", str(folder / "*.xml"), "-m", "NO").code == 2


@pytest.mark.slow
def test_folders_of_outputs_among_others(cli: Cli, tmp_path: Path) -> None:
    """Folders that are a unit each are judged as that, beside saved ones."""
    for name in NAMES:
        record_unit(name, tmp_path / "units" / name)
    told = rows(cli("judge", tmp_path / "units", "-m", "NO", "-f", "json"))
    assert {Path(row["path"]).name: row["decision"] for row in told} == {
        "incident-2019": "FAIL",
        "clean-global": "PASS",
        "dormant-eu": "REVIEW",
    }


@pytest.mark.slow
def test_identifiers_are_shown_when_asked_for(cli: Cli, folder: Path) -> None:
    """And masked alike otherwise."""
    plain = rows(cli("judge", folder, "-m", "NO", "-f", "json", "--show-identifiers", "--no-history"))
    assert all(re.fullmatch(r"\dLAB\w+", row["serial"]) for row in plain)
    masked = rows(cli("judge", folder, "-m", "NO", "-f", "json", "--no-history"))
    assert all(re.fullmatch(r"serial#[0-9a-f]{6}", row["serial"]) for row in masked)


@pytest.mark.slow
def test_an_input_that_takes_too_long_is_one_result(cli: Cli, folder: Path) -> None:
    """A pipe that nobody writes to is no file; a time limit ends what hangs."""
    os.mkfifo(folder / "pipe.json")
    told = rows(cli("judge", folder, "-m", "NO", "-f", "json", "--timeout", "20"))
    (pipe,) = (row for row in told if row["path"].endswith("pipe.json"))
    assert pipe["decision"] == "INCONCLUSIVE"
    assert "not a regular file" in pipe["trouble"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scheduler", "nowhere"), "no scheduler's address"),
        (("--scheduler", "tcp://127.0.0.1:1", "--workers", "2"), "--workers is for this machine"),
        (("--capture", "x.pcap"), "a capture is of one unit"),
    ],
)
def test_what_makes_no_sense_is_refused(
    cli: Cli, folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 2, with what to write."""
    ran = cli("judge", folder, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_passphrase_goes_nowhere_in_the_clear(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers elsewhere would get it over the network."""
    monkeypatch.setenv("ADB_AUDIT_AGE_PASSPHRASE", "secret")
    ran = cli("judge", folder, "--scheduler", "tcp://192.0.2.1:8786")
    assert ran.code == 2
    assert "tls://" in ran.err
    assert "secret" not in ran.err


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_done(home: Path, tmp_path: Path, units: Mapping[str, Snapshot]) -> None:
    """What was judged is told and kept; the same command again does the rest and keeps nothing twice."""
    folder, out, total = tmp_path / "f", tmp_path / "rows.json", 150
    folder.mkdir()
    for number in range(total):
        saved.save(_numbered(units["clean-global"], number), folder / f"{number:03d}.json.gz")
    words = ("judge", str(folder), "-m", "NO", "-o", str(out), "--workers", "1")
    assert home.is_dir()
    with _started(words) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130, rest
    assert "not all were reached" in rest
    part = out.with_name(out.name + ".part")
    assert f"not all is in it: {part}" in rest
    assert not out.exists()
    done = len(json.loads(part.read_text(encoding="utf-8")))
    assert 0 < done < total
    assert kept() == done
    with _started(words) as process:
        process.wait(60)
    assert kept() == total == len(json.loads(out.read_text(encoding="utf-8")))
    assert not part.exists()


@pytest.mark.slow
def test_killed_it_has_kept_what_it_told(home: Path, tmp_path: Path, units: Mapping[str, Snapshot]) -> None:
    """`kill -9`: every report is whole, and the same command again completes them, none twice."""
    folder, total = tmp_path / "f", 100
    folder.mkdir()
    for number in range(total):
        saved.save(_numbered(units["clean-global"], number), folder / f"{number:03d}.json.gz")
    words = ("judge", str(folder), "-m", "NO", "--workers", "1")
    assert home.is_dir()
    with _started(words) as process:
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(0.5)
        process.kill()
    done = kept()
    assert 0 < done < total
    with _started(words) as process:
        process.wait(60)
    with opened(None) as history:
        found = list(history.search(Query()))
        assert len({history.report(one.id).snapshot_sha256 for one in found}) == len(found) == total


def _started(words: tuple[str, ...]) -> subprocess.Popen[str]:
    start = "from audit.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", start, *words],
        env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


# Words


def row(**changed: object) -> Row:
    """An input with hostile words in it."""
    plain = Row(
        path="/x/=cmd()",
        decision=Decision.FAIL,
        because=("=1+1",),
        reasons=("m " * 200,),
        market="NO",
        policy="default",
        serial="",
        model="\u6d4b\u8bd5" * 60,
        build="b" * 300,
        region=None,
        source="saved",
        acquired_at=None,
        judged_at="2026-05-02T10:00:00Z",
        rulebook_sha256="",
        snapshot_sha256="",
    )
    make: Callable[..., Row] = replace
    return make(plain, **changed)


def test_the_sum_fits_a_terminal_whatever_units_call_themselves() -> None:
    """And holds no more of a million models than it can tell."""
    summary = Summary()
    for number in range(7_000):
        summary.add(Told(row=row(model=f"{number}\u6d4b" * 9, reasons=(f"{number} " * 40,))))
    for kind in Decision:
        summary.add(Told(row=row(decision=kind, trouble="no"), former=Decision.PASS))
    lines = list(summary.lines(compared=True))
    assert all(wide(line) <= WIDTH for line in lines), max(lines, key=wide)
    assert len(lines) < 100
    assert len(summary._groups) <= 5_001
    assert len(summary._reasons) <= 5_001
    assert summary.total == 7_004
    assert summary.changed == 3


def test_a_row_is_no_formula() -> None:
    """A spreadsheet opens what units say."""
    line = csv_row(Told(row=row(model="=1+1")))
    assert '"\'=1+1"' in line


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (119, "119 s"), (600, "10 min"), (12_000, "3 h 20 min")]
)
def test_how_long_it_takes(seconds: float, words: str) -> None:
    """In the unit a person would say."""
    assert lasting(seconds) == words
