"""Raw evidence: what was read from a unit, where it came from, and what could not be read."""

from __future__ import annotations

from enum import StrEnum

from audit.model.code import CodeFile
from audit.model.record import record


class Kind(StrEnum):
    """What an artifact holds; decides which parser reads it."""

    GETPROP = "getprop"
    BUILD_PROP = "build-prop"
    """A ``*.prop`` file; `Artifact.origin` is its path, which decides AOSP's load order."""
    USERS = "users"
    PACKAGES = "packages"
    """``cmd package list packages`` of one user: installed ones only."""
    PACKAGES_KNOWN = "packages-known"
    """The same with ``-u``: also those uninstalled for the user but still on the image."""
    PACKAGES_DISABLED = "packages-disabled"
    PACKAGE_DETAILS = "package-details"
    """``dumpsys package``, whole or for one package (`Artifact.argument`)."""
    APEX = "apex"
    OVERLAYS = "overlays"
    SETTINGS_GLOBAL = "settings-global"
    SETTINGS_SYSTEM = "settings-system"
    SETTINGS_SECURE = "settings-secure"
    FILE = "file"
    """A configuration file of the unit; `Artifact.argument` is its path there."""
    LISTING = "listing"
    """Paths of files on the unit, one a line."""
    PACKAGES_ANDROIDQF = "packages-androidqf"
    """AndroidQF's ``packages.json``: every package known, ghosts included."""
    DIGESTS = "digests"
    """``sha256sum`` of files: a hash, two blanks and a path a line."""
    OVERLAYS_DUMP = "overlays-dump"
    """``dumpsys overlay``."""
    SOCKETS = "sockets"
    """``netstat`` in any of its dialects: the sockets of one moment."""
    SOCKET_DETAILS = "socket-details"
    """``ss -eionptu``: the same with the UID of each."""
    NETSTATS = "netstats"
    """``dumpsys netstats``: bytes counted by UID."""
    CONNECTIVITY = "connectivity"
    """``dumpsys connectivity``."""
    PROCESSES = "processes"
    """``ps``."""
    BROADCASTS = "broadcasts"
    """``dumpsys activity`` as far as it speaks of broadcasts and processes."""
    LOGCAT = "logcat"
    DNSRESOLVER = "dnsresolver"
    """``dumpsys dnsresolver``: that names were asked for, by which UID; the names themselves are masked."""
    IDENTITY = "identity"
    """An answer that holds identifiers of the unit; `Artifact.argument` says of which kind of answer."""
    OBSERVATIONS = "observations"
    """A recording of events somebody watched: JSON lines, see `audit.parse.observations.lines`."""


class Topic(StrEnum):
    """What facts are about; a check names the topics it cannot do without."""

    PROPERTIES = "properties"
    USERS = "users"
    PACKAGES = "packages"
    DISABLED = "disabled packages"
    DETAILS = "package details"
    APEX = "apex"
    OVERLAYS = "overlays"
    SETTINGS = "settings"
    FILES = "files"
    ENDPOINTS = "endpoints"
    FLOWS = "flows"
    ACTIVITY = "activity"
    IDENTIFIERS = "identifiers"


@record
class Artifact:
    """One piece of raw evidence, byte for byte as the unit gave it.

    origin: the command line, or the path of the file relative to what was given
    data: standard output or file content, raw
    stderr: standard error, raw; empty where the channel has none
    exit_code: None where nothing says (a file, a recording)
    truncated: the stream ended before its end was announced
    user: the Android user it speaks of, where it speaks of one
    argument: the package or path asked for, where one was asked for
    """

    kind: Kind
    origin: str
    data: bytes
    stderr: bytes = b""
    exit_code: int | None = None
    truncated: bool = False
    user: int | None = None
    argument: str | None = None


@record
class Gap:
    """Evidence that was wanted and is missing or only partly read. A gap can never PASS.

    reason: what happened, in words for the operator
    fix: what to do to get it
    user: the Android user it concerns; None for the whole unit
    """

    topic: Topic
    reason: str
    fix: str
    origin: str = ""
    user: int | None = None


class SourceKind(StrEnum):
    """The ways a snapshot comes about."""

    LIVE = "live"
    FOLDER = "folder"
    SAVED = "saved"
    BUGREPORT = "bugreport"
    ANDROIDQF = "androidqf"
    FIRMWARE = "firmware"


@record
class Source:
    """Where a snapshot came from.

    detail: for people: the transport and why it was picked, or the path that was read and how it was read
    path: what was given; "" for a connected unit
    what: what *path* was recognised as, where there is more to say than *kind* does ("a payload.bin: system")
    taken: when it says it was taken, by the unit's own clock, where no zone is stated; else ""
    """

    kind: SourceKind
    detail: str = ""
    path: str = ""
    what: str = ""
    taken: str = ""


@record
class UnitId:
    """How the unit names itself; any part may be missing.

    serial: as ADB shows it; an identifier, redacted wherever it leaves the station
    addresses: its own on the networks it was in, as far as it told them; identifiers too
    """

    serial: str | None = None
    model: str | None = None
    addresses: tuple[str, ...] = ()


@record
class Snapshot:
    """All artifacts of one acquisition.

    acquired_at: RFC 3339 in UTC; None for files that do not say when they were taken
    tool_version: of the program that acquired it
    code: files of code and resources that were read; what was found in each, not the files themselves
    """

    unit: UnitId
    source: Source
    acquired_at: str | None
    tool_version: str
    artifacts: tuple[Artifact, ...]
    gaps: tuple[Gap, ...] = ()
    code: tuple[CodeFile, ...] = ()
