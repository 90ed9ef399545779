"""``adb-audit signoff``: an inspector's decision on a unit, signed, in a chain that shows what is missing."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit signoff R58M123456A --inspector "K. Nordmann"
  adb-audit signoff 4f2a9c --inspector "K. Nordmann" --label label.pdf
  adb-audit signoff 3fd1a2b4c5d6 --inspector "K. Nordmann" --decision failed
  adb-audit signoff 4f2a9c --inspector KN --decision passed --note "see W-7"
\b
A unit is named by its serial number, by the digits that reports show instead
(serial#4f2a9c), or by the id of a report as `adb-audit history list` has it.
"""


class Decided(StrEnum):
    """What may be signed; the words of in-toto's test-result, in lower case."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


def signoff(
    unit: Annotated[
        str, typer.Argument(metavar="UNIT|REPORT", show_default=False, help="What was audited; see below.")
    ],
    *,
    inspector: Annotated[
        str, typer.Option("--inspector", metavar="NAME", show_default=False, help="Who decides.")
    ],
    decision: Annotated[
        Decided | None,
        typer.Option(
            "--decision",
            case_sensitive=False,
            metavar="WORD",
            show_default=False,
            help="passed, warned or failed; by itself what the verdict says. Another one needs a note.",
        ),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why.")] = "",
    key: options.Key = None,
    passphrase_file: options.KeyPassphrase = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False, help="Write the record there too."
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="FILE.pdf", show_default=False, help="A page to go with it."),
    ] = None,
    label: Annotated[
        Path | None,
        typer.Option("--label", metavar="FILE.pdf", show_default=False, help="A label of 62 x 29 mm."),
    ] = None,
    show_identifiers: options.ShowIdentifiers = False,
    db: options.Db = None,
) -> int:
    """Sign a decision about a unit that was audited.

    The record names the report, the rules and the program by their hashes, and the record before it. A unit
    that could not be told cannot be signed off as passed.
    """
    from audit.cli import signing_off

    return signing_off.run(
        signing_off.Asked(
            unit=unit,
            inspector=inspector,
            result=None if decision is None else decision.value,
            note=note,
            key=key,
            passphrase_file=passphrase_file,
            output=output,
            certificate=certificate,
            label=label,
            reveal=show_identifiers,
            db=db,
        )
    )
