"""The output of ``dumpsys package``, whole or for one package."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.facts import Apex, Package, Parsed
from audit.model.record import record
from audit.parse.apex import read_dumped_apex
from audit.parse.ledger import Ledger
from audit.parse.package_block import Block
from audit.parse.text import lines_of
from audit.parse.trouble import noise, recognise


@record
class DumpedPackages:
    """The packages of a dump.

    packages: as installed; hidden: the factory versions of updated system packages, still on the image
    apex: the modules that are active; None where the dump says nothing of modules
    """

    packages: tuple[Package, ...] = ()
    hidden: tuple[Package, ...] = ()
    apex: tuple[Apex, ...] | None = None


_PACKAGES, _HIDDEN, _APEX = "Packages:", "Hidden system packages:", "Active APEX packages:"
# These hold free text at the left margin, where a line that looks like a heading is none.
_LOGS = frozenset(("Settings parse messages:", "Package warning messages:"))
_AFTER_LOGS = frozenset(
    (
        "Active install sessions:",
        "Historical install sessions:",
        "Finalized install sessions:",
        "Legacy install sessions:",
        _APEX,
        "Inactive APEX packages:",
        "Factory APEX packages:",
        "Package warning messages:",
        "Dexopt state:",
        "Compiler stats:",
        _PACKAGES,
        _HIDDEN,
    )
)
_MARGIN = re.compile(r"\n(\S[^\n]*)")
_HEADING = re.compile(r"[A-Z][^=]*:\s*\Z|Snapshot statistics\Z")
_PACKAGE = re.compile(r"  Package \[([^\]\s]+)\] \([0-9a-f]+\)[^:]*:\s*\Z")


def parse_package_details(text: str, origin: str = "") -> Parsed[DumpedPackages]:
    """Read *Packages*, *Hidden system packages* and *Active APEX packages*; count the lines of all others.

    Source: AOSP services/core/java/com/android/server/pm/Settings.java dumpPackagesLPr, dumpPackageLPr and
    PackageManagerService.java dump, Android 4.4 to 16; makers add fields and blank lines.
    """
    ledger = Ledger(origin)
    found: dict[str, list[Package]] = {_PACKAGES: [], _HIDDEN: []}
    apex: list[Apex] | None = None
    for heading, first_number, body in _sections(text, ledger):
        lines = lines_of(body) if body else []
        if heading in found:
            found[heading] += _read_packages(lines, first_number, ledger)
        elif heading == _APEX:
            apex = [*(apex or ()), *read_dumped_apex(lines, first_number, ledger)]
        else:
            _skip_section(heading, lines, first_number, ledger)
    return ledger.parsed(
        DumpedPackages(
            packages=tuple(found[_PACKAGES]),
            hidden=tuple(found[_HIDDEN]),
            apex=None if apex is None else tuple(apex),
        )
    )


def _sections(text: str, ledger: Ledger) -> Iterator[tuple[str, int, str]]:
    """Each section's heading, the number of its first line after the heading, and its body.

    Lines at the left margin that head nothing are booked here. A section without a heading is "".
    """
    text = "\n" + text
    heading, start, number = "", 1, 1
    for margin in _MARGIN.finditer(text):
        line = margin[1].rstrip()
        kind = _margin_line(line, heading)
        if kind == "body":
            continue
        body = text[start : margin.start() + 1]
        yield heading, number, body
        number += body.count("\n")
        start = margin.end() + 1
        if kind == "heading":
            heading = line
            ledger.read() if line in (_PACKAGES, _HIDDEN, _APEX) else ledger.skip(line.rstrip(":"))
        else:
            ledger.left_over(number, margin[1])
        number += 1
    if start < len(text):
        yield heading, number, text[start:]


def _margin_line(line: str, heading: str) -> str:
    """What a line at the left margin is: a heading, body of the section it stands in, or something else."""
    if heading in _LOGS:
        return "heading" if line in _AFTER_LOGS else "trouble" if line.startswith("*** SERVICE") else "body"
    if recognise(line) is None and _HEADING.match(line):
        return "heading"
    return "other"


def _skip_section(heading: str, lines: list[str], first_number: int, ledger: Ledger) -> None:
    """Count the lines of a section that holds no packages; outside of all sections, look at each."""
    if heading:
        ledger.skip(heading.rstrip(":"), len(lines))
        return
    for number, line in enumerate(lines, start=first_number):
        ledger.left_over(number, line)


def _read_packages(lines: list[str], first_number: int, ledger: Ledger) -> Iterator[Package]:
    """The packages of one section. Fields stand four columns in, what belongs to a field stands deeper."""
    block: Block | None = None
    for number, line in enumerate(lines, start=first_number):
        if line.startswith("    ") and block is not None:
            if (left := block.take(line)) is None:
                ledger.read()
            else:
                ledger.skip(left)
        elif start := _PACKAGE.match(line):
            if block is not None:
                yield block.package()
            block = Block(start[1], ledger.origin)
            ledger.read()
        elif noise(line) == "blank lines":
            ledger.skip("blank lines")
        else:
            ledger.left_over(number, line)
    if block is not None:
        yield block.package()
