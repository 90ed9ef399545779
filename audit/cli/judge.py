"""``adb-audit judge``: a verdict on what was recorded, without the unit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import options

EPILOG = """\b
Examples:
  adb-audit judge unit.json.gz --market NO
  adb-audit judge ./captured-folder --market DE --format html -o report.html
  adb-audit judge bugreport.zip --market NO
  adb-audit judge ota.zip --market NO --policy strict
  adb-audit judge getprop.txt
  adb-audit judge unit.json.gz --market NO --capture gateway.pcapng
  adb-audit judge acquisition.zip --market NO --iocs malware.stix2
  adb-audit judge unit.json.gz --market NO --uad uad_lists.json
  adb-audit judge unit.json.gz --market NO --baseline golden.json
  adb-audit judge unit.json.gz --market NO --waivers waivers.toml
  adb-audit judge acquisition.zip.age --identity key.txt --market NO
"""

Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE|DIR",
        show_default=False,
        help="Bug reports, AndroidQF acquisitions, firmware, saved snapshots, folders of command outputs"
        " or *.prop files, or a single such file.",
    ),
]


def judge(
    paths: Paths,
    *,
    market: options.Market = None,
    policy: options.Policy = None,
    form: options.Format = None,
    output: options.Output = None,
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
    passphrase_file: options.PassphraseFile = None,
    identity: options.Identities = None,
    capture: options.Captures = None,
    unit_address: options.UnitAddresses = None,
    known: options.Known = None,
) -> int:
    """Judge what was recorded, without the unit.

    Takes bug reports, AndroidQF acquisitions, firmware, saved snapshots, folders of command outputs named
    after their commands, and folders of *.prop files. What they lack is said and can never pass.
    """
    from audit.cli import config, exits, inventory, judging, recording, unlocking, waiving
    from audit.cli.evidence import Seen, given, imported_from, joined, known_identifiers
    from audit.cli.output import Wanted, check_format, check_output, show, station_key
    from audit.cli.progress import FilesMeter
    from audit.errors import AuditError, UsageError
    from audit.sources import open_source

    settings = config.load()
    wanted = Wanted(
        format=check_format(form or settings.format),
        output=check_output(output, form or settings.format),
        reveal=show_identifiers,
        verbose=verbose,
        as_list=len(paths) > 1,
    )
    asked = judging.asked(market, policy, profiles, settings, iocs=iocs, uad=uad, baseline=baseline)
    asked = asked.with_waivers(waiving.read(waivers, settings), station_key())
    keys = unlocking.keys(passphrase_file, identity)
    if len(paths) > 1 and (capture or known):
        raise UsageError("a capture is of one unit", fix="judge one at a time")
    inventory.check_place(sbom, several=len(paths) > 1)
    beside = Seen(
        artifacts=(
            *imported_from(capture or (), unit_address or ()),
            *given(known_identifiers(known)),
        )
    )
    judged = []
    for path in paths:
        try:
            with FilesMeter() as meter:
                snapshot = open_source(
                    path,
                    files=asked.files,
                    on_progress=lambda seen: meter.step(seen.done, seen.total, seen.path),
                    keys=keys,
                )
            snapshot = joined(snapshot, beside)
            judged.append((asked.examine(snapshot), snapshot))
        except UsageError:
            raise
        except AuditError as error:
            exits.tell(error)
    reports = [one.report for one, _ in judged]
    show(reports, wanted)
    if sbom is not None:
        for one, snapshot in judged:
            inventory.write(sbom, snapshot, one.report, reveal=show_identifiers)
    code = exits.of_reports(reports, all_audited=len(reports) == len(paths))
    if no_history:
        return code
    return recording.keep((recording.kept(one, snapshot) for one, snapshot in judged), db, code)
