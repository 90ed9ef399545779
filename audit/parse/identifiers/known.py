"""The identifiers of one unit, made ready to be looked for: as they are, and as their hashes.

A hash of an identifier is the identifier: there are so few that each can be tried, so whoever gets the
SHA-256 of an IMEI has the IMEI. A hash that equals that of a value read from the unit is therefore exact.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence

from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.record import record
from audit.parse.identifiers.layers import DEEPEST
from audit.parse.identifiers.shapes import canonical, core, swap_nibbles

MOST_KNOWN = 64
"""A unit has a dozen; a hostile one does not get to choose how much is looked for."""

SKIPPED = b" -./:\0\t\r\n"
"""Bytes that may stand between the digits of one identifier; the NUL is UTF-16's."""

# Long enough, of digits or hexadecimal, to be nobody else's wherever it stands: 14 digits and more.
_ANYWHERE = frozenset(
    {
        IdentifierKind.IMEI,
        IdentifierKind.MEID,
        IdentifierKind.IMSI,
        IdentifierKind.ICCID,
        IdentifierKind.MAC,
        IdentifierKind.ANDROID_ID,
    }
)
# Words: only where they stand alone.
_ALONE = frozenset({IdentifierKind.SERIAL, IdentifierKind.DEVICE_ID, IdentifierKind.PHONE})
_SHORTEST_ALONE = 6
_SHORT = 12
"""Characters below which base64 and hexadecimal of a value are too short to be noticed as such."""
_HASHES = ("md5", "sha1", "sha256")
DIGEST_BYTES = frozenset({16, 20, 32})


@record
class One:
    """An identifier to look for. value: canonical; spelled: as the unit tells it"""

    kind: IdentifierKind
    value: str
    spelled: str


@record
class Needle:
    """Bytes that are an identifier.

    ways: the encodings they are in, outermost first; cased: capitals in them matter
    """

    one: One
    data: bytes
    ways: tuple[str, ...] = ()
    cased: bool = False


class Known:
    """The identifiers of one unit, to be looked for."""

    def __init__(self, identifiers: Sequence[OwnIdentifier]) -> None:
        ones: dict[tuple[IdentifierKind, str], One] = {}
        for told in identifiers:
            if len(ones) == MOST_KNOWN:
                break
            value = canonical(told.kind, told.value)
            if value is not None:
                ones.setdefault(
                    (told.kind, core(told.kind, value)),
                    One(kind=told.kind, value=value, spelled=told.value.strip()),
                )
        self._by_core = ones
        self.anywhere = tuple(needle for one in ones.values() for needle in _anywhere(one))
        self.alone = tuple(needle for one in ones.values() for needle in _alone(one))
        self._digests: dict[bytes, tuple[One, str]] | None = None

    def equal(self, kind: IdentifierKind, value: str) -> One | None:
        """The one of *kind* that the canonical *value* is."""
        return self._by_core.get((kind, core(kind, value)))

    def within(self, value: str) -> bool:
        """Whether *value*, separators or not, holds one that is found wherever it stands."""
        low = value.lower().encode("ascii", "replace")
        plain = low.translate(None, SKIPPED)
        return any(needle.data in plain for needle in self.anywhere) or any(
            needle.data == low for needle in self.alone
        )

    def digest(self, digest: bytes) -> tuple[One, str] | None:
        """Whose hash *digest* is, and by which function."""
        if self._digests is None:
            self._digests = {
                hashlib.new(name, text, usedforsecurity=False).digest(): (one, name)
                for one in self._by_core.values()
                for text in _spellings(one)
                for name in _HASHES
            }
        return self._digests.get(digest)


def _anywhere(one: One) -> Iterator[Needle]:
    if one.kind not in _ANYWHERE:
        return
    plain = core(one.kind, one.value)
    yield Needle(one=one, data=plain.encode("ascii"))
    if one.kind is IdentifierKind.MEID:
        yield Needle(one=one, data=f"{int(plain[:8], 16):010d}{int(plain[8:], 16):08d}".encode("ascii"))
    if one.kind is IdentifierKind.ICCID:
        # as the SIM keeps it: the last digit may share its byte with the filler
        swapped = swap_nibbles(one.value[: len(one.value) // 2 * 2])
        yield Needle(one=one, data=swapped.encode("ascii"))


def _alone(one: One) -> Iterator[Needle]:
    if one.kind not in _ALONE or len(one.value) < _SHORTEST_ALONE:
        return
    yield Needle(one=one, data=one.value.encode("ascii"))
    if len(one.value) < _SHORT:
        yield from _wrapped(one, one.spelled.encode("ascii", "replace"), ())


def _wrapped(one: One, data: bytes, around: tuple[str, ...]) -> Iterator[Needle]:
    """*data* in the encodings that would not be noticed, since so little is in them."""
    for name, wrapped in (
        ("base64", base64.b64encode(data).rstrip(b"=")),
        ("hex", data.hex().encode("ascii")),
    ):
        ways = (name, *around)
        yield Needle(one=one, data=wrapped, ways=ways, cased=name == "base64")
        if len(ways) < DEEPEST and len(wrapped) < _SHORT:
            yield from _wrapped(one, wrapped, ways)


def _spellings(one: One) -> Iterator[bytes]:
    """What programs hash: the value in both cases, an IMEI without its check digit, a MAC in pairs."""
    texts = [one.spelled, one.value]
    if one.kind is IdentifierKind.IMEI:
        texts.append(core(one.kind, one.value))
    if one.kind is IdentifierKind.MAC:
        texts += [sep.join(re.findall("..", one.value)) for sep in ":-"]
    for text in texts:
        yield from (spelled.encode("utf-8", "replace") for spelled in (text, text.lower(), text.upper()))
