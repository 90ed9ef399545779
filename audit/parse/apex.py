"""The APEX modules: ``cmd package list packages --apex-only``, and as ``dumpsys package`` names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from audit.model.facts import Apex, Parsed
from audit.parse.ledger import Ledger
from audit.parse.packages import parse_packages

_MODULE = re.compile(r"  ([A-Za-z0-9_.\-]+)")
_FIELD = re.compile(r"    (Version|Path): (.*)")
_NUMBER = re.compile(r"[0-9]{1,19}")
_MORE = "fields of APEX modules that are not needed"


def parse_apex(text: str, origin: str = "") -> Parsed[tuple[Apex, ...]]:
    """Read a package list that holds modules; its lines are those of `parse_packages`, without a UID.

    Source: AOSP PackageManagerShellCommand.java runListPackages, Android 10 on
    """
    listed = parse_packages(text, origin)
    return Parsed(
        value=tuple(
            Apex(name=found.name, version_code=found.version_code, path=found.path, origin=origin)
            for found in listed.value
        ),
        unread=listed.unread,
        skipped=listed.skipped,
        errors=listed.errors,
        read=listed.read,
    )


def read_dumped_apex(lines: Iterable[str], first_number: int, ledger: Ledger) -> Iterator[Apex]:
    """Read the section *Active APEX packages* of a dump, whose first line is line *first_number* there.

    Source: AOSP ApexManager.java dump (Android 10 to 13), ComputerEngine.java dumpApexPackageStates (14 on)
    """
    apex: Apex | None = None
    for number, line in enumerate(lines, start=first_number):
        if module := _MODULE.fullmatch(line.rstrip()):
            if apex is not None:
                yield apex
            apex = Apex(name=module[1], origin=ledger.origin)
            ledger.read()
        elif apex is not None and line.startswith("    "):
            changed = _with(apex, line.rstrip())
            ledger.read() if changed is not None else ledger.skip(_MORE)
            apex = changed or apex
        else:
            ledger.left_over(number, line)
    if apex is not None:
        yield apex


def _with(apex: Apex, line: str) -> Apex | None:
    """*apex* with what the line says of it; None for a line that is not needed."""
    field = _FIELD.fullmatch(line)
    if field is None:
        return None
    if field[1] == "Path":
        return replace(apex, path=field[2])
    return replace(apex, version_code=int(field[2])) if _NUMBER.fullmatch(field[2]) else None
