from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from audit.endpoints.addresses import find
from audit.endpoints.chunks import Damage, StringPool, chunk_at
from audit.endpoints.part import Limits
from audit.endpoints.pools import likely, look
from tests.build.axml import chunk, pool

SAMPLES = (
    "http://zzhc.vnet.cn",
    "https://example.org:8443/path?q=1",
    "zzhc.vnet.cn中文",
    "服务器 http://a.example.org/ 上",
    "10.1.2.3:80",
    "[2001:db8::1]:80",
    "ro.boot.sku",
    "persist.sys.region",
    "sms:+10659123",
    "898603",
    "plain words",
    "see example.org\N{MEDIUM MATHEMATICAL SPACE}now",  # its lower byte is an underscore
    "",
    "\N{OLD ITALIC LETTER A}http://astral.example.org",
)
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(SAMPLES), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
    ),
    max_size=20,
)


def opened(data: bytes) -> StringPool:
    """Open the pool *data* is."""
    return StringPool(data, chunk_at(data, 0, len(data)), Limits())


@given(TEXTS, st.booleans())
def test_strings_come_out_as_they_went_in(texts: list[str], utf8: bool) -> None:
    """Either encoding gives back what was written, in its order."""
    written = opened(pool(texts, utf8=utf8))
    assert [text for _, text in written.all()] == texts
    assert [written.text(index) for index in range(len(written))] == texts


@given(TEXTS, st.booleans())
def test_the_search_misses_nothing_a_look_at_every_string_finds(texts: list[str], utf8: bool) -> None:
    """Searching the bytes of all strings at once finds the same, at the same places."""
    data = pool(texts, utf8=utf8)
    assert list(find(likely(opened(data)), where="x")) == list(find(opened(data).all(), where="x"))


def test_the_search_spares_most_strings() -> None:
    """Only strings that may be of interest are decoded."""
    data = pool([*(f"word number {n}" for n in range(1000)), "http://a.example.org/"])
    assert [text for _, text in likely(opened(data))] == ["http://a.example.org/"]


def test_strings_within_strings_are_all_looked_at() -> None:
    """A pool whose strings do not lie one behind the other hides nothing from the search."""
    body = b"\x1e\x1ehttp://hidden.example.org/path\0"
    offsets = struct.pack("<II", 0, 4)
    data = chunk(1, struct.pack("<IIIII", 2, 0, 0x100, 28 + len(offsets), 0), offsets + body)
    assert "http://hidden.example.org/path" in {f.value for f in look(opened(data), "x", Limits(), [])}


def test_a_long_string_of_old_aapt_is_read_to_its_end() -> None:
    """Aapt keeps fifteen bits of a length; the string goes on until its zero."""
    text = "a" * 40_000 + " http://end.example.org/"
    written = opened(pool([text, "next"]))
    assert written.text(0) == text
    assert written.text(1) == "next"


def test_a_long_string_in_utf16_has_a_long_length() -> None:
    """From 32,768 characters on the length takes two units."""
    text = "a" * 70_000
    written = opened(pool([text, "next"], utf8=False))
    assert [written.text(0), written.text(1)] == [text, "next"]


def test_finds_are_bounded() -> None:
    """No more than asked for are kept of one pool, which is told."""
    troubles: list[Damage] = []
    data = pool([f"http://h{n}.example.org/" for n in range(50)])
    assert len(look(opened(data), "x", Limits(found=10), troubles)) == 10
    assert len(troubles) == 1
