"""Reads what ``inspect`` was asked for, shows it, and says what could not be read."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from audit import __version__, codec
from audit.cli import config, exits, reach
from audit.cli.auditing import Choice, await_choice
from audit.cli.output import NARROWEST, WIDEST, keep, note, say
from audit.cli.progress import FilesMeter, Meter
from audit.errors import AuditError, UsageError
from audit.model.code import Code, CodeFile, Inspection
from audit.model.evidence import Gap
from audit.model.record import record
from audit.sources import plan


@record
class Asked:
    """What ``inspect`` was asked for. wait_s: None = the usual; output: None = standard output."""

    targets: tuple[str, ...]
    unit: str | None
    transport: str | None
    addresses: tuple[str, ...]
    wait_s: float | None
    output: Path | None
    as_json: bool
    verbose: bool


def run(asked: Asked) -> int:
    """Do it, and return the exit code."""
    _check(asked)
    paths = [Path(target) for target in asked.targets if Path(target).exists()]
    packages = [target for target in asked.targets if not Path(target).exists()]
    _check_names(packages)
    files: list[CodeFile] = []
    troubled, passed_over = False, 0
    for path in paths:
        try:
            for file in _read(path):
                if path.is_dir() and _is_foreign(file):
                    passed_over += 1
                else:
                    files.append(file)
        except UsageError:
            raise
        except AuditError as error:
            exits.tell(error)
            troubled = True
    if packages:
        code, gaps = asyncio.run(_read_unit(asked, packages))
        files += code
        for gap in gaps:
            note(f"{gap.reason}\n  fix: {gap.fix}")
        troubled = troubled or bool(gaps)
    _show(Inspection(tool_version=__version__, files=tuple(files), passed_over=passed_over), asked)
    return _exit_code(files, troubled=troubled)


def _check(asked: Asked) -> None:
    if asked.output is not None and not asked.output.parent.is_dir():
        raise UsageError(
            "cannot be written: no such folder", where=str(asked.output), fix="choose another place"
        )


def _check_names(packages: Sequence[str]) -> None:
    for name in packages:
        if "/" in name or not plan.is_package_name(name):
            raise UsageError(
                "there is no such file or folder, and no package can have this name",
                where=name,
                fix="check the path, or give a package's name such as com.example.app",
            )


def _read(path: Path) -> Iterator[CodeFile]:
    from audit.sources import code_files

    if not path.is_dir():
        yield code_files.read_one(path)
        return
    with FilesMeter() as meter:
        yield from code_files.read_below(path, lambda done, of, file: meter.step(done, of, file.name))


def _is_foreign(file: CodeFile) -> bool:
    from audit.sources.code_files import is_foreign

    return is_foreign(file)


async def _read_unit(asked: Asked, packages: Sequence[str]) -> tuple[tuple[CodeFile, ...], tuple[Gap, ...]]:
    from audit.sources.live import acquire_code

    wait_s = reach.DEFAULT_WAIT_S if asked.wait_s is None else asked.wait_s
    transport = asked.transport or config.load().transport
    with Meter() as meter:
        ways = reach.Reach(reach.options(transport, asked.addresses, wait_s=wait_s), meter.waiting)
        choice = Choice(names=(asked.unit,) if asked.unit else ())
        (row,) = await await_choice(ways, choice, wait_s=asked.wait_s or 0.0)
        device = await ways.open(row)
        try:
            return await acquire_code(device, packages, on_step=lambda step: meter.step(row, step))
        finally:
            await device.close()


def _show(inspection: Inspection, asked: Asked) -> None:
    if asked.as_json:
        text = codec.to_json(inspection, indent=2) + "\n"
    else:
        from audit.reports.inspection import render

        tty = asked.output is None and sys.stdout.isatty()
        columns = shutil.get_terminal_size().columns if tty else 80
        text = render(inspection, verbose=asked.verbose, width=min(max(columns, NARROWEST), WIDEST))
    if asked.output is None:
        say(text)
    else:
        keep(text, asked.output)


def _exit_code(files: Sequence[CodeFile], *, troubled: bool) -> int:
    """5 for what could not be read whole; 2 where a file that was named is of no known format."""
    if any(_is_foreign(file) for file in files):
        return exits.USAGE
    unread = troubled or any(file.troubles or file.code is Code.UNREADABLE for file in files)
    return exits.INCONCLUSIVE if unread else exits.PASS
