"""What a file of a unit holds: whose it is, who signed it, the addresses and gates in its code."""

from __future__ import annotations

from enum import StrEnum

from audit.model.record import record


class FoundKind(StrEnum):
    """What a string in a file is good for."""

    URL = "url"
    HOST = "host"
    """A bare host name, perhaps with ``:port``."""
    IP = "ip"
    """An IPv4 or IPv6 address, perhaps with a port (``1.2.3.4:80``, ``[2001:db8::1]:80``)."""
    SMS = "sms"
    """A number messages are sent to, with ``:port`` where a data port is stated beside it."""
    ICCID = "iccid"
    """The issuer digits a SIM's number begins with, such as ``898603``."""
    PROPERTY = "property"
    """The name of a system property the code may read: where gates live."""


@record
class Found:
    """One string of interest.

    where: the part of the file it lies in: "classes.dex", "res/xml/post_params.xml", "dex 0" of a vdex,
        "resources.arsc"; "" = the file itself
    offset: bytes from the start of that part, uncompressed; None where it has none
    """

    kind: FoundKind
    value: str
    where: str = ""
    offset: int | None = None


@record
class Component:
    """A component a manifest declares.

    kind: receiver, service, activity or provider; actions: those it listens to
    """

    kind: str
    name: str
    actions: tuple[str, ...] = ()
    enabled: bool | None = None
    exported: bool | None = None
    permission: str = ""


@record
class OverlayTarget:
    """The ``<overlay>`` of a resource overlay's manifest.

    static: ``isStatic``: on from the start, and cannot be turned off
    required: (property, value) that must hold for a static one to apply; empty = none
    """

    package: str
    name: str = ""
    static: bool = False
    priority: int | None = None
    category: str = ""
    required: tuple[str, str] | None = None


@record
class Manifest:
    """``AndroidManifest.xml`` as far as an audit asks.

    cleartext: ``usesCleartextTraffic``, None where not stated (until API 27 that means yes)
    cleartext_hosts: hosts its network security config permits cleartext to; "*" = the base config does
    has_code: ``hasCode``; components: those with intent filters, receivers first
    """

    package: str
    version_code: int | None = None
    version_name: str | None = None
    shared_user: str | None = None
    min_sdk: int | None = None
    target_sdk: int | None = None
    split: str = ""
    process: str = ""
    debuggable: bool | None = None
    has_code: bool | None = None
    enabled: bool | None = None
    core_app: bool = False
    cleartext: bool | None = None
    cleartext_hosts: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    overlay: OverlayTarget | None = None


@record
class Signer:
    """A certificate an APK is signed with.

    scheme: 1 (JAR), 2, 3 or 31 (v3.1); sha256: of the certificate's DER, hex; subject: RFC 4514, as stated
    well_known: "AOSP testkey", "AOSP platform" … for keys everybody has; "" otherwise
    min_sdk: the API level from which this scheme's block counts; None where it says nothing
    """

    scheme: int
    sha256: str
    subject: str = ""
    well_known: str = ""
    min_sdk: int | None = None


@record
class Trouble:
    """Something in a file that could not be read.

    offset: bytes from the start of *where*; None if unknown
    fix: what to do about it; "" = what helps with any file that cannot be read
    """

    reason: str
    where: str = ""
    offset: int | None = None
    fix: str = ""


class Code(StrEnum):
    """Whether a file's executable code was read."""

    READ = "read"
    NONE = "none"
    """There is none in it: a stripped system APK, an overlay."""
    UNREADABLE = "unreadable"
    """There is, or there may be, but not all of it could be read; *troubles* say why."""


@record
class CodeFile:
    """One file of code or resources, read.

    path: on the unit, or as it was given; size in bytes
    form: for people: "apk", "vdex 019 (compact dex)", "oat 079 (dex inside)"
    sha256: of the whole file, hex; "" where it was not read whole
    package: the manifest's, or that of the APK whose code this is (vdex, odex); None when nobody says
    strings: how many strings were looked at; 0 in a file with code is itself a trouble
    beyond: kinds of code that take part and cannot be looked through like this: "native code", "code loaded
        at run time"; what is not named in the file may be named there
    variant: the folder for another SKU, carrier or region it lies in ("600CN", "ChinaTelecom"): available to
        the maker's loader, not active; "" = active
    """

    path: str
    size: int
    form: str
    sha256: str = ""
    package: str | None = None
    manifest: Manifest | None = None
    signers: tuple[Signer, ...] = ()
    code: Code = Code.NONE
    strings: int = 0
    beyond: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    variant: str = ""


@record
class Inspection:
    """Files that were looked into, sorted by path within each thing that was asked for.

    tool_version: of the program that read them
    passed_over: how many files of folders are of no format that is read here: images, libraries, fonts
    """

    tool_version: str
    files: tuple[CodeFile, ...] = ()
    passed_over: int = 0
