"""What Frida's exceptions mean, and what to do about each: a table, so that no message is a library's own.

The texts are those of frida 17.26. An exception is told by its class and, where one class means several
things, by its words; what is not in the table is told as Frida says it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from audit.model.record import record
from audit.model.text import clean_line


class About(StrEnum):
    """What a trouble concerns: all of it, or one process."""

    SERVER = "server"
    """The server, or the way to it: nothing can be hooked."""
    PROCESS = "process"
    """One process: the others go on."""


@record
class Trouble:
    """One thing that went wrong. name: of the row, for tests and logs; what, fix: for the operator."""

    name: str
    about: About
    what: str
    fix: str


class FridaFailed(Exception):
    """Frida said no. Never leaves audit.hooks: becomes an event, a gap or a reason."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.what)
        self.trouble = trouble


@record
class _Row:
    error: str
    words: str
    trouble: Trouble


def _server(name: str, error: str, words: str, what: str, fix: str) -> _Row:
    return _Row(error=error, words=words, trouble=Trouble(name=name, about=About.SERVER, what=what, fix=fix))


def _process(name: str, error: str, words: str, what: str, fix: str) -> _Row:
    return _Row(error=error, words=words, trouble=Trouble(name=name, about=About.PROCESS, what=what, fix=fix))


_AGAIN = "Run this again; if it happens again, reboot the unit first."
_SAME_VERSION = "Give the frida-server of exactly this version (`--server`)."
_OTHER_PROGRAM = "Run this again: another port is chosen each time."

ROWS: tuple[_Row, ...] = (
    _server(
        "not-listening", "ServerNotRunningError", "", "the Frida server on the unit does not listen", _AGAIN
    ),
    _server(
        "version",
        "ProtocolError",
        "major versions match",
        "the Frida server on the unit speaks another version's protocol",
        _SAME_VERSION,
    ),
    _server(
        "stranger",
        "ProtocolError",
        "not found|invalid response|unexpected response|handshake",
        "another program answers on the unit's port",
        _OTHER_PROGRAM,
    ),
    _server(
        "token-missing",
        "PermissionDeniedError",
        "authentication required",
        "the Frida server on the unit wants a token and was given none",
        _OTHER_PROGRAM,
    ),
    _server(
        "token-wrong",
        "InvalidArgumentError",
        "incorrect token",
        "the Frida server on the unit refuses our token: it is not the one that was started",
        _OTHER_PROGRAM,
    ),
    _server(
        "token-unwanted",
        "InvalidOperationError",
        "authentication not expected",
        "a Frida server without a token listens on the port: not the one that was started",
        _OTHER_PROGRAM,
    ),
    _server(
        "origin",
        "InvalidArgumentError",
        "incorrect origin",
        "the Frida server on the unit takes no clients from here",
        _OTHER_PROGRAM,
    ),
    _server("tls", "TransportError", "TLS", "the port speaks TLS: another program's", _OTHER_PROGRAM),
    _server(
        "hung-up", "TransportError", "", "the connection to the Frida server on the unit was ended", _AGAIN
    ),
    _server(
        "selinux",
        "NotSupportedError",
        "selinux",
        "the Frida server may not change the unit's SELinux policy: it has no full root",
        "Use Magisk instead of this unit's root, or watch from outside.",
    ),
    _server(
        "no-server",
        "NotSupportedError",
        "gadget|jailed",
        "there is no Frida server on the unit",
        _AGAIN,
    ),
    _server(
        "slow",
        "OperationCancelledError",
        "",
        "the Frida server on the unit did not answer in time",
        "Reboot the unit and run this again, with a longer time limit if it is slow.",
    ),
    _process(
        "ended", "ProcessNotFoundError", "", "the process had ended", "Run this again, or set the client off."
    ),
    _process(
        "ended-meanwhile",
        "NotSupportedError",
        "auxv|terminated with signal|loader crashed|no such process",
        "the process ended while it was being hooked",
        "Run this again, or set the client off.",
    ),
    _process(
        "forbidden",
        "PermissionDeniedError",
        "unable to access process",
        "the kernel does not let the process be hooked",
        "Check that nothing else on the unit guards it (a debugger, a protection app).",
    ),
    _process(
        "traced",
        "ProcessNotRespondingError",
        "",
        "the process did not take the agent: something else debugs it, or it is frozen",
        "End other debuggers; keep the unit awake, with its screen on.",
    ),
    _process(
        "static",
        "ProtocolError",
        "connection is closed",
        "the process closed itself to the agent: it is linked statically, or it ended",
        "It can only be watched from outside.",
    ),
    _process(
        "agent",
        "InvalidArgumentError",
        "script",
        "the agent could not be loaded into the process",
        "Install this program again: its agents do not fit its Frida.",
    ),
    _process(
        "agent-failed",
        "RPCException",
        "",
        "the agent could not start in the process",
        "Install this program again: its agents do not fit its Frida.",
    ),
    _process(
        "session",
        "InvalidOperationError",
        "session is gone|script is destroyed|has been destroyed|detached",
        "the process ended while it was being hooked",
        "Run this again, or set the client off.",
    ),
    _process(
        "spawn",
        "TimedOutError",
        "",
        "the process did not start in time",
        "Some makers' builds never let Frida see a start: open the app by hand, then run this again.",
    ),
)


def trouble_of(error: BaseException, doing: str) -> Trouble:
    """What *error*, raised by Frida while *doing* something, means."""
    name, words = type(error).__name__, clean_line(str(error))[:300]
    for row in ROWS:
        if row.error == name and re.search(row.words, words, re.IGNORECASE):
            return Trouble(
                name=row.trouble.name,
                about=row.trouble.about,
                what=f"{row.trouble.what} (Frida, {doing}: {words})",
                fix=row.trouble.fix,
            )
    return Trouble(
        name="other",
        about=About.PROCESS,
        what=f"Frida could not finish {doing}: {words} ({name})",
        fix=_AGAIN,
    )
