"""The label: 62 mm by 29 mm, black on white, to stick on a unit or its box.

Whatever is on it can be read without colour and by machines: a shape for the verdict, a QR code for what was
signed, a Code 128 for the unit.
"""

from __future__ import annotations

from audit.model.record import record
from audit.model.report import Report
from audit.reports import head
from audit.reports.format import Options
from audit.reports.paper import shapes, sheet
from audit.reports.paper.letters import Letters
from audit.reports.paper.seen import seen, token
from audit.reports.paper.sheet import MM, Pen
from audit.reports.paper.signed import Headline, Signed, field, headline, report_hash

SCHEMA = "adb-audit/label/1"
_SIZE = (62 * MM, 29 * MM)
_MARGIN = 1.5 * MM
_CODE = 18 * MM
_SHAPE = 5.6 * MM
_LEFT = _SIZE[0] - 2 * _MARGIN - _CODE - 1 * MM
_BARS = 5 * MM
_SMALL = 5.5
# Two dots of a printer of 300 dots an inch: bars of other widths come out uneven.
_BAR = 2 * 72 / 300
_LONGEST_BARS = 24
"""Characters; 24 of them are 54 mm wide at most."""
_LARGE = (13.0, 8.0)
_NAME, _ROW = (8.5, 5.5), (6.5, 5.0)


def label(report: Report, signed: Signed | None, options: Options, *, font: bytes = b"") -> bytes:
    """A PDF of one page, 62 mm by 29 mm; equal input gives equal bytes. Arguments, errors: `certificate`."""
    letters = Letters(font)
    line = headline(report, signed)
    shown, _ = seen(report, "", options)
    canvas, file = sheet.opened(_SIZE, "adb-audit label")
    pen = Pen(canvas, letters)
    _top(pen, line)
    _rows(pen, shown, signed)
    place = (_SIZE[0] - _MARGIN - _CODE, _SIZE[1] - _MARGIN - _CODE, _CODE)
    shapes.qr(canvas, machine_text(report, signed), place)
    _bottom(pen, bars_text(report, signed, options))
    canvas.showPage()
    return sheet.written(canvas, file)


def machine_text(report: Report, signed: Signed | None) -> str:
    """What the QR code says: schema, decision, record number and the record's SHA-256, joined by ``;``.

    What was not signed has the verdict after NOT-SIGNED, and the report's SHA-256.
    """
    if signed is None:
        verdict = report.verdict.decision.value
        return f"{SCHEMA};NOT-SIGNED-{verdict};0;{report_hash(report, None)}"
    return f"{SCHEMA};{signed.result.value};{signed.number};{field(signed.record_sha256)}"


def bars_text(report: Report, signed: Signed | None, options: Options) -> str:
    """What the Code 128 says: the serial number or its mask; without one the record or the report."""
    serial = head.serial(report).strip()
    if options.reveal and 0 < len(serial) <= _LONGEST_BARS and serial.isascii() and serial.isprintable():
        return serial
    masked = token(report, options)
    if masked and len(masked) <= _LONGEST_BARS and masked.isascii() and masked.isprintable():
        return masked
    return f"record {signed.number}"[:_LONGEST_BARS] if signed else f"report {report_hash(report, None)[:12]}"


def _top(pen: Pen, line: Headline) -> None:
    """The verdict: shape, word, and what the word leaves out."""
    top = _SIZE[1] - _MARGIN
    place = (_MARGIN, top - _SHAPE, _SHAPE)
    shapes.verdict(pen.canvas, line.shape, place, colour=shapes.BLACK, firm=line.firm)
    x = _MARGIN + _SHAPE + 1.2 * MM
    room = _MARGIN + _LEFT - x
    word, size = pen.letters.fitted(line.word, room, _LARGE, bold=True)
    pen.line((x, top - 3.6 * MM), word, size, bold=True)
    more, size = pen.letters.fitted(", ".join(line.beside), room, (6.0, 4.5))
    pen.line((x, top - 6 * MM), more, size)


def _named(report: Report) -> str:
    identity = report.identity
    said = identity.model or report.unit.model or identity.manufacturer or identity.brand
    return head.unit_name(report) if said else "Model not stated"


@record
class _Row:
    """A line of the label. size: largest and smallest; y: of its base line, in points from the top"""

    text: str
    size: tuple[float, float]
    y: float
    bold: bool = False


def _rows(pen: Pen, report: Report, signed: Signed | None) -> None:
    day = (signed.signed_at if signed else report.judged_at)[:10]
    record_of = f"record {signed.number}" if signed else "no record"
    market = f"for {report.expectation.market}" if report.expectation.market else "no market"
    rows = (
        _Row(text=_named(report), size=_NAME, y=9.6 * MM, bold=True),
        _Row(text=f"Build {head.build(report) or 'not stated'}", size=_ROW, y=12.4 * MM),
        _Row(text=f"Serial {head.serial(report) or 'not stated'}", size=_ROW, y=15.0 * MM),
        _Row(text=f"{day}, {market}, {record_of}", size=_ROW, y=17.6 * MM),
    )
    for row in rows:
        line, size = pen.letters.fitted(row.text, _LEFT, row.size, bold=row.bold)
        pen.line((_MARGIN, _SIZE[1] - _MARGIN - row.y), line, size, bold=row.bold)


def _bottom(pen: Pen, text: str) -> None:
    """The bars in the middle, so that both sides stay quiet, and under them what they say."""
    bars = shapes.code128(text, bar=_BAR, height=_BARS)
    bars.drawOn(pen.canvas, (_SIZE[0] - bars.width) / 2, _MARGIN + 2.2 * MM)
    said = pen.letters.shown(text, _LONGEST_BARS)
    x = (_SIZE[0] - pen.letters.width(said, _SMALL)) / 2
    pen.line((x, _MARGIN + 0.3 * MM), said, _SMALL)
