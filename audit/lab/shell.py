"""As much of a unit's shell as an auditing host uses: lists, quotes, ``$?``, ``2>&1``, ``> /dev/null``. Pure.

Not a shell: no pipes, globs, variables, loops or functions. What it does not know it refuses with mksh's own
words, so that a test never passes on a command a phone would have understood differently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from audit.model.record import record

NOT_FOUND = 127
_SEPARATORS = frozenset({";", "&&", "||"})
_OPERATORS = ("&&", "||", ";", "\n", "2>&1", "2>/dev/null", ">/dev/null", "|", "&", "<", "(", ")", "`", ">")


@record
class Answer:
    """What a command said. delay_ms: how long the unit takes before it says it."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0
    delay_ms: int = 0
    leaves: bool = False
    """The command was ``exit``: the rest of the line is not run."""


@record
class _Simple:
    """One simple command. after: the operator before it; words: with ``$?`` still in them."""

    after: str
    words: tuple[str, ...]
    text: str
    redirects: frozenset[str] = field(default_factory=frozenset)


class _BadSyntax(Exception):
    """What mksh would stop at."""


def run_line(line: str, run: Callable[[tuple[str, ...], str], Answer]) -> Answer:
    """Run *line* with *run* for each simple command (words, text); what is printed is joined."""
    try:
        commands = _split(line)
    except _BadSyntax as trouble:
        return Answer(stderr=f"/system/bin/sh: syntax error: {trouble}\n".encode(), exit_code=1)
    stdout, stderr, code, delay_ms = b"", b"", 0, 0
    for command in commands:
        if (command.after == "&&" and code != 0) or (command.after == "||" and code == 0):
            continue
        words = tuple(word.replace(_STATUS, str(code)) for word in command.words)
        answer = _redirected(run(words, command.text), command.redirects)
        stdout += answer.stdout
        stderr += answer.stderr
        code = answer.exit_code
        delay_ms += answer.delay_ms
        if answer.leaves:
            break
    return Answer(stdout=stdout, stderr=stderr, exit_code=code, delay_ms=delay_ms)


def _redirected(answer: Answer, redirects: frozenset[str]) -> Answer:
    stdout, stderr = answer.stdout, answer.stderr
    if "2>&1" in redirects:
        stdout, stderr = stdout + stderr, b""
    if "2>/dev/null" in redirects:
        stderr = b""
    if ">/dev/null" in redirects:
        stdout = b""
    return Answer(
        stdout=stdout,
        stderr=stderr,
        exit_code=answer.exit_code,
        delay_ms=answer.delay_ms,
        leaves=answer.leaves,
    )


_STATUS = "\0?"
"""Stands for ``$?`` between splitting and running; no command line can hold a NUL."""


def _split(line: str) -> list[_Simple]:
    commands: list[_Simple] = []
    words: list[str] = []
    redirects: set[str] = set()
    after = ";"
    for word, quoted in [*_words(line), (";", False)]:
        if quoted or word not in _OPERATORS:
            words.append(word)
        elif word in _SEPARATORS or word == "\n":
            if words:
                shown = " ".join(words)
                commands.append(
                    _Simple(after=after, words=tuple(words), text=shown, redirects=frozenset(redirects))
                )
            elif word not in (";", "\n"):
                raise _BadSyntax(f"unexpected '{word}'")
            words, redirects, after = [], set(), ";" if word == "\n" else word
        elif word.startswith(("2>", ">/")):
            redirects.add(word)
        else:
            raise _BadSyntax(f"unexpected '{word}'")
    return commands


def _words(line: str) -> list[tuple[str, bool]]:
    """Words of *line*, each with whether any of it was quoted (then it is no operator)."""
    line = line.replace("2> /dev/null", "2>/dev/null").replace("> /dev/null", ">/dev/null")
    found: list[tuple[str, bool]] = []
    at = 0
    while at < len(line):
        operator = next((one for one in _OPERATORS if line.startswith(one, at)), "")
        if operator:
            found.append((operator, False))
            at += len(operator)
        elif line[at] in " \t\r":
            at += 1
        else:
            word, quoted, at = _word(line, at)
            found.append((word, quoted))
    return found


def _word(line: str, at: int) -> tuple[str, bool, int]:
    word, quoted = "", False
    while at < len(line):
        letter = line[at]
        if letter in "'\"":
            piece, at = _quoted(line, at)
            word, quoted = word + piece, True
        elif letter == "\\" and at + 1 < len(line):
            word, quoted, at = word + line[at + 1], True, at + 2
        elif line.startswith("$?", at):
            word, at = word + _STATUS, at + 2
        elif letter in " \t\r\n;&|<>()`":
            break
        else:
            word, at = word + letter, at + 1
    return word, quoted, at


def _quoted(line: str, at: int) -> tuple[str, int]:
    mark = line[at]
    end = line.find(mark, at + 1)
    if end < 0:
        raise _BadSyntax("unterminated quoted string")
    piece = line[at + 1 : end]
    return (piece.replace("$?", _STATUS) if mark == '"' else piece), end + 1
