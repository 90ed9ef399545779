"""STIX patterns as MVT's indicator files have them: which things must be seen together.

Source: OASIS STIX 2.1 §9 (patterning). Equality joined by AND and OR is understood, and lists after IN; what
orders sightings in time, negates or compares otherwise is not, and says so.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from itertools import product

from audit.model.indicators import IndicatorKind, Observable
from audit.model.text import clean_line

LONGEST = 64 * 1024
"""Characters of one pattern; the longest seen in public lists has a few hundred."""
_DEEPEST = 32
_MOST_WAYS = 256

_TOKEN = re.compile(
    r"""\s*+(?:(?P<text>'(?:[^'\\]|\\.)*+')
    |(?P<path>[A-Za-z0-9-]+:[A-Za-z0-9_-]+(?:\.(?:[A-Za-z0-9_-]+|'[^'\\]*'))*)
    |(?P<word>AND|OR|IN)\b
    |(?P<mark>[\[\]()=,]))""",
    re.VERBOSE | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_HOST = re.compile(r"[^\s/:@\[\]]+\Z")
_WIDEST = {4: 8, 6: 16}
# A top-level domain, or what registries of countries put below theirs (co.uk, com.cn).
_EVERYBODYS = re.compile(r"[^.]+|(?:com?|net?|org?|gov?|edu|ac|mil|nom|gob|gouv)\.[a-z]{2}")
_HEX = re.compile(r"[0-9a-f]+\Z")
_DIGEST_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64}

Way = tuple[Observable, ...]
"""Things that must all be seen."""


class Unusable(Exception):
    """A pattern that is not looked for. reason: as a class of patterns, for people."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ways(pattern: str) -> tuple[Way, ...]:
    """The ways in which *pattern* can match, each a set of things to be seen together; or raises Unusable."""
    if len(pattern) > LONGEST:
        raise Unusable(reason="longer than any pattern is")
    reader = _Reader(_tokens(pattern))
    found = reader.either()
    if not reader.at_end:
        raise Unusable(reason=NOT_UNDERSTOOD)
    return tuple(dict.fromkeys(found))


NOT_UNDERSTOOD = "not understood"


def _tokens(pattern: str) -> list[tuple[str, str]]:
    tokens = []
    at = 0
    end = len(pattern.rstrip())
    while at < end:
        match = _TOKEN.match(pattern, at)
        if match is None:
            raise Unusable(reason=NOT_UNDERSTOOD)
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind].upper() if kind == "word" else match[kind]))
        at = match.end()
    return tokens


class _Reader:
    """Reads OR over AND over comparisons, brackets and parentheses alike grouping."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    @property
    def at_end(self) -> bool:
        return self._at == len(self._tokens)

    def either(self) -> list[Way]:
        found = self._both()
        while self._take("OR"):
            found = found + self._both()
            if len(found) > _MOST_WAYS:
                raise Unusable(reason="more alternatives than are looked for")
        return found

    def _both(self) -> list[Way]:
        found = self._one()
        while self._take("AND"):
            more = self._one()
            if len(found) * len(more) > _MOST_WAYS:
                raise Unusable(reason="more alternatives than are looked for")
            found = [tuple(dict.fromkeys(a + b)) for a, b in product(found, more)]
        return found

    def _one(self) -> list[Way]:
        for opening, closing in (("[", "]"), ("(", ")")):
            if self._take(opening):
                self._depth += 1
                if self._depth > _DEEPEST:
                    raise Unusable(reason="nested deeper than is read")
                found = self.either()
                self._need(closing)
                self._depth -= 1
                return found
        path = self._next("path")
        if self._take("="):
            return [(observable(path, self._next("text")),)]
        self._need("IN")
        self._need("(")
        found = [(observable(path, self._next("text")),)]
        while self._take(","):
            found.append((observable(path, self._next("text")),))
        self._need(")")
        return found

    def _take(self, token: str) -> bool:
        if not self.at_end and self._tokens[self._at] in (("word", token), ("mark", token)):
            self._at += 1
            return True
        return False

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise Unusable(reason=NOT_UNDERSTOOD)

    def _next(self, kind: str) -> str:
        if self.at_end or self._tokens[self._at][0] != kind:
            raise Unusable(reason=NOT_UNDERSTOOD)
        self._at += 1
        return self._tokens[self._at - 1][1]


def observable(path: str, literal: str) -> Observable:
    """What a comparison of the object *path* with the quoted *literal* looks for; Unusable for nothing."""
    value = clean_line(_ESCAPE.sub(r"\1", literal[1:-1])).strip()
    if not value:
        raise Unusable(reason="an empty value")
    name = path.lower()
    for hashed, kind in _HASHES.items():
        if name.startswith(hashed):
            return Observable(kind=kind, value=_digest(name.removeprefix(hashed), value))
    if name in _PLAIN:
        kind, normal = _PLAIN[name]
        return Observable(kind=kind, value=normal(value))
    raise Unusable(reason=f"about {clean_line(name.partition(':')[0])}, which no evidence of ours shows")


def _host(value: str) -> str:
    """A host as hosts are compared: lower case, without the root's dot or a ``*.`` before it, in ASCII.

    One under which everybody's hosts lie is not looked for: ``com`` would match nearly all that is seen.
    """
    name = _live(value).lower().rstrip(".").removeprefix("*.")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")  # as it goes over the wire, RFC 3490
        except UnicodeError as error:
            raise Unusable(reason="a host that is none") from error
    if not _HOST.match(name) or "" in name.split("."):
        raise Unusable(reason="a host that is none")
    if _EVERYBODYS.fullmatch(name):
        raise Unusable(reason="a host that everybody's hosts lie under")
    return name


def _address(value: str) -> str:
    """An IP address, or a network of them."""
    try:
        network = ipaddress.ip_network(_live(value), strict=False)
    except ValueError as error:
        raise Unusable(reason="an IP address that is none") from error
    if network.prefixlen < _WIDEST[network.version]:
        raise Unusable(reason="a network wider than any one party has")
    return str(network.network_address if network.num_addresses == 1 else network)


def _live(value: str) -> str:
    """Without what keeps people from clicking: ``hxxp://bad[.]example``, as some files have it."""
    plain = value.replace("[.]", ".").replace("[:]", ":")
    return f"http{plain[4:]}" if plain[:4].lower() == "hxxp" else plain


def _same(value: str) -> str:
    return value


_PLAIN: dict[str, tuple[IndicatorKind, Callable[[str], str]]] = {
    "domain-name:value": (IndicatorKind.DOMAIN, _host),
    "ipv4-addr:value": (IndicatorKind.IP, _address),
    "ipv6-addr:value": (IndicatorKind.IP, _address),
    "url:value": (IndicatorKind.URL, _live),
    "process:name": (IndicatorKind.PROCESS, _same),
    "file:name": (IndicatorKind.FILE_NAME, _same),
    "file:path": (IndicatorKind.FILE_PATH, _same),
    "app:id": (IndicatorKind.PACKAGE, _same),
    "android-property:name": (IndicatorKind.PROPERTY, _same),
}
_HASHES = {
    "file:hashes.": IndicatorKind.FILE_HASH,
    "app:hashes.": IndicatorKind.FILE_HASH,
    "app:cert.": IndicatorKind.CERTIFICATE,
    "x509-certificate:hashes.": IndicatorKind.CERTIFICATE,
}


def _digest(algorithm: str, value: str) -> str:
    length = _DIGEST_LENGTHS.get(algorithm.replace("'", "").replace("-", ""))
    digest = value.lower().replace(":", "")
    if length is None:
        raise Unusable(reason="a hash other than MD5, SHA-1 and SHA-256")
    if len(digest) != length or _HEX.match(digest) is None:
        raise Unusable(reason="a hash that is none")
    return digest
