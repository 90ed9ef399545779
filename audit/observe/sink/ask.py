"""What the sink is asked to be: where it listens, whom it records, and how much it takes."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import field
from ipaddress import IPv4Address

from audit.errors import UsageError
from audit.model.record import record

DNS_PORT = 53
TCP_PORTS = (80, 443)
_HIGHEST_PORT = 65_535
_MOST_PORTS = 16


@record
class Limits:
    """How much one client may ask of the sink.

    connections: open at once, more are hung up on; idle_s: without a byte; head_s: until a request's head is
    whole, or a ClientHello; connection_s: of a connection in all
    drained_bytes: taken of one connection, though only the first are kept
    """

    connections: int = 64
    idle_s: float = 15.0
    head_s: float = 20.0
    connection_s: float = 300.0
    drained_bytes: int = 2 << 30


USUAL = Limits()


@record
class SinkAsk:
    """Where the sink listens.

    address: IPv4 address of the station in the bench Wi-Fi: it listens there, and every name leads there
    dns_port: UDP and TCP; ports: TCP, for HTTP and TLS alike, whichever a client speaks; 0 = any free one
    unit: address of the unit: only what it does is recorded; "" = whoever comes
    meant: port it listens on to the one a client meant, where the access point redirects: {8080: 80}
    """

    address: str
    dns_port: int = DNS_PORT
    ports: tuple[int, ...] = TCP_PORTS
    unit: str = ""
    limits: Limits = USUAL
    meant: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _ipv4(self.address, "the address to listen on")
        if self.unit:
            _ipv4(self.unit, "the unit's address")
        if self.station.is_unspecified or self.station.is_multicast:
            raise UsageError(
                f"{self.address} is not one address of this station",
                fix="give the address this station has in the bench Wi-Fi: names will lead there",
            )
        wrong = [
            port
            for port in (self.dns_port, *self.ports, *self.meant.values())
            if not 0 <= port <= _HIGHEST_PORT
        ]
        if wrong or not 0 < len(self.ports) <= _MOST_PORTS:
            raise UsageError(
                f"{', '.join(map(str, wrong)) or len(self.ports)} cannot be"
                f" {'a port' if wrong else 'the number of ports'}",
                fix=f"give 1 to {_MOST_PORTS} ports between 1 and {_HIGHEST_PORT}",
            )

    @property
    def station(self) -> IPv4Address:
        """Where every name leads."""
        return IPv4Address(self.address)

    def wants(self, client: str) -> bool:
        """Whether what *client* does is recorded."""
        return not self.unit or client == self.unit


def _ipv4(text: str, what: str) -> None:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no IPv4 address", where=what, fix="give one such as 192.168.9.1"
        ) from None
