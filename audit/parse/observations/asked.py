"""A request of HTTP, from whichever side it was seen: its bytes, its plaintext, or a library asked for it."""

from __future__ import annotations

import re

from audit.model.text import clean_line
from audit.parse.observations.contact import Part
from audit.parse.observations.lines import Event, payload
from audit.parse.observations.values import (
    LONGEST_URL,
    authority,
    ip_of,
    joined,
    moment,
    number,
    port_of,
    text,
)
from audit.parse.observations.whose import Caller
from audit.parse.wire.http_message import Request

PORTS = {"http": 80, "https": 443}
_HOST_LINE = re.compile(r"(?:\A|\n)host:[ \t]*([^\r\n]+)", re.IGNORECASE)


class Asked:
    """One request; what is not known of it yet is empty.

    server, port, path: as it is recognised by from all sides; wire: its bytes were seen, plain: its plaintext
    """

    def __init__(self, *, key: str, at_ms: int, line: int, by: Caller) -> None:
        self.key, self.at_ms, self.line, self.by = key, at_ms, line, by
        self.scheme = ""
        self.server = ""
        self.port: int | None = None
        self.path = ""
        self.ip = ""
        self.method = ""
        self.request: Request | None = None
        self.plain = False
        self.apis: set[str] = set()
        self.api_parts: tuple[Part, ...] = ()
        self.body_bytes = 0
        self.truncated = False
        self.bound = False
        """Whether it belongs to a connection."""

    @property
    def name(self) -> tuple[int | None, str, int | None, str]:
        """What it is recognised by."""
        return (self.by.pid, self.server, self.port, self.path)

    @property
    def url(self) -> str:
        """As requested; the port where it is not the scheme's own."""
        port = None if self.port == PORTS.get(self.scheme) else self.port
        return f"{self.scheme}://{joined(self.server, port)}{self.path}"[:LONGEST_URL]

    def seen(self, request: Request, *, plain: bool, port: int | None, server: str) -> None:
        """Take what its bytes say. port, server: of the connection, where no Host is stated."""
        self.request, self.plain = request, plain
        self.scheme = "https" if plain else "http"
        self.method = clean_line(request.method)
        host, stated = authority(clean_line(request.host[:300]))
        self.server = host or server
        self.port = stated or port or PORTS[self.scheme]
        path = request.path if request.path.startswith("/") else "/" + request.path.lstrip("*")
        self.path = clean_line(path[:LONGEST_URL]).partition("#")[0]
        self.truncated = request.truncated

    def parts(self, *, left: bool) -> tuple[Part, ...]:
        """What to look for identifiers in. left: whether what a library was asked for went out."""
        if self.request is None:
            return tuple(Part(where=part.where, data=part.data, left=left) for part in self.api_parts)
        return request_parts(self.request)


def request_parts(request: Request) -> tuple[Part, ...]:
    """Target, headers, cookies and body of *request*."""
    head = [f"{name}: {value}" for name, value in request.headers if name != "cookie"]
    body = " > ".join(("body", *request.undone, *([request.coding] if request.coding else [])))
    return (
        Part(where="url", data=request.target.encode("utf-8", "replace")),
        Part(where="headers", data="\n".join(head).encode("utf-8", "replace")),
        Part(where="cookie", data=request.header("cookie").encode("utf-8", "replace")),
        Part(where=body, data=request.body),
    )


def of_library(event: Event, *, key: str, line: int, by: Caller) -> Asked | None:
    """An ``http`` event as a request; None where it names no server."""
    asked = Asked(key=key, at_ms=moment(event), line=line, by=by)
    url = text(event, "url", LONGEST_URL)
    asked.ip = ip_of(event)
    asked.method = text(event, "method", 20)
    head = event.get("head")
    head = head[:65536] if isinstance(head, str) else ""
    scheme, found, rest = url.partition("://")
    port = port_of(event)
    if found:
        cut = next((at for at, c in enumerate(rest) if c in "/?#"), len(rest))
        asked.scheme = scheme.lower()
        asked.server, stated = authority(rest[:cut])
        port, rest = stated or PORTS.get(asked.scheme) or port, rest[cut:]
    else:
        named = _HOST_LINE.search(head)
        asked.scheme = "https" if port == 443 else "http"
        asked.server, stated = authority(clean_line(named[1][:300])) if named else (asked.ip, None)
        port, rest = stated or port or PORTS[asked.scheme], url
    if not asked.server:
        return None
    asked.port = port
    rest = rest.partition("#")[0]
    asked.path = rest if rest.startswith("/") else "/" + rest
    body = payload(event) or b""
    size = number(event, "size", 2**53) or len(body)
    asked.truncated = size > len(body)
    asked.body_bytes = size
    asked.apis.add(text(event, "api"))
    asked.api_parts = (
        Part(where="url", data=url.encode("utf-8", "replace"), left=False),
        Part(where="headers", data=head.encode("utf-8", "replace"), left=False),
        Part(where="body", data=body, left=False),
    )
    return asked
