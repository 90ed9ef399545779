"""The keys a phone is asked to allow: platform-tools' own, so that one “Allow” serves both programs.

``$ADB_VENDOR_KEYS`` (files, or folders of ``*.adb_key``) goes first, ``~/.android/adbkey`` last; that one is
created when it is missing and never overwritten.

Source: AOSP packages/modules/adb, client/auth.cpp; libcrypto_utils/android_pubkey.cpp (524-byte structure);
frameworks/base UsbDebuggingManager.java (the MD5 fingerprint that the phone shows).
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import BadInput
from audit.model.record import record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_BITS = 2048
_BYTES = _BITS // 8
_EXPONENT = 65537
_PUBLIC = struct.Struct(f"<II{_BYTES}s{_BYTES}sI")

_MAKE_ANEW = "Move it away; a new one is created, and the phone asks again."


@record
class AdbKey:
    """One key.

    path: of the private half; pem: that half, PKCS#8; public: the ``.pub`` line, as sent to phones
    """

    path: Path
    pem: str
    public: bytes

    @property
    def fingerprint(self) -> str:
        """As the phone shows it when it asks: MD5 of the public structure, ``AA:BB:…``."""
        return fingerprint(self.public)

    def sign(self, token: bytes) -> bytes:
        """Sign a phone's 20 bytes, which stand for a SHA-1 digest (PKCS#1 v1.5)."""
        from adb_shell.auth.sign_pythonrsa import PythonRSASigner  # noqa: PLC0415 - 60 ms only TCP and USB need

        signature: bytes = PythonRSASigner(priv=self.pem).Sign(token)
        return signature


def encode_public(modulus: int, exponent: int = _EXPONENT) -> bytes:
    """Android's RSAPublicKey structure, in base64.

    Words of 32 bits in the modulus, -1/n mod 2**32, the modulus, 2**4096 mod n, the exponent; little-endian.
    """
    inverse = -pow(modulus, -1, 1 << 32) % (1 << 32)
    square = pow(2, 2 * _BITS, modulus)
    packed = _PUBLIC.pack(
        _BYTES // 4, inverse, modulus.to_bytes(_BYTES, "little"), square.to_bytes(_BYTES, "little"), exponent
    )
    return base64.b64encode(packed)


def fingerprint(public: bytes) -> str:
    """What the phone's dialog shows for a ``.pub`` line."""
    packed = base64.b64decode(public.split(b" ", 1)[0])
    return hashlib.md5(packed, usedforsecurity=False).digest().hex(":").upper()


def own_key_path(home: Path) -> Path:
    """Where platform-tools keeps the user's key."""
    return home / ".android" / "adbkey"


def key_label(home: Path) -> str:
    """The user's key in words for people: its fingerprint and path; "" when there is none yet.

    Read from the ``.pub`` half, so that it costs no cryptography.
    """
    path = own_key_path(home)
    try:
        return f"{fingerprint(_beside(path).read_bytes())}, {path}"
    except (OSError, ValueError):  # not there, or no base64: then there is nothing to compare with the dialog
        return ""


def vendor_paths(listed: str) -> tuple[Path, ...]:
    """The private key files that ADB_VENDOR_KEYS lists; of a folder all ``*.adb_key``, sorted."""
    found: list[Path] = []
    for part in filter(None, listed.split(os.pathsep)):
        path = Path(part)
        found += sorted(path.glob("*.adb_key")) if path.is_dir() else [path]
    return tuple(dict.fromkeys(found))


def load_key(path: Path, *, name: str = "") -> AdbKey:
    """Read the private key at *path*; raises BadInput when there is none that Android could take.

    name: "user@host" for the public half, where there is no ``.pub`` beside it
    """
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only TCP and USB need it
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - the same

    try:
        private = serialization.load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise BadInput(f"cannot read the key ({error.strerror})", where=str(path), fix=_MAKE_ANEW) from error
    except (ValueError, TypeError) as error:  # cryptography's words for "not PEM" and "has a password"
        raise BadInput(
            "this is no private key without a password", where=str(path), fix=_MAKE_ANEW
        ) from error
    if not isinstance(private, RSAPrivateKey) or private.key_size != _BITS:
        raise BadInput(f"Android takes RSA keys of {_BITS} bits only", where=str(path), fix=_MAKE_ANEW)
    return AdbKey(path=path, pem=_to_pem(private).decode(), public=_public_line(private, path, name))


def load_keys(vendor_keys: str, home: Path, *, name: str) -> tuple[AdbKey, ...]:
    """All keys to offer, the user's own last; that one is created when it is missing.

    vendor_keys: the value of ADB_VENDOR_KEYS

    Raises BadInput when one that is named cannot be used.
    """
    own = own_key_path(home)
    if not own.exists():
        create_key(own, name=name)
    paths = dict.fromkeys((*vendor_paths(vendor_keys), own))
    return tuple(load_key(path, name=name) for path in paths)


def create_key(path: Path, *, name: str) -> None:
    """Make a new key pair at *path*, readable by its owner alone; raises BadInput if it cannot be written.

    A file that is there is left as it is, also one that another program makes at this moment.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - only a first run needs it

    private = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _write_new(path, _to_pem(private), 0o600):
            _write_new(_beside(path), _line(private, name), 0o644)
    except OSError as error:
        raise BadInput(
            f"cannot create a key ({error.strerror})",
            where=str(path),
            fix="Make the folder writable, or set HOME.",
        ) from error


def _write_new(path: Path, data: bytes, mode: int) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return False
    with open(descriptor, "wb") as file:  # noqa: PTH123 - only open() takes a descriptor, made with its mode
        file.write(data)
    return True


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def _to_pem(private: RSAPrivateKey) -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only TCP and USB need it

    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _line(private: RSAPrivateKey, name: str) -> bytes:
    return encode_public(private.public_key().public_numbers().n) + b" " + (name or "unknown").encode()


def _public_line(private: RSAPrivateKey, path: Path, name: str) -> bytes:
    """The ``.pub`` beside the key if it fits, for its name; else one made from the key."""
    made = _line(private, name)
    try:
        kept = _beside(path).read_bytes().strip()
    except OSError:  # adb itself works without that file, too
        return made
    return kept if kept.split(b" ", 1)[0] == made.split(b" ", 1)[0] else made
