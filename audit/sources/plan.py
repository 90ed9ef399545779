"""What may be asked of a unit: a closed list of commands that only read, by Android version.

There is no way to build a `Command` from free text: an `Ask` fixes the words, and what varies (a user's
number, a package's name, the path of a file, a range of its blocks) is checked before it becomes part of it.

Sources: AOSP ``PackageManagerShellCommand.java`` of Android 7, 8, 11 and 16,
``OverlayManagerShellCommand.java``, ``SettingsCmd.java`` (7), ``SettingsService.java`` (8+), ``dumpsys.cpp``;
toolbox ``dd.c`` (7) and toybox ``dd.c`` (8+).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from audit.errors import UsageError
from audit.model.evidence import Kind, Topic
from audit.model.record import record

OLDEST_SDK = 24
"""Android 7.0. Before it there is no ``cmd``, no exit code over ADB and no ``settings list``."""

_SDK_OREO = 26  # -U and --show-versioncode of `list packages`; `cmd overlay`
_SDK_P = 28  # IPhoneSubInfo lost a method
_SDK_Q = 29  # --apex-only
_SDK_R = 30  # IPhoneSubInfo got methods in between
LARGEST_USER = 21_473
"""``UserHandle.MAX_SECONDARY_USER_ID``."""
MOST_USERS = 16
"""Android allows four to eight, profiles included; a unit that lists more does not get to choose our work."""

_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
_LONGEST_PACKAGE = 255
_PATH = re.compile(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+")


class Ask(StrEnum):
    """The commands there are, each with the words it begins with."""

    GETPROP = "getprop"
    USERS = "pm list users"
    CMD_PACKAGES = "cmd package list packages"
    PM_PACKAGES = "pm list packages"
    """The same for units whose ``cmd package`` does not answer; slow on 7, where it starts a VM."""
    OVERLAYS = "cmd overlay list"
    SETTINGS_GLOBAL = "settings list global"
    SETTINGS_SYSTEM = "settings list system"
    SETTINGS_SECURE = "settings list secure"
    DUMP_PACKAGE = "dumpsys -t 60 package"
    """``-t``: without it ``dumpsys`` gives up after 10 s, with exit code 0."""
    FILE = "cat"
    BLOCKS = "dd"
    """A range of a file; without ``of=`` it can only write to standard output."""
    PHONE = "service call iphonesubinfo"
    """What `Call` lists, and nothing else: other transactions of that service write."""
    SIM_TABLE = "content query --uri content://telephony/siminfo --projection icc_id:sim_id"
    LINKS = "ip -o link"


class Flag(StrEnum):
    """Options of ``list packages``."""

    PATH = "-f"
    UID = "-U"
    INSTALLER = "-i"
    VERSION = "--show-versioncode"
    UNINSTALLED_TOO = "-u"
    DISABLED = "-d"
    APEX = "--apex-only"


class Call(StrEnum):
    """Getters of telephony's ``IPhoneSubInfo``, with their arguments.

    Transactions are numbered by their order in AOSP's ``IPhoneSubInfo.aidl``; all up to the numbers here are
    getters, on every Android from 7 to 16. The caller's feature, the last argument since 11, may be absent.
    """

    DEVICE = "1 s16 com.android.shell"
    SECOND_DEVICE = "3 i32 1 s16 com.android.shell"
    SECOND_DEVICE_R = "4 i32 1 s16 com.android.shell"
    SUBSCRIBER = "7 s16 com.android.shell"
    SUBSCRIBER_R = "8 s16 com.android.shell"
    SIM = "11 s16 com.android.shell"
    SIM_P = "10 s16 com.android.shell"
    SIM_R = "12 s16 com.android.shell"


FILES: tuple[str, ...] = (
    "/system/etc/EvenwellCloud.config",
    "/product/etc/EvenwellCloud.config",
    "/system/etc/AutoRegConfig.xml",
    "/vendor/etc/AutoRegConfig.xml",
    "/cust/cust_variant",
    "/proc/skuid",
)
"""Configuration files known to name a region or the servers of a client; any of them may be absent."""

FRAMEWORK = "/system/framework/framework-res.apk"
"""The package ``android``: signed with the platform key, whatever Android version and maker."""

BLOCK_BYTES = 4096
"""Size of the blocks `Command.blocks` counts."""
MOST_BLOCKS = 4096
"""16 MB: more than any signature needs."""
_LAST_BLOCK = 1 << 32

_TAKES_PACKAGE = frozenset({Ask.DUMP_PACKAGE})
_TAKES_PATH = frozenset({Ask.FILE, Ask.BLOCKS})
_TAKES_FLAGS = frozenset({Ask.CMD_PACKAGES, Ask.PM_PACKAGES})
_TIMEOUT_S = {
    Ask.GETPROP: 15.0,
    Ask.USERS: 20.0,
    Ask.CMD_PACKAGES: 45.0,
    Ask.PM_PACKAGES: 60.0,
    Ask.OVERLAYS: 20.0,
    Ask.SETTINGS_GLOBAL: 20.0,
    Ask.SETTINGS_SYSTEM: 20.0,
    Ask.SETTINGS_SECURE: 20.0,
    Ask.DUMP_PACKAGE: 75.0,
    Ask.FILE: 10.0,
    Ask.BLOCKS: 15.0,
    Ask.PHONE: 10.0,
    Ask.SIM_TABLE: 15.0,
    Ask.LINKS: 10.0,
}


def is_package_name(name: str) -> bool:
    """Whether *name* can be a package's (``PackageParser.validateName``), so that it is safe in a line."""
    return len(name) <= _LONGEST_PACKAGE and _PACKAGE.fullmatch(name) is not None


def is_file_path(path: str) -> bool:
    """Whether *path* is absolute and plain: no ``..``, no space, nothing a shell would read."""
    return _PATH.fullmatch(path) is not None


def _is_range(blocks: tuple[int, int] | None) -> bool:
    return blocks is None or (0 <= blocks[0] <= _LAST_BLOCK and 0 < blocks[1] <= MOST_BLOCKS)


def check_user(number: int) -> int:
    """Return *number* when it can be an Android user's; UsageError otherwise."""
    if not 0 <= number <= LARGEST_USER:
        raise UsageError(
            f"{number} is not an Android user number",
            fix="give one that `pm list users` shows, such as 0 or 10",
        )
    return number


@record
class Command:
    """One line the unit's shell is given, which can only read.

    user: Android user number; package, path: what is asked about, checked when the command is made
    blocks: of a file, the first block and how many, in blocks of `BLOCK_BYTES`
    call: of telephony
    """

    ask: Ask
    flags: tuple[Flag, ...] = ()
    user: int | None = None
    package: str | None = None
    path: str | None = None
    blocks: tuple[int, int] | None = None
    call: Call | None = None

    def __post_init__(self) -> None:
        if self.user is not None:
            check_user(self.user)
        if self.package is not None and not (self.ask in _TAKES_PACKAGE and is_package_name(self.package)):
            raise UsageError(
                f"{self.package!r} is not a package name", fix="give a name such as com.example.app"
            )
        if (self.ask in _TAKES_PATH) != (self.path is not None):
            raise UsageError(f"`{self.ask}` and the path {self.path!r} do not go together")
        if self.path is not None and not is_file_path(self.path):
            raise UsageError(
                f"{self.path!r} is not a plain absolute path", fix="give one such as /system/etc/x.xml"
            )
        if self.flags and self.ask not in _TAKES_FLAGS:
            raise UsageError(f"`{self.ask}` takes none of {', '.join(self.flags)}")
        if (self.ask is Ask.BLOCKS) != (self.blocks is not None) or not _is_range(self.blocks):
            raise UsageError(f"`{self.ask}` and the blocks {self.blocks} do not go together")
        if (self.ask is Ask.PHONE) != (self.call is not None):
            raise UsageError(f"`{self.ask}` and the call {self.call} do not go together")

    @property
    def line(self) -> str:
        """The command line, as the unit's shell gets it."""
        if self.blocks is not None:
            first, count = self.blocks
            return f"{self.ask} if={self.path} bs={BLOCK_BYTES} skip={first} count={count}"
        words: list[str] = [self.ask, *self.flags]
        if self.user is not None:
            words += ["--user", str(self.user)]
        words += [word for word in (self.package, self.path, self.call) if word is not None]
        return " ".join(words)

    @property
    def timeout_s(self) -> float:
        """How long the unit may take, in seconds."""
        return _TIMEOUT_S[self.ask]


@record
class Step:
    """One piece of evidence to read, with the commands that give it, best first.

    A later command is tried when the unit does not know an option of, or the program behind, an earlier one.
    optional: its absence is an answer ("there is no such file"), not a gap
    way: of asking, where several give evidence of one kind
    """

    kind: Kind
    topic: Topic
    commands: tuple[Command, ...]
    optional: bool = False
    way: str | None = None

    @property
    def user(self) -> int | None:
        """The Android user it speaks of."""
        return self.commands[0].user

    @property
    def argument(self) -> str | None:
        """The package or path it asks about, or its way of asking."""
        return self.way or self.commands[0].package or self.commands[0].path


_LISTS = {
    Kind.PACKAGES_KNOWN: (Topic.PACKAGES, Flag.UNINSTALLED_TOO),
    Kind.PACKAGES: (Topic.PACKAGES, None),
    Kind.PACKAGES_DISABLED: (Topic.DISABLED, Flag.DISABLED),
}


def _flag_sets(kind: Kind, sdk: int | None) -> tuple[tuple[Flag, ...], ...]:
    """The options to try, richest first; an unknown one is answered on stdout with exit code 255."""
    extra = _LISTS[kind][1]
    tail = () if extra is None else (extra,)
    if kind is not Kind.PACKAGES_KNOWN:
        return (tail,)  # names are enough: the list of known packages has the rest
    rich = (Flag.PATH, Flag.UID, Flag.INSTALLER, Flag.VERSION, *tail)
    plain = (Flag.PATH, Flag.INSTALLER, *tail)
    if sdk is not None and sdk < _SDK_OREO:
        return (plain, tail)
    return (rich, plain, tail)


def list_step(kind: Kind, user: int, sdk: int | None) -> Step:
    """One of the three package lists of one user. Always by user: Android 16 lists all users otherwise."""
    sets = _flag_sets(kind, sdk)
    by_cmd = tuple(Command(ask=Ask.CMD_PACKAGES, flags=flags, user=user) for flags in sets)
    by_pm = tuple(Command(ask=Ask.PM_PACKAGES, flags=flags, user=user) for flags in sets)
    return Step(kind=kind, topic=_LISTS[kind][0], commands=by_cmd + by_pm)


def getprop_step() -> Step:
    """All system properties."""
    return Step(kind=Kind.GETPROP, topic=Topic.PROPERTIES, commands=(Command(ask=Ask.GETPROP),))


def users_step() -> Step:
    """The users and profiles of the unit."""
    return Step(kind=Kind.USERS, topic=Topic.USERS, commands=(Command(ask=Ask.USERS),))


def settings_steps() -> tuple[Step, ...]:
    """The three settings tables of the system user, whole.

    Few rows name a region, and which ones is the rulebook's business: a snapshot kept today can then be
    judged by a rule written tomorrow. Reports show only the rows a rule read.
    """
    return tuple(
        Step(kind=kind, topic=Topic.SETTINGS, commands=(Command(ask=ask),))
        for kind, ask in (
            (Kind.SETTINGS_GLOBAL, Ask.SETTINGS_GLOBAL),
            (Kind.SETTINGS_SYSTEM, Ask.SETTINGS_SYSTEM),
            (Kind.SETTINGS_SECURE, Ask.SETTINGS_SECURE),
        )
    )


def overlays_step(user: int, sdk: int | None) -> Step | None:
    """Runtime resource overlays; None before Android 8, which has none to list."""
    if sdk is not None and sdk < _SDK_OREO:
        return None
    commands = (Command(ask=Ask.OVERLAYS, user=user), Command(ask=Ask.OVERLAYS))
    return Step(kind=Kind.OVERLAYS, topic=Topic.OVERLAYS, commands=commands)


def apex_step(user: int, sdk: int | None) -> Step | None:
    """APEX modules; None before Android 10, which has none."""
    if sdk is not None and sdk < _SDK_Q:
        return None
    flags = (Flag.APEX, Flag.PATH, Flag.VERSION)
    command = Command(ask=Ask.CMD_PACKAGES, flags=flags, user=user)
    return Step(kind=Kind.APEX, topic=Topic.APEX, commands=(command,))


def known_files(more: Collection[str]) -> tuple[str, ...]:
    """`FILES`, and *more* of them that a rule names."""
    return tuple(dict.fromkeys((*FILES, *sorted(filter(is_file_path, more)))))


def file_steps(paths: tuple[str, ...] = FILES) -> tuple[Step, ...]:
    """Configuration files, each optional."""
    return tuple(
        Step(kind=Kind.FILE, topic=Topic.FILES, commands=(Command(ask=Ask.FILE, path=path),), optional=True)
        for path in paths
    )


def details_step(package: str | None) -> Step:
    """What the package manager knows of *package*; None = of all, which takes seconds and megabytes."""
    command = Command(ask=Ask.DUMP_PACKAGE, package=package)
    return Step(kind=Kind.PACKAGE_DETAILS, topic=Topic.DETAILS, commands=(command,))


WLAN_ADDRESS = "/sys/class/net/wlan0/address"


def identity_steps(sdk: int | None) -> tuple[Step, ...]:
    """What names the unit: asked by `audit.sources.identity` alone, an ordinary audit reads no IMEI.

    Each way is what `audit.parse.identifiers.answers` knows it by; where the reply does not say what it is,
    with the kind that was asked for.
    """
    newer = sdk is None or sdk >= _SDK_R
    second = Call.SECOND_DEVICE_R if newer else Call.SECOND_DEVICE
    subscriber = Call.SUBSCRIBER_R if newer else Call.SUBSCRIBER
    sim = Call.SIM_R if newer else Call.SIM_P if sdk is not None and sdk >= _SDK_P else Call.SIM
    phone = (
        ("iphonesubinfo imei", Call.DEVICE),
        ("iphonesubinfo imei 2", second),
        ("iphonesubinfo imsi", subscriber),
        ("iphonesubinfo iccid", sim),
    )
    commands = (
        *((way, Command(ask=Ask.PHONE, call=call)) for way, call in phone),
        ("siminfo", Command(ask=Ask.SIM_TABLE)),
        ("wlan-address", Command(ask=Ask.FILE, path=WLAN_ADDRESS)),
        ("ip-link", Command(ask=Ask.LINKS)),
    )
    return tuple(
        Step(kind=Kind.IDENTITY, topic=Topic.IDENTIFIERS, commands=(command,), way=way)
        for way, command in commands
    )
