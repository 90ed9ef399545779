"""The lab against recorded phones: what it prints is what they print, key for key and word for word."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from audit.lab import UnitSpec, answer
from tests.lab.test_brain import small

_KEY = re.compile(r"^    ([A-Za-z]+)[=:]", re.MULTILINE)
_STATE = re.compile(r"^    User \d+: (.*)$", re.MULTILINE)

RECORDED = [
    ("7.1", "meizu_mx6_CN_flyme6"),
    ("8.1", "pixel_sailfish_8.1_US"),
    ("9", "sunmi_t2s_lite_9"),
    ("12", "humane_aipin_12"),
]


def blocks(dump: str) -> list[str]:
    """The text of each package in the Packages section."""
    section = re.split(r"(?m)^(?=\S)", dump.split("\nPackages:\n", 1)[1], maxsplit=1)[0]
    return section.split("\n  Package [")[1:]


def printed(unit: UnitSpec, command: str) -> str:
    """Standard output."""
    return answer(unit, command).stdout.decode()


@pytest.mark.parametrize(("android", "folder"), RECORDED)
def test_keys_of_a_package(captures: Path, android: str, folder: str) -> None:
    """Every key of a package's dump is one that a phone of that version prints, in the phone's order."""
    recorded = (captures / folder / "dumpsys_package.txt").read_text(errors="replace")
    before: set[tuple[str, str]] = set()
    known = {"installerPackageName"}  # a phone fresh from its maker had no store install anything
    for block in blocks(recorded):
        keys = list(dict.fromkeys(_KEY.findall(block)))
        known.update(keys)
        before.update((one, other) for at, one in enumerate(keys) for other in keys[at + 1 :])
    for block in blocks("\n" + printed(small(android), "dumpsys package")):
        keys = list(dict.fromkeys(_KEY.findall(block)))
        assert set(keys) <= known
        keys = [key for key in keys if key != "installerPackageName"]
        assert [pair for pair in pairwise(keys) if pair not in before] == []


@pytest.mark.parametrize(("android", "folder"), RECORDED)
def test_state_of_a_user(captures: Path, android: str, folder: str) -> None:
    """The line of a package's state for a user has the phone's words in the phone's order."""
    recorded = (captures / folder / "dumpsys_package.txt").read_text(errors="replace")
    shapes = {re.sub(r"=\w+", "", line) for line in _STATE.findall(recorded)}
    ours = {re.sub(r"=\w+", "", line) for line in _STATE.findall(printed(small(android), "dumpsys package"))}
    assert ours <= shapes


@pytest.mark.parametrize(("android", "folder"), RECORDED)
def test_headings(captures: Path, android: str, folder: str) -> None:
    """The whole dump has only sections a phone has, in the phone's order."""
    recorded = (captures / folder / "dumpsys_package.txt").read_text(errors="replace")
    theirs = [line for line in recorded.splitlines() if re.fullmatch(r"[A-Z][A-Za-z ]+:", line)]
    dump = printed(small(android), "dumpsys package")
    ours = [line for line in dump.splitlines() if re.fullmatch(r"[A-Z][A-Za-z ]+:", line)]
    places = [theirs.index(line) for line in ours]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("where", "command", "wanted"),
    [
        (("live_pixelc_7.1.2_no_framework", "7.1"), "nosuchcommand", ("unknown.stderr", 127)),
        (("live_pixelc_7.1.2_no_framework", "7.1"), "ls /data/data", ("ls_denied.stderr", 1)),
        (("live_pixelc_7.1.2_no_framework", "7.1"), "cmd overlay list", ("cmd_overlay.stderr", 20)),
        (("live_pixelc_7.1.2_no_framework", "7.1"), "dumpsys netstats", ("dumpsys_netstats.stderr", 0)),
        (("live_gt-s7275r_cm11_4.4.4", "4.4"), "nosuchcommand", ("unknown", 127)),
        (("live_gt-s7275r_cm11_4.4.4", "4.4"), "cmd overlay list", ("cmd_overlay", 127)),
        (("live_gt-s7275r_cm11_4.4.4", "4.4"), "pm list packages -U", ("pm_list_packages_U", 255)),
        (("live_gt-s7275r_cm11_4.4.4", "4.4"), "dumpsys -t 60 package x", ("dumpsys_timeout", 0)),
    ],
)
def test_refusals(captures: Path, where: tuple[str, str], command: str, wanted: tuple[str, int]) -> None:
    """What a phone was recorded to refuse is refused in its words, with its exit code where it had one."""
    (folder, android), (name, code) = where, wanted
    recorded = (captures / folder / f"{name}.txt").read_bytes().replace(b"\r\n", b"\n")
    said = answer(small(android), command)
    assert said.together == recorded
    assert said.exit_code == code


def test_line_of_the_list(captures: Path) -> None:
    """The list of packages with paths and installers is spelt as a phone spells it."""
    shape = re.compile(r"package:/\S+\.apk=\S+  installer=\S+")
    recorded = (captures / "live_gt-s7275r_cm11_4.4.4" / "pm_list_packages_fiu.txt").read_text()
    ours = printed(small("9"), "pm list packages -f -i -u")
    assert all(shape.fullmatch(line) for line in recorded.splitlines() + ours.splitlines() if line)
