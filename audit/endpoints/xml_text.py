"""XML as text, taken apart into named values. No parser: nothing is expanded, nested or looked up.

A configuration file of a phone is small and plain, a hostile one declares entities that expand to gigabytes
or name other files. Here an entity that is not one of XML's own five stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from html import unescape

from audit.model.record import record

_TAG = re.compile(
    r"<(?P<end>/)?(?P<name>[^\s<>/\"'=]++)(?P<attributes>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
)
_ATTRIBUTE = re.compile(r"([^\s=\"'/]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")
_SPECIAL = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">"))
_NAMING = ("name", "key", "id")


@record
class Value:
    """A text or an attribute. at: index of its first character; group: number of the element it lies in.

    name: the element's or attribute's; ``server`` for ``<string name="server">``, and the key for
        ``<item key= value=>``
    """

    name: str
    text: str
    at: int
    group: int


@record
class Fault:
    """What is wrong with the XML, at the character *at*; what comes after is read as far as it goes."""

    reason: str
    at: int


def values(text: str, *, depth: int) -> Iterator[Value | Fault]:
    """The values of *text* in order, comments and processing instructions left out.

    depth: of elements in elements; deeper ones are read as if they lay in the last one that counts
    """
    stack: list[tuple[str, str, int]] = []
    at, group, told_depth = 0, 0, False
    while (start := text.find("<", at)) != -1:
        yield from _text(text, at, start, stack)
        if text.startswith(("<!", "<?"), start):
            at, special = _special(text, start, stack)
            yield from special
            continue
        tag = _TAG.match(text, start)
        if tag is None:
            yield Fault(reason="a tag is not closed", at=start)
            at = start
            break
        at = tag.end()
        if tag["end"]:
            _close(stack, tag["name"])
            continue
        group += 1
        naming = yield from _attributes(tag, group, stack[-1][2] if stack else 0)
        if tag["attributes"].endswith("/"):
            continue
        if len(stack) < depth:
            stack.append((tag["name"], naming or tag["name"], group))
        elif not told_depth:
            told_depth = True
            yield Fault(reason=f"elements lie more than {depth} deep in each other", at=start)
    if at < len(text):
        yield from _text(text, at, len(text), stack)
    if stack:
        yield Fault(reason=f"it ends within <{stack[-1][0]}>", at=len(text))


def _text(text: str, start: int, end: int, stack: list[tuple[str, str, int]]) -> Iterator[Value]:
    raw = text[start:end]
    if bare := raw.strip():
        # Siblings are one group: that of the element around the one that holds the text.
        group = stack[-2][2] if len(stack) > 1 else 0
        name = stack[-1][1] if stack else ""
        yield Value(name=name, text=_plain(bare), at=start + raw.index(bare[0]), group=group)


def _special(
    text: str, start: int, stack: list[tuple[str, str, int]]
) -> tuple[int, tuple[Value | Fault, ...]]:
    """A comment, CDATA, declaration or instruction: where it ends, and the values in it."""
    opening, closing = next(pair for pair in _SPECIAL if text.startswith(pair[0], start))
    end = text.find(closing, start + len(opening))
    if end == -1:
        told = (Fault(reason=f"{opening} is not closed", at=start),)
        return len(text), (*told, *_text(text, start + len(opening), len(text), stack))
    inside = tuple(_text(text, start + len(opening), end, stack)) if opening in {"<![CDATA[", "<!"} else ()
    return end + len(closing), inside


def _attributes(tag: re.Match[str], group: int, around: int) -> Generator[Value, None, str]:
    """The attributes as values. Returns the name they give to their element, if they do.

    group: of the attributes; around: of the elements beside this one, to which ``<int name= value=>`` speaks
    """
    given, first = "", tag.start("attributes")
    pairs = [
        (each[1].rpartition(":")[2], each[2] if each[2] is not None else each[3], first + each.start())
        for each in _ATTRIBUTE.finditer(tag["attributes"])
    ]
    for name, value, _ in pairs:
        if name.lower() in _NAMING and not given:
            given = value
    for name, value, at in pairs:
        entry = bool(given) and name.lower() == "value"
        if value:
            called, among = (given, around) if entry else (name, group)
            yield Value(name=called, text=_plain(value), at=at, group=among)
    return given


def _close(stack: list[tuple[str, str, int]], name: str) -> None:
    for back in range(len(stack) - 1, -1, -1):
        if stack[back][0] == name:
            del stack[back:]
            return


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text
