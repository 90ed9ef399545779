"""The unit's shell: lists, quotes, subshells and redirections mean what mksh makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.shell import with_marker
from audit.lab.shell import Answer, run_line


def say(words: tuple[str, ...]) -> Answer:
    """A shell with four commands: say, fail, out (to both) and exit."""
    match words:
        case ("say", *rest):
            return Answer(stdout=f"{'|'.join(rest)}\n".encode(), delay_ms=10)
        case ("out",):
            return Answer(stdout=b"out\n", stderr=b"err\n")
        case ("exit", code):
            return Answer(exit_code=int(code), leaves=True)
        case _:
            return Answer(stderr=b"no\n", exit_code=127)


@pytest.mark.parametrize(
    ("line", "stdout", "stderr", "code"),
    [
        ("say a b", "a|b\n", "", 0),
        ("say 'a b' \"c;d\" e\\ f", "a b|c;d|e f\n", "", 0),
        ("say a; say b", "a\nb\n", "", 0),
        ("say a\nsay b\n", "a\nb\n", "", 0),
        ("nope && say a", "", "no\n", 127),
        ("nope || say a", "a\n", "no\n", 0),
        ("say a && say b || say c", "a\nb\n", "", 0),
        ("nope; say code=$?", "code=127\n", "no\n", 0),
        ("nope; say \"$?\" '$?'", "127|$?\n", "no\n", 0),
        ("exit 3; say never", "", "", 3),
        ("(exit 3); say $?", "3\n", "", 0),
        ("(say a; (nope)) && say b", "a\n", "no\n", 127),
        ("out 2>&1", "out\nerr\n", "", 0),
        ("out 2>/dev/null", "out\n", "", 0),
        ("out 2> /dev/null > /dev/null", "", "", 0),
        ("(out; out) 2>/dev/null", "out\nout\n", "", 0),
        ("", "", "", 0),
        (" ; ; ", "", "", 0),
        ("say ''", "\n", "", 0),
    ],
)
def test_lines(line: str, stdout: str, stderr: str, code: int) -> None:
    """Each line prints and returns what mksh would."""
    said = run_line(line, say)
    assert (said.stdout.decode(), said.stderr.decode(), said.exit_code) == (stdout, stderr, code)


@pytest.mark.parametrize(
    "line",
    ["say a | say b", "say `id`", "say 'a", "(say a", "say a)", "&& say a", "say a & say b", "say < x"],
)
def test_refused(line: str) -> None:
    """What this shell does not do is a syntax error, never half an answer."""
    said = run_line(line, say)
    assert said.stdout == b""
    assert said.stderr.startswith(b"/system/bin/sh: syntax error: ")
    assert said.exit_code == 1


def test_delays_add_up() -> None:
    """A line takes as long as all of its commands."""
    assert run_line("say a; (say b; say c)", say).delay_ms == 30


@pytest.mark.parametrize(
    ("command", "printed", "code"), [("say a", "a\n", 0), ("say a; exit 7", "a\n", 7), ("no", "", 127)]
)
def test_marker_form(command: str, printed: str, code: int) -> None:
    """The form a host without shell v2 uses gives back the command's own exit code."""
    marker = "0123456789abcdef"

    def with_echo(words: tuple[str, ...]) -> Answer:
        return Answer(stdout=f"{words[1]}\n".encode()) if words[0] == "echo" else say(words)

    assert run_line(with_marker(command, marker), with_echo).stdout.decode() == f"{printed}{marker}:{code}\n"


@given(st.text())
def test_never_raises(line: str) -> None:
    """Whatever a host sends, the shell answers."""
    assert run_line(line, say).exit_code in (0, 1, 127)
