"""The device's half of ADB's authentication: Android's public key format and the check of a signed token.

Source: AOSP libcrypto_utils/android_pubkey.c (struct RSAPublicKey) and adb/daemon/auth.cpp. Plain arithmetic:
a virtual unit guards nothing, so it needs no cryptography library.
"""

from __future__ import annotations

import base64
import binascii
import struct

from audit.errors import ProtocolError
from audit.model.record import record

TOKEN_BYTES = 20
_MODULUS_BYTES = 256
_STRUCT = struct.Struct(f"<II{_MODULUS_BYTES}s{_MODULUS_BYTES}sI")
_SHA1_INFO = bytes.fromhex("3021300906052b0e03021a05000414")
"""DigestInfo of SHA-1 (RFC 8017, 9.2 note 1); ADB uses the token itself as the digest."""


@record
class PublicKey:
    """An RSA public key a host offered."""

    modulus: int
    exponent: int

    def verifies(self, token: bytes, signature: bytes) -> bool:
        """Whether *signature* is PKCS #1 v1.5 of *token* by the owner of this key."""
        padding = b"\xff" * (_MODULUS_BYTES - 3 - len(_SHA1_INFO) - len(token))
        wanted = b"\0\1" + padding + b"\0" + _SHA1_INFO + token
        if len(signature) != _MODULUS_BYTES:
            return False
        opened = pow(int.from_bytes(signature, "big"), self.exponent, self.modulus)
        return opened == int.from_bytes(wanted, "big")


def read_public_key(line: bytes) -> PublicKey:
    """The key in ``adbkey.pub`` form: base64 of the structure, then " user@host".

    Raises ProtocolError when it is none.
    """
    try:
        raw = base64.b64decode(line.split(b" ", 1)[0], validate=True)
        words, _n0inv, modulus, _rr, exponent = _STRUCT.unpack(raw)
    except (binascii.Error, struct.error) as trouble:
        raise ProtocolError(f"not an Android public key: {trouble}", fix="Create the key anew.") from None
    if words * 4 != _MODULUS_BYTES:
        raise ProtocolError(f"a key of {words * 32} bits; Android takes 2048", fix="Create the key anew.")
    return PublicKey(modulus=int.from_bytes(modulus, "little"), exponent=exponent)
