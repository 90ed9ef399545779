from __future__ import annotations

import struct
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.observe.sink.answer import TTL_S, answer_to
from audit.parse.wire.dns import AAAA, A, Answer, read_message

_STATION = IPv4Address("192.0.2.1")
_LABELS = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=63), min_size=1, max_size=3
)


def query(
    name: str, kind: int = A, *, number: int = 7, flags: int = 0x0100, family: int = 1, count: int = 1
) -> bytes:
    """A question as a resolver sends it."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part)
    return (
        struct.pack(">6H", number, flags, count, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, family)
    )


@given(_LABELS, st.integers(0, 65_535))
def test_every_name_leads_to_the_station(labels: list[str], number: int) -> None:
    """Whatever is asked for; the answer repeats number and question, and is soon forgotten."""
    name = ".".join(labels)
    asked = query(name, number=number)
    answered = answer_to(asked, _STATION)
    assert answered is not None
    message = read_message(answered.data)
    assert message is not None
    assert (message.number, message.response, message.code) == (number, True, 0)
    assert message.answers == (Answer(name=name, kind=A, value="192.0.2.1"),)
    assert answered.data.startswith(asked[:2])
    assert struct.pack(">I", TTL_S) in answered.data


@pytest.mark.parametrize(("kind", "family"), [(AAAA, 1), (65, 1), (15, 1), (12, 1), (255, 1), (A, 3)])
def test_what_is_no_ipv4_address_is_answered_with_nothing(kind: int, family: int) -> None:
    """No error: a client that hears one may not ask for A."""
    answered = answer_to(query("a.example", kind, family=family), _STATION)
    assert answered is not None
    assert answered.question is not None
    assert answered.question.kind == kind
    flags, questions, answers = struct.unpack(">2xHHH", answered.data[:8])
    assert (flags & 0x800F, questions, answers) == (0x8000, 1, 0)


@pytest.mark.parametrize("flags", [0x8180, 0x8000, 0x2800])
def test_an_answer_is_not_answered(flags: int) -> None:
    """Two name servers that answer each other's answers would never end; neither is an update answered."""
    assert answer_to(query("a.example", flags=flags), _STATION) is None


def test_two_questions_at_once_are_an_error() -> None:
    """Nobody asks so; which of them an address belongs to would be a guess."""
    two = query("a.example", count=2) + query("b.example")[12:]
    answered = answer_to(two, _STATION)
    assert answered is not None
    assert (answered.question, answered.data[3] & 15) == (None, 1)


def test_a_name_that_points_elsewhere_is_an_error() -> None:
    """A question that is compressed is not repeated."""
    pointing = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + b"\x01a\xc0\x0c" + struct.pack(">HH", A, 1)
    answered = answer_to(pointing, _STATION)
    assert answered is None or answered.question is None


@given(
    st.one_of(st.binary(max_size=80), st.binary(max_size=40).map(lambda tail: query("a.example")[:20] + tail))
)
def test_no_bytes_raise(data: bytes) -> None:
    """Anything may come over a network; an answer is never much larger than what was asked."""
    answered = answer_to(data, _STATION)
    assert answered is None or len(answered.data) <= max(12, len(data) + 16)


def test_options_of_the_asker_do_not_matter() -> None:
    """Resolvers add an OPT record to say how much they take."""
    with_options = bytearray(query("a.example"))
    with_options[11] = 1
    answered = answer_to(bytes(with_options) + b"\0\0\x29\x10\0\0\0\0\0\0\0", _STATION)
    assert answered is not None
    message = read_message(answered.data)
    assert message is not None
    assert message.addresses == ("192.0.2.1",)
