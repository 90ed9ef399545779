"""The options that several commands share, spelt once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from audit.cli import complete

MARKET_VARIABLE = "ADB_AUDIT_MARKET"
HISTORY_VARIABLE = "ADB_AUDIT_HISTORY"

Market: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--market",
        "-m",
        metavar="CODE",
        envvar=MARKET_VARIABLE,
        autocompletion=complete.markets,
        help="Where the unit will be sold or used: an ISO 3166-1 code such as NO.",
    ),
]
Policy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME",
        autocompletion=complete.policies,
        help="Which evidence leads to which outcome: default, or strict before shipping.",
    ),
]
Format: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="NAME",
        autocompletion=complete.formats,
        help="terminal, plain, json, html, csv or junit; by itself what suits -o FILE or the terminal.",
    ),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the report there, not to standard output."),
]
ShowIdentifiers: TypeAlias = Annotated[
    bool,
    typer.Option("--show-identifiers", help="Show serial numbers, IMEI, ICCID and MAC in the report."),
]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Explain notes and passes too, not a line each.")
]
Profiles: TypeAlias = Annotated[
    Path | None,
    typer.Option("--profiles", metavar="DIR", help="Judge by the rulebook in DIR, not the shipped one."),
]
Baseline: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        show_default=False,
        help="Compare with this golden unit; `adb-audit baseline save` makes one.",
    ),
]
Iocs: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--iocs",
        metavar="FILE",
        show_default=False,
        help="Look for the indicators of compromise in this STIX 2 file too (repeatable).",
    ),
]
Uad: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--uad",
        metavar="FILE",
        show_default=False,
        help="Show what UAD-ng's list (uad_lists.json) says of the packages in findings.",
    ),
]
Waivers: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--waivers",
        metavar="FILE",
        show_default=False,
        help="Findings that somebody decided to live with; by itself the user's own waivers.toml.",
    ),
]
PassphraseFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        show_default=False,
        help="Open an encrypted acquisition with the passphrase in the first line of FILE;"
        " ADB_AUDIT_AGE_PASSPHRASE does the same.",
    ),
]
Identities: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--identity",
        metavar="FILE",
        show_default=False,
        help="Open an encrypted acquisition with this age identity or SSH private key (repeatable).",
    ),
]
Units: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="UNIT",
        autocompletion=complete.units,
        show_default=False,
        help="Serial number or address, as `adb-audit devices` lists it. ANDROID_SERIAL counts as one.",
    ),
]
All: TypeAlias = Annotated[bool, typer.Option("--all", "-a", help="Every unit that is connected.")]
Users: TypeAlias = Annotated[
    list[int] | None,
    typer.Option("--user", metavar="N", help="Only this Android user (repeatable); by itself all."),
]
Full: TypeAlias = Annotated[
    bool, typer.Option("--full", help="Read the details of every package, not only of named ones (slower).")
]
Inspect: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--inspect",
        metavar="PACKAGE",
        help="Read the code of this package too, however large it is (repeatable).",
    ),
]
NoInspect: TypeAlias = Annotated[
    bool,
    typer.Option("--no-inspect", help="Leave the code of suspects unread: faster, and says less of them."),
]
Transport: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--transport",
        metavar="NAME",
        autocompletion=complete.transports,
        help="auto, server (a running adb server), usb or tcp.",
    ),
]
Connect: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--connect", metavar="HOST:PORT", help="Reach a unit over TCP (repeatable)."),
]
Wait: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=0.0,
        help="How long to wait for a unit to be plugged in, allowed or started; by itself 15 for one that is"
        " connected.",
    ),
]
UnitLimit: TypeAlias = Annotated[
    float,
    typer.Option(
        "--unit-limit",
        metavar="SECONDS",
        min=5.0,
        help="The longest one unit may take; what was read by then is judged.",
    ),
]
AtOnce: TypeAlias = Annotated[
    int, typer.Option("--at-once", metavar="N", min=1, max=512, help="The most units read at once.")
]
Save: TypeAlias = Annotated[
    Path | None,
    typer.Option("--save", metavar="FILE|DIR", help="Keep what was read, to judge it again later."),
]
Key: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="NAME|FILE|hsm:",
        show_default=False,
        help="Sign with this key; by itself the one that `adb-audit keys new` made.",
    ),
]
KeyPassphrase: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        show_default=False,
        help="The key's passphrase is its first line; ADB_AUDIT_PASSPHRASE does the same.",
    ),
]
Sbom: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--sbom",
        metavar="FILE",
        show_default=False,
        help="Write an inventory of the unit's packages there (CycloneDX).",
    ),
]
NoHistory: TypeAlias = Annotated[
    bool, typer.Option("--no-history", help="Do not keep this in the station's history.")
]
Captures: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--capture",
        metavar="FILE",
        show_default=False,
        help="A pcap or pcapng of the bench's access point, a PCAPdroid recording or a device owner's network"
        " log: judged with the unit (repeatable).",
    ),
]
UnitAddresses: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--unit-address",
        metavar="IP|MAC",
        show_default=False,
        help="The unit's own address in the capture or at the sink (repeatable).",
    ),
]
Known: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        metavar="KIND=VALUE",
        show_default=False,
        help="An identifier of this unit that it does not tell itself, such as imei=… (repeatable).",
    ),
]
Db: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="FILE|URL",
        envvar=HISTORY_VARIABLE,
        show_default=False,
        help="The history: a file, or the URL of a PostgreSQL; by itself the user's own.",
    ),
]
