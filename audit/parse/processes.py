"""The output of ``ps``."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of
from audit.parse.uids import uid_of

_NAMES = ("NAME", "CMD", "CMDLINE", "COMMAND", "ARGS")
_NUMBER = re.compile(r"[0-9]{1,10}\Z")


@record
class Process:
    """One process. name: as printed; of its name only the last 15 characters where threads are listed too."""

    pid: int
    name: str
    user: str = ""
    uid: int | None = None
    line: int = 0


def parse_processes(text: str, origin: str = "") -> Parsed[tuple[Process, ...]]:
    """Read the columns USER, PID and NAME or CMD; lines of threads (TID other than PID) are counted.

    toolbox (Android 7) has a column for the state that its heading lacks: ``… PC NAME`` over ``… 0 S /init``.
    It lists threads as processes, which have names of their own.

    Source: AOSP system/core toolbox/ps.c; toybox toys/posix/ps.c
    """
    ledger = Ledger(origin)
    processes: list[Process] = []
    columns: list[str] = []
    for number, line in enumerate(lines_of(text), start=1):
        words = line.split()
        if "PID" in words and words[-1] in _NAMES:
            columns = [*words[:-1], "S", words[-1]] if words[-2] == "PC" else words
            ledger.skip("headings")
        elif not columns or (found := _process(line, number, columns)) is None:
            ledger.left_over(number, line)
        elif isinstance(found, str):
            ledger.skip(found)
        else:
            processes.append(found)
            ledger.read()
    return ledger.parsed(tuple(processes))


def _process(line: str, number: int, columns: list[str]) -> Process | str | None:
    """The process on *line*; the name of the class of lines that it is left as; None where it is neither."""
    words = line.split(None, len(columns) - 1)
    at = columns.index("PID")
    if len(words) <= at + 1 or not _NUMBER.match(words[at]):
        return None
    if "TID" in columns:
        thread = words[columns.index("TID")] if columns.index("TID") < len(words) else ""
        if thread != words[at]:
            return "threads"
    user = words[columns.index("USER")] if "USER" in columns else ""
    return Process(pid=int(words[at]), name=words[-1].strip(), user=user, uid=uid_of(user), line=number)
