"""``adb-audit station``: a bench worked at a page in the browser, or by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import options, users

DEFAULT_PORT = 8765

app = typer.Typer(
    name="station",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog=f"""\b
Examples:
  adb-audit station --market NO
  adb-audit station --market NO --baseline golden.json --key bench-2
  adb-audit station --central postgresql://audit@centre/audit
  adb-audit station --no-page --market NO
  adb-audit station --read-only --db postgresql://audit@centre/audit
  adb-audit station --host 0.0.0.0 --tls-cert bench.pem --tls-key bench.key
\b
The page is for this computer alone, at port {DEFAULT_PORT}; beyond it only with TLS,
for those whom `adb-audit station users add` lets in. A crate stays on the
bench when the station ends, however it ends: the next start goes on with it.
""",
)
app.add_typer(users.app)

Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        "-o",
        metavar="DIR",
        show_default=False,
        help="Keep the crates there; by itself in the user's data folder.",
    ),
]
Host = Annotated[
    str, typer.Option("--host", metavar="ADDRESS", help="Where the page is served; by itself here alone.")
]
HostNames = Annotated[
    list[str] | None,
    typer.Option(
        "--host-name",
        metavar="NAME",
        show_default=False,
        help="A name browsers elsewhere call this computer by (repeatable).",
    ),
]
Port = Annotated[
    int, typer.Option("--port", "-p", metavar="N", min=0, max=65535, help="The port; 0 = any that is free.")
]
TlsCert = Annotated[
    Path | None,
    typer.Option("--tls-cert", metavar="FILE", show_default=False, help="The certificate, in PEM."),
]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", metavar="FILE", show_default=False, help="Its key, in PEM.")
]
MetricsToken = Annotated[
    Path | None,
    typer.Option(
        "--metrics-token-file",
        metavar="FILE",
        show_default=False,
        help="Its first line, sent as a bearer token, reads /metrics from elsewhere.",
    ),
]
NoPage = Annotated[
    bool, typer.Option("--no-page", help="Serve no page: audit what is plugged in, and forward.")
]
ReadOnly = Annotated[
    bool, typer.Option("--read-only", help="Audit nothing, and only show the history at --db.")
]
Central = Annotated[
    str | None,
    typer.Option(
        "--central",
        metavar="URL",
        show_default=False,
        help="Pass on all that is kept here to this PostgreSQL, as soon as it can be reached.",
    ),
]
Goldens = Annotated[
    list[Path] | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        show_default=False,
        help="A golden unit that crates can be held against (repeatable).",
    ),
]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=0.0,
        show_default=False,
        help="How long to wait for somebody to tap Allow before a unit is tried anew; by itself 300.",
    ),
]


@app.callback()
def station(
    context: typer.Context,
    *,
    market: options.Market = None,
    policy: options.Policy = None,
    profiles: options.Profiles = None,
    iocs: options.Iocs = None,
    baseline: Goldens = None,
    waivers: options.Waivers = None,
    folder: Folder = None,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: Wait = None,
    full: options.Full = False,
    inspect: options.Inspect = None,
    no_inspect: options.NoInspect = False,
    unit_limit: options.UnitLimit = 300.0,
    at_once: options.AtOnce = 128,
    db: options.Db = None,
    central: Central = None,
    key: options.Key = None,
    passphrase_file: options.KeyPassphrase = None,
    host: Host = "127.0.0.1",
    port: Port = DEFAULT_PORT,
    host_name: HostNames = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    users_file: users.UsersFile = None,
    metrics_token_file: MetricsToken = None,
    no_page: NoPage = False,
    read_only: ReadOnly = False,
) -> int:
    """Work a bench: audit what is plugged in, and show it on a page.

    Begin a crate on the page, plug phones in, and sign them off there. Every result is in the history as
    soon as it is there. Ctrl-C ends it.
    """
    if context.invoked_subcommand is not None:
        return 0
    from audit.cli import fresh
    from audit.cli.station_asked import Site, Stationing

    asked = Stationing(
        market=market,
        policy=policy,
        profiles=profiles,
        iocs=tuple(iocs or ()),
        goldens=tuple(baseline or ()),
        waivers=waivers,
        folder=folder,
        transport=transport,
        addresses=tuple(connect or ()),
        wait_s=wait,
        full=full,
        inspect=tuple(inspect or ()),
        suspects=not no_inspect,
        unit_limit_s=unit_limit,
        at_once=at_once,
        db=db,
        central=central,
        key=key,
        passphrase_file=passphrase_file,
        site=Site(
            host=host,
            port=port,
            names=tuple(host_name or ()),
            certificate=tls_cert,
            tls_key=tls_key,
            users=users_file,
            metrics_token=metrics_token_file,
        ),
        page=not no_page,
        read_only=read_only,
    )
    return fresh.begin("audit.cli.stationing", asked, alone=context.find_root().obj is fresh.ALONE)
