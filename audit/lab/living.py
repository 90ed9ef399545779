"""What a unit's description says of the part of it that lives: who is root, and how its server behaves."""

from __future__ import annotations

from enum import StrEnum

from audit.model.record import record


class RootKind(StrEnum):
    """How a unit gives root, if it does."""

    NONE = "none"
    """As sold: there is no ``su``."""
    MAGISK = "magisk"
    """``su -c 'COMMAND'``, as of Magisk and KernelSU."""
    AOSP_SU = "aosp-su"
    """``su 0 COMMAND …``, as of userdebug builds and many images for boards."""
    ADBD = "adbd"
    """The daemon itself runs as root, as after ``adb root``."""
    PROMPT = "prompt"
    """Magisk, with a question on the screen that nobody ever answers."""
    DENIED = "denied"
    """Magisk, and somebody said no."""


class ServerFault(StrEnum):
    """Ways in which a Frida server goes wrong on a unit."""

    FAILS = "fails"
    """Ends with an error before it is ready."""
    DIES_AT_ONCE = "dies-at-once"
    """Says that it is ready, and is gone."""
    DIES_AFTER_CONNECT = "dies-after-connect"
    """Is killed `UnitSpec.server_dies_after_s` after it answered its first client."""
    SILENT = "silent"
    """Takes connections and never says a word."""
    WRONG_VERSION = "wrong-version"
    """Speaks the protocol of another major version, whatever ``--version`` says."""
    REFUSES_TOKEN = "refuses-token"
    """Wants another token than the one it was given."""


@record
class RootSpec:
    """How the unit gives root. su: what ``su -v`` prints, "" = as its kind does."""

    kind: RootKind = RootKind.NONE
    su: str = ""

    @property
    def version(self) -> str:
        """What ``su -v`` prints."""
        return self.su or "26.4:MAGISKSU"


@record
class ScreenSpec:
    """How the unit lies there when somebody first asks.

    locked: whether its lock screen shows; locks: whether it does, once the screen slept
    front: the activity in front, "" = none; keys: whether the shell may press keys (MIUI: not by itself)
    """

    awake: bool = False
    locked: bool = True
    locks: bool = True
    front: str = "com.android.launcher3/.Launcher"
    keys: bool = True


@record
class TalkSpec:
    """One conversation of a package with a server, which a polling host can see while it lasts.

    host: the name it asks for, "" = it connects to the address without asking; ip: what the name resolves to
    after_s: from when somebody first asked the unit of its network; for_s: how long the socket stays
    on: the broadcast it begins after instead, each time it is sent ("" = none)
    protocol: "tcp", "udp", "tcp6", "udp6": the list of the kernel it is in; Java's sockets are in the latter
    refused: nobody ever answers
    log: what the package writes as it begins, each "PRIORITY/TAG: text"
    """

    package: str
    ip: str
    port: int
    host: str = ""
    after_s: float = 0.0
    for_s: float = 30.0
    on: str = ""
    protocol: str = "tcp"
    refused: bool = False
    log: tuple[str, ...] = ()


PROTOCOLS = ("tcp", "udp", "tcp6", "udp6")


@record
class IdentitySpec:
    """What names the unit and its SIM; "" and () where it has none.

    imei: one for each slot; number: of the line; wlan_mac: ``02:…`` lower case
    """

    imei: tuple[str, ...] = ()
    imsi: str = ""
    iccid: str = ""
    number: str = ""
    wlan_mac: str = ""
