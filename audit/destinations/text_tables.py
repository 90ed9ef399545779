"""What the two text formats share: a file read line by line, each trouble with its line, nothing guessed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

from audit.destinations.ranges import Builder, Disorder
from audit.errors import BadInput
from audit.model.text import clean_line

LARGEST_BYTES = 256 * 1024 * 1024
LONGEST_LINE = 4096
_FIX = "take the file again from where it came from"


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, without their ends. Raises BadInput for what is no text of that kind."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadInput(f"is larger than {LARGEST_BYTES} bytes", where=str(path), fix=_FIX)
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
                if len(line) > LONGEST_LINE:
                    raise wrong(path, number, "is too long", "")
                yield _decoded(line, path, number)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(path), fix=_FIX) from error


def _decoded(line: bytes, path: Path, number: int) -> str:
    try:
        return line.rstrip(b"\r\n").decode()
    except UnicodeDecodeError as error:
        raise wrong(path, number, "is not UTF-8", "") from error


def wrong(path: Path, number: int, what: str, line: str) -> BadInput:
    """The error for a line that cannot be."""
    shown = clean_line(line)[:60]
    return BadInput(f"line {number} {what}{f': {shown}' if shown else ''}", where=str(path), fix=_FIX)


def number_of(text: str) -> tuple[int, int]:
    """(4 or 6, the address as a number). Raises ValueError for what is no address."""
    try:
        if ":" in text:
            return 6, int.from_bytes(socket.inet_pton(socket.AF_INET6, text), "big")
        return 4, int.from_bytes(socket.inet_pton(socket.AF_INET, text), "big")
    except OSError as error:
        raise ValueError(text) from error


def add(builder: Builder, row: tuple[int, int, int, str], path: Path, number: int, line: str) -> None:
    """Add (version, first, last, text) to *builder*; BadInput with the line where it does not fit."""
    try:
        builder.add(*row)
    except Disorder as error:
        raise wrong(path, number, str(error), line) from error
