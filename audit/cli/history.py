"""``adb-audit history``: what was judged before, found again, shown, and judged again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import fleets, options

app = typer.Typer(
    name="history",
    help="What was judged before: find, show, judge again.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  adb-audit history list
  adb-audit history search --package com.example --signed passed
  adb-audit history show 3f2a91b2
  adb-audit history rejudge --since 2026-05-01
""",
)

Unit = Annotated[
    str | None,
    typer.Argument(
        metavar="UNIT",
        show_default=False,
        help="Serial number, IMEI, or mask of one as reports show it, such as serial#4f2a9c.",
    ),
]
Ids = Annotated[
    list[str],
    typer.Argument(
        metavar="ID",
        show_default=False,
        help="Id of a report or how it begins; or a unit's serial number, IMEI or mask: its newest report.",
    ),
]
Serial = Annotated[
    str | None, typer.Option("--serial", metavar="TEXT", help="Serial number, or the mask of one.")
]
Imei = Annotated[str | None, typer.Option("--imei", metavar="TEXT", help="IMEI, or the mask of one.")]
Model = Annotated[str | None, typer.Option("--model", metavar="TEXT", help="Model, as the unit names it.")]
Build = Annotated[
    str | None, typer.Option("--build", metavar="TEXT", help="Build id, incremental or fingerprint.")
]
Package = Annotated[
    str | None,
    typer.Option("--package", "-p", metavar="NAME", help="A package on the unit, known to a rule or not."),
]
Verdict = Annotated[
    str | None,
    typer.Option("--verdict", metavar="WORD", help="pass, review, fail or inconclusive."),
]
Market = Annotated[str | None, typer.Option("--market", "-m", metavar="CODE", help="Judged for this market.")]
Crate = Annotated[str | None, typer.Option("--crate", metavar="TEXT", help="Name or id of a crate.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Judged on this day or later: 2026-05-31.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Judged on this day or before.")]
Signed = Annotated[
    str | None,
    typer.Option("--signed", metavar="WORD", help="Signed off as passed, warned or failed."),
]
Station = Annotated[
    str | None,
    typer.Option("--station", metavar="NAME", help="Name of a bench, or id of the history that recorded it."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Newest = Annotated[bool, typer.Option("--newest", help="Only the newest report of each unit.")]
Form = Annotated[
    str, typer.Option("--format", "-f", metavar="NAME", help="table for people; json or csv for programs.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output.")
]
Limit = Annotated[int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="No more than N.")]


@app.command(
    "list",
    epilog="""\b
Examples:
  adb-audit history list
  adb-audit history list --newest --limit 100
  adb-audit history list --format csv -o history.csv
""",
)
def list_(
    *,
    limit: Limit = 20,
    newest: Newest = False,
    station: Station = None,
    form: Form = "table",
    output: Output = None,
    show_identifiers: options.ShowIdentifiers = False,
    db: options.Db = None,
) -> int:
    """List the reports kept, the newest first."""
    from audit.cli.history_asked import Wishes
    from audit.cli.history_work import Told, tell_found

    return tell_found(
        Wishes(newest=newest, limit=limit, station=station),
        Told(form=form, output=output, reveal=show_identifiers, db=db),
    )


@app.command(
    epilog="""\b
Examples:
  adb-audit history search --package com.example --signed passed
  adb-audit history search serial#4f2a9c
  adb-audit history search --model X20 --market NO --verdict fail
  adb-audit history search --crate pallet-7 --newest --format json
"""
)
def search(
    unit: Unit = None,
    *,
    serial: Serial = None,
    imei: Imei = None,
    model: Model = None,
    build: Build = None,
    package: Package = None,
    verdict: Verdict = None,
    market: Market = None,
    crate: Crate = None,
    since: Since = None,
    until: Until = None,
    signed: Signed = None,
    station: Station = None,
    newest: Newest = False,
    limit: Limit = None,
    form: Form = "table",
    output: Output = None,
    show_identifiers: options.ShowIdentifiers = False,
    db: options.Db = None,
) -> int:
    """Find reports by all that is asked for together.

    Packages are found whether or not a rule knew of them. A unit whose packages could not be read whole may
    carry one that is not found.
    """
    from audit.cli.history_asked import Wishes
    from audit.cli.history_work import Told, tell_found

    wishes = Wishes(
        unit=unit,
        serial=serial,
        imei=imei,
        model=model,
        build=build,
        package=package,
        verdict=verdict,
        market=market,
        crate=crate,
        since=since,
        until=until,
        signed=signed,
        station=station,
        newest=newest,
        limit=limit,
    )
    return tell_found(wishes, Told(form=form, output=output, reveal=show_identifiers, db=db))


@app.command(
    epilog="""\b
Examples:
  adb-audit history show 3f2a91b2
  adb-audit history show serial#4f2a9c --verbose
  adb-audit history show 3f2a91b2 --format html -o report.html
"""
)
def show(
    reports: Ids,
    *,
    form: options.Format = None,
    output: options.Output = None,
    show_identifiers: options.ShowIdentifiers = False,
    verbose: options.Verbose = False,
    db: options.Db = None,
) -> int:
    """Show reports as they were, in any format of a report.

    Exits as `judge` would: with the worst of their verdicts.
    """
    from audit.cli import config, exits, history_asked
    from audit.cli.output import Wanted, check_format, check_output
    from audit.cli.output import show as render

    form = check_format(form or config.load().format)
    wanted = Wanted(
        format=form,
        output=check_output(output, form),
        reveal=show_identifiers,
        verbose=verbose,
        as_list=len(reports) > 1,
    )
    with history_asked.opened(db) as history:
        found = [history.report(one) for one in history_asked.ids(history, reports)]
    render(found, wanted)
    return exits.of_reports(found, all_audited=True)


@app.command(
    epilog="""\b
Examples:
  adb-audit history export 3f2a91b2 -o ./for-the-auditor
  adb-audit history export --all -o ./everything --show-identifiers
"""
)
def export(
    reports: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", show_default=False, help="Reports, as `show` takes them."),
    ] = None,
    *,
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where to put them.")],
    every: Annotated[bool, typer.Option("--all", "-a", help="Every report that is kept.")] = False,
    show_identifiers: options.ShowIdentifiers = False,
    db: options.Db = None,
) -> int:
    """Write reports as JSON into a folder, a file each.

    With --show-identifiers as they are, and what was read of the units beside them (`judge` takes it).
    Raw evidence cannot be masked, so without it only the masked report is written.
    """
    from audit.cli.history_work import Exporting, export_all

    return export_all(
        Exporting(wanted=tuple(reports or ()), every=every, folder=folder, reveal=show_identifiers, db=db)
    )


@app.command(
    epilog="""\b
Examples:
  adb-audit history prune --before 2025-01-01 --dry-run
  adb-audit history prune --before 2025-01-01
"""
)
def prune(
    before: Annotated[
        str, typer.Option("--before", metavar="DATE", help="Reports judged before this day: 2025-01-01.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and leave it.")] = False,
    yes: Yes = False,
    db: options.Db = None,
) -> int:
    """Take old reports out of the history.

    What only they were judged from goes with them.

    Reports that were signed off stay, and so does every sign-off, and what a centre is still to get. It asks
    before it does.
    """
    from audit.cli.history_work import prune_before

    return prune_before(before, dry_run=dry_run, yes=yes, db=db)


@app.command(
    epilog="""\b
Examples:
  adb-audit history rejudge
  adb-audit history rejudge --since 2026-05-01 --model X20
  adb-audit history rejudge --profiles ./my-profiles --record
  adb-audit history rejudge --scheduler tcp://10.0.0.5:8786
\b
Exits 0 when no verdict changed, 4 when some did, 3 when some became FAIL, and
5 when none changed but some could not be judged.
"""
)
def rejudge(
    *,
    serial: Serial = None,
    model: Model = None,
    market: Market = None,
    package: Package = None,
    crate: Crate = None,
    since: Since = None,
    until: Until = None,
    every: Annotated[
        bool, typer.Option("--every", help="Every report, not only the newest of each unit.")
    ] = False,
    record: Annotated[bool, typer.Option("--record", help="Keep the new reports in the history.")] = False,
    workers: fleets.Workers = None,
    scheduler: fleets.Scheduler = None,
    form: Form = "table",
    output: Output = None,
    show_identifiers: options.ShowIdentifiers = False,
    profiles: options.Profiles = None,
    iocs: options.Iocs = None,
    db: options.Db = None,
) -> int:
    """Judge again by today's rulebook: what changes.

    Judges what was read before, and lists the verdicts that change and why.

    Market and policy are those of each report. What came of holding a unit against others, or against a
    golden unit, is taken over from it. Ctrl-C ends early and keeps what was done.
    """
    from audit.cli.history_asked import Wishes
    from audit.cli.history_work import Told
    from audit.cli.rejudging import Rejudging, run

    wishes = Wishes(
        serial=serial,
        model=model,
        market=market,
        package=package,
        crate=crate,
        since=since,
        until=until,
        newest=not every,
    )
    told = Told(form=form, output=output, reveal=show_identifiers, db=db)
    return run(
        Rejudging(
            wishes=wishes,
            told=told,
            profiles=profiles,
            iocs=tuple(iocs or ()),
            record=record,
            workers=workers,
            scheduler=scheduler,
        )
    )


@app.command(
    epilog="""\b
Examples:
  adb-audit history stations
  adb-audit history stations --db postgresql://audit@centre/audit
\b
Exits 3 when the chain of signed records of a station does not fit what came
from it before.
"""
)
def stations(*, db: options.Db = None) -> int:
    """List the histories that this one knows.

    Itself, those that forward to it, and the centre it forwards to.
    """
    from audit.cli.history_stations import tell_stations

    return tell_stations(db)


@app.command(
    epilog="""\b
Examples:
  adb-audit history upgrade --db postgresql://audit@centre/audit
"""
)
def upgrade(*, db: options.Db = None) -> int:
    """Bring a history of an older program up to date.

    A station never does so to the centre. Older programs cannot use it afterwards. Beside a file a backup
    is made; a server has means of its own.
    """
    from audit.cli import history_stations

    return history_stations.upgrade(db)


@app.command(
    "new-identity",
    epilog="""\b
Examples:
  adb-audit history new-identity --db ./copied.sqlite
""",
)
def new_identity(*, yes: Yes = False, db: options.Db = None) -> int:
    """Make a copied history one of its own.

    A centre tells histories apart by a random id, which a copy has too: then signed records do not fit.
    """
    from audit.cli.history_stations import become_another

    return become_another(db, yes=yes)
