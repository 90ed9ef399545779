"""Takes a firmware package apart, down to images of named partitions, through whatever it is packed in."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from audit.errors import BadInput
from audit.model.evidence import Gap, Topic
from audit.sources import disk
from audit.sources.firmware import (
    file_names,
    layers,
    nb0,
    payload,
    refused,
    super_image,
    tars,
    update_app,
    zips,
)
from audit.sources.firmware.bases import file_base
from audit.sources.firmware.block_ota import LARGEST_LIST, TransferList
from audit.sources.firmware.file_names import SUPER, Named
from audit.sources.firmware.image import BROKEN, Image, whole
from audit.sources.firmware.member import Member
from audit.sources.firmware.reader import look, open_image
from audit.sources.firmware.spool import Spool
from audit.sources.firmware.volume import Package, Volume, is_wanted, partition

_DEEPEST = 4
"""A shop's zip, Samsung's zip in it, its tar, the image."""
_MOST_LEFT = 200
_WHOLE = "get the package again and check its size, or give the one the maker publishes for flashing"
_LOST = (Topic.PROPERTIES, Topic.PACKAGES)
"""What a partition that cannot be opened may have spoken of."""


def open_package(path: Path, *, spool: Spool) -> Package:
    """The partition images in the package at *path*: an archive, an image, or a folder of images.

    spool: where that is unpacked which cannot be read where it lies; the images need it open
    Raises BadInput for what is no package, or one no partition of which can be opened, and NoSpace.
    """
    opening = _Opening(spool)
    if path.is_dir():
        opening.kinds.append("a folder of images")
        opening.take_all(_folder(path), 1)
    else:
        base = file_base(path)
        opening.take_lone(Member(name=path.name, origin=path.name, size=base.size, image=whole(base)))
    return opening.package(str(path))


def _folder(path: Path) -> list[Member]:
    found = []
    for file in disk.walk(path):
        if file.is_symlink() or not file.is_file():
            continue
        base = file_base(file)
        name = file.relative_to(path).as_posix()
        found.append(Member(name=name, origin=name, size=base.size, image=whole(base)))
    return found


class _Opening:
    """What was found so far."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._volumes: dict[str, Volume] = {}
        self._errors: list[BadInput] = []
        self._left: list[str] = []
        self.kinds: list[str] = []

    def package(self, where: str) -> Package:
        """All of it. Raises BadInput where there is no volume, with the first reason."""
        if not self._volumes:
            if self._errors:
                raise self._errors[0]
            raise BadInput(_nothing(self._left), where=where, fix=_WHOLE)
        gaps = [
            Gap(topic=topic, reason=f"{error.where}: {error.what}", fix=error.fix, origin=error.where)
            for error in self._errors
            for topic in _LOST
        ]
        left = self._left[:_MOST_LEFT]
        if len(self._left) > _MOST_LEFT:
            left.append(f"and {len(self._left) - _MOST_LEFT} more")
        return Package(
            kind=", ".join(dict.fromkeys(self.kinds)),
            volumes=tuple(self._volumes.values()),
            gaps=tuple(gaps),
            left=tuple(left),
        )

    def take_lone(self, member: Member) -> None:
        """A file that was given by itself: by what it holds."""
        if not member.size:
            raise BadInput("is empty", where=member.origin, fix=_WHOLE)
        named = file_names.image_name(member.name)
        if (named and named.piece is not None) or file_names.update_part(member.name):
            raise BadInput(
                "is one of several files that make an image",
                where=member.origin,
                fix="give the folder with all",
            )
        refused.check(member.at_random(self._spool), member.name)
        if not self._take_archive(member, 0):
            name, slot = file_names.lone_name(member.name)
            self._take_image(Named(partition=name, slot=slot), [(None, member)])

    def take_all(self, members: list[Member], depth: int) -> None:
        """The files of one archive or folder: by their names, what the archives among them hold too."""
        images: dict[tuple[str, str, str], list[tuple[int | None, Member]]] = defaultdict(list)
        updates: dict[tuple[str, str], dict[str, Member]] = defaultdict(dict)
        archives: list[Member] = []
        for member in sorted(members, key=_order):
            named = file_names.image_name(member.name)
            folder = member.name.rpartition("/")[0]
            if part := file_names.update_part(member.name):
                updates[folder, part[0]][part[1]] = member
            elif named:
                images[folder, named.partition, named.slot].append((named.piece, member))
            elif file_names.is_archive(member.name) or file_names.is_payload(member.name):
                archives.append(member)
            elif file_names.is_other_image(member.name) or refused.refusal_by_name(member.name):
                self._left.append(member.name)
        for (_, name), parts in updates.items():
            self._take_update(name, parts)
        for (_, name, slot), pieces in images.items():
            self._take_image(Named(partition=name, slot=slot), pieces)
        for member in archives:
            with self._missing():
                if depth < _DEEPEST and not self._take_archive(member, depth):
                    self._left.append(member.name)

    def _take_archive(self, member: Member, depth: int) -> bool:
        """Whether *member* is an archive of any kind; what it holds is taken."""
        head = member.head()
        if head.startswith(zips.MAGIC):
            self.kinds.append("a ZIP archive")
            self.take_all(zips.members(member.at_random(self._spool)), depth + 1)
        elif tars.is_tar(head) or (head.startswith(layers.GZIP) and tars.is_tar(layers.gzip_head(member))):
            self._take_tar(member, head, depth)
        elif head.startswith(payload.MAGIC):
            self._take_payload(payload.Payload(member.at_random(self._spool)))
        elif update_app.is_update_app(head):
            self.kinds.append("Huawei's UPDATE.APP")
            self.take_all(update_app.members(member.at_random(self._spool)), depth + 1)
        elif file_names.base_name(member.name).endswith(".nb0") and nb0.is_nb0(member.at_random(self._spool)):
            self.kinds.append("FIH's nb0 archive")
            self.take_all(nb0.members(member.at_random(self._spool)), depth + 1)
        else:
            return False
        return True

    def _take_tar(self, member: Member, head: bytes, depth: int) -> None:
        packed = head.startswith(layers.GZIP)
        self.kinds.append("a gzip'd tar archive" if packed else "a tar archive")
        if member.image is not None and not packed:
            self.take_all(tars.members(member.image), depth + 1)
            return
        with member.open() as file:
            stream = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
            found = tars.streamed(stream, member.origin, wanted=self._wants, spool=self._spool)
        self.take_all(found, depth + 1)

    def _wants(self, name: str) -> bool:
        """Whether a member of an archive that is read but once is worth keeping."""
        named = file_names.image_name(name)
        if named is not None:
            return named.partition not in self._volumes
        part = file_names.update_part(name)
        if part is not None:
            return is_wanted(part[0])
        return file_names.is_archive(name) or file_names.is_payload(name)

    def _take_payload(self, update: payload.Payload) -> None:
        self.kinds.append("an A/B update (payload.bin)")
        for part in update.updates:
            if not is_wanted(part.name):
                self._left.append(part.name)
                continue
            with self._missing():
                self._add(part.name, "", update.image(part))

    def _take_update(self, name: str, parts: dict[str, Member]) -> None:
        if not is_wanted(name):
            self._left.append(name)
            return
        self.kinds.append("a block-based update")
        with self._missing():
            listed, new = parts.get("transfer.list"), parts.get("new.dat") or parts.get("new.dat.br")
            if listed is None or new is None:
                here = (listed or new or next(iter(parts.values()))).origin
                missing = "new.dat" if new is None else "transfer.list"
                raise BadInput(f"lies here without its {missing}", where=here, fix=_WHOLE)
            with listed.open() as file:
                text = file.read(LARGEST_LIST + 1)
            if len(text) > LARGEST_LIST:
                raise BadInput(f"has more than {LARGEST_LIST} bytes", where=listed.origin, fix=BROKEN)
            moves = TransferList(text, listed.origin)
            data = layers.unbrotlied(new, self._spool, moves.new_bytes)
            self._add(name, "", moves.image(data))

    def _take_image(self, named: Named, pieces: list[tuple[int | None, Member]]) -> None:
        if named.piece is None and any(piece is None for piece, _ in pieces):
            pieces = pieces[:1]
        if named.partition in self._volumes:
            self._twice(named.partition, pieces[0][1].origin)
            return
        with self._missing():
            found = layers.raw(pieces, self._spool)
            if not found.size:
                raise BadInput("is empty", where=found.origin, fix=_WHOLE)
            if super_image.is_super(look(found, 0, super_image.HEAD_BYTES)):
                self._take_super(found)
            elif named.partition == SUPER:
                raise BadInput("has no table of partitions", where=found.origin, fix=BROKEN)
            else:
                self.kinds.append("a partition image")
                self._add(named.partition, named.slot, found)

    def _take_super(self, found: Image) -> None:
        self.kinds.append("a super image")
        for part in sorted(super_image.partitions(found), key=lambda part: part.name):
            name, slot = partition(part.name)
            if not is_wanted(name):
                self._left.append(part.name)
                continue
            with self._missing():
                self._add(name, slot, super_image.logical_image(found, part))

    def _add(self, name: str, slot: str, found: Image) -> None:
        """A volume; the slot that is not in use is empty, and what comes twice is kept once."""
        if not found.size:
            self._left.append(f"{name}_{slot} (empty)" if slot else f"{name} (empty)")
        elif name in self._volumes:
            self._twice(name, found.origin)
        else:
            self._volumes[name] = Volume(
                name=name, origin=found.origin, size=found.size, open=partial(open_image, found)
            )

    def _twice(self, name: str, origin: str) -> None:
        self._left.append(f"{origin} ({name} was taken from {self._volumes[name].origin})")

    @contextmanager
    def _missing(self) -> Iterator[None]:
        """What is damaged in here is missing, and the rest is gone on with."""
        try:
            yield
        except BadInput as error:
            self._errors.append(error)


def _order(member: Member) -> tuple[bool, str]:
    """By name; Samsung's HOME_CSC after the CSC, of which it is a part."""
    return file_names.base_name(member.name).startswith("home_"), member.name


def _nothing(left: list[str]) -> str:
    what = "holds no image of a partition that an audit reads"
    return f"{what}, only {', '.join(left[:8])}" if left else what
