"""A tree with every kind of file a file system keeps in its own way, and what to compare it by."""

from __future__ import annotations

import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from audit.errors import AuditError
from audit.sources.firmware.filesystems.tree import NodeKind, Tree, open_tree
from tests.build.images import Files


def words(size: int, seed: int = 1) -> bytes:
    """*size* bytes that compress like text."""
    chance = random.Random(seed)  # noqa: S311 - the same sample every time
    known = [bytes(chance.choices(b"abcdefghijkl", k=chance.randint(2, 9))) for _ in range(300)]
    out = b" ".join(chance.choices(known, k=size // 3 + 1))
    return out[:size]


def noise(size: int, seed: int = 1) -> bytes:
    """*size* bytes that do not compress."""
    return random.Random(seed).randbytes(size)  # noqa: S311 - the same sample every time


def sample() -> dict[str, bytes | str]:
    """Small files, tails, text, noise, zeros, many names, deep folders, links short and long."""
    mixed = b"".join(words(9_000 + n * 700, n) + noise(1_000 + n * 900, n) for n in range(8))
    files: dict[str, bytes | str] = {
        "/empty": b"",
        "/one": b"x",
        "/app/Phone/Phone.apk": words(300_000) + noise(70_001) + words(30_000, 2),
        "/app/mixed": mixed,
        "/noise": noise(100_001),
        "/zeros": bytes(300_000),
        "/holes": b"begin" + bytes(200_000) + b"middle" + bytes(100_000) + b"end",
        "/short-link": "/system/app",
        "/link-59": "x" * 59,
        "/link-60": "y" * 60,
        "/long-link": "/".join(["folder"] * 100),
        "/" + "/".join(f"d{n}" for n in range(20)) + "/leaf": b"deep",
        "/" + "n" * 200: b"long name",
        "/name-\u00e9\u4e2d": b"not ASCII",
        "/a/b": b"a folder of a",
        "/a-b": b"sorts behind a/b",
    }
    for size in (100, 4095, 4096, 4097, 8191, 8192, 8193, 65535, 65536, 65537):
        files[f"/sizes/text-{size}"] = words(size)
        files[f"/sizes/noise-{size}"] = noise(size)
    for number in range(300):
        files[f"/many/a-file-with-a-longer-name-{number:04}"] = words(number * 23, number)
    return files


def from_bytes(image: bytes) -> Tree:
    """The tree in *image*."""
    return open_tree(BytesIO(image), origin="test.img")


def from_path(path: Path) -> Tree:
    """The tree in the image at *path*, read into memory."""
    return from_bytes(path.read_bytes())


def contents(tree: Tree) -> dict[str, bytes | str]:
    """What *tree* holds, in the form of `Files`, without lost+found."""
    found: dict[str, bytes | str] = {}
    for node in tree.walk():
        if node.kind is NodeKind.LINK:
            found[node.path] = node.target
        elif node.kind is NodeKind.FILE:
            with tree.open(node.path) as file:
                found[node.path] = file.read()
            data = found[node.path]
            assert len(data) == node.size
    return found


def differences(tree: Tree, files: Files) -> list[str]:
    """The paths at which *tree* is not what *files* say, and its troubles."""
    found = contents(tree)
    wrong = [path for path in {**files, **found} if found.get(path) != files.get(path)]
    return sorted(wrong) + [f"{trouble.path}: {trouble.reason}" for trouble in tree.troubles]


def exhaust(image: bytes) -> int:
    """Read all there is in a damaged *image*, at most 4 MB a file; the number of nodes.

    Fails with what is no `AuditError`; that is the test.
    """
    try:
        tree = from_bytes(image)
        return sum(1 for _ in _every(tree))
    except AuditError:
        return 0


def _every(tree: Tree) -> Iterator[str]:
    for node in tree.walk():
        yield node.path
        if node.kind is NodeKind.FILE:
            try:
                with tree.open(node.path) as file:
                    for _ in range(16):
                        if not file.read(1 << 18):
                            break
            except AuditError:
                pass
        tree.find(node.path)


def damaged(image: bytes, changes: list[tuple[int, int]], cut: int | None) -> bytes:
    """*image* with some bytes changed ((where, to what)) and perhaps its end missing."""
    out = bytearray(image)
    for where, value in changes:
        out[where % len(out)] = value
    return bytes(out if cut is None else out[: cut % len(out)])
