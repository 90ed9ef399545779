"""``adb-audit station users``: who may log in to the station page from another computer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from audit.web.users import Users


class Role(StrEnum):
    """What somebody may do; each may do what those before it may."""

    OPERATOR = "operator"
    INSPECTOR = "inspector"
    ADMIN = "admin"


app = typer.Typer(
    name="users",
    help="Who may log in to the station page from another computer.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="""\b
Examples:
  adb-audit station users add kari --role inspector --shown "Kari Nordmann"
  adb-audit station users list
  adb-audit station users role kari admin
  adb-audit station users password kari
  adb-audit station users remove kari
\b
An operator looks, begins and ends crates; an inspector also signs off, waives
and sees identifiers; an admin also reads the trail of who did what.
""",
)

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The name to log in with.")]
RoleChoice = Annotated[Role, typer.Option("--role", help="What they may do.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        show_default=False,
        help="The password is its first line; by itself it is asked for.",
    ),
]
UsersFile = Annotated[
    Path | None,
    typer.Option(
        "--users", metavar="FILE", show_default=False, help="The file of users; by itself the station's own."
    ),
]


@app.command(
    epilog="""\b
Examples:
  adb-audit station users add kari --role inspector --shown "Kari Nordmann"
  adb-audit station users add bench --password-file bench.txt
"""
)
def add(
    name: Name,
    *,
    role: RoleChoice = Role.OPERATOR,
    shown: Annotated[
        str, typer.Option("--shown", metavar="NAME", show_default=False, help="The name on papers.")
    ] = "",
    password_file: PasswordFile = None,
    users: UsersFile = None,
) -> int:
    """Let somebody log in."""
    from audit.cli.output import note
    from audit.web.access import Role as Known

    made = opened(users).add(name, Known(role.value), _password(password_file, name), shown=shown)
    note(f"{made.name} may log in as {made.role.value}")
    return 0


@app.command("list", epilog="\b\nExamples:\n  adb-audit station users list\n")
def list_(*, users: UsersFile = None) -> int:
    """List who may log in, and as what."""
    from audit.cli.output import note, say
    from audit.cli.tables import columns

    rows = [(one.name, one.role.value, one.shown) for one in opened(users).all()]
    if rows:
        say(columns(("name", "role", "shown as"), rows))
    else:
        note("nobody may log in; `adb-audit station users add NAME` lets somebody")
    return 0


@app.command(epilog="\b\nExamples:\n  adb-audit station users role kari admin\n")
def role(
    name: Name,
    role: Annotated[Role, typer.Argument(metavar="ROLE", show_default=False, help="The new role.")],
    *,
    users: UsersFile = None,
) -> int:
    """Give somebody another role, at once."""
    from audit.cli.output import note
    from audit.web.access import Role as Known

    made = opened(users).give(name, Known(role.value))
    note(f"{made.name} is {made.role.value} now")
    return 0


@app.command(epilog="\b\nExamples:\n  adb-audit station users password kari\n")
def password(name: Name, *, password_file: PasswordFile = None, users: UsersFile = None) -> int:
    """Give somebody another password.

    Whoever is logged in under the old one is shown out.
    """
    from audit.cli.output import note

    made = opened(users).set_password(name, _password(password_file, name))
    note(f"{made.name} has another password")
    return 0


@app.command(epilog="\b\nExamples:\n  adb-audit station users remove kari\n")
def remove(name: Name, *, users: UsersFile = None) -> int:
    """Let somebody log in no more."""
    from audit.cli.output import note

    opened(users).remove(name)
    note(f"{name} may not log in any more")
    return 0


def opened(file: Path | None) -> Users:
    """The users in *file*; None = the user's own file."""
    from audit.cli.station_extra import needed, users_file

    needed()
    from audit.web.users import Users

    return Users(file or users_file())


def _password(file: Path | None, name: str) -> str:
    import getpass
    import sys

    from audit.cli.unlocking import first_line
    from audit.errors import UsageError

    if file is not None:
        return first_line(file)
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("nobody is there to type a password", fix="give it in a file: --password-file FILE")
    given = getpass.getpass(f"Password of {name}: ")
    if getpass.getpass("The same again: ") != given:
        raise UsageError("the passwords differ", fix="try again")
    return given
