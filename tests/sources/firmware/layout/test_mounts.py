from __future__ import annotations

import pytest

from audit.sources.firmware.filesystems.nodes import Node, NodeKind
from audit.sources.firmware.layout.mounts import Layout, of_folder, of_partition


def layout(*paths: str) -> Layout:
    """The layout of a tree that holds *paths* and the folders they need."""
    folders = {path[:at] for path in paths for at in range(1, len(path)) if path[at] == "/"}
    nodes = [Node(path=folder, kind=NodeKind.FOLDER) for folder in sorted(folders)]
    return Layout([*nodes, *(Node(path=path, kind=NodeKind.FILE, size=1) for path in paths)])


@pytest.mark.parametrize(
    ("name", "inside", "given", "expected"),
    [
        ("system", "/system/build.prop", "/system/app/A.apk", "/system/app/A.apk"),
        ("system", "/system/build.prop", "/default.prop", "/default.prop"),
        ("system", "/system/build.prop", "/system/vendor/app/A.apk", "/vendor/app/A.apk"),
        ("system", "/system/build.prop", "/system/product/overlay/A.apk", "/product/overlay/A.apk"),
        ("system", "/build.prop", "/app/A.apk", "/system/app/A.apk"),
        ("system", "/build.prop", "/system_ext/app/A.apk", "/system_ext/app/A.apk"),
        ("system_other", "/app/A/oat/arm/A.odex", "/app/A/oat/arm/A.odex", "/system/app/A/oat/arm/A.odex"),
        ("vendor", "/build.prop", "/app/A.apk", "/vendor/app/A.apk"),
        ("vendor", "/build.prop", "/odm/etc/build.prop", "/odm/etc/build.prop"),
        ("my_region", "/my_region/app/A.apk", "/my_region/app/A.apk", "/my_region/app/A.apk"),
        ("my_region", "/app/A.apk", "/app/A.apk", "/my_region/app/A.apk"),
        ("prism", "/etc/x.xml", "/app/A.apk", "/prism/app/A.apk"),
    ],
)
def test_a_partition_lies_where_the_phone_has_it(name: str, inside: str, given: str, expected: str) -> None:
    """One file has one path, whether the image holds the root, or a partition is a folder of another."""
    assert of_partition(layout(inside, given), name).unit_path(given) == expected


@pytest.mark.parametrize(
    ("paths", "name", "given", "expected"),
    [
        (("/system/system/build.prop",), "dump", "/system/system/app/A.apk", "/system/app/A.apk"),
        (("/system/build.prop", "/vendor/build.prop"), "dump", "/vendor/app/A.apk", "/vendor/app/A.apk"),
        (("/x/tree/system/build.prop",), "dump", "/x/tree/system/app/A.apk", "/system/app/A.apk"),
        (("/build.prop", "/app/A/A.apk"), "system", "/app/A/A.apk", "/system/app/A/A.apk"),
        (("/build.prop", "/app/A/A.apk"), "whatever", "/app/A/A.apk", "/system/app/A/A.apk"),
        (("/build.prop", "/app/A/A.apk"), "vendor", "/app/A/A.apk", "/vendor/app/A/A.apk"),
        (("/system_a/build.prop", "/product_a/app/A.apk"), "d", "/product_a/app/A.apk", "/product/app/A.apk"),
        (
            ("/system/build.prop", "/boot/ramdisk/default.prop"),
            "dump",
            "/boot/ramdisk/default.prop",
            "/default.prop",
        ),
    ],
)
def test_an_unpacked_package_is_understood(
    paths: tuple[str, ...], name: str, given: str, expected: str
) -> None:
    """Whatever an unpacker made of a package, its files get the paths they have on the phone."""
    mounts = of_folder(layout(*paths, given), name)
    assert [path for mount in mounts if (path := mount.unit_path(given)) is not None][:1] == [expected]


def test_what_lies_beside_the_partitions_is_the_roots_if_it_is_a_root() -> None:
    """A unit's root has files of its own; a folder of somebody's notes with partitions in it is no root."""
    root = of_folder(layout("/d/system/build.prop", "/d/default.prop", "/d/init.rc"), "x")
    assert [mount.unit_path("/d/init.rc") for mount in root] == [None, "/init.rc"]
    notes = of_folder(layout("/d/system/build.prop", "/d/notes.txt"), "x")
    assert [mount.unit_path("/d/notes.txt") for mount in notes] == [None]


@pytest.mark.parametrize("paths", [(), ("/getprop.txt",), ("/src/app/main.c",), ("/system/readme.txt",)])
def test_other_folders_are_no_firmware(paths: tuple[str, ...]) -> None:
    """A folder without a sign of a partition has none."""
    assert of_folder(layout(*paths), "x") == ()
