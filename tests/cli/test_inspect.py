from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from audit import codec
from audit.lab import shipped_unit
from audit.lab.files import Tree
from audit.model.code import Inspection
from audit.sources import plan, saved
from tests.cli.conftest import Cli

CLIENT = "com.qualcomm.qti.autoregistration"
APK = "/system/app/AutoRegistration/AutoRegistration.apk"
VDEX = "/system/app/AutoRegistration/oat/arm64/AutoRegistration.vdex"


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The suspect's files as a folder on this computer."""
    tree = Tree(shipped_unit("incident-2019"))
    for path in (APK, VDEX):
        target = tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(tree.read(path) or b"")
    return tmp_path / "system"


def test_a_file_is_shown_with_what_it_holds(cli: Cli, unpacked: Path) -> None:
    """Address and gate of a vdex, package and signer of an APK, within 80 columns but for paths."""
    ran = cli("inspect", *(path for path in sorted(unpacked.rglob("*.*")) if path.is_file()))
    assert (ran.code, ran.err) == (0, "")
    for said in (
        "http://zzhc.vnet.cn  (dex 0 at byte",
        "persist.vendor.radio.ps.registration.enabled",
        CLIENT,
        "CN=Virtual Maker platform key",
        "android.intent.action.BOOT_COMPLETED",
    ):
        assert said in ran.out
    assert max(len(line) for line in ran.out.splitlines() if not line.startswith("/")) <= 80


def test_a_folder_of_many_is_a_table(cli: Cli, unpacked: Path) -> None:
    """One line a file, the damaged one told of, what is no code counted, exit 5; --verbose has the pages."""
    apk = (unpacked / APK.removeprefix("/system/")).read_bytes()
    for number in range(8):
        (unpacked / f"{number}.apk").write_bytes(apk)
    (unpacked / "cut.apk").write_bytes(apk[:300])
    (unpacked / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    ran = cli("inspect", unpacked)
    assert ran.code == 5
    assert "cut.apk" in ran.out
    assert "1 of 11 files could not be read whole" in ran.out
    assert "1 file is of no format that is read here" in ran.out
    assert "SHA-256" not in ran.out
    assert cli("inspect", unpacked, "--verbose").out.count("SHA-256") == 11


def test_json_is_of_the_published_shape(cli: Cli, unpacked: Path, tmp_path: Path) -> None:
    """What is written reads back as the same record, on standard output and in a file."""
    ran = cli("inspect", unpacked, "--format", "json")
    assert json.loads(ran.out)["schema"] == codec.INSPECTION
    inspection = codec.from_json(Inspection, ran.out, where="out")
    assert [file.sha256 != "" for file in inspection.files] == [True, True]
    kept = tmp_path / "kept.json"
    written = cli("inspect", unpacked, "--format", "json", "-o", kept)
    assert (written.code, written.out) == (0, "")
    assert kept.read_text(encoding="utf-8") == ran.out


def test_a_package_is_read_on_the_unit(cli: Cli, lab: dict[str, str]) -> None:
    """By its name, with the key of the unit's framework beside it."""
    ran = cli("inspect", CLIENT, "--connect", lab["incident-2019"])
    assert (ran.code, ran.err) == (0, "")
    assert VDEX in ran.out
    assert "http://zzhc.vnet.cn" in ran.out
    assert "the key of the unit's own framework" in ran.out


def test_a_package_the_unit_does_not_know_is_told(cli: Cli, lab: dict[str, str]) -> None:
    """Exit 5, and what to check."""
    ran = cli("inspect", "com.not.there", "--connect", lab["incident-2019"])
    assert ran.code == 5
    assert "knows no package com.not.there" in ran.err
    assert "fix:" in ran.err


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("random.bin", bytes(range(7, 207)) * 3, (2, "of no known format")),
        ("random.apk", bytes(range(7, 207)) * 3, (5, "of no known format")),
        ("empty.apk", b"", (5, "the file is empty")),
        ("cut.apk", b"PK\3\4" + bytes(100), (5, "no end of central directory")),
        ("cut.vdex", b"vdex019\0002\0\0\0" + b"\xff" * 9, (5, "unread")),
        ("cut.dex", b"dex\n035\0" + bytes(20), (5, "unread")),
        ("README.apk", b"This is a text.", (0, "text, 15 bytes")),
    ],
)
def test_what_cannot_be_read_never_looks_whole(
    cli: Cli, tmp_path: Path, name: str, content: bytes, expected: tuple[int, str]
) -> None:
    """Corrupt, empty, cut and foreign files: the reason, and an exit code that is not 0."""
    path = tmp_path / name
    path.write_bytes(content)
    ran = cli("inspect", path)
    assert (ran.code, expected[1] in " ".join(ran.out.split())) == (expected[0], True)


@pytest.mark.parametrize("arguments", [("no/such/file",), ("-x",), ("com.a", "--format", "xml"), ()])
def test_what_makes_no_sense_is_a_usage_error(cli: Cli, arguments: tuple[str, ...]) -> None:
    """Neither a file nor a package's name, an unknown option, nothing at all."""
    assert cli("inspect", *arguments).code == 2


def test_a_file_that_may_not_be_read_is_told(cli: Cli, unpacked: Path) -> None:
    """One of several is no reason to leave the others, and none to say all is well."""
    if os.geteuid() == 0:
        (unpacked / "locked").symlink_to("nowhere")  # root may read everything
        code, path = 2, unpacked / "locked"
    else:
        path = unpacked / "locked.apk"
        path.write_bytes(b"x")
        path.chmod(0)
        code = 5
    assert cli("inspect", unpacked, path).code == code


def test_hostile_text_stays_harmless(cli: Cli, tmp_path: Path) -> None:
    """Escape sequences in names and strings never reach the terminal."""
    path = tmp_path / "a\x1b[31m.xml"
    path.write_text('<x url="http://a.example.com/\x1b]0;x\x07">\u202e</x>', encoding="utf-8")
    out = cli("inspect", path).out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_schema_is_published(cli: Cli) -> None:
    """`schema inspection` prints what the JSON is of."""
    assert json.loads(cli("schema", "inspection").out)["$id"] == "urn:adb-audit:inspection:1"


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ((), [APK, VDEX, plan.FRAMEWORK]),
        (("--no-inspect",), []),
        (("--no-inspect", "--inspect", CLIENT), [APK, VDEX, plan.FRAMEWORK]),
        (("--no-inspect", "--inspect", "com.not.there"), []),
    ],
)
def test_capture_keeps_what_was_read_of_suspects(
    cli: Cli, lab: dict[str, str], tmp_path: Path, options: tuple[str, ...], read: list[str]
) -> None:
    """By itself those the rulebook suspects; none with --no-inspect, apart from those that are named."""
    kept = tmp_path / "unit.json"
    assert cli("capture", kept, "--connect", lab["incident-2019"], *options).code == 0
    snapshot = saved.load(kept)
    assert [file.path for file in snapshot.code] == read
    missed = [gap.reason for gap in snapshot.gaps]
    assert [("com.not.there" in reason) for reason in missed] == [True] * ("com.not.there" in options)


@pytest.mark.parametrize("command", ["scan", "capture"])
def test_a_name_that_cannot_be_a_packages_is_refused_before_a_unit_is_read(cli: Cli, command: str) -> None:
    """A typing error costs no reading."""
    place = ("unit.json",) if command == "capture" else ()
    ran = cli(command, *place, "--inspect", "com.acme;reboot", "--connect", "127.0.0.1:1")
    assert ran.code == 2
    assert "is not a package name" in ran.err
