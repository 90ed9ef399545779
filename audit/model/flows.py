"""Flows: contacts of a unit with destinations, how far each went, and what of the unit was in them."""

from __future__ import annotations

from enum import StrEnum

from audit.model.record import record


class FlowKind(StrEnum):
    """The kind of contact seen."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    HTTP = "http"
    SMS = "sms"


class Stage(StrEnum):
    """How far a contact was seen to go. Only the last two are a transmission."""

    ATTEMPTED = "attempted"
    """A name was asked for, or a connection was opened or tried."""
    TRANSMITTED = "transmitted"
    """Bytes of the unit were seen leaving for the destination."""
    IDENTIFIED = "identifier-transmitted"
    """Bytes that hold an identifier of this very unit, equal to the one read from it."""


class IdentifierKind(StrEnum):
    """What names a unit, its SIM or its place."""

    IMEI = "imei"
    MEID = "meid"
    ESN = "esn"
    IMSI = "imsi"
    ICCID = "iccid"
    SERIAL = "serial"
    MAC = "mac"
    ANDROID_ID = "android-id"
    CELL = "cell"
    POSITION = "position"
    PHONE = "phone-number"
    DEVICE_ID = "device-id"
    """Called so by whoever sends it; of which kind it is cannot be told."""

    @property
    def words(self) -> str:
        """As people write it."""
        plain = {self.ANDROID_ID: "Android id", self.SERIAL: "serial number", self.DEVICE_ID: "device id"}
        spoken = {self.CELL, self.POSITION, self.PHONE}
        return plain.get(self) or (self.value.replace("-", " ") if self in spoken else self.value.upper())


class Certainty(StrEnum):
    """How surely something is an identifier. A shape alone is nothing: one number in ten passes Luhn."""

    EXACT = "exact"
    """Equal to a value read from this unit: the only proof."""
    HIGH = "high"
    """Its check digit is right and the field it stands in is named after it."""
    MEDIUM = "medium"
    """One of the two."""


@record
class OwnIdentifier:
    """An identifier of the unit, as it told it. value: without separators; origin: the command or file."""

    kind: IdentifierKind
    value: str
    origin: str


@record
class Caught:
    """An identifier seen in a contact.

    shown: its first four and last two characters, and its length: "8986…20 (20)"; "" where only its name was
    hmac: HMAC-SHA-256 of the whole value under the recording's key, hex; "" where there is no key
    where: the way to it from the bytes sent, outermost first: "body > base64 > json"
    key: the name of the field it stood in, "" where it had none
    """

    kind: IdentifierKind
    certainty: Certainty
    shown: str = ""
    hmac: str = ""
    where: str = ""
    key: str = ""


class Attribution(StrEnum):
    """By what a contact is known to be somebody's."""

    PROCESS = "process"
    """It was seen inside the process that made it."""
    STACK = "stack"
    """The calls that led to it lie in the package's own code."""
    UID = "uid"
    """Its user id belongs to one package alone."""
    SHARED_UID = "shared-uid"
    """Its user id belongs to several packages: it is nobody's alone."""
    NAMED = "named"
    """Whoever recorded it named the app, as PCAPdroid and device-owner logs do."""
    NONE = "none"


@record
class Flow:
    """One contact of a unit's process with a destination.

    who: package or process; "uid 1001" for one that several packages share; "" where nobody can say
    to: host, address or number as seen, with its port where one is known
    cleartext: None where it cannot be told: the port of a socket is no proof
    at_ms: milliseconds since watching began, by the monotonic clock of whoever watched
    via: what saw it: "netstat", "ss", "logcat", or the observer of a recording ("frida", "pcap" …)
    uid: of the process, less the Android user's part
    at: the time as logged, by the unit's clock ("05-10 20:50:17.123"), else ""
    origin: the command or file that tells of it, and its line where it has one
    host: the name of the destination, "" where only its address is known; host_from: where the name was read:
        "sni", "http-host", "url", "dns"
    ip, port, transport: "tcp" or "udp"; "" and None where not seen; answers: addresses a name resolved to
    url: as requested; sni, alpn: as the ClientHello states them
    sent_bytes, received_bytes: seen to go and come; None where nobody counted
    truncated: not all that was sent was looked at
    pid, process: as the kernel names it
    shared: the packages that share *uid*, when several do
    caller: the code that made the call ("libjavacore.so+0x1a2b"); stack: the calls that led to it, last first
    """

    who: str
    what: FlowKind
    to: str
    cleartext: bool | None
    identifiers: tuple[Caught, ...] = ()
    at_ms: int = 0
    via: str = ""
    uid: int | None = None
    at: str = ""
    origin: str = ""
    stage: Stage = Stage.ATTEMPTED
    host: str = ""
    host_from: str = ""
    ip: str = ""
    port: int | None = None
    transport: str = ""
    answers: tuple[str, ...] = ()
    url: str = ""
    sni: str = ""
    alpn: tuple[str, ...] = ()
    sent_bytes: int | None = None
    received_bytes: int | None = None
    truncated: bool = False
    pid: int | None = None
    process: str = ""
    attribution: Attribution = Attribution.NONE
    shared: tuple[str, ...] = ()
    caller: str = ""
    stack: tuple[str, ...] = ()


@record
class Watch:
    """One recording: who watched what, for how long, and what it could not see.

    by: the observer: "frida", "pcap", "sink", "sockets", "network-log"
    what: what was watched, in words ("process com.example (pid 4711)", "capture.pcapng")
    seconds: how long; None where it does not say
    ended: why it ended; "" where the recording breaks off
    hooks: what was hooked; hooks_missing: (name, why not)
    dropped: events that were lost; truncated: bytes that were sent and not looked at
    versions: (of what, which), such as ("frida on the unit", "17.26.0")
    troubles: what went wrong on the way, in sentences
    proves, leaves_open: what this way of watching can tell, and what it cannot
    """

    by: str
    what: str
    origin: str
    seconds: float | None = None
    ended: str = ""
    hooks: tuple[str, ...] = ()
    hooks_missing: tuple[tuple[str, str], ...] = ()
    dropped: int = 0
    truncated: int = 0
    versions: tuple[tuple[str, str], ...] = ()
    troubles: tuple[str, ...] = ()
    proves: str = ""
    leaves_open: str = ""
