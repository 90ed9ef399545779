from __future__ import annotations

import base64
import gzip
import random
import zlib
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit.model.flows import Certainty, IdentifierKind, OwnIdentifier
from audit.parse.identifiers.scan import scan
from audit.parse.identifiers.shapes import canonical, check_digit, luhn
from tests.parse.identifiers.house import OWN, WRAPS, exact, look, makes_sense, stranger

K = IdentifierKind
_DIGITS = st.sampled_from("0123456789")
_HEX = st.sampled_from("0123456789abcdef")


def _text(alphabet: st.SearchStrategy[str], size: int) -> st.SearchStrategy[str]:
    return st.lists(alphabet, min_size=size, max_size=size).map("".join)


def _checked(head: str, size: int) -> st.SearchStrategy[str]:
    return _text(_DIGITS, size).map(lambda rest: head + rest + check_digit(head + rest))


_MAKES: dict[K, st.SearchStrategy[str]] = {
    K.IMEI: _checked("35", 12),
    K.MEID: _text(_HEX, 12).map("A1".__add__),
    K.IMSI: _text(_DIGITS, 12).map("460".__add__),
    K.ICCID: _checked("8986", 15),
    K.MAC: _text(_HEX, 10).map("a4".__add__).map(lambda v: ":".join(v[i : i + 2] for i in range(0, 12, 2))),
    K.ANDROID_ID: _text(_HEX, 16),
    K.SERIAL: st.from_regex(r"[A-Z][0-9][A-Z0-9]{6,14}", fullmatch=True),
    K.DEVICE_ID: st.from_regex(r"[a-z][0-9][a-z0-9]{10,20}", fullmatch=True),
}


def _told(kind: K, made: st.SearchStrategy[str]) -> st.SearchStrategy[OwnIdentifier]:
    # of few digits, repeated, deflate leaves less than is noticed as base64
    valid = made.filter(lambda value: canonical(kind, value) is not None and len(set(value)) > _DISTINCT)
    return valid.map(lambda value: OwnIdentifier(kind=kind, value=value, origin="test"))


_ONES = st.one_of([_told(kind, made) for kind, made in _MAKES.items()])
_DISTINCT = 5
_HEADLESS = ("deflate",)
_NESTS = st.lists(st.sampled_from(sorted(WRAPS)), max_size=2).filter(lambda nest: makes_sense(*nest))
_FIELDS = st.sampled_from(["%s", "a=%s&b=1", '{"n":{"k":"%s"}}', "<k>%s</k>", "k=%s;", "x %s y"])


@given(_ONES, _FIELDS, _NESTS)
def test_what_the_unit_told_is_found_in_every_nesting(
    one: OwnIdentifier, field: str, nest: list[str]
) -> None:
    """Any known identifier, in any two of the encodings."""
    data = (field % one.value).encode()
    for name in nest:
        # of so few bytes base64 is noticed for a bare value only, also within another encoding
        assume(len(data) >= 12 or (field == "%s" and nest[0] not in _HEADLESS))
        data = WRAPS[name](data)
    assert exact(look(data, one)) == {one.kind}


@pytest.mark.parametrize(("inner", "outer"), [pair for pair in product(WRAPS, WRAPS) if makes_sense(*pair)])
def test_every_pair_of_encodings(inner: str, outer: str) -> None:
    """Each pair at least once, whatever the property test draws."""
    data = WRAPS[outer](WRAPS[inner](b'{"IMEI":"358673091234569","mac":"A4:50:46:12:9F:3C"}'))
    assert exact(look(data)) == {K.IMEI, K.MAC}


@given(st.binary(max_size=400), st.sampled_from(sorted(WRAPS)))
def test_nothing_raises(data: bytes, name: str) -> None:
    """Whatever bytes, plain or wrapped."""
    for each in (data, WRAPS[name](data), WRAPS[name](data)[:-3]):
        assert look(each).left >= 0


@given(st.lists(st.sampled_from([*"%25\\\"u0={}&;:,'<>/+-_ \n\r\0", "imei", "mac", "lat", "lon", "H4sI"])))
def test_no_mixture_of_marks_raises(parts: list[str]) -> None:
    """Every byte that means something to some format, in any order."""
    scan("".join(parts).encode(), OWN, key=b"k")


def test_random_numbers_are_no_identifiers() -> None:
    """Of 100,000 none is HIGH, and a check digit that happens to be right is all that speaks for the rest."""
    rng = random.Random(20190321)  # noqa: S311  # the same numbers in every run
    numbers = [str(rng.randrange(10 ** rng.randrange(5, 21))) for _ in range(100_000)]
    found = [
        one for i in range(0, len(numbers), 200) for one in stranger("\n".join(numbers[i : i + 200]).encode())
    ]
    assert {one.certainty for one in found} <= {Certainty.MEDIUM}
    assert {one.kind for one in found} <= {K.IMEI, K.ICCID}
    with_check_digit = [n for n in numbers if len(n) in (15, 19, 20) and luhn(n)]
    assert 0 < len(found) < len(with_check_digit)


def test_random_bytes_hold_nothing() -> None:
    """8 MB of what an encrypted connection looks like, as bytes, in base64 and in hexadecimal."""
    rng = random.Random(7)  # noqa: S311  # the same bytes in every run
    for _ in range(32):
        data = rng.randbytes(256 << 10)
        for wrapped in (data, base64.encodebytes(data), data.hex().encode()):
            found = look(wrapped).found
            assert [one for one in found if one.certainty is not Certainty.MEDIUM] == []


_MB = 1 << 20


@pytest.mark.parametrize(
    "data",
    [
        b"1" * _MB,
        b"358673091234569" * (_MB // 15),
        b"%" * _MB,
        b"%25" * (_MB // 3),
        b"%2525" * (_MB // 5),
        b"a" * _MB,
        b"A" * _MB,
        (b"A" * 15 + b" ") * (_MB // 16),
        (b"A" * 76 + b"\n") * (_MB // 77),
        (b"Ab" * 20 + b"\n" + b"C" * 39 + b"\n") * (_MB // 80),
        b"-" * _MB,
        b"-ODYw" * (_MB // 5),
        b"/H4sI" * (_MB // 5),
        b"\x1f\x8b\x08" * (_MB // 3),
        b"x\x9c" * (_MB // 2),
        b"imei" * (_MB // 4),
        b"imei=" * (_MB // 5),
        b'imei"' * (_MB // 5),
        b"lat=1.2345&lon=2.3456&" * (_MB // 22),
        b"cellid=12345&" * (_MB // 13),
        b"\\" * _MB,
        b"\\u0031" * (_MB // 6),
        b"a\0" * (_MB // 2),
        b"\0a" * (_MB // 2),
        b"a0" * (_MB // 2),
        b"0123456789abcdef " * (_MB // 17),
        b"12:" * (_MB // 3),
        b"1 " * (_MB // 2),
        b"B2NGAB8C123" * (_MB // 11),
        b"\r\n\r\n" * (_MB // 4),
        base64.b64encode(base64.b64encode(b"1" * (_MB // 2))),
    ],
    ids=lambda data: repr(data[:12]),
)
def test_a_megabyte_of_one_thing_ends(data: bytes) -> None:
    """Nothing grows with the square of the input: that would take hours, the suite's limit is minutes."""
    look(data)


@pytest.mark.parametrize("wrap", [gzip.compress, zlib.compress, lambda data: zlib.compress(data)[2:-4]])
def test_a_bomb_is_opened_in_part_and_that_is_said(wrap: object) -> None:
    """64 MB of blanks in 64 kB: its beginning is looked at, the rest is counted as left."""
    assert callable(wrap)
    scanned = look(wrap(b"imei=358673091234569" + b" " * (64 << 20)))
    assert exact(scanned) == {K.IMEI}
    assert scanned.left > 0


def test_bombs_within_bombs_end() -> None:
    """What is inflated is bounded over all levels together."""
    inner = gzip.compress(b"0" * (32 << 20))
    assert look(gzip.compress(inner * 40)).left > 0


@given(st.integers(min_value=20, max_value=400))
def test_a_cut_stream_gives_what_came(size: int) -> None:
    """Half a gzip stream still tells what its first half held."""
    noise = random.Random(size).randbytes(900).hex()  # noqa: S311  # the same in every run
    body = b"imei=358673091234569&" + noise.encode()
    cut = gzip.compress(body)[: 120 + size]
    assert exact(look(cut)) == {K.IMEI}
