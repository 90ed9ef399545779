"""``adb-audit confirm``: hook a client on a rooted unit and see where it calls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit confirm --market NO --server ./frida-server-17.26.0-android-arm64
  adb-audit confirm --market NO -p com.qualcomm.qti.autoregistration
  adb-audit confirm --market NO --java --trigger boot-completed --save u.json
  adb-audit confirm --triggers
\b
It needs root and the extra `frida`; without root it watches instead, and says
so. What it puts on the unit (a server in /data/local/tmp, running while it
watches) it takes away again. It triggers nothing by itself.
"""

Package = Annotated[
    list[str] | None,
    typer.Option(
        "--package",
        "-p",
        metavar="PACKAGE",
        show_default=False,
        help="Watch this package (repeatable); by itself every activation client that is on the unit.",
    ),
]
Seconds = Annotated[
    float,
    typer.Option(
        "--seconds",
        metavar="N",
        min=1,
        max=86_400,
        help="How long to watch. The client of 2019 waits a minute after start-up before it calls.",
    ),
]
Server = Annotated[
    Path | None,
    typer.Option(
        "--server",
        metavar="FILE",
        show_default=False,
        help="The frida-server for the unit's processor, of the version of the installed frida.",
    ),
]
Java = Annotated[
    bool,
    typer.Option("--java", help="Hook Java too: who asks for identifiers, and whose code calls. Heavier."),
]
Trigger = Annotated[
    list[str] | None,
    typer.Option(
        "--trigger",
        metavar="NAME",
        show_default=False,
        help="Make the client act: changes the unit as `--triggers` says, and undoes it (repeatable).",
    ),
]
Triggers = Annotated[bool, typer.Option("--triggers", help="List the triggers, what each does and undoes.")]
Skew = Annotated[
    bool,
    typer.Option("--allow-version-skew", help="Accept a server of another version (17.2 or newer)."),
]


def confirm(
    units: options.Units = None,
    *,
    market: options.Market = None,
    package: Package = None,
    seconds: Seconds = 180,
    server: Server = None,
    java: Java = False,
    trigger: Trigger = None,
    triggers: Triggers = False,
    known: options.Known = None,
    allow_version_skew: Skew = False,
    policy: options.Policy = None,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
    form: options.Format = None,
    output: options.Output = None,
    save: options.Save = None,
    show_identifiers: options.ShowIdentifiers = False,
    verbose: options.Verbose = False,
    profiles: options.Profiles = None,
    iocs: options.Iocs = None,
    uad: options.Uad = None,
) -> int:
    """Hook clients on a rooted phone, and see where they call.

    Reads the unit as `scan` does, hooks the network calls of the clients on it with Frida, and judges what
    was seen: a name asked for, data sent, an identifier of this very unit sent.
    """
    from audit.cli import config, evidence, judging, watching
    from audit.cli.output import Wanted, check_format, check_output

    if triggers:
        return watching.show_triggers()
    settings = config.load()
    return watching.run(
        watching.Watching(
            asked=judging.asked(market, policy, profiles, settings, iocs=iocs, uad=uad),
            units=tuple(units or ()),
            transport=transport or settings.transport,
            addresses=tuple(connect or ()),
            wait_s=wait,
            packages=watching.package_names(package),
            seconds=seconds,
            known=evidence.known_identifiers(known),
            hooks=watching.Hooks(
                server=server,
                java=java,
                triggers=watching.trigger_names(trigger),
                allow_version_skew=allow_version_skew,
            ),
            wanted=Wanted(
                format=check_format(form or settings.format),
                output=check_output(output, form or settings.format),
                reveal=show_identifiers,
                verbose=verbose,
            ),
            save=watching.check_place(save),
        )
    )
