"""DNS messages: the names asked for and the addresses answered.

Source: RFC 1035 sections 4.1 (messages, compression) and 4.2.2 (the length prefix over TCP); RFC 3596 (AAAA).
Loops of compression end: a pointer must point before where it stands, and a name has at most 255 bytes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from audit.model.record import record

A, CNAME, AAAA = 1, 5, 28
MOST_RECORDS = 512
MOST_QUESTIONS = 16

_HEADER = 12
_LONGEST_NAME = 255
_MOST_JUMPS = 32


@record
class Question:
    """A name asked for, in lower case without its last dot, and the number of the type asked for."""

    name: str
    kind: int


@record
class Answer:
    """A record of the answer section; value: an address, or the name an alias stands for."""

    name: str
    kind: int
    value: str


@record
class Message:
    """One message. answers: of the types A, AAAA and CNAME; whole: False where it ends too early."""

    number: int
    response: bool
    code: int
    questions: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    whole: bool = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses answered, in their order."""
        return tuple(answer.value for answer in self.answers if answer.kind in (A, AAAA))


class _Short(Exception):
    """The message ends, or contradicts itself, before what is to be read."""


def read_message(data: bytes) -> Message | None:
    """The message in one datagram; None where it is no question or answer of DNS."""
    if len(data) < _HEADER:
        return None
    number, flags, asked, answered = (int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4, 6))
    opcode, zero = flags >> 11 & 15, flags >> 6 & 1
    response = bool(flags >> 15)
    if opcode or zero or not (asked or response) or asked > MOST_QUESTIONS:
        return None
    questions: list[Question] = []
    answers: list[Answer] = []
    whole = answered <= MOST_RECORDS
    try:
        at = _HEADER
        for _ in range(asked):
            name, at = _name(data, at)
            questions.append(Question(name=name, kind=_number(data, at)))
            at += 4
        for _ in range(min(answered, MOST_RECORDS)):
            answer, at = _record(data, at)
            if answer is not None:
                answers.append(answer)
    except _Short:
        whole = False
    if not questions and not answers:
        return None
    return Message(
        number=number,
        response=response,
        code=flags & 15,
        questions=tuple(questions),
        answers=tuple(answers),
        whole=whole,
    )


class Messages:
    """Messages over TCP, each with its length before it, fed as the bytes come."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take the next bytes; the messages that end in them."""
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= 2:
            length = int.from_bytes(self._buffer[at : at + 2], "big")
            if len(self._buffer) - at - 2 < length:
                break
            if (message := read_message(bytes(self._buffer[at + 2 : at + 2 + length]))) is not None:
                yield message
            at += 2 + length
        del self._buffer[:at]


def _number(data: bytes, at: int) -> int:
    """The type at *at*; its class must be there too."""
    if at + 4 > len(data):
        raise _Short
    return int.from_bytes(data[at : at + 2], "big")


def _record(data: bytes, at: int) -> tuple[Answer | None, int]:
    name, at = _name(data, at)
    kind = _number(data, at)
    if at + 10 > len(data):
        raise _Short
    start = at + 10
    end = start + int.from_bytes(data[at + 8 : at + 10], "big")
    if end > len(data):
        raise _Short
    if (kind, end - start) in ((A, 4), (AAAA, 16)):
        return Answer(name=name, kind=kind, value=str(ipaddress.ip_address(data[start:end]))), end
    if kind == CNAME:
        return Answer(name=name, kind=kind, value=_name(data, start)[0]), end
    return None, end


def _name(data: bytes, at: int) -> tuple[str, int]:
    """The name at *at*, and where what follows it begins."""
    labels: list[str] = []
    after, length, jumps = None, 0, 0
    while True:
        if at >= len(data):
            raise _Short
        size = data[at]
        if size == 0:
            return ".".join(labels), at + 1 if after is None else after
        if size >> 6 == 3:
            target = int.from_bytes(data[at : at + 2], "big") & 0x3FFF
            after = at + 2 if after is None else after
            jumps += 1
            if at + 2 > len(data) or target >= at or jumps > _MOST_JUMPS:
                raise _Short
            at = target
            continue
        label = data[at + 1 : at + 1 + size]
        length += size + 1
        if size >> 6 or length > _LONGEST_NAME:
            raise _Short
        labels.append(_label(label))
        at += 1 + size


def _label(label: bytes) -> str:
    r"""A label in lower case; dots and what is not printable as ``\DDD`` (RFC 1035 section 5.1)."""
    return "".join(chr(b).lower() if 0x20 < b < 0x7F and b not in b".\\" else f"\\{b:03}" for b in label)
