"""What an address is: the country each dataset gives it, who runs it, and which domain a name belongs to."""

from __future__ import annotations

from typing import Protocol

from audit.model.record import record


@record
class Dataset:
    """One collection of facts about addresses.

    name: short and stable ("dbip-country", "tor-geoip"); title: for people, with its maker
    kind: "country" or "operator"; published: ISO date of the data itself, "" where it does not say
    attribution: what its licence asks to be printed; sha256: of the file read, hex
    """

    name: str
    title: str
    kind: str
    published: str
    attribution: str
    sha256: str


@record
class CountryReading:
    """What one dataset says. country: ISO 3166-1 alpha-2; "" where it does not list the address."""

    dataset: str
    country: str


@record
class Destination:
    """One address.

    ip: in its shortest spelling; an IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) is the IPv4 one
    scope: "global", or why nothing is looked up: "private", "shared" (between a provider and its customers),
        "loopback", "link-local", "multicast", "documentation", "reserved"
    countries: one reading a dataset, in the datasets' order; empty unless global
    operator: the organisation that announces it, "" where unknown; asn: its number
    operator_from: the dataset that names it
    anycast: who announces it from many places at once, by the rulebook, so that no country is its; else ""
    """

    ip: str
    scope: str
    countries: tuple[CountryReading, ...] = ()
    operator: str = ""
    asn: int | None = None
    operator_from: str = ""
    anycast: str = ""

    @property
    def country(self) -> str | None:
        """The country all datasets give; None where fewer than two speak, they disagree, or it is anycast."""
        if self.anycast:
            return None
        said = {reading.country for reading in self.countries if reading.country}
        listed = sum(1 for reading in self.countries if reading.country)
        return said.pop() if len(said) == 1 and listed > 1 else None

    @property
    def disputed(self) -> bool:
        """Whether datasets that list it contradict each other."""
        return len({reading.country for reading in self.countries if reading.country}) > 1


class Atlas(Protocol):
    """Answers questions about addresses from data on the station; never from the network."""

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """What it answers from."""

    def address(self, ip: str) -> Destination | None:
        """What is known of *ip*; None for what is no address."""

    def domain(self, host: str) -> str:
        """The registrable domain of *host* by the public suffix list; "" for an address or a bare suffix."""
