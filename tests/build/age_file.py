"""Files encrypted with a passphrase as age makes them, but quick to open.

The format: C2SP's age specification, version 1 (https://c2sp.org/age@v1.0.0).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from base64 import b64encode

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MAGIC = b"age-encryption.org/v1"
_CHUNK = 64 << 10


def with_passphrase(plain: bytes, passphrase: str, *, log_work: int = 4) -> bytes:
    """*plain*, encrypted.

    log_work: scrypt's cost as a power of two. age and its libraries choose what takes a second, whoever
    opens it too; a test that is not about that need not wait.
    """
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    wrap = hashlib.scrypt(
        passphrase.encode(), salt=_MAGIC + b"/scrypt" + salt, n=1 << log_work, r=8, p=1, dklen=32
    )
    wrapped = ChaCha20Poly1305(wrap).encrypt(bytes(12), file_key, None)
    header = b"%s\n-> scrypt %s %d\n%s\n---" % (_MAGIC, _base64(salt), log_work, _base64(wrapped))
    mac = hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")
    stream = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    chunks = [plain[at : at + _CHUNK] for at in range(0, len(plain), _CHUNK)] or [b""]
    body = [
        stream.encrypt(number.to_bytes(11, "big") + bytes([number == len(chunks) - 1]), chunk, None)
        for number, chunk in enumerate(chunks)
    ]
    return header + b" " + _base64(mac) + b"\n" + nonce + b"".join(body)


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=purpose).derive(key)


def _base64(data: bytes) -> bytes:
    """As age writes it: without padding."""
    return b64encode(data).rstrip(b"=")
