"""``adb-audit confirm`` where something goes wrong: each time an end, a sentence, a code, and no trace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import site
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from audit.lab import Lab, VirtualUnit, shipped_unit
from audit.lab.living import RootKind, RootSpec, ServerFault
from audit.lab.say_server import SERVER_MARK
from audit.lab.spec import UnitSpec
from tests.agents import servers
from tests.hooks.house import client, elf, needs_frida

pytestmark = [pytest.mark.peer, pytest.mark.timeout(180)]

PROJECT = Path(__file__).parents[2]
MAIN = "from audit.cli.main import main; main()"
LONGEST_S = 100.0
NOBODY = "com.example.nobody"
USAGE, INCONCLUSIVE, INTERRUPTED = 2, 5, 130


@dataclass
class Running:
    """A virtual unit that runs in a thread of its own."""

    unit: VirtualUnit
    loop: asyncio.AbstractEventLoop

    def drop(self) -> None:
        """Pull it out."""
        self.loop.call_soon_threadsafe(self.unit.drop)

    def settled(self) -> None:
        """Nothing is left of a run on it, soon: a unit that was pulled out tidies up by itself."""
        end = time.monotonic() + 20
        while (self.unit.left or self.unit.servers) and time.monotonic() < end:
            time.sleep(0.1)
        assert self.unit.left == {}
        assert self.unit.servers == ()


@contextmanager
def lab(**changes: Any) -> Iterator[Running]:  # noqa: ANN401 - whatever a unit has
    """A unit with nothing on it that does not belong, rooted unless it is said otherwise."""
    spec: UnitSpec = replace(
        shipped_unit("clean-global"), **{"root": RootSpec(kind=RootKind.MAGISK), **changes}
    )
    started, over = threading.Event(), asyncio.Event()
    found: list[VirtualUnit] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with Lab([spec]) as there:
            found.append(there.units[0])
            started.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield Running(found[0], loop)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)
        loop.close()


@dataclass
class Program:
    """One command line, run as a user runs it."""

    words: list[str]
    home: Path
    python: list[str] = field(default_factory=lambda: [sys.executable])
    environment: dict[str, str] = field(default_factory=dict)
    on_line: Callable[[str, subprocess.Popen[str]], None] = lambda _line, _process: None

    def run(self) -> tuple[int, str, str]:
        """Exit code, output, and what was said; killed, which fails the test, where it does not end."""
        process = subprocess.Popen(
            [*self.python, "-c", MAIN, *self.words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), **self.environment},
        )
        killer = threading.Timer(LONGEST_S, process.kill)
        killer.start()
        said: list[str] = []
        assert process.stdout is not None
        assert process.stderr is not None
        errors = process.stderr

        def listen() -> None:
            for line in errors:
                said.append(line)
                self.on_line(line, process)

        listener = threading.Thread(target=listen)
        listener.start()
        output = process.stdout.read()
        code = process.wait()
        listener.join()
        killer.cancel()
        process.stdout.close()
        process.stderr.close()
        text = "".join(said)
        assert code != -signal.SIGKILL, f"it did not end within {LONGEST_S} s: {text}"
        assert "Traceback" not in text
        return code, output, text


def words(there: Running, server: Path | None, package: str = NOBODY, seconds: int = 2) -> list[str]:
    """The command line."""
    given = ["--server", str(server)] if server is not None else []
    return [
        "confirm", "--connect", there.unit.address, "--market", "NO", *given,
        "--package", package, "--seconds", str(seconds), "--format", "json",
    ]  # fmt: skip


def gaps(output: str) -> list[str]:
    """Why the report does not say that there were no contacts."""
    report = json.loads(output)
    return [gap["reason"] for row in report["coverage"] if row["topic"] == "flows" for gap in row["gaps"]]


def only_unknown(report: dict[str, Any]) -> None:
    """What was watched leaves nothing open: only the test's own client is no package of the unit."""
    (reason,) = report["verdict"]["because"]
    assert reason.startswith("The unit knows no package com.example.")
    assert reason.endswith("so none of its code was read.")


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A file the unit runs as a Frida server."""
    path = tmp_path / "frida-server"
    path.write_bytes(elf("arm64", SERVER_MARK))
    return path


@needs_frida
def test_with_nothing_wrong_the_same_unit_is_watched_to_the_end(tmp_path: Path, server: Path) -> None:
    """Else the tests beside this one could not fail: no gap, and its own verdict."""
    with servers.serving() as web, lab() as there, client(web.port) as target:
        code, output, said = Program(words(there, server, target.name), tmp_path).run()
        there.settled()
    assert gaps(output) == [], said
    report = json.loads(output)
    assert {flow["port"] for flow in report["flows"]} == {web.port}
    only_unknown(report)
    assert code == INCONCLUSIVE


@needs_frida
@pytest.mark.slow  # quick in tests/hooks/test_failures.py; to the command, a unit pulled out is the same
def test_a_server_killed_in_the_middle(tmp_path: Path, server: Path) -> None:
    """What was seen until then is in the report, and that it broke off is why nothing passes."""
    fault = {"server_fault": ServerFault.DIES_AFTER_CONNECT, "server_dies_after_s": 2.0}
    with servers.serving() as web, lab(**fault) as there, client(web.port) as target:
        code, output, said = Program(words(there, server, target.name, 60), tmp_path).run()
        there.settled()
        assert target.process.poll() is None, "the client was hurt"
    assert code == INCONCLUSIVE, said
    assert any("the Frida server on the unit ended" in reason for reason in gaps(output))
    assert {flow["port"] for flow in json.loads(output)["flows"]} == {web.port}


@needs_frida
def test_a_unit_pulled_out(tmp_path: Path, server: Path) -> None:
    """What was seen is judged; what may be left is said with the command that removes it."""
    with servers.serving() as web, lab() as there, client(web.port) as target:

        def pull(line: str, _process: object) -> None:
            if line.startswith("hooked "):
                threading.Timer(1.0, there.drop).start()

        program = Program(words(there, server, target.name, 60), tmp_path, on_line=pull)
        code, output, said = program.run()
        there.settled()
    assert code == INCONCLUSIVE, said
    assert any("the unit was unplugged" in reason for reason in gaps(output))
    assert any("rm -f /data/local/tmp/" in reason for reason in gaps(output))
    assert {flow["port"] for flow in json.loads(output)["flows"]} == {web.port}


@needs_frida
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ServerFault.REFUSES_TOKEN, "refuses our token"),
        # without the command around them, ``tests/hooks/test_failures.py`` has them all in the quick suite
        pytest.param(ServerFault.WRONG_VERSION, "another version", marks=pytest.mark.slow),
        pytest.param(ServerFault.FAILS, "does not start on the unit", marks=pytest.mark.slow),
        pytest.param(ServerFault.DIES_AT_ONCE, "said it was ready and is gone", marks=pytest.mark.slow),
        pytest.param(ServerFault.SILENT, "did not answer in time", marks=pytest.mark.slow),
    ],
)
def test_a_server_that_will_not_serve(tmp_path: Path, server: Path, fault: ServerFault, reason: str) -> None:
    """The reason is said and in the report; the unit is watched from outside instead."""
    with lab(server_fault=fault) as there:
        code, output, said = Program(words(there, server), tmp_path).run()
        there.settled()
    assert code == INCONCLUSIVE, said
    assert any(reason in one for one in gaps(output)), gaps(output)
    assert reason in said
    assert "watching from outside" in said
    assert [watch["by"] for watch in json.loads(output)["watches"]] == ["sockets"]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (RootKind.NONE, "its shell gets no root"),
        # as above: quick in ``tests/hooks/test_failures.py``
        pytest.param(RootKind.DENIED, "refuses root to the shell", marks=pytest.mark.slow),
        pytest.param(RootKind.PROMPT, "nobody allowed it", marks=pytest.mark.slow),
    ],
)
def test_a_unit_that_gives_no_root(tmp_path: Path, server: Path, kind: RootKind, reason: str) -> None:
    """Nothing is put on it, and it is watched from outside."""
    with lab(root=RootSpec(kind=kind)) as there:
        code, output, said = Program(words(there, server), tmp_path).run()
        assert there.unit.changes == ()
    assert code == INCONCLUSIVE, said
    assert any(reason in one for one in gaps(output)), gaps(output)
    assert "watching from outside" in said


@needs_frida
@pytest.mark.slow  # quick in tests/hooks/test_failures.py, as a program for another processor is
def test_a_server_of_another_version_is_not_started(tmp_path: Path, server: Path) -> None:
    """Which it is, which is wanted, and what to do."""
    with lab(frida="16.7.19") as there:
        code, output, said = Program(words(there, server), tmp_path).run()
        there.settled()
    assert (code, output) == (INCONCLUSIVE, "")
    assert "it is version 16.7.19" in said
    assert "fix: " in said


@needs_frida
@pytest.mark.slow  # as above
def test_a_server_for_another_processor_stays_here(tmp_path: Path) -> None:
    """The file is looked at before the unit gets it."""
    wrong = tmp_path / "frida-server-x86_64"
    wrong.write_bytes(elf("x86_64", SERVER_MARK))
    with lab() as there:
        code, output, said = Program(words(there, wrong), tmp_path).run()
        assert there.unit.changes == ()
    assert (code, output) == (INCONCLUSIVE, "")
    assert "made for x86_64; the unit needs arm64" in said


@needs_frida
def test_without_a_server_it_says_which_one_and_where_from(tmp_path: Path) -> None:
    """That is the operator's to bring: nothing is fetched."""
    with lab() as there:
        code, output, said = Program(words(there, None), tmp_path).run()
        assert there.unit.changes == ()
    assert (code, output) == (USAGE, "")
    assert "android-arm64" in said
    assert "github.com/frida/frida/releases/tag/17." in said


def test_without_frida_the_line_that_installs_it(tmp_path: Path, server: Path) -> None:
    """An interpreter that has all libraries of this one but Frida."""
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    for folder in filter(os.path.isdir, site.getsitepackages()):  # Debian's Python names some it has not
        for one in Path(folder).iterdir():
            if not one.name.startswith(("frida", "_frida")) and one.suffix != ".pth":
                (libraries / one.name).symlink_to(one)
    with lab() as there:
        program = Program(words(there, server), tmp_path, python=[sys.executable, "-S"])
        program.environment["PYTHONPATH"] = os.pathsep.join((str(libraries), str(PROJECT)))
        code, output, said = program.run()
        assert there.unit.changes == ()
    assert (code, output) == (USAGE, ""), said
    assert "hooking needs Frida, which is not installed" in said
    assert "pip install 'adb-audit[frida]'" in said


@needs_frida
def test_ctrl_c_ends_the_window_and_not_the_result(tmp_path: Path, server: Path) -> None:
    """What was seen until then is judged and kept; the unit is as it was, and so is the client."""
    kept = tmp_path / "unit.json.gz"
    with servers.serving() as web, lab() as there, client(web.port) as target:

        def interrupt(line: str, process: subprocess.Popen[str]) -> None:
            if line.startswith("hooked "):
                threading.Timer(1.5, process.send_signal, (signal.SIGINT,)).start()

        command = [*words(there, server, target.name, 90), "--save", str(kept)]
        code, output, said = Program(command, tmp_path, on_line=interrupt).run()
        assert there.unit.left == {}, said
        assert there.unit.servers == ()
        assert target.process.poll() is None
    report = json.loads(output)
    assert "what was seen until now is judged" in said
    (watch,) = report["watches"]
    assert watch["ended"] == "stopped by the operator"
    assert watch["seconds"] < 60
    assert {flow["port"] for flow in report["flows"]} == {web.port}
    assert kept.exists()
    only_unknown(report)
    assert code == INCONCLUSIVE


@needs_frida
@pytest.mark.parametrize(
    "moment",
    # the first is the longest way back; the others differ in how much there is to undo
    ["hooked ", *(pytest.param(m, marks=pytest.mark.slow) for m in ("starts it as root", "ends the server"))],
)
def test_a_second_ctrl_c_leaves_nothing_behind_either(tmp_path: Path, server: Path, moment: str) -> None:
    """Whenever it comes: 130, no report, and the unit as it was."""
    with servers.serving() as web, lab() as there, client(web.port) as target:
        sent: list[str] = []

        def interrupt(line: str, process: subprocess.Popen[str]) -> None:
            wanted = moment if not sent else "ends the server"
            if wanted in line and len(sent) < 2:
                times = 2 if moment == "ends the server" else 1
                for _ in range(times):
                    process.send_signal(signal.SIGINT)
                    time.sleep(0.1)
                sent.extend([line] * times)

        seconds = 2 if moment == "ends the server" else 60
        program = Program(words(there, server, target.name, seconds), tmp_path, on_line=interrupt)
        code, output, said = program.run()
        there.settled()
        assert target.process.poll() is None
    assert len(sent) == 2, said
    assert output == ""
    # one that comes while Python itself ends is the kernel's to answer; a shell shows 130 for it too
    assert code in {INTERRUPTED, -signal.SIGINT}, said


@needs_frida
@pytest.mark.parametrize(
    "moment",
    # before anything is on the unit there is nothing to take away from it
    [pytest.param("is asked for root", marks=pytest.mark.slow), "starts it as root"],
)
def test_ctrl_c_before_anything_was_watched(tmp_path: Path, server: Path, moment: str) -> None:
    """There is nothing to judge: 130, in words, and the unit as it was."""
    with servers.serving() as web, lab() as there, client(web.port) as target:

        def interrupt(line: str, process: subprocess.Popen[str]) -> None:
            if moment in line:
                process.send_signal(signal.SIGINT)

        program = Program(words(there, server, target.name, 60), tmp_path, on_line=interrupt)
        code, output, said = program.run()
        there.settled()
    assert (code, output) == (INTERRUPTED, ""), said
