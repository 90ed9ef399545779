"""`adb-audit history`: what was recorded is found, shown, exported, pruned and judged again."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from audit import codec
from audit.cli.history_asked import opened, tac_table
from audit.cli.history_text import WIDTH, Change, changes, cut, listing, wide
from audit.cli.judging import load_rulebook
from audit.cli.output import station_key
from audit.history import History
from audit.model.evidence import Snapshot
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.history import CrateRef, Query, Stored
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import Decision, Expectation, Finding, Report, Severity
from audit.model.signing import Result, SignedRecord
from audit.model.waivers import Waiver
from audit.pipeline import Examined, decide, examine
from audit.reports.redact import shown_imei, shown_serial
from audit.sources import open_source
from tests.cli.conftest import Cli, record_unit

CLIENT = "com.qualcomm.qti.autoregistration"
IMEI = "358240051234560"
BAD, GOOD = "LABINCIDENT2019", "LABCLEANGLOBAL"
CRATE = CrateRef(id="c" * 64, name="pallet-7", began_at="2026-05-01T08:00:00Z")


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Snapshot]:
    """What two virtual units answer, by serial number."""
    folder = tmp_path_factory.mktemp("units")
    units = {BAD: "incident-2019", GOOD: "clean-global"}
    return {serial: open_source(record_unit(name, folder / name)) for serial, name in units.items()}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The shipped one."""
    return load_rulebook(None)


def judged(snapshot: Snapshot, rulebook: Rulebook, judged_at: str, market: str = "NO") -> Examined:
    """What is recorded of a unit."""
    return examine(snapshot, rulebook, lambda _: Expectation(market=market), judged_at=judged_at)


def keep(
    history: History, snapshot: Snapshot, one: Examined, crate: CrateRef | None = None, imei: str = ""
) -> str:
    """Record it, with an IMEI where one is given."""
    own = (OwnIdentifier(kind=IdentifierKind.IMEI, value=imei, origin="test"),) if imei else ()
    return history.record(
        one.report,
        snapshot,
        crate=crate,
        identifiers=(*one.identifiers, *own),
        portrait=one.portrait,
    )


@pytest.fixture
def ids(home: Path, snapshots: Mapping[str, Snapshot], rulebook: Rulebook) -> Mapping[str, str]:
    """The user's own history with two reports, in May and in June; the first is signed off."""
    assert home.is_dir()
    with opened(None) as history:
        bad = judged(snapshots[BAD], rulebook, "2026-05-02T10:00:00Z")
        good = judged(snapshots[GOOD], rulebook, "2026-06-03T10:00:00Z")
        made = {
            BAD: keep(history, snapshots[BAD], bad, CRATE, IMEI),
            GOOD: keep(history, snapshots[GOOD], good),
        }
        history.append(_signed, made[GOOD], Result.PASSED)
    return made


def _signed(number: int, previous: str) -> SignedRecord:
    assert (number, previous) == (1, "")
    return SignedRecord(number=1, envelope=b"{}", sha256=hashlib.sha256(b"{}").hexdigest(), key_id="k")


def found(cli: Cli, *arguments: str) -> list[str]:
    """Ids of what a search prints."""
    ran = cli("history", "search", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    return [one["id"] for one in json.loads(ran.out)]


@pytest.mark.usefixtures("ids")
def test_list_fits_a_terminal_and_masks(cli: Cli) -> None:
    """The newest first, a line each, no identifier in it, and how many there are beside it."""
    ran = cli("history", "list")
    lines = ran.out.splitlines()
    assert (ran.code, len(lines)) == (0, 3)
    assert lines[0].split() == ["id", "judged", "verdict", "signed", "unit", "market", "model"]
    assert "PASSED" in lines[1]
    assert "Nokia X20" in lines[1]
    assert "FAIL" in lines[2]
    assert max(map(len, lines)) <= WIDTH
    assert BAD not in ran.out
    assert ran.err == "2 reports, of 2 units\n"
    assert BAD in cli("history", "list", "--show-identifiers").out
    assert "1 report of 2, of 1 unit" in cli("history", "list", "--limit", "1").err


@pytest.mark.parametrize(
    "arguments",
    [
        (BAD,),
        (IMEI,),
        ("35-824005-123456-0",),
        ("--serial", BAD),
        ("--imei", IMEI),
        ("--model", "nokia 7 PLUS"),
        ("--package", CLIENT),
        ("--verdict", "fail"),
        ("--crate", "Pallet-7"),
        ("--until", "2026-05-02"),
        ("--package", "android", "--model", "Nokia 7 plus", "--market", "no"),
    ],
)
def test_search_finds_the_one(cli: Cli, ids: Mapping[str, str], arguments: tuple[str, ...]) -> None:
    """By everything a report is known by, in whatever case, alone and together."""
    assert found(cli, *arguments) == [ids[BAD]]


@pytest.mark.parametrize("form", ["{}", "{digits}", "IMEI#{digits}"])
def test_search_by_a_mask(cli: Cli, ids: Mapping[str, str], form: str) -> None:
    """As a report prints it, or its digits alone, of a serial number and of an IMEI."""
    key = station_key()
    for mask, option in ((shown_serial(BAD, key=key), "--serial"), (shown_imei(IMEI, key=key), "--imei")):
        written = form.format(mask, digits=mask.partition("#")[2])
        assert found(cli, written) == [ids[BAD]]
        assert found(cli, option, written) == [ids[BAD]]
    assert found(cli, "serial#000000") == []


def test_which_units_we_shipped_carried_it(cli: Cli, ids: Mapping[str, str]) -> None:
    """One command, for a package no rule knows; what cannot be told is said."""
    package = "com.android.egg"
    assert found(cli, "--package", package, "--signed", "passed") == [ids[GOOD]]
    ran = cli("history", "search", "--package", "com.example.nobody")
    assert (ran.code, ran.out) == (0, "")
    assert "no report fits, of 2 reports in the history" in ran.err


def test_a_report_without_packages_is_not_silent(
    cli: Cli, home: Path, snapshots: Mapping[str, Snapshot], rulebook: Rulebook
) -> None:
    """That a package was not found on a unit whose packages nobody read says nothing, and that is said."""
    assert home.is_dir()
    one = judged(snapshots[GOOD], rulebook, "2026-06-03T10:00:00Z")
    with opened(None) as history:
        history.record(one.report, None)
    ran = cli("history", "search", "--package", CLIENT)
    assert "of 1 report more not all packages are known" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--verdict", "good"), "choose one of: pass, review, fail, inconclusive"),
        (("--signed", "yes"), "choose one of: passed, warned, failed"),
        (("--since", "may"), "is no date"),
        (("--format", "xml"), "choose one of: table, json, csv"),
    ],
)
@pytest.mark.usefixtures("ids")
def test_search_refuses_what_makes_no_sense(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    """Exit code 2, and what could be said instead."""
    ran = cli("history", "search", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_an_empty_history_says_how_it_fills(cli: Cli) -> None:
    """No error: nothing was judged yet."""
    ran = cli("history", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "scan" in ran.err
    assert json.loads(cli("history", "list", "--format", "json").out) == []
    assert cli("history", "rejudge").code == 0


def test_where_the_history_is(
    cli: Cli, ids: Mapping[str, str], home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """--db before the variable, that before config.toml, that before the user's own."""
    empty, other = tmp_path / "empty.sqlite", home / "config" / "adb-audit" / "config.toml"
    assert len(found(cli)) == len(ids)
    other.parent.mkdir(parents=True)
    other.write_text(f'history = "{empty}"\n', encoding="utf-8")
    assert found(cli) == []
    own = str(next((home / "data").rglob("history.sqlite")))
    monkeypatch.setenv("ADB_AUDIT_HISTORY", own)
    assert len(found(cli)) == len(ids)
    assert found(cli, "--db", str(empty)) == []


@pytest.mark.usefixtures("ids")
def test_csv_is_for_programs(cli: Cli, tmp_path: Path) -> None:
    """Every field of every report, masked, in a file."""
    out = tmp_path / "history.csv"
    assert cli("history", "search", "--format", "csv", "-o", out).code == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert [row["decision"] for row in rows] == ["PASS", "FAIL"]
    assert rows[1]["imeis"] == shown_imei(IMEI, key=station_key())
    assert rows[1]["serial"] == shown_serial(BAD, key=station_key())
    assert rows[1]["crate"] == "pallet-7"


@pytest.mark.parametrize("form", ["plain", "json", "html", "csv", "junit"])
def test_show_in_every_format(cli: Cli, ids: Mapping[str, str], form: str) -> None:
    """The stored report, masked, with the exit code of its verdict."""
    ran = cli("history", "show", ids[BAD][:8], "--format", form)
    assert ran.code == 3
    assert CLIENT in ran.out
    assert BAD not in ran.out


def test_show_takes_a_unit_for_its_newest_report(cli: Cli, ids: Mapping[str, str]) -> None:
    """By serial number and by mask; what is nothing is refused."""
    mask = shown_serial(GOOD, key=station_key())
    for name in (GOOD, mask, mask.partition("#")[2], ids[GOOD], ids[GOOD][:12].upper()):
        ran = cli("history", "show", name, "-f", "json")
        assert json.loads(ran.out)["judged_at"] == "2026-06-03T10:00:00Z", name
    ran = cli("history", "show", "nobody")
    assert ran.code == 2
    assert "history list" in ran.err


def test_export_masks_or_is_whole(
    cli: Cli, ids: Mapping[str, str], tmp_path: Path, snapshots: Mapping[str, Snapshot]
) -> None:
    """Masked reports alone; or reports and evidence as they are, which `judge` takes."""
    shown, whole = tmp_path / "masked", tmp_path / "whole"
    assert cli("history", "export", "--all", "-o", shown).code == 0
    assert len(list(shown.iterdir())) == len(ids)
    assert not any(BAD in path.read_text(encoding="utf-8") for path in shown.iterdir())
    assert cli("history", "export", BAD, "-o", whole, "--show-identifiers").code == 0
    report, snapshot = sorted(whole.iterdir())
    assert codec.from_json(Report, report.read_text(encoding="utf-8"), where="x").identity.serial == BAD
    assert open_source(snapshot).artifacts == snapshots[BAD].artifacts
    assert cli("judge", snapshot, "--market", "NO").code == 3
    assert cli("history", "export", "-o", whole).code == 2
    assert cli("history", "export", BAD, "--all", "-o", whole).code == 2


def test_prune_says_asks_and_spares_what_was_signed(
    cli: Cli, ids: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run and a no change nothing; a yes takes the old report, not the signed one."""
    said = "judged before 2027-01-01: 1 report, 1 snapshot"
    ran = cli("history", "prune", "--before", "2027-01-01", "--dry-run")
    assert said in ran.out
    assert "signed off, and so left: 1 report" in ran.out
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert "nothing was taken out" in cli("history", "prune", "--before", "2027-01-01").err
    assert len(found(cli)) == 2
    ran = cli("history", "prune", "--before", "2027-01-01", "--yes")
    assert "1 report and 1 snapshot were taken out" in ran.out
    assert found(cli) == [ids[GOOD]]
    assert cli("history", "prune", "--before", "soon").code == 2


# Judging again


@pytest.fixture
def older(home: Path, snapshots: Mapping[str, Snapshot], rulebook: Rulebook) -> str:
    """A history in which the bad unit was judged by rules that did not know its client, and the good one."""
    assert home.is_dir()
    before = replace(rulebook, clients={}, advisories=())
    with opened(None) as history:
        keep(history, snapshots[GOOD], judged(snapshots[GOOD], rulebook, "2026-06-03T10:00:00Z"))
        return keep(history, snapshots[BAD], judged(snapshots[BAD], before, "2026-05-02T10:00:00Z"), CRATE)


def test_rejudge_lists_what_changes_and_why(cli: Cli, older: str) -> None:
    """The unit that fails by today's rules, the new findings, the rate; nothing is kept unless asked for."""
    ran = cli("history", "rejudge", "--workers", "2")
    assert ran.code == 3, ran.err
    assert older[:8] in ran.out
    assert "-> FAIL" in ran.out
    assert "    new: " in ran.out
    assert CLIENT in ran.out
    assert max(map(len, ran.out.splitlines())) <= WIDTH
    assert BAD not in ran.out + ran.err
    assert "2 snapshots judged again by 2 processes in" in ran.err
    assert "a second): 1 verdict changed" in ran.err
    assert "1 of 2 snapshots" in ran.err
    assert len(found(cli)) == 2


@pytest.mark.usefixtures("older")
def test_rejudge_keeps_what_it_is_told_to(cli: Cli) -> None:
    """The new reports are in the history, with packages and crate; the next time nothing changes."""
    assert cli("history", "rejudge", "--record").code == 3
    assert len(found(cli, "--crate", "pallet-7")) == 2
    assert len(found(cli, "--package", CLIENT, "--verdict", "fail")) == 1
    again = cli("history", "rejudge", "--record")
    assert (again.code, again.out) == (0, "")
    assert "no verdict changed" in again.err
    assert "kept in the history" not in again.err  # it would say the same once more


def test_rejudge_for_programs(cli: Cli, older: str) -> None:
    """JSON and CSV say the same, masked."""
    (one,) = json.loads(cli("history", "rejudge", "--format", "json").out)
    assert (one["stored"]["id"], one["decision"]) == (older, "FAIL")
    assert any(CLIENT in message for message in one["new"])
    (row,) = csv.DictReader(io.StringIO(cli("history", "rejudge", "--format", "csv").out))
    assert (row["id"], row["is"], row["serial"]) == (older, "FAIL", one["stored"]["serial"])


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize(
    "arguments",
    # what each field of a query finds, tests/history/test_contract.py has
    [("--model", "Nokia X20"), pytest.param(("--since", "2026-06-01"), marks=pytest.mark.slow)],
)
def test_rejudge_some(cli: Cli, arguments: tuple[str, ...]) -> None:
    """Only what was asked for is judged."""
    ran = cli("history", "rejudge", *arguments)
    assert ran.code == 0
    assert "1 snapshot judged again by 1 process in" in ran.err


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM snapshot WHERE sha256 IN (SELECT snapshot_sha256 FROM report WHERE serial = ?)",
        "UPDATE snapshot SET size = 3 WHERE sha256 IN (SELECT snapshot_sha256 FROM report WHERE serial = ?)",
    ],
)
@pytest.mark.usefixtures("older")
def test_a_snapshot_that_is_gone_or_damaged_is_a_line(cli: Cli, home: Path, sql: str) -> None:
    """Each is named, and the exit code says that not all could be judged; the rest goes on."""
    with closing(sqlite3.connect(next((home / "data").rglob("history.sqlite")))) as database:
        database.execute(sql, (GOOD,))
        database.commit()
    ran = cli("history", "rejudge")
    assert ran.code == 3
    assert ran.err.count("not judged again") == 1
    assert "1 could not be judged again" in ran.err
    assert cli("history", "rejudge", "--serial", GOOD).code == 5


def test_what_others_told_and_waivers_are_taken_over(
    cli: Cli, home: Path, snapshots: Mapping[str, Snapshot], rulebook: Rulebook
) -> None:
    """A finding of the crate stays; a waiver in force still covers, and one that is expired does not."""
    assert home.is_dir()
    one = judged(snapshots[GOOD], rulebook, "2026-06-03T10:00:00Z")
    odd = Finding(
        check="crate-outliers",
        outcome=Outcome.REVIEW,
        severity=Severity.MEDIUM,
        message="It has a package more than the others.",
    )
    waiver = Waiver(
        id="w1", check=odd.check, reason="r", approver="a", expires="2099-01-01", crate="pallet-7"
    )
    findings = (*one.report.findings, odd)
    reviewed = replace(one.report, findings=findings, verdict=decide(findings))
    covered = replace(one.report, findings=(*one.report.findings, replace(odd, waiver="w1")))
    cases = (
        (reviewed, 0),
        (replace(covered, waivers=(waiver,)), 0),
        (replace(covered, waivers=(replace(waiver, expires="2026-06-30"),)), 4),
        (_held_against_a_golden_unit(reviewed, odd), 0),
    )
    for number, (report, code) in enumerate(cases):
        db = str(home / f"{number}.sqlite")
        with opened(db) as history:
            keep(history, snapshots[GOOD], replace(one, report=report), CRATE)
        ran = cli("history", "rejudge", "--db", db)
        assert ran.code == code, (number, ran)
        assert ("new: It has a package more" in ran.out) is (code == 4)


def _held_against_a_golden_unit(report: Report, odd: Finding) -> Report:
    """The same with a difference from a golden unit, which the history does not have."""
    own = (one for one in report.findings if one.check not in {"baseline", odd.check})
    findings = (*own, replace(odd, check="baseline"))
    expectation = replace(report.expectation, baseline="ab" * 32)
    return replace(report, findings=findings, verdict=decide(findings), expectation=expectation)


def test_ctrl_c_keeps_what_was_done(
    home: Path, snapshots: Mapping[str, Snapshot], rulebook: Rulebook
) -> None:
    """What was judged until then is told and kept, and how much is left is said."""
    one = judged(snapshots[GOOD], rulebook, "2026-06-03T10:00:00Z")
    with opened(None) as history:
        for number in range(_MANY):
            snapshot = _numbered(snapshots[GOOD], number)
            # by other rules, so that something else is said of it now
            report = replace(one.report, snapshot_sha256=codec.digest(snapshot), findings=())
            keep(history, snapshot, replace(one, report=report))
    start = "from audit.cli.main import main; main()"
    words = ("-c", start, "history", "rejudge", "--every", "--workers", "1", "--record")
    with subprocess.Popen(
        [sys.executable, *words], env=os.environ, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert home.is_dir()
    assert f"of {_MANY} snapshots" in first
    assert process.returncode == 130, rest
    kept = re.search(r"(\d+) new reports? kept in the history", rest)
    left = re.search(r"(\d+) were not reached", rest)
    assert kept is not None, rest
    assert left is not None, rest
    assert int(kept[1]) + int(left[1]) == _MANY
    with opened(None) as history:
        assert history.count(Query()) == _MANY + int(kept[1])


_MANY = 200


def _numbered(snapshot: Snapshot, number: int) -> Snapshot:
    first, *rest = snapshot.artifacts
    return replace(snapshot, artifacts=(replace(first, stderr=b"%d" % number), *rest))


def test_tacs_become_a_table(home: Path, ids: Mapping[str, str]) -> None:
    """As the check takes it."""
    assert home.is_dir()
    assert ids
    with opened(None) as history:
        assert tac_table(history) == {"35824005": {"Nokia 7 plus": 1}}


# Words


def stored(**changed: object) -> Stored:
    """A stored report with hostile words in it."""
    plain = Stored(
        id="ab" * 32,
        judged_at="2026-05-02T10:00:00Z",
        acquired_at=None,
        decision=Decision.INCONCLUSIVE,
        because=("=cmd()",),
        market="NO",
        policy="default",
        serial="S" * 300,
        imeis=(),
        model="\u6d4b\u8bd5" * 40,
        build="=1+1",
        region=None,
        source="live",
        crate="",
        station="",
        rulebook_sha256="",
        snapshot_sha256="",
        signed=Result.WARNED,
    )
    make: Callable[..., Stored] = replace
    return make(plain, **changed)


def test_a_hostile_unit_breaks_no_table() -> None:
    """Long and wide names are cut, and no cell is a formula."""
    text = listing([stored(), stored(model="\x1b[2J\u202eX")], "table")
    assert all(wide(line) <= WIDTH for line in text.splitlines())
    assert "\x1b" not in text
    assert "\u202e" not in text
    row = listing([stored()], "csv").splitlines()[1]
    assert '"\'=1+1"' in row
    assert '"\'=cmd()"' in row
    change = Change(stored=stored(), decision=Decision.FAIL, new=("m " * 400,), gone=("\x1b[0m",))
    lines = changes([change], "table").splitlines()
    assert all(wide(line) <= WIDTH for line in lines)
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("text", ["", "abc", "\u6d4b" * 9, "e\u0301" * 12, "a" * 100])
def test_cut_keeps_to_its_room(text: str) -> None:
    """Whatever fits stays whole."""
    assert wide(cut(text, 10)) <= 10
    assert wide(text) > 10 or cut(text, 10) == text
