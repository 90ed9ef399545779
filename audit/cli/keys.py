"""``adb-audit keys``: the keys that sign records, and whose signatures count here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli import options
from audit.cli.signer import PASSPHRASE_VARIABLE, passphrase, private_file, signer_for, typed

if TYPE_CHECKING:
    from audit.model.signing import SignedRecord

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
    secret = None if no_passphrase else _new_passphrase(passphrase_file)
    made = new_key(default_folder(), name, secret)
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


def _public_file(name: str | None) -> Path:
    from audit.signoff.keys import PRIVATE, PUBLIC, default_folder

    if name is None:
        own = private_file(None)
        return own.with_name(own.name.removesuffix(PRIVATE) + PUBLIC)
    named = default_folder() / f"{name}{PUBLIC}"
    return named if "/" not in name and named.is_file() else Path(name)


def _new_passphrase(file: Path | None) -> bytes:
    from audit.errors import UsageError

    given = passphrase(file, "Passphrase of the new key")
    if not given:
        raise UsageError(
            "the new key has no passphrase",
            fix=f"type one, give --passphrase-file or {PASSPHRASE_VARIABLE}, or say --no-passphrase",
        )
    asked = file is None and not os.environ.get(PASSPHRASE_VARIABLE)
    if asked and typed("The same again") != given:
        raise UsageError("the passphrases differ", fix="try again")
    return given


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


__all__ = ["app", "signer_for"]
