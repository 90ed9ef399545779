"""Shapes and codes, drawn: what tells verdicts apart without colour, and what machines read."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from audit.model.report import Decision

Canvas: TypeAlias = Any  # reportlab has no types

# as in report.css, printed
COLOURS = {
    Decision.PASS: "#12522f",
    Decision.FAIL: "#b3161b",
    Decision.REVIEW: "#7a4a00",
    Decision.INCONCLUSIVE: "#5a2590",
}
BLACK = "#000000"
_CORNERS = {Decision.FAIL: 8, Decision.REVIEW: 3, Decision.INCONCLUSIVE: 4}
_QUIET = 4
"""Modules left white around a QR code (ISO/IEC 18004, 5.3.8)."""


def verdict(
    canvas: Canvas, decision: Decision, place: tuple[float, float, float], *, colour: str, firm: bool
) -> None:
    """Draw a verdict's shape: circle with tick, octagon with cross, triangle with "!", diamond with "?".

    place: x and y of the lower left corner, and the size, in points
    firm: filled; else hollow, and a pass without its tick, which would be taken for one
    """
    x, y, size = place
    canvas.saveState()
    canvas.setStrokeColor(colour)
    canvas.setFillColor(colour if firm else "#ffffff")
    canvas.setLineWidth(size * 0.06)
    canvas.setLineJoin(1)
    if not firm:
        canvas.setDash(size * 0.1, size * 0.07)
    middle, radius = (x + size / 2, y + size / 2), size * 0.47
    if decision is Decision.PASS:
        canvas.circle(*middle, radius, stroke=1, fill=1)
    else:
        _polygon(canvas, middle, radius, _CORNERS[decision])
    canvas.setDash()
    if firm or decision is not Decision.PASS:
        _mark(canvas, decision, middle, size, "#ffffff" if firm else colour)
    canvas.restoreState()


def _polygon(canvas: Canvas, middle: tuple[float, float], radius: float, corners: int) -> None:
    """A regular one: eight corners stand on a side, three and four have one on top."""
    turned = math.pi / corners if corners == 8 else 0.0
    path = canvas.beginPath()
    for corner in range(corners):
        angle = math.pi / 2 + turned + 2 * math.pi * corner / corners
        point = (middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle))
        (path.lineTo if corner else path.moveTo)(*point)
    path.close()
    canvas.drawPath(path, stroke=1, fill=1)


def _mark(canvas: Canvas, decision: Decision, middle: tuple[float, float], size: float, colour: str) -> None:
    x, y = middle
    canvas.setStrokeColor(colour)
    canvas.setFillColor(colour)
    canvas.setLineWidth(size * 0.1)
    canvas.setLineCap(1)
    at = size * 0.2
    if decision is Decision.PASS:
        canvas.lines(
            [(x - at, y, x - at * 0.3, y - at * 0.8), (x - at * 0.3, y - at * 0.8, x + at, y + at * 0.8)]
        )
    elif decision is Decision.FAIL:
        canvas.lines([(x - at, y - at, x + at, y + at), (x - at, y + at, x + at, y - at)])
    else:
        sign, letters = ("!", size * 0.5) if decision is Decision.REVIEW else ("?", size * 0.6)
        canvas.setFont("Helvetica-Bold", letters)
        canvas.drawCentredString(x, y - letters * 0.36, sign)


def qr(canvas: Canvas, text: str, place: tuple[float, float, float]) -> None:
    """Draw a QR code of plain ASCII *text*, its quiet zone included; 15 % of it may be lost (level M).

    place: x and y of the lower left corner, and the size, in points
    """
    from reportlab.graphics.barcode import qrencoder  # noqa: PLC0415 - of an extra

    x, y, size = place
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    count = code.getModuleCount()
    module = size / (count + 2 * _QUIET)
    canvas.saveState()
    canvas.setFillColor(BLACK)
    path = canvas.beginPath()
    for row, modules in enumerate(code.modules):
        top = y + size - (row + 1 + _QUIET) * module
        for start, length in _dark(modules):
            path.rect(x + (start + _QUIET) * module, top, length * module, module)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _dark(modules: Any) -> list[tuple[int, int]]:  # noqa: ANN401 - reportlab's
    """(start, length) of each row of dark modules."""
    found: list[tuple[int, int]] = []
    for column, dark in enumerate(modules):
        if not dark:
            continue
        if found and sum(found[-1]) == column:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((column, 1))
    return found


def code128(text: str, *, bar: float, height: float) -> Any:  # noqa: ANN401 - reportlab has no types
    """A Code 128 of plain ASCII *text*, to be drawn with ``drawOn(canvas, x, y)``; without its quiet zones.

    bar: width of the narrowest bar, in points; height in points. What is returned knows its width.
    """
    from reportlab.graphics.barcode.code128 import Code128  # noqa: PLC0415 - of an extra

    return Code128(text, barWidth=bar, barHeight=height, quiet=0, humanReadable=0)
