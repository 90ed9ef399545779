from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.facts import AndroidUser
from audit.parse.users import parse_users
from tests.build.dumpstate import USER, USER_NEW
from tests.parse.account import assert_accounted, texts

_USERS = st.builds(
    AndroidUser,
    number=st.integers(0, 999),
    name=st.text(alphabet="aB :{}é仕", max_size=8),
    flags=st.from_regex(r"[0-9a-f]{1,6}", fullmatch=True),
    running=st.booleans(),
)


@given(st.lists(_USERS, max_size=4))
def test_what_the_user_manager_prints_is_read_back(users: list[AndroidUser]) -> None:
    """A name may hold the very characters that separate it."""
    rows = (f"\tUserInfo{{{u.number}:{u.name}:{u.flags}}}{' running' * bool(u.running)}\n" for u in users)
    text = "Users:\n" + "".join(rows)
    parsed = parse_users(text)
    assert parsed.value == tuple(users)
    assert_accounted(text, parsed)


@given(texts(("Users:", "\tUserInfo{", "0:Owner:13}", " running", "0: id=0, name=")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_users(text))


@pytest.mark.parametrize(
    ("line", "user"),
    [
        ("\tUserInfo{0:Owner:13}", AndroidUser(number=0, name="Owner", flags="13", running=False)),
        ("\tUserInfo{0:null:4c13} running", AndroidUser(number=0, flags="4c13", running=True)),
        (
            "0: id=0, name=Owner, type=full.SYSTEM, flags=ADMIN|FULL|SYSTEM (running) (current)",
            AndroidUser(number=0, name="Owner", flags="ADMIN|FULL|SYSTEM", running=True),
        ),
        (
            "1: id=10, name=Work, profile, type=profile.MANAGED, flags=INITIALIZED|PROFILE",
            AndroidUser(number=10, name="Work, profile", flags="INITIALIZED|PROFILE", running=False),
        ),
    ],
)
def test_forms(line: str, user: AndroidUser) -> None:
    """Both forms are read, and a user that was never named has no name."""
    assert parse_users(line).value == (user,)


def test_a_dump_tells_users_among_other_things() -> None:
    """What restricts a user is counted, whether one runs is read."""
    for text, expected in (
        (USER, [(0, "Owner", True)]),
        (USER_NEW, [(0, "", True), (10, "Work", False)]),
    ):
        parsed = parse_users(text)
        assert_accounted(text, parsed)
        assert parsed.unread == ()
        assert [(user.number, user.name, user.running) for user in parsed.value] == expected
    timed_out = USER + "*** SERVICE 'user' DUMP TIMEOUT (10000ms) EXPIRED ***\n"
    assert len(parse_users(timed_out).errors) == 1
