"""A command that runs for days goes on in an interpreter with nothing of the command line in it.

What reads a command line (typer, and pydantic behind it) is needed once and takes 14 MB; Python gives no
module back. So the process begins anew: the same process, by exec, with the same streams, and with its words
after the name of the interpreter, where lists of processes show them. What was read is handed over in a pipe.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from audit.cli import exits
from audit.errors import AuditError

_START = (
    "import sys; sys.path[:] = {path!r}; from audit.cli.fresh import main; "
    "main({place}, {module!r}, {given!r})"
)
ALONE = "alone"
"""Says, in the context of a command line, that there is nothing else in this process than its command."""
_SPARING = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""Of glibc, mallopt(3): no arena for each thread, of which most wait, and what is large goes back when it is
free, also after something larger was; with the evidence of 100 units gone through, that is 8 MB."""
_MOST_BYTES = 60_000
"""Fits into any pipe at once, so that nobody has to read while it is written."""


def begin(module: str, asked: object, *, alone: bool) -> int:
    """What ``run(asked)`` of *module* returns; where it may and can, this process begins anew to do it.

    Then it is ``run(asked, again=…)``, and calling *again* begins anew once more: after something that is
    done once, and whose libraries are needed no more.
    module: by its name, so that what it needs is not loaded twice; asked: can be pickled
    alone: there is nothing else in this process
    """
    data = pickle.dumps(asked)
    # on Windows exec makes another process, and whoever waits for this one takes it for ended
    if alone and sys.platform != "win32" and sys.executable and len(data) <= _MOST_BYTES:
        _anew(module, data)
    return _run(module)(asked)


def _anew(module: str, data: bytes) -> NoReturn:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(data)
    os.set_inheritable(reading, True)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    path = [place for place in sys.path if place]
    given = [name for name in _SPARING if name not in os.environ]
    code = _START.format(path=path, place=reading, module=module, given=given)
    words = [sys.executable, *_flags(), "-c", code, *sys.argv[1:]]
    os.execve(sys.executable, words, _SPARING | os.environ)  # noqa: S606 - itself


def main(place: int, module: str, given: Sequence[str]) -> None:
    """Where it goes on. place: number of the pipe; given: what was put into the environment for this process

    Those it starts do not get it: with it, judging takes a tenth longer.
    """
    for name in given:
        os.environ.pop(name, None)
    streams()
    with os.fdopen(place, "rb") as pipe:
        asked = pickle.loads(pipe.read())  # noqa: S301 - from this very process
    sys.exit(told(lambda: _run(module)(asked, again=lambda: _anew(module, pickle.dumps(asked)))))


def streams() -> None:
    """Make those that whoever started the program closed (`>&-`), and let odd characters stop no output."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - the process's own
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def told(call: Callable[[], int]) -> int:
    """The exit code of *call*; trouble in words, while a defect stays a traceback."""
    try:
        return call()
    except AuditError as error:
        exits.tell(error)
        return exits.of_error(error)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return exits.INTERRUPTED


def _run(module: str) -> Callable[..., int]:
    found: Callable[..., int] = import_module(module).run
    return found


def _flags() -> list[str]:
    """Of the interpreter, as it was started; the folder it was started in is not looked at for modules."""
    flags = [
        "-P",
        *(["-B"] if sys.dont_write_bytecode else []),
        *(["-E"] if sys.flags.ignore_environment else []),
    ]
    return [*flags, *(part for one in sys.warnoptions for part in ("-W", one))]
