from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.facts import Overlay
from audit.parse.overlays import parse_overlays
from tests.parse.account import assert_accounted, texts

_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z0-9_]{1,8}){1,3}", fullmatch=True)
_MARKS = {True: "[x]", False: "[ ]", None: "---"}
_OVERLAYS = st.tuples(_NAMES, st.sampled_from((True, False, None)), st.sampled_from(("", "night", "a:b")))


@given(st.dictionaries(_NAMES, st.lists(_OVERLAYS, max_size=4), max_size=4))
def test_what_the_overlay_manager_prints_is_read_back(
    targets: dict[str, list[tuple[str, bool | None, str]]],
) -> None:
    """Targets, the three states and named overlays survive."""
    text, expected = "", []
    for target, overlays in targets.items():
        text += f"{target}\n"
        for package, enabled, name in overlays:
            text += f"{_MARKS[enabled]} {package}{':' if name else ''}{name}\n"
            expected.append(
                Overlay(package=package, target=target, enabled=enabled, user=0, origin="o", name=name)
            )
        text += "\n"
    parsed = parse_overlays(text, "o", 0)
    assert parsed.value == tuple(expected)
    assert_accounted(text, parsed)


@given(texts(("[x] ", "[ ] ", "--- ", "com.acme.a", ":night", "android", "User 10:")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_overlays(text))


def test_a_heading_says_whose_overlays_follow() -> None:
    """A list of several users keeps them apart."""
    parsed = parse_overlays("User 0:\nandroid\n  [x] com.a.b\nUser 10:\nandroid\n  [ ] com.a.b\n")
    assert [(overlay.user, overlay.enabled) for overlay in parsed.value] == [(0, True), (10, False)]


@pytest.mark.parametrize(
    ("text", "unread", "errors"),
    [
        ("[x] com.a.b", 1, 0),  # of what?
        ("android\n[y] com.a.b", 1, 0),
        ("Killed", 0, 1),
        ("Can't find service: overlay", 0, 1),
        ("/system/bin/sh: cmd: not found", 0, 1),
    ],
)
def test_odd_lines(text: str, unread: int, errors: int) -> None:
    """An overlay without a target is not guessed, and a failure is no target."""
    parsed = parse_overlays(text)
    assert parsed.value == ()
    assert (len(parsed.unread), len(parsed.errors)) == (unread, errors)
