from __future__ import annotations

import gzip
import time
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse.wire.http import MOST_BODY, Requests, read_requests
from audit.parse.wire.http_message import MOST_DECODED, Request, Status, read_status
from tests.parse.wire.writers import chunked

_POST = b"POST /reg?a=1 HTTP/1.1\r\nHost: zzhc.vnet.cn\r\nContent-Length: 5\r\n\r\nhello"


def _fed(data: bytes, cuts: list[int]) -> tuple[Request, ...]:
    stream = Requests()
    done: list[Request] = []
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(places):
        done += stream.feed(data[start:end])
    rest = stream.rest()
    return (*done, *([rest] if rest else []))


def test_a_request_is_read_whole() -> None:
    """Line, headers and body, with the bytes it had."""
    (request,) = read_requests(_POST)
    assert (request.method, request.target, request.version) == ("POST", "/reg?a=1", "1.1")
    assert (request.host, request.body, request.size) == ("zzhc.vnet.cn", b"hello", len(_POST))
    assert not request.truncated


@pytest.mark.parametrize(
    ("head", "host", "path"),
    [
        (b"GET http://a.example:8080/x?y HTTP/1.1\r\nHost: other\r\n\r\n", "a.example:8080", "/x?y"),
        (b"GET http://u:p@a.example?q HTTP/1.1\r\n\r\n", "a.example", "?q"),
        (b"GET http://a.example HTTP/1.0\r\n\r\n", "a.example", "/"),
        (b"CONNECT a.example:443 HTTP/1.1\r\n\r\n", "a.example:443", "a.example:443"),
        (b"\r\n\r\nGET / HTTP/1.1\nHost:b.example\n\n", "b.example", "/"),
        (b"GET /a b HTTP/1.1\r\nHost: b.\r\n  example\r\n\r\n", "b. example", "/a b"),
    ],
)
def test_the_host_is_found_wherever_it_is_written(head: bytes, host: str, path: str) -> None:
    """An absolute target is before the Host header, and lines may end in a bare newline."""
    (request,) = read_requests(head)
    assert (request.host, request.path, request.truncated) == (host, path, False)


@given(st.lists(st.integers(0, 10_000), max_size=8), st.lists(st.binary(max_size=40), min_size=1, max_size=4))
def test_how_it_was_cut_into_writes_does_not_matter(cuts: list[int], bodies: list[bytes]) -> None:
    """Pipelined requests, plain and chunked, come out the same from any pieces."""
    data = b"".join(
        b"POST /%d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" % n + chunked(body, 7)
        if n % 2
        else b"PUT /%d HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (n, len(body)) + body
        for n, body in enumerate(bodies)
    )
    found = _fed(data, cuts)
    assert [one.body for one in found] == bodies
    assert not any(one.truncated for one in found)
    assert sum(one.size for one in found) == len(data)


def test_head_and_body_in_writes_of_their_own() -> None:
    """As the 2019 client does: the request is known with its head, and done with its body."""
    stream = Requests()
    head, body = _POST[:-5], _POST[-5:]
    assert stream.feed(head) == ()
    assert stream.head is not None
    assert stream.head.method == "POST"
    (request,) = stream.feed(body)
    assert request.body == body


@pytest.mark.parametrize("end", [*range(4, 20), 40, len(_POST) - 6, len(_POST) - 1])
def test_a_request_that_breaks_off_is_marked(end: int) -> None:
    """Wherever it ends, what was seen is told, and that it is not all."""
    (request,) = read_requests(_POST[:end] if end > 5 else b"POST /")
    assert request.method == "POST"
    assert request.truncated


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"imei=1", mtime=0)),
        ("x-gzip", gzip.compress(b"imei=1", mtime=0)),
        ("deflate", zlib.compress(b"imei=1")),
        ("deflate", zlib.compress(b"imei=1")[2:-4]),
        ("deflate, gzip", gzip.compress(zlib.compress(b"imei=1"), mtime=0)),
        ("identity", b"imei=1"),
    ],
)
def test_content_codings_are_undone(coding: str, body: bytes) -> None:
    """Also two of them, and deflate without zlib's head."""
    head = f"POST / HTTP/1.1\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    (request,) = read_requests(head + chunked(body, 9, extension=b";x=y"))
    assert (request.body, request.coding) == (b"imei=1", "")
    assert not request.truncated


@pytest.mark.parametrize(("coding", "body"), [("br", b"\x0b\x02\x80"), ("gzip", b"no gzip"), ("gzip", b"")])
def test_a_coding_that_cannot_be_undone_is_named(coding: str, body: bytes) -> None:
    """The bytes stay as they are."""
    head = b"POST / HTTP/1.1\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
    (request,) = read_requests(head % (coding.encode(), len(body)) + body)
    assert (request.body, request.coding) == (body, coding if body else "")


def test_a_bomb_is_let_grow_so_far_only() -> None:
    """A small body that inflates to gigabytes is cut, and marked."""
    body = gzip.compress(bytes(64 << 20))
    head = b"POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    (request,) = read_requests(head + body)
    assert len(request.body) == MOST_DECODED
    assert request.truncated


def test_a_long_body_is_counted_and_kept_in_part() -> None:
    """What follows it is read all the same."""
    body = b"x" * (MOST_BODY + 100)
    first, second = read_requests(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body + _POST)
    assert (len(first.body), first.truncated) == (MOST_BODY, True)
    assert first.size > len(body)
    assert second.body == b"hello"


def test_a_hole_within_a_body_is_stepped_over() -> None:
    """Its length tells where the next request starts."""
    stream = Requests()
    stream.feed(b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
    (first,) = stream.skip(97)
    assert (first.body, first.truncated, first.size) == (b"abc", True, 40 + 100)
    (second,) = stream.feed(_POST)
    assert (second.body, second.truncated) == (b"hello", False)


def test_after_a_hole_elsewhere_the_next_request_is_waited_for() -> None:
    """Half a head is told of; what starts no request is left alone until one does."""
    stream = Requests()
    stream.feed(_POST[:30])
    (cut,) = stream.skip(1000)
    assert cut.truncated
    assert stream.feed(b"rest of something") == ()
    (request,) = stream.feed(_POST)
    assert (request.body, request.size) == (b"hello", len(_POST))


def test_after_bytes_that_are_no_request_the_next_is_waited_for() -> None:
    """They are none of its own."""
    stream = Requests()
    assert len(stream.feed(_POST + b"\x01\x02\x03 something else")) == 1
    assert stream.astray
    (request,) = stream.feed(_POST)
    assert request.size == len(_POST)


@pytest.mark.parametrize(
    "head",
    [
        b"CONNECT a:443 HTTP/1.1\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
def test_a_tunnel_is_no_http(head: bytes) -> None:
    """What goes through it is not read as requests."""
    stream = Requests()
    assert len(stream.feed(head)) == 1
    assert stream.tunnel
    assert stream.feed(_POST) == ()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01",
        b"SSH-2.0-x\r\n",
        b"hello world",
        b"GETTING /",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_other_protocols_are_no_requests(data: bytes) -> None:
    """Nothing is made of them."""
    assert read_requests(data) == ()


def test_a_status_line_is_read() -> None:
    """Version, code and reason."""
    assert read_status(b"HTTP/1.1 404 Not Found\r\n") == Status(version="1.1", code=404, reason="Not Found")
    assert read_status(b"HTTP/1.1 9x") is None


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                (
                    _POST,
                    b"\r\n",
                    b"GET ",
                    b"1\r\n",
                    b"\n",
                    b"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n",
                    b"ffffffffffffffff",
                    b"0\r\n",
                )
            )
        ).map(b"".join),
    ),
    st.lists(st.integers(0, 500), max_size=5),
)
def test_no_bytes_raise(data: bytes, cuts: list[int]) -> None:
    """Whatever was sent, and however; sizes never exceed it."""
    assert sum(one.size for one in _fed(data, cuts)) <= len(data)


@pytest.mark.parametrize(
    "start", [b"", b"GET /", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"]
)
@pytest.mark.parametrize(
    "more", [b"a", b"\n", b"\r\n", b"a: b\r\n", b"1\r\nx\r\n", b"GET / HTTP/1.1\r\n\r\n", b"0", b";"]
)
def test_byte_by_byte_does_not_take_long(start: bytes, more: bytes) -> None:
    """Work grows with the bytes, also where each comes alone."""
    data = start + more * (150_000 // len(more))
    stream = Requests()
    began = time.process_time()
    for at in range(len(data)):
        stream.feed(data[at : at + 1])
    assert time.process_time() - began < 3
