from __future__ import annotations

import re
from dataclasses import replace

import pytest

from audit.model.report import Decision
from audit.reports import EXIT_CODES, Options, exit_code, render, styled, suited_to
from tests.reports import samples

OPTIONS = Options(key=samples.KEY)
SHOWN = replace(OPTIONS, reveal=True, verbose=True)
_BY_DECISION = {
    Decision.PASS: samples.NOTED,
    Decision.FAIL: samples.INCIDENT,
    Decision.REVIEW: samples.DORMANT,
    Decision.INCONCLUSIVE: samples.HALF_READ,
}


def test_the_verdict_comes_first_on_one_line() -> None:
    """The first line has shape, word and unit, however narrow the terminal."""
    for decision, report in _BY_DECISION.items():
        first, second = render("terminal", [report], replace(OPTIONS, width=60)).splitlines()[:2]
        assert second[0].isdigit()
        assert decision.value in first
        assert "Nokia" in first
        assert len(first) <= 60


@pytest.mark.parametrize("name", sorted(samples.ALL))
def test_nothing_is_wider_than_the_terminal(name: str) -> None:
    """No line is longer, whatever a unit says, but for an address, which the terminal breaks itself."""
    for width in (40, 80):
        lines = render("terminal", [samples.ALL[name]], replace(SHOWN, width=width)).splitlines()
        assert max(len(line) for line in lines if not line.lstrip().startswith("https://")) <= width


def test_colour_and_escapes_only_where_wanted() -> None:
    """No escape without a terminal, no colour under NO_COLOR, and the words are the same in all three."""
    bare, plain, coloured = (
        render("terminal", [samples.INCIDENT], replace(OPTIONS, ansi=ansi, colour=colour))
        for ansi, colour in ((False, False), (True, False), (True, True))
    )
    assert "\x1b" not in bare
    assert "\x1b[1m" in plain
    assert not re.search(r"\x1b\[[0-9;]*\b[349][0-7]", plain)
    assert re.search(r"\x1b\[[0-9;]*\b4[0-7]", coloured)
    assert _without_escapes(plain) == _without_escapes(coloured) == bare


def _without_escapes(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines())


@pytest.mark.parametrize(
    ("environ", "tty", "wanted"),
    [
        ({}, True, ("terminal", True, True)),
        ({"NO_COLOR": "1"}, True, ("terminal", True, False)),
        ({"NO_COLOR": ""}, True, ("terminal", True, True)),
        ({"TERM": "dumb"}, True, ("plain", False, False)),
        ({}, False, ("plain", False, False)),
    ],
)
def test_the_format_suits_the_stream(
    environ: dict[str, str], wanted: tuple[str, bool, bool], *, tty: bool
) -> None:
    """A terminal gets shapes and colours, a pipe neither; NO_COLOR and dumb terminals are honoured."""
    stream = suited_to(environ, tty=tty)
    assert (stream.format, stream.ansi, stream.colour) == wanted
    assert styled(OPTIONS, stream).colour is wanted[2]


def test_brief_is_brief_and_verbose_is_whole() -> None:
    """A note is one line unless everything was asked for."""
    note = "The maker's own warranty activation."
    assert note not in render("terminal", [samples.NOTED], OPTIONS)
    assert note in render("terminal", [samples.NOTED], replace(OPTIONS, verbose=True))


@pytest.mark.parametrize(
    ("decisions", "code"),
    [
        ([], 5),
        ([Decision.PASS], 0),
        ([Decision.FAIL], 3),
        ([Decision.REVIEW], 4),
        ([Decision.INCONCLUSIVE], 5),
        ([Decision.PASS, Decision.REVIEW], 4),
        ([Decision.REVIEW, Decision.INCONCLUSIVE], 5),
        ([Decision.INCONCLUSIVE, Decision.FAIL, Decision.REVIEW], 3),
    ],
)
def test_exit_codes(decisions: list[Decision], code: int) -> None:
    """Any FAIL is 3, else any INCONCLUSIVE 5, else any REVIEW 4; PASS alone is 0, and no report is not."""
    assert exit_code([_BY_DECISION[decision] for decision in decisions]) == code
    assert set(EXIT_CODES) == set(Decision)
