"""Opens what age encrypted, in memory: the plaintext never touches a disk.

Source: https://age-encryption.org/v1.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import AuditError, BadInput, UsageError
from audit.model.record import record
from audit.sources import disk

if TYPE_CHECKING:
    from types import ModuleType

LARGEST_BYTES = 512 * 1024 * 1024
"""Of an encrypted acquisition and of its plaintext, since both may have to be in memory."""
INSTALL = "pip install 'adb-audit[androidqf]'"

_BINARY = b"age-encryption.org/v1"
_ARMOURED = b"-----BEGIN AGE ENCRYPTED FILE-----"
_HEAD_BYTES = 4096
_LARGEST_KEY_BYTES = 64 * 1024
_BY_HAND = "decrypt it with `age --decrypt -o acquisition.zip` and give the .zip"


@record
class Keys:
    """What may open an encrypted acquisition.

    identities: files of age identities or SSH private keys; ask: asks the operator for a passphrase
    """

    passphrase: str | None = None
    identities: tuple[Path, ...] = ()
    ask: Callable[[], str] | None = None


def is_encrypted(head: bytes) -> bool:
    """Whether *head* begins a file that age wrote."""
    return head.startswith((_BINARY, _ARMOURED))


def head_of(path: Path) -> bytes:
    """The first bytes of the file at *path*."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise disk.unreadable(path, error) from error


def decrypted(path: Path, keys: Keys) -> io.BytesIO:
    """The plaintext of the file at *path*, in memory.

    Raises BadInput where no key opens it, it is damaged, or too large; UsageError where no key was given.
    """
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise BadInput(
            f"has {size} bytes; encrypted acquisitions of up to {LARGEST_BYTES} are decrypted in memory",
            where=str(path),
            fix=_BY_HAND,
        )
    pyrage = _library()
    if keys.identities:
        return _by_identities(pyrage, path, keys.identities)
    passphrase = keys.passphrase
    if passphrase is None and _wants_identity(head_of(path)):
        raise UsageError(
            "is encrypted to a key", where=str(path), fix="give the private key's file: --identity FILE"
        )
    if passphrase is None:
        if keys.ask is None:
            raise UsageError(
                "is encrypted, and no key was given",
                where=str(path),
                fix="give --identity FILE, --passphrase-file FILE or ADB_AUDIT_AGE_PASSPHRASE",
            )
        passphrase = keys.ask()
    return _by_passphrase(pyrage, path, passphrase)


def _library() -> ModuleType:
    try:
        import pyrage  # noqa: PLC0415 - of an extra, and only an encrypted acquisition needs it
    except ImportError as error:
        raise AuditError(
            "encrypted acquisitions need the library pyrage, which is not installed", fix=INSTALL
        ) from error
    library: ModuleType = pyrage
    return library


def _wants_identity(head: bytes) -> bool:
    """Whether the header names recipients and none of them is a passphrase; an armoured one does not show."""
    return head.startswith(_BINARY) and b"\n-> scrypt " not in head


class _TooLarge(Exception):
    """The plaintext goes beyond what is kept in memory."""


class _Bounded(io.BytesIO):
    """Memory up to a limit."""

    def write(self, data: bytes, /) -> int:  # type: ignore[override] # bytes is all that the library writes
        if self.tell() + len(data) > LARGEST_BYTES:
            raise _TooLarge
        return super().write(data)


def _by_identities(pyrage: ModuleType, path: Path, files: tuple[Path, ...]) -> io.BytesIO:
    identities = [identity for file in files for identity in _identities(pyrage, file)]
    plain = _Bounded()
    try:
        with path.open("rb") as file:
            pyrage.decrypt_io(file, plain, identities)
    except pyrage.DecryptError as error:
        raise _wrong(path, f"none of the identities given opens it ({error})") from error
    except _TooLarge as error:
        raise BadInput(
            f"decrypts to more than {LARGEST_BYTES} bytes, which are the most", where=str(path), fix=_BY_HAND
        ) from error
    except OSError as error:
        raise _wrong(path, f"it is damaged or cut short ({error})") from error
    plain.seek(0)
    return plain


def _by_passphrase(pyrage: ModuleType, path: Path, passphrase: str) -> io.BytesIO:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise disk.unreadable(path, error) from error
    try:
        return io.BytesIO(pyrage.passphrase.decrypt(data, passphrase))
    except pyrage.DecryptError as error:
        why = "it is encrypted to a key" if _wants_identity(data[:_HEAD_BYTES]) else str(error)
        raise _wrong(path, f"the passphrase does not open it, or it is damaged ({why})") from error


def _wrong(path: Path, why: str) -> BadInput:
    return BadInput(
        f"cannot be decrypted: {why}", where=str(path), fix="give the key it was made for, or copy it again"
    )


def _identities(pyrage: ModuleType, path: Path) -> list[object]:
    """The age identities of a file, or the SSH private key it is."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_KEY_BYTES)
    except OSError as error:
        raise disk.unreadable(path, error) from error
    fix = "give a file as age-keygen writes it (AGE-SECRET-KEY-1…) or an SSH private key without passphrase"
    try:
        if b"PRIVATE KEY-----" in data:
            return [pyrage.ssh.Identity.from_buffer(data)]
        lines = [line.strip() for line in data.decode().splitlines()]
        keys = [line for line in lines if line and not line.startswith("#")]
        found: list[object] = [pyrage.x25519.Identity.from_str(line) for line in keys]
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise BadInput("is no file of age identities", where=str(path), fix=fix) from error
    if not found:
        raise BadInput("holds no age identity", where=str(path), fix=fix)
    return found
