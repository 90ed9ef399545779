from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from audit.adb.doctor import Diagnosis, Health, Surroundings, examine
from audit.adb.keys import create_key, own_key_path


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    """A computer with nothing on it."""
    return Surroundings(
        environment={"ADB_SERVER_SOCKET": "tcp:127.0.0.1:1"},
        home=tmp_path,
        user="bob",
        rule_folders=(tmp_path / "rules",),
    )


def _named(around: Surroundings, name: str) -> list[Diagnosis]:
    return [one for one in asyncio.run(examine(around)) if one.name == name]


def test_an_empty_computer_gets_a_fix_for_everything_that_is_missing(around: Surroundings) -> None:
    """Whatever is not fine says what to do."""
    found = asyncio.run(examine(around))
    assert {one.name for one in found if one.health is Health.WARN} == {
        "adb server",
        "udev rules",
        "plugdev group",
    }
    assert all(one.fix for one in found if one.health is not Health.OK)
    assert "usermod -aG plugdev bob" in next(one.fix for one in found if one.name == "plugdev group")


@pytest.mark.parametrize(
    ("file", "text", "health"),
    [
        ("51-android.rules", 'ENV{adb_user}="yes"', Health.WARN),
        ("70-uaccess.rules", 'ENV{ID_DEBUG_APPLIANCE}=="?*", TAG+="uaccess"', Health.OK),
    ],
)
def test_rules_are_found_and_tell_whether_the_group_matters(
    around: Surroundings, file: str, text: str, health: Health
) -> None:
    """Debian's rules need the plugdev group, systemd's do not."""
    (folder,) = around.rule_folders
    folder.mkdir()
    (folder / "50-other.rules").write_text('KERNEL=="sda"')
    (folder / file).write_text(text)
    (rules,) = _named(around, "udev rules")
    assert (rules.health, rules.what) == (Health.OK, str(folder / file))
    assert [one.health for one in _named(around, "plugdev group")] == [health]
    member = replace(around, groups=frozenset({"plugdev"}))
    assert [one.health for one in _named(member, "plugdev group")] == [Health.OK]


def test_rules_matter_on_linux_only(around: Surroundings) -> None:
    """Elsewhere nobody is told of udev."""
    assert not _named(replace(around, linux=False), "udev rules")


def test_a_key_is_checked_for_its_mode_and_its_pair(around: Surroundings) -> None:
    """Open to others, a foreign public half, no key at all: each is told."""
    path = own_key_path(around.home)
    assert "missing" in _named(around, "key")[0].what
    create_key(path, name="me@pc")
    assert _named(around, "key")[0].health is Health.OK
    path.chmod(0o644)
    assert _named(around, "key")[0].fix == f"chmod 600 {path}"
    path.chmod(0o600)
    path.with_name("adbkey.pub").write_text("QUJD someone@else")
    assert "another key" in _named(around, "key")[0].what
    path.write_text("scribble")
    assert _named(around, "key")[0].health is Health.BAD


def test_variables_that_overrule_each_other_are_told(around: Surroundings) -> None:
    """What adb would ignore is a warning, and a vendor key that is not there is bad."""
    environment = {**around.environment, "ANDROID_ADB_SERVER_PORT": "5038", "ADB_VENDOR_KEYS": "/nowhere/key"}
    sick = replace(around, environment=environment)
    warned = [one for one in _named(sick, "environment") if one.health is Health.WARN]
    assert [one.fix for one in warned] == ["unset ANDROID_ADB_SERVER_PORT"]
    assert _named(sick, "key")[0].health is Health.BAD
    broken = replace(around, environment={"ADB_SERVER_SOCKET": "carrier:pigeon"})
    assert _named(broken, "adb server")[0].health is Health.BAD
