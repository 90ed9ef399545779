"""What was seen of a unit, by the ways in which an indicator can name it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from audit.checks.clients import state_of
from audit.checks.match import Index, Match
from audit.checks.seen_addresses import SeenAddresses
from audit.model.facts import Did, Facts, Package
from audit.model.indicators import IndicatorKind, Observable

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
        self.addresses = SeenAddresses(facts)

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


def _file(path: str, origin: str, *, sure: bool) -> Match:
    words = "is on the unit" if sure else "belongs to a package that may not be installed"
    return Match(
        sentence=f"The file {path} {words}.", sure=sure, what="file", value=path, origin=origin, subject=path
    )


_FINDERS: Mapping[IndicatorKind, Callable[[Seen, str], Iterator[Match]]] = {
    IndicatorKind.DOMAIN: lambda seen, value: seen.addresses.domain(value),
    IndicatorKind.IP: lambda seen, value: seen.addresses.ip(value),
    IndicatorKind.URL: lambda seen, value: seen.addresses.url(value),
    IndicatorKind.PROCESS: Seen.process,
    IndicatorKind.FILE_NAME: Seen.file_name,
    IndicatorKind.FILE_PATH: Seen.file_path,
    IndicatorKind.FILE_HASH: Seen.file_hash,
    IndicatorKind.PACKAGE: Seen.package,
    IndicatorKind.CERTIFICATE: Seen.certificate,
    IndicatorKind.PROPERTY: Seen.property,
}
