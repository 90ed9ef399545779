"""From the files that an image of a partition lies in to its raw bytes: unpacked, joined, not sparse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType

from audit.errors import BadInput
from audit.sources.firmware.containers import lz4_frames, refused, sparse
from audit.sources.firmware.containers.bases import spooled_base
from audit.sources.firmware.containers.image import BROKEN, Image, image, whole
from audit.sources.firmware.containers.member import HEAD_BYTES, Member
from audit.sources.firmware.containers.reader import look, open_image
from audit.sources.firmware.containers.spool import Spool
from audit.sources.firmware.containers.unpack import unbrotli, ungzip, unlz4, unxz
from audit.sources.firmware.filesystems.tree import file_system

GZIP = b"\x1f\x8b"
XZ = b"\xfd7zXZ\0"

_DEEPEST = 3
_STREAMS = MappingProxyType({GZIP: ungzip, XZ: unxz})
"""What can only be unpacked from its beginning, by the magic it begins with."""
_FIRST = MappingProxyType({**_STREAMS, lz4_frames.MAGIC: unlz4})


def raw(parts: Sequence[tuple[int | None, Member]], spool: Spool) -> Image:
    """The raw image that *parts*, the files with the number of each, hold together.

    Raises BadInput where a part is damaged, is missing or cannot be put in its place.
    """
    ordered = [part for _, part in sorted(parts, key=lambda part: part[0] or 0)]
    _check_numbers([number for number, _ in parts], ordered[0].origin)
    images = [unpacked(part, spool) for part in ordered]
    origin = images[0].origin
    if all(sparse.is_sparse(look(one, 0, 4)) for one in images):
        return sparse.joined(images, origin)
    if len(images) == 1:
        return images[0]
    joined = image(origin, [piece for one in images for piece in one.pieces])
    return sparse.unsparsed(joined) if sparse.is_sparse(look(joined, 0, 4)) else joined


def _check_numbers(numbers: Sequence[int | None], origin: str) -> None:
    known = sorted(number for number in numbers if number is not None)
    if not known:
        return
    missing = sorted(set(range(min(known[0], 1), known[-1])) - set(known))[:1]
    if missing or len(set(known)) < len(known):
        what = (
            f"piece {missing[0]} of the image is missing"
            if missing
            else "a piece of the image lies here twice"
        )
        raise BadInput(what, where=origin, fix="give the folder or archive with every piece, once")


def unpacked(member: Member, spool: Spool) -> Image:
    """What *member* holds when nothing around it is packed any more. Raises BadInput for what is damaged."""
    for _ in range(_DEEPEST):
        head = member.head()
        stream = next((way for magic, way in _STREAMS.items() if head.startswith(magic)), None)
        if stream is not None:
            member = _spooled(member, spool, stream)
        elif head.startswith(lz4_frames.MAGIC):
            member = _unlz4(member, spool)
        else:
            break
    found = member.at_random(spool)
    refused.check(found, member.name)
    return found


def _spooled(member: Member, spool: Spool, stream: Callable[..., Iterator[bytes]]) -> Member:
    with member.open() as file:
        return _kept(member, spool, stream(file, where=member.origin), None)


def _unlz4(member: Member, spool: Spool) -> Member:
    packed = member.at_random(spool)
    found = lz4_frames.indexed(packed, member.origin)
    if found is not None:
        return Member(name=member.name, origin=member.origin, size=found.size, image=found)
    size = lz4_frames.content_size(packed)
    with open_image(packed) as file:
        return _kept(member, spool, unlz4(file, where=member.origin), size)


def _kept(member: Member, spool: Spool, chunks: Iterator[bytes], size: int | None) -> Member:
    base = spooled_base(spool, chunks, origin=member.origin, expected=size)
    if size is not None and base.size != size:
        what = f"unpacks to {base.size} bytes, not the {size} it announces"
        raise BadInput(what, where=member.origin, fix=BROKEN)
    return Member(name=member.name, origin=member.origin, size=base.size, image=whole(base))


def first_bytes(member: Member) -> bytes:
    """The first bytes of *member*, unpacked where it is packed; of a sparse image, those of the image."""
    head = member.head()
    way = next((way for magic, way in _FIRST.items() if head.startswith(magic)), None)
    if way is not None:
        with member.open() as file:
            head = _at_least(HEAD_BYTES, way(file, where=member.origin))
    return sparse.first_data(head) if sparse.is_sparse(head) else head


def may_be_files(head: bytes) -> bool:
    """Whether an image that begins with *head* is or may be a file system: what is packed may be one."""
    if any(head.startswith(magic) for magic in _FIRST):
        return True
    return bool(file_system(sparse.first_data(head) if sparse.is_sparse(head) else head))


def _at_least(size: int, chunks: Iterator[bytes]) -> bytes:
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) >= size:
            break
    return found


def unbrotlied(member: Member, spool: Spool, size: int) -> Image:
    """The data of a block-based update, *size* bytes; brotli has no magic, so the name has to tell."""
    if not member.name.lower().endswith(".br"):
        return member.at_random(spool)
    with member.open() as file:
        chunks = _at_most(unbrotli(file, where=member.origin), size, member.origin)
        return whole(spooled_base(spool, chunks, origin=member.origin, expected=size))


def _at_most(chunks: Iterator[bytes], size: int, where: str) -> Iterator[bytes]:
    for chunk in chunks:
        size -= len(chunk)
        if size < 0:
            raise BadInput("unpacks to more than its list wants", where=where, fix=BROKEN)
        yield chunk
