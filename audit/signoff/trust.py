"""Whose signatures count: ``trusted.json``, public keys with a name and, for some, the day they were revoked.

A revoked key may be in a stranger's hands, who can write any date and any number into what he signs. So a
date proves nothing. What proves that a record is older than the revocation is the log: with the revocation
the hash of its last record is kept, every record holds the hash of the one before, and nobody can put
another record before that one. A record of a revoked key is genuine when the chain leads to it from there;
one that comes later, one alone, and each where no log was at hand at the revocation, is not.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from audit import codec
from audit.errors import BadInput, UsageError
from audit.model.record import record
from audit.model.signing import SignedRecord
from audit.model.text import clean_line
from audit.signoff.keys import Key, default_folder, public_key

FILE_NAME = "trusted.json"
SCHEMA = "adb-audit/trusted/1"
_LARGEST_BYTES = 4 * 1024 * 1024
_LONGEST = 200


@record
class TrustedKey:
    """A public key. pem: of it; since: RFC 3339, when it was trusted

    revoked_at: RFC 3339, "" = it is not; why: it was
    last_number, last_sha256: of the last record of the log then; 0 and "" = no log was at hand
    """

    name: str
    pem: str
    since: str
    revoked_at: str = ""
    why: str = ""
    last_number: int = 0
    last_sha256: str = ""


@record
class TrustFile:
    """What `trusted.json` holds."""

    schema: str
    keys: tuple[TrustedKey, ...] = ()


class Trust:
    """The keys whose signatures count, by their ids."""

    def __init__(self, keys: Iterable[TrustedKey] = (), *, where: str = FILE_NAME) -> None:
        """Raises BadInput for a key that is none, or is there twice."""
        self._keys: dict[str, tuple[TrustedKey, Key]] = {}
        for one in keys:
            key = public_key(one.pem, where=f"{where}: {clean_line(one.name)[:_LONGEST]}")
            if key.keyid in self._keys:
                raise BadInput("a key is there twice", where=where, fix="take one of them out")
            self._keys[key.keyid] = (one, key)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key_id: str) -> tuple[TrustedKey, Key] | None:
        """What is known of a key, and the key itself; None = nobody trusts it."""
        return self._keys.get(key_id)

    def listed(self) -> tuple[tuple[str, TrustedKey], ...]:
        """(id, key) of each, in the order they were trusted."""
        return tuple((key_id, known) for key_id, (known, _) in self._keys.items())

    def trust(self, pem: str, *, name: str, since: str, where: str = "") -> tuple[str, Trust]:
        """The key's id, and the keys with this one; one that is there already stays as it is.

        Raises BadInput for what is no public key, UsageError for one that was revoked.
        """
        key_id: str = public_key(pem, where=where).keyid
        known = self.find(key_id)
        if known is None:
            fresh = TrustedKey(name=clean_line(name)[:_LONGEST], pem=pem, since=since)
            return key_id, Trust((*(one for _, one in self.listed()), fresh))
        if known[0].revoked_at:
            raise UsageError("this key was revoked", where=where, fix="make a new one: adb-audit keys new")
        return key_id, self

    def revoke(self, key_id: str, *, at: str, why: str, last: SignedRecord | None = None) -> Trust:
        """The keys with this one revoked. last: the last record of the log, None = no log is at hand

        Raises UsageError for a key nobody trusts, or one that was revoked before: the first time counts.
        """
        known = self.find(key_id)
        if known is None:
            raise UsageError("no such key is trusted", where=key_id, fix="adb-audit keys list shows them")
        if known[0].revoked_at:
            raise UsageError(
                f"was revoked at {known[0].revoked_at}", where=key_id, fix="nothing is to be done"
            )
        gone = replace(
            known[0],
            revoked_at=at,
            why=clean_line(why)[:_LONGEST],
            last_number=last.number if last else 0,
            last_sha256=last.sha256 if last else "",
        )
        return Trust(gone if found == key_id else one for found, one in self.listed())

    def resolve(self, text: str) -> str:
        """The id of the key that *text* names: an id, its beginning (8 characters at least), or a name.

        Raises UsageError where none or several are meant.
        """
        found = {
            key_id
            for key_id, one in self.listed()
            if one.name == text or (len(text) >= 8 and key_id.startswith(text.casefold()))
        }
        if len(found) != 1:
            what = "several trusted keys are meant" if found else "no such key is trusted"
            raise UsageError(what, where=text, fix="adb-audit keys list shows them; name one by its id")
        return found.pop()


def default_file() -> Path:
    """Where the user's own is kept."""
    return default_folder() / FILE_NAME


def load(path: Path) -> Trust:
    """The keys in *path*; none where there is no such file. Raises BadInput for anything else."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return Trust()
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror or error}", where=str(path), fix="check its permissions"
        ) from error
    if len(data) > _LARGEST_BYTES:
        raise BadInput(f"is larger than {_LARGEST_BYTES} bytes", where=str(path), fix=_FIX)
    try:
        found = codec.from_json(TrustFile, data.decode(), where=str(path))
    except UnicodeDecodeError as error:
        raise BadInput(f"is not UTF-8 at byte {error.start}", where=str(path), fix=_FIX) from error
    if found.schema != SCHEMA:
        raise BadInput("is of a version this program does not know", where=str(path), fix=_FIX)
    return Trust(found.keys, where=str(path))


def save(trust: Trust, path: Path) -> None:
    """Keep *trust* in *path*, whole or not at all. Raises UsageError where it cannot be written."""
    made = TrustFile(schema=SCHEMA, keys=tuple(one for _, one in trust.listed()))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(codec.to_json(made, indent=1).encode())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with suppress(FileNotFoundError):  # there only when something went wrong
                temporary.unlink()
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", where=str(path), fix="choose another place"
        ) from error


_FIX = "give a file that `adb-audit keys trust` wrote, or trust the keys anew"
