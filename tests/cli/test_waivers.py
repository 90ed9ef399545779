"""Waivers from the command line: their file, the verdicts under them, a crate closed with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from audit.clock import now
from tests.cli.conftest import Cli
from tests.contracts.crates import bench, connects, report, run, unit

Recorded = Callable[[str], Path]
TODAY = now().date()
NEXT_WEEK = (TODAY + timedelta(days=7)).isoformat()
NEXT_SEASON = (TODAY + timedelta(days=90)).isoformat()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()
MODEL = {"model": "Nokia 7 plus"}


def waiver(check: str, scope: Mapping[str, str], *, expires: str = NEXT_SEASON, number: int = 7) -> str:
    """One entry of a file."""
    keys = {"id": f"W-{number}", "check": check, "reason": "Known since March", "approver": "Jane Doe"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in (keys | dict(scope)).items()]
    return "\n".join(("[[waiver]]", *lines, f"expires = {expires}")) + "\n\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """A file of waivers with these entries."""

    def write(*entries: str) -> Path:
        path = tmp_path / "waivers.toml"
        path.write_text("".join(entries), encoding="utf-8")
        return path

    return write


File = Callable[..., Path]


def everything(cli: Cli, folder: Path) -> list[str]:
    """The checks that fail or ask for a look in a recorded unit."""
    ran = cli("judge", folder, "-m", "NO", "-f", "json")
    findings = json.loads(ran.out)["findings"]
    return list(dict.fromkeys(f["check"] for f in findings if f["outcome"] in {"fail", "review"}))


def all_waived(checks: list[str], *, expires: str = NEXT_SEASON) -> list[str]:
    """A waiver for each of *checks*."""
    return [waiver(check, MODEL, expires=expires, number=n) for n, check in enumerate(checks, 1)]


def test_a_unit_passes_when_all_that_failed_is_waived(cli: Cli, recorded: Recorded, file: File) -> None:
    """FAIL becomes PASS, the findings stay, and the report says until when and by whom."""
    folder = recorded("incident-2019")
    checks = everything(cli, folder)
    path = file(*all_waived(checks))
    ran = cli("judge", folder, "-m", "NO", "-f", "json", "--waivers", path)
    said = json.loads(ran.out)
    assert (ran.code, said["verdict"]["decision"]) == (0, "PASS")
    assert {f["check"] for f in said["findings"] if f["waiver"]} == set(checks)
    assert [one["line"] for one in said["waivers"]] == [1 + 8 * n for n in range(len(checks))]
    plain = cli("judge", folder, "-m", "NO", "-f", "plain", "--waivers", path).out
    assert f"WAIVED ({len(checks)})" in plain
    assert f"waived: until {NEXT_SEASON} by Jane Doe (W-1)" in plain
    assert "apart from what is waived" in plain


def test_an_expired_waiver_counts_no_more(cli: Cli, recorded: Recorded, file: File) -> None:
    """The verdict is the one without it, and the report names it."""
    folder = recorded("incident-2019")
    path = file(*all_waived(everything(cli, folder), expires=YESTERDAY))
    ran = cli("judge", folder, "-m", "NO", "-f", "plain", "--waivers", path)
    assert ran.code == 3
    assert f"Waiver W-1 expired on {YESTERDAY}: what it covered counts again." in ran.out


def test_a_waiver_of_today_holds(cli: Cli, recorded: Recorded, file: File) -> None:
    """The day that is named is the last one."""
    folder = recorded("incident-2019")
    path = file(*all_waived(everything(cli, folder), expires=TODAY.isoformat()))
    assert cli("judge", folder, "-m", "NO", "--waivers", path).code == 0


def test_what_could_not_be_read_is_not_waived(cli: Cli, recorded: Recorded, file: File) -> None:
    """Half the evidence stays INCONCLUSIVE, whatever is waived."""
    folder = recorded("clean-global")
    model = json.loads(cli("judge", folder, "-f", "json").out)["identity"]["model"]
    for path in folder.glob("cmd_package*"):
        path.unlink()
    waived = file(waiver("client-market", {"model": model}), waiver("denylist", {"model": model}, number=8))
    assert cli("judge", folder, "-m", "NO", "--waivers", waived).code == 5


def test_a_unit_is_named_by_its_token_too(cli: Cli, recorded: Recorded, file: File) -> None:
    """What the report shows as the serial number can be copied into the file."""
    folder = recorded("incident-2019")
    first = json.loads(cli("judge", folder, "-m", "NO", "-f", "json").out)
    token = first["identity"]["serial"]
    assert token.startswith("serial#")
    entries = [waiver(check, {"unit": token}, number=n) for n, check in enumerate(everything(cli, folder), 1)]
    assert cli("judge", folder, "-m", "NO", "--waivers", file(*entries)).code == 0


def test_the_users_own_file_counts_by_itself(cli: Cli, home: Path, recorded: Recorded) -> None:
    """waivers.toml beside the configuration needs no option; one that config.toml names comes before it."""
    folder = recorded("incident-2019")
    checks = everything(cli, folder)
    beside = home / "config" / "adb-audit" / "waivers.toml"
    beside.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text("".join(all_waived(checks)), encoding="utf-8")
    assert cli("judge", folder, "-m", "NO").code == 0
    other = home / "other.toml"
    other.write_text("# none\n", encoding="utf-8")
    beside.with_name("config.toml").write_text(f"waivers = {json.dumps(str(other))}\n", encoding="utf-8")
    assert cli("judge", folder, "-m", "NO").code == 3
    assert cli("judge", folder, "-m", "NO", "--waivers", beside).code == 0


@pytest.mark.parametrize("words", [("scan",), ("crate", "-o", "lot"), ("judge", "nothing-there")])
def test_a_file_that_does_not_hold_stops_before_a_unit_is_read(
    cli: Cli, file: File, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Exit code 2, with every line; nothing was read, and no crate was begun."""
    monkeypatch.chdir(tmp_path)
    path = file(waiver("no-such-check", MODEL), waiver("identity", {}, number=8))
    ran = cli(*words, "-m", "NO", "--waivers", path)
    assert ran.code == 2
    assert "line 3: waiver W-7: unknown check 'no-such-check'" in ran.err
    assert "line 9: waiver W-8: it has no scope" in ran.err
    assert not (tmp_path / "lot").exists()
    assert ran.out == ""


def test_scan_applies_them(cli: Cli, lab: dict[str, str], recorded: Recorded, file: File) -> None:
    """A connected unit is judged under them as a recorded one is."""
    checks = everything(cli, recorded("dormant-eu"))
    asked = ("scan", "--connect", lab["dormant-eu"], "-m", "NO", "-f", "json")
    without = json.loads(cli(*asked).out)
    model = (without[0] if isinstance(without, list) else without)["identity"]["model"]
    entries = [waiver(check, {"model": model}, number=n) for n, check in enumerate(checks, 1)]
    ran = cli(*asked, "--waivers", file(*entries))
    said = json.loads(ran.out)
    told = said[0] if isinstance(said, list) else said
    assert {f["check"] for f in told["findings"] if f["waiver"]} == set(checks)


def test_lint_says_what_needs_somebody_soon(cli: Cli, file: File) -> None:
    """Expired, expiring and very late ones are named with their lines; the file holds all the same."""
    late = (TODAY + timedelta(days=500)).isoformat()
    path = file(
        waiver("identity", MODEL),
        waiver("identity", MODEL, expires=YESTERDAY, number=8),
        waiver("identity", MODEL, expires=NEXT_WEEK, number=9),
        waiver("identity", MODEL, expires=late, number=10),
    )
    ran = cli("waivers", "lint", path)
    assert (ran.code, ran.err) == (0, "4 waivers\n")
    assert ran.out.splitlines() == [
        f"line 9: waiver W-8: expired on {YESTERDAY}; what it covers counts again",
        "line 17: waiver W-9: expires in 7 days",
        f"line 25: waiver W-10: expires on {late}, in more than a year",
    ]


def test_lint_refuses_a_file_that_does_not_hold(cli: Cli, file: File) -> None:
    """Exit code 2, and the line."""
    ran = cli("waivers", "lint", file("[[waiver]]\nid = W-7\n"))
    assert ran.code == 2
    assert "line 2: Invalid value" in ran.err


def test_list_shows_each_with_its_state(cli: Cli, file: File) -> None:
    """A line for each, its reason below; as JSON whether each is in force."""
    path = file(
        waiver("identity", MODEL), waiver("posture", {"crate": "lot-17"}, expires=YESTERDAY, number=8)
    )
    lines = cli("waivers", "list", path).out.splitlines()
    assert re.split(r"\s{2,}", lines[0]) == ["id", "check", "scope", "until", "state", "approver"]
    assert re.split(r"\s{2,}", lines[1]) == [
        "W-7",
        "identity",
        "model Nokia 7 plus",
        NEXT_SEASON,
        "in force",
        "Jane Doe",
    ]
    assert lines[2] == "    Known since March"
    assert f"expired on {YESTERDAY}" in lines[3]
    rows = json.loads(cli("waivers", "list", path, "--json").out)
    assert [(row["id"], row["in_force"]) for row in rows] == [("W-7", True), ("W-8", False)]


@pytest.mark.parametrize("word", ["lint", "list"])
def test_without_a_file_somebody_is_told_where_one_would_be(cli: Cli, word: str) -> None:
    """A command about the file is no success when there is none."""
    ran = cli("waivers", word)
    assert ran.code == 2
    assert "waivers.toml: there is no file of waivers" in ran.err


def test_a_crate_is_closed_under_them(tmp_path: Path, file: File) -> None:
    """One unit's finding is waived, its twin's is not; entries stay as they were, so that it can expire."""
    home, folder = tmp_path / "home", tmp_path / "lot-17"
    quiet: tuple[str | Path, ...] = ("-m", "NO", "-f", "json", "-o", folder)
    with bench((unit("incident-2019", 1), unit("incident-2019", 2, serial="LABTWIN2"))) as rig:
        ran = run(home, *quiet, *connects(rig.addresses))
        assert ran.code == 3, ran.err
        checks = dict.fromkeys(f["check"] for one in report(folder)["units"] for f in one["telling"])
        scope = {"crate": "lot-17", "unit": "LABTWIN2"}
        path = file(*(waiver(check, scope, number=n) for n, check in enumerate(checks, 1)))
        resumed: tuple[str | Path, ...] = ("--resume", folder, "-f", "json", *connects(rig.addresses))
        ran = run(home, *resumed, "--waivers", path)
        said = report(folder)
        assert sorted(one["decision"] for one in said["units"]) == ["FAIL", "PASS"], ran.err
        (twin,) = (one for one in said["units"] if one["decision"] == "PASS")
        assert {f["waiver"] for f in twin["waived"]} == {one["id"] for one in said["waivers"]}
        assert "LABTWIN2" not in (folder / "report.json").read_text("utf-8")
        kept = folder / "units" / twin["name"]
        assert json.loads((kept / "report.json").read_text("utf-8"))["verdict"]["decision"] == "PASS"
        entry = json.loads((kept / "entry.json").read_text("utf-8"))
        assert entry["result"]["decision"] == "FAIL"
        assert not any(f["waiver"] for f in entry["report"]["findings"])
        run(home, *resumed)
    assert {one["decision"] for one in report(folder)["units"]} == {"FAIL"}
    assert json.loads((kept / "report.json").read_text("utf-8"))["verdict"]["decision"] == "FAIL"


def test_a_crate_begun_with_waivers_goes_on_with_them(tmp_path: Path, file: File) -> None:
    """They are kept in its folder; a copy that was changed is refused."""
    home, folder = tmp_path / "home", tmp_path / "lot-17"
    path = file(waiver("client-market", {"crate": "lot-17"}))
    with bench((unit("incident-2019", 1),)) as rig:
        run(home, "-m", "NO", "-o", folder, "--waivers", path, *connects(rig.addresses))
    assert [one["id"] for one in report(folder)["waivers"]] == ["W-7"]
    path.unlink()
    with bench((unit("incident-2019", 1),)) as rig:
        run(home, "--resume", folder, *connects(rig.addresses))
        assert [one["id"] for one in report(folder)["waivers"]] == ["W-7"]
        kept = folder / "waivers.toml"
        kept.write_text(kept.read_text("utf-8") + "# changed\n", encoding="utf-8")
        ran = run(home, "--resume", folder, *connects(rig.addresses))
    assert ran.code == 2
    assert "is not the file of waivers that the crate was begun with" in ran.err
