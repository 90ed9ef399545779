"""``adb-audit baseline``: golden units, and what tells another unit from one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audit.cli import options

if TYPE_CHECKING:
    from audit.model.portrait import Baseline

app = typer.Typer(
    name="baseline",
    help="Golden units: save one, and see what tells another unit from it.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  adb-audit baseline save -o golden.json
  adb-audit baseline show golden.json
  adb-audit baseline compare golden.json R58M123456A
  adb-audit scan --market NO --baseline golden.json
""",
)

Golden = Annotated[
    Path, typer.Argument(metavar="GOLDEN", show_default=False, help="What `adb-audit baseline save` wrote.")
]


def load_baseline(path: Path) -> Baseline:
    """The golden unit in the file *path*. Raises BadInput for a file that holds none."""
    from audit.sources import golden

    return golden.load(path)


@app.command(
    epilog="""\b
Examples:
  adb-audit baseline save -o golden.json
  adb-audit baseline save R58M123456A -o golden.json --name "lot 7"
  adb-audit baseline save unit.json.gz -o golden.json
  adb-audit baseline save --full --connect 192.168.1.20:5555 -o golden.json
"""
)
def save(
    unit: Annotated[
        str | None,
        typer.Argument(
            metavar="UNIT|FILE|DIR",
            show_default=False,
            help="A connected unit, or anything that judge takes; by itself the one unit connected.",
        ),
    ] = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", show_default=False, help="Where to keep it.")
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What to call it; by itself its model and build."),
    ] = None,
    user: options.Users = None,
    full: options.Full = False,
    inspect: options.Inspect = None,
    no_inspect: options.NoInspect = False,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
    passphrase_file: options.PassphraseFile = None,
    identity: options.Identities = None,
    profiles: options.Profiles = None,
) -> int:
    """Keep what units of a model should be like: this one.

    Nothing that is this unit's own is kept. A unit whose packages or properties could not be read whole is
    refused. Signers of all packages are compared only where both units were read with --full.
    """
    from audit.cli import baselining, config, judging, scanning, unlocking
    from audit.sources import golden

    golden.check_place(output)
    settings = config.load()
    reading = baselining.Reading(
        asked=judging.asked(None, None, profiles, settings),
        users=scanning.user_numbers(user),
        full=full,
        inspect=scanning.package_names(inspect),
        suspects=not no_inspect,
        transport=transport or settings.transport,
        addresses=tuple(connect or ()),
        wait_s=wait,
        keys=unlocking.keys(passphrase_file, identity),
    )
    return baselining.save(reading, unit, output, name)


@app.command(
    epilog="""\b
Examples:
  adb-audit baseline show golden.json
"""
)
def show(golden: Golden) -> int:
    """Say what a golden unit is and what it holds."""
    from audit.cli.baselining import shown
    from audit.cli.output import say

    say(shown(load_baseline(golden)))
    return 0


@app.command(
    epilog="""\b
Examples:
  adb-audit baseline compare golden.json
  adb-audit baseline compare golden.json R58M123456A
  adb-audit baseline compare golden.json unit-1.json.gz unit-2.json.gz
"""
)
def compare(
    golden: Golden,
    units: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="UNIT|FILE|DIR",
            show_default=False,
            help="Connected units, or anything that judge takes; by itself the one unit connected.",
        ),
    ] = None,
    *,
    full: options.Full = False,
    transport: options.Transport = None,
    connect: options.Connect = None,
    wait: options.Wait = None,
    passphrase_file: options.PassphraseFile = None,
    identity: options.Identities = None,
    profiles: options.Profiles = None,
) -> int:
    """List all that tells units from a golden one.

    Nothing else is judged. Exits 0 when there is no difference, 4 when there is one, and 5 when something
    could not be compared.
    """
    from audit.cli import baselining, config, judging, unlocking

    settings = config.load()
    reading = baselining.Reading(
        asked=judging.asked(None, None, profiles, settings, baseline=golden),
        full=full,
        transport=transport or settings.transport,
        addresses=tuple(connect or ()),
        wait_s=wait,
        keys=unlocking.keys(passphrase_file, identity),
    )
    return baselining.compare(reading, tuple(units or ()))


@app.command(
    epilog="""\b
Examples:
  adb-audit baseline sign golden.json --inspector "K. Nordmann"
"""
)
def sign(
    golden: Golden,
    *,
    inspector: Annotated[
        str, typer.Option("--inspector", metavar="NAME", show_default=False, help="Who approves of it.")
    ],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, or what for.")] = "",
    key: options.Key = None,
    passphrase_file: options.KeyPassphrase = None,
) -> int:
    """Approve of a golden unit: a signature beside the file.

    From then on the file counts only as it is now, and only where the key is trusted.
    """
    from audit.cli.keys import signer_for
    from audit.cli.output import note as tell
    from audit.clock import now, stamp
    from audit.signoff.files import sign_file

    load_baseline(golden)
    signer = signer_for(key, passphrase_file)
    made = sign_file(golden, signer, inspector=inspector, signed_at=stamp(now()), note=note)
    tell(f"wrote {made}")
    return 0
