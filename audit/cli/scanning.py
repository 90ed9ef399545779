"""Reads the chosen units, keeps and judges what was read, and tells of those that could not be."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path

from audit.adb.device import DeviceRow
from audit.asked import Asked
from audit.cli import exits, inventory, reach, recording
from audit.cli.auditing import Choice, Looks, Read, Unreached, await_choice, name_of, read_units
from audit.cli.output import Wanted, note, show
from audit.cli.progress import Meter
from audit.cli.tables import rows_text
from audit.clock import now
from audit.errors import AuditError, NoUnit, TransportError, UsageError
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources import androidqf_out, plan, saved

ANDROIDQF = "androidqf"
FORMS = ("snapshot", ANDROIDQF)
"""Ways to keep what was read: a file of our own, or a folder that other programs read."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@record
class Scan:
    """What ``scan`` and ``capture`` were asked for. wanted: None = no report; wait_s: None = the usual.

    inspect: packages whose code is to be read; suspects: that of the clients the rulebook suspects, too
    form: of what is kept, one of `FORMS`; history: keep it in the one at *db*, None = the configured one
    """

    asked: Asked
    units: tuple[str, ...]
    every: bool
    users: tuple[int, ...] | None
    full: bool
    transport: str | None
    addresses: tuple[str, ...]
    wait_s: float | None
    wanted: Wanted | None = None
    save: Path | None = None
    demo_if_none: bool = False
    inspect: tuple[str, ...] = ()
    suspects: bool = True
    form: str = FORMS[0]
    sbom: Path | None = None
    history: bool = False
    db: str | None = None


def check_form(name: str, place: Path, *, several: bool) -> str:
    """In which form units are kept, checked with its place before a unit is read."""
    if name not in FORMS:
        raise UsageError(f"unknown format {name!r}", fix=f"choose one of: {', '.join(FORMS)}")
    if name == ANDROIDQF and place.exists():
        if not place.is_dir():
            raise UsageError("is no folder", where=str(place), fix="name a new folder")
        if not several:
            androidqf_out.check_empty(place)
    return name


def user_numbers(given: Sequence[int] | None) -> tuple[int, ...] | None:
    """The users to read, checked before a unit is; None = all."""
    return tuple(map(plan.check_user, given)) if given else None


def package_names(given: Sequence[str] | None) -> tuple[str, ...]:
    """The packages to inspect, checked before a unit is read."""
    for name in given or ():
        if not plan.is_package_name(name):
            raise UsageError(
                f"{name!r} is not a package name", fix="give --inspect a name such as com.example.app"
            )
    return tuple(dict.fromkeys(given or ()))


def run(scan: Scan) -> int:
    """Do it, and return the exit code."""
    try:
        results = read_chosen(scan)
    except (NoUnit, TransportError) as error:
        # no unit, and no way to one, are the same to somebody who only wants to see something
        if not scan.demo_if_none or scan.units or scan.addresses:
            raise
        return _demo(error)
    read = [result for result in results if isinstance(result, Read)]
    unreached = [result for result in results if isinstance(result, Unreached)]
    if scan.save is not None:
        keep = _keep_folders if scan.form == ANDROIDQF else _keep
        keep(read, scan.save, several=scan.every or len(results) > 1)
    if unreached:
        note(f"{len(unreached)} of {len(results)} units could not be audited:")
        note(rows_text(unreached))
    if scan.wanted is None:
        return exits.INCONCLUSIVE if unreached else exits.PASS
    examined = [scan.asked.examine(one.snapshot) for one in read]
    reports = [one.report for one in examined]
    show(reports, scan.wanted)
    if scan.sbom is not None:
        inventory.check_place(scan.sbom, several=len(read) > 1)
        for one, seen in zip(examined, read, strict=True):
            inventory.write(scan.sbom, seen.snapshot, one.report, reveal=scan.wanted.reveal)
    code = exits.of_reports(reports, all_audited=not unreached)
    if not scan.history:
        return code
    pairs = zip(examined, read, strict=True)
    return recording.keep((recording.kept(one, seen.snapshot) for one, seen in pairs), scan.db, code)


def read_chosen(scan: Scan) -> tuple[Read | Unreached, ...]:
    """Read the units that are meant, and tell of it on the way."""
    return asyncio.run(_read(scan))


async def _read(scan: Scan) -> tuple[Read | Unreached, ...]:
    wait_s = reach.DEFAULT_WAIT_S if scan.wait_s is None else scan.wait_s
    with Meter() as meter:
        ways = reach.Reach(reach.options(scan.transport, scan.addresses, wait_s=wait_s), meter.waiting)
        choice = Choice(
            names=chosen(scan.units, scan.addresses, every=scan.every),
            every=scan.every or bool(scan.addresses),
        )
        rows = await await_choice(ways, choice, wait_s=scan.wait_s or 0.0)
        note(f"{_count(rows)} by {ways.listing.because}")
        looks = Looks(
            packages=scan.asked.packages,
            files=scan.asked.files,
            users=scan.users,
            full=scan.full,
            clock=now,
            how=ways.listing.because,
            suspects=scan.asked.suspects if scan.suspects else (),
            inspect=scan.inspect,
        )
        return await read_units(ways, rows, looks, meter.step)


def chosen(units: tuple[str, ...], addresses: Sequence[str], *, every: bool = False) -> tuple[str, ...]:
    """The units named, or the one ANDROID_SERIAL names, as adb has it."""
    if units or every or addresses:
        return units
    named = os.environ.get("ANDROID_SERIAL")
    return (named,) if named else ()


def _count(rows: Sequence[DeviceRow]) -> str:
    return f"{len(rows)} unit" + ("" if len(rows) == 1 else "s")


def _demo(error: AuditError) -> int:
    from audit.cli.demo import demo

    note(f"{error.what}; auditing the built-in virtual phones instead")
    note(f"  to audit a real one: {error.fix}")
    return demo()


def _keep(read: Sequence[Read], place: Path, *, several: bool) -> None:
    folder = place.is_dir() or not place.name.endswith(saved.ENDINGS)
    if several and not folder:
        raise UsageError("several units do not fit into one file", where=str(place), fix="name a folder")
    for one in read:
        path = place / f"{file_name(one.row)}.json.gz" if folder else place
        if folder:
            _make(place)
        saved.save(one.snapshot, path)
        note(f"kept {path}")


def _keep_folders(read: Sequence[Read], place: Path, *, several: bool) -> None:
    """An acquisition a unit: *place* itself, or a folder in it for each of several."""
    for one in read:
        folder = place / file_name(one.row) if several else place
        androidqf_out.write_acquisition(one.snapshot, folder)
        note(f"kept {folder}")


def file_name(row: DeviceRow) -> str:
    """A name for the file of a unit; a unit chooses its serial number, so nothing odd of it gets there."""
    return plain_name(name_of(row))


def plain_name(name: str) -> str:
    """*name* with nothing in it but what every file system takes."""
    return _NOT_IN_A_NAME.sub("_", clean_line(name)).strip("._") or "unit"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(
            f"cannot be made: {error.strerror}", where=str(folder), fix="choose another folder"
        ) from error
