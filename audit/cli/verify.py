"""``adb-audit verify``: whether signed records are genuine, offline, with public keys alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit verify record.dsse
  adb-audit verify record.dsse --report report.json
  adb-audit verify golden.json
  adb-audit verify --log
  adb-audit verify --log -o exported.jsonl
  adb-audit verify --log exported.jsonl --key station.pem --count 120
\b
Exits 0 when all is genuine, 3 when something is wrong, 5 when that cannot
be told.
"""


def verify(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="A record, an exported log, or a file with its FILE.dsse beside it, such as a golden unit.",
        ),
    ] = None,
    *,
    log: Annotated[
        bool,
        typer.Option("--log", help="Each FILE is a whole log; without one, the history of this station."),
    ] = False,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            show_default=False,
            help="The report that was signed, in JSON: is it the one? (repeatable)",
        ),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key",
            metavar="FILE",
            show_default=False,
            help="Trust this public key alone, not those of `adb-audit keys list` (repeatable).",
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("--count", metavar="N", min=0, show_default=False, help="The log had N records."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            "--head", metavar="SHA256", show_default=False, help="The hash of the log's last record."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Write the log of this station there, to be verified elsewhere.",
        ),
    ] = None,
    db: options.Db = None,
) -> int:
    """Say whether records are genuine, and what is wrong with them.

    Nothing is asked of the network. In a log, an edited, deleted or moved record shows; that its last ones
    are gone shows only to who remembers how many there were (--count), or the hash of the last (--head).
    """
    from audit.cli import verifying

    return verifying.run(
        verifying.Asked(
            files=tuple(files or ()),
            log=log,
            reports=tuple(report or ()),
            keys=tuple(key or ()),
            count=count,
            head=head,
            db=db,
            output=output,
        )
    )
