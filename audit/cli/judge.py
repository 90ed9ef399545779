"""``adb-audit judge``: a verdict on what was recorded, without the unit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import fleets, options

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
  adb-audit judge ./snapshots --market NO --changed
  adb-audit judge './2026/**/*.json.gz' -f csv -o verdicts.csv
  adb-audit judge /mnt/ota --scheduler tcp://10.0.0.5:8786
\b
Of more than 20 inputs, of a folder or a pattern of many, and with
--scheduler, --workers or --changed there is a summary, or a row for each
(csv, json).
"""

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|DIR|GLOB",
        show_default=False,
        help="Bug reports, AndroidQF acquisitions, firmware, saved snapshots, folders of command outputs"
        " or *.prop files, or a single such file; folders or quoted patterns of many.",
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
    changed: Annotated[
        bool, typer.Option("--changed", help="List only verdicts that differ from the last one kept.")
    ] = False,
    scheduler: fleets.Scheduler = None,
    workers: fleets.Workers = None,
    timeout: fleets.Timeout = fleets.LIMIT_S,
) -> int:
    """Judge what was recorded, without the unit.

    Takes bug reports, AndroidQF acquisitions, firmware, saved snapshots, folders of command outputs named
    after their commands, and folders of *.prop files. What they lack is said and can never pass.

    Many are judged on all processors, or by the workers of a Dask scheduler. What cannot be read is
    INCONCLUSIVE, and each result is kept in the history as soon as it is there.
    """
    from audit.cli import config, inventory, judging, judging_few, unlocking, waiving
    from audit.cli.evidence import known_identifiers
    from audit.cli.output import Wanted, check_format, check_output, station_key
    from audit.errors import UsageError

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
    many = bool(scheduler or workers or changed) or judging_few.is_many(paths)
    if (many or len(paths) > 1) and (capture or known):
        raise UsageError("a capture is of one unit", fix="judge one at a time")
    inventory.check_place(sbom, several=many or len(paths) > 1)
    if many:
        from audit.cli import judging_many, rows_out

        return judging_many.run(
            asked,
            judging_many.Many(
                paths=tuple(paths),
                form=rows_out.form_of(form, output),
                output=output,
                reveal=show_identifiers,
                db=db,
                no_history=no_history,
                scheduler=scheduler,
                workers=workers,
                limit_s=timeout,
                changed=changed,
            ),
            keys,
        )
    return judging_few.run(
        asked,
        judging_few.Few(
            paths=tuple(Path(path) for path in paths),
            wanted=wanted,
            sbom=sbom,
            no_history=no_history,
            db=db,
            captures=tuple(capture or ()),
            unit_addresses=tuple(unit_address or ()),
            known=known_identifiers(known),
        ),
        keys,
    )
