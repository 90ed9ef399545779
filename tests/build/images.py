"""Images of file systems out of a mapping of path to content: by the real tools, or by writers of our own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.build.erofs_writer import Algorithm, Options, erofs
from tests.build.ext4_writer import ext4

Files = Mapping[str, bytes | str]
"""Path to content; text is the target of a link, and a path that ends with a slash an empty folder."""


def unpack(files: Files, folder: Path) -> Path:
    """*files* on the disk, below *folder*."""
    for path, content in files.items():
        place = folder / path.strip("/")
        if path.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            place.symlink_to(content)
        else:
            place.write_bytes(content)
    return folder


def mke2fs(files: Files, scratch: Path, *options: str, size: str = "16M") -> Path:
    """An image by Debian's mke2fs (e2fsprogs); skips where it is not."""
    tool = _tool("mke2fs", "e2fsprogs")
    image = scratch / "ext.img"
    folder = unpack(files, scratch / "ext-in")
    _run(tool, "-q", "-F", *options, "-d", str(folder), str(image), size)
    return image


def mkfs_erofs(files: Files, scratch: Path, *options: str) -> Path:
    """An image by Debian's mkfs.erofs (erofs-utils); skips where it is not."""
    tool = _tool("mkfs.erofs", "erofs-utils")
    image = scratch / "erofs.img"
    folder = unpack(files, scratch / "erofs-in")
    _run(tool, "--quiet", *options, str(image), str(folder))
    return image


def _tool(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not here; Debian has it in {package}")
    return found


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"


__all__ = ["Algorithm", "Files", "Options", "erofs", "ext4", "mke2fs", "mkfs_erofs", "unpack"]
