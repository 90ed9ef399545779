"""What hooking is asked to do, and what comes of it."""

from __future__ import annotations

import re
from pathlib import Path

from audit.errors import UsageError
from audit.model.evidence import Artifact, Gap
from audit.model.record import record
from audit.model.text import clean_line

MOST_PACKAGES = 16
SHORTEST_S, LONGEST_S = 1.0, 86_400.0

_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
_LONGEST_PACKAGE = 255

NEVER = frozenset(
    {"system_server", "zygote", "zygote64", "webview_zygote", "app_zygote", "init", "adbd", "android"}
)
"""What is never hooked, whoever asks: everything else on a unit hangs on these."""


@record
class Ask:
    """What to hook, and for how long.

    packages: names of the clients to watch
    seconds: length of the window
    java: also load the agent for Java code: it sees requests before they are encrypted, and costs more
    triggers: what to set off, see `audit.hooks.triggers`: each changes something on the unit
    server: the frida-server to run there; None = looked for in *folder*
    folder: where servers are kept, by name; None = the platform's data folder of this program
    agents: folder of the agents to load; None = those that came with this program
    allow_version_skew: take a server of another version of the same major, and note it
    patience: multiplies every time limit but the window's
    """

    packages: tuple[str, ...]
    seconds: float
    java: bool = False
    triggers: tuple[str, ...] = ()
    server: Path | None = None
    folder: Path | None = None
    agents: Path | None = None
    allow_version_skew: bool = False
    patience: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < len(self.packages) <= MOST_PACKAGES:
            raise UsageError(
                f"{len(self.packages)} packages cannot be watched at once",
                fix=f"name one to {MOST_PACKAGES} packages",
            )
        for name in self.packages:
            if not is_package(name) or name in NEVER:
                raise UsageError(
                    f"{clean_line(name)[:80]!r} cannot be hooked",
                    fix="give a package such as com.example.app",
                )
        if not SHORTEST_S <= self.seconds <= LONGEST_S:
            raise UsageError(
                f"{self.seconds:g} s is no window", fix=f"give {SHORTEST_S:g} to {LONGEST_S:g} seconds"
            )


def is_package(name: str) -> bool:
    """Whether *name* can be a package's, so that it is safe in a command line."""
    return len(name) <= _LONGEST_PACKAGE and _PACKAGE.fullmatch(name) is not None


@record
class Cannot:
    """Why this unit cannot be hooked, and what would have to be done so that it can."""

    reason: str
    fix: str


@record
class Confirmed:
    """What came of it.

    artifact: the recording; None where nothing was watched
    gaps: what could not be seen, and what could not be undone on the unit
    cannot: the unit cannot be hooked; watching from outside is what is left
    """

    artifact: Artifact | None = None
    gaps: tuple[Gap, ...] = ()
    cannot: Cannot | None = None
