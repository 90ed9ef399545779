from __future__ import annotations

import base64
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.cli.flows_picture import IN_ASCII, Passed, about, bar, entry, has_shapes, line, picture
from audit.cli.flows_view import MOST_LISTED, FlowsView, draws
from audit.model.destinations import CountryReading, Dataset, Destination
from audit.model.flows import (
    Caught,
    Certainty,
    Flow,
    FlowKind,
    IdentifierKind,
    OwnIdentifier,
    Stage,
)
from audit.parse.observations.assemble import Assembler
from audit.reports.joined import joined

IMEI = "356938035643809"
NOW = Passed(passed=3, seconds=180, contacts=7)
_SENT = Flow(
    who="com.example.a",
    what=FlowKind.HTTP,
    to="h.example:80",
    url="http://h.example/reg",
    cleartext=True,
    at_ms=1900,
    stage=Stage.IDENTIFIED,
    ip="203.0.113.5",
    port=80,
    identifiers=(Caught(kind=IdentifierKind.IMEI, certainty=Certainty.EXACT, shown="3569…09 (15)"),),
)
_TRIED = Flow(
    who="uid 1001",
    what=FlowKind.CONNECT,
    to="203.0.113.6:443",
    cleartext=None,
    at_ms=2000,
    ip="203.0.113.6",
    port=443,
    via="sockets",
    shared=tuple(f"com.example.package.with.a.long.name{n}" for n in range(9)),
)


class Two:
    """Two datasets that agree on one address and not on the other."""

    datasets: tuple[Dataset, ...] = ()

    def address(self, ip: str) -> Destination | None:
        """What both say."""
        said = ("CN", "CN") if ip.endswith(".5") else ("US", "SE")
        countries = tuple(CountryReading(dataset=f"data{n}", country=c) for n, c in enumerate(said))
        return Destination(ip=ip, scope="global", countries=countries, operator="Acme")

    def domain(self, host: str) -> str:
        """Not asked for."""
        return host


# words


def test_a_line_tells_all_that_is_known() -> None:
    """Time, how far, process, what and where to; address, country, operator, cleartext and identifiers."""
    assert line(_SENT, Two()) == (
        "   1.9 s ✖ com.example.a sent this unit's IMEI to http://h.example/reg"
        " (203.0.113.5 port 80, CN, run by Acme, CLEARTEXT, IMEI 3569…09 (15) exact)"
    )


def test_a_shared_user_id_is_told_by_how_many_share_it() -> None:
    """Nine names would hide where it went."""
    told = line(_TRIED, None)
    assert "uid 1001 (shared by 9 packages)" in told
    assert "long.name" not in told


def test_countries_that_disagree_are_both_told() -> None:
    """With the data that says so."""
    assert "disputed: US by data0 or SE by data1" in about(_TRIED, Two())


# the picture


_TEXTS = st.text(max_size=200) | st.sampled_from(
    ["\x1b[2J", "\u202egpj", "注册" * 60, "[bold red]x[/]", "a" * 900]
)


@given(
    st.lists(st.tuples(_TEXTS, _TEXTS, st.sampled_from(list(Stage)), st.integers(0, 10**9)), max_size=30),
    st.integers(1, 140),
    st.integers(1, 60),
)
def test_a_picture_fits_its_terminal(
    made: list[tuple[str, str, Stage, int]], width: int, height: int
) -> None:
    """Whatever a unit's text is: no more lines, none wider, and nothing that a terminal would obey."""
    flows = [
        Flow(who=who, what=FlowKind.CONNECT, to=to, cleartext=None, at_ms=at, stage=stage, via=str(n))
        for n, (who, to, stage, at) in enumerate(made)
    ]
    lines = picture(joined(flows), NOW, (width, height), lambda flow: about(flow, None))
    assert len(lines) <= height
    assert all(text.cell_len <= max(width, 2) for text in lines)
    assert not any(c in text.plain for text in lines for c in "\x1b\u202e\n\r")


def test_what_went_furthest_stays_in_the_picture() -> None:
    """Three hundred later tries do not push out the one that sent something; the rest is counted."""
    tries = [replace(_TRIED, to=f"198.51.100.{n % 250}:{n}", at_ms=3000 + n) for n in range(300)]
    lines = [text.plain for text in picture(joined([_SENT, *tries]), NOW, (80, 24), lambda _: ())]
    assert any("sent this unit's IMEI to http://h.example/reg" in text for text in lines)
    assert re.search(r"and \d+ more, in the report", lines[0])
    assert "198.51.100.49:299" in "".join(lines)
    assert len(lines) <= 24


def test_one_contact_is_one_entry() -> None:
    """Its name's lookup and its connection are not told beside the request they led to."""
    lookup = Flow(
        who=_SENT.who, what=FlowKind.DNS, to="h.example", cleartext=None, at_ms=100, answers=(_SENT.ip,)
    )
    lines = [text.plain for text in picture(joined([lookup, _SENT]), NOW, (80, 24), lambda _: ())]
    assert not any("asked for the address" in text for text in lines)


@pytest.mark.parametrize("width", [1, 12, 25, 40, 80, 120])
def test_the_bar_fits_and_says_how_much_is_over(width: int) -> None:
    """The seconds always, the rest as there is room."""
    told = bar(NOW, width).plain
    assert len(told) <= width
    assert told.strip("[#-] …").startswith("3 of 180 s"[: max(width - 1, 0)].strip()) or width < 12
    assert ("Ctrl-C" in told) is (width >= 80)


def test_a_repeated_contact_is_told_with_how_often() -> None:
    """A client that tries every ten seconds is one entry."""
    again = [replace(_SENT, at_ms=at, origin=str(at)) for at in (1900, 11_900, 21_900)]
    [one] = joined(again)
    assert "3 times, last at 21.9 s" in entry(one, 120, ())[0].plain


# the stream


@pytest.mark.parametrize(
    ("environ", "tty", "wanted"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({}, True, False),
        ({"TERM": "xterm"}, False, False),
    ],
)
def test_only_a_terminal_that_can_is_drawn_on(environ: Mapping[str, str], *, tty: bool, wanted: bool) -> None:
    """A pipe and a dumb terminal get lines."""
    assert draws(environ, tty=tty) is wanted


def test_shapes_have_a_spelling_in_ascii() -> None:
    """A stream that cannot hold them gets letters instead."""
    assert has_shapes("utf-8")
    assert not has_shapes("ascii")
    assert not has_shapes(None)
    assert line(_SENT, None).translate(IN_ASCII).isascii()


_EVENTS = (
    {"kind": "opened", "v": 1, "observer": "frida", "key": "", "what": "x"},
    {"kind": "process", "pid": 7, "name": "com.example.a", "uid": 10007},
    {"kind": "dns", "t": 100, "pid": 7, "host": "h.example", "answers": ["203.0.113.5"]},
    {"kind": "connect", "t": 200, "pid": 7, "conn": "c", "ip": "203.0.113.5", "port": 80, "transport": "tcp"},
    {
        "kind": "data",
        "t": 300,
        "pid": 7,
        "conn": "c",
        "dir": "out",
        "data": base64.b64encode(f"GET /?imei={IMEI} HTTP/1.1\r\nHost: h.example\r\n\r\n".encode()).decode(),
        "size": 56,
    },
)
_KNOWN = (OwnIdentifier(kind=IdentifierKind.IMEI, value=IMEI, origin="a test"),)


def test_in_a_pipe_every_contact_is_a_line_and_no_identifier_is_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What went further is told again; the number itself is never."""
    with FlowsView(Assembler({}), seconds=10, atlas=None, known=_KNOWN) as view:
        for event in _EVENTS:
            view.event(event)
        view.say("a sentence\x1b[2J")
    told = capsys.readouterr().err
    assert "asked for the address of h.example" in told
    assert "✖ com.example.a sent this unit's IMEI to http://h.example/" in told
    assert "3569…09 (15) exact" in told
    assert IMEI not in told
    assert "\x1b" not in told


_PROGRAM = """
import sys
from audit.cli.flows_view import FlowsView
from audit.parse.observations.assemble import Assembler
with FlowsView(Assembler({}), seconds=5, atlas=None) as view:
    view.event({"kind": "opened", "v": 1, "observer": "frida", "key": "", "what": "x"})
    for n in range(300):
        name = f"com.example.long.name.\\u6ce8{n}"
        view.event({"kind": "process", "pid": n, "name": name, "uid": 10000 + n})
        view.event({"kind": "connect", "t": n + 1, "pid": n, "conn": f"c{n}", "ip": f"198.51.100.{n % 250}",
                    "port": 1000 + n, "transport": "tcp"})
    view.say("the end")
"""


def _in_a_terminal(columns: int, rows: int, environ: Mapping[str, str], folder: Path) -> str:
    """All that a program wrote to a terminal of that size."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    given = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", "HOME": str(folder), **environ}
    with subprocess.Popen([sys.executable, "-c", _PROGRAM], stderr=child, stdin=child, env=given) as process:
        os.close(child)
        written = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:  # Linux says so when the last writer has gone
                break
            if not part:
                break
            written += part
        process.wait(60)
    os.close(parent)
    assert process.returncode == 0
    return written.decode()


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_nothing_is_lost_when_the_time_is_over(columns: int, tmp_path: Path) -> None:
    """The terminal ends with the contacts themselves, as many as are listed, and how many more there are."""
    told = _in_a_terminal(columns, 24, {"TERM": "xterm"}, tmp_path)
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told)
    listed = set(re.findall(r"198\.51\.100\.\d+:(\d+)", re.sub(r"\s+", "", last)))
    assert len(listed) >= MOST_LISTED
    assert f"and {300 - MOST_LISTED} more, in the report" in last
    assert "the end" in last
    assert (
        told.count("\x1b[?25l") == told.count("\x1b[?25h") == 1
    )  # the cursor is hidden once, and comes back


@pytest.mark.parametrize(
    "environ", [{"TERM": "dumb"}, {"TERM": "xterm", "PYTHONIOENCODING": "ascii:replace"}]
)
def test_a_terminal_that_cannot_be_drawn_on_gets_lines(environ: Mapping[str, str], tmp_path: Path) -> None:
    """One for each contact, without an escape."""
    told = _in_a_terminal(80, 24, environ, tmp_path)
    assert "\x1b" not in told
    assert told.count("opened or tried") == 300


def test_colour_only_where_it_is_wanted(tmp_path: Path) -> None:
    """NO_COLOR leaves shapes and words."""
    told = _in_a_terminal(80, 24, {"TERM": "xterm-256color", "NO_COLOR": "1"}, tmp_path)
    assert not re.search(r"\x1b\[[0-9;]*\b3[0-7]", told)


def test_an_entry_is_a_few_lines_at_any_width() -> None:
    """Ten thousand characters of a process's name do not push the others away."""
    flow = replace(_SENT, who="x" * 10_000, url="http://h.example/" + "y" * 10_000)
    [one] = joined([flow])
    for width in (20, 40, 80):
        assert len(entry(one, width, about(flow, None))) <= 6
