"""``adb-audit waivers``: the findings somebody has decided to live with, and whether their file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="waivers",
    help="The findings somebody has decided to live with.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  adb-audit waivers lint
  adb-audit waivers list ./waivers.toml
""",
)

File = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="A file of waivers; by itself the one of the user's configuration.",
    ),
]


@app.command(
    epilog="""\b
Examples:
  adb-audit waivers lint
  adb-audit waivers lint ./waivers.toml
"""
)
def lint(file: File = None) -> int:
    """Check a file of waivers, and say which need somebody soon.

    Exits 2, with the lines, when the file does not hold: no unit would be judged by it. Those that
    expired, or do within 30 days, or only in more than a year, are named; that is no error.
    """
    from audit.cli import waiving
    from audit.cli.output import note, say

    found, today = waiving.given(file), waiving.today()
    for line in waiving.noticed(found, today):
        say(line)
    note(waiving.counted(found))
    return 0


@app.command(
    "list",
    epilog="""\b
Examples:
  adb-audit waivers list
  adb-audit waivers list ./waivers.toml
  adb-audit waivers list --json
""",
)
def list_(
    file: File = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with whether each is in force.")] = False,
) -> int:
    """List the waivers of a file: for what, where, until when."""
    from audit.cli import waiving
    from audit.cli.output import note, say

    found, today = waiving.given(file), waiving.today()
    say(waiving.as_json(found, today) if as_json else waiving.table(found, today))
    if not as_json:
        note(waiving.counted(found))
    return 0
