"""Signs APKs for tests, with schemes v1 (JAR), v2, v3 and v3.1.

Formats: the JAR File Specification; AOSP ``docs/security/features/apksigning`` and apksig's
``V2SchemeSigner``, ``V3SchemeSigner`` for what the blocks hold.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import struct
import zipfile
from collections.abc import Callable, Collection, Iterable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from audit.model.record import record

V2, V3, V31 = 0x7109871A, 0xF05368C0, 0x1B93AD61
MAGIC = b"APK Sig Block 42"
SUBJECT = (
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.ORGANIZATION_NAME, "Tests, Inc."),
    (NameOID.COMMON_NAME, "adb-audit test"),
)
_LONG_AGO = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
_FAR_AHEAD = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)


@record
class Key:
    """A private key with its certificate."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate's DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def sha256(self) -> str:
        """Digest of the certificate's DER, hex: what identifies a signer."""
        return hashlib.sha256(self.der).hexdigest()

    def sign(self, data: bytes) -> tuple[int, bytes]:
        """Sign *data*: the algorithm's id in APK signing blocks, and the signature."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return 0x0103, self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return 0x0201, self.private.sign(data, ec.ECDSA(hashes.SHA256()))


@cache
def make_key(
    common_name: str = "adb-audit test",
    *,
    elliptic: bool = False,
    subject: tuple[tuple[x509.ObjectIdentifier, str], ...] = (),
) -> Key:
    """Make a key with a self-signed certificate; the same one for the same arguments within a run."""
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if elliptic
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    parts = subject or tuple(
        (oid, common_name if oid == NameOID.COMMON_NAME else text) for oid, text in SUBJECT
    )
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])
    builder = x509.CertificateBuilder(name, name, private.public_key(), 4711, _LONG_AGO, _FAR_AHEAD)
    return Key(private=private, certificate=builder.sign(private, hashes.SHA256()))


def sign(
    apk: bytes, *, schemes: Collection[int] = (1, 2, 3), key: Key | None = None, rotated: Key | None = None
) -> bytes:
    """Sign *apk* with *schemes*: any of 1, 2, 3 and 31; the v3.1 block is signed by *rotated* if given."""
    key = key or make_key()
    if 1 in schemes:
        apk = sign_jar(apk, key)
    blocks: list[tuple[int, Callable[[bytes], bytes]]] = []
    if 2 in schemes:
        blocks.append((V2, lambda content: _v2_signer(key, content)))
    if 3 in schemes:
        last = 32 if 31 in schemes else 0x7FFFFFFF
        blocks.append((V3, lambda content: _v3_signer(key, content, 28, last)))
    if 31 in schemes:
        newer = rotated or key
        blocks.append((V31, lambda content: _v3_signer(newer, content, 33, 0x7FFFFFFF)))
    if not blocks:
        return apk
    start, before, directory, end = _split(apk)
    content = _content_digest(before, directory, end)
    pairs = [(number, _prefixed(_prefixed(make(content)))) for number, make in blocks]
    block = signing_block(pairs)
    return before + block + directory + end[:16] + struct.pack("<I", start + len(block)) + end[20:]


def signing_block(pairs: Iterable[tuple[int, bytes]]) -> bytes:
    """Build an APK Signing Block of (id, value) pairs."""
    body = b"".join(struct.pack("<QI", 4 + len(value), number) + value for number, value in pairs)
    size = struct.pack("<Q", len(body) + 24)
    return size + body + size + MAGIC


def _split(apk: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Cut at the central directory and at the end record; the archive has no comment."""
    end = len(apk) - 22
    start = int(struct.unpack_from("<I", apk, end + 16)[0])
    return start, apk[:start], apk[start:end], apk[end:]


def _content_digest(*sections: bytes) -> bytes:
    digests = [
        hashlib.sha256(b"\xa5" + struct.pack("<I", len(piece)) + piece).digest()
        for section in sections
        for piece in (section[i : i + (1 << 20)] for i in range(0, len(section), 1 << 20))
    ]
    return hashlib.sha256(b"\x5a" + struct.pack("<I", len(digests)) + b"".join(digests)).digest()


def _prefixed(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _public(key: Key) -> bytes:
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.certificate.public_key().public_bytes(serialization.Encoding.DER, kind)


def _signed(key: Key, content: bytes) -> bytes:
    algorithm, _ = key.sign(b"")
    digest = _prefixed(struct.pack("<I", algorithm) + _prefixed(content))
    return _prefixed(digest) + _prefixed(_prefixed(key.der))


def _signatures(key: Key, data: bytes) -> bytes:
    algorithm, signature = key.sign(data)
    return _prefixed(_prefixed(struct.pack("<I", algorithm) + _prefixed(signature)))


def _v2_signer(key: Key, content: bytes) -> bytes:
    data = _signed(key, content) + _prefixed(b"")
    return _prefixed(data) + _signatures(key, data) + _prefixed(_public(key))


def _v3_signer(key: Key, content: bytes, first_sdk: int, last_sdk: int) -> bytes:
    sdks = struct.pack("<II", first_sdk, last_sdk)
    data = _signed(key, content) + sdks + _prefixed(b"")
    return _prefixed(data) + sdks + _signatures(key, data) + _prefixed(_public(key))


def sign_jar(apk: bytes, key: Key) -> bytes:
    """Add ``META-INF/MANIFEST.MF``, ``CERT.SF`` and ``CERT.RSA`` or ``CERT.EC``."""
    file = io.BytesIO(apk)
    with zipfile.ZipFile(file, "a") as archive:
        names = [name for name in archive.namelist() if not name.startswith("META-INF/")]
        sections = {name: _section(name, archive.read(name)) for name in names}
        head = b"Manifest-Version: 1.0\r\nCreated-By: adb-audit tests\r\n\r\n"
        manifest = head + b"".join(sections.values())
        signed = f"Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: {_digest(manifest)}\r\n\r\n".encode()
        signed += b"".join(_section(name, section) for name, section in sections.items())
        builder = pkcs7.PKCS7SignatureBuilder(signed).add_signer(
            key.certificate, key.private, hashes.SHA256()
        )
        options = [
            pkcs7.PKCS7Options.Binary,
            pkcs7.PKCS7Options.DetachedSignature,
            pkcs7.PKCS7Options.NoAttributes,
        ]
        suffix = "RSA" if isinstance(key.private, rsa.RSAPrivateKey) else "EC"
        archive.writestr(_info("META-INF/MANIFEST.MF"), manifest)
        archive.writestr(_info("META-INF/CERT.SF"), signed)
        archive.writestr(_info(f"META-INF/CERT.{suffix}"), builder.sign(serialization.Encoding.DER, options))
    return file.getvalue()


def _section(name: str, data: bytes) -> bytes:
    return f"{_folded(f'Name: {name}')}SHA-256-Digest: {_digest(data)}\r\n\r\n".encode()


def _info(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (2009, 1, 1, 0, 0, 0))


def _digest(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _folded(line: str) -> str:
    """Break a manifest line after 70 bytes, as the JAR specification asks."""
    pieces = [line[:70], *(line[i : i + 69] for i in range(70, len(line), 69))]
    return "\r\n ".join(pieces) + "\r\n"
