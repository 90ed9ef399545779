"""Facts: what the artifacts say, with the place each was read from. No judgement here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Generic, TypeVar

from audit.model.code import CodeFile
from audit.model.destinations import Destination
from audit.model.evidence import Gap
from audit.model.flows import Flow, OwnIdentifier, Watch
from audit.model.record import record

V = TypeVar("V")


@record
class Unread:
    """A line a parser could not make part of its value.

    line: 1-based line number in the cleaned text of *origin*; 0 where it is not known
    """

    origin: str
    line: int
    text: str


@record
class Parsed(Generic[V]):
    """What a parser returns: a value, and every line that did not become part of it.

    unread: lines the parser does not understand
    skipped: section or line class deliberately left, and how many lines it had; nothing is dropped unseen
    errors: the unit's own error messages found among the output ("Error: Unknown option: -U"), a line each
    read: lines that became part of the value; read + unread + skipped + errors are all lines there were
    """

    value: V
    unread: tuple[Unread, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    read: int = 0


@record
class Property:
    """A system property.

    origin: where the value that counts was read
    shadowed: (origin, value) of the other places that state it, in the order they lost
    """

    name: str
    value: str
    origin: str
    shadowed: tuple[tuple[str, str], ...] = ()


class Enabled(StrEnum):
    """``PackageManager.COMPONENT_ENABLED_STATE_*``, by name."""

    DEFAULT = "default"
    ENABLED = "enabled"
    DISABLED = "disabled"
    DISABLED_USER = "disabled-user"
    DISABLED_UNTIL_USED = "disabled-until-used"


@record
class UserState:
    """The state of a package for one Android user; None means nobody said.

    installed False with the package still known = uninstalled for that user, back after a factory reset
    """

    user: int
    installed: bool | None = None
    enabled: Enabled | None = None
    hidden: bool | None = None
    suspended: bool | None = None
    stopped: bool | None = None


@record
class Package:
    """An application package known to the unit.

    paths: code paths as the unit names them, base first
    system: on the system image; None where neither flags nor path tell
    overlay_of: the package a resource overlay is for
    signers: digests as printed (``dumpsys`` prints a 32-bit hash: a hint, never proof)
    """

    name: str
    paths: tuple[str, ...] = ()
    version_code: int | None = None
    version_name: str | None = None
    uid: int | None = None
    shared_user: str | None = None
    installer: str | None = None
    signers: tuple[str, ...] = ()
    system: bool | None = None
    users: tuple[UserState, ...] = ()
    overlay_of: str | None = None
    origin: str = ""


@record
class Overlay:
    """A runtime resource overlay, from ``cmd overlay list``.

    enabled: ``[x]`` True, ``[ ]`` False, ``---`` None (cannot be enabled)
    name: of the overlay within its package (``package:name``, Android 12 on); "" when the package has but one
    """

    package: str
    target: str
    enabled: bool | None
    user: int | None = None
    origin: str = ""
    name: str = ""


@record
class Setting:
    """One row of a settings table. namespace: global, system or secure."""

    namespace: str
    name: str
    value: str
    origin: str
    user: int | None = None


@record
class AndroidUser:
    """An Android user or profile of the unit."""

    number: int
    name: str = ""
    flags: str = ""
    running: bool | None = None


@record
class Apex:
    """An APEX module."""

    name: str
    version_code: int | None = None
    path: str = ""
    origin: str = ""


@record
class ConfigFile:
    """A configuration file of the unit; path as on the unit."""

    path: str
    text: str
    origin: str


class EndpointKind(StrEnum):
    """What an endpoint is."""

    URL = "url"
    HOST = "host"
    IP = "ip"
    SMS = "sms"


@record
class Endpoint:
    """An address found in a file of the unit.

    origin: the file, and after " > " the part of it ("…/AutoRegistration.vdex > dex 0")
    offset: bytes from the start of that part; None where it has none
    """

    kind: EndpointKind
    value: str
    origin: str
    package: str | None = None
    offset: int | None = None


class Did(StrEnum):
    """What a process was seen doing, short of a contact."""

    RUNNING = "running"
    STARTED = "started"
    RECEIVED = "received"
    """A broadcast was delivered to it."""
    LOGGED = "logged"
    """It wrote a line that names an address or an identifier, or one under the tag of a known client."""
    TRANSFERRED = "transferred"
    """Bytes were counted for its UID; where to is not known."""
    ASKED = "asked"
    """It asked Android's resolver for a name; which one is masked."""


@record
class Activity:
    """One thing a process did on the unit, as a log, a process list or a counter tells.

    who: package or process; "uid 1001" where only that is known
    text: the line as read, or what it says in words, cleaned
    line: 1-based in *origin*, 0 where it has none; at: the time as logged ("05-10 20:50:17.123"), else ""
    """

    who: str
    what: Did
    text: str
    origin: str
    line: int = 0
    at: str = ""
    uid: int | None = None


@record
class FileDigest:
    """What somebody else computed of a file of the unit that is not at hand itself.

    digests: of the file; certificates: of those that signed it; MD5, SHA-1 or SHA-256, lower-case hex
    package: whose file it is, where that was said
    """

    path: str
    digests: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    package: str | None = None
    origin: str = ""


@record
class Facts:
    """Everything the artifacts of one snapshot say.

    at_rest: what was read is an image, not a running unit: it has no users, settings or states
    available: packages of an image's folders for other variants (SKU, carrier), by folder: not active
    code: files whose code or resources were read; endpoints: the addresses in them and in *files*
    listing: paths of the files on the unit; None when nobody listed them
    digests: hashes of files of the unit, as whoever was there computed them
    flows: None when nobody watched, () when somebody watched and nothing was seen
    watches: the recordings that flows come from, beside lists and logs
    identifiers: those of this unit, as it told them
    destinations: what is known of the addresses in *flows*; empty where nobody asked
    domains: host name to registrable domain, for the hosts in *flows*
    own_addresses: of the unit, on the networks it was in
    gaps: the snapshot's gaps and those the parsers found
    skipped: "origin: section" to the number of lines deliberately left
    """

    properties: Mapping[str, Property] = field(default_factory=dict)
    packages: Mapping[str, Package] = field(default_factory=dict)
    overlays: tuple[Overlay, ...] = ()
    settings: tuple[Setting, ...] = ()
    users: tuple[AndroidUser, ...] = ()
    apex: tuple[Apex, ...] = ()
    files: Mapping[str, ConfigFile] = field(default_factory=dict)
    at_rest: bool = False
    available: Mapping[str, tuple[Package, ...]] = field(default_factory=dict)
    code: tuple[CodeFile, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    listing: frozenset[str] | None = None
    digests: tuple[FileDigest, ...] = ()
    activity: tuple[Activity, ...] = ()
    flows: tuple[Flow, ...] | None = None
    watches: tuple[Watch, ...] = ()
    identifiers: tuple[OwnIdentifier, ...] = ()
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    own_addresses: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)

    def value(self, name: str) -> str | None:
        """The property's value; None when the unit did not state it."""
        found = self.properties.get(name)
        return None if found is None else found.value
