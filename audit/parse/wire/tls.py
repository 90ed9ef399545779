"""TLS records of one direction: the ClientHello's names, and whether application data followed.

Source: RFC 8446 (TLS 1.3) sections 4.1.2, 5.1 and B; RFC 6066 section 3 (server_name); RFC 7301 (ALPN).
Nothing is decrypted.
"""

from __future__ import annotations

from audit.model.record import record

MOST_HELLO = 64 << 10
"""Bytes of a ClientHello that are collected: one with post-quantum shares has some 1,800."""
TLS13 = 0x0304

_HEADER = 5
_LONGEST_RECORD = (1 << 14) + 2048  # TLSCiphertext of TLS 1.2, RFC 5246 section 6.2.3
_ALERT, _HANDSHAKE, _APPLICATION = 21, 22, 23
_TYPES = frozenset({20, _ALERT, _HANDSHAKE, _APPLICATION, 24})
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_SERVER_NAME, _ALPN, _SUPPORTED_VERSIONS = 0, 16, 43
_MOST_EXTENSIONS = 256
_MOST_LIST = 64
# A TLS 1.3 client's own Finished goes out as application data, and so do its alerts (2 bytes, a type and a
# tag) and key updates (5): RFC 8446 sections 4.4.4, 5.2 and 6.
_SMALLEST_DATA = 5 + 1 + 16 + 1


@record
class Hello:
    """A ClientHello. versions: as offered, the highest first; whole: False where its end was not seen."""

    sni: str = ""
    alpn: tuple[str, ...] = ()
    versions: tuple[int, ...] = ()
    whole: bool = True

    @property
    def state(self) -> str:
        """Either "whole" or "partial"."""
        return "whole" if self.whole else "partial"


class Records:
    """Follows the records of one direction as their bytes come; work grows with the bytes alone."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._type = 0
        self._left = 0
        self._message = bytearray()
        self._collecting = True
        self._whole: Hello | None = None
        self.lost = False
        """Whether bytes that are no record, or that were not kept, ended the reading."""
        self._skipped = 0
        self.data: list[int] = []
        """Lengths of the first records of application data."""

    @property
    def hello(self) -> Hello | None:
        """The ClientHello as far as it is known; None where none was begun."""
        if self._whole is None and self._message[:1] == bytes([_CLIENT_HELLO]):
            return _client_hello(bytes(self._message), whole=False)
        return self._whole

    @property
    def server_version(self) -> int | None:
        """The version a ServerHello chose, where this is the server's direction."""
        return _server_version(bytes(self._message[:4096]))

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; whether something was learnt: the hello is whole now, or data was sent."""
        at, learnt = 0, False
        while at < len(data) and not self.lost:
            if not self._left:
                took = min(_HEADER - len(self._header), len(data) - at)
                self._header += data[at : at + took]
                at += took
                learnt = self._begin() or learnt
                continue
            took = min(self._left, len(data) - at)
            if self._type == _HANDSHAKE and self._collecting:
                learnt = self._collect(data[at : at + took]) or learnt
            self._left -= took
            at += took
        return learnt

    def skip(self, count: int) -> None:
        """Say that *count* bytes went over the wire here and were not kept."""
        self._skipped += max(0, count)
        if count > self._left:
            self.lost = True
        elif count > 0:
            self._left -= count
            # what is behind the hole does not continue what is before it
            self._collecting = self._collecting and self._type != _HANDSHAKE

    def sent_data(self, chosen: int | None) -> bool:
        """Whether the client's own data went out. chosen: the version by the server, None where not seen.

        Where it may be TLS 1.3, the first record is its Finished; a client certificate counts as data.
        """
        if self._skipped > _LONGEST_RECORD:
            return True  # no handshake of a client is as long
        hello = self._whole
        offered = max(hello.versions, default=0) if hello else TLS13
        if (chosen if chosen is not None else offered) < TLS13:
            return bool(self.data)
        return any(length >= _SMALLEST_DATA for length in self.data[1:])

    def _begin(self) -> bool:
        if len(self._header) < _HEADER:
            return False
        kind, major, length = self._header[0], self._header[1], int.from_bytes(self._header[3:5], "big")
        self._header.clear()
        if kind not in _TYPES or major != 3 or length > _LONGEST_RECORD:
            self.lost = True
            return False
        self._type, self._left = kind, length
        if kind == _APPLICATION and len(self.data) < _MOST_LIST:
            self.data.append(length)
            return True
        if kind == 20:  # change_cipher_spec: handshake records are encrypted from here on
            self._collecting = False
        return False

    def _collect(self, data: bytes) -> bool:
        self._message += data[: MOST_HELLO - len(self._message)]
        if len(self._message) < 4:
            return False
        if len(self._message) >= MOST_HELLO:
            self._collecting = False
        length = int.from_bytes(self._message[1:4], "big")
        if len(self._message) < 4 + length:
            return False
        self._collecting = False
        if self._message[0] == _CLIENT_HELLO:
            self._whole = _client_hello(bytes(self._message[: 4 + length]), whole=True)
        return True


def is_tls(data: bytes) -> bool:
    """Whether *data* starts a handshake record of TLS, or any record that follows one."""
    if len(data) < 6 or data[1] != 3 or data[2] > 4:
        return False
    if data[0] == _HANDSHAKE:
        return data[5] in (_CLIENT_HELLO, _SERVER_HELLO)
    return data[0] == _APPLICATION and 0 < int.from_bytes(data[3:5], "big") <= _LONGEST_RECORD


def may_be_tls(start: bytes) -> bool:
    """Whether *start* is TLS, or too short to tell."""
    first = start[:1] in (b"\x16", b"\x17") and start[1:2] in (b"", b"\x03")
    return (first and len(start) < 6) or is_tls(start)


def read_hello(data: bytes) -> Hello | None:
    """The ClientHello at the start of *data*, whole or partial; None where there is none."""
    records = Records()
    records.feed(data)
    return records.hello


class _Cursor:
    """Reads numbers and vectors; a read past the end gives what there is and remembers that."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.short = False

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        self._at += len(found)
        self.short = self.short or len(found) < count
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> _Cursor:
        return _Cursor(self.take(self.number(size)))


def _client_hello(message: bytes, *, whole: bool) -> Hello:
    cursor = _Cursor(message)
    cursor.take(4)
    legacy = cursor.number(2)
    cursor.take(32)
    for size in (1, 2, 1):  # session id, cipher suites, compression methods
        cursor.vector(size)
    sni = ""
    alpn: tuple[str, ...] = ()
    versions: tuple[int, ...] = () if cursor.short else (legacy,)
    extensions = cursor.vector(2) if cursor.left else _Cursor(b"")
    for _ in range(_MOST_EXTENSIONS):
        if extensions.left < 4:
            break
        kind = extensions.number(2)
        body = extensions.vector(2)
        if kind == _SERVER_NAME:
            sni = sni or _server_name(body)
        elif kind == _ALPN:
            alpn = alpn or _protocols(body)
        elif kind == _SUPPORTED_VERSIONS:
            versions = _versions(body) or versions
    return Hello(sni=sni, alpn=alpn, versions=versions, whole=whole)


def _server_name(body: _Cursor) -> str:
    """The host_name; "" where its end is missing: half a name is another one."""
    names = body.vector(2)
    if names.number(1) != 0:
        return ""
    name = names.vector(2)
    text = name.take(name.left)
    if names.short or not text or len(text) > 255:
        return ""
    return text.decode("ascii", "replace").lower()


def _protocols(body: _Cursor) -> tuple[str, ...]:
    names = body.vector(2)
    found: list[str] = []
    while names.left and len(found) < _MOST_LIST:
        one = names.vector(1)
        if not names.short:
            found.append(one.take(one.left).decode("ascii", "replace"))
    return tuple(found)


def _versions(body: _Cursor) -> tuple[int, ...]:
    offered = body.vector(1)
    found = [offered.number(2) for _ in range(min(offered.left // 2, _MOST_LIST))]
    # 0x?a?a is grease (RFC 8701)
    return tuple(sorted({one for one in found if one >> 8 == 3}, reverse=True))


def _server_version(message: bytes) -> int | None:
    if message[:1] != bytes([_SERVER_HELLO]):
        return None
    cursor = _Cursor(message[: 4 + int.from_bytes(message[1:4], "big")])
    cursor.take(4)
    version = cursor.number(2)
    cursor.take(32)
    cursor.vector(1)
    cursor.take(3)
    if cursor.short:
        return None
    extensions = cursor.vector(2) if cursor.left else _Cursor(b"")
    for _ in range(_MOST_EXTENSIONS):
        if extensions.left < 4:
            break
        kind, body = extensions.number(2), extensions.vector(2)
        if kind == _SUPPORTED_VERSIONS and body.left == 2:
            version = body.number(2)
    return version
