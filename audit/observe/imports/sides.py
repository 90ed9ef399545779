"""Which side of a capture the unit is: told by its addresses, marked in the capture, or found out; and how.

Bytes of another machine, or of a server, must never count as the unit's. What cannot be told is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from ipaddress import ip_address

from audit.errors import BadInput, UsageError
from audit.observe.imports import pcapdroid
from audit.observe.imports.frames import Frame
from audit.observe.imports.packet import ACK, SYN, TCP, Packet

_MAC = re.compile(r"(?:[0-9a-f]{2}[:.-]?){5}[0-9a-f]{2}", re.IGNORECASE)
_MOST_MACHINES = 4096
_MOST_ADDRESSES = 64
_SHOWN = 8
_DNS, _QUIC = 53, 443
_IP4, _IP6, _CARD = 4, 16, 6
"""Bytes of an address of each kind."""


class Side(Enum):
    """Whose a packet is."""

    OUT = "out"
    IN = "in"
    OTHER = "other"
    """Of other machines."""
    INSIDE = "inside"
    """From the unit to itself."""


class _Machine:
    """opens: connections to elsewhere; asks: names; addresses: it sent from."""

    def __init__(self) -> None:
        self.opens = 0
        self.asks = 0
        self.addresses: set[bytes] = set()

    def join(self, *others: _Machine) -> None:
        """Become one with *others*."""
        for other in others:
            self.opens, self.asks = self.opens + other.opens, self.asks + other.asks
            self.addresses |= other.addresses

    def shown(self) -> str:
        """One address of it that is no hardware's."""
        return text(min(self.addresses, key=lambda one: (not _private(one), len(one), one)))


class Sides:
    """Says whose a packet is.

    how: how the unit was found, in words
    """

    def __init__(
        self, macs: frozenset[bytes], addresses: frozenset[bytes], how: str, *, marked: bool = False
    ) -> None:
        self._macs, self._addresses, self._marked = macs, addresses, marked
        self.how = how

    @property
    def addresses(self) -> tuple[str, ...]:
        """Those of the unit, as text."""
        return tuple(sorted(text(one) for one in self._addresses if len(one) != _CARD))

    @property
    def found(self) -> bool:
        """Whether anything can be the unit's."""
        return bool(self._macs or self._addresses or self._marked)

    def of(self, frame: Frame, packet: Packet) -> Side:
        """Whose *packet* is."""
        if self._marked and frame.outbound is not None:
            return Side.OUT if frame.outbound else Side.IN
        sent = packet.source in self._addresses or packet.source_mac in self._macs
        received = packet.target in self._addresses or packet.target_mac in self._macs
        if sent and received:
            return Side.INSIDE
        return Side.OUT if sent else Side.IN if received else Side.OTHER


class Survey:
    """Looks at the packets of a capture, to find the unit among the machines in it."""

    def __init__(self, addresses: Sequence[str]) -> None:
        told = [_parsed(one) for one in addresses]
        self._macs = frozenset(one for one in told if len(one) == _CARD)
        self._addresses = frozenset(one for one in told if len(one) != _CARD)
        self._machines: dict[bytes, _Machine] = {}
        self._met = 0
        self._vpn: set[bytes] = set()
        self._elsewhere = False
        """Whether any packet goes to, or comes from, what is not private."""
        self.pcapdroid = False
        self.directed = False

    def add(self, frame: Frame, packet: Packet) -> None:
        """Take note of *packet*."""
        self.directed = self.directed or frame.outbound is not None
        if frame.uid is not None or (packet.source_mac == bytes(6) and pcapdroid.trailer(frame, packet.end)):
            self.pcapdroid = True
        for end, mac in ((packet.source, packet.source_mac), (packet.target, packet.target_mac)):
            self._met += end in self._addresses or mac in self._macs
            if end in pcapdroid.ADDRESSES:
                self._vpn.add(end)
        self._note(packet)

    def _note(self, packet: Packet) -> None:
        source = packet.source
        if ip_address(source).is_loopback or ip_address(source).is_unspecified:
            return
        if not self._elsewhere:
            self._elsewhere = _global(source) or _global(packet.target)
        mac = packet.source_mac if any(packet.source_mac) else b""
        key = mac or source
        machine = self._machines.get(key)
        if machine is None:
            if len(self._machines) >= _MOST_MACHINES:
                return
            machine = self._machines[key] = _Machine()
        if len(machine.addresses) < _MOST_ADDRESSES:
            machine.addresses.add(source)
        if packet.target_port == _DNS:
            machine.asks += 1
        elif packet.transport == TCP:
            machine.opens += packet.flags & (SYN | ACK) == SYN
        else:
            machine.opens += packet.target_port == _QUIC and _global(packet.target)

    def found(self, where: str) -> Sides:
        """The sides, once packets were looked at. Raises BadInput where several machines may be the unit."""
        if self.pcapdroid and self.directed:
            return Sides(
                frozenset(), frozenset(), "PCAPdroid on it marked what it sent and received", marked=True
            )
        if self._vpn:
            return Sides(frozenset(), frozenset(self._vpn), "it is the inner end of PCAPdroid's VPN")
        if self._macs or self._addresses:
            return self._told()
        return self._guessed(where)

    def _told(self) -> Sides:
        """As the caller says, and the other addresses of the same card, where the link shows cards."""
        macs, addresses = set(self._macs), set(self._addresses)
        for key, machine in self._machines.items():
            fours = {one for one in machine.addresses if len(one) == _IP4}
            if key in macs:
                addresses |= machine.addresses if len(fours) < 2 else set()
            elif len(key) == _CARD and fours and fours <= self._addresses:
                macs.add(key)
        how = "told by its address" if self._met else "told by its address, which is not in the capture"
        return Sides(frozenset(macs), frozenset(addresses), how)

    @property
    def strayed(self) -> bool:
        """Whether addresses were told and none of them is in the capture."""
        return bool(self._macs or self._addresses) and not self._met and not self._vpn and not self._is_marked

    @property
    def _is_marked(self) -> bool:
        return self.pcapdroid and self.directed

    def _guessed(self, where: str) -> Sides:
        for sign, words in ((_asks, "asks for names"), (_opens, "opens connections")):
            able = [(key, one) for key, one in self._machines.items() if sign(one)]
            # a gateway asks and opens too, on behalf of others: the private side is the unit's
            able = [pair for pair in able if any(map(_private, pair[1].addresses))] or able
            if self.pcapdroid and able:
                macs = frozenset(key for key, _ in able if len(key) == _CARD)
                addresses = frozenset().union(*(one.addresses for _, one in able))
                return Sides(macs, addresses, f"guessed: it {words} in a recording of PCAPdroid's")
            able = _merged(able)
            if len(able) > 1:
                raise _several(able, where)
            if able:
                key, machine = able[0]
                macs = frozenset({key} if len(key) == _CARD else ())
                how = f"guessed: {machine.shown()}, the only one that {words}"
                return Sides(macs, frozenset(machine.addresses), how)
        return self._by_address(where)

    def _by_address(self, where: str) -> Sides:
        """Nobody was seen beginning anything: the one that is private, if others are not."""
        private = [(key, one) for key, one in self._machines.items() if any(map(_private, one.addresses))]
        private = _merged(private)
        if len(private) > 1 and self._elsewhere:
            raise _several(private, where)
        if len(private) == 1 and self._elsewhere:
            key, machine = private[0]
            macs = frozenset({key} if len(key) == _CARD else ())
            how = f"guessed: {machine.shown()}, the only private address"
            return Sides(macs, frozenset(machine.addresses), how)
        return Sides(frozenset(), frozenset(), "not found: nobody in it is seen beginning anything")


def _asks(machine: _Machine) -> bool:
    return machine.asks > 0


def _opens(machine: _Machine) -> bool:
    return machine.opens > 0


def _merged(able: list[tuple[bytes, _Machine]]) -> list[tuple[bytes, _Machine]]:
    """Addresses of one machine together, where no card tells: IPv6 ones of one network, beside one IPv4."""
    cards = [pair for pair in able if len(pair[0]) == _CARD]
    known = frozenset().union(*(machine.addresses for _, machine in cards))
    able = cards + [pair for pair in able if len(pair[0]) != _CARD and pair[0] not in known]
    six: dict[bytes, _Machine] = {}
    rest = [pair for pair in able if len(pair[0]) != _IP6]
    for key, machine in able:
        if len(key) == _IP6:
            six.setdefault(key[:8], _Machine()).join(machine)
    if len(rest) == 1 == len(six) and len(rest[0][0]) == _IP4:
        rest[0][1].join(*six.values())
        return rest
    return rest + list(six.items())


def _several(able: list[tuple[bytes, _Machine]], where: str) -> BadInput:
    shown = sorted(able, key=lambda pair: -(pair[1].asks + pair[1].opens))[:_SHOWN]
    names = ", ".join(one.shown() for _, one in shown)
    more = f" and {len(able) - _SHOWN} more" if len(able) > _SHOWN else ""
    return BadInput(
        f"{len(able)} machines are in this capture; which of them is the unit is not known: {names}{more}",
        where=where,
        fix="say which address is the unit's, or capture the unit alone",
    )


def text(address: bytes) -> str:
    """An IP address as it is written."""
    return str(ip_address(address))


def _private(address: bytes) -> bool:
    one = ip_address(address)
    return not one.is_global and not one.is_multicast


def _global(address: bytes) -> bool:
    return ip_address(address).is_global


def _parsed(told: str) -> bytes:
    """An address as bytes: six of a card, four or sixteen of IP."""
    told = told.strip()
    if _MAC.fullmatch(told):
        return bytes.fromhex(re.sub(r"[:.-]", "", told))
    try:
        return ip_address(told.partition("%")[0].partition("/")[0]).packed
    except ValueError:
        raise UsageError(
            f"{told!r} is no address", fix="write an IPv4, IPv6 or MAC address, such as 192.168.1.23"
        ) from None
