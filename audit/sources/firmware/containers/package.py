"""Takes a firmware package apart, down to images of named partitions, through whatever it is packed in."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Collection
from dataclasses import field, replace
from pathlib import Path
from typing import BinaryIO, cast

from audit.errors import BadInput
from audit.model.record import record
from audit.sources import disk
from audit.sources.firmware.containers import (
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
from audit.sources.firmware.containers.bases import file_base
from audit.sources.firmware.containers.block_ota import LARGEST_LIST, TransferList
from audit.sources.firmware.containers.collected import Collected
from audit.sources.firmware.containers.file_names import SUPER, Named
from audit.sources.firmware.containers.image import BROKEN, Image, whole
from audit.sources.firmware.containers.member import Member
from audit.sources.firmware.containers.reader import look
from audit.sources.firmware.containers.spool import Spool
from audit.sources.firmware.containers.volume import Package, partition
from audit.sources.firmware.filesystems.tree import HEAD_BYTES as HEAD
from audit.sources.firmware.filesystems.tree import file_system
from audit.sources.firmware.layout.places import never_has_packages

_DEEPEST = 4
"""A shop's zip, Samsung's zip in it, its tar, the image."""
_Numbered = tuple[int | None, Member]
"""A file, and which piece of its image it is; None for a whole one."""
_UNPACK = "unpack the outer ones and give what they hold"
_WHOLE = "get the package again and check its size, or give the one the maker publishes for flashing"


def open_package(path: Path, *, spool: Spool, only: Collection[str] | None = None) -> Package:
    """The partition images in the package at *path*: an archive, an image, or a folder of images.

    spool: where that is unpacked which cannot be read where it lies; the images need it open
    only: of a folder, the files to look at, by their paths in it; None = all
    Raises BadInput for what is no package, or one no partition of which can be opened, and NoSpace.
    """
    opening = _Opening(spool)
    found = opening.found
    if path.is_dir():
        found.kinds.append("a folder of images" if only is None else "with images beside")
        opening.take_all(_folder(path, only, found), 1)
    else:
        base = file_base(path)
        opening.take_lone(Member(name=path.name, origin=path.name, size=base.size, image=whole(base)))
    package = found.package()
    if package is not None:
        return package
    if found.errors:
        raise found.errors[0]
    raise BadInput(_nothing(found.left), where=str(path), fix=_WHOLE)


def _folder(path: Path, only: Collection[str] | None, found: Collected) -> list[Member]:
    members = []
    files = disk.walk(path) if only is None else (path / name for name in sorted(only))
    for file in files:
        name = file.relative_to(path).as_posix()
        if file.is_symlink() and file_names.may_hold_images(name):
            error = BadInput("is a link, which is not followed", where=name, fix="put the file itself there")
            found.errors.append(error)
        elif not file.is_symlink() and file.is_file():
            base = replace(file_base(file), origin=name)
            members.append(Member(name=name, origin=name, size=base.size, image=whole(base)))
    return members


@record
class _Sorted:
    """The files of one archive, by what becomes of them: of an update and of an image all go together."""

    images: dict[tuple[str, str, str], list[_Numbered]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[tuple[str, str], dict[str, Member]] = field(default_factory=lambda: defaultdict(dict))
    archives: list[Member] = field(default_factory=list)


class _Opening:
    """Goes down through archives and layers, and collects what it finds."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.found = Collected()

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
        found = self._sorted(members)
        self._note_loose([member for member in members if file_names.is_loose_package(member.name)])
        for (_, name), parts in found.updates.items():
            self._take_update(name, parts)
        for (_, name, slot), pieces in found.images.items():
            for one in _images(pieces):
                self._take_image(Named(partition=name, slot=slot), one)
        names = [member.name for member in found.archives]
        for member in found.archives:
            with self.found.missing():
                if file_names.is_part_of_another(member.name, names) or not self._take_archive(member, depth):
                    self.found.left.append(member.name)

    def _note_loose(self, members: list[Member]) -> None:
        """Packages beside the images, which are installed from the archive as they are."""
        if members:
            what = f"holds {len(members)} APKs that are in no image, and they were not read"
            fix = "unpack the archive and give the folder, with the images in it"
            self.found.errors.append(BadInput(what, where=members[0].origin, fix=fix))

    def _sorted(self, members: list[Member]) -> _Sorted:
        found = _Sorted()
        for member in sorted(members, key=lambda member: member.name):
            named = file_names.image_name(member.name) or self._unknown(member)
            folder = member.name.rpartition("/")[0]
            if part := file_names.update_part(member.name):
                found.updates[folder, part[0]][part[1]] = member
            elif named:
                found.images[folder, named.partition, named.slot].append((named.piece, member))
            elif file_names.is_archive(member.name) or file_names.is_payload(member.name):
                found.archives.append(member)
            elif file_names.is_any_image(member.name) or refused.refusal_by_name(member.name):
                self.found.left.append(member.name)
        return found

    def _unknown(self, member: Member) -> Named | None:
        """What the image *member* of a partition nobody knows is to be called, if there are files in it."""
        named = file_names.other_image(member.name)
        if named is None or named.piece:  # of several pieces the first tells
            return named
        try:
            return file_names.with_files(named, file_system(layers.first_bytes(member)))
        except BadInput as error:
            self.found.errors.append(error)
            return None

    def _take_archive(self, member: Member, depth: int) -> bool:
        """Whether *member* is an archive of any kind; what it holds is taken."""
        head = member.head()
        if depth >= _DEEPEST:
            raise BadInput(f"lies in {depth} archives and was not opened", where=member.origin, fix=_UNPACK)
        if head.startswith(zips.MAGIC):
            self.found.kinds.append("a ZIP archive")
            self.take_all(zips.members(member.at_random(self._spool)), depth + 1)
        elif tars.is_tar(head) or (head.startswith(layers.GZIP) and tars.is_tar(layers.first_bytes(member))):
            self._take_tar(member, head, depth)
        elif head.startswith(payload.MAGIC):
            self._take_payload(payload.Payload(member.at_random(self._spool)))
        elif update_app.is_update_app(head):
            self.found.kinds.append("Huawei's UPDATE.APP")
            self.take_all(update_app.members(member.at_random(self._spool)), depth + 1)
        elif file_names.base_name(member.name).endswith(".nb0") and nb0.is_nb0(member.at_random(self._spool)):
            self.found.kinds.append("FIH's nb0 archive")
            self.take_all(nb0.members(member.at_random(self._spool)), depth + 1)
        else:
            return False
        return True

    def _take_tar(self, member: Member, head: bytes, depth: int) -> None:
        packed = head.startswith(layers.GZIP)
        self.found.kinds.append("a gzip'd tar archive" if packed else "a tar archive")
        if member.image is not None and not packed:
            self.take_all(tars.members(member.image), depth + 1)
            return
        with member.open() as file:
            stream = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
            found = tars.streamed(stream, member.origin, wanted=_is_kept, spool=self._spool)
        self.take_all(found, depth + 1)

    def _take_payload(self, update: payload.Payload) -> None:
        self.found.kinds.append("an A/B update (payload.bin)")
        for part in update.updates:
            known = file_names.is_wanted(part.name)
            if not known and never_has_packages(part.name):
                self.found.left.append(part.name)
                continue
            with self.found.missing():
                self._take_partition(part.name, "", update.image(part))

    def _take_partition(self, name: str, slot: str, found: Image) -> None:
        """A partition of a payload or a super image, which name what they hold."""
        named: Named | None = Named(partition=name, slot=slot)
        if not file_names.is_wanted(name):
            named = file_names.with_files(Named(partition=name, slot=slot), file_system(look(found, 0, HEAD)))
        if named is None:
            self.found.left.append(f"{name}_{slot}" if slot else name)
        else:
            self.found.add(named.partition, named.slot, found)

    def _take_update(self, name: str, parts: dict[str, Member]) -> None:
        if never_has_packages(name):
            self.found.left.append(name)
            return
        self.found.kinds.append("a block-based update")
        with self.found.missing():
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
            self._take_partition(name, "", moves.image(data))

    def _take_image(self, named: Named, pieces: list[_Numbered]) -> None:
        with self.found.missing():
            found = layers.raw(pieces, self._spool)
            if not found.size:
                raise BadInput("is empty", where=found.origin, fix=_WHOLE)
            if super_image.is_super(look(found, 0, super_image.HEAD_BYTES)):
                self._take_super(found)
            elif named.partition == SUPER:
                raise BadInput("has no table of partitions", where=found.origin, fix=BROKEN)
            else:
                self.found.kinds.append("a partition image")
                self.found.add(named.partition, named.slot, found)

    def _take_super(self, found: Image) -> None:
        self.found.kinds.append("a super image")
        for part in sorted(super_image.partitions(found), key=lambda part: part.name):
            name, slot = partition(part.name)
            with self.found.missing():
                self._take_partition(name, slot, super_image.logical_image(found, part))


def _images(pieces: list[_Numbered]) -> list[list[_Numbered]]:
    """The files of each image: all pieces make one, and every other file is one by itself."""
    whole_ones = [[one] for one in pieces if one[0] is None]
    in_pieces = [one for one in pieces if one[0] is not None]
    return [*whole_ones, in_pieces] if in_pieces else whole_ones


def _is_kept(name: str, head: bytes) -> bool:
    """Whether a member of an archive that is read but once is worth keeping. head: its first bytes"""
    if file_names.image_name(name) is not None or file_names.update_part(name) is not None:
        return True
    if file_names.is_archive(name) or file_names.is_payload(name):
        return True
    named = file_names.other_image(name)
    return named is not None and bool(named.piece or layers.may_be_files(head))


def _nothing(left: list[str]) -> str:
    what = "holds no image of a partition that an audit reads"
    return f"{what}, only {', '.join(left[:8])}" if left else what
