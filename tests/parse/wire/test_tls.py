from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse.wire.tls import TLS13, Hello, Records, is_tls, may_be_tls, read_hello
from tests.parse.wire.writers import client_hello, records, server_hello

_TLS12 = 0x0303
_HELLO = client_hello("zzhc.vnet.cn", ("h2", "http/1.1"))


def _data(length: int) -> bytes:
    return records(bytes(length), kind=23)


@given(
    st.from_regex(r"[a-z]{1,10}(\.[a-z]{1,10}){0,3}", fullmatch=True),
    st.lists(st.sampled_from(("h2", "http/1.1", "h3")), unique=True),
    st.integers(1, 300),
    st.lists(st.integers(0, 2000), max_size=6),
)
def test_names_are_read_across_records_and_writes(
    sni: str, alpn: list[str], most: int, cuts: list[int]
) -> None:
    """However the message is cut into records, and they into writes."""
    data = records(client_hello(sni, alpn), most=most)
    reader = Records()
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(places):
        reader.feed(data[start:end])
    assert reader.hello == Hello(sni=sni, alpn=tuple(alpn), versions=(TLS13, _TLS12))
    assert reader.hello.state == "whole"


@pytest.mark.parametrize("end", range(12, len(_HELLO)))
def test_a_hello_that_breaks_off_is_partial(end: int) -> None:
    """Its name is told only where all of it was seen."""
    hello = read_hello(records(_HELLO)[:end])
    assert hello is not None
    assert hello.state == "partial"
    assert hello.sni in ("", "zzhc.vnet.cn")
    assert hello.sni == "" or end >= 5 + _HELLO.index(b"zzhc.vnet.cn") + len("zzhc.vnet.cn")


@pytest.mark.parametrize(
    "data", [b"", b"GET / HTTP/1.1\r\n", records(server_hello(TLS13)), b"\x16\x03\x09aaaaaaa"]
)
def test_what_is_no_client_hello_is_none(data: bytes) -> None:
    """Other protocols, and the server's side."""
    assert read_hello(data) is None


@pytest.mark.parametrize(("version", "read"), [(TLS13, TLS13), (_TLS12, _TLS12), (0x0301, 0x0301)])
def test_the_version_the_server_chose(version: int, read: int) -> None:
    """In the extension where it is 1.3, else in the old place."""
    reader = Records()
    reader.feed(records(server_hello(version)))
    assert reader.server_version == read


@pytest.mark.parametrize(
    ("versions", "chosen", "lengths", "sent"),
    [
        ((_TLS12,), None, (), False),
        ((_TLS12,), None, (40,), True),
        ((TLS13, _TLS12), _TLS12, (40,), True),
        ((TLS13, _TLS12), None, (53,), False),  # its Finished, or data of 1.2: not known
        ((TLS13, _TLS12), TLS13, (53,), False),
        ((TLS13, _TLS12), TLS13, (53, 19), False),  # and it said goodbye
        ((TLS13, _TLS12), TLS13, (53, 300), True),
    ],
)
def test_a_handshake_is_told_from_data(
    versions: tuple[int, ...], chosen: int | None, lengths: tuple[int, ...], sent: bool
) -> None:
    """In TLS 1.3 the client's own Finished looks like data."""
    reader = Records()
    reader.feed(records(client_hello("a.example", versions=versions)) + b"".join(map(_data, lengths)))
    assert reader.sent_data(chosen) is sent


def test_a_partial_hello_may_be_of_any_version() -> None:
    """Without its extensions, one record of data is no proof."""
    reader = Records()
    reader.feed(records(_HELLO)[:80])
    reader.skip(len(records(_HELLO)) - 80)
    reader.feed(_data(53))
    assert not reader.sent_data(None)
    reader.feed(_data(53))
    assert reader.sent_data(None)


def test_a_hole_within_a_record_is_stepped_over() -> None:
    """The next record is where its length says; beyond that, all is lost."""
    reader = Records()
    reader.feed(records(_HELLO) + _data(5000)[:100])
    reader.skip(4905)
    reader.feed(_data(60))
    assert reader.data == [5000, 60]
    reader.skip(1)
    assert reader.lost


def test_more_than_a_handshake_was_not_kept() -> None:
    """Where so much left unseen, it was data."""
    reader = Records()
    reader.feed(records(_HELLO))
    reader.skip(900)
    assert not reader.sent_data(None)
    reader.skip(20_000)
    assert reader.sent_data(None)


def test_the_first_bytes_tell_tls() -> None:
    """Too few leave it open."""
    assert is_tls(records(_HELLO))
    assert is_tls(_data(40))
    assert not is_tls(b"\x16\x03\x01\x00\x05\x0b")
    assert may_be_tls(b"\x16")
    assert not may_be_tls(b"GET")


@given(
    st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=60).map(lambda junk: records(_HELLO[:50] + junk)),
        st.binary(max_size=99).map(lambda junk: records(b"\x02\0\0\x60" + junk)),
    ),
    st.integers(0, 300),
)
def test_no_bytes_raise(data: bytes, hole: int) -> None:
    """Whatever was sent."""
    reader = Records()
    reader.feed(data)
    reader.skip(hole)
    reader.feed(data)
    assert reader.hello is None or isinstance(reader.hello.sni, str)
    assert isinstance(reader.sent_data(reader.server_version), bool)
