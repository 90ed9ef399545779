"""The settings tables: ``settings list NAMESPACE`` and ``dumpsys settings``."""

from __future__ import annotations

import re

from audit.model.facts import Parsed, Setting
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of
from audit.parse.trouble import noise, recognise

NAMESPACES = ("global", "system", "secure")

# No name holds "/", "+" or a blank; the base64 text that some values continue with does.
_LISTED = re.compile(r"([\w.:\-@|*#$()]+)=(.*)\Z", re.DOTALL)
_ROW = re.compile(r"_id:\S+ name:(.*?)(?: pkg:(\S*))? value:(.*)\Z", re.DOTALL)
_ROW_START = re.compile(r"_id:\S+ name:")
_TAIL = re.compile(r" (?:defaultSystemSet|tag|pkg):\S*\Z")
_MOST_TAILS = 3
_TABLE = re.compile(r"([A-Z]+) SETTINGS(?: \(user ([0-9]{1,9})\))?\s*\Z")
_VERSIONS = re.compile(r"(?:version|format): -?\w+\s*\Z|Unknown argument: -a; use -h for help\Z")
_USAGE = re.compile(r"(?i)usage: ")


def parse_settings(
    text: str, origin: str = "", *, namespace: str = "global", user: int | None = None
) -> Parsed[tuple[Setting, ...]]:
    """Read ``name=value`` lines, or the rows of a dump: ``_id:1 name:N pkg:P value:V default:D …``.

    Values may hold newlines, unescaped: a line that begins no row continues the one before it.
    namespace, user: whose table it is; a heading ``GLOBAL SETTINGS (user 0)`` of a dump counts more. Rows of
    another table (``CONFIG``, ``SSAID``) are left.

    Sources: AOSP packages/SettingsProvider SettingsService.java (list), SettingsState.java dumpLocked,
    SettingsProvider.java dumpForUserLocked
    """
    reader = _Reader(Ledger(origin), namespace, user)
    for number, line in enumerate(lines_of(text), start=1):
        reader.take(number, line)
    reader.end_row()
    return reader.ledger.parsed(tuple(reader.rows))


class _Reader:
    """Gathers the lines of a row and books them when the next one begins."""

    def __init__(self, ledger: Ledger, namespace: str, user: int | None) -> None:
        self.ledger, self.rows = ledger, list[Setting]()
        self._namespace, self._user = namespace, user
        self._row: list[str] = []
        self._in_usage = False

    def take(self, number: int, line: str) -> None:
        if self._in_usage:
            self.ledger.skip("usage text")
        elif table := _TABLE.match(line):
            self.end_row()
            self._namespace = table[1].lower()
            self._user = self._user if table[2] is None else int(table[2])
            self.ledger.read()
        elif _ROW_START.match(line) or (_LISTED.match(line) and not _continues_dump(self._row)):
            self.end_row()
            self._row = [line]
        elif _VERSIONS.match(line) and not self._row:
            self.ledger.skip("headings")
        elif self._row and recognise(line) is None and noise(line) in (None, "blank lines"):
            self._row.append(line)
        else:
            self.end_row()
            self._in_usage = bool(_USAGE.match(line))
            self.ledger.left_over(number, line)

    def end_row(self) -> None:
        row, self._row = self._row, []
        while row and not row[-1].strip():
            row.pop()
            self.ledger.skip("blank lines")
        if not row:
            return
        if self._namespace not in NAMESPACES:
            self.ledger.skip(f"{self._namespace} table", len(row))
            return
        name, value = _split("\n".join(row))
        self.ledger.read(len(row))
        self.rows.append(
            Setting(
                namespace=self._namespace, name=name, value=value, origin=self.ledger.origin, user=self._user
            )
        )


def _continues_dump(row: list[str]) -> bool:
    """Whether a ``name=value`` line belongs to the row being gathered: rows of a dump look otherwise."""
    return bool(row) and _ROW_START.match(row[0]) is not None


def _split(row: str) -> tuple[str, str]:
    """The name and the value of a whole row."""
    if dumped := _ROW.match(row):
        value = dumped[3]
        for _ in range(_MOST_TAILS):
            tail = _TAIL.search(value)
            if tail is None or (tail[0].startswith(" pkg:") and dumped[2] is not None):
                break
            value = value[: tail.start()]
        before, default, _ = value.rpartition(" default:")
        return dumped[1], before if default else value
    name, _, value = row.partition("=")
    return name, value
