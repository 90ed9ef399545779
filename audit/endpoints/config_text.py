"""Text files: XML, JSON, properties and whatever else a client's configuration is written in.

Names count here: a number is a message's destination because its element is called ``SMS_NUMBER``, and the
port it goes to is its sibling ``DESTINATION_PORT`` (FIH's ``AutoRegConfig.xml``). Names of properties are
told only of a file within an APK, whose code may read them: a file that sets one is no code.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from audit.endpoints.addresses import find
from audit.endpoints.numbers import named_numbers
from audit.endpoints.part import Limits, Part
from audit.endpoints.xml_text import Fault, Value, values
from audit.model.code import Code, Found, FoundKind, Trouble
from audit.model.text import clean_line

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAIR = re.compile(
    r"(?P<open>[{\[])|(?P<close>[}\]])|[\"']?(?P<name>[\w.\-]++)[\"']?[ \t]*+[:=][ \t]*+(?P<value>"
    r"\"[^\"\n]*+\"|'[^'\n]*+'|[^\s\"'{}\[\],]++)"
)
_PORT = re.compile(r"(?:^|[^A-Za-z])(?i:port)(?:[^a-z]|$)|Port(?:[^a-z]|$)")
_DESTINATION = re.compile(r"(?i)dest|dst|target")
_SOURCE = re.compile(r"(?i)source|src|local|from")
_PORT_NUMBER = re.compile(r"[1-9][0-9]{0,4}")


def is_text(head: bytes) -> bool:
    """Whether the first bytes of a file look like text in UTF-8, UTF-16 or an 8-bit encoding."""
    if head.startswith(tuple(bom for bom, _ in _BOMS)):
        return True
    # Control characters other than tab, newline, form feed, return and escape are in no text.
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head)


def read_text(data: bytes, *, where: str, limits: Limits, properties: bool = False) -> Part:
    """The addresses in a text file. Offsets are in bytes, of the line or value that holds the address.

    properties: whether to tell names of properties as well
    """
    troubles: list[Trouble] = []
    if len(data) > limits.part_bytes:
        reason = f"{len(data)} bytes; the first {limits.part_bytes} are read"
        troubles.append(Trouble(reason=reason, where=where, offset=limits.part_bytes))
        data = data[: limits.part_bytes]
    text, encoding, start = _decode(data)
    if "\0" in text:
        troubles.append(Trouble(reason="not text: NUL in it", where=where, offset=text.index("\0")))
    xml = text.lstrip()[:1] == "<"
    named: list[Value] = []
    for each in values(text, depth=limits.depth) if xml else _pairs(text):
        if isinstance(each, Fault):
            offset = start + len(text[: each.at].encode(encoding, "replace"))
            troubles.append(Trouble(reason=each.reason, where=where, offset=offset))
        else:
            named.append(each)
    pieces = [(value.at, value.text) for value in named] if xml else list(_lines(text))
    numbers = _numbers(named, where=where)
    found = [
        one
        for one in find(pieces, where=where)
        if one.kind is not FoundKind.PROPERTY and not (one.kind is FoundKind.SMS and one.value in numbers)
    ]
    if properties:
        found += _properties(named, pieces, where=where)
    return _part(
        "XML" if xml else "text",
        _in_bytes([*found, *chain.from_iterable(numbers.values())], text, encoding, start),
        troubles,
        strings=len(pieces),
        limits=limits,
        where=where,
    )


def _properties(named: Iterable[Value], pieces: Iterable[tuple[int, str]], *, where: str) -> Iterator[Found]:
    """Names of properties, wherever they stand: as a name, as its value, or as a line."""
    both = ((value.at, text) for value in named for text in (value.name, value.text))
    return (
        one
        for one in find(chain(both, ((at, text.strip()) for at, text in pieces)), where=where)
        if one.kind is FoundKind.PROPERTY
    )


def _part(
    form: str, found: list[Found], troubles: list[Trouble], *, strings: int, limits: Limits, where: str
) -> Part:
    if len(found) > limits.found:
        reason = f"more than {limits.found} addresses; the rest is not told"
        troubles.append(Trouble(reason=reason, where=where))
    return Part(
        form=form,
        code=Code.NONE,
        strings=strings,
        found=tuple(found[: limits.found]),
        troubles=tuple(troubles[:100]),
    )


def _decode(data: bytes) -> tuple[str, str, int]:
    """The text, its encoding, and how many bytes its mark takes."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace"), encoding, len(bom)
    for first, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        if len(data) > 3 and data[first::2][:64].count(0) * 4 > min(len(data), 128):
            return data.decode(encoding, "replace"), encoding, 0
    try:
        return data.decode("utf-8"), "utf-8", 0
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1", 0


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.split("\n"):
        if line.strip():
            yield at, line
        at += len(line) + 1


def _pairs(text: str) -> Iterator[Value]:
    """``name=value`` and ``"name": "value"``; those within the same braces are one group."""
    groups, last = [0], 0
    for match in _PAIR.finditer(text):
        if match["open"]:
            last += 1
            groups.append(last)
        elif match["close"]:
            del groups[max(1, len(groups) - 1) :]
        else:
            yield Value(
                name=match["name"], text=match["value"].strip("\"'"), at=match.start(), group=groups[-1]
            )


def _numbers(named: Iterable[Value], *, where: str) -> dict[str, list[Found]]:
    """By number messages go to, what is found: the number with the port its group states, if it does."""
    groups: dict[int, list[Value]] = {}
    for value in named:
        groups.setdefault(value.group, []).append(value)
    numbers: dict[str, dict[str, Found]] = {}
    for group in groups.values():
        port = _port(group)
        for value in group:
            for number in named_numbers(value.name, value.text):
                full = clean_line(f"{number}:{port}" if port else number)
                found = Found(kind=FoundKind.SMS, value=full, where=where, offset=value.at)
                numbers.setdefault(number, {}).setdefault(full, found)
    return {number: list(found.values()) for number, found in numbers.items()}


def _port(group: list[Value]) -> str:
    """The destination port stated in *group*: one called so, else the only one that is not the source's."""
    ports = [value for value in group if _PORT.search(value.name) and _PORT_NUMBER.fullmatch(value.text)]
    named = [port for port in ports if _DESTINATION.search(port.name)]
    others = [port for port in ports if not _SOURCE.search(port.name)]
    return named[0].text if named else others[0].text if len(others) == 1 else ""


def _in_bytes(found: list[Found], text: str, encoding: str, start: int) -> list[Found]:
    """*found* in the order of the file, offsets in characters made offsets in bytes."""
    at, offset, out = 0, start, []
    for one in sorted(found, key=lambda each: each.offset or 0):
        where = one.offset or 0
        offset += len(text[at:where].encode(encoding, "replace"))
        at = where
        out.append(Found(kind=one.kind, value=one.value, where=one.where, offset=offset))
    return out
