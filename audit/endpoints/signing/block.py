"""The APK Signing Block, right before the central directory: schemes v2, v3 and v3.1.

Source: AOSP ``core/java/android/util/apk/``: ``ApkSigningBlockUtils.java``, ``ApkSignatureSchemeV2Verifier``
and ``ApkSignatureSchemeV3Verifier.java``. Lengths are little-endian: 64 bits around pairs, 32 bits inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from types import MappingProxyType

from audit.endpoints.archive import Asking
from audit.endpoints.chunks import Damage
from audit.endpoints.signing.certificate import read_certificate
from audit.model.code import Signer

SCHEMES = MappingProxyType({0x7109871A: 2, 0xF05368C0: 3, 0x1B93AD61: 31})
MAGIC = b"APK Sig Block 42"
_FOOT_BYTES = 24
_FIRST_BYTES = 32 << 10
"""Asked for at once: most blocks are smaller, and a question to a unit costs more than its bytes."""
_MOST_BYTES = 16 << 20
_MOST_KNOWN = 20
"""Signatures read of one block, which holds one of each scheme unless it was made to deceive."""
_MOST_SIGNERS = 50
"""Of one scheme; Android refuses more than ten."""


def ask_block(end: int) -> Asking[tuple[int, bytes] | None]:
    """Give where the pairs of the block that ends at *end* begin, and the pairs; None if there is no block.

    Raises `Damage` for a block whose two sizes differ or which is larger than may be.
    """
    first = max(0, end - _FIRST_BYTES)
    tail = yield first, end - first
    if len(tail) < _FOOT_BYTES + 8 or tail[-16:] != MAGIC:
        return None
    size = int.from_bytes(tail[-24:-16], "little")
    start = end - size - 8
    if not _FOOT_BYTES <= size <= _MOST_BYTES or start < 0:
        raise Damage(f"signing block claims {size} bytes", end - _FOOT_BYTES)
    block = tail[start - first :] if start >= first else (yield start, end - start)
    if len(block) != size + 8 or int.from_bytes(block[:8], "little") != size:
        raise Damage("signing block states two sizes", start)
    return start + 8, block[8:-_FOOT_BYTES]


def signers(pairs: bytes, base: int) -> Iterator[Signer | Damage]:
    """Give the signers the block's *pairs* name; *base* is where they lie in the file."""
    at = known = 0
    while at < len(pairs) and known < _MOST_KNOWN:
        size = int.from_bytes(pairs[at : at + 8], "little")
        if size < 4 or at + 8 + size > len(pairs):
            yield Damage(f"signing block holds an entry of {size} bytes", base + at)
            return
        number = int.from_bytes(pairs[at + 8 : at + 12], "little")
        if number in SCHEMES:
            known += 1
            yield from _scheme(SCHEMES[number], pairs[at + 12 : at + 8 + size], base + at + 12)
        at += 8 + size


def _scheme(scheme: int, value: bytes, base: int) -> Iterator[Signer | Damage]:
    try:
        for signer in islice(_items(_first(value)), _MOST_SIGNERS):
            yield _signer(scheme, signer)
    except Damage as damage:
        yield Damage(f"signature of scheme {scheme}: {damage.reason}", base + (damage.offset or 0))


def _signer(scheme: int, signer: bytes) -> Signer:
    """``signer``: signed data, in v3 the SDKs it counts for, signatures, public key.

    Signed data: digests, certificates, then more. The first certificate is the signer's.
    """
    signed = _first(signer)
    digests = _first(signed)
    certificates = _first(signed[4 + len(digests) :])
    certificate = read_certificate(_first(certificates))
    sdk = signer[4 + len(signed) : 8 + len(signed)]
    return certificate.signer(scheme, int.from_bytes(sdk, "little") if scheme > 2 else None)


def _first(data: bytes) -> bytes:
    """Give what a 32-bit length stands before. Raises `Damage`."""
    size = int.from_bytes(data[:4], "little")
    if len(data) < 4 or 4 + size > len(data):
        raise Damage(f"claims {size} bytes and has {max(0, len(data) - 4)}")
    return data[4 : 4 + size]


def _items(data: bytes) -> Iterator[bytes]:
    while data:
        item = _first(data)
        yield item
        data = data[4 + len(item) :]
