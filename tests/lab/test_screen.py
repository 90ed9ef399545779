from __future__ import annotations

from dataclasses import replace

import pytest

from audit.lab import UnitSpec, answer
from audit.lab.life import Life
from audit.lab.living import ScreenSpec
from audit.lab.load import unit_from_table


def unit(android: str = "13", **screen: object) -> UnitSpec:
    """A unit as it lies there."""
    table = {"title": "t", "base": "aosp", "android": android, "serial": "LABS", "screen": screen}
    return unit_from_table(table, name="t")


def say(spec: UnitSpec, *commands: str) -> tuple[str, Life]:
    """What the last of *commands* says, and the unit's state after it."""
    life = Life(spec)
    said = [answer(spec, command, life) for command in commands]
    return (said[-1].stdout + said[-1].stderr).decode(), life


LIT = {"awake": True, "locked": False}
PAGE = "am start -a android.settings.DEVICE_INFO_SETTINGS --activity-no-history"
POST = "cmd notification post -t T tag 'some text'"


@pytest.mark.parametrize(
    ("commands", "wanted"),
    [
        (("dumpsys power",), "mWakefulness=Asleep"),
        (("input keyevent KEYCODE_WAKEUP", "dumpsys power"), "mWakefulness=Awake"),
        (("dumpsys window policy",), "      showing=true\n"),
        (("input keyevent KEYCODE_HOME",), "Error: Invalid arguments"),
        (("cmd notification post x",), "usage: cmd notification post"),
        ((POST, "dumpsys notification"), "pkg=com.android.shell user=UserHandle{0} id=2020 tag=tag "),
        (("service call notification 1 s16 com.android.shell i32 0",), "Result: Parcel(00000000 "),
        (("service call notification 1 s16 com.other i32 0",), "Result: Parcel(ffffffff "),
        (("dumpsys activity activities",), "ResumedActivity: null"),
    ],
)
def test_a_unit_in_the_dark_answers_as_android_does(commands: tuple[str, ...], wanted: str) -> None:
    """Its dumps follow its keys."""
    assert wanted in say(unit(), *commands)[0]


@pytest.mark.parametrize(
    ("android", "commands", "wanted"),
    [
        ("9", ("dumpsys activity activities",), "mResumedActivity: ActivityRecord{1a2b3c4 u0 com.android.l"),
        ("13", (PAGE, "dumpsys activity activities"), "topResumedActivity=ActivityRecord{1a2b3c4 u0 com.and"),
        ("13", (PAGE, "dumpsys activity activities"), "com.android.settings/.Settings$MyDeviceInfoActivity"),
        ("9", (POST,), "SUBCMDs:"),
        ("7", (POST,), "Can't find service: notification"),
        ("10", (POST, "dumpsys notification"), "id=1138 tag=tag"),
    ],
)
def test_words_differ_from_version_to_version(android: str, commands: tuple[str, ...], wanted: str) -> None:
    """What is in front, and whether a shell can notify."""
    assert wanted in say(unit(android, **LIT), *commands)[0]


def test_what_was_done_and_undone_leaves_nothing() -> None:
    """Each thing by itself; the category of a notification stays."""
    sleep, back = "input keyevent KEYCODE_SLEEP", "input keyevent KEYCODE_BACK"
    assert say(unit(), "input keyevent KEYCODE_WAKEUP", sleep)[1].left() == {}
    assert say(unit("13", **LIT), PAGE, back, back)[1].left() == {}
    cancel = "service call notification 1 s16 com.android.shell i32 0"
    assert set(say(unit(), POST, cancel)[1].left()) == {("channel", "shell_cmd")}


def test_a_lit_unit_that_is_put_to_sleep_is_locked() -> None:
    """Nobody but its owner can undo that; one without a lock is not."""
    commands = ("input keyevent KEYCODE_SLEEP", "input keyevent KEYCODE_WAKEUP")
    assert set(say(unit("13", **LIT), *commands)[1].left()) == {("screen", "locked")}
    assert say(unit("13", **LIT, locks=False), *commands)[1].left() == {}


def test_a_unit_may_refuse_keys_and_know_no_page() -> None:
    """As MIUI does by itself, and as one without the settings would."""
    assert "INJECT_EVENTS" in say(unit("13", keys=False), "input keyevent KEYCODE_WAKEUP")[0]
    spec = unit("13", **LIT)
    without = replace(spec, packages={}, screen=ScreenSpec(awake=True, locked=False))
    said, life = say(without, PAGE)
    assert "unable to resolve" in said
    assert life.left() == {}
