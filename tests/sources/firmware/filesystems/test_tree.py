"""Trees in general: which file system an image holds, and what every tree does alike."""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.filesystems.folder_tree import FolderTree
from audit.sources.firmware.filesystems.nodes import Node, NodeKind, raw_name, shown
from audit.sources.firmware.filesystems.tree import Tree, file_system, open_tree
from tests.build.images import Algorithm, Options, erofs, ext4, unpack
from tests.sources.firmware.filesystems.sample_tree import contents, differences, from_bytes, sample, words

MAKERS: dict[str, Callable[[dict[str, bytes | str]], bytes]] = {
    "ext4": ext4,
    "erofs": erofs,
    "erofs in chunks": lambda files: erofs(files, Options(chunks=True)),
    "erofs deflated": lambda files: erofs(files, Options(algorithm=Algorithm.DEFLATE)),
}
FILES: dict[str, bytes | str] = {
    "/system/build.prop": b"ro.build.id=1\n",
    "/system/app/Phone/Phone.apk": words(40_000),
    "/system/vendor": "/vendor",
    "/system/vendor.x/a": b"",
    "/system/vendor/": "",
}


def at(offset: int, magic: bytes) -> bytes:
    """2 KB with *magic* at *offset*."""
    return bytes(offset) + magic + bytes(2048 - offset - len(magic))


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (at(1024, b"\xe2\xe1\xf5\xe0"), "erofs"),
        (at(1024, b"\x10\x20\xf5\xf2"), "f2fs"),
        (at(0, b"hsqs"), "squashfs"),
        (at(1080, b"\x53\xef"), "ext4"),
        (at(1080, b"\x53\xee"), ""),
        (bytes(2048), ""),
        (b"PK\x03\x04", ""),
        (b"", ""),
    ],
)
def test_a_file_system_is_told_by_its_magic(head: bytes, name: str) -> None:
    """Each known file system is recognised where its superblock has its number, and nothing else is."""
    assert file_system(head) == name


@pytest.mark.parametrize(
    ("image", "words_of_it"),
    [
        (at(0, b"hsqs"), "squashfs"),
        (at(1024, b"\x10\x20\xf5\xf2"), "f2fs"),
        (bytes(4096), "no file system"),
        (b"", "no file system"),
    ],
)
def test_what_is_not_read_is_refused_by_name(image: bytes, words_of_it: str) -> None:
    """A file system no reader here knows is named in the refusal, with the image's name and a fix."""
    with pytest.raises(BadInput, match=words_of_it) as caught:
        open_tree(BytesIO(image), origin="odm.img")
    assert "odm.img" in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_an_image_holds_what_was_put_in(maker: Callable[[dict[str, bytes | str]], bytes]) -> None:
    """Every file and link of a tree with all kinds of them comes back, byte for byte, without troubles."""
    assert differences(from_bytes(maker(sample())), sample()) == []


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_an_image_and_its_folder_walk_alike(
    maker: Callable[[dict[str, bytes | str]], bytes], tmp_path: Path
) -> None:
    """The same files give the same nodes in the same order, from an image or unpacked."""
    folder = FolderTree(unpack(sample(), tmp_path))
    image = from_bytes(maker(sample()))

    def walked(tree: Tree) -> list[tuple[str, NodeKind, int, str]]:
        found = [(node.path, node.kind, node.size, node.target) for node in tree.walk()]
        return [entry for entry in found if entry[0] != "/lost+found"]

    assert walked(image) == walked(folder)


def test_the_order_is_that_of_names_folder_by_folder() -> None:
    """A folder's content follows the folder at once: a, a/b, a-b."""
    tree = from_bytes(erofs({"/a-b": b"", "/a/b": b"", "/A": b""}))
    assert [node.path for node in tree.walk()] == ["/A", "/a", "/a/b", "/a-b"]


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_a_file_is_read_at_any_place(maker: Callable[[dict[str, bytes | str]], bytes]) -> None:
    """Seeking and reading gives the bytes there, also across clusters and beyond the end."""
    data = words(120_000)
    with from_bytes(maker({"/f": data})).open("/f") as file:
        for offset in (0, 119_999, 4095, 9_999, 10_000, 60_000, 8_192, 120_000, 130_000):
            for size in (0, 1, 4096, 20_000):
                file.seek(offset)
                assert file.read(size) == data[offset : offset + size]
        assert file.seek(-5, os.SEEK_END) == len(data) - 5
        assert file.read() == data[-5:]


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_a_node_is_found_by_its_path(maker: Callable[[dict[str, bytes | str]], bytes]) -> None:
    """find() gives the node that walk() gave, None for what is not there or lies behind a link."""
    tree = from_bytes(maker({"/a/b/c": b"1", "/a/link": "/a/b"}))
    for node in tree.walk():
        assert tree.find(node.path) == node
    assert tree.find("a/b/c") == tree.find("/a/b/c")
    assert tree.find("/") == Node(path="/", kind=NodeKind.FOLDER, mode=0o755)
    assert [tree.find(path) for path in ("/x", "/a/link/c", "/a/b/c/d", "/a/./b", "/a/..")] == [None] * 5


@pytest.mark.parametrize("maker", MAKERS.values(), ids=MAKERS)
def test_only_files_are_opened(maker: Callable[[dict[str, bytes | str]], bytes]) -> None:
    """A folder, a link and what is not there are refused with the path and what they are."""
    tree = from_bytes(maker({"/a/b": b"1", "/l": "/a/b"}))
    for path, what in (("/a", "folder"), ("/l", "link"), ("/l/b", "no such"), ("/x", "no such")):
        with pytest.raises(BadInput, match=what) as caught:
            tree.open(path)
        assert path in str(caught.value)


@given(st.binary(min_size=1, max_size=40).filter(lambda name: b"/" not in name and b"\0" not in name))
def test_a_name_can_be_shown_and_got_back(name: bytes) -> None:
    """Any bytes that may be a name become one line of safe text, and the name again."""
    text = shown(name)
    assert text.isprintable()
    assert "/" not in text
    assert raw_name(text) == name


def test_a_hostile_name_is_shown_harmlessly_and_still_opens() -> None:
    """A name that would colour a terminal or reverse its text is escaped; the escaped path opens the file."""
    tree = from_bytes(erofs({"/\x1b[31m\u202egpj.exe\n": b"inside"}))
    (node,) = tree.walk()
    assert node.path == "/\\x1b[31m\\xe2\\x80\\xaegpj.exe\\x0a"
    assert tree.open(node.path).read() == b"inside"


def test_a_folder_tree_can_be_handed_to_a_worker(tmp_path: Path) -> None:
    """A pickled folder tree reads what the original reads."""
    tree = FolderTree(unpack({"/a/b": b"1"}, tmp_path))
    again = pickle.loads(pickle.dumps(tree))  # noqa: S301 - made on the line itself
    assert contents(again) == contents(tree) == {"/a/b": b"1"}


def test_an_unreadable_image_says_where() -> None:
    """An error while a file is read names the image, the file and the offset."""
    image = ext4({"/a/b": noise_of_blocks()})
    tree = from_bytes(image[:-4096])
    with pytest.raises(BadInput) as caught:
        tree.open("/a/b").read()
    assert caught.value.where.startswith("test.img > /a/b, offset ")


def noise_of_blocks() -> bytes:
    """Three blocks, none of them zeros."""
    return struct.pack("<I", 0xABCDEF01) * 3 * 1024
