"""The key that signs, as options, the environment or a person at the terminal say."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audit.signoff.keys import Signer

PASSPHRASE_VARIABLE = "ADB_AUDIT_PASSPHRASE"


def signer_for(key: str | None, passphrase_file: Path | None) -> Signer:
    """What signs: the key called *key*, in a file, or on a token (``hsm:``); None = this computer's only one.

    Asks for the passphrase at a terminal when one is needed and none was given.
    Raises UsageError where it is not clear which, it was revoked, or the passphrase is missing or wrong.
    """
    from audit.signoff.keys import HSM, load_signer, needs_passphrase

    if key is not None and key.startswith(HSM):
        return _unrevoked(load_signer(key, passphrase(passphrase_file, f"PIN of {key}")))
    path = private_file(key)
    given = passphrase(passphrase_file, f"Passphrase of {path.name}") if needs_passphrase(path) else None
    return _unrevoked(load_signer(path, given))


def _unrevoked(signer: Signer) -> Signer:
    from audit.errors import UsageError
    from audit.signoff import trust as trusted

    known = trusted.load(trusted.default_file()).find(signer.public_key.keyid)
    if known is not None and known[0].revoked_at:
        raise UsageError(
            f"the key of {known[0].name} was revoked at {known[0].revoked_at}",
            fix="sign with another one: adb-audit keys new NAME",
        )
    return signer


def private_file(key: str | None) -> Path:
    """The file of the key called *key*; None = of the only one. Raises UsageError where it is unclear."""
    from audit.errors import UsageError
    from audit.signoff.keys import PRIVATE, default_folder, find_keys

    if key is not None:
        named = default_folder() / f"{key}{PRIVATE}"
        return named if "/" not in key and named.is_file() else Path(key)
    found = find_keys(default_folder())
    if not found:
        raise UsageError("there is no key to sign with", fix="make one: adb-audit keys new")
    if len(found) > 1:
        raise UsageError("there are several keys", fix=f"say --key {', or '.join(one.name for one in found)}")
    return found[0].path


def passphrase(file: Path | None, asked: str) -> bytes | None:
    """As the option, the environment or a person at the terminal says, in this order; None = nobody did."""
    from audit.cli.unlocking import first_line

    if file is not None:
        return first_line(file).encode()
    if given := os.environ.get(PASSPHRASE_VARIABLE):
        return given.encode()
    return typed(asked) if sys.stdin is not None and sys.stdin.isatty() else None


def typed(asked: str) -> bytes:
    """What a person types at the terminal, unseen."""
    import getpass

    return getpass.getpass(f"{asked}: ").encode()
