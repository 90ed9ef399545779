from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.sources import names

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "folders.md").read_text()
TABLE = [line for line in PAGE.splitlines() if line.startswith("| `")]
FILES = [name for line in TABLE for name in re.findall(r"`([\w.]+\.txt)`", line)]
RECORDED = re.findall(r"^adb shell (.+) > (\S+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_every_name_the_page_promises_is_understood(name: str) -> None:
    """The reference names files the way `judge` reads them."""
    assert names.recognise(Path(name).stem) is not None


@pytest.mark.parametrize(("command", "name"), RECORDED)
def test_the_recipe_names_its_outputs_rightly(command: str, name: str) -> None:
    """Who follows the recipe gets files that are taken for what they are."""
    by_command, by_name = names.recognise(names.slug(command)), names.recognise(Path(name).stem)
    assert by_command is not None
    assert by_name is not None
    assert by_name.kind is by_command.kind


def test_the_page_has_names_and_a_recipe() -> None:
    """The two tests above look at something."""
    assert len(FILES) > 15
    assert len(RECORDED) == 8
