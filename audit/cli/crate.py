"""``adb-audit crate``: many units at once, each with its verdict, then held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit crate --market NO
  adb-audit crate --market NO --watch
  adb-audit crate --manifest lot-17.csv -o lot-17
  adb-audit crate --resume lot-17
  adb-audit crate --resume lot-17 --waivers waivers.toml
  adb-audit crate --market DE --policy strict --baseline golden.json
  adb-audit crate --market NO --format csv --output lot-17.csv
\b
The folder keeps what was read and a report for each unit. What is in it is
done: interrupted or not, --resume goes on with the rest.
"""

Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        "-o",
        metavar="DIR",
        show_default=False,
        help="Keep the crate there; by itself a new folder crate-DATE-TIME here.",
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="DIR",
        show_default=False,
        help="Go on with the crate in DIR: units that are done stay done.",
    ),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", "-w", help="Audit every unit that is plugged in from now on, until Ctrl-C."),
]
Again = Annotated[bool, typer.Option("--again", help="Audit units that are done already once more.")]
ManifestFile = Annotated[
    Path | None,
    typer.Option(
        "--manifest",
        metavar="FILE",
        show_default=False,
        help="The units that should be there (.csv or .xlsx): serial or IMEI, and model, market, build, lot.",
    ),
]
Peers = Annotated[
    list[Path] | None,
    typer.Option(
        "--peers",
        metavar="DIR",
        show_default=False,
        help="Compare with the units of this former crate too (repeatable).",
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="FILE",
        show_default=False,
        help="Write the report of the crate there, not to standard output.",
    ),
]


def crate(
    units: options.Units = None,
    *,
    market: options.Market = None,
    manifest: ManifestFile = None,
    baseline: options.Baseline = None,
    waivers: options.Waivers = None,
    folder: Folder = None,
    resume: Resume = None,
    watch: Watch = False,
    again: Again = False,
    peers: Peers = None,
    policy: options.Policy = None,
    user: options.Users = None,
    full: options.Full = False,
    inspect: options.Inspect = None,
    no_inspect: options.NoInspect = False,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
    unit_limit: options.UnitLimit = 300.0,
    at_once: options.AtOnce = 128,
    form: options.Format = None,
    output: Report = None,
    show_identifiers: options.ShowIdentifiers = False,
    verbose: options.Verbose = False,
    profiles: options.Profiles = None,
    iocs: options.Iocs = None,
    uad: options.Uad = None,
    no_history: options.NoHistory = False,
    db: options.Db = None,
) -> int:
    """Audit every connected phone at once, and find the odd one out.

    Each unit is read, judged and kept by itself: a bad cable costs only its own. Then the units of one
    model are held against each other, and against the manifest.
    """
    from audit.cli import config, crating, scanning
    from audit.cli.output import Wanted, check_output

    settings = config.load()
    chosen = crating.check_format(form or settings.format)
    return crating.run(
        crating.Crating(
            market=market,
            policy=policy,
            profiles=profiles,
            iocs=tuple(iocs or ()),
            uad=uad,
            manifest=manifest,
            baseline=baseline,
            waivers=waivers,
            folder=folder,
            resume=resume,
            watch=watch,
            again=again,
            peers=tuple(peers or ()),
            units=tuple(units or ()),
            users=scanning.user_numbers(user),
            full=full,
            inspect=scanning.package_names(inspect),
            suspects=not no_inspect,
            transport=transport or settings.transport,
            addresses=tuple(connect or ()),
            wait_s=wait,
            unit_limit_s=unit_limit,
            at_once=at_once,
            history=not no_history,
            db=db,
            wanted=Wanted(
                format=chosen,
                output=check_output(output, chosen),
                reveal=show_identifiers,
                verbose=verbose,
            ),
        ),
        settings,
    )
