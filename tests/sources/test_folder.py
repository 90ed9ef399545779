from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.model.evidence import Artifact, Kind, Topic
from audit.sources import disk, open_source
from audit.sources.folder import read_folder

GETPROP = "[ro.build.version.sdk]: [28]\n[ro.product.model]: [X1]\n"


def lay(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Put *files* below *folder*."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def by_origin(artifacts: tuple[Artifact, ...]) -> dict[str, Artifact]:
    """Artifacts by the file they came from."""
    return {a.origin: a for a in artifacts}


def test_outputs_errors_and_exit_codes_come_together(tmp_path: Path) -> None:
    """An output, its .stderr file and its line in commands.tsv are one artifact."""
    lay(
        tmp_path,
        {
            "getprop.txt": GETPROP,
            "cmd_overlay.txt": "",
            "cmd_overlay.stderr.txt": "Can't find service: overlay\n",
            "commands.tsv": "0\tgetprop\n20\tcmd overlay list\n",
        },
    )
    snapshot = read_folder(tmp_path)
    overlay = by_origin(snapshot.artifacts)["cmd_overlay.txt"]
    assert (overlay.kind, overlay.stderr, overlay.exit_code) == (
        Kind.OVERLAYS,
        b"Can't find service: overlay\n",
        20,
    )
    assert snapshot.unit.model == "X1"
    assert snapshot.gaps == ()


def test_what_is_not_understood_is_named(tmp_path: Path) -> None:
    """Files nobody can place, and errors of outputs that are not there, are listed, not dropped."""
    lay(tmp_path, {"getprop.txt": GETPROP, "quux.txt": "x", "notes/a.md": "x", "lost.stderr.txt": "x"})
    detail = read_folder(tmp_path).source.detail
    assert "not understood: lost.stderr.txt, notes/a.md, quux.txt" in detail


def test_inactive_carrier_packs_are_left_out_and_counted(tmp_path: Path) -> None:
    """A folder of carrier packs holds properties of networks the unit does not use."""
    lay(
        tmp_path,
        {
            "tree/system/build.prop": "ro.build.version.sdk=27\n",
            "tree/vendor/package/ChinaTelecom/system/vendor/vendor.prop": "ro.x=ct\n",
            "tree/vendor/build.prop": "ro.y=1\n",
        },
    )
    snapshot = read_folder(tmp_path)
    assert set(by_origin(snapshot.artifacts)) == {"tree/system/build.prop", "tree/vendor/build.prop"}
    assert "1 files of inactive carrier packs" in snapshot.source.detail


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("tree/system/system/product/etc/EvenwellCloud.config", "/product/etc/EvenwellCloud.config"),
        ("system/etc/EvenwellCloud.config", "/system/etc/EvenwellCloud.config"),
        ("cust/cust_variant", "/cust/cust_variant"),
        ("odm/etc/region.conf", "/odm/etc/region.conf"),
    ],
)
def test_configuration_files_know_their_place_on_the_unit(tmp_path: Path, place: str, path: str) -> None:
    """The end of the path tells which of the known files it is."""
    lay(tmp_path, {place: "cn"})
    (artifact,) = read_folder(tmp_path, files=["/odm/etc/region.conf"]).artifacts
    assert (artifact.kind, artifact.argument) == (Kind.FILE, path)


def test_a_dump_of_settings_without_a_heading_is_kept(tmp_path: Path) -> None:
    """Whatever the unit said instead is for the parser to judge."""
    lay(tmp_path, {"dumpsys_settings.txt": "Can't find service: settings\n"})
    assert [a.kind for a in read_folder(tmp_path).artifacts] == [Kind.SETTINGS_GLOBAL]


def test_settings_of_a_dump_are_told_apart(tmp_path: Path) -> None:
    """`dumpsys settings` holds three tables and several users."""
    text = (
        "Unknown argument: -a; use -h for help\n"
        "GLOBAL SETTINGS (user 0)\n_id:1 name:a pkg:b value:c\n"
        "SECURE SETTINGS (user 10)\n_id:2 name:d pkg:e value:f\n"
    )
    lay(tmp_path, {"dumpsys_settings.txt": text})
    artifacts = read_folder(tmp_path).artifacts
    assert [(a.kind, a.user) for a in artifacts] == [(Kind.SETTINGS_GLOBAL, 0), (Kind.SETTINGS_SECURE, 10)]
    assert b"".join(a.data for a in artifacts) == text.encode()


@pytest.mark.parametrize(
    ("name", "content", "argument"),
    [
        ("dumpsys_package.txt", "  Package [com.a] (1):\n", None),
        ("dumpsys_package_one.txt", "Packages:\n  Package [com.a] (1):\n", "com.a"),
        ("dumpsys_package_gone.txt", "Unable to find package: com.b\n", "com.b"),
        ("dumpsys_package_com.c.txt", "", "com.c"),
        ("dumpsys_package_all.txt", "  Package [com.a] (1):\n", None),
    ],
)
def test_details_of_one_package_say_whose(
    tmp_path: Path, name: str, content: str, argument: str | None
) -> None:
    """The details of one package must not be taken for those of all."""
    lay(tmp_path, {name: content})
    assert read_folder(tmp_path).artifacts[0].argument == argument


def test_a_failed_attempt_is_left_out_where_another_answered(tmp_path: Path) -> None:
    """An "Unknown option: -U" beside a good list is how a version was found out, not missing evidence."""
    good = {"pm_list_packages_f.txt": "package:/a.apk=com.a\n"}
    bad = {"pm_list_packages_U.txt": "Error: Unknown option: -U\n"}
    both = read_folder(lay(tmp_path / "both", good | bad))
    assert set(by_origin(both.artifacts)) == set(good)
    assert "pm_list_packages_U.txt" in both.source.detail
    alone = read_folder(lay(tmp_path / "alone", bad))
    assert set(by_origin(alone.artifacts)) == set(bad)


@pytest.mark.parametrize(
    ("files", "gap"),
    [
        (["pm_list_packages_3.txt"], True),
        (["pm_list_packages_s.txt", "pm_list_packages_3.txt"], False),
        (["pm_list_packages_f.txt"], False),
    ],
)
def test_a_list_of_some_packages_is_a_gap(tmp_path: Path, files: list[str], *, gap: bool) -> None:
    """Third-party packages alone cannot show a preinstalled client."""
    lay(tmp_path, dict.fromkeys(files, "package:com.android.a\n"))
    assert [g.topic for g in read_folder(tmp_path).gaps] == ([Topic.PACKAGES] if gap else [])


def test_an_excerpt_of_properties_is_a_gap(tmp_path: Path) -> None:
    """`getprop | grep gsm` shows a part; what it does not show is not known to be absent."""
    lay(tmp_path, {"getprop_gsm.txt": "[gsm.x]: [1]\n"})
    assert [g.topic for g in read_folder(tmp_path).gaps] == [Topic.PROPERTIES]


def test_an_old_android_is_told(tmp_path: Path) -> None:
    """A folder from Android 4.4 says so as a connected unit does."""
    lay(tmp_path, {"getprop.txt": "[ro.build.version.release]: [4.4.4]\n[ro.build.version.sdk]: [19]\n"})
    assert "Android 4.4.4 (SDK 19) is older" in read_folder(tmp_path).gaps[0].reason


def test_output_of_powershell_is_read(tmp_path: Path) -> None:
    """Redirection in PowerShell writes UTF-16 with a mark."""
    lay(tmp_path, {"getprop.txt": GETPROP.encode("utf-16")})
    assert read_folder(tmp_path).artifacts[0].data == GETPROP.encode()
    assert open_source(tmp_path / "getprop.txt").artifacts[0].data == GETPROP.encode()


def test_single_files_are_sources(tmp_path: Path) -> None:
    """One getprop.txt or one build.prop is what many people send."""
    lay(tmp_path, {"a.txt": GETPROP, "build.prop": "# begin\nro.build.version.sdk=28\n"})
    assert open_source(tmp_path / "a.txt").artifacts[0].kind is Kind.GETPROP
    assert open_source(tmp_path / "build.prop").artifacts[0].kind is Kind.BUILD_PROP


def bad_folders() -> list[tuple[str, dict[str, str | bytes], str]]:
    """Name, files and what must be said."""
    return [
        ("empty", {}, "this folder is empty"),
        ("nothing known", {"a.md": "x", "b.pdf": "y"}, "nothing in this folder is understood: a.md, b.pdf"),
        ("binary", {"getprop.txt": b"[a]: \0"}, "is binary (a NUL at byte 5)"),
        ("torn UTF-16", {"getprop.txt": b"\xff\xfea\0b"}, "begins as UTF-16 and is none"),
        ("two units", {"a/getprop.txt": GETPROP, "b/getprop.txt": GETPROP}, "holds several units"),
        ("androidqf", {"acquisition.json": "{}"}, "is an AndroidQF acquisition without evidence"),
    ]


@pytest.mark.parametrize(("name", "files", "said"), bad_folders(), ids=[b[0] for b in bad_folders()])
def test_bad_folders_say_what_is_wrong_where_and_the_fix(
    tmp_path: Path, name: str, files: dict[str, str | bytes], said: str
) -> None:
    """Every refusal names the place and the cure."""
    with pytest.raises(BadInput) as caught:
        open_source(lay(tmp_path, files))
    assert said in caught.value.what, name
    assert str(tmp_path) in caught.value.where
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PK\x03\x04", "ZIP"), (b"", "is empty"), (b"hello there", "no known format"), (b"\x1f\x8bxx", "gzip")],
)
def test_other_files_are_refused_with_what_is_supported(tmp_path: Path, content: bytes, said: str) -> None:
    """A bug report, an empty file and a random one are each named for what they are."""
    lay(tmp_path, {"x.bin": content})
    with pytest.raises(BadInput, match=said):
        open_source(tmp_path / "x.bin")


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    """A typing error in the path is the most common one."""
    with pytest.raises(BadInput, match="no such file"):
        open_source(tmp_path / "nowhere")


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in a stranger's folder could point at anything of ours."""
    secret = tmp_path / "secret"
    secret.write_text(GETPROP)
    folder = lay(tmp_path / "unit", {"ps.txt": ""})
    (folder / "getprop.txt").symlink_to(secret)
    with pytest.raises(BadInput, match="symbolic link"):
        read_folder(folder)
    (folder / "getprop.txt").unlink()
    (folder / "loop").symlink_to(folder)
    lay(folder, {"getprop.txt": GETPROP})
    assert "loop" in read_folder(folder).source.detail


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Opening a named pipe would hang for ever."""
    os.mkfifo(tmp_path / "getprop.txt")
    with pytest.raises(BadInput, match="not a regular file"):
        read_folder(tmp_path)
    with pytest.raises(BadInput, match="not a regular file"):
        open_source(tmp_path / "getprop.txt")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A hole of many gigabytes costs nothing to make."""
    with (tmp_path / "getprop.txt").open("wb") as file:
        file.truncate(disk.LARGEST_BYTES + 1)
    with pytest.raises(BadInput, match="are the most"):
        read_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A file of somebody else is an error with its path."""
    lay(tmp_path, {"getprop.txt": GETPROP})
    (tmp_path / "getprop.txt").chmod(0)
    with pytest.raises(BadInput, match="may not be read"):
        read_folder(tmp_path)


def test_hostile_names_are_cleaned(tmp_path: Path) -> None:
    """A file name can hold what moves the cursor."""
    lay(tmp_path, {"getprop.txt": GETPROP, "evil\x1b[2J.md": ""})
    assert "\x1b" not in read_folder(tmp_path).source.detail


CORE = "package:/system/framework/framework-res.apk=android uid:1000\n"


def packages_gaps(folder: Path) -> list[str]:
    """Why packages are not known whole."""
    return [gap.reason for gap in read_folder(folder).gaps if gap.topic is Topic.PACKAGES]


def test_part_of_a_list_is_no_list(tmp_path: Path) -> None:
    """`pm list packages | grep regist` names none of Android's own packages, so the rest is not known."""
    lay(tmp_path, {"packages.txt": "package:com.acme.register\n"})
    assert "1 packages and none of Android's own" in packages_gaps(tmp_path)[0]
    lay(tmp_path, {"packages.txt": "package:com.acme.register\npackage:com.android.phone\n"})
    assert packages_gaps(tmp_path) == []


@pytest.mark.parametrize(
    ("last", "cut"),
    [
        ("package:/a/B.apk=com.b uid:10001", False),
        ("package:/a/B.apk=com.b", True),
        ("package:/a/B.apk=com.b ui", True),
        ("package:/a/B.apk=com.b uid:10001 installer=com.shop", False),
    ],
)
def test_a_list_that_stops_in_its_last_line_is_cut(tmp_path: Path, last: str, *, cut: bool) -> None:
    """A missing end of line alone is an editor's doing; a field missing too is a cut."""
    lay(tmp_path, {"packages.txt": CORE + CORE + last})
    assert any("last line" in reason for reason in packages_gaps(tmp_path)) is cut


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({}, True),
        ({"packages_user10.txt": CORE}, False),
        ({"packages_u.txt": CORE.replace("1000", "1000,1001000")}, False),
        ({"getprop.txt": GETPROP.replace("28", "33")}, False),
        ({"dumpsys_package.txt": "Packages:\n"}, False),
    ],
)
def test_a_user_whose_packages_nobody_listed_is_a_gap(
    tmp_path: Path, files: dict[str, str], *, missing: bool
) -> None:
    """A work profile has packages of its own; before Android 13 a plain list is that of user 0."""
    users = "Users:\n\tUserInfo{0:Owner:13} running\n\tUserInfo{10:Work:30} running\n"
    lay(tmp_path, {"getprop.txt": GETPROP, "users.txt": users, "packages.txt": CORE} | files)
    assert any("names user 10" in reason for reason in packages_gaps(tmp_path)) is missing


def test_names_in_capitals_are_understood(tmp_path: Path) -> None:
    """A stick that folds names to capitals must not lose a unit."""
    lay(
        tmp_path,
        {
            "GETPROP.TXT": GETPROP,
            "BUILD.PROP": "ro.a=1\n",
            "PM_LIST_PACKAGES_-F.TXT": CORE,
            "PM_LIST_PACKAGES_-D_USER10.TXT": "",
            "PM_LIST_PACKAGES_-F.STDERR.TXT": "x\n",
            "COMMANDS.TSV": "0\tgetprop\n",
        },
    )
    snapshot = read_folder(tmp_path)
    found = {a.origin: (a.kind, a.user, a.stderr) for a in snapshot.artifacts}
    assert found == {
        "BUILD.PROP": (Kind.BUILD_PROP, None, b""),
        "GETPROP.TXT": (Kind.GETPROP, None, b""),
        "PM_LIST_PACKAGES_-D_USER10.TXT": (Kind.PACKAGES_DISABLED, 10, b""),
        "PM_LIST_PACKAGES_-F.TXT": (Kind.PACKAGES, None, b"x\n"),
    }
    assert "not understood" not in snapshot.source.detail
