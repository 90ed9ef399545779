"""Pages that fill from top to bottom: blocks of known height, put where they fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any

from audit.errors import AuditError
from audit.model.record import record
from audit.reports.paper.letters import INSTALL, Letters
from audit.reports.paper.shapes import BLACK, Canvas

MM = 72 / 25.4
"""Points in a millimetre."""
LEADING = 1.3
GREY = "#444444"
_LONGEST = 600


class Pen:
    """Draws lines of text that `Letters.shown` made."""

    def __init__(self, canvas: Canvas, letters: Letters) -> None:
        self.canvas, self.letters = canvas, letters

    def line(
        self,
        place: tuple[float, float],
        line: str,
        size: float,
        *,
        bold: bool = False,
        colour: str = BLACK,
    ) -> None:
        """Draw *line* with its base line beginning at *place*, in points."""
        x, y = place
        self.canvas.setFillColor(colour)
        for font, text in self.letters.runs(line, bold=bold):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, text)
            x += self.letters.width(text, size, bold=bold)


@record
class Block:
    """Something that stays on one page. height: in points; draw: given a pen and its upper left corner.

    leads: it belongs to what follows, and so never ends a page
    """

    height: float
    draw: Callable[[Pen, float, float], None]
    leads: bool = False


def opened(size: tuple[float, float], title: str) -> tuple[Canvas, BytesIO]:
    """An empty PDF and where it is written: the same content gives the same bytes. size: in points

    Raises `AuditError` where reportlab is not installed.
    """
    try:
        from reportlab.pdfgen.canvas import Canvas as Made  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise AuditError("writing a PDF needs reportlab", fix=INSTALL) from error
    file = BytesIO()
    canvas = Made(file, pagesize=size, invariant=1, lang="en")
    canvas.setTitle(title)
    canvas.setCreator("adb-audit")
    return canvas, file


@record
class Look:
    """How a text looks. size: of its letters, in points"""

    size: float
    bold: bool = False
    colour: str = BLACK


def text(letters: Letters, said: str, width: float, look: Look) -> Block:
    """A paragraph no wider than *width*, in points, and no longer than `_LONGEST` characters."""
    lines = letters.wrapped(letters.shown(said, _LONGEST), look.size, width, bold=look.bold)
    step = look.size * LEADING

    def draw(pen: Pen, x: float, y: float) -> None:
        for number, line in enumerate(lines):
            place = (x, y - look.size - number * step)
            pen.line(place, line, look.size, bold=look.bold, colour=look.colour)

    return Block(height=len(lines) * step, draw=draw)


def beside(left: Block, right: Block, indent: float, *, leads: bool = False) -> Block:
    """Two blocks with their upper edges in line; *indent*: of the right one, in points."""

    def draw(pen: Pen, x: float, y: float) -> None:
        left.draw(pen, x, y)
        right.draw(pen, x + indent, y)

    return Block(height=max(left.height, right.height), draw=draw, leads=leads)


def below(blocks: Iterable[Block], *, leads: bool = False) -> Block:
    """Blocks that stay together, one under the other."""
    given = tuple(blocks)

    def draw(pen: Pen, x: float, y: float) -> None:
        for block in given:
            block.draw(pen, x, y)
            y -= block.height

    return Block(height=sum(block.height for block in given), draw=draw, leads=leads)


def gap(height: float) -> Block:
    """Nothing, *height* points of it."""
    return Block(height=height, draw=lambda *_: None)


def paged(blocks: Sequence[Block], room: float) -> list[list[Block]]:
    """Which blocks go on which page of *room* points; one that is higher than a page is alone on one."""
    pages: list[list[Block]] = [[]]
    left = room
    for number, block in enumerate(blocks):
        needed = block.height
        if block.leads and number + 1 < len(blocks):
            needed += blocks[number + 1].height
        if needed > left and pages[-1]:
            pages.append([])
            left = room
        pages[-1].append(block)
        left -= block.height
    return pages


def written(canvas: Any, file: BytesIO) -> bytes:  # noqa: ANN401 - reportlab has no types
    """The PDF, ended."""
    canvas.save()
    return file.getvalue()
