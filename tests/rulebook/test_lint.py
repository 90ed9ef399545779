"""Lint: what loads and works, yet would leave an operator with a poor sentence or no proof."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from audit.rulebook.lint import RULES, lint
from tests.rulebook.house import GOOD, write

CLIENTS = "clients/acme.toml"
EXAMPLE = GOOD[CLIENTS][GOOD[CLIENTS].index("[[client.example]]") :]

BLEMISHES = tomllib.loads((Path(__file__).parent / "blemishes.toml").read_text(encoding="utf-8"))["blemish"]


def test_a_good_rulebook_has_nothing_to_better(tmp_path: Path) -> None:
    """The rulebook that the table below worsens is clean to begin with."""
    assert lint(write(tmp_path)) == ()


@pytest.mark.parametrize("blemish", BLEMISHES, ids=[blemish["says"] for blemish in BLEMISHES])
def test_each_rule_finds_what_it_is_for(tmp_path: Path, blemish: dict[str, str]) -> None:
    """One blemish gives the line documented for it, with the rule's id."""
    name, old, new = blemish["file"], blemish["old"], blemish["new"]
    assert old in GOOD[name]
    found = lint(write(tmp_path, {name: GOOD[name].replace(old, new, 1)}))
    assert [str(problem) for problem in found] == [blemish["says"]]
    assert found[0].id == blemish["rule"]


def test_every_rule_is_shown_to_find_something() -> None:
    """A rule without a blemish would be a rule nobody has seen at work."""
    assert {blemish["rule"] for blemish in BLEMISHES} == RULES.keys()


def test_telemetry_and_markers_need_no_example(tmp_path: Path) -> None:
    """Nothing is decided by them, so there is nothing to prove."""
    text = GOOD[CLIENTS].replace(EXAMPLE, "").replace('"self-registration"', '"telemetry"')
    assert lint(write(tmp_path, {CLIENTS: text})) == ()
