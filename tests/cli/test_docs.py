"""Every command line that the README and the how-tos show is one the program understands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from audit.cli.main import command

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs" / "how-to").glob("*.md"))]


def shown() -> Iterator[tuple[str, str]]:
    """(page, command line) of every indented line and code span that runs the program."""
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            found = re.match(r"\s+(adb-audit [^#]*)", line)
            if found:
                yield page.name, found[1].strip()


@pytest.mark.parametrize(("page", "line"), list(shown()))
def test_a_shown_command_line_is_understood(page: str, line: str) -> None:
    """Its command exists and takes its options; nothing is run."""
    words = shlex.split(line)[1:]
    node: typer.core.TyperGroup | typer.core.TyperCommand = command()
    while isinstance(node, typer.core.TyperGroup):
        if node.invoke_without_command and words[0].startswith("-"):
            break  # it does something by itself
        name = words.pop(0)
        if "|" in name:
            return  # a list of commands, as in "profiles list|show"
        child = node.commands[name]
        assert isinstance(child, (typer.core.TyperGroup, typer.core.TyperCommand)), page
        node = child
    node.make_context("adb-audit", words)


def test_the_pages_show_enough() -> None:
    """The pages were found and read."""
    lines = [line for _, line in shown()]
    assert len(lines) > 15
    assert {"scan", "judge", "capture", "devices", "doctor"} <= {line.split()[1] for line in lines}


def test_every_relative_link_of_a_page_leads_somewhere() -> None:
    """No page points to a file that is not there."""
    for page in [*PAGES, PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)
