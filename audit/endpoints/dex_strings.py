"""Finds the strings of a dex that may be of interest without looking at each of them.

A phone's image holds millions of strings, of which one in hundreds is an address. A few searches over the
bytes of all strings at once find the places where one could be; only the strings around these are decoded and
classified. The patterns must therefore match in every string of which `audit.endpoints.addresses` tells
anything; a property test holds them to that.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from audit.endpoints.hosts import TOP_LEVEL
from audit.endpoints.part import LOADED, NATIVE
from audit.endpoints.properties import PREFIXES
from audit.model.record import record

# A method or class a dex calls is a string of it by its whole name: its length, its bytes, a NUL.
_LOADS_NATIVE = b"\x0bloadLibrary\0"
_LOADERS = re.compile(rb"(?:PathClass|DexClass|InMemoryDexClass|DelegateLastClass)Loader;\0|DexFile;\0")
_LOADERS_IN = b"Ldalvik/system/"

_ENDINGS = frozenset(name.encode() for name in TOP_LEVEL)
# A string may begin within another only in a file made to deceive; so many of them are looked at.
_OVERLAPS = 16


def _before_the_dot() -> str:
    widths: dict[int, list[str]] = {}
    for prefix in PREFIXES:
        widths.setdefault(len(prefix), []).append(prefix)
    return "|".join(rf"(?<={'|'.join(rf'{p}[.]' for p in group)})" for group in widths.values())


# Each begins with a plain byte, which makes the search fast: what stands after a dot (the end of a host, IPv4
# address, or before it the first word of a property), after a colon, and the two kinds of number.
_HOST_END = r"(?P<end>[a-z]{2,10})(?![\w-]|\.[\w-])"
_IPV4 = r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]"
_AFTER_DOT = re.compile(rf"\.(?:{_before_the_dot()}|{_HOST_END}|{_IPV4})".encode())
_OTHERS = (
    re.compile(rb":(?://|[0-9a-fA-F]{0,4}:|\+?[0-9]{3})"),
    re.compile(rb"106[0-9]{5}"),
    re.compile(rb"89[1-9][0-9]{2}"),
)


@record
class Strings:
    """Where the strings of one file of code lie.

    block: the bytes that hold all of them; at: its place; offsets: of each string's length, ascending
    """

    block: bytes
    at: int
    offsets: Sequence[int]


@record
class Candidate:
    """A string worth looking at; offset of its first character.

    overlaps: it begins within another; cut: it has no end
    """

    offset: int
    text: str
    overlaps: bool = False
    cut: bool = False


def candidates(strings: Strings) -> Iterator[Candidate]:
    """The strings that may be of interest, in the order they lie in. Linear in the size of the block.

    In a table made to deceive, whose strings lie within each other, the last ones told are those that fit
    into four times the block's size.
    """
    budget = 4 * len(strings.block) + 4096
    for index in sorted({_index(strings, place) for place in places(strings.block)} - {-1}):
        for one in _overlapping(strings, index):
            budget -= len(one.text)
            if budget < 0:
                return
            yield one


def beyond(block: bytes) -> set[str]:
    """Which code besides its own a dex with the strings in *block* makes use of."""
    found = {NATIVE} if block.find(_LOADS_NATIVE) != -1 else set()
    at = block.find(_LOADERS_IN)
    while at != -1:
        at += len(_LOADERS_IN)
        if _LOADERS.match(block, at):
            return found | {LOADED}
        at = block.find(_LOADERS_IN, at)
    return found


def places(block: bytes) -> Iterator[int]:
    """Give the places where something of interest could stand, in no order."""
    for match in _AFTER_DOT.finditer(block):
        if (end := match["end"]) is None or end in _ENDINGS:
            yield match.start()
    for sign in _OTHERS:
        for match in sign.finditer(block):
            yield match.start()


def _index(strings: Strings, place: int) -> int:
    """Index of the last string that begins before *place*; -1 if none does."""
    return bisect_right(strings.offsets, strings.at + place) - 1


def _overlapping(strings: Strings, index: int) -> Iterator[Candidate]:
    """The string, and before it those it begins within: their ends are its own."""
    first = index
    while first > max(0, index - _OVERLAPS):
        begin, end = (strings.offsets[first + step] - strings.at for step in (-1, 0))
        if strings.block.find(0, begin + 1, end) != -1 or strings.block[begin] == 0:
            break
        first -= 1
    for each in range(first, index + 1):
        yield _text(strings, each, overlaps=each != first)


def _text(strings: Strings, index: int, *, overlaps: bool) -> Candidate:
    begin = strings.offsets[index] - strings.at
    # The length counts UTF-16 units, which says nothing about bytes: the string ends at its NUL.
    for _ in range(5):
        begin += 1
        if strings.block[begin - 1 : begin] < b"\x80":
            break
    end = strings.block.find(0, begin)
    raw = strings.block[begin : end if end != -1 else None]
    return Candidate(offset=strings.at + begin, text=decode(raw), overlaps=overlaps, cut=end == -1)


def decode(raw: bytes) -> str:
    """Modified UTF-8, as dex has it. What is no such is replaced by U+FFFD: it is no address either.

    Source: https://source.android.com/docs/core/runtime/dex-format#mutf-8
    """
    if raw.isascii():
        return raw.decode("ascii")
    raw = raw.replace(b"\xc0\x80", b"\0")
    try:
        text = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
