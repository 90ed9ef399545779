"""UAD-ng's list of packages, which an operator may point at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.rulebook.descriptions import load


@pytest.mark.parametrize(
    "content",
    [
        {
            "com.acme.a": {"list": "Oem", "description": "Does\n a thing."},
            "com.acme.b": {"description": None},
        },
        [{"id": "com.acme.a", "list": "Oem", "description": "Does a thing."}, {"id": "com.acme.b"}],
    ],
)
def test_both_forms_are_read(tmp_path: Path, content: object) -> None:
    """The mapping of today and the list of before say the same."""
    path = tmp_path / "uad_lists.json"
    path.write_text(json.dumps(content))
    assert load(path) == {"com.acme.a": "Does a thing."}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not JSON at line 1"),
        ("3", "neither a list nor a mapping"),
        ("{}", "describes no package"),
        ('[{"description": "x"}]', "entry 1 has no id"),
        ('{"com.a": 3}', "'com.a' is no table"),
        ('{"com.a": {"description": 3}}', "the description of 'com.a' is no text"),
    ],
)
def test_another_file_is_refused_with_its_place(tmp_path: Path, content: str, words: str) -> None:
    """A wrong file must not look like a list that knows nothing."""
    path = tmp_path / "uad_lists.json"
    path.write_text(content)
    with pytest.raises(BadInput) as caught:
        load(path)
    assert words in caught.value.what
    assert caught.value.where == str(path)
