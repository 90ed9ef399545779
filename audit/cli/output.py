"""Reports to where they were asked for: standard output or a file, in the format that suits it."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import UsageError
from audit.model.record import record
from audit.model.report import Report

if TYPE_CHECKING:
    from audit.reports import Options

_KEY_BYTES = 32
NARROWEST, WIDEST = 40, 120


@record
class Wanted:
    """How reports are to be shown. format: None = what suits the place; output: None = standard output."""

    format: str | None
    output: Path | None
    reveal: bool
    verbose: bool
    as_list: bool = False


def show(reports: Sequence[Report], wanted: Wanted) -> None:
    """Write *reports* as *wanted*; none at all is an empty list to a program, nothing to a person."""
    from audit.reports import FORMATS, render

    name, options = style(wanted)
    if not reports and FORMATS[name].media_type == "text/plain":
        return
    put(render(name, reports, replace(options, as_list=wanted.as_list or not reports)), wanted)


def style(wanted: Wanted) -> tuple[str, Options]:
    """The format, by name, and how to write it: as asked, else as suits the place."""
    from audit.reports import Options, styled, suited_to

    tty = wanted.output is None and sys.stdout.isatty()
    stream = suited_to(
        os.environ, tty=tty, encoding="utf-8" if wanted.output else sys.stdout.encoding or "ascii"
    )
    options = Options(
        key=station_key(),
        reveal=wanted.reveal,
        verbose=wanted.verbose,
        width=min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST) if tty else 80,
    )
    return wanted.format or _by_suffix(wanted.output) or stream.format, styled(options, stream)


def put(text: str, wanted: Wanted) -> None:
    """Write *text* where it is wanted."""
    if wanted.output is None:
        say(text)
    else:
        keep(text, wanted.output)


def check_format(name: str | None) -> str | None:
    """*name* when it is a format's; UsageError otherwise, before a unit is read for nothing."""
    from audit.reports import FORMATS

    if name is not None and name not in FORMATS:
        raise UsageError(f"unknown format {name!r}", fix=f"choose one of: {', '.join(FORMATS)}")
    return name


_PLAIN = {"", ".txt", ".log"}


def check_output(output: Path | None, form: str | None) -> Path | None:
    """*output* when a report can go there; UsageError otherwise, before a unit is read for nothing."""
    from audit.reports import FORMATS

    if output is None:
        return None
    if not output.parent.is_dir():
        raise UsageError("cannot be written: no such folder", where=str(output), fix="choose another place")
    endings = sorted({made.suffix for made in FORMATS.values()} | _PLAIN - {""})
    if form is None and output.suffix not in {*endings, ""}:
        raise UsageError(
            f"no format is known by the ending {output.suffix}",
            where=str(output),
            fix=f"end the name in {', '.join(endings)}, or say --format",
        )
    return output


def _by_suffix(output: Path | None) -> str | None:
    from audit.reports import FORMATS

    if output is None:
        return None
    suffixes = {made.suffix: name for name, made in FORMATS.items()} | {".txt": "plain"}
    return suffixes.get(output.suffix, "plain")


def keep(text: str, output: Path) -> None:
    """Write *text* to the file *output*, whole or not at all, and say so."""
    from audit.sources.saved import write_atomically

    write_atomically(output, text.encode("utf-8", "replace"), private=False)
    note(f"wrote {output}")


def say(text: str) -> None:
    """Print on standard output; a reader that has gone (``| head``) is no error."""
    try:
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
        sys.stdout.flush()
    except OSError as error:
        # Python would complain again when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise UsageError(
                f"cannot be written: {error.strerror or error}",
                where="standard output",
                fix="make room there, or write to a file with --output",
            ) from error


def note(text: str) -> None:
    """Tell the person at the keyboard something that is not the result."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def agreed(question: str) -> bool:
    """Whether whoever sits there, or what is piped in, says yes.

    Raises UsageError where nobody can be asked.
    """
    import typer

    try:
        return typer.confirm(question)
    except typer.Abort:
        if sys.stdin is not None and sys.stdin.isatty():  # Ctrl-C
            raise
        raise UsageError(
            "nobody is at a terminal to be asked, and nothing was changed",
            fix="say yes beforehand with --yes",
        ) from None


def station_key() -> bytes:
    """The secret under which this station masks identifiers; made once, readable by its user only.

    Where it cannot be kept, one for this run: masks then match within the run.
    """
    import platformdirs

    path = platformdirs.user_state_path("adb-audit", appauthor=False) / "mask.key"
    fresh = secrets.token_bytes(_KEY_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(fresh)
    except FileExistsError:
        return _kept(path) or fresh
    except OSError:
        return fresh
    return fresh


def _kept(path: Path) -> bytes | None:
    try:
        key = path.read_bytes()
    except OSError:
        return None
    return key if len(key) == _KEY_BYTES else None
