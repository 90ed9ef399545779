"""The output of ``cmd overlay list``."""

from __future__ import annotations

import re

from audit.model.facts import Overlay, Parsed
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of
from audit.parse.trouble import recognise

_OVERLAY = re.compile(r"\s*(\[x\]|\[ \]|---)\s+([A-Za-z0-9_.\-]+)(?::(\S*))?\s*\Z")
_TARGET = re.compile(r"[A-Za-z0-9_.\-]+(?:\[[^\]]*\])?:?\s*\Z")
_USER = re.compile(r"(?i)user\s*#?([0-9]{1,9})\s*:?\s*\Z")
_STATES = {"[x]": True, "[ ]": False, "---": None}


def parse_overlays(text: str, origin: str = "", user: int | None = None) -> Parsed[tuple[Overlay, ...]]:
    """Read the overlays under their targets: a line with the target's name, then ``[x] PACKAGE`` lines.

    ``[x]`` enabled, ``[ ]`` disabled, ``---`` cannot be enabled (not approved, target missing). From
    Android 12 an overlay may be ``PACKAGE:NAME``. user: whose list it is; a heading ``User N:`` in it
    counts more.

    Source: AOSP services/core/java/com/android/server/om/OverlayManagerShellCommand.java runList
    """
    ledger = Ledger(origin)
    overlays: list[Overlay] = []
    target = ""
    for number, line in enumerate(lines_of(text), start=1):
        if (found := _OVERLAY.match(line)) and target:
            overlays.append(
                Overlay(
                    package=found[2],
                    target=target,
                    enabled=_STATES[found[1]],
                    user=user,
                    origin=origin,
                    name=found[3] or "",
                )
            )
        elif heading := _USER.match(line):
            user, target = int(heading[1]), ""
        elif _TARGET.match(line) and recognise(line) is None:  # "Killed" could be the name of a package
            target = line.strip().rstrip(":")
        else:
            ledger.left_over(number, line)
            continue
        ledger.read()
    return ledger.parsed(tuple(overlays))
