"""``adb-audit keys``: the keys that sign records, and whose signatures count here."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli import options

if TYPE_CHECKING:
    from audit.model.signing import SignedRecord
    from audit.signoff.keys import Signer

PASSPHRASE_VARIABLE = "ADB_AUDIT_PASSPHRASE"
DEFAULT_NAME = "station"

app = typer.Typer(
    name="keys",
    help="Keys that sign records, and whose signatures count here.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  adb-audit keys new
  adb-audit keys show > station.pem
  adb-audit keys trust other-station.pem --name "bench 2"
  adb-audit keys revoke "bench 2" --why "laptop stolen"
  adb-audit keys list
""",
)

PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        show_default=False,
        help="The key's passphrase is its first line; ADB_AUDIT_PASSPHRASE does the same.",
    ),
]


@app.command(
    epilog="""\b
Examples:
  adb-audit keys new
  adb-audit keys new bench-2 --passphrase-file ~/bench-2.pass
  adb-audit keys new ci --no-passphrase
"""
)
def new(
    name: Annotated[str, typer.Argument(help="What to call it.")] = DEFAULT_NAME,
    *,
    passphrase_file: PassphraseFile = None,
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Leave the private key unencrypted.")
    ] = False,
) -> int:
    """Make a pair of Ed25519 keys, and trust it on this computer.

    The private key is encrypted with a passphrase and readable by you alone. No key is ever written over.
    """
    from audit.cli.output import note, say
    from audit.clock import now, stamp
    from audit.signoff import trust as trusted
    from audit.signoff.keys import default_folder, new_key

    file = trusted.default_file()
    before = trusted.load(file)
    passphrase = None if no_passphrase else _new_passphrase(passphrase_file)
    made = new_key(default_folder(), name, passphrase)
    _, after = before.trust(made.public, name=name, since=stamp(now()))
    trusted.save(after, file)
    note(f"wrote {made.path} and its public key; {file} trusts it")
    say(made.key_id)
    return 0


@app.command(
    epilog="""\b
Examples:
  adb-audit keys show
  adb-audit keys show bench-2 > bench-2.pem
  adb-audit keys show other-station.pem
"""
)
def show(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME|FILE", show_default=False, help="By itself this computer's only key."),
    ] = None,
) -> int:
    """Print a public key in PEM, for others to trust.

    Its id goes to standard error.
    """
    from audit.cli.output import note, say
    from audit.signoff.keys import public_key, read_public

    path = _public_file(name)
    pem = read_public(path)
    note(f"key {public_key(pem, where=str(path)).keyid}")
    say(pem)
    return 0


@app.command(
    epilog="""\b
Examples:
  adb-audit keys trust other-station.pem
  adb-audit keys trust other-station.pem --name "bench 2"
"""
)
def trust(
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False, help="A public key in PEM.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", show_default=False, help="Whose it is.")
    ] = None,
) -> int:
    """Let the signatures of a key count here.

    Compare its id with the owner's first, over the telephone say: who can exchange the file can sign.
    """
    from audit.cli.output import note, say
    from audit.clock import now, stamp
    from audit.signoff import trust as trusted
    from audit.signoff.keys import read_public

    path = trusted.default_file()
    key_id, after = trusted.load(path).trust(
        read_public(file), name=name or file.name.partition(".")[0], since=stamp(now()), where=str(file)
    )
    trusted.save(after, path)
    note(f"{path} trusts it")
    say(key_id)
    return 0


@app.command(
    epilog="""\b
Examples:
  adb-audit keys revoke "bench 2" --why "laptop stolen"
  adb-audit keys revoke 4f2a9c01 --why "left us" --log exported.jsonl
"""
)
def revoke(
    key: Annotated[
        str, typer.Argument(metavar="NAME|ID", show_default=False, help="As `adb-audit keys list` has it.")
    ],
    *,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", show_default=False, help="The reason.")],
    log: Annotated[
        Path | None,
        typer.Option(
            "--log",
            metavar="FILE",
            show_default=False,
            help="An exported log; by itself the history of this station.",
        ),
    ] = None,
    db: options.Db = None,
) -> int:
    """Let the signatures of a key count no more, from now on.

    Records that are in the log now stay genuine: its last record is kept with the revocation and proves all
    before it. Where there is no log, no record of the key is genuine any more. It cannot be undone.
    """
    from audit.cli.output import note, say
    from audit.clock import now, stamp
    from audit.signoff import trust as trusted

    path = trusted.default_file()
    before = trusted.load(path)
    key_id = before.resolve(key)
    last = _last(log, db)
    trusted.save(before.revoke(key_id, at=stamp(now()), why=why, last=last), path)
    if last is None:
        note("there is no record in the log: none of this key's is genuine any more")
    else:
        note(f"its records up to number {last.number} stay genuine, as the log has them")
    say(key_id)
    return 0


@app.command("list", epilog="\b\nExamples:\n  adb-audit keys list\n")
def list_() -> int:
    """List the keys whose signatures count, or did.

    Also which are this computer's own.
    """
    from audit.cli.output import note, say
    from audit.cli.tables import columns
    from audit.signoff import trust as trusted
    from audit.signoff.keys import default_folder, find_keys

    own = {key.key_id for key in find_keys(default_folder())}
    rows = [
        (
            key_id[:16],
            one.name,
            one.since[:10],
            f"revoked {one.revoked_at[:10]}" if one.revoked_at else "own" if key_id in own else "",
        )
        for key_id, one in trusted.load(trusted.default_file()).listed()
    ]
    if rows:
        say(columns(("id", "name", "since", ""), rows))
    else:
        note("no key is trusted; adb-audit keys new makes one, adb-audit keys trust FILE trusts another's")
    return 0


def signer_for(key: str | None, passphrase_file: Path | None) -> Signer:
    """What signs: the key called *key*, in a file, or on a token (``hsm:``); None = this computer's only one.

    Asks for the passphrase at a terminal when one is needed and none was given.
    Raises UsageError where it is not clear which, it was revoked, or the passphrase is missing or wrong.
    """
    from audit.signoff.keys import HSM, load_signer, needs_passphrase

    if key is not None and key.startswith(HSM):
        return _unrevoked(load_signer(key, _passphrase(passphrase_file, f"PIN of {key}")))
    path = _private_file(key)
    given = _passphrase(passphrase_file, f"Passphrase of {path.name}") if needs_passphrase(path) else None
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


def _private_file(key: str | None) -> Path:
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


def _public_file(name: str | None) -> Path:
    from audit.signoff.keys import PRIVATE, PUBLIC, default_folder

    if name is None:
        own = _private_file(None)
        return own.with_name(own.name.removesuffix(PRIVATE) + PUBLIC)
    named = default_folder() / f"{name}{PUBLIC}"
    return named if "/" not in name and named.is_file() else Path(name)


def _passphrase(file: Path | None, asked: str) -> bytes | None:
    """As the option, the environment or a person at the terminal says, in this order; None = nobody did."""
    from audit.cli.unlocking import first_line

    if file is not None:
        return first_line(file).encode()
    if given := os.environ.get(PASSPHRASE_VARIABLE):
        return given.encode()
    return _typed(asked) if sys.stdin is not None and sys.stdin.isatty() else None


def _new_passphrase(file: Path | None) -> bytes:
    from audit.errors import UsageError

    given = _passphrase(file, "Passphrase of the new key")
    if not given:
        raise UsageError(
            "the new key has no passphrase",
            fix=f"type one, give --passphrase-file or {PASSPHRASE_VARIABLE}, or say --no-passphrase",
        )
    asked = file is None and not os.environ.get(PASSPHRASE_VARIABLE)
    if asked and _typed("The same again") != given:
        raise UsageError("the passphrases differ", fix="try again")
    return given


def _typed(asked: str) -> bytes:
    import getpass

    return getpass.getpass(f"{asked}: ").encode()


def _last(log: Path | None, db: str | None) -> SignedRecord | None:
    from collections import deque

    from audit.signoff.verify import read_log

    if log is not None:
        last = deque((one for one in read_log(log) if one.number), maxlen=1)
    else:
        from audit.cli.history_asked import opened

        with opened(db) as history:
            last = deque(history.records(), maxlen=1)
    return last[0] if last else None
