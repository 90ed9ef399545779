from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse.wire.dns import CNAME, Messages, read_message
from tests.parse.wire.writers import dns_message, dns_name, vector

_HOSTS = st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z]{1,20}){1,4}", fullmatch=True)
_IPS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@given(_HOSTS, st.lists(_IPS, max_size=5))
def test_what_was_written_is_read(host: str, answers: list[str]) -> None:
    """The name and all addresses, through compression."""
    message = read_message(dns_message(host.upper(), answers))
    assert message is not None
    assert [question.name for question in message.questions] == [host]
    assert (message.addresses, message.response, message.whole) == (tuple(answers), bool(answers), True)


def test_an_alias_is_kept_beside_the_addresses() -> None:
    """The name asked for stays the one that was asked for."""
    message = read_message(dns_message("zzhc.vnet.cn", ["219.141.177.1"], alias="zzhc.cdn.example"))
    assert message is not None
    assert [(one.kind, one.value) for one in message.answers] == [
        (CNAME, "zzhc.cdn.example"),
        (1, "219.141.177.1"),
    ]


@pytest.mark.parametrize("pointer", [b"\xc0\x0c", b"\xc0\xff", b"\xff\xff", b"\x01a\xc0\x0c", b"\xc0"])
def test_loops_and_pointers_ahead_end(pointer: bytes) -> None:
    """A pointer to itself, ahead, or nowhere is no name."""
    head = b"\x12\x34\x01\0" + b"\0\x01" + bytes(6)
    assert read_message(head + pointer + b"\0\x01\0\x01") is None


@pytest.mark.parametrize(("links", "followed"), [(20, True), (60, False)])
def test_a_chain_of_pointers_is_followed_so_far_only(links: int, followed: bool) -> None:
    """Each points before itself, so it ends; it may still be long."""
    chain, at = b"\0", 13  # within labels of the question, where they are allowed to be anything
    for n in range(links):
        if n == 30:
            chain += b"\x3c"
        chain += (0xC000 | at).to_bytes(2, "big")
        at = 12 + len(chain) - 1
    first, second = chain[:61], chain[62:]
    name = vector(first, 1) + (vector(second, 1) if second else b"") + b"\0"
    answer = (0xC000 | at).to_bytes(2, "big") + b"\0\x01\0\x01" + bytes(4) + vector(bytes(4), 2)
    head = b"\x12\x34\x81\x80\0\x01\0\x01" + bytes(4)
    message = read_message(head + name + b"\0\x01\0\x01" + answer)
    assert message is not None
    assert message.whole is followed
    assert message.addresses == (("0.0.0.0",) if followed else ())


def test_dots_and_controls_in_a_label_are_written_out() -> None:
    """A label with a dot in it is not two."""
    message = read_message(
        b"\x12\x34\x01\0\0\x01" + bytes(6) + vector(b"a.b\n", 1) + dns_name("cn") + b"\0\x01\0\x01"
    )
    assert message is not None
    assert message.questions[0].name == r"a\046b\010.cn"


@pytest.mark.parametrize("end", range(len(dns_message("a.example", ["1.2.3.4"]))))
def test_a_message_that_breaks_off_is_not_whole(end: int) -> None:
    """The name is kept as soon as all of it was there."""
    message = read_message(dns_message("a.example", ["1.2.3.4"])[:end])
    assert message is None or not message.whole


@pytest.mark.parametrize(
    "data", [b"", bytes(12), bytes(40), b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\xff" * 40]
)
def test_other_datagrams_are_none(data: bytes) -> None:
    """Nothing is made of them."""
    assert read_message(data) is None


@given(st.lists(_HOSTS, max_size=4), st.lists(st.integers(0, 400), max_size=5))
def test_messages_over_tcp(hosts: list[str], cuts: list[int]) -> None:
    """Each with its length before it, in any pieces."""
    data = b"".join(vector(dns_message(host), 2) for host in hosts)
    stream = Messages()
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found = [m for a, b in pairwise(places) for m in stream.feed(data[a:b])]
    assert [message.questions[0].name for message in found] == hosts


@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=60).map(lambda junk: b"\x12\x34\x81\x80\0\x01\0\x09\0\0\0\0" + junk),
    )
)
def test_no_bytes_raise(data: bytes) -> None:
    """Whatever came."""
    message = read_message(data)
    assert message is None or message.questions or message.answers
    list(Messages().feed(data))


def test_the_worst_message_does_not_take_long() -> None:
    """As many records as fit, each a chain of pointers to a long name."""
    name = b"".join(vector(b"a" * 60, 1) for _ in range(4)) + b"\0"
    body = name + b"".join(
        (b"\xc0\x0c" if n % 2 else b"\x01b\xc0\x0c") + b"\0\x05\0\x01" + bytes(4) + b"\0\x02\xc0\x0c"
        for n in range(4000)
    )
    began = time.process_time()
    read_message(b"\x12\x34\x81\x80\0\0\xff\xff" + bytes(4) + body)
    assert time.process_time() - began < 1
