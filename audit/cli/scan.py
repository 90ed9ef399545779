"""``adb-audit scan``: read connected units and give each its verdict."""

from __future__ import annotations

from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit scan --market NO
  adb-audit scan --all --market DE --policy strict -o crate.html
  adb-audit scan R58M123456A --market IN --save unit.json.gz --format json
  adb-audit scan --connect 192.168.1.20:5555 --market GB
  adb-audit scan --market NO --iocs malware.stix2
  adb-audit scan --market NO --baseline golden.json
  adb-audit scan --market NO --waivers waivers.toml
\b
Defaults can be kept in a file, the market too; `adb-audit doctor` says where.
"""

DemoIfNone = Annotated[
    bool, typer.Option("--demo-if-none", help="With no unit connected, audit the built-in virtual ones.")
]


def scan(
    units: options.Units = None,
    *,
    market: options.Market = None,
    every: options.All = False,
    policy: options.Policy = None,
    user: options.Users = None,
    full: options.Full = False,
    inspect: options.Inspect = None,
    no_inspect: options.NoInspect = False,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
    form: options.Format = None,
    output: options.Output = None,
    save: options.Save = None,
    show_identifiers: options.ShowIdentifiers = False,
    verbose: options.Verbose = False,
    profiles: options.Profiles = None,
    baseline: options.Baseline = None,
    iocs: options.Iocs = None,
    uad: options.Uad = None,
    waivers: options.Waivers = None,
    sbom: options.Sbom = None,
    no_history: options.NoHistory = False,
    db: options.Db = None,
    demo_if_none: DemoIfNone = False,
) -> int:
    """Audit connected phones and give each a verdict.

    An audit only reads. A unit that cannot be audited is listed with what to do about it.
    """
    from audit.cli import config, judging, waiving
    from audit.cli.output import Wanted, check_format, check_output, station_key
    from audit.cli.scanning import Scan, package_names, run, user_numbers

    settings = config.load()
    return run(
        Scan(
            asked=judging.asked(
                market, policy, profiles, settings, iocs=iocs, uad=uad, baseline=baseline
            ).with_waivers(waiving.read(waivers, settings), station_key()),
            units=tuple(units or ()),
            every=every,
            users=user_numbers(user),
            full=full,
            inspect=package_names(inspect),
            suspects=not no_inspect,
            transport=transport or settings.transport,
            addresses=tuple(connect or ()),
            wait_s=wait,
            wanted=Wanted(
                format=check_format(form or settings.format),
                output=check_output(output, form or settings.format),
                reveal=show_identifiers,
                verbose=verbose,
                as_list=every or len(units or ()) > 1 or len(connect or ()) > 1,
            ),
            save=save,
            demo_if_none=demo_if_none,
            sbom=sbom,
            history=not no_history,
            db=db,
        )
    )
