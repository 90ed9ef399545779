"""Keys that sign: Ed25519 in a file, or ECDSA on a PKCS#11 token.

A private key is PKCS #8 in PEM (RFC 5958, RFC 7468), so that `openssl` reads it too, encrypted with a
passphrase (PBES2, RFC 8018) and readable by its owner only; the public key lies beside it. A key's id is
the SHA-256 that securesystemslib gives it: of the canonical JSON of its type, scheme and value.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from audit.errors import AuditError, BadInput, UsageError
from audit.model.record import record
from audit.signoff.canonical import not_installed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

# securesystemslib ships no types
Signer: TypeAlias = Any
Key: TypeAlias = Any

PRIVATE, PUBLIC = ".key.pem", ".pub.pem"
HSM = "hsm:"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_LARGEST_BYTES = 64 * 1024
_KINDS = ("ed25519", "ecdsa")


@record
class KeyInfo:
    """A pair of keys of this station. key_id: hex; public: PEM; path: of the private key"""

    name: str
    key_id: str
    public: str
    path: Path


def default_folder() -> Path:
    """Where the user's keys and `trusted.json` are kept."""
    import platformdirs  # noqa: PLC0415 - nothing else here needs it

    return platformdirs.user_config_path("adb-audit", appauthor=False) / "keys"


def new_key(folder: Path, name: str, passphrase: bytes | None) -> KeyInfo:
    """Make a pair of Ed25519 keys in *folder*; what is there is never written over.

    passphrase: None = the private key is not encrypted
    Raises UsageError for a name that is none, one that is taken, an empty passphrase, or a place that cannot
    be written.
    """
    path, public_path = _paths(folder, name)
    if passphrase is not None and not passphrase:
        raise UsageError("the passphrase is empty", fix="give one, or say --no-passphrase")
    private = _generate()
    public = _public_pem(private.public_key())
    key_id: str = public_key(public, where=name).keyid
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(public_path, public.encode(), 0o644)
        try:
            _create(path, _private_pem(private, passphrase), 0o600)
        except OSError:
            public_path.unlink(missing_ok=True)  # a public key without its private one would only mislead
            raise
    except FileExistsError as error:
        raise UsageError(
            "a key of this name is there already", where=str(error.filename), fix="choose another name"
        ) from error
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", where=str(folder), fix="choose another place"
        ) from error
    return KeyInfo(name=name, key_id=key_id, public=public, path=path)


def find_keys(folder: Path) -> tuple[KeyInfo, ...]:
    """The keys in *folder*, by name; a private key whose public one cannot be read is left out."""
    found = []
    for path in sorted(folder.glob(f"*{PRIVATE}")):
        with suppress(BadInput):
            found.append(key_info(folder, path.name.removesuffix(PRIVATE)))
    return tuple(found)


def key_info(folder: Path, name: str) -> KeyInfo:
    """The key *name* of *folder*. Raises BadInput where there is none."""
    path, public_path = _paths(folder, name)
    public = read_public(public_path)
    return KeyInfo(
        name=name, key_id=public_key(public, where=str(public_path)).keyid, public=public, path=path
    )


def read_public(path: Path) -> str:
    """The public key in the file *path*, as PEM of its own. Raises BadInput for anything else."""
    try:
        text = _read(path).decode("ascii")
    except UnicodeDecodeError as error:
        raise _no_public(str(path)) from error
    public_key(text, where=str(path))
    return text


def public_key(pem: str, *, where: str) -> Key:
    """The public key that *pem* holds. Raises BadInput for what is none, or of another kind."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - slow to import
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]  # noqa: PLC0415 - its __init__ names no exports; of an extra
    except ImportError as error:
        raise not_installed(error) from error
    try:
        key = SSlibKey.from_crypto(load_pem_public_key(pem.encode()))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_public(where) from error
    if key.keytype not in _KINDS:
        raise BadInput(f"is a key of the kind {key.keytype}", where=where, fix="give an Ed25519 or ECDSA key")
    return key


def load_signer(key: Path | str, passphrase: bytes | None) -> Signer:
    """What signs with the key in the file *key*, or with the one on a token at ``hsm:[ID][?label=LABEL]``.

    passphrase: of the file, or the token's PIN; None = there is none
    Raises UsageError for a missing or wrong passphrase and for a file that others may read, BadInput for a
    file that holds no Ed25519 key, AuditError where a token or a library is missing.
    """
    if isinstance(key, str) and key.startswith(HSM):
        return _token_signer(key, passphrase)
    try:
        from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # noqa: PLC0415 - as above
    except ImportError as error:
        raise not_installed(error) from error
    path = Path(key)
    _refuse_open(path)
    return CryptoSigner(_private_key(path, passphrase))


def needs_passphrase(path: Path) -> bool:
    """Whether the private key in *path* is encrypted."""
    return b"BEGIN ENCRYPTED PRIVATE KEY" in _read(path)


def _private_key(path: Path, passphrase: bytes | None) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - slow to import
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    data, encrypted = _read(path), needs_passphrase(path)
    if encrypted and not passphrase:
        raise UsageError("is encrypted, and no passphrase was given", where=str(path), fix=_PASSPHRASE)
    try:
        key = load_pem_private_key(data, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise UsageError("the passphrase does not open it", where=str(path), fix=_PASSPHRASE) from error
        raise BadInput("holds no private key", where=str(path), fix=_NEW) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput("holds no Ed25519 key", where=str(path), fix=_NEW)
    return key


_PASSPHRASE = "type it when asked, or give --passphrase-file or ADB_AUDIT_PASSPHRASE"
_NEW = "give a file that `adb-audit keys new` wrote"


def _token_signer(uri: str, pin: bytes | None) -> Signer:
    from urllib.parse import parse_qsl, urlparse  # noqa: PLC0415 - for tokens alone

    try:
        from securesystemslib.exceptions import UnsupportedLibraryError  # noqa: PLC0415 - of an extra
        from securesystemslib.signer import HSMSigner  # type: ignore[attr-defined]  # noqa: PLC0415 - as above
    except ImportError as error:
        raise not_installed(error) from error

    def told(_secret: str) -> str:
        if pin is None:
            raise UsageError("the token wants a PIN", where=uri, fix=_PASSPHRASE)
        return pin.decode()

    parts = urlparse(uri)
    label = dict(parse_qsl(parts.query)).get("label")
    try:
        where, public = HSMSigner.import_(int(parts.path) if parts.path else None, label, told)
        return HSMSigner.from_priv_key_uri(where, public, told)
    except UnsupportedLibraryError as error:
        raise AuditError(
            f"a token needs a library that is not installed: {error}",
            where=uri,
            fix="pip install 'securesystemslib[hsm]', and name the token's module in PYKCS11LIB",
        ) from error
    except ValueError as error:
        raise AuditError(
            f"the token cannot sign: {error}",
            where=uri,
            fix="plug in one token with an ECDSA key, and name its module in PYKCS11LIB",
        ) from error


def _generate() -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - slow

    return Ed25519PrivateKey.generate()


def _private_pem(key: Ed25519PrivateKey, passphrase: bytes | None) -> bytes:
    from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415 - slow to import

    locked = forms.NoEncryption() if passphrase is None else forms.BestAvailableEncryption(passphrase)
    return key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, locked)


def _public_pem(key: Any) -> str:  # noqa: ANN401 - a public key of cryptography's
    from cryptography.hazmat.primitives import serialization as forms  # noqa: PLC0415 - slow to import

    made: bytes = key.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    return made.decode()


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a key's name", fix="use up to 64 letters, digits, dots, dashes, underscores"
        )
    return folder / f"{name}{PRIVATE}", folder / f"{name}{PUBLIC}"


def _create(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _refuse_open(path: Path) -> None:
    """As ssh does: a private key that others may read is nobody's."""
    with suppress(OSError):  # reading it says what is wrong
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise UsageError("others may read this private key", where=str(path), fix=f"chmod 600 {path}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(path), fix=_NEW) from error
    if len(data) > _LARGEST_BYTES:
        raise BadInput("is too large for a key", where=str(path), fix=_NEW)
    return data


def _no_public(where: str) -> BadInput:
    return BadInput(
        "holds no public key",
        where=where,
        fix="give a public key in PEM, such as `adb-audit keys show` prints",
    )
