"""The answer to one question for a name: always the same address, and nothing else at all. Pure."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

from audit.model.record import record
from audit.parse.wire.dns import A, Question, read_message

TTL_S = 5
"""What a unit believed on the bench it forgets when it leaves it."""
_HEADER = struct.Struct(">HHHHHH")
_RECORD = struct.Struct(">HHHIH")
_RESPONSE, _RECURSION_WANTED, _RECURSION = 0x8000, 0x0100, 0x0080
_FORMAT_ERROR = 1
_INTERNET = 1
_NAME_BEFORE = 0xC00C  # a pointer to the name of the question, RFC 1035 section 4.1.4
_LONGEST_QUESTION = 255 + 4


@record
class Answered:
    """What to send back, and what was asked; question: None where it cannot be read."""

    data: bytes
    question: Question | None


def answer_to(query: bytes, address: IPv4Address) -> Answered | None:
    """The answer to *query*: *address* for A, nothing for any other type; None where none is owed.

    "Nothing" is NOERROR without a record, so that a client goes on to ask for A. A response is never
    answered, so that two such servers cannot talk to each other for ever.

    Source: RFC 1035 section 4.1
    """
    message = read_message(query)
    if message is None or message.response:
        return None
    wants_recursion = int.from_bytes(query[2:4], "big") & _RECURSION_WANTED
    flags = _RESPONSE | _RECURSION | wants_recursion
    asked = _question(query)
    if asked is None or len(message.questions) != 1:
        return Answered(data=_HEADER.pack(message.number, flags | _FORMAT_ERROR, 0, 0, 0, 0), question=None)
    question = message.questions[0]
    known = question.kind == A and int.from_bytes(asked[-2:], "big") == _INTERNET
    found = _RECORD.pack(_NAME_BEFORE, A, _INTERNET, TTL_S, 4) + address.packed if known else b""
    head = _HEADER.pack(message.number, flags, 1, int(known), 0, 0)
    return Answered(data=head + asked + found, question=question)


def _question(query: bytes) -> bytes | None:
    """The question as it was sent; None where its name is not written out."""
    at = _HEADER.size
    while at < len(query) and 0 < query[at] < 64:
        at += 1 + query[at]
    end = at + 5
    if end > len(query) or query[at] or end - _HEADER.size > _LONGEST_QUESTION:
        return None
    return query[_HEADER.size : end]
