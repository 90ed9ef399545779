"""Identifiers in bytes that were sent, through the encodings they are wrapped in.

Equal to a value read from this unit is `Certainty.EXACT`, also where it stands within more (an IMSI's digits
in a user name), in another spelling, or as its MD5, SHA-1 or SHA-256 (the hash's name then ends *where*).
A check digit that is right in a field of the right name is HIGH, either alone MEDIUM, and MEDIUM at most for
the kinds that have no check digit. A shape alone is nothing.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections import deque
from collections.abc import Iterator, Sequence

from audit.model.flows import Caught, Certainty, IdentifierKind, OwnIdentifier
from audit.model.record import record
from audit.parse.identifiers.inflate import Budget
from audit.parse.identifiers.known import DIGEST_BYTES, SKIPPED, Known, Needle, One
from audit.parse.identifiers.layers import Layer, inner, number_runs, unescaped
from audit.parse.identifiers.named import Sighting, sightings
from audit.parse.identifiers.names import key_before
from audit.parse.identifiers.shapes import BY_ITSELF, by_itself, canonical, shown

MOST_BYTES = 64 << 20
"""Of one call; a recording holds no more."""
MOST_FOUND = 256
"""That are not the unit's own: those are so many as it has."""

_RANK = {Certainty.EXACT: 0, Certainty.HIGH: 1, Certainty.MEDIUM: 2}
_LONGEST_ALONE = 20
_MOST_PLACES = 4096
"""Where a word is looked at that stands within others."""
_Runs = Sequence[tuple[int, int]]


@record
class Scanned:
    """found: each identifier once, the surest sighting of it; left: bytes that were not looked at."""

    found: tuple[Caught, ...] = ()
    left: int = 0


def scan(data: bytes, known: Sequence[OwnIdentifier], *, key: bytes, where: str = "") -> Scanned:
    """Look for identifiers in *data*: as it is, and inside URL encoding, base64, hex, gzip, two levels deep.

    known: the unit's own; key: for the HMACs, b"" = none; where: what *data* is ("body", "url")
    The HMAC is of ``kind:value``, the value in the form of `audit.parse.identifiers.shapes.canonical`: equal
    for all spellings of one identifier, a known one's hash included. Never raises. Whoever scans much for one
    unit makes a `Scanner` once. What base64 or hexadecimal hides in fewer than 12 bytes is seen only where it
    is a known value and nothing else: every longer word looks like base64.
    """
    return Scanner(known, key=key).scan(data, where=where)


class Scanner:
    """Looks for the identifiers of one unit; see `scan`. known: the unit's own, as given."""

    def __init__(self, known: Sequence[OwnIdentifier], *, key: bytes) -> None:
        self.known = tuple(known)
        self._known = Known(known)
        self._key = key

    def scan(self, data: bytes, *, where: str = "") -> Scanned:
        """Look for identifiers in *data*."""
        looked = data[:MOST_BYTES]
        search = _Search(self._known)
        budget = Budget(len(looked))
        layers = deque([Layer(data=looked, pieces=(looked,))])
        while layers:
            layer = layers.popleft()
            if budget.look(len(layer.data)):
                text = unescaped(layer.data)
                numbers = number_runs(text)
                search.look(layer, text, numbers)
                layers += inner(layer, text, numbers, budget)
        found = tuple(self._caught(one, where) for one in search.found())
        return Scanned(found=found, left=budget.left + len(data) - len(looked))

    def _caught(self, one: Sighting, where: str) -> Caught:
        text = f"{one.kind.value}:{one.value}".encode()
        return Caught(
            kind=one.kind,
            certainty=one.certainty,
            shown=shown(one.value),
            hmac=hmac.new(self._key, text, hashlib.sha256).hexdigest() if self._key else "",
            where=" > ".join(filter(None, (where, *one.ways))),
            key=one.key,
        )


class _Search:
    """Collects what is found, layer by layer."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._found: dict[tuple[IdentifierKind, str], Sighting] = {}

    def found(self) -> list[Sighting]:
        """Each identifier once, the surest first."""
        return sorted(self._found.values(), key=lambda one: _RANK[one.certainty])

    def look(self, layer: Layer, text: bytes, numbers: _Runs) -> None:
        """Keep what is in one layer. text: its bytes; numbers: the long ones in them."""
        low = text.lower()
        for finder in (
            self._anywhere(text, low),
            self._alone(text, low),
            self._hashed(layer, text, numbers),
            sightings(text, self._known, self._is_full),
            _by_check_digit(text, numbers),
        ):
            for sighting in finder:
                self._keep(sighting, layer.path)

    def _keep(self, sighting: Sighting, path: tuple[str, ...]) -> None:
        place = (sighting.kind, sighting.value)
        before = self._found.get(place)
        if before is None:
            if sighting.certainty is not Certainty.EXACT and self._is_full():
                return
        elif not _is_better(sighting, before):
            return
        self._found[place] = sighting.inside(path)

    def _is_full(self) -> bool:
        return len(self._found) >= MOST_FOUND

    def _anywhere(self, text: bytes, low: bytes) -> Iterator[Sighting]:
        """Known numbers, whatever stands around or between their digits."""
        if not self._known.anywhere:
            return
        flat = low.translate(None, SKIPPED)
        for needle in self._known.anywhere:
            if needle.data in flat:
                between = b"[" + re.escape(SKIPPED) + b"]*+"
                pattern = between.join(needle.data[i : i + 1] for i in range(len(needle.data)))
                place = re.search(pattern, low)
                yield _exact(needle, text, place.start() if place else 0)

    def _alone(self, text: bytes, low: bytes) -> Iterator[Sighting]:
        """Known words, where they are not part of other words."""
        for needle in self._known.alone:
            hay = text if needle.cased else low
            at = hay.find(needle.data)
            for _ in range(_MOST_PLACES):
                if at < 0:
                    break
                end = at + len(needle.data)
                if not hay[at - 1 : at].isalnum() and not hay[end : end + 1].isalnum():
                    yield _exact(needle, text, at)
                    break
                at = hay.find(needle.data, at + 1)

    def _hashed(self, layer: Layer, text: bytes, numbers: _Runs) -> Iterator[Sighting]:
        """Hashes of known values, in hexadecimal, and as bytes where an encoding held nothing else."""
        for start, end in numbers:
            if (end - start) % 2 == 0 and (end - start) // 2 in DIGEST_BYTES:
                yield from self._digest(binascii.unhexlify(text[start:end]), text, start)
        for piece in layer.pieces if layer.path else ():
            if len(piece) in DIGEST_BYTES:
                yield from self._digest(piece, b"", 0)

    def _digest(self, digest: bytes, text: bytes, at: int) -> Iterator[Sighting]:
        if (of := self._known.digest(digest)) is not None:
            one, name = of
            key, way = key_before(text, at)
            yield _sighting(one, key, (way, name) if way else (name,))


def _exact(needle: Needle, text: bytes, at: int) -> Sighting:
    key, way = key_before(text, at)
    return _sighting(needle.one, key, (way, *needle.ways) if way else needle.ways)


def _sighting(one: One, key: str, ways: tuple[str, ...]) -> Sighting:
    return Sighting(kind=one.kind, value=one.value, certainty=Certainty.EXACT, key=key, ways=ways)


def _by_check_digit(text: bytes, numbers: _Runs) -> Iterator[Sighting]:
    """Numbers that have the prefix and the check digit of an identifier, and no name."""
    for start, end in numbers:
        if text[start : start + 2] not in BY_ITSELF or end - start > _LONGEST_ALONE:
            continue
        if text[start - 1 : start].isalpha() or text[end : end + 1].isalpha():
            continue
        digits = text[start:end].decode("ascii")
        kind = by_itself(digits)
        if kind is not None and (value := canonical(kind, digits)) is not None:
            key, way = key_before(text, start)
            ways = (way,) if way else ()
            yield Sighting(kind=kind, value=value, certainty=Certainty.MEDIUM, key=key, ways=ways)


def _is_better(new: Sighting, old: Sighting) -> bool:
    if new.certainty is not old.certainty:
        return _RANK[new.certainty] < _RANK[old.certainty]
    return bool(new.key) and not old.key
