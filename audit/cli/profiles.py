"""``adb-audit profiles``: what the rulebook knows, and whether it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.cli import complete, options

app = typer.Typer(
    name="profiles",
    help="What the rulebook knows, and whether it holds.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  adb-audit profiles list --role activation
  adb-audit profiles explain com.qualcomm.qti.autoregistration
  adb-audit profiles lint ./my-profiles
""",
)

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="DIR", show_default=False, help="A rulebook's folder; by itself the shipped one."),
]


@app.command(
    "list",
    epilog="""\b
Examples:
  adb-audit profiles list
  adb-audit profiles list --role carrier-lock
  adb-audit profiles list regions
""",
)
def list_(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="clients, regions, advisories, policies, destinations, anycast, volatile or markets.",
        ),
    ] = "clients",
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="Only clients of this role.")
    ] = None,
    profiles: options.Profiles = None,
) -> int:
    """List what the rulebook holds of one kind."""
    from audit.cli.judging import load_rulebook
    from audit.cli.output import say
    from audit.cli.rulebook_text import listing

    say(listing(load_rulebook(profiles), kind, role))
    return 0


@app.command(
    epilog="""\b
Examples:
  adb-audit profiles show com.qualcomm.qti.autoregistration
  adb-audit profiles show hmd
  adb-audit profiles show strict
"""
)
def show(
    name: Annotated[
        str,
        typer.Argument(
            help="A package, a maker, an incident, a policy, what is not compared, or a set of markets."
        ),
    ],
    profiles: options.Profiles = None,
) -> int:
    """Print one entry of the rulebook whole, as JSON."""
    from audit.cli.judging import load_rulebook
    from audit.cli.output import say
    from audit.cli.rulebook_text import entry

    say(entry(load_rulebook(profiles), name))
    return 0


@app.command(
    epilog="""\b
Examples:
  adb-audit profiles lint
  adb-audit profiles lint ./my-profiles
"""
)
def lint(folder: Folder = None) -> int:
    """Say what could be better in a rulebook.

    Exits 3 when anything could.
    """
    from audit.cli import exits
    from audit.cli.output import note, say
    from audit.errors import BadProfile
    from audit.rulebook.lint import lint as look

    try:
        problems = look(folder)
    except BadProfile as error:
        exits.tell(error)
        return exits.FAIL
    for problem in problems:
        say(str(problem))
    note(f"{len(problems)} problems" if problems else "nothing to improve")
    return exits.FAIL if problems else exits.PASS


@app.command(
    "test",
    epilog="""\b
Examples:
  adb-audit profiles test
  adb-audit profiles test ./my-profiles
""",
)
def run_tests(folder: Folder = None) -> int:
    """Judge the examples that entries carry.

    Exits 3 when one does not come out as it says.
    """
    from audit.cli import exits
    from audit.cli.judging import load_rulebook
    from audit.cli.output import say
    from audit.cli.rulebook_text import failed_example
    from audit.clock import now
    from audit.rulebook.examples import run_examples
    from audit.rulebook.judging import judge_by

    rulebook = load_rulebook(folder)
    results = run_examples(rulebook, judge_by(rulebook, today=now().date().isoformat()))
    failed = [result for result in results if result.got != result.case.example.expect]
    for result in failed:
        say(failed_example(result))
    say(f"{len(results) - len(failed)} of {len(results)} examples hold")
    return exits.FAIL if failed else exits.PASS


@app.command(
    epilog="""\b
Examples:
  adb-audit profiles explain com.qualcomm.qti.autoregistration
"""
)
def explain(
    package: Annotated[
        str, typer.Argument(autocompletion=complete.packages, help="The exact name of a package.")
    ],
    profiles: options.Profiles = None,
) -> int:
    """Say in words what is known of a package."""
    from audit.cli.judging import load_rulebook
    from audit.cli.output import say
    from audit.cli.rulebook_text import explanation
    from audit.rulebook.explain import explain as look_up

    rulebook = load_rulebook(profiles)
    say(explanation(look_up(rulebook, package)))
    return 0
