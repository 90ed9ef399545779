"""Contacts that were seen and addresses that files name, by the ways in which an indicator can name them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cached_property

from audit.checks import contacts
from audit.checks.addresses import host_of, plain_url, spellings
from audit.checks.match import Index, Match
from audit.model.facts import EndpointKind, Facts
from audit.model.flows import FlowKind


class SeenAddresses:
    """Facts about addresses, indexed when first asked for."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def domain(self, domain: str) -> Iterator[Match]:
        """Contacts with the host or any below it; addresses in files that name it."""
        yield from self._hosts.get(domain, ())

    def url(self, url: str) -> Iterator[Match]:
        """Contacts with exactly that URL; files that hold it."""
        yield from self._urls.get(plain_url(url), ())

    def ip(self, value: str) -> Iterator[Match]:
        """Contacts with the address, or with one of the network ``1.2.3.0/24``."""
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return
        if network.num_addresses == 1:
            yield from self._addresses.get(str(network.network_address), ())
            return
        for address, matches in self._addresses.items():
            if ipaddress.ip_address(address) in network:
                yield from matches

    @cached_property
    def _contacts(self) -> tuple[tuple[str, Match], ...]:
        """(address as seen or written, what it was) of every contact, then of every address in a file."""
        found = [
            (
                address,
                Match(
                    sentence=f"{flow.who or 'The unit'} {contacts.did(flow)} {flow.to}.",
                    sure=True,
                    what=f"contact ({flow.what})",
                    value=address,
                    origin=contacts.place(flow),
                    subject=flow.who,
                ),
            )
            for flow in self._facts.flows or ()
            if flow.what is not FlowKind.SMS
            for address in dict.fromkeys(filter(None, (flow.to, flow.host, flow.ip, *flow.answers)))
        ]
        unseen = "no contact was seen" if self._facts.flows is not None else "no contact was looked for"
        found += [
            (
                end.value,
                Match(
                    sentence=f"{end.package or end.origin} names {end.value}; {unseen}.",
                    sure=False,
                    what=f"{end.kind} in a file",
                    value=end.value,
                    origin=end.origin,
                    subject=end.package or "",
                ),
            )
            for end in self._facts.endpoints
            if end.kind is not EndpointKind.SMS
        ]
        return tuple(found)

    @cached_property
    def _hosts(self) -> Index:
        index: Index = {}
        for address, match in self._contacts:
            labels = host_of(address).split(".")
            # the numbers of an IPv4 address are no domains, and no host has another's in it
            for start in range(1 if labels[-1].isdigit() else len(labels)):
                index.setdefault(".".join(labels[start:]), []).append(match)
        return index

    @cached_property
    def _urls(self) -> Index:
        index: Index = {}
        for address, match in self._contacts:
            if "://" in address:
                index.setdefault(plain_url(address), []).append(match)
        return index

    @cached_property
    def _addresses(self) -> Index:
        index: Index = {}
        for address, match in self._contacts:
            try:
                ip = ipaddress.ip_address(host_of(address).partition("%")[0])
            except ValueError:
                continue
            for one in spellings(ip):
                index.setdefault(one, []).append(match)
        return index
