from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

Recorded = Callable[[str], Path]


@pytest.mark.parametrize(
    ("unit", "arguments", "code"),
    [
        ("clean-global", ("--market", "NO"), 0),
        ("incident-2019", ("--market", "NO"), 3),
        ("incident-2019", ("--market", "no"), 3),
        ("dormant-eu", ("--market", "NO"), 4),
        ("dormant-eu", ("--market", "NO", "--policy", "strict"), 3),
    ],
)
def test_the_exit_code_is_the_verdict(
    cli: Cli, recorded: Recorded, unit: str, arguments: tuple[str, ...], code: int
) -> None:
    """PASS 0, FAIL 3, REVIEW 4; the market's case does not matter."""
    ran = cli("judge", recorded(unit), *arguments, "--no-history")
    assert (ran.code, ran.err) == (code, "")


def test_half_the_evidence_is_inconclusive(cli: Cli, recorded: Recorded) -> None:
    """A folder without packages exits 5, never 0."""
    folder = recorded("clean-global")
    for path in folder.glob("cmd_package*"):
        path.unlink()
    assert cli("judge", folder, "--market", "NO").code == 5


def test_json_stands_alone_on_standard_output(cli: Cli, recorded: Recorded) -> None:
    """A program reads standard output; everything else goes to standard error."""
    ran = cli("judge", recorded("incident-2019"), "--market", "NO", "--format", "json")
    report = json.loads(ran.out)
    assert report["verdict"]["decision"] == "FAIL"
    assert report["expectation"]["market"] == "NO"


def test_several_inputs_give_a_list_and_the_worst_code(cli: Cli, recorded: Recorded) -> None:
    """Three folders, three reports, FAIL wins."""
    folders = [recorded(name) for name in ("clean-global", "dormant-eu", "incident-2019")]
    ran = cli("judge", *folders, "--market", "NO", "--format", "json")
    assert [report["verdict"]["decision"] for report in json.loads(ran.out)] == ["PASS", "REVIEW", "FAIL"]
    assert ran.code == 3


def test_one_bad_input_does_not_hide_the_others(cli: Cli, recorded: Recorded, tmp_path: Path) -> None:
    """A missing file is told, the good one is judged, and the exit code says that not all was."""
    ran = cli("judge", tmp_path / "gone", recorded("clean-global"), "--market", "NO", "--format", "json")
    assert ran.code == 5
    assert len(json.loads(ran.out)) == 1
    assert f"{tmp_path / 'gone'}: there is no such file" in ran.err
    assert "fix:" in ran.err


@pytest.mark.parametrize(("form", "said"), [("json", "[]"), ("junit", "<testsuites"), ("plain", "")])
def test_nothing_to_judge_is_still_of_its_format(cli: Cli, tmp_path: Path, form: str, said: str) -> None:
    """A program that reads standard output gets a list without members, not an empty text."""
    ran = cli("judge", tmp_path / "gone", "--format", form)
    assert ran.code == 5
    assert said in ran.out
    assert bool(ran.out) == bool(said)


def test_the_format_follows_the_name_of_the_file(cli: Cli, recorded: Recorded, tmp_path: Path) -> None:
    """-o report.html is HTML, -o report.json is JSON; standard output stays empty."""
    folder = recorded("clean-global")
    page = cli("judge", folder, "-m", "NO", "-o", tmp_path / "r.html")
    assert (page.code, page.out) == (0, "")
    assert "<html" in (tmp_path / "r.html").read_text()
    cli("judge", folder, "-m", "NO", "-o", tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text())["verdict"]["decision"] == "PASS"


def test_a_place_that_cannot_be_written_is_told(cli: Cli, recorded: Recorded, tmp_path: Path) -> None:
    """A typing error in -o is a usage error with the path."""
    ran = cli("judge", recorded("clean-global"), "-m", "NO", "-o", tmp_path / "no" / "r.html")
    assert ran.code == 2
    assert "r.html: cannot be written" in ran.err


def test_identifiers_are_masked_alike_unless_asked_for(cli: Cli, recorded: Recorded) -> None:
    """One station gives one mask for one serial number; --show-identifiers shows the number."""
    folder = recorded("incident-2019")
    first, second = (cli("judge", folder, "-f", "json").out for _ in range(2))
    serial = json.loads(first)["identity"]["serial"]
    assert serial.startswith("serial#")
    assert serial == json.loads(second)["identity"]["serial"]
    shown = cli("judge", folder, "-f", "json", "--show-identifiers").out
    assert json.loads(shown)["identity"]["serial"] == "LABINCIDENT2019"
    assert "LABINCIDENT2019" not in first


def test_the_key_of_the_station_is_private(cli: Cli, recorded: Recorded, home: Path) -> None:
    """Whoever has the key could try out serial numbers against a mask."""
    cli("judge", recorded("clean-global"))
    (key,) = (home / "state").rglob("mask.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--market", "UK"), "did you mean GB (United Kingdom)?"),
        (("--market", "Norway"), "did you mean NO (Norway)?"),
        (("--market", "Germny"), "did you mean DE (Germany)"),
        (("--market", "EEA"), "EEA is a set of markets"),
        (("--market", "QQ"), "give an ISO 3166-1 alpha-2 code"),
        (("--policy", "lax"), "default"),
        (("--format", "pdf"), "choose one of: terminal, plain, json"),
        (("--profiles", "/nowhere"), "there is no rulebook here"),
        (("--no-such-option",), "--help"),
    ],
)
def test_what_makes_no_sense_says_what_to_write(
    cli: Cli, recorded: Recorded, arguments: tuple[str, ...], said: str
) -> None:
    """Exit code 2, one error with its fix, nothing on standard output."""
    ran = cli("judge", recorded("clean-global"), *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("fix:") == 1


def test_a_malformed_rulebook_lists_its_problems(cli: Cli, recorded: Recorded, tmp_path: Path) -> None:
    """A folder of profiles with an error is refused, with file and problem."""
    (tmp_path / "rules" / "clients").mkdir(parents=True)
    (tmp_path / "rules" / "clients" / "x.toml").write_text("[[client]\n")
    ran = cli("judge", recorded("clean-global"), "--profiles", tmp_path / "rules")
    assert ran.code == 2
    assert "clients/x.toml" in ran.err


def test_defaults_come_from_option_environment_file(
    cli: Cli, recorded: Recorded, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option wins over the environment variable, that over the configuration file."""
    folder = recorded("clean-global")
    (home / "config" / "adb-audit").mkdir(parents=True)
    (home / "config" / "adb-audit" / "config.toml").write_text(
        'market = "SE"\npolicy = "strict"\nformat = "json"\n'
    )

    def asked(*arguments: str) -> tuple[str, str]:
        expectation = json.loads(cli("judge", folder, *arguments).out)["expectation"]
        return expectation["market"], expectation["policy"]

    assert asked() == ("SE", "strict")
    monkeypatch.setenv("ADB_AUDIT_MARKET", "DK")
    assert asked() == ("DK", "strict")
    assert asked("--market", "NO", "--policy", "default") == ("NO", "default")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('markt = "NO"', "unknown key 'markt'"),
        ("market = 47", "market is not a text"),
        ("market = ", "is not TOML"),
        ('market = "UK"', "did you mean GB"),
    ],
)
def test_a_wrong_configuration_is_told_with_its_file(
    cli: Cli, recorded: Recorded, home: Path, text: str, said: str
) -> None:
    """Nobody looks for an option they did not type."""
    (home / "config" / "adb-audit").mkdir(parents=True)
    (home / "config" / "adb-audit" / "config.toml").write_text(text)
    ran = cli("judge", recorded("clean-global"))
    assert ran.code == 2
    assert said in ran.err


def test_hostile_strings_do_not_reach_the_terminal(cli: Cli, recorded: Recorded) -> None:
    """No escape sequence of a unit gets through to standard output or standard error."""
    ran = cli("judge", recorded("hostile"), "--market", "NO", "--format", "plain", "-v")
    assert not any(ord(c) < 32 and c not in "\n\t" for c in ran.out + ran.err)


@pytest.mark.parametrize("option", ["--market", "--policy"])
def test_an_option_without_a_word_is_no_default(
    cli: Cli, recorded: Recorded, home: Path, option: str
) -> None:
    """`--market "$UNSET"` must not silently judge for the market of the configuration."""
    config = home / "config" / "adb-audit" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('market = "NO"\n')
    folder = recorded("clean-global")
    assert cli("judge", folder).code == 0
    ran = cli("judge", folder, option, "")
    assert ran.code == 2
    assert "unknown" in ran.err


@pytest.mark.parametrize(
    ("place", "said"),
    [("gone/report.html", "no such folder"), ("report.pdf", "no format is known by the ending .pdf")],
)
def test_where_a_report_cannot_go_is_said_before_reading(
    cli: Cli, tmp_path: Path, place: str, said: str
) -> None:
    """Nothing is read for a report that would be lost or pass for what it is not."""
    ran = cli("judge", tmp_path / "not-read", "--output", tmp_path / place)
    assert (ran.code, said in ran.err, "not-read" in ran.err) == (2, True, False)


@pytest.mark.usefixtures("home")
def test_a_stream_that_takes_nothing_is_an_error_with_its_fix(recorded: Recorded) -> None:
    """A full disk is told in words; a closed stream costs the words, never the exit code."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    folder = recorded("incident-2019")
    command = [
        sys.executable,
        "-c",
        "from audit.cli.main import main; main()",
        "judge",
        str(folder),
        "-m",
        "NO",
        "--no-history",
    ]
    with full.open("w") as stream:
        done = subprocess.run(
            command, stdout=stream, stderr=subprocess.PIPE, text=True, check=False, timeout=30
        )
    assert done.returncode == 2
    assert "standard output: cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    closed = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *command],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=30,
    )
    assert (closed.returncode, closed.stderr) == (3, "")
