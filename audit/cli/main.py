"""The command ``adb-audit``: its commands, and the one place where errors become words and exit codes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from audit import __version__
from audit.cli import (
    baseline,
    capture,
    confirm,
    crate,
    data,
    demo,
    devices,
    doctor,
    exits,
    fresh,
    history,
    identify,
    inspect,
    judge,
    keys,
    lab,
    profiles,
    scan,
    schema,
    signoff,
    station,
    verify,
    waivers,
    watch,
)

NAME = "adb-audit"

EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:>3}  {meaning}" for code, meaning in exits.MEANINGS)
EXAMPLES = """

\b
Examples:
  adb-audit scan --market NO
  adb-audit judge ./captured-folder --market NO
  adb-audit demo
"""

app = typer.Typer(
    name=NAME,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=EPILOG + EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"{NAME} {__version__}\n")
        raise typer.Exit


@app.callback()
def top(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find activation clients that do not belong on an Android phone for its market.

    Reads build properties and installed packages over ADB, or from files, and gives a verdict:
    PASS, REVIEW, FAIL or INCONCLUSIVE.
    """


app.command(epilog=scan.EPILOG)(scan.scan)
app.command(epilog=crate.EPILOG)(crate.crate)
app.add_typer(station.app)
app.command(epilog=judge.EPILOG)(judge.judge)
app.command(epilog=capture.EPILOG)(capture.capture)
app.add_typer(baseline.app)
app.command(epilog=confirm.EPILOG)(confirm.confirm)
app.command(epilog=watch.EPILOG)(watch.watch)
app.command(epilog=signoff.EPILOG)(signoff.signoff)
app.command(epilog=inspect.EPILOG)(inspect.inspect)
app.command(epilog=identify.EPILOG)(identify.identify)
app.command(epilog=devices.EPILOG)(devices.devices)
app.command(epilog=doctor.EPILOG)(doctor.doctor)
app.command(epilog=demo.EPILOG)(demo.demo)
app.command(epilog=lab.EPILOG)(lab.lab)
app.add_typer(history.app)
app.command(epilog=verify.EPILOG)(verify.verify)
app.add_typer(keys.app)
app.add_typer(profiles.app)
app.add_typer(data.app)
app.add_typer(waivers.app)
app.command(epilog=schema.EPILOG)(schema.schema)


def command() -> typer.core.TyperGroup:
    """The tree of commands, for the man page and the reference."""
    made = typer.main.get_command(app)
    if not isinstance(made, typer.core.TyperGroup):
        raise TypeError(type(made))
    return made


def run(arguments: Sequence[str], *, alone: bool = False) -> int:
    """Run one command line and return its exit code; a defect stays a traceback.

    alone: there is nothing else in this process, which a command that lasts may begin anew
    """
    return fresh.told(lambda: _run(arguments, fresh.ALONE if alone else None))


def _run(arguments: Sequence[str], there: object) -> int:
    try:
        result = command().main(args=list(arguments), prog_name=NAME, standalone_mode=False, obj=there)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        return _usage(error)
    return result if isinstance(result, int) else exits.PASS


def collect_rarely() -> None:
    """Look for unreachable cycles once in 50 000 new objects instead of once in 700.

    A command makes hardly any and ends soon, while each look walks the rulebook: a fifth of an audit's CPU.
    """
    gc.set_threshold(50_000)


def main() -> None:
    """Entry point of the program."""
    fresh.streams()
    collect_rarely()
    sys.exit(run(sys.argv[1:], alone=True))


def _usage(error: typer.TyperException) -> int:
    """A command line that cannot be read, or none at all, which shows the help."""
    context = getattr(error, "ctx", None)
    path = NAME if context is None else context.command_path
    text = error.format_message().replace(": Value error, ", ": ", 1)  # what typer reads values with says so
    if text.startswith("Usage:"):
        sys.stderr.write(text + "\n")
    else:
        sys.stderr.write(f"{NAME}: {text}\n  fix: `{path} --help` shows what can be asked\n")
    return exits.USAGE
