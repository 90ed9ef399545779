from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit.lab import Lab, VirtualUnit, shipped_unit
from audit.lab.living import ScreenSpec
from tests.cli.conftest import Cli

COMMAND = (sys.executable, "-c", "from audit.cli.main import main; main()", "identify")
LIT = ScreenSpec(awake=True, locked=False)


def show(screen: ScreenSpec, during: Callable[[VirtualUnit, Process], None], *more: str) -> tuple[int, str]:
    """Identify a unit, and do *during* once it shows itself; the exit code and what was said."""

    async def main() -> tuple[int, str]:
        async with Lab([replace(shipped_unit("clean-global"), screen=screen)]) as lab:
            [there] = lab.units
            process = await asyncio.create_subprocess_exec(
                *COMMAND, "--connect", there.address, *more, stdin=-3, stdout=PIPE, stderr=PIPE
            )
            assert process.stderr is not None
            said = ""
            while "look for" not in said and (line := await process.stderr.readline()):
                said += line.decode()
            during(there, process)
            said += (await process.stderr.read()).decode()
            async with asyncio.timeout(20):
                await process.wait()
            assert process.returncode is not None
            if "not undone" not in said:
                assert not [name for name in there.left if name[0] != "channel"]
                assert [one for one in there.changes if one.what == "screen"]
            return process.returncode, said

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("screen", "number"),
    [
        pytest.param(ScreenSpec(), signal.SIGINT, id="dark-2"),
        pytest.param(LIT, signal.SIGTERM, id="lit-15"),
        pytest.param(LIT, signal.SIGHUP, id="lit-1"),
        # each signal once and each screen: together they meet nothing new
        pytest.param(LIT, signal.SIGINT, id="lit-2", marks=pytest.mark.slow),
        pytest.param(ScreenSpec(), signal.SIGTERM, id="dark-15", marks=pytest.mark.slow),
        pytest.param(ScreenSpec(), signal.SIGHUP, id="dark-1", marks=pytest.mark.slow),
    ],
)
def test_whatever_ends_it_the_unit_is_left_as_it_was_found(
    home: Path, screen: ScreenSpec, number: signal.Signals
) -> None:
    """Ctrl-C, the end of the session and of the program undo what was done, and say so."""
    assert home.is_dir()
    code, said = show(screen, lambda _, process: process.send_signal(number), "--seconds", "600")
    assert code == 0
    assert "Traceback" not in said
    assert said.endswith("ended; what was done is undone\n")


def test_a_unit_that_is_pulled_out_is_said_with_what_is_left(home: Path) -> None:
    """Which unit, what may still be so, and what to do by hand; a second Ctrl-C is not needed."""
    assert home.is_dir()
    code, said = show(LIT, lambda there, _: there.drop(), "--seconds", "600")
    assert code == 5
    assert "not undone: the page “About phone” may still be open; press Back on the phone" in said
    assert "fix:" in said
    assert "Traceback" not in said


def test_enter_ends_it(home: Path) -> None:
    """At a terminal a key is enough."""
    assert home.is_dir()

    async def main() -> tuple[int | None, str]:
        async with Lab(["clean-global"]) as lab:
            keyboard, terminal = pty.openpty()
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                *("--connect", lab.units[0].address, "--seconds", "600"),
                stdin=terminal,
                stdout=PIPE,
                stderr=PIPE,
            )
            os.close(terminal)
            assert process.stderr is not None
            said = ""
            while "look for" not in said:
                said += (await process.stderr.readline()).decode()
            os.write(keyboard, b"\n")
            said += (await process.stderr.read()).decode()
            async with asyncio.timeout(20):
                await process.wait()
            os.close(keyboard)
            assert lab.units[0].left == {}
            return process.returncode, said

    code, said = asyncio.run(main())
    assert code == 0
    assert "Enter or Ctrl-C ends it early" in said


def test_what_will_be_done_is_said_first(home: Path) -> None:
    """The slot, what happens and how it ends, before anything happens."""
    assert home.is_dir()
    code, said = show(ScreenSpec(), lambda *_: None, "--seconds", "1", "--notify", "--text", "box 3")
    lines = said.splitlines()
    assert code == 0
    assert lines[0].startswith("127.0.0.1:")
    assert "dark again, as it was found" in lines[0]
    assert "category “Shell command”" in lines[1]
    assert lines[2].startswith("look for a lit screen, with the words “slot 127.0.0.1:")


def test_no_unit_and_no_such_unit(cli: Cli) -> None:
    """Both are told with what to do."""
    ran = cli("identify", "serial#000000", "--connect", "127.0.0.1:1")
    assert ran.code == 5
    assert "fix:" in ran.err
    ran = cli("identify", "x", "--transport", "nowhere")
    assert ran.code == 2
