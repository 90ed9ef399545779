"""As much of a unit's shell as an auditing host uses: lists, subshells, quotes, ``$?``, ``2>&1``. Pure.

Not a shell: no pipes, globs, variables, loops or functions. What it does not know it refuses, so that a test
never passes on a command a phone would have understood differently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from audit.model.record import record

NOT_FOUND = 127

_SEPARATORS = frozenset({";", "&&", "||", "\n"})
_REDIRECTS = frozenset({"2>&1", "2>/dev/null", ">/dev/null", "</dev/null"})
_OPERATORS = ("&&", "||", ";", "\n", *_REDIRECTS, "|", "&", "<", "(", ")", "`", ">")
_END = ";"


@record
class Answer:
    """What a command said.

    mixed: both outputs in the order they were written, where that is known
    delay_ms: how long the unit takes before it says it
    """

    stdout: bytes = b""
    stderr: bytes = b""
    mixed: bytes | None = None
    exit_code: int = 0
    delay_ms: int = 0
    leaves: bool = False
    """The command was ``exit``: the rest of its line is not run."""
    hangs: bool = False
    """The command never ends: what is here is all that is ever heard of its line."""

    @property
    def together(self) -> bytes:
        """What a channel shows that does not keep the outputs apart."""
        return self.stdout + self.stderr if self.mixed is None else self.mixed


@record
class _Word:
    """One word or operator; ``$?`` in it still stands as `_STATUS`."""

    text: str
    operator: bool = False


_CLOSING = _Word(text=")", operator=True)


@record
class _Command:
    """A simple command, or a subshell when *inner* is not None. after: the operator before it."""

    after: str
    words: tuple[str, ...] = ()
    inner: tuple[_Command, ...] | None = None
    redirects: frozenset[str] = frozenset()


Run = Callable[[tuple[str, ...]], Answer]


class _BadSyntaxError(Exception):
    """What the shell stops at."""


def run_line(line: str, run: Run) -> Answer:
    """Run *line*, with *run* for each simple command; what they print is joined, their times add up."""
    try:
        commands = _commands(line)
    except _BadSyntaxError as trouble:
        return Answer(stderr=f"/system/bin/sh: syntax error: {trouble}\n".encode(), exit_code=1)
    return replace(_run(commands, run), leaves=False)


def _run(commands: tuple[_Command, ...], run: Run) -> Answer:
    said = Answer()
    for command in commands:
        if (command.after == "&&" and said.exit_code) or (command.after == "||" and not said.exit_code):
            continue
        if command.inner is None:
            words = tuple(word.replace(_STATUS, str(said.exit_code)) for word in command.words)
            answer = run(words)
        else:
            answer = replace(_run(command.inner, run), leaves=False)
        answer = _redirected(answer, command.redirects)
        said = Answer(
            stdout=said.stdout + answer.stdout,
            stderr=said.stderr + answer.stderr,
            mixed=said.together + answer.together,
            exit_code=answer.exit_code,
            delay_ms=said.delay_ms + answer.delay_ms,
            leaves=answer.leaves,
            hangs=answer.hangs,
        )
        if said.leaves or said.hangs:
            break
    return said


def _redirected(answer: Answer, redirects: frozenset[str]) -> Answer:
    if not redirects:
        return answer
    stdout, stderr = answer.stdout, answer.stderr
    if "2>&1" in redirects:
        stdout, stderr = answer.together, b""
    if "2>/dev/null" in redirects:
        stderr = b""
    if ">/dev/null" in redirects:
        stdout = b""
    return replace(answer, stdout=stdout, stderr=stderr, mixed=None)


# from text to commands

_STATUS = "\0?"
"""Stands for ``$?`` between reading and running; no command line can hold a NUL."""


@lru_cache(maxsize=1024)
def _commands(line: str) -> tuple[_Command, ...]:
    commands, rest = _list(_words(line))
    if rest:
        raise _BadSyntaxError(f"unexpected '{rest[0].text}'")
    return commands


def _list(words: list[_Word]) -> tuple[tuple[_Command, ...], list[_Word]]:
    """Commands up to the end or a ``)``, and what is left."""
    commands: list[_Command] = []
    after = _END
    while words and words[0] != _CLOSING:
        command, words = _command(words, after)
        if command is not None:
            commands.append(command)
        elif words and words[0].operator and words[0].text in ("&&", "||"):
            raise _BadSyntaxError(f"unexpected '{words[0].text}'")
        after = _END
        if words and words[0].operator and words[0].text in _SEPARATORS:
            after = words[0].text if words[0].text in ("&&", "||") else _END
            words = words[1:]
    return tuple(commands), words


def _command(words: list[_Word], after: str) -> tuple[_Command | None, list[_Word]]:
    inner: tuple[_Command, ...] | None = None
    plain: list[str] = []
    if words[0] == _Word(text="(", operator=True):
        inner, words = _list(words[1:])
        if not words:
            raise _BadSyntaxError("unmatched '('")
        words = words[1:]
    redirects: set[str] = set()
    while words and not (words[0].operator and words[0].text in _SEPARATORS | {")"}):
        word, words = words[0], words[1:]
        if word.operator and word.text in _REDIRECTS:
            redirects.add(word.text)
        elif word.operator or inner is not None:
            raise _BadSyntaxError(f"unexpected '{word.text}'")
        else:
            plain.append(word.text)
    if inner is None and not plain:
        return None, words
    return _Command(after=after, words=tuple(plain), inner=inner, redirects=frozenset(redirects)), words


def _words(line: str) -> list[_Word]:
    line = line.replace("> /dev/null", ">/dev/null").replace("< /dev/null", "</dev/null")
    found: list[_Word] = []
    at = 0
    while at < len(line):
        operator = next((one for one in _OPERATORS if line.startswith(one, at)), "")
        if operator:
            found.append(_Word(text=operator, operator=True))
            at += len(operator)
        elif line[at] in " \t\r":
            at += 1
        else:
            word, at = _word(line, at)
            found.append(_Word(text=word))
    return found


def _word(line: str, at: int) -> tuple[str, int]:
    word = ""
    while at < len(line):
        letter = line[at]
        if letter in "'\"":
            piece, at = _quoted(line, at)
            word += piece
        elif letter == "\\" and at + 1 < len(line):
            word, at = word + line[at + 1], at + 2
        elif line.startswith("$?", at):
            word, at = word + _STATUS, at + 2
        elif letter in " \t\r\n;&|<>()`":
            break
        else:
            word, at = word + letter, at + 1
    return word, at


def _quoted(line: str, at: int) -> tuple[str, int]:
    mark = line[at]
    end = line.find(mark, at + 1)
    if end < 0:
        raise _BadSyntaxError("unterminated quoted string")
    piece = line[at + 1 : end]
    return (piece.replace("$?", _STATUS) if mark == '"' else piece), end + 1
