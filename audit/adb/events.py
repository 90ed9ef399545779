"""What can happen on an ADB connection, as `audit.adb.wire.Wire` tells it.

``stream`` is our own id of a stream everywhere.
"""

from __future__ import annotations

from audit.adb.banner import Banner
from audit.model.record import record


@record
class Connected:
    """The device let us in. features: those both sides named; max_data in bytes, the lower of both."""

    peer: Banner
    version: int
    max_data: int
    features: frozenset[str]


@record
class ConnectRequested:
    """A host wants in (device role only): answer by accept_connection, request_auth or request_tls.

    Everything an earlier connection left on this wire is gone.
    """

    peer: Banner
    version: int
    max_data: int
    features: frozenset[str]


@record
class AuthToken:
    """The device wants *token* (20 bytes, used as a SHA-1 digest) signed; each failed key gets a new one."""

    token: bytes


@record
class AuthSignature:
    """The host signed the token."""

    signature: bytes


@record
class AuthPublicKey:
    """The host asks the phone's owner to allow its key: base64 of Android's key structure, then a name."""

    key: bytes


@record
class TlsRequested:
    """The other side goes on only under TLS."""

    version: int


@record
class StreamRequested:
    """The peer opens *service* on our side: answer by accept or refuse. NULs at its end are gone."""

    stream: int
    service: str


@record
class StreamOpened:
    """The service we asked for is there."""

    stream: int


@record
class StreamRefused:
    """The service we asked for does not exist on the peer, or it will not give it."""

    stream: int


@record
class StreamData:
    """Bytes of a stream; acknowledge them, or the peer stops."""

    stream: int
    payload: bytes


@record
class StreamWritable:
    """All that was queued for the stream has left, and the peer takes more."""

    stream: int


@record
class StreamClosed:
    """The peer ended the stream, or the connection it was on began anew."""

    stream: int


Event = (
    Connected
    | ConnectRequested
    | AuthToken
    | AuthSignature
    | AuthPublicKey
    | TlsRequested
    | StreamRequested
    | StreamOpened
    | StreamRefused
    | StreamData
    | StreamWritable
    | StreamClosed
)
