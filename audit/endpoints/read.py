"""Reads one file of a unit for what it holds, whatever it is: by its first bytes, never by its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from audit.endpoints.apk import archive_behind, read_apk
from audit.endpoints.arsc import read_arsc
from audit.endpoints.axml import read_axml
from audit.endpoints.compact_dex import is_compact, read_compact_at
from audit.endpoints.config_text import is_text, read_text
from audit.endpoints.dex import is_dex, read_dex_at
from audit.endpoints.elf import is_elf
from audit.endpoints.oat import is_odex, read_oat, read_odex
from audit.endpoints.part import Limits, Part
from audit.endpoints.vdex import is_vdex, read_vdex
from audit.endpoints.window import Window, whole
from audit.model.code import Code, CodeFile, Trouble

_HEAD = 1024
UNKNOWN = "unknown"
# The three signatures a zip can begin with: an entry, the end of an empty one, the mark of a split one.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


def read_code(file: BinaryIO, *, path: str, limits: Limits | None = None) -> CodeFile:
    """What *file*, open for reading and seekable, holds: *path* is what it is called in the answer.

    Never raises for what the bytes are: trouble is in the answer. Where there is none and nothing was found,
    nothing is there. sha256 stays "" (the caller hashes while it copies).
    """
    limits = limits or Limits()
    window = whole(file)
    head = window.read(0, _HEAD)
    if head.startswith(_ZIP):
        return read_apk(file, path=path, limits=limits)
    start = archive_behind(file, limits)
    if start is not None:
        return _both(file, window.part(0, start), path, limits)
    part = _part(window, head, limits)
    return CodeFile(
        path=path,
        size=window.size,
        form=part.form,
        code=part.code,
        strings=part.strings,
        beyond=part.beyond,
        found=part.found,
        troubles=part.troubles,
    )


def _both(file: BinaryIO, front: Window, path: str, limits: Limits) -> CodeFile:
    """An archive and what stands before it: Android opens the one, and once ran the other if it was a dex."""
    behind = read_apk(file, path=path, limits=limits)
    head = front.read(0, _HEAD)
    if is_dex(head):  # read_apk tells of it and has read it
        return behind
    part = _part(front, head, limits)
    known = part.form != UNKNOWN
    reason = f"an archive lies behind {front.size} bytes of {part.form if known else 'no known format'}"
    codes = {behind.code, part.code} if known else {behind.code}
    return replace(
        behind,
        form=f"{behind.form} behind {part.form}" if known else behind.form,
        code=next((code for code in (Code.UNREADABLE, Code.READ) if code in codes), Code.NONE),
        strings=behind.strings + part.strings,
        beyond=tuple(sorted({*behind.beyond, *part.beyond})),
        found=(*part.found, *behind.found),
        troubles=(Trouble(reason=reason, offset=0), *(part.troubles if known else ()), *behind.troubles),
    )


def _part(window: Window, head: bytes, limits: Limits) -> Part:
    if not head:
        return _nothing("empty", "the file is empty")
    for recognised, read in _FORMATS:
        if recognised(head):
            return read(window, where="", limits=limits)
    for recognised, parse in _WHOLE:
        if recognised(head):
            return _in_memory(window, limits, parse)
    return _nothing(UNKNOWN, "of no known format")


def _in_memory(window: Window, limits: Limits, parse: Callable[..., Part]) -> Part:
    """A part read from memory: a file is cut where one part of an archive would be refused."""
    part = parse(window.read(0, limits.part_bytes), where="", limits=limits)
    if window.size <= limits.part_bytes:
        return part
    reason = f"{window.size} bytes; the first {limits.part_bytes} are read"
    cut = Trouble(reason=reason, offset=limits.part_bytes)
    return replace(part, code=Code.UNREADABLE, troubles=(*part.troubles, cut))


def _nothing(form: str, reason: str) -> Part:
    return Part(form=form, code=Code.UNREADABLE, troubles=(Trouble(reason=reason, offset=0),))


def _is_table(head: bytes) -> bool:
    return head[:4] == b"\x02\x00\x0c\x00"


def _is_binary_xml(head: bytes) -> bool:
    return head[:4] == b"\x03\x00\x08\x00"


_FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[..., Part]], ...] = (
    (is_dex, read_dex_at),
    (is_compact, read_compact_at),
    (is_vdex, read_vdex),
    (is_odex, read_odex),
    (is_elf, read_oat),
)
_WHOLE: tuple[tuple[Callable[[bytes], bool], Callable[..., Part]], ...] = (
    (_is_table, read_arsc),
    (_is_binary_xml, read_axml),
    (is_text, read_text),
)
