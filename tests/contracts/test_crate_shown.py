"""A crate where it is looked at: in a pipe, in tmux at 80 columns, without colours, where only ASCII goes."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.crates import (
    LIMIT_S,
    PROGRAM,
    Bench,
    bench,
    connects,
    run,
    surroundings,
    unit,
)

WIDE = "電話機 モデル名前長い長い長い"
_ESCAPE = re.compile(r"\x1b[\[\]()][0-9;?]*[A-Za-z]?")
_COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:[349]|10)[0-8](?:;[0-9;]*)?m")  # ECMA-48; bold is none
SURROUNDINGS = {
    "plain pipe": {},
    "NO_COLOR": {"NO_COLOR": "1"},
    "dumb": {"TERM": "dumb"},
    "ascii": {"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "no TERM at 40 columns": {"COLUMNS": "40"},
}
_QUICK = {"plain pipe", "ascii"}
"""The others are a whole crate each, and what they change is tested in ``tests/reports`` too."""


@pytest.fixture(scope="module")
def rig() -> Iterator[Bench]:
    """A unit that passes, one that fails, a hostile one, and one with a wide name."""
    wide = {"ro.product.model": WIDE, "ro.product.vendor.model": WIDE}
    specs = [
        unit("clean-global", 1),
        unit("incident-2019", 2, latency_ms={"": 60}),
        unit("hostile", 3),
        unit("clean-global", 4, properties=wide),
    ]
    with bench(specs) as found:
        yield found


@pytest.mark.parametrize(
    "name",
    [name if name in _QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SURROUNDINGS],
)
def test_in_a_pipe_lines_and_a_report_without_a_single_escape(rig: Bench, tmp_path: Path, name: str) -> None:
    """Every verdict is a line on standard error, the report stands alone on standard output."""
    ran = run(
        tmp_path / "home",
        *("--market", "NO", "-o", tmp_path / "crate"),
        *connects(rig.addresses),
        env=SURROUNDINGS[name],
    )
    assert ran.code == 3, ran.err
    assert "\x1b" not in ran.out + ran.err
    assert "Traceback" not in ran.err
    assert sorted(slot for _, slot in ran.told) == sorted(rig.addresses)
    assert ran.out.startswith("FAIL: crate crate\n4 units: 1 FAIL, 3 PASS.")
    assert "connecting" not in ran.out
    assert all(address in ran.out for address in rig.addresses)
    if name == "ascii":
        assert (ran.out + ran.err).isascii()


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[list[str]]:
    """The words of a tmux with a server of its own."""
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("no tmux on this machine")
    words = [program, "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]
    yield words
    subprocess.run([*words, "kill-server"], capture_output=True, check=False)


def test_in_tmux_at_80_columns_nothing_wraps_or_is_left_over(
    rig: Bench, tmp_path: Path, tmux: list[str]
) -> None:
    """While it runs a line for each unit and one of counts; then the report alone, once."""
    words = [PROGRAM, "crate", "--market", "NO", "-o", str(tmp_path / "c"), *connects(rig.addresses)]
    env = surroundings(tmp_path / "home") | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    given = [part for name, value in env.items() for part in ("-e", f"{name}={value}")]
    line = " ".join(words) + "; echo ended with $?; exec sleep 60"
    subprocess.run([*tmux, "new-session", "-d", "-x", "80", "-y", "24", *given, line], env=env, check=True)
    pictures, screen, until = [], "", time.monotonic() + LIMIT_S
    while "ended with" not in screen and time.monotonic() < until:
        screen = _captured(tmux)
        if " of 4 done" in screen:
            pictures.append(screen)
        time.sleep(0.05)
    told = _captured(tmux, "-S", "-300")
    assert "ended with 3" in told
    assert pictures
    for picture in pictures:
        counts = [row for row in picture.splitlines() if " of 4 done" in row]
        assert len(counts) == 1, picture
        assert "\x1b" not in picture
        rows = picture[: picture.index(" of 4 done")].splitlines()
        assert all(len(re.findall(r"127\.0\.0\.1:\d+", row)) <= 1 for row in rows)
        assert len(re.findall(r"^127\.0\.0\.1:\d+", picture, re.MULTILINE)) <= 4, picture
    assert " of 4 done" not in told
    assert told.count("Every unit (4)") == 1
    assert "1 FAIL" in told
    assert all(address in told for address in rig.addresses)


def _captured(tmux: list[str], *words: str) -> str:
    """What the pane shows."""
    shown = subprocess.run([*tmux, "capture-pane", "-p", *words], capture_output=True, text=True, check=True)
    return shown.stdout


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="colours"),
        # that nothing is coloured then, ``tests/reports/crate`` and ``tests/cli`` have in no time
        pytest.param({"NO_COLOR": "1"}, id="NO_COLOR", marks=pytest.mark.slow),
    ],
)
def test_a_watched_bench_rings_for_each_verdict(rig: Bench, tmp_path: Path, more: dict[str, str]) -> None:
    """At a terminal each verdict rings the bell and stays in sight; with NO_COLOR there is no colour."""
    env = surroundings(tmp_path / "home") | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | more
    words = ["crate", "--market", "NO", "--watch", "-o", str(tmp_path / "c"), *connects(rig.addresses)]
    child, terminal = pty.fork()
    if not child:  # pragma: no cover - another process
        os.execve(PROGRAM, [PROGRAM, *words], env)  # noqa: S606 - nothing is looked up
    try:
        shown = _read(terminal, lambda text: text.count("\x07") >= 4)
        os.kill(child, signal.SIGINT)
        shown += _read(terminal, lambda _: False)
    finally:
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 3, shown
    assert shown.count("\x07") == 4
    plain = _ESCAPE.sub("", shown)
    assert len(re.findall(r"(?:✔ PASS|✖ FAIL)  127\.0\.0\.1:\d+", plain)) == 4
    assert bool(_COLOUR.search(shown)) is not bool(more), shown


def _read(terminal: int, enough: object) -> str:
    """What the program writes, until it is *enough* or ends."""
    assert callable(enough)
    text, until = b"", time.monotonic() + LIMIT_S / 2
    while time.monotonic() < until and not enough(text.decode(errors="replace")):
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux's way of saying that nobody holds the other end any more
            break
        if not data:
            break
        text += data
    return text.decode(errors="replace")
