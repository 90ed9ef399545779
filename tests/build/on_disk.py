"""Puts what the writers make where the readers look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audit.errors import BadInput
from audit.sources.firmware.containers.bases import file_base
from audit.sources.firmware.containers.image import Image, whole
from audit.sources.firmware.containers.package import open_package
from audit.sources.firmware.containers.reader import open_image
from audit.sources.firmware.containers.spool import Spool
from audit.sources.firmware.containers.volume import Package


def stored(folder: Path, data: bytes, name: str = "image.bin") -> Image:
    """*data* as an image that lies in a file of *folder*."""
    path = folder / name
    path.write_bytes(data)
    return whole(file_base(path))


def content(image: Image) -> bytes:
    """All of *image*."""
    with open_image(image) as file:
        return file.read()


def volumes(path: Path, spool: Spool) -> dict[str, bytes]:
    """The partitions of the package at *path*, whole."""
    return read(open_package(path, spool=spool))


def read(package: Package) -> dict[str, bytes]:
    """The partitions of *package*, whole."""
    found = {}
    for volume in package.volumes:
        with volume.open() as file:
            found[volume.name] = file.read()
        assert len(found[volume.name]) == volume.size
    return found


@contextmanager
def tolerated(name: str) -> Iterator[None]:
    """Damage may be refused by a BadInput that names the file, and by nothing else."""
    try:
        yield
    except BadInput as error:
        if name not in error.where:
            raise
