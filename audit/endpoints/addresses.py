"""Which strings of a file are addresses or gates. One rule for dex, resources, XML and plain text.

What is deliberately not told, because no unit ever contacts it:

- names of XML namespaces and schemas (`_NAMESPACES`), which are written as URLs;
- URLs without a server in them (``https://%s/``, ``http://``), which are put together at run time;
- the unit itself (loopback, 0.0.0.0), netmasks, multicast and link-local addresses;
- mail addresses, media types, class and package names, file names, versions and OIDs that look like IPv4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from audit.endpoints.hosts import is_host
from audit.endpoints.numbers import issuers, scheme_numbers, service_numbers
from audit.endpoints.properties import is_property, is_template
from audit.model.code import Found, FoundKind
from audit.model.text import clean_line

LONGEST = 2048
"""Characters of one address kept; a longer one is cut."""

_URL = re.compile(
    r"(?:https?|wss?|ftps?|sftp|coaps?(?:\+tcp)?|mqtts?|rtsps?|rtmp|tcp|udp|ssl|tls|ldaps?|xmpp|stun|turn|smtp)"
    r"://(?P<authority>[^\s/?#\"'<>\\^`|\x00-\x1f]+)(?P<rest>[^\s\"'<>\\^`|\x00-\x1f]*)",
    re.IGNORECASE,
)
_CLOSING = ".,;:!)]}*"
_NAMESPACES = re.compile(
    r"(?i)(?:schemas\.android\.com|(?:www\.)?w3\.org|(?:www\.)?xml\.org|(?:www\.)?xmlpull\.org|xml\.apache\.org"
    r"|(?:www\.)?saxproject\.org|ns\.adobe\.com|purl\.org|schemas?\.xmlsoap\.org|schemas\.openxmlformats\.org"
    r"|schemas\.microsoft\.com|(?:java|xmlns)\.sun\.com|xmlns\.jcp\.org|javax\.xml\S*|relaxng\.org|docbook\.org"
    r"|json-schema\.org|(?:www\.)?topografix\.com|xmlns\.com|ogp\.me|dublincore\.org|www\.omg\.org|exslt\.org"
    r"|oasis-open\.org|docs\.oasis-open\.org|(?:www\.)?iana\.org|ns\.google\.com|xspf\.org|backend\.userland\.com"
    r"|(?:www\.)?openmobilealliance\.org|apache\.org|search\.yahoo\.com|www\.itunes\.com)(?::\d+)?"
)
# Of the hosts above these are servers as well; only these paths of them are names.
_NAMED_PATHS: dict[str, str | tuple[str, ...]] = {
    "search.yahoo.com": "/mrss",
    "www.itunes.com": "/dtds/",
    "www.iana.org": "/assignments/",
    "java.sun.com": ("/xml/", "/jaxp/"),
    "apache.org": "/xml/",
}
_SELF = re.compile(r"(?i)(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[?::1\]?)(?::\d*)?")
_SERVER = re.compile(r"[\w-]{2,}|[\w-]+\.[\w-]", re.ASCII)
_PLACEHOLDER = re.compile(
    r"%(?:\d+\$)?[-+0-9.]*[a-z]|\$\{[^}]*\}?|\{[^}]*\}?|\$[A-Za-z_]+|\[[A-Za-z_][^\]]*\]?"
)

# A dot within a word: sentences, which resources are full of, have dots at their end.
_DOTTED = re.compile(r"[A-Za-z0-9]\.\w", re.ASCII)
_WORD = re.compile(r"[^\s\"'<>(){},;|=`\\]+")
_AFTER_HOST = re.compile(r"[/?#]")
_IPV4 = re.compile(
    r"(?<![\w./-])(?P<ip>(?:[0-9]{1,3}\.){3}[0-9]{1,3})(?::(?P<port>[1-9][0-9]{0,4}))?(?![\w-]|\.[\w])"
)
_VERSION_BEFORE = re.compile(r"(?i)(?<![a-z])(?:ver(?:sion)?|build|release|oid|sdk|v)\W{0,3}\Z")
_COLONS = re.compile(r":[0-9a-fA-F]{0,4}:")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:\[(?P<inner>[0-9a-fA-F:.]{4,45})\]:(?P<port>[1-9][0-9]{0,4})|\[?(?P<bare>[0-9a-fA-F:.]{4,45})\]?)"
    r"(?![\w:])"
)
_RESOLVERS = frozenset(
    {"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "4.2.2.1", "4.2.2.2", "1.2.4.8"}
)


def find(texts: Iterable[tuple[int | None, str]], *, where: str) -> Iterator[Found]:
    """What an audit asks for among *texts*: (offset, string) pairs of the part *where*.

    Each value once, at its first place; the offset is that of the string that holds it. Values are safe to
    show.
    """
    seen: set[tuple[FoundKind, str]] = set()
    for offset, text in texts:
        for kind, raw in classify(text):
            value = clean_line(raw[:LONGEST])
            if value and (kind, value) not in seen:
                seen.add((kind, value))
                yield Found(kind=kind, value=value, where=where, offset=offset)


def classify(text: str) -> Iterator[tuple[FoundKind, str]]:
    """The addresses, numbers and property names in one string."""
    dotted = "." in text and _DOTTED.search(text) is not None
    if (dotted and is_property(text)) or ("." in text and is_template(text)):
        yield FoundKind.PROPERTY, text
        return
    for kind, sign, told in _READERS:
        if sign in text and (dotted or sign != "."):
            for value in told(text):
                yield kind, value


def _urls(text: str) -> Iterator[str]:
    for match in _URL.finditer(text):
        authority = match["authority"].rpartition("@")[2]
        if not _names_a_server(authority) or _is_namespace(authority, match["rest"]):
            continue
        yield match[0].rstrip(_CLOSING) if match[0][-1] in _CLOSING else match[0]


def _names_a_server(authority: str) -> bool:
    left = _PLACEHOLDER.sub("", authority) if authority[:1] != "[" else authority
    return _SERVER.search(left.partition(":")[0] if left[:1] != "[" else left) is not None and (
        _SELF.fullmatch(authority) is None
    )


def _is_namespace(authority: str, rest: str) -> bool:
    if _NAMESPACES.fullmatch(authority) is None:
        return False
    path = _NAMED_PATHS.get(authority.lower())
    return path is None or rest.startswith(path)


def _hosts(text: str) -> Iterator[str]:
    for word in _WORD.finditer(text):
        if "." not in word[0] or "://" in word[0]:
            continue
        end = _AFTER_HOST.search(word[0])
        host = (word[0] if end is None else word[0][: end.start()]).rstrip(".:")
        if is_host(host) and _NAMESPACES.fullmatch(host) is None:
            yield host


def _ipv4(text: str) -> Iterator[str]:
    if text.count(".") < 3:
        return
    for match in _IPV4.finditer(text):
        if _in_url(text, match.start()):
            continue
        alone = match.end() - match.start() == len(text)
        if _is_server(match["ip"], port=match["port"], alone=alone) and (
            alone or _VERSION_BEFORE.search(text[max(0, match.start() - 12) : match.start()]) is None
        ):
            yield match[0]


def _in_url(text: str, at: int) -> bool:
    """Whether the place lies in the authority of a URL, which is told whole."""
    return text[max(0, at - 3) : at] == "://" or text[max(0, at - 1) : at] == "@"


def _is_server(ip: str, *, port: str | None, alone: bool) -> bool:
    """Whether four numbers are an address somebody may contact rather than a version or an OID."""
    try:
        address = IPv4Address(ip)
    except AddressValueError:
        return False
    if port is not None:
        return int(port) <= 0xFFFF and not (address.is_loopback or address.is_unspecified)
    if ip in _RESOLVERS and alone:
        return True
    if address.is_loopback or address.is_multicast or address.is_reserved or address.packed[0] == 0:
        return False
    numbers = address.packed
    # 7.1.2.0 and 1.0.0.3 are versions, 2.5.29.17 and 1.3.6.1 are OIDs; x.x.x.0 is a network.
    return max(numbers) > 9 and numbers[3] != 0 and tuple(numbers[:2]) not in {(2, 5), (1, 3), (1, 2)}


def _ipv6(text: str) -> Iterator[str]:
    for match in _IPV6.finditer(text) if _COLONS.search(text) is not None else ():
        raw = match["inner"] or match["bare"]
        if raw.count(":") < 2 or _in_url(text, match.start()):
            continue
        try:
            address = IPv6Address(raw)
        except AddressValueError:
            continue
        # Global unicast (RFC 4291) and unique local (RFC 4193): "::", "fe80::1", "ff02::fb" are no servers.
        if address.packed[0] >> 5 == 1 or address.packed[0] >> 1 == 0x7E:
            yield raw if match["port"] is None else f"[{raw}]:{match['port']}"


# A sign each kind cannot be without, so that most strings cost five searches and no more.
_READERS: tuple[tuple[FoundKind, str, Callable[[str], Iterator[str]]], ...] = (
    (FoundKind.URL, "://", _urls),
    (FoundKind.HOST, ".", _hosts),
    (FoundKind.IP, ".", _ipv4),
    (FoundKind.IP, ":", _ipv6),
    (FoundKind.SMS, "106", service_numbers),
    (FoundKind.SMS, ":", scheme_numbers),
    (FoundKind.ICCID, "89", issuers),
)
