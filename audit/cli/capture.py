"""``adb-audit capture``: keep what a unit says, to judge it later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import complete, options

EPILOG = """\b
Examples:
  adb-audit capture unit.json.gz
  adb-audit capture --all ./crate-7/
  adb-audit capture --format androidqf ./acquisition
  adb-audit judge unit.json.gz --market NO
"""


SNAPSHOT = "snapshot"
Form = Annotated[
    str,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        autocompletion=complete.kept_forms,
        help="snapshot: one file a unit; androidqf: a folder a unit, with the details of every package.",
    ),
]


def capture(
    place: Annotated[
        Path,
        typer.Argument(metavar="FILE|DIR", show_default=False, help="A .json or .json.gz file, or a folder."),
    ],
    units: options.Units = None,
    *,
    every: options.All = False,
    user: options.Users = None,
    full: options.Full = False,
    inspect: options.Inspect = None,
    no_inspect: options.NoInspect = False,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
    profiles: options.Profiles = None,
    form: Form = SNAPSHOT,
) -> int:
    """Keep what a unit says, to judge it later.

    The file holds serial numbers and other identifiers of the unit; only you can read it. With --format
    androidqf it is a folder that AndroidQF's readers, such as MVT, take; judge takes it too.
    """
    from audit.cli import config, judging
    from audit.cli.scanning import Scan, check_form, package_names, run, user_numbers

    settings = config.load()
    return run(
        Scan(
            asked=judging.asked(None, None, profiles, settings),
            units=tuple(units or ()),
            every=every,
            users=user_numbers(user),
            full=full or form != SNAPSHOT,
            inspect=package_names(inspect),
            suspects=not no_inspect,
            transport=transport or settings.transport,
            addresses=tuple(connect or ()),
            wait_s=wait,
            save=place,
            form=check_form(form, place, several=every or len(units or ()) + len(connect or ()) > 1),
        )
    )
