"""What a virtual unit is: one record a file of ``units/`` describes, with everything it can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from types import MappingProxyType

from audit.lab.living import IdentitySpec, RootSpec, ScreenSpec, ServerFault, TalkSpec
from audit.model.facts import Enabled
from audit.model.record import record

USER_OFFSET = 100_000
"""Distance between the uids of one package for two Android users (``UserHandle.PER_USER_RANGE``)."""

FIRST_APP_UID = 10_000
"""``Process.FIRST_APPLICATION_UID``: below it are the system's own."""

SHARED_UIDS: Mapping[str, int] = MappingProxyType(
    {
        "android.uid.system": 1000,
        "android.uid.phone": 1001,
        "android.uid.bluetooth": 1002,
        "android.uid.log": 1007,
        "android.uid.nfc": 1027,
        "android.uid.se": 1068,
        "android.uid.networkstack": 1073,
        "android.uid.shell": 2000,
    }
)
"""Fixed uids of AOSP's shared users (``android_filesystem_config.h``)."""

SDKS: Mapping[str, int] = MappingProxyType(
    {
        "4.4": 19,
        "5.0": 21,
        "5.1": 22,
        "6": 23,
        "7": 24,
        "7.1": 25,
        "8": 26,
        "8.1": 27,
        "9": 28,
        "10": 29,
        "11": 30,
        "12": 31,
        "13": 33,
        "14": 34,
        "15": 35,
        "16": 36,
    }
)
"""Android version, shortest form, to API level."""


class Auth(StrEnum):
    """How a unit answers a host it does not know."""

    NONE = "none"
    """Asks for no key at all."""
    TRUST = "trust"
    """Trusts the first key that is offered, at once."""
    PROMPT = "prompt"
    """Shows its dialog; somebody taps Allow after `UnitSpec.allow_after_s`."""
    NEVER = "never"
    """Shows its dialog; nobody ever taps."""


class Fault(StrEnum):
    """Ways in which a connection to a unit goes wrong."""

    OFFLINE = "offline"
    """Takes the connection and never says a word."""
    BADSUM = "badsum"
    """Sends messages whose header contradicts itself."""
    HANG_SHELL = "hang-shell"
    """Starts the command and never ends it."""
    CLOSE_OPEN = "close-open"
    """Refuses to start it."""
    DROP = "drop"
    """Hangs up in the middle of its output, after `FaultSpec.after_bytes`."""
    STALL_OKAY = "stall-okay"
    """Never acknowledges what the host sends into a stream."""
    CRLF = "crlf"
    """Ends lines with CR LF, as a terminal does."""
    HALF_EXIT = "half-exit"
    """Ends a shell v2 stream without its exit packet, after `FaultSpec.after_bytes`."""
    STLS = "stls"
    """Insists on TLS (wireless debugging)."""
    TAKES_ONE_HOST = "takes-one-host"
    """Hangs up on a second host before it says who it is, as the daemon of Android 7 does."""


@record
class FaultSpec:
    """One fault.

    command: only for commands that contain it; the path of a file for one that is pulled
    after_bytes: of output, for drop and half-exit
    """

    kind: Fault
    command: str = ""
    after_bytes: int = 0


@record
class StateSpec:
    """The state of a package for one Android user."""

    installed: bool = True
    enabled: Enabled = Enabled.DEFAULT
    hidden: bool = False
    suspended: bool = False
    stopped: bool = False


INSTALLED = StateSpec()


@record
class CodeSpec:
    """What is in the files of a package.

    strings: in its code: addresses, names of properties
    odexed: its APK is stripped, as on a system image, and the code lies in ``oat/`` beside it
    receivers: the broadcasts each waits for; cleartext: ``usesCleartextTraffic``, None = not stated
    """

    strings: tuple[str, ...] = ()
    odexed: bool = False
    receivers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cleartext: bool | None = None


@record
class PackageSpec:
    """One package.

    path: code path: an ``.apk``, or a folder that holds one: ``base.apk`` in ``/data``, else of its own name
    version_code, version_name: None = those of the Android version; uid: None = assigned by the unit
    system: None = told by the path; signature: the 32-bit hash ``dumpsys package`` prints, in hex
    users: state by number of the Android user, where it is not simply installed
    """

    path: str
    version_code: int | None = None
    version_name: str | None = None
    uid: int | None = None
    shared_user: str | None = None
    installer: str | None = None
    system: bool | None = None
    signature: str = "5a17c0de"
    splits: tuple[str, ...] = ()
    overlay_target: str | None = None
    code: CodeSpec | None = None
    hidden_copy: str | None = None
    """Code path on the image of a system package that was updated (``Hidden system packages``)."""
    users: Mapping[int, StateSpec] = field(default_factory=dict)

    @property
    def apk(self) -> str:
        """Path of the base APK."""
        if self.path.endswith(".apk"):
            return self.path
        name = "base" if self.path.startswith("/data/") else self.path.rsplit("/", 1)[-1]
        return f"{self.path}/{name}.apk"

    @property
    def on_image(self) -> bool:
        """Whether ``FLAG_SYSTEM`` is set."""
        return not self.path.startswith("/data/") if self.system is None else self.system

    def state(self, user: int) -> StateSpec:
        """The state for an Android user."""
        return self.users.get(user, INSTALLED)


@record
class UserSpec:
    """One Android user. flags: ``UserInfo`` flags in hex, "" = the usual ones; refuses: no shell may look."""

    name: str
    flags: str = ""
    running: bool = True
    refuses: bool = False


@record
class OverlaySpec:
    """One resource overlay. enabled: None = cannot be enabled, printed ``---``."""

    target: str
    enabled: bool | None = True


@record
class ApexSpec:
    """One APEX module."""

    version_code: int
    path: str


@record
class AnswerSpec:
    """What a command says instead of what it would say. command: how it begins."""

    command: str
    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0


@record
class Expect:
    """The verdict a unit is documented to get, and why.

    verdict: PASS, REVIEW, FAIL, INCONCLUSIVE, or "unauthorized" where no audit is possible; "" = not stated
    fails: subjects a failing finding must name; spares: subjects no failing finding may name
    """

    market: str
    why: str
    verdict: str = ""
    policy: str = "default"
    fails: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()


@record
class UnitSpec:
    """A virtual unit.

    android: version as in `SDKS`; state: as in the banner (device, recovery, sideload …)
    fingerprint: the properties it consists of follow from it, unless *properties* state them
    files: path to text; hidden: paths the shell user may neither list nor read, with all below them
    latency_ms: how a command begins, to the time it takes ("" = every command)
    dump_kb: size the whole dump of the package service is filled up to; 0 = as it comes
    allow_after_s: for `Auth.PROMPT`
    root: how it gives root; full_disk: nothing can be written to it
    frida: the version its Frida server says it has, "" = that of this host; server_fault: what it does wrong
    talks: what its packages contact once somebody looks; identity: what names it
    screen: how it lies there
    """

    id: str
    title: str
    android: str
    serial: str
    state: str = "device"
    fingerprint: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[int, UserSpec] = field(default_factory=dict)
    packages: Mapping[str, PackageSpec] = field(default_factory=dict)
    overlays: Mapping[str, OverlaySpec] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    apex: Mapping[str, ApexSpec] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    answers: tuple[AnswerSpec, ...] = ()
    latency_ms: Mapping[str, int] = field(default_factory=dict)
    dump_kb: int = 0
    faults: tuple[FaultSpec, ...] = ()
    auth: Auth = Auth.NONE
    allow_after_s: float = 0.0
    root: RootSpec = field(default_factory=RootSpec)
    full_disk: bool = False
    frida: str = ""
    server_fault: ServerFault | None = None
    server_dies_after_s: float = 0.0
    talks: tuple[TalkSpec, ...] = ()
    identity: IdentitySpec = field(default_factory=IdentitySpec)
    screen: ScreenSpec = field(default_factory=ScreenSpec)
    expect: tuple[Expect, ...] = ()

    @property
    def sdk(self) -> int:
        """The API level."""
        return SDKS[self.android]
