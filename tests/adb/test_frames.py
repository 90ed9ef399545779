from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audit.adb.banner import Banner, parse_banner
from audit.adb.frames import CLSE, WRTE, Frame, Framer, checksum, pack_header


@given(st.binary(max_size=3000))
def test_the_checksum_is_the_sum_of_the_bytes(data: bytes) -> None:
    """The fast sum equals the plain one, also where every byte is the highest."""
    assert checksum(data) == sum(data)
    full = b"\xff" * len(data)
    assert checksum(full) == 255 * len(data)


@given(st.lists(st.binary(max_size=300), max_size=6), st.lists(st.integers(1, 60), min_size=1))
def test_any_split_gives_the_same_packets(payloads: list[bytes], cuts: list[int]) -> None:
    """Where the stream is cut makes no difference."""
    stream = b"".join(pack_header(WRTE, 1, 2, payload) + payload for payload in payloads) + pack_header(
        CLSE, 3, 4
    )
    whole = list(Framer(1000).feed(stream))
    assert [frame.payload for frame in whole] == [*payloads, b""]
    framer, at, turn = Framer(1000), 0, 0
    pieces: list[Frame] = []
    while at < len(stream):
        step = cuts[turn % len(cuts)]
        pieces += framer.feed(stream[at : at + step])
        at, turn = at + step, turn + 1
    assert pieces == whole


def test_a_banner_survives_the_wire_and_loses_what_could_harm_a_terminal() -> None:
    """Names come back as sent; escape sequences in them do not."""
    banner = Banner(kind="device", product="p", model="Nokia 7 plus", device="d", features=frozenset({"cmd"}))
    assert parse_banner(banner.encode()) == banner
    assert parse_banner(banner.encode() + b"\0") == banner
    assert parse_banner(b"device::ro.product.model=a\x1b[2Jb;features=").model == "a[2Jb"
    assert parse_banner(b"").kind == ""
