"""``adb-audit devices``: every unit there is, whatever its state."""

from __future__ import annotations

from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit devices
  adb-audit devices --transport usb
  adb-audit devices --connect 192.168.1.20:5555 --json
"""


def devices(
    *,
    transport: options.Transport = None,
    connect: options.Connect = None,
    json_: Annotated[bool, typer.Option("--json", help="A JSON array, for programs.")] = False,
) -> int:
    """List connected units, their states and fixes.

    Exits 0 when every unit can be audited, 5 when one cannot or there is none.
    """
    import asyncio

    from audit import codec
    from audit.adb.device import State
    from audit.cli import config, exits, reach
    from audit.cli.output import note, say
    from audit.cli.tables import devices_text

    asked = reach.options(transport or config.load().transport, tuple(connect or ()), wait_s=0.0)
    ways = reach.Reach(asked)
    rows = asyncio.run(ways.rows())
    note(f"looked by {ways.listing.because}")
    if json_:
        say(codec.to_json(rows, indent=2))
    elif rows:
        say(devices_text(rows))
    else:
        note("no unit is connected\n  fix: plug one in with USB debugging on; see `adb-audit doctor`")
    return exits.PASS if rows and all(row.state is State.DEVICE for row in rows) else exits.INCONCLUSIVE
