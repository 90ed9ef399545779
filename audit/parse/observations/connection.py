"""One connection: what its bytes turn out to be, and how far it went."""

from __future__ import annotations

from enum import Enum, auto

from audit.model.flows import FlowKind, Stage
from audit.parse.observations.contact import Part
from audit.parse.observations.lines import MOST_OF_A_CONNECTION
from audit.parse.observations.whose import Caller
from audit.parse.wire.dns import Message, Messages, read_message
from audit.parse.wire.http import Requests
from audit.parse.wire.http_message import Request, is_request, may_be_request, read_status
from audit.parse.wire.quic import PacketKind, is_short, read_packet
from audit.parse.wire.tls import Hello, Records, is_tls, may_be_tls

_DNS_PORT = 53
_H2 = b"PRI * HTTP/2.0\r\n"
_UNDECIDED = 64
_UNDECIDED_DNS = 2048
# A 1-RTT packet that only acknowledges is shorter; probes for the size of packets are single.
_SMALLEST_SHORT = 64


class Speaks(Enum):
    """What a connection carries, as far as its bytes tell."""

    NOTHING = auto()
    """Nothing was sent, or too little to tell."""
    HTTP = auto()
    H2 = auto()
    TLS = auto()
    QUIC = auto()
    DNS = auto()
    OTHER = auto()


class Connection:
    """A connection, fed with events; it keeps what has to be looked at for identifiers, within bounds."""

    def __init__(self, *, key: str, at_ms: int, line: int, by: Caller) -> None:
        self.key, self.at_ms, self.line, self.by = key, at_ms, line, by
        self.ip, self.transport, self.named = "", "", ""
        self.port: int | None = None
        self.speaks = Speaks.NOTHING
        self.sent_bytes = self.received_bytes = 0
        self.truncated = False
        self.closed = False
        self.hinted = False
        """Whether so far only a library was asked for it."""
        self.joined = False
        """Whether both a library and the system told of it."""
        self.identity: tuple[int | None, str, str] | None = None
        self.pending_told = False
        self.tunnel_to = ""
        self.plain_sni = ""
        self.asked = 0
        self.asked_bytes = 0
        self._start = bytearray()
        self._other = bytearray()
        self._plain_other = bytearray()
        self._requests: Requests | None = None
        self._plain: Requests | None = None
        self._records: Records | None = None
        self._server: Records | None = None
        self._dns: dict[str, Messages] = {}
        self._short = 0
        self._early = False
        self._kept = 0
        self._tunnelled: tuple[Part, ...] = ()

    # what was seen

    @property
    def hello(self) -> Hello | None:
        """The ClientHello, as far as it is known."""
        return None if self._records is None else self._records.hello

    @property
    def sni(self) -> str:
        """The server's name as TLS was asked for it."""
        hello = self.hello
        return (hello.sni if hello else "") or self.plain_sni

    @property
    def encrypted(self) -> bool:
        """Whether a handshake of TLS or QUIC was seen, or plaintext was handed to a TLS library."""
        return self.speaks in (Speaks.TLS, Speaks.QUIC) or self._plain is not None

    @property
    def cleartext(self) -> bool | None:
        """Whether what was sent could be read on the way; None where that cannot be told."""
        if self.encrypted:
            return False
        return True if self.speaks in (Speaks.HTTP, Speaks.H2, Speaks.DNS) or self.tunnel_to else None

    @property
    def stage(self) -> Stage:
        """A handshake or a question to DNS tells the server's name only: that is an attempt."""
        if self._plain is not None:
            return Stage.TRANSMITTED
        if self.speaks is Speaks.TLS and self._records is not None:
            chosen = self._server.server_version if self._server else None
            return Stage.TRANSMITTED if self._records.sent_data(chosen) else Stage.ATTEMPTED
        if self.speaks is Speaks.QUIC:
            return Stage.TRANSMITTED if self._early or self._short > 1 else Stage.ATTEMPTED
        if self.speaks is Speaks.DNS or (self.tunnel_to and self.speaks is Speaks.NOTHING):
            return Stage.ATTEMPTED
        return Stage.TRANSMITTED if self.sent_bytes else Stage.ATTEMPTED

    @property
    def kind(self) -> FlowKind:
        """What it is for a table."""
        if self.encrypted:
            return FlowKind.TLS
        return FlowKind.HTTP if self.speaks is Speaks.HTTP else FlowKind.CONNECT

    @property
    def is_contact(self) -> bool:
        """UDP's connect sends nothing: resolvers do it to sort addresses (RFC 6724)."""
        return self.transport != "udp" or bool(self.sent_bytes or self.received_bytes)

    @property
    def state(self) -> tuple[object, ...]:
        """All of it that a table shows: when it changes, more is known."""
        return (self.speaks, self.stage, self.sni, self.ip, self.named, self._plain is not None)

    def parts(self) -> tuple[Part, ...]:
        """What left on it outside of requests."""
        where = "payload" if self.transport == "udp" else "bytes"
        sent = self._start if self.speaks is Speaks.NOTHING else self._other
        return (
            *self._tunnelled,
            Part(where=where, data=bytes(sent)),
            Part(where="plaintext", data=bytes(self._plain_other)),
        )

    # what happens

    def sent(self, data: bytes, size: int) -> tuple[Request, ...]:
        """Bytes went out, *data* of *size*; the requests that ended in them."""
        self.sent_bytes += size
        hole = size - len(data)
        self.truncated = self.truncated or hole > 0
        if self.transport == "udp":
            self._datagram(data)
            return ()
        done = self._stream(data) if data else ()
        return (*done, *self._skipped(hole)) if hole > 0 else done

    def received(self, data: bytes, size: int) -> tuple[Message, ...]:
        """Bytes came in; the answers of DNS in them."""
        first = not self.received_bytes
        self.received_bytes += size
        if self._is_dns:
            return self._messages(data, "in")
        untold = self.speaks is Speaks.NOTHING and not self.tunnel_to
        if first and untold and read_status(data) is not None:
            self.speaks = Speaks.HTTP
        if self.speaks is Speaks.TLS:
            self._server = self._server or Records()
            if self._server.server_version is None and not self._server.lost:
                self._server.feed(data)
                self._server.skip(size - len(data))
        return ()

    def asked_names(self, data: bytes) -> tuple[Message, ...]:
        """The questions of DNS in bytes that went out."""
        return self._messages(data, "out") if self._is_dns else ()

    def given(self, data: bytes, size: int, sni: str) -> tuple[Request, ...]:
        """Plaintext was handed to TLS; the requests that ended in it."""
        self._plain = self._plain or Requests()
        self.plain_sni = self.plain_sni or sni
        self.truncated = self.truncated or size > len(data)
        if self._plain.head is None and not self._plain.begun and not is_request(data):
            self._keep(self._plain_other, data)
            return ()
        done = self._plain.feed(data)
        if self._plain.astray:
            self._keep(self._plain_other, data)
        return (*done, *self._plain.skip(size - len(data)))

    @property
    def pending(self) -> tuple[Request, bool] | None:
        """A request whose head is known and whose end is not; and whether it is plaintext of TLS."""
        for stream, plain in ((self._requests, False), (self._plain, True)):
            if stream is not None and stream.head is not None:
                return stream.head, plain
        return None

    @property
    def rest(self) -> tuple[Request, bool] | None:
        """A request that has not ended, as far as it came; and whether it is plaintext of TLS."""
        for stream, plain in ((self._requests, False), (self._plain, True)):
            if stream is not None and (request := stream.rest()) is not None and request.method != "CONNECT":
                return request, plain
        return None

    @property
    def _is_dns(self) -> bool:
        return self.port == _DNS_PORT and self.speaks in (Speaks.NOTHING, Speaks.DNS)

    def _messages(self, data: bytes, way: str) -> tuple[Message, ...]:
        if self.transport == "udp":
            found = tuple(one for one in (read_message(data),) if one is not None)
        else:
            found = tuple(self._dns.setdefault(way, Messages()).feed(data))
        if found:
            self.speaks = Speaks.DNS
            self._other.clear()
            self._start.clear()
        return found

    def _datagram(self, data: bytes) -> None:
        packet = read_packet(data)
        if packet is not None and self.speaks in (Speaks.NOTHING, Speaks.QUIC):
            self.speaks = Speaks.QUIC
            self._early = self._early or packet.kind is PacketKind.ZERO_RTT
        elif self.speaks is Speaks.QUIC:
            self._short += len(data) > _SMALLEST_SHORT and is_short(data)
        elif self.speaks is not Speaks.DNS:
            self.speaks = Speaks.OTHER if not self._is_dns else self.speaks
            self._keep(self._other, data + b"\n")

    def _stream(self, data: bytes) -> tuple[Request, ...]:
        if self.speaks is Speaks.NOTHING:
            self._start += data
            data = self._decide()
        if self._is_dns or not data:
            return ()
        if self.speaks is Speaks.OTHER and is_request(data):  # it was watched from its middle on
            self.speaks = Speaks.HTTP
            self._requests = Requests()
        if self.speaks is Speaks.HTTP:
            return self._http(data)
        if self.speaks is Speaks.TLS and self._records is not None:
            self._records.feed(data)
        else:
            self._keep(self._other, data)
        return ()

    def _decide(self) -> bytes:
        """Tell what the first bytes begin; b"" while that is open, else all of them."""
        start = bytes(self._start)
        if is_tls(start):
            self.speaks, self._records = Speaks.TLS, Records()
        elif is_request(start):
            self.speaks, self._requests = Speaks.HTTP, Requests()
        elif start.startswith(_H2):
            self.speaks = Speaks.H2
        elif len(start) < (_UNDECIDED_DNS if self._is_dns else _UNDECIDED) and (
            self._is_dns or _H2.startswith(start) or may_be_tls(start) or may_be_request(start)
        ):
            return b""
        else:
            self.speaks = Speaks.OTHER
        self._start.clear()
        return start

    def _http(self, data: bytes) -> tuple[Request, ...]:
        self._requests = self._requests or Requests()
        done = self._requests.feed(data)
        if self._requests.tunnel and done:
            return self._through(done)
        if self._requests.astray:
            self._keep(self._other, data)
        return done

    def _through(self, done: tuple[Request, ...]) -> tuple[Request, ...]:
        """After CONNECT to a proxy, it is a connection to the server behind it (RFC 9110 section 9.3.6)."""
        if done and done[-1].method == "CONNECT":
            self.tunnel_to = done[-1].target[:300]
            head = "\n".join(f"{name}: {value}" for name, value in done[-1].headers)
            self._tunnelled = (Part(where="headers", data=head.encode("utf-8", "replace")),)
            self.speaks, self._requests = Speaks.NOTHING, None
            return done[:-1]
        return done

    def _skipped(self, count: int) -> tuple[Request, ...]:
        if self.speaks is Speaks.NOTHING:
            # too little to tell, and what follows is not here
            self._other += self._start
            self._start.clear()
            self.speaks = Speaks.OTHER
        if self._requests is not None:
            return self._requests.skip(count)
        if self._records is not None:
            self._records.skip(count)
        return ()

    def _keep(self, where: bytearray, data: bytes) -> None:
        room = max(0, MOST_OF_A_CONNECTION - self._kept)
        where += data[:room]
        self._kept += min(room, len(data))
        self.truncated = self.truncated or room < len(data)
