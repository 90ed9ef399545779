from __future__ import annotations

import pytest
from hypothesis import given

from audit.parse.processes import parse_processes
from audit.parse.uids import app_of, uid_of
from tests.build.dumpstate import PS_TOOLBOX, PS_TOYBOX
from tests.parse.account import assert_accounted, texts

_PLAIN = """\
USER           PID  PPID     VSZ    RSS WCHAN            ADDR S NAME
u10_a20       4000   989   32240   3796 0                   0 S com.acme.browser:push
root             2     0       0      0 0                   0 S [kworker/0:0]
"""


@pytest.mark.parametrize(
    ("text", "expected", "threads"),
    [
        (
            PS_TOOLBOX,
            [(1, "/init", 0), (1500, "com.android.phone", 1001), (2000, "com.acme.browser", 10020)],
            0,
        ),
        (PS_TOYBOX, [(1, "init", 0), (1500, "m.android.phone", 1001), (2000, "om.acme.browser", 10020)], 1),
        (_PLAIN, [(4000, "com.acme.browser:push", 1_010_020), (2, "[kworker/0:0]", 0)], 0),
    ],
)
def test_three_dialects(text: str, expected: list[tuple[int, str, int]], threads: int) -> None:
    """The columns are where the heading says; toolbox's heading lacks one."""
    parsed = parse_processes(text, "ps")
    assert_accounted(text, parsed)
    assert parsed.unread == ()
    assert [(p.pid, p.name, p.uid) for p in parsed.value][: len(expected)] == expected
    assert parsed.skipped.get("threads", 0) == threads


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        ("radio", 1001),
        ("u0_a18", 10018),
        ("u0a18", 10018),
        ("u10_a18", 1_010_018),
        ("u0_i3", 99_003),
        ("10018", 10018),
        ("0", 0),
        ("acme", None),
        ("u0_x1", None),
        ("", None),
        ("9" * 30, None),
    ],
)
def test_users_by_name(name: str, uid: int | None) -> None:
    """Names that ps, netstat and the activity manager give to user ids."""
    assert uid_of(name) == uid


def test_the_android_user_is_no_part_of_the_app() -> None:
    """User 10's copy of an app is the same app."""
    assert app_of(1_010_018) == app_of(10_018) == 10_018


@given(texts(("USER PID PPID NAME", "USER PID TID PPID CMD", "root ", "1 ", "PC NAME", "PID NAME")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_processes(text))
