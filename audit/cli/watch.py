"""``adb-audit watch``: see where a unit calls without root."""

from __future__ import annotations

from typing import Annotated

import typer

from audit.cli import confirm, options

EPILOG = """\b
Examples:
  adb-audit watch --market NO --seconds 300
  adb-audit watch --market NO --capture ap.pcapng --unit-address 192.168.8.20
  adb-audit watch --market NO --sink 192.168.8.1
\b
By itself it polls the unit's list of sockets. That proves a contact, not what
was sent: for that, let the bench's access point record (--capture), or be its
name server (--sink).
"""

Poll = Annotated[
    float,
    typer.Option("--poll", metavar="S", min=0.05, max=60, help="Seconds between two looks at the sockets."),
]
Sink = Annotated[
    str | None,
    typer.Option(
        "--sink",
        metavar="IP",
        show_default=False,
        help="Answer every name with this address of the station, and record what is sent to it.",
    ),
]
SinkPorts = Annotated[
    str | None,
    typer.Option(
        "--sink-ports",
        metavar="DNS,TCP…",
        show_default=False,
        help="Ports of the sink, the first for names; by themselves 53,80,443, which need rights. 80:8080"
        " listens on 8080 where the gateway redirects 80 to it.",
    ),
]


def watch(
    units: options.Units = None,
    *,
    market: options.Market = None,
    package: confirm.Package = None,
    seconds: confirm.Seconds = 180,
    poll: Poll = 0.5,
    capture: options.Captures = None,
    unit_address: options.UnitAddresses = None,
    sink: Sink = None,
    sink_ports: SinkPorts = None,
    known: options.Known = None,
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
    """See where a phone calls, without root.

    Reads the unit as `scan` does, then watches: its list of sockets, its counters and logs, a capture of
    the network, a sink. Each is said with what it proves and what it does not.
    """
    from audit.cli import config, evidence, judging, watching
    from audit.cli.output import Wanted, check_format, check_output

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
            poll_s=poll,
            captures=evidence.check_captures(capture),
            unit_addresses=tuple(unit_address or ()),
            sink=watching.sink_of(sink, sink_ports, unit_address),
            wanted=Wanted(
                format=check_format(form or settings.format),
                output=check_output(output, form or settings.format),
                reveal=show_identifiers,
                verbose=verbose,
            ),
            save=watching.check_place(save),
        )
    )
