"""Artifact bytes to cleaned text: decoded, line ends mended, nothing left that could act on a screen."""

from __future__ import annotations

import re

from audit.model.text import clean, clean_line

# `clean` looks at every character; a dump of megabytes with one Chinese date in it need not wait for that.
_NOT_PLAIN = re.compile(r"[^\x20-\x7e\n\t]+")
_LINE_END = re.compile(r"\r+\n?")
_LONGEST_QUOTE = 160


def decode(data: bytes) -> str:
    """*data* as text: UTF-8 with replacement, then cleaned as `audit.model.text.clean` does.

    A run of CR with or without LF is one line end: a PTY gives CRLF, old adb on Windows CR CR LF.
    """
    text = data.decode("utf-8", "replace")
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return _NOT_PLAIN.sub(lambda run: clean(run.group()), text)


def lines_of(text: str) -> list[str]:
    """The lines of *text*; a newline at its end does not start another one."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def quote(text: str) -> str:
    """*text* on one line and short enough for a message."""
    line = clean_line(text).strip()
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"
