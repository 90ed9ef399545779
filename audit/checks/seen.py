"""What was seen of a unit, by the ways in which an indicator can name it."""

from __future__ import annotations

import ipaddress
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from audit.checks import contacts
from audit.checks.addresses import host_of, plain_url, spellings
from audit.checks.clients import state_of
from audit.model.facts import Did, EndpointKind, Facts, FlowKind, Package
from audit.model.indicators import IndicatorKind, Observable
from audit.model.record import record


@record
class Match:
    """One thing seen that an indicator names.

    sure: it is there and counts; else it was only named, remembered or at rest
    sentence: what was seen, and no more; what, value, origin: as `audit.model.report.Evidence`
    """

    sentence: str
    sure: bool
    what: str
    value: str
    origin: str
    subject: str = ""


Index = dict[str, list[Match]]

_STANDING = {
    "installed": ("is installed", True),
    "disabled": ("is installed, disabled", True),
    "uninstalled": ("is known to the unit, but installed for no user that was read", False),
    "known": ("is known to the unit; whether it is installed was not recorded", False),
}
_RAN = frozenset({Did.RUNNING, Did.STARTED})


class Seen:
    """Facts, indexed for comparison when first asked for: indicators come by the ten thousand."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def of(self, wanted: Observable) -> tuple[Match, ...]:
        """All that *wanted* names."""
        return tuple(_FINDERS[wanted.kind](self, wanted.value))

    def package(self, name: str) -> Iterator[Match]:
        """The package by its exact name, also where it only ran or lies in a variant of the image."""
        package = self._facts.packages.get(name)
        if package is not None:
            words, sure = self._stands(package)
            yield Match(
                sentence=f"{name} {words}.",
                sure=sure,
                what="package",
                value=" ".join((name, *package.paths)),
                origin=package.origin,
                subject=name,
            )
        else:
            yield from self._ran.get(name, ())
        for variant, packages in self._facts.available.items():
            for one in packages:
                if one.name == name:
                    yield Match(
                        sentence=f"{name} lies on the image for a variant ({variant}) that is not active.",
                        sure=False,
                        what=f"package of variant {variant}",
                        value=" ".join((name, *one.paths)),
                        origin=one.origin,
                        subject=name,
                    )

    def _stands(self, package: Package) -> tuple[str, bool]:
        if self._facts.at_rest:
            return "is on the image", True
        return _STANDING[state_of(package)]

    def property(self, name: str) -> Iterator[Match]:
        """The property, whatever its value."""
        found = self._facts.properties.get(name)
        if found is not None:
            yield Match(
                sentence=f"The property {name} is set.",
                sure=True,
                what=f"property {name}",
                value=found.value,
                origin=found.origin,
                subject=name,
            )

    def process(self, name: str) -> Iterator[Match]:
        """A process that ran under that name."""
        yield from self._ran.get(name, ())

    def file_name(self, name: str) -> Iterator[Match]:
        """Files of that name in any folder."""
        yield from self._names.get(name, ())

    def file_path(self, path: str) -> Iterator[Match]:
        """The file itself, or all below the folder."""
        ordered, top = self._ordered, path.rstrip("/")
        for lowest, beyond in ((top, top + "\0"), (top + "/", top + "0")):  # "0" follows "/"
            for at in range(bisect_left(ordered, lowest), bisect_left(ordered, beyond)):
                origin, sure = self._paths[ordered[at]]
                yield _file(ordered[at], origin, sure=sure)

    def file_hash(self, digest: str) -> Iterator[Match]:
        """Files with that hash."""
        yield from self._hashes.get(digest, ())

    def certificate(self, digest: str) -> Iterator[Match]:
        """Files signed with that certificate."""
        yield from self._certificates.get(digest, ())

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
    def _ran(self) -> Index:
        index: Index = {}
        for one in self._facts.activity:
            if one.what in _RAN:
                did = "was running" if one.what is Did.RUNNING else "was started"
                match = Match(
                    sentence=f"A process {one.who} {did}.",
                    sure=True,
                    what=f"process {one.what}",
                    value=one.text,
                    origin=one.origin + (f" line {one.line}" if one.line else ""),
                    subject=one.who,
                )
                # a package's further processes are called package:name
                for name in {one.who, one.who.partition(":")[0]} - {""}:
                    index.setdefault(name, []).append(match)
        return index

    @cached_property
    def _paths(self) -> Mapping[str, tuple[str, bool]]:
        """Path to (origin, whether its file is there for sure)."""
        paths = dict.fromkeys(sorted(self._facts.listing or ()), ("list of files", True))
        for file in self._facts.files.values():
            paths.setdefault(file.path, (file.origin, True))
        for code in self._facts.code:
            paths.setdefault(code.path, (code.path, True))
        for package in self._facts.packages.values():
            _, sure = self._stands(package)
            for path in package.paths:
                paths.setdefault(path, (package.origin, sure))
        return paths

    @cached_property
    def _names(self) -> Index:
        index: Index = {}
        for path, (origin, sure) in self._paths.items():
            index.setdefault(path.rpartition("/")[2], []).append(_file(path, origin, sure=sure))
        return index

    @cached_property
    def _ordered(self) -> list[str]:
        return sorted(self._paths)

    @cached_property
    def _hashes(self) -> Index:
        index: Index = {}
        for code in self._facts.code:
            if code.sha256:
                match = self._of_file(code.path, code.package, "SHA-256", code.sha256, code.path)
                index.setdefault(code.sha256, []).append(match)
        for file in self._facts.digests:
            for digest in file.digests:
                match = self._of_file(file.path, file.package, "hash", digest, file.origin)
                index.setdefault(digest, []).append(match)
        return index

    @cached_property
    def _certificates(self) -> Index:
        index: Index = {}
        for code in self._facts.code:
            for signer in code.signers:
                match = self._of_file(code.path, code.package, "signer", signer.sha256, code.path)
                index.setdefault(signer.sha256, []).append(match)
        for file in self._facts.digests:
            for digest in file.certificates:
                match = self._of_file(file.path, file.package, "signer", digest, file.origin)
                index.setdefault(digest, []).append(match)
        return index

    def _of_file(self, path: str, owner: str | None, what: str, digest: str, origin: str) -> Match:
        package = self._facts.packages.get(owner or "")
        words, sure = ("", True) if package is None else self._stands(package)
        whose = f", of {owner}, which {words}," if words else ""
        has = "is signed with the certificate" if what == "signer" else "has the hash"
        return Match(
            sentence=f"{path}{whose} {has} {digest}.",
            sure=sure,
            what=f"{what} of {path}",
            value=digest,
            origin=origin,
            subject=owner or "",
        )

    @cached_property
    def _contacts(self) -> tuple[tuple[str, Match], ...]:
        """(address as seen or written, what it was) of every contact, then of every address in a file."""
        found = [
            (
                flow.to,
                Match(
                    sentence=f"{flow.who or 'The unit'} {contacts.did(flow)} {flow.to}.",
                    sure=True,
                    what=f"contact ({flow.what})",
                    value=flow.to,
                    origin=contacts.place(flow),
                    subject=flow.who,
                ),
            )
            for flow in self._facts.flows or ()
            if flow.what is not FlowKind.SMS
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


def _file(path: str, origin: str, *, sure: bool) -> Match:
    words = "is on the unit" if sure else "belongs to a package that may not be installed"
    return Match(
        sentence=f"The file {path} {words}.", sure=sure, what="file", value=path, origin=origin, subject=path
    )


_FINDERS: Mapping[IndicatorKind, Callable[[Seen, str], Iterator[Match]]] = {
    IndicatorKind.DOMAIN: Seen.domain,
    IndicatorKind.IP: Seen.ip,
    IndicatorKind.URL: Seen.url,
    IndicatorKind.PROCESS: Seen.process,
    IndicatorKind.FILE_NAME: Seen.file_name,
    IndicatorKind.FILE_PATH: Seen.file_path,
    IndicatorKind.FILE_HASH: Seen.file_hash,
    IndicatorKind.PACKAGE: Seen.package,
    IndicatorKind.CERTIFICATE: Seen.certificate,
    IndicatorKind.PROPERTY: Seen.property,
}
