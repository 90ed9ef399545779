"""`adb-audit station users`: who may log in."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.web.access import Role
from audit.web.users import Users
from tests.cli.conftest import Cli

pytest.importorskip("argon2", reason="logins need argon2-cffi")
PASSWORD = "four words of no kin"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the password of the tests is."""
    path = tmp_path / "password.txt"
    path.write_text(f"{PASSWORD}\n", encoding="utf-8")
    return path


def test_somebody_is_let_in_and_out_again(cli: Cli, file: Path, tmp_path: Path) -> None:
    """Added, listed, given another role and password, removed; the file is its owner's alone."""
    users = tmp_path / "users.json"
    given = ("--password-file", file, "--users", users)
    added = cli("station", "users", "add", "Kari", "--role", "inspector", "--shown", "Kari Nordmann", *given)
    assert (added.code, added.err) == (0, "kari may log in as inspector\n")
    assert users.stat().st_mode & 0o777 == 0o600
    listed = cli("station", "users", "list", "--users", users)
    assert "kari" in listed.out
    assert "inspector" in listed.out
    assert "Kari Nordmann" in listed.out
    assert PASSWORD not in users.read_text(encoding="utf-8")
    assert cli("station", "users", "role", "kari", "admin", "--users", users).code == 0
    found = Users(users).verify("kari", PASSWORD)
    assert found is not None
    assert found.role is Role.ADMIN
    file.write_text("other words of no kin\n", encoding="utf-8")
    assert cli("station", "users", "password", "kari", *given).code == 0
    assert Users(users).verify("kari", PASSWORD) is None
    assert cli("station", "users", "remove", "kari", "--users", users).code == 0
    assert Users(users).all() == ()
    assert "nobody may log in" in cli("station", "users", "list", "--users", users).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "kari"), "nobody is there to type a password"),
        (("add", "no name", "--password-file", "{file}"), "no name to log in with"),
        (("add", "kari", "--password-file", "{short}"), "the password has 5 characters"),
        (("add", "kari", "--password-file", "nowhere.txt"), "cannot be read"),
        (("remove", "kari"), "there is no user"),
        (("role", "kari", "admin"), "there is no user"),
        (("role", "kari", "king"), "for 'ROLE': 'king' is not one of"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(
    cli: Cli, file: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, what and the fix, and no user afterwards."""
    short, users = tmp_path / "short.txt", tmp_path / "users.json"
    short.write_text("short\n", encoding="utf-8")
    ran = cli(
        "station", "users", *(word.format(file=file, short=short) for word in words), "--users", str(users)
    )
    assert ran.code == 2
    assert said in ran.err
    assert Users(users).all() == ()
