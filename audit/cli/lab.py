"""``adb-audit lab``: virtual units to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """\b
Examples:
  adb-audit lab
  adb-audit lab incident-2019 clean-global --first-port 5600
  adb-audit lab incident-2019 --auth prompt --allow-after 5
  adb-audit lab clean-global --count 20 --latency phone
"""


def lab(
    units: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", show_default=False, help="By itself all.")
    ] = None,
    *,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", metavar="FILE", help="A unit described in FILE (repeatable)."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="That many, going round those named.")
    ] = None,
    first_port: Annotated[
        int, typer.Option("--first-port", metavar="PORT", min=0, max=65535, help="0 = any free ports.")
    ] = 0,
    latency: Annotated[
        str,
        typer.Option(
            "--latency",
            metavar="WHAT",
            help='"phone", "phone:1-4" (up to four times as slow), or milliseconds for every command.',
        ),
    ] = "",
    auth: Annotated[str, typer.Option("--auth", metavar="HOW", help="none, trust, prompt or never.")] = "",
    allow_after: Annotated[
        float | None,
        typer.Option("--allow-after", metavar="SECONDS", help='Until somebody taps "Allow".'),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="KIND", help="What goes wrong with every command (repeatable)."),
    ] = None,
) -> int:
    """Run virtual phones on loopback, until Ctrl-C.

    Real `adb` and this program take them for phones.
    """
    import asyncio

    from audit.cli.output import note, say
    from audit.lab import LabOptions, VirtualUnit, run

    def announce(started: tuple[VirtualUnit, ...]) -> None:
        widest = max(len(unit.address) for unit in started)
        for unit in started:
            say(f"adb connect {unit.address:<{widest}}  # {unit.spec.id}")
        note(f"{len(started)} virtual units listen; Ctrl-C stops them")

    wanted = LabOptions(
        units=tuple(units or ()),
        files=tuple(file or ()),
        count=count,
        first_port=first_port,
        latency=latency,
        auth=auth,
        allow_after_s=allow_after,
        faults=tuple(fault or ()),
    )
    try:
        asyncio.run(run(wanted, announce))
    except KeyboardInterrupt:
        note("stopped")
    return 0
