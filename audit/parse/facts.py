"""All artifacts of a snapshot into facts: the one place that knows which parser reads which kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from audit.endpoints.config_text import read_text
from audit.endpoints.part import Limits
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, SourceKind, Topic
from audit.model.facts import (
    AndroidUser,
    Apex,
    ConfigFile,
    Endpoint,
    Facts,
    FileDigest,
    Overlay,
    Package,
    Parsed,
    Property,
    Setting,
    Unread,
)
from audit.model.flows import Flow, OwnIdentifier
from audit.model.text import clean_line
from audit.parse.androidqf_packages import parse_androidqf_packages
from audit.parse.apex import parse_apex
from audit.parse.bounds import bounded
from audit.parse.build_prop import parse_build_prop
from audit.parse.code_files import ADDRESSES, CodeFacts, read_code_files
from audit.parse.digests import parse_digests
from audit.parse.gaps import TOPICS, exists, gaps_of, missing, stderr_lines, untold
from audit.parse.getprop import parse_getprop
from audit.parse.identifiers.own import read_identity
from audit.parse.merge_packages import PackageList, PackageSources, merge_packages
from audit.parse.overlays import parse_overlays
from audit.parse.overlays_dump import parse_overlays_dump
from audit.parse.package_details import DumpedPackages, parse_package_details
from audit.parse.packages import parse_packages
from audit.parse.prop_files import PropFile, unit_path
from audit.parse.properties import Stated, sdk_of
from audit.parse.settings import parse_settings
from audit.parse.text import decode
from audit.parse.traffic import Traffic, read_traffic
from audit.parse.users import parse_users

if TYPE_CHECKING:
    from audit.parse.observations.read import Observed

V = TypeVar("V")

_FRAMEWORK = "android"
"""The framework's own package, which every Android has."""
_NAMESPACES = {
    Kind.SETTINGS_GLOBAL: "global",
    Kind.SETTINGS_SYSTEM: "system",
    Kind.SETTINGS_SECURE: "secure",
}


def read_facts(snapshot: Snapshot) -> Facts:
    """Everything *snapshot* says, with the place each fact was read from and a gap for all that is missing.

    Never raises on what a unit said: what cannot be read is unread, what failed is a gap.
    """
    reader = _Reader(snapshot)
    for artifact in snapshot.artifacts:
        _READERS[artifact.kind](reader, bounded(artifact))
    return reader.facts()


class _Reader:
    """Collects what the artifacts say, kind by kind."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._given_gaps = snapshot.gaps
        self._code = snapshot.code
        self._image = snapshot.source.kind is SourceKind.FIRMWARE
        self._gaps: list[Gap] = []
        self._unread: list[Unread] = []
        self._skipped: dict[str, int] = {}
        self._stated = Stated()
        self._lists: dict[Kind, list[PackageList]] = {}
        self._unsure: list[PackageList] = []
        self._digests: list[FileDigest] = []
        self._dumps: list[DumpedPackages] = []
        self._dumped_all = False
        self._not_found: list[tuple[Artifact, str]] = []
        self._config: dict[str, ConfigFile] = {}
        self._users: list[AndroidUser] = []
        self._apex: list[Apex] = []
        self._dumped_apex: list[Apex] = []
        self._overlays: list[Overlay] = []
        self._settings: list[Setting] = []
        self._listing: set[str] | None = None
        self._traffic: list[Artifact] = []
        self._identity: list[Artifact] = []
        self._recordings: list[Artifact] = []
        self._topics: set[Topic] = {gap.topic for gap in snapshot.gaps}

    def _book(self, artifact: Artifact, parsed: Parsed[V], *, empty: bool) -> bool:
        """Keep what *parsed* could not use; whether the artifact is a whole answer."""
        self._topics.add(TOPICS[artifact.kind])
        gaps = gaps_of(artifact, parsed, empty=empty)
        self._gaps += gaps
        self._unread += parsed.unread
        where = f"{artifact.origin} (standard error)"
        self._unread += (Unread(origin=where, line=n, text=line) for n, line in stderr_lines(artifact))
        for what, count in parsed.skipped.items():
            key = f"{artifact.origin}: {what}"
            self._skipped[key] = self._skipped.get(key, 0) + count
        return not gaps

    def getprop(self, artifact: Artifact) -> None:
        parsed = parse_getprop(decode(artifact.data), artifact.origin)
        self._book(artifact, parsed, empty=not parsed.value)
        self._stated.live(artifact.origin, parsed.value)

    def build_prop(self, artifact: Artifact) -> None:
        text = decode(artifact.data)
        parsed = parse_build_prop(text, artifact.origin)
        self._book(artifact, parsed, empty=not parsed.value)
        path = unit_path(artifact.argument or artifact.origin)
        self._stated.file(PropFile(origin=artifact.origin, path=path, statements=parsed.value), text)

    def users(self, artifact: Artifact) -> None:
        parsed = parse_users(decode(artifact.data), artifact.origin)
        self._book(artifact, parsed, empty=not parsed.value)
        self._users += parsed.value

    def packages(self, artifact: Artifact) -> None:
        parsed = parse_packages(decode(artifact.data), artifact.origin)
        complete = self._book(artifact, parsed, empty=not parsed.value)
        self._lists.setdefault(artifact.kind, []).append(
            PackageList(origin=artifact.origin, user=artifact.user, packages=parsed.value, complete=complete)
        )

    def androidqf(self, artifact: Artifact) -> None:
        parsed = parse_androidqf_packages(decode(artifact.data), artifact.origin)
        whole = self._book(artifact, parsed, empty=not parsed.value.entries)
        for kind, lists in (
            (Kind.PACKAGES_KNOWN, parsed.value.known),
            (Kind.PACKAGES, parsed.value.installed),
            (Kind.PACKAGES_DISABLED, parsed.value.disabled),
        ):
            self._lists.setdefault(kind, []).extend(
                replace(listed, complete=whole and listed.complete) for listed in lists
            )
        if any(listed.packages for listed in parsed.value.disabled):
            self._topics.add(Topic.DISABLED)
        self._unsure += parsed.value.unsure
        self._digests += parsed.value.digests

    def digests(self, artifact: Artifact) -> None:
        parsed = parse_digests(decode(artifact.data), artifact.origin)
        self._book(artifact, parsed, empty=not parsed.value)
        self._digests += parsed.value

    def details(self, artifact: Artifact) -> None:
        parsed = parse_package_details(decode(artifact.data), artifact.origin)
        complete = self._book(artifact, parsed, empty=not parsed.value.packages)
        self._dumps.append(parsed.value)
        names = {package.name for package in parsed.value.packages}
        if artifact.argument is None:
            self._dumped_apex += parsed.value.apex or ()
            if parsed.value.apex:  # no unit has modules and none of them active
                self._topics.add(Topic.APEX)
            # A dump of one package that was saved without its name must not pass for a dump of all.
            self._dumped_all |= complete and _FRAMEWORK in names and len(names) > 1
        elif complete and not names:
            self._not_found.append((artifact, artifact.argument))

    def apex(self, artifact: Artifact) -> None:
        parsed = parse_apex(decode(artifact.data), artifact.origin)
        self._book(artifact, parsed, empty=not parsed.value)
        self._apex += parsed.value

    def overlays(self, artifact: Artifact) -> None:
        parsed = parse_overlays(decode(artifact.data), artifact.origin, artifact.user)
        self._book(artifact, parsed, empty=not parsed.value)
        self._overlays += parsed.value

    def overlays_dump(self, artifact: Artifact) -> None:
        parsed = parse_overlays_dump(decode(artifact.data), artifact.origin)
        self._book(artifact, parsed, empty=not parsed.read)
        self._overlays += parsed.value

    def settings(self, artifact: Artifact) -> None:
        namespace = _NAMESPACES[artifact.kind]
        text = decode(artifact.data)
        parsed = parse_settings(text, artifact.origin, namespace=namespace, user=artifact.user)
        self._book(artifact, parsed, empty=not parsed.value)
        self._settings += parsed.value

    def file(self, artifact: Artifact) -> None:
        text = decode(artifact.data)
        self._book(artifact, Parsed(value=text), empty=False)
        path = artifact.argument or unit_path(artifact.origin)
        self._config[path] = ConfigFile(path=path, text=text, origin=artifact.origin)

    def listing(self, artifact: Artifact) -> None:
        lines = [clean_line(line) for line in decode(artifact.data).splitlines() if line]
        paths = [line if line.startswith("/") else unit_path(line) for line in lines]
        self._book(artifact, Parsed(value=paths, read=len(paths)), empty=not paths)
        self._listing = (self._listing or set()) | set(paths)

    def traffic(self, artifact: Artifact) -> None:
        self._traffic.append(artifact)

    def identity(self, artifact: Artifact) -> None:
        self._identity.append(artifact)

    def recording(self, artifact: Artifact) -> None:
        self._recordings.append(artifact)

    def facts(self) -> Facts:
        merged = self._stated.merged()
        properties = merged.properties
        self._config = {**{file.path: file for file in merged.left}, **self._config}
        self._skipped |= merged.skipped
        packages = merge_packages(
            PackageSources(
                installed=tuple(self._lists.get(Kind.PACKAGES, ())),
                known=tuple(self._lists.get(Kind.PACKAGES_KNOWN, ())),
                disabled=tuple(self._lists.get(Kind.PACKAGES_DISABLED, ())),
                dumps=tuple(self._dumps),
                unsure=tuple(self._unsure),
            )
        )
        self._gaps += untold(self._unsure, packages)
        code = read_code_files(self._code, properties, image=self._image)
        packages = {**code.packages, **packages}
        self._read_of_code(code)
        traffic = self._read_traffic(packages)
        told = read_identity(self._identity, properties, self._settings)
        observed = self._observed(packages, told.identifiers, traffic.own_addresses)
        for read in (told, *((observed,) if observed is not None else ())):
            self._gaps += read.gaps
            self._unread += read.unread
        return Facts(
            properties=properties,
            packages=packages,
            overlays=(*self._overlays, *code.overlays),
            settings=tuple(self._settings),
            users=tuple(self._users),
            apex=(*self._modules(), *code.apex),
            files=self._config,
            at_rest=self._image,
            available=code.available,
            code=self._code,
            endpoints=(*code.endpoints, *self._addresses()),
            listing=None if self._listing is None else frozenset(self._listing),
            digests=tuple(self._digests),
            activity=traffic.activity,
            flows=_both(traffic.flows, None if observed is None else observed.flows),
            watches=() if observed is None else observed.watches,
            identifiers=(*told.identifiers, *(() if observed is None else observed.identifiers)),
            own_addresses=traffic.own_addresses,
            gaps=self._all_gaps(properties, packages),
            unread=tuple(self._unread),
            skipped=self._skipped,
        )

    def _observed(
        self,
        packages: Mapping[str, Package],
        known: tuple[OwnIdentifier, ...],
        own_addresses: tuple[str, ...],
    ) -> Observed | None:
        """What recordings tell; None where there is none, as in most snapshots."""
        if not self._recordings:
            return None
        # a quarter of what all parsers take to import, for the few snapshots that hold a recording
        from audit.parse.observations.read import of_another_unit, read_observations  # noqa: PLC0415 - see above

        observed = read_observations(self._recordings, packages, known)
        self._gaps += of_another_unit(observed, own_addresses)
        self._skipped |= observed.skipped
        return observed

    def _modules(self) -> Iterator[Apex]:
        """What the unit lists, and of the dump what is not in the list."""
        listed = {apex.name for apex in self._apex}
        yield from self._apex
        yield from (apex for apex in self._dumped_apex if apex.name not in listed)

    def _read_of_code(self, code: CodeFacts) -> None:
        """What an image's files speak of, and what no image has: users, settings, a state of packages."""
        self._gaps += code.gaps
        if not self._image:
            return
        self._topics |= {Topic.USERS, Topic.SETTINGS, Topic.DISABLED, Topic.OVERLAYS, Topic.APEX}
        if code.packages:
            self._topics.add(Topic.PACKAGES)

    def _read_traffic(self, packages: Mapping[str, Package]) -> Traffic:
        """What the unit was seen doing, and whose doing it was."""
        traffic = read_traffic(self._traffic, packages)
        self._topics |= {TOPICS[artifact.kind] for artifact in self._traffic}
        self._gaps += traffic.gaps
        self._unread += traffic.unread
        self._skipped |= traffic.skipped
        return traffic

    def _addresses(self) -> Iterator[Endpoint]:
        """The addresses in configuration files."""
        for file in self._config.values():
            for found in read_text(file.text.encode(), where="", limits=Limits()).found:
                if (kind := ADDRESSES.get(found.kind)) is not None:
                    yield Endpoint(kind=kind, value=found.value, origin=file.path, offset=found.offset)

    def _all_gaps(
        self, properties: Mapping[str, Property], packages: Mapping[str, Package]
    ) -> tuple[Gap, ...]:
        sdk = sdk_of(properties)
        topics = set(self._topics)
        if self._dumped_all:
            # A whole dump names every package and its state for every user.
            topics |= {Topic.PACKAGES, Topic.DISABLED}
        contradicted = [
            Gap(
                topic=Topic.DETAILS,
                reason=f"The unit lists {name}, but says it cannot find it.",
                fix="Audit again; the package may just have been removed.",
                origin=artifact.origin,
                user=artifact.user,
            )
            for artifact, name in self._not_found
            if name in packages
        ]
        found = (*self._gaps, *contradicted, *missing(topics, sdk))
        return (*self._given_gaps, *(gap for gap in found if exists(gap.topic, sdk)))


def _both(listed: tuple[Flow, ...] | None, watched: tuple[Flow, ...] | None) -> tuple[Flow, ...] | None:
    """Contacts of lists and logs, and those of recordings; None where neither was there."""
    return None if listed is None and watched is None else (*(watched or ()), *(listed or ()))


_READERS: Mapping[Kind, Callable[[_Reader, Artifact], None]] = {
    Kind.GETPROP: _Reader.getprop,
    Kind.BUILD_PROP: _Reader.build_prop,
    Kind.USERS: _Reader.users,
    Kind.PACKAGES: _Reader.packages,
    Kind.PACKAGES_KNOWN: _Reader.packages,
    Kind.PACKAGES_DISABLED: _Reader.packages,
    Kind.PACKAGES_ANDROIDQF: _Reader.androidqf,
    Kind.DIGESTS: _Reader.digests,
    Kind.PACKAGE_DETAILS: _Reader.details,
    Kind.APEX: _Reader.apex,
    Kind.OVERLAYS: _Reader.overlays,
    Kind.OVERLAYS_DUMP: _Reader.overlays_dump,
    Kind.SETTINGS_GLOBAL: _Reader.settings,
    Kind.SETTINGS_SYSTEM: _Reader.settings,
    Kind.SETTINGS_SECURE: _Reader.settings,
    Kind.FILE: _Reader.file,
    Kind.LISTING: _Reader.listing,
    Kind.SOCKETS: _Reader.traffic,
    Kind.SOCKET_DETAILS: _Reader.traffic,
    Kind.NETSTATS: _Reader.traffic,
    Kind.CONNECTIVITY: _Reader.traffic,
    Kind.PROCESSES: _Reader.traffic,
    Kind.BROADCASTS: _Reader.traffic,
    Kind.LOGCAT: _Reader.traffic,
    Kind.DNSRESOLVER: _Reader.traffic,
    Kind.IDENTITY: _Reader.identity,
    Kind.OBSERVATIONS: _Reader.recording,
}
