"""Where a dump of free text may say that it failed: a phrase in its middle is somebody's log, no failure."""

from __future__ import annotations

from audit.parse.trouble import noise, recognise

_FIRST_LINES = 3
# dumpsys itself, and a service that fell over while it dumped (Binder.java dump)
_SAID_BY_THE_SYSTEM = ("*** SERVICE", "Exception occurred while dumping")


def failure(number: int, line: str) -> bool:
    """Whether *line*, the *number*-th of a dump, says that the dump failed."""
    if line.startswith(_SAID_BY_THE_SYSTEM):
        return True
    return number <= _FIRST_LINES and noise(line) is None and recognise(line) is not None
