"""An unpacked folder as a tree: no link is followed, nothing special is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.sources.firmware.filesystems import nodes
from audit.sources.firmware.filesystems.folder_tree import FolderTree
from audit.sources.firmware.filesystems.nodes import NodeKind
from tests.build.images import unpack
from tests.sources.firmware.filesystems.sample_tree import differences, sample


def test_a_folder_holds_what_was_put_in(tmp_path: Path) -> None:
    """Every file and link comes back as it lies there."""
    assert differences(FolderTree(unpack(sample(), tmp_path)), sample()) == []


def test_no_link_is_followed(tmp_path: Path) -> None:
    """A link out of the folder, in the path or as the file, is a link and leads nowhere."""
    outside = tmp_path / "outside"
    unpack({"/secret": b"not of the image"}, outside)
    root = unpack({"/real/file": b"1"}, tmp_path / "image")
    (root / "out").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    (root / "loop").symlink_to(root)
    tree = FolderTree(root)
    assert [(node.path, node.kind) for node in tree.walk()] == [
        ("/file", NodeKind.LINK),
        ("/loop", NodeKind.LINK),
        ("/out", NodeKind.LINK),
        ("/real", NodeKind.FOLDER),
        ("/real/file", NodeKind.FILE),
    ]
    assert tree.find("/out/secret") is None
    for path in ("/out/secret", "/loop/real/file", "/../outside/secret", "/file"):
        with pytest.raises(BadInput):
            tree.open(path)


def test_special_files_are_passed_over(tmp_path: Path) -> None:
    """A pipe is neither listed nor opened, so that nothing waits for it."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"1")
    tree = FolderTree(tmp_path)
    assert [node.path for node in tree.walk()] == ["/file"]
    with pytest.raises(BadInput, match="no such"):
        tree.open("/pipe")


def test_a_repository_s_own_folder_is_not_of_the_image(tmp_path: Path) -> None:
    """A published dump is a repository: its own ``.git`` is left, one within hides nothing."""
    unpack({"/.git/config": b"", "/app/.git/x.apk": b"1", "/.gitignore": b""}, tmp_path)
    files = [node.path for node in FolderTree(tmp_path).walk() if node.kind is NodeKind.FILE]
    assert files == ["/.gitignore", "/app/.git/x.apk"]


def test_too_deep_is_a_trouble(tmp_path: Path) -> None:
    """What lies deeper than the limit is named, not dropped in silence."""
    deep = "/".join(["d"] * (nodes.DEEPEST + 2))
    unpack({f"/{deep}/leaf": b""}, tmp_path)
    tree = FolderTree(tmp_path)
    assert max(node.path.count("/") for node in tree.walk()) == nodes.DEEPEST
    (trouble,) = tree.troubles
    assert str(nodes.DEEPEST) in trouble.reason
    assert trouble.path == "/d" * nodes.DEEPEST


def test_a_folder_that_may_not_be_read_is_a_trouble(tmp_path: Path) -> None:
    """Without permission a folder is listed, its content is a trouble, and the rest is read."""
    unpack({"/closed/x": b"", "/open/y": b""}, tmp_path)
    (tmp_path / "closed").chmod(0)
    if os.access(tmp_path / "closed", os.R_OK):
        (tmp_path / "closed").chmod(0o755)
        pytest.skip("this user may read everything")
    tree = FolderTree(tmp_path)
    assert [node.path for node in tree.walk()] == ["/closed", "/open", "/open/y"]
    assert [trouble.path for trouble in tree.troubles] == ["/closed"]
    (tmp_path / "closed").chmod(0o755)


def test_names_that_are_no_text_can_be_opened(tmp_path: Path) -> None:
    """A name of any bytes is shown escaped and opened by that."""
    (tmp_path / os.fsdecode(b"\xff\x1b[1m")).write_bytes(b"1")
    (node,) = FolderTree(tmp_path).walk()
    assert node.path == "/\\xff\\x1b[1m"
    with FolderTree(tmp_path).open(node.path) as file:
        assert file.read() == b"1"
