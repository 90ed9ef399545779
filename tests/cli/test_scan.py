from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli

NO = ("--market", "NO")


@pytest.mark.parametrize(
    ("unit", "code"), [("clean-global", 0), ("incident-2019", 3), ("dormant-eu", 4), ("drops-halfway", 5)]
)
def test_a_connected_unit_gets_its_verdict(cli: Cli, lab: dict[str, str], unit: str, code: int) -> None:
    """From the socket to the exit code, one command."""
    ran = cli("scan", "--connect", lab[unit], *NO, "--format", "json")
    assert ran.code == code
    assert json.loads(ran.out)["schema"].startswith("adb-audit/report/")


def judgement(text: str) -> dict[str, Any]:
    """A JSON report without the moment of judging."""
    return {key: value for key, value in json.loads(text).items() if key != "judged_at"}


def test_saved_now_and_judged_later_is_the_same(cli: Cli, lab: dict[str, str], tmp_path: Path) -> None:
    """What scan --save and judge keeps, judge judges alike; so do capture and judge."""
    kept = tmp_path / "unit.json.gz"
    scanned = cli("scan", "--connect", lab["incident-2019"], *NO, "--save", kept, "-f", "json")
    judged = cli("judge", kept, *NO, "-f", "json")
    assert judgement(scanned.out) == judgement(judged.out)
    assert scanned.code == judged.code == 3
    captured = cli("capture", tmp_path / "crate", "--connect", lab["incident-2019"])
    assert (captured.code, captured.out) == (0, "")
    (file,) = (tmp_path / "crate").iterdir()
    again = judgement(cli("judge", file, *NO, "-f", "json").out)
    assert again["snapshot_sha256"] == judgement(judged.out)["snapshot_sha256"]


def test_a_unit_that_is_not_ready_is_a_row_with_its_fix(cli: Cli, lab: dict[str, str]) -> None:
    """The good unit is judged, the other is told of, and the exit code says that not all could be."""
    addresses = ("--connect", lab["clean-global"], "--connect", lab["unauthorized"])
    ran = cli("scan", *addresses, *NO, "--wait", "0.5", "-f", "json")
    assert ran.code == 5
    assert [report["verdict"]["decision"] for report in json.loads(ran.out)] == ["PASS"]
    assert "waiting for" in ran.err
    assert "1 of 2 units could not be audited" in ran.err
    assert "Allow USB debugging" in ran.err


def test_several_units_do_not_fit_into_one_file(cli: Cli, lab: dict[str, str], tmp_path: Path) -> None:
    """Saving two units as unit.json would lose one."""
    addresses = ("--connect", lab["clean-global"], "--connect", lab["dormant-eu"])
    ran = cli("capture", tmp_path / "unit.json", *addresses)
    assert ran.code == 2
    assert "do not fit into one file" in ran.err
    assert not (tmp_path / "unit.json").exists()


def test_devices_lists_states_and_fixes(cli: Cli, lab: dict[str, str]) -> None:
    """A unit that is ready and one that is not; exit code 5 because of the second."""
    ran = cli("devices", "--connect", lab["clean-global"], "--connect", lab["unauthorized"])
    assert ran.code == 5
    assert "fix: Unlock the phone" in ran.out
    assert max(len(line) for line in ran.out.splitlines() if "adbkey" not in line) <= 80
    ran = cli("devices", "--connect", lab["clean-global"], "--json")
    assert ran.code == 0
    assert [row["state"] for row in json.loads(ran.out)] == ["device"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("scan", "--transport", "pigeon"), 2, "choose one of: auto, server, usb, tcp"),
        (("scan", "--transport", "server"), 5, "127.0.0.1:1"),
        (("scan", "--transport", "tcp"), 2, "--connect HOST:PORT"),
        (("scan", "--connect", "nowhere:port"), 2, "HOST:PORT"),
        (("scan", "--user", "-1"), 2, "not an Android user number"),
        (("devices", "--transport", "server"), 5, "fix:"),
        (("lab", "nokia-3310"), 2, "choose one of: clean-global"),
        (("lab", "--fault", "gremlins"), 2, "choose one of"),
    ],
)
def test_what_cannot_be_done_says_why(cli: Cli, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Usage is 2, no way to a unit is 5; each with the fix, none with a traceback."""
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_the_demo_proves_itself_within_80_columns(cli: Cli) -> None:
    """Every virtual unit gets its documented verdict; the table fits a terminal."""
    ran = cli("demo")
    assert ran.code == 0, ran.out
    assert "WRONG" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_lab_announces_its_units_and_stops_on_interrupt(home: Path) -> None:
    """`adb connect` lines on standard output, and Ctrl-C is the ordinary end."""
    assert home.is_dir()
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from audit.cli.main import main; main()",
            "lab",
            "clean-global",
            "--count",
            "2",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    assert all(line.startswith("adb connect 127.0.0.1:") for line in lines)


def test_an_interrupted_scan_exits_130(home: Path, lab: dict[str, str]) -> None:
    """Ctrl-C while a unit is waited for ends at once, without a traceback."""
    assert home.is_dir()
    command = [sys.executable, "-c", "from audit.cli.main import main; main()"]
    with subprocess.Popen(
        [*command, "scan", "--connect", lab["unauthorized"], "--wait", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while "waiting for" not in process.stderr.readline():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert "Traceback" not in process.stderr.read()


def test_a_reader_that_leaves_is_no_error(home: Path) -> None:
    """`adb-audit schema | head -1` must not end in a traceback."""
    assert home.is_dir()
    command = [sys.executable, "-c", "from audit.cli.main import main; main()", "schema"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=30, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
