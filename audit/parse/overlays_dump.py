"""The output of ``dumpsys overlay``: every overlay the unit knows, for every user."""

from __future__ import annotations

import re

from audit.model.facts import Overlay, Parsed
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of
from audit.parse.trouble import noise, recognise

_ITEM = re.compile(r"\s*\S[^{}]*:([0-9]{1,9}) \{\s*\Z")
_FIELD = re.compile(r"\s*m([A-Za-z]+)\.*: ?(.*)\Z")
_HEADING = re.compile(r"[A-Z][\w ]*(?::.*)?\Z")
_EMPTY = ("Settings", "<none>")
_STATES = {
    "STATE_ENABLED": True,
    "STATE_ENABLED_STATIC": True,
    "STATE_ENABLED_IMMUTABLE": True,
    "STATE_DISABLED": False,
}


def parse_overlays_dump(text: str, origin: str = "") -> Parsed[tuple[Overlay, ...]]:
    """Read the blocks ``PACKAGE[:NAME]:USER { mTargetPackageName.: T … }``; count what else is dumped.

    The width of the dots and the fields differ with Android's version, and from Android 10 on the heading
    ``Settings`` is missing. An overlay whose state is neither enabled nor disabled cannot be enabled
    (target missing, no idmap): None, as ``cmd overlay list`` shows it (``---``).

    Source: AOSP services/core/java/com/android/server/om/OverlayManagerSettings.java dump, Android 8 to 16;
    OverlayManagerServiceImpl.java and OverlayConfig.java for the sections that follow
    """
    ledger = Ledger(origin)
    reader = _Reader(ledger)
    for number, line in enumerate(lines_of(text), start=1):
        reader.take(number, line)
    reader.end()
    return ledger.parsed(tuple(reader.overlays))


class _Block:
    """The fields of one overlay, and the lines they were on."""

    def __init__(self, number: int, line: str, user: int) -> None:
        self.number, self.line, self.user = number, line, user
        self.fields: dict[str, str] = {}
        self.lines = 1

    def field(self, name: str) -> str:
        """The value of a field; "" where it is missing or ``null``."""
        value = self.fields.get(name, "")
        return "" if value == "null" else value


class _Reader:
    """Gathers the blocks and books each at its end."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.overlays = ledger, list[Overlay]()
        self._block: _Block | None = None
        self._section = ""

    def take(self, number: int, line: str) -> None:
        if found := _ITEM.match(line):
            self.end()
            self._block, self._section = _Block(number, line, int(found[1])), ""
        elif self._block is not None:
            self._inside(self._block, number, line)
        elif recognise(line) is not None or noise(line) is not None:
            self.ledger.left_over(number, line)
        elif line.strip() in _EMPTY:
            self.ledger.read()
            self._section = ""
        elif _HEADING.match(line):
            self._section = line.partition(":")[0].strip()
            self.ledger.skip(self._section)
        elif self._section:
            self.ledger.skip(self._section)
        else:
            self.ledger.left_over(number, line)

    def _inside(self, block: _Block, number: int, line: str) -> None:
        if line.strip() == "}":
            block.lines += 1
            self.end(whole=True)
        elif field := _FIELD.match(line):
            block.lines += 1
            block.fields[field[1]] = field[2].strip()
        else:
            self.ledger.left_over(number, line)

    def end(self, *, whole: bool = False) -> None:
        """Keep the block that ends here; one that was cut, or says no target or state, is unread."""
        block, self._block = self._block, None
        if block is None:
            return
        package, target, state = (block.field(n) for n in ("PackageName", "TargetPackageName", "State"))
        if not (whole and package and target and state):
            self.ledger.unread(block.number, block.line)
            self.ledger.skip("blocks of overlays that are not whole", block.lines - 1)
            return
        self.ledger.read(block.lines)
        self.overlays.append(
            Overlay(
                package=package,
                target=target,
                enabled=_STATES.get(state),
                user=block.user,
                origin=self.ledger.origin,
                name=block.field("OverlayName"),
            )
        )
