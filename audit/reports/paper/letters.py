"""Text on paper: what of it can be shown, in which font, how wide it is and where it breaks.

The fourteen standard fonts of PDF know Western letters, and its predefined CID fonts Chinese and Korean ones
(ISO 32000-1, 9.6.2.2 and 9.7.5.2): neither is in the file, the viewer brings them. What no font has loses its
accents, and what is left of that becomes a lozenge.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from audit.errors import AuditError
from audit.model.text import clean_line

INSTALL = "pip install 'adb-audit[pdf]'"
MISSING = "\u25ca"
_MORE = "…"
_REGULAR, _BOLD, _WIDE, _CHINESE, _KOREAN = (
    "Helvetica",
    "Helvetica-Bold",
    "Vera",
    "STSong-Light",
    "HYGothic-Medium",
)
# What the predefined fonts are sure to have: the character sets they were made for.
_ASIAN = ((_CHINESE, "gbk"), (_KOREAN, "cp949"))
# A character may become many when it is taken apart; nobody reads more of a name than this anyhow.
_ROOM = 4


class Letters:
    """The fonts of one paper.

    own: a TrueType font that is put into the file, for what the others lack; b"" = none
    """

    def __init__(self, own: bytes = b"") -> None:
        """Raise `AuditError` where reportlab is not installed, or *own* is no font it can use."""
        try:
            from reportlab.pdfbase import cidfonts, pdfmetrics, ttfonts  # noqa: PLC0415 - of an extra
        except ImportError as error:
            raise AuditError("writing a PDF needs reportlab", fix=INSTALL) from error
        self._metrics: Any = pdfmetrics
        self._font: dict[str, tuple[str, str]] = {}
        # reportlab keeps fonts by name: two papers with two fonts must not share one
        self._own_name = f"Own-{hashlib.sha256(own).hexdigest()[:16]}"
        self._own: frozenset[str] = frozenset()
        for name in (_CHINESE, _KOREAN):
            pdfmetrics.registerFont(cidfonts.UnicodeCIDFont(name))
        wide = ttfonts.TTFont(_WIDE, "Vera.ttf")  # reportlab brings it
        pdfmetrics.registerFont(wide)
        self._wide = frozenset(map(chr, wide.face.charToGlyph))
        if own:
            self._own = self._read(own, ttfonts)

    def _read(self, own: bytes, ttfonts: Any) -> frozenset[str]:  # noqa: ANN401 - a module without types
        import struct  # noqa: PLC0415 - its error is what a cut-off font ends with

        try:
            font = ttfonts.TTFont(self._own_name, io.BytesIO(own))
        except (ttfonts.TTFError, struct.error, IndexError, KeyError, ValueError) as error:
            raise AuditError(
                f"the font cannot be used: {clean_line(str(error))[:120]}",
                fix="give a TrueType font (.ttf, or .ttc with TrueType outlines)",
            ) from error
        self._metrics.registerFont(font)
        return frozenset(map(chr, font.face.charToGlyph))

    def shown(self, text: str, most: int) -> str:
        """*text* on one line, no longer than *most* characters, with nothing in it that no font has."""
        whole = len(text) <= most * _ROOM
        line = unicodedata.normalize("NFC", " ".join(clean_line(text[: most * _ROOM]).split()))
        made = "".join(self._look(c)[0] for c in line)
        return made if whole and len(made) <= most else made[: most - 1] + _MORE

    def _look(self, c: str) -> tuple[str, str]:
        """(what is shown for a character, its font); "" for what only changes the character before it."""
        found = self._font.get(c)
        if found is None:
            found = self._font[c] = self._looked_up(c)
        return found

    def _looked_up(self, c: str) -> tuple[str, str]:
        if font := self._font_of(c):
            return c, font
        if unicodedata.category(c) in {"Mn", "Me"}:
            return "", _REGULAR
        base = unicodedata.normalize("NFKD", c)[:1]
        if base != c and (font := self._font_of(base)):
            return base, font
        return MISSING, _WIDE

    def _font_of(self, c: str) -> str:
        if _has("cp1252", c):
            return _REGULAR
        if c in self._own:
            return self._own_name
        if c in self._wide:
            return _WIDE
        return next((font for font, charset in _ASIAN if _has(charset, c)), "")

    def runs(self, line: str, *, bold: bool = False) -> Iterator[tuple[str, str]]:
        """(font, text) of a line that `shown` made, in order."""
        for font, same in groupby(line, key=lambda c: self._look(c)[1]):
            yield _BOLD if bold and font == _REGULAR else font, "".join(same)

    def width(self, line: str, size: float, *, bold: bool = False) -> float:
        """In points."""
        widths = (
            float(self._metrics.stringWidth(text, font, size)) for font, text in self.runs(line, bold=bold)
        )
        return sum(widths)

    def wrapped(self, line: str, size: float, width: float, *, bold: bool = False) -> list[str]:
        """A line in parts no wider than *width* points; words that are wider are cut."""
        parts: list[str] = []
        current = ""
        for word in line.split(" "):
            longer = f"{current} {word}" if current else word
            if self.width(longer, size, bold=bold) <= width:
                current = longer
                continue
            parts += [current] if current else []
            *full, current = self._cut(word, size, width, bold=bold)
            parts += full
        return [*parts, current]

    def _cut(self, word: str, size: float, width: float, *, bold: bool) -> list[str]:
        parts, current, used = [], "", 0.0
        for c in word:
            wide = self.width(c, size, bold=bold)
            if current and used + wide > width:
                parts.append(current)
                current, used = "", 0.0
            current, used = current + c, used + wide
        return [*parts, current]

    def fitted(
        self, text: str, width: float, sizes: tuple[float, float], *, bold: bool = False
    ) -> tuple[str, float]:
        """(line, size) that is no wider than *width* points: smaller first, then cut.

        sizes: largest and smallest, in points
        """
        largest, smallest = sizes
        line = self.shown(text, 120)
        at_largest = self.width(line, largest, bold=bold)
        if at_largest <= width:
            return line, largest
        size = max(smallest, largest * width / at_largest)
        while line and self.width(line, size, bold=bold) > width:
            line = line.removesuffix(_MORE)[:-1] + _MORE if len(line) > 1 else ""
        return line, size


def check_installed() -> None:
    """Raise `AuditError` where papers cannot be made, for who wants to know before signing something."""
    if importlib.util.find_spec("reportlab") is None:
        raise AuditError("writing a PDF needs reportlab", fix=INSTALL)


def _has(charset: str, c: str) -> bool:
    try:
        c.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
