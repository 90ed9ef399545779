"""Addresses as indicators and sightings are compared: hosts, URLs, and the spellings of an IP address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

_OWN_PORT = {"http": ":80", "https": ":443", "ws": ":80", "wss": ":443", "ftp": ":21"}


def spellings(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterable[str]:
    """An IPv4 address in an IPv6 one (``::ffff:1.2.3.4``, as sockets show it) is both."""
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (str(ip),) if mapped is None else (str(ip), str(mapped))


def host_of(address: str) -> str:
    """The host in a URL, in ``host:port``, ``[v6]:port`` or by itself; lower case, "" where there is none."""
    text = address.strip()
    if "://" in text:
        try:
            host = urlsplit(text).hostname
        except ValueError:  # an IPv6 address that is none
            return ""
        return _plain(host or "")
    text = text.partition("/")[0]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return _plain(text)


def _plain(host: str) -> str:
    """*host* as it goes over the wire: lower case, in ASCII (RFC 3490), without the root's dot."""
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def plain_url(url: str) -> str:
    """A URL as URLs are compared: scheme and host in lower case, without the usual port and a last slash."""
    scheme, mark, rest = url.strip().partition("://")
    if not mark:
        return url.strip().rstrip("/")
    host, slash, path = rest.partition("/")
    scheme, host = scheme.lower(), host.lower().removesuffix(_OWN_PORT.get(scheme.lower(), "/"))
    return f"{scheme}://{host}{slash}{path}".rstrip("/")
