"""Splits the text of dumpstate, and of a plain ``dumpsys``, into its sections while it streams by.

Source: AOSP frameworks/native cmds/dumpstate (DurationReporter, RunCommand) and cmds/dumpsys/dumpsys.cpp
(WriteDumpHeader, WriteDumpFooter), Android 7 to 16:

    ------ SYSTEM PROPERTIES (getprop) ------
    …
    ------ 0.042s was the duration of 'SYSTEM PROPERTIES' ------
    ------ DUMPSYS HIGH (/system/bin/dumpsys) ------
    -------------------------------------------------------------------------------
    DUMP OF SERVICE HIGH meminfo:
    …
    --------- 7.307s was the duration of dumpsys meminfo, ending at: 2023-08-23 10:02:35
    ------ 7.842s was the duration of 'DUMPSYS HIGH' ------

What apps put into a dump is free text and may look like these lines. So a section ends at its *last* footer
before the next heading, a heading of a section means nothing among services, a heading of a service nothing
outside of dumpsys, and a section that ends without its footer is a cut one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from audit.model.record import record

LARGEST_SECTION_BYTES = 64 * 1024 * 1024
"""Of a section that is kept; the largest real one, logcat of a phone with big buffers, is below 40 MB."""
LARGEST_KEPT_BYTES = 256 * 1024 * 1024
"""Of all sections that are kept together."""
MOST_SECTIONS = 100_000
"""SHOW MAP and BLOCK STAT give a few thousand."""

_LONGEST_LINE = 1024 * 1024
_HEAD_BYTES = 64 * 1024
_LONGEST_TITLE = 2000
_NOTHING = -1
"""The most that is kept of a section that is not wanted."""
_RULES_BEGINNING = b"-" * 60
_RULE = _RULES_BEGINNING + rb"-*\r*\n"
# One line each, and no more told of it than where it ends: what is in a line is looked at once, by `_mark`,
# so that a line of a million characters costs no more than its length.
_MARK = re.compile(
    rb"^(?:"
    + _RULE
    + rb"DUMP OF SERVICE [^\n]*:|------ [^\n]* ------|--------- [0-9.]+s was the duration of [^\n]*"
    rb"|== dumpstate: done[^\n]*)[ \t\r]*$",
    re.MULTILINE,
)
_ENDED = re.compile(rb"------ [0-9.]{1,20}s was the duration of '([^\n]{1,400})' ------\s*")
_SERVED = re.compile(
    rb"--------- [0-9.]{1,20}s was the duration of dumpsys ([^\s,]{1,200})(?:, ending at: [^\n]{0,60})?\s*"
)
_SERVICE = re.compile(_RULE + rb"DUMP OF SERVICE (?:(CRITICAL|HIGH|NORMAL) )?([^\n]{1,200}):\s*")
_ROUNDS = frozenset({"DUMPSYS", "DUMPSYS CRITICAL", "DUMPSYS HIGH", "DUMPSYS NORMAL"})
"""Sections that hold the dumps of services, by priority."""
_STARTED = re.compile(rb"^== dumpstate: ([0-9][0-9:+ \-]{0,40})\r*$", re.MULTILINE)


@record
class Heading:
    """What a section calls itself. service: the name of a service of dumpsys, else "" and title counts.

    priority: "HIGH", "CRITICAL" or "NORMAL" where services are dumped in several rounds
    """

    title: str
    command: str = ""
    service: str = ""
    priority: str = ""

    @property
    def name(self) -> str:
        """For people: the title, or the command that dumps the service."""
        return self.title if not self.service else f"dumpsys {self.service}"


@record
class Section:
    """A section that was wanted.

    ended: its own footer was there; line: of its first line in the report, from 1
    """

    heading: Heading
    data: bytes
    line: int
    ended: bool
    too_large: bool = False


@record
class Split:
    """A whole report by what became of its lines.

    left: name of each section that was not wanted, with its lines; several of one name are added up
    started: the local time in the header, as printed; "" where there is none
    done: the report says that it ended
    last: the name of the section in which it stopped
    """

    sections: tuple[Section, ...]
    left: dict[str, int]
    started: str
    done: bool
    last: str
    bytes_read: int
    lines: int


def is_dumpstate(head: bytes) -> bool:
    """Whether *head*, the first bytes of a file, is the beginning of a report."""
    return _STARTED.search(head) is not None


def is_dumpsys(head: bytes) -> bool:
    """Whether *head* is the beginning of a plain ``dumpsys``."""
    return head.lstrip().startswith(b"Currently running services:") or bool(
        re.match(_RULE + rb"DUMP OF SERVICE ", head)
    )


def split(
    chunks: Iterable[bytes],
    wanted: Callable[[Heading], bool],
    *,
    largest_bytes: int = LARGEST_SECTION_BYTES,
) -> Split:
    """Go through *chunks* of a report once, keeping the sections that are *wanted*.

    largest_bytes: the most that is kept of one section; beyond that it counts as cut
    """
    splitter = _Splitter(wanted, largest_bytes)
    for block in _blocks(chunks):
        splitter.take(block)
    return splitter.finish()


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """*chunks* cut anew at the ends of lines, never below a rule: with the next line it is a mark."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = rest.rfind(b"\n") + 1
        above = rest.rfind(b"\n", 0, max(cut - 1, 0)) + 1
        cut = above if rest.startswith(_RULES_BEGINNING, above) else cut
        if not cut and len(rest) > _LONGEST_LINE:
            cut = len(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


class _Open:
    """The section being read."""

    def __init__(self, heading: Heading, line: int, largest: int) -> None:
        self.heading, self.line, self.largest = heading, line, largest
        self.parts: list[bytes] = []
        self.size = 0
        self.lines = 0
        self.end: int | None = None
        """Where its last footer begins."""

    def add(self, data: bytes) -> None:
        self.lines += data.count(b"\n")
        self.size += len(data)
        if self.size <= self.largest:
            self.parts.append(data)

    def footer(self) -> None:
        self.end = self.size

    def section(self) -> Section:
        data = b"".join(self.parts)
        too_large = self.size > self.largest
        ended = self.end is not None and not too_large
        return Section(
            heading=self.heading,
            data=data if self.end is None or too_large else data[: self.end],
            line=self.line,
            ended=ended,
            too_large=too_large,
        )


class _Splitter:
    def __init__(self, wanted: Callable[[Heading], bool], largest_bytes: int) -> None:
        self._wanted = wanted
        self._largest = largest_bytes
        self._kept = 0
        self._sections: list[Section] = []
        self._left: dict[str, int] = {}
        self._head = b""
        self._done = False
        self._outer = ""
        self._bytes = self._lines = self._count = 0
        self._last = ""
        self._open = _Open(Heading(title="header"), 1, _NOTHING)

    def take(self, block: bytes) -> None:
        if len(self._head) < _HEAD_BYTES:
            self._head += block[: _HEAD_BYTES - len(self._head)]
        at = 0
        for mark in _MARK.finditer(block):
            self._add(block[at : mark.start()])
            at = mark.start()
            end = min(mark.end() + 1, len(block))
            if self._heading(block[at:end]):
                at = end
        self._add(block[at:])

    def finish(self) -> Split:
        self._close()
        started = _STARTED.search(self._head)
        return Split(
            sections=tuple(self._sections),
            left=self._left,
            started="" if started is None else started[1].decode().strip(),
            done=self._done,
            last=self._last,
            bytes_read=self._bytes,
            lines=self._lines,
        )

    def _add(self, data: bytes) -> None:
        if data:
            self._bytes += len(data)
            self._lines += data.count(b"\n")
            self._open.add(data)

    def _heading(self, line: bytes) -> bool:
        """Act on a line that looks like a mark; True where it opened a section and is used up."""
        among_services = self._outer in _ROUNDS
        if service := _SERVICE.fullmatch(line):
            # outside of dumpsys, an app may print this line; in a plain dumpsys there is no section around it
            if (self._outer and not among_services) or self._count >= MOST_SECTIONS:
                return False
            priority, name = _text(service[1] or b""), _text(service[2])
            self._begin(Heading(title="DUMP OF SERVICE", service=name, priority=priority), line)
            return True
        if line.startswith(b"==") or b"s was the duration of " in line:
            self._footer(line)
            return False
        if among_services or not line.startswith(b"------ ") or self._count >= MOST_SECTIONS:
            return False
        title, command = _title(line)
        self._outer = title
        self._begin(Heading(title=title, command=command), line)
        return True

    def _footer(self, line: bytes) -> None:
        heading = self._open.heading
        if served := _SERVED.fullmatch(line):
            if heading.service and _text(served[1]) == heading.service:
                self._open.footer()
            return
        ended = _ENDED.fullmatch(line)
        name = "" if ended is None else _text(ended[1])
        if name == "DUMPSTATE" or line.startswith(b"=="):
            self._done = True
        elif name == self._outer and name:
            if not heading.service:
                self._open.footer()
            if name in _ROUNDS:
                self._outer = ""

    def _begin(self, heading: Heading, line: bytes) -> None:
        self._close()
        self._bytes += len(line)
        self._lines += line.count(b"\n")
        self._count += 1
        self._last = heading.name
        room = min(self._largest, LARGEST_KEPT_BYTES - self._kept)
        self._open = _Open(heading, self._lines + 1, room if self._wanted(heading) else _NOTHING)

    def _close(self) -> None:
        one = self._open
        if one.largest != _NOTHING:
            section = one.section()
            self._kept += len(section.data)
            self._sections.append(section)
        else:
            name = one.heading.name
            if name in self._left or len(self._left) < MOST_SECTIONS:
                self._left[name] = self._left.get(name, 0) + one.lines


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()


def _title(line: bytes) -> tuple[str, str]:
    """The title and the command of ``------ TITLE (COMMAND) ------``."""
    inner = _text(line)[len("------ ") : -len(" ------")].strip()[:_LONGEST_TITLE]
    if not inner.endswith(")"):
        return inner, ""
    title, _, command = inner.partition(" (")
    return title, command[:-1]
