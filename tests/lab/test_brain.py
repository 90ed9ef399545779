"""What units answer: the formats of each Android version, and the words of each refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from audit.lab import UnitSpec, answer, shipped_unit, unit_from_table
from audit.lab.say_packages import java_hash

SMALL = {
    "title": "small",
    "serial": "LABSMALL",
    "packages": {
        "com.a": {"path": "/system/app/A", "uid": 10050, "version_code": 7},
        "com.off": {
            "path": "/system/priv-app/Off",
            "uid": 10051,
            "users": {"0": {"enabled": "disabled-user"}, "10": {"suspended": True}},
        },
        "com.gone": {"path": "/product/app/Gone", "uid": 10052, "users": {"0": {"installed": False}}},
        "com.mine": {
            "path": "/data/app/com.mine-x==",
            "uid": 10053,
            "installer": "com.shop",
            "splits": ["de"],
        },
    },
    "users": {"0": {"name": "Owner"}, "10": {"name": "Work", "running": False}},
    "overlays": {"com.o.on": {"target": "android"}, "com.o.off": {"target": "android", "enabled": False}},
    "settings": {"global": {"b": "2", "a": "1"}},
    "apex": {"com.android.art": {"version_code": 3, "path": "/system/apex/art.apex"}},
    "files": {"/proc/skuid": "600WW\n"},
    "properties": {"ro.a": "1", "ro.lines": "x\ny"},
}


def small(android: str, **more: object) -> UnitSpec:
    """A unit with four packages and two users, of an Android version."""
    return unit_from_table({**SMALL, "android": android, **more}, name="small")


def out(unit: UnitSpec, command: str) -> str:
    """Standard output of a command that must succeed silently."""
    said = answer(unit, command)
    assert (said.exit_code, said.stderr) == (0, b""), said
    return said.stdout.decode()


def names(unit: UnitSpec, options: str) -> set[str]:
    """Names a list of packages gives."""
    lines = out(unit, f"cmd package list packages {options}").splitlines()
    return {line.removeprefix("package:") for line in lines}


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ("", {"com.a", "com.off", "com.mine"}),
        ("-u", {"com.a", "com.off", "com.mine", "com.gone"}),
        ("-d", {"com.off"}),
        ("-e", {"com.a", "com.mine"}),
        ("-s", {"com.a", "com.off"}),
        ("-3", {"com.mine"}),
        ("-s -u", {"com.a", "com.off", "com.gone"}),
        ("--user 10", {"com.a", "com.off", "com.mine", "com.gone"}),
        ("--user 10 -d", set()),
        ("--user 99", set()),
        ("com.m", {"com.mine"}),
    ],
)
@pytest.mark.parametrize("android", ["7", "9", "13"])
def test_which_packages(android: str, options: str, wanted: set[str]) -> None:
    """Each option of the list filters as PackageManagerShellCommand does."""
    assert names(small(android), options) == wanted


@pytest.mark.parametrize(("options", "wanted"), [("", set()), ("-u", {"com.a"})])
def test_hidden_packages(options: str, wanted: set[str]) -> None:
    """A hidden package is only listed among all that are known."""
    package = {"path": "/system/app/A", "users": {"0": {"hidden": True}}}
    assert names(small("9", packages={"com.a": package}), options) == wanted


def test_line_of_the_list() -> None:
    """Path, version, installer and uid stand where Android 9 puts them, with its one double blank."""
    listed = out(small("9"), "cmd package list packages -f -U -i --show-versioncode --user 10 com.mine")
    assert (
        listed
        == "package:/data/app/com.mine-x==/base.apk=com.mine versionCode:28  installer=com.shop uid:1010053\n"
    )


def test_all_users_by_default() -> None:
    """From Android 14 on a list without a user is of all users, with their uids joined."""
    assert out(small("16"), "pm list packages -U com.a") == "package:com.a uid:10050,1010050\n"
    assert out(small("13"), "pm list packages -U com.a") == "package:com.a uid:10050\n"


@pytest.mark.parametrize(
    ("android", "options", "bad"),
    [
        ("7", "-f -U", "-U"),
        ("7", "--show-versioncode", "--show-versioncode"),
        ("9", "--apex-only", "--apex-only"),
        ("10", "-a", "-a"),
        ("13", "--bogus", "--bogus"),
    ],
)
def test_unknown_options(android: str, options: str, bad: str) -> None:
    """An option a version does not know is named on stdout, with exit code 255."""
    said = answer(small(android), f"cmd package list packages {options}")
    assert (said.stdout.decode(), said.stderr, said.exit_code) == (
        f"Error: Unknown option: {bad}\n",
        b"",
        255,
    )


@pytest.mark.parametrize(
    ("android", "code", "start"),
    [
        ("9", 255, "Security exception: Shell does not have permission to access user 10\n"),
        (
            "13",
            255,
            "\nException occurred while executing 'list':\njava.lang.SecurityException: Shell does not",
        ),
        (
            "15",
            255,
            "\nException occurred while executing 'list':\njava.lang.SecurityException: Shell does not",
        ),
        ("16", 0, "Error: java.lang.SecurityException: Shell does not have permission to access user 10\n"),
    ],
)
def test_refusing_user(android: str, code: int, start: str) -> None:
    """A user no shell may look into: an error before Android 16, then a line on stderr and exit 0."""
    unit = small(android, users={"0": {"name": "Owner"}, "10": {"name": "Work", "refuses": True}})
    said = answer(unit, "cmd package list packages --user 10")
    assert said.stdout == b""
    assert said.exit_code == code
    assert said.stderr.decode().startswith(start)


def test_refusing_user_among_all() -> None:
    """Android 16 lists the other users all the same."""
    unit = small("16", users={"0": {"name": "Owner"}, "10": {"name": "Work", "refuses": True}})
    said = answer(unit, "pm list packages -U com.a")
    assert said.stdout == b"package:com.a uid:10050\n"
    assert b"user 10" in said.stderr


@pytest.mark.parametrize(
    ("android", "wanted"),
    [
        ("9", "Users:\n\tUserInfo{0:Owner:13} running\n\tUserInfo{10:Work:30}\n"),
        ("13", "Users:\n\tUserInfo{0:Owner:c13} running\n\tUserInfo{10:Work:1030}\n"),
    ],
)
def test_users(android: str, wanted: str) -> None:
    """Users come with the flags of their Android version."""
    assert out(small(android), "pm list users") == wanted


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("getprop ro.a", "1\n"),
        ("getprop ro.none", "\n"),
        ("getprop ro.none other", "other\n"),
        (
            "pm path com.mine",
            "package:/data/app/com.mine-x==/base.apk\npackage:/data/app/com.mine-x==/split_de.apk\n",
        ),
        ("cmd overlay list --user 0", "android\n[x] com.o.on\n[ ] com.o.off\n\n"),
        ("cmd overlay list", "android\n[x] com.o.on\n[ ] com.o.off\n\n"),
        ("settings list global", "a=1\nb=2\n"),
        ("settings list secure", ""),
        ("settings get global a", "1\n"),
        ("settings get global z", "null\n"),
        ("cat /proc/skuid", "600WW\n"),
        ("ls /system", "app\npriv-app\n"),
        ("echo a   b", "a b\n"),
        ("printf '%s:%d' a 1", "a:1"),
        ("getenforce", "Enforcing\n"),
    ],
)
def test_small_commands(command: str, wanted: str) -> None:
    """The small commands print what Android 13 prints."""
    assert out(small("13"), command) == wanted


@pytest.mark.parametrize(
    ("android", "command", "stderr", "code"),
    [
        ("9", "nosuchcommand", "/system/bin/sh: nosuchcommand: not found\n", 127),
        ("13", "nosuchcommand", "/system/bin/sh: nosuchcommand: inaccessible or not found\n", 127),
        ("6", "cmd package list packages", "/system/bin/sh: cmd: not found\n", 127),
        ("7", "cmd overlay list", "Can't find service: overlay\n", 20),
        ("13", "cmd nothing", "cmd: Can't find service: nothing\n", 20),
        ("9", "dumpsys nothing", "Can't find service: nothing\n", 0),
        ("9", "cat /none", "cat: /none: No such file or directory\n", 1),
        ("9", "ls /data/data", "ls: /data/data: Permission denied\n", 1),
        ("9", "pm path com.none", "", 1),
        ("9", "pm path com.gone", "", 1),
        ("9", "exit 7", "", 7),
        ("9", "settings list nowhere", "Invalid namespace 'nowhere'\n", 255),
    ],
)
def test_refusals(android: str, command: str, stderr: str, code: int) -> None:
    """What cannot be answered is refused in the unit's own words and exit codes."""
    said = answer(small(android), command)
    assert (said.stdout, said.stderr.decode(), said.exit_code) == (b"", stderr, code)


def test_properties_are_sorted_and_keep_their_lines() -> None:
    """``getprop`` prints all properties by name, values of several lines as they are."""
    printed = out(small("9"), "getprop")
    listed = [line for line in printed.splitlines() if line.startswith("[ro.")]
    assert listed == sorted(listed)
    assert "[ro.lines]: [x\ny]\n" in printed
    assert "[ro.serialno]: [LABSMALL]\n" in printed
    assert "[ro.build.version.sdk]: [28]\n" in printed


def test_apex() -> None:
    """APEX modules are packages apart, with neither uid nor application."""
    printed = out(small("13"), "cmd package list packages --apex-only -f --show-versioncode -U")
    assert printed == "package:/system/apex/art.apex=com.android.art versionCode:3\n"


@pytest.mark.parametrize("android", ["7", "8.1", "9", "10", "12", "13", "14", "16"])
def test_dumpsys_of_one_package(android: str) -> None:
    """One package's dump names its path, uid, installer and its state for every user, in every version."""
    printed = out(small(android), "dumpsys -t 60 package com.mine")
    assert "  Package [com.mine] (" in printed
    assert "    codePath=/data/app/com.mine-x==\n" in printed
    assert "    installerPackageName=com.shop\n" in printed
    assert f"    {'appId' if android in ('14', '16') else 'userId'}=10053\n" in printed
    assert printed.count(" installed=true ") == 2
    assert ("distractionFlags" in printed) == (android not in ("7", "8.1", "9"))


def test_dumpsys_of_no_package() -> None:
    """A package that is not there is said to be unknown, by each version in its way."""
    assert out(small("16"), "dumpsys package com.none") == "Unable to find package: com.none\n"
    assert "  Unable to find package: com.none\n" in out(small("9"), "dumpsys package com.none")


def test_latency_takes_the_longest_beginning() -> None:
    """A command takes as long as the longest beginning that fits it says."""
    unit = small("9", latency_ms={"": 5, "cmd": 20, "cmd package list": 70})
    assert answer(unit, "id").delay_ms == 5
    assert answer(unit, "cmd overlay list").delay_ms == 20
    assert answer(unit, "cmd package list packages; id").delay_ms == 75


@pytest.mark.parametrize(
    ("skip", "count", "wanted"), [(0, 1, b"01234567"), (1, 1, b"89"), (0, 9, b"0123456789"), (5, 1, b"")]
)
def test_dd_gives_blocks_of_a_file(skip: int, count: int, wanted: bytes) -> None:
    """Blocks from where it is told, fewer at the end, with its count on standard error, as toybox has it."""
    unit = small("9", files={"/f": "0123456789"})
    said = answer(unit, f"dd if=/f bs=8 skip={skip} count={count}")
    assert (said.stdout, said.exit_code) == (wanted, 0)
    assert b"records in" in said.stderr


@pytest.mark.parametrize(
    "line", ["dd", "dd if=/f of=/g bs=1 skip=0 count=1", "dd if=/none bs=1 skip=0 count=1", "dd if=/f bs=x"]
)
def test_dd_refuses_what_it_does_not_do(line: str) -> None:
    """A file there is not, an operand it does not know: no output, and an error."""
    said = answer(small("9", files={"/f": "0123456789"}), line)
    assert (said.stdout, said.exit_code) == (b"", 1)
    assert said.stderr


def test_stated_answers() -> None:
    """What the unit's file says a command answers is what it answers."""
    expired = "*** SERVICE 'package' DUMP TIMEOUT (60000ms) EXPIRED ***\n"
    answers = [
        {"command": "dumpsys -t", "stdout": expired},
        {"command": "dumpsys", "stdout": "shorter"},
        {"command": "id", "exit_code": 3},
    ]
    unit = small("9", answers=answers)
    assert out(unit, "dumpsys -t 60 package") == expired
    assert answer(unit, "id").exit_code == 3
    assert out(unit, "getenforce") == "Enforcing\n"


@pytest.mark.parametrize(
    ("text", "wanted"), [("", 0), ("a", 97), ("hello", 99162322), ("polygenelubricants", -(1 << 31))]
)
def test_java_hash(text: str, wanted: int) -> None:
    """Lists come in the order of Java's hash, so it must be Java's."""
    assert java_hash(text) == wanted


def test_the_whole_dump_holds_every_package() -> None:
    """A whole dump speaks of every package once."""
    unit = shipped_unit("incident-2019")
    printed = out(unit, "dumpsys package")
    assert printed.count("\n  Package [") == len(unit.packages)


def test_bytes_of_no_encoding_survive() -> None:
    """A property that is no UTF-8 comes out as the bytes it is."""
    unit = small("9")
    properties: Mapping[str, str] = {**unit.properties, "ro.b": b"\xff\xfe".decode(errors="surrogateescape")}
    assert b"[ro.b]: [\xff\xfe]\n" in answer(replace(unit, properties=properties), "getprop").stdout
