from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.facts import Overlay
from audit.parse.overlays_dump import parse_overlays_dump
from tests.build.dumpstate import OVERLAY, OVERLAY_NEW
from tests.parse.account import assert_accounted, texts

_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z0-9_]{1,8}){1,3}", fullmatch=True)
_STATES = {True: "STATE_ENABLED", False: "STATE_DISABLED", None: "STATE_NO_IDMAP"}


@given(
    st.lists(
        st.tuples(_NAMES, _NAMES, st.sampled_from(sorted(_STATES, key=str)), st.integers(0, 99)), max_size=5
    ),
    st.booleans(),
)
def test_what_the_overlay_manager_dumps_is_read_back(
    overlays: list[tuple[str, str, bool | None, int]], old: bool
) -> None:
    """Both indents and both widths of dots, for every user."""
    text, expected = "Settings\n" if old else "", []
    pad, dots = ("  ", 1) if old else ("", 5)
    for package, target, enabled, user in overlays:
        text += f"{pad}{package}:{user} {{\n"
        for name, value in (
            ("PackageName", package),
            ("TargetPackageName", target),
            ("State", _STATES[enabled]),
        ):
            text += f"{pad}  m{name}{'.' * dots}: {value}\n"
        text += f"{pad}}}\n"
        expected.append(Overlay(package=package, target=target, enabled=enabled, user=user, origin="o"))
    parsed = parse_overlays_dump(text, "o")
    assert parsed.value == tuple(expected)
    assert_accounted(text, parsed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OVERLAY, [("com.acme.theme", "", True, 0)]),
        (OVERLAY_NEW, [("com.acme.theme", "night", True, 0), ("com.acme.lost", "", None, 10)]),
        ("Settings\n  <none>\n", []),
    ],
)
def test_dumps_of_old_and_new_releases(text: str, expected: list[tuple[object, ...]]) -> None:
    """What follows the overlays is counted by section."""
    parsed = parse_overlays_dump(text)
    assert_accounted(text, parsed)
    assert parsed.unread == ()
    assert [(o.package, o.name, o.enabled, o.user) for o in parsed.value] == expected


def test_a_block_that_was_cut_is_unread() -> None:
    """Half an overlay says nothing."""
    text = OVERLAY[: OVERLAY.index("    mState")]
    parsed = parse_overlays_dump(text)
    assert_accounted(text, parsed)
    assert (parsed.value, len(parsed.unread)) == ((), 1)


@given(
    texts(
        (
            "Settings",
            "a.b:0 {",
            "  mPackageName..: a.b",
            "  mTargetPackageName.: c",
            "  mState: STATE_ENABLED",
            "}",
        )
    )
)
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_overlays_dump(text))
