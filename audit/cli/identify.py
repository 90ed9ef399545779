"""``adb-audit identify``: make one phone show itself."""

from __future__ import annotations

from typing import Annotated

import typer

from audit.cli import complete, options

EPILOG = """\b
Examples:
  adb-audit identify usb:1-4.2
  adb-audit identify R58M123456A --seconds 60
  adb-audit identify serial#4f2a9c
  adb-audit identify Nokia_7_plus-serial_4f2a9c --notify --text "box 3"
\b
This changes the phone, for as long as it lasts: one that is dark or locked
blinks, one that is unlocked and lit opens a page of its settings. What will
be done is said first; it is undone after the time, after Enter and Ctrl-C.
"""

Unit = Annotated[
    str | None,
    typer.Argument(
        metavar="UNIT",
        autocompletion=complete.units,
        show_default=False,
        help="Serial number, slot or address, as `adb-audit devices` lists it; or the mask or folder name"
        " that a crate's report shows for it. By itself the only one there is.",
    ),
]
Seconds = Annotated[float, typer.Option("--seconds", metavar="N", min=1, max=3600, help="How long.")]
Text = Annotated[
    str, typer.Option("--text", metavar="TEXT", show_default=False, help="Words for the notification.")
]
Notify = Annotated[
    bool,
    typer.Option(
        "--notify",
        help="Post a notification with the slot, too (Android 10 or newer); it is taken away again, its"
        " category “Shell command” stays among those of the app Shell.",
    ),
]


def identify(
    unit: Unit = None,
    *,
    seconds: Seconds = 20,
    notify: Notify = False,
    text: Text = "",
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
) -> int:
    """Make one phone show itself among many.

    The only command but confirm that changes a phone; it undoes what it did and says what it could not.
    Exits 0 when all was undone, 5 when something is left to do by hand.
    """
    from audit.cli import config, identifying
    from audit.crate.identify_plan import Wanted

    return identifying.run(
        identifying.Identifying(
            unit=unit,
            wanted=Wanted(seconds=seconds, text=text, notify=notify or bool(text)),
            transport=transport or config.load().transport,
            addresses=tuple(connect or ()),
            wait_s=wait,
        )
    )
