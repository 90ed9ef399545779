"""The certificate: what an audit said and who signed it, on A4, to go with a unit.

It says no more than the report does, and never looks better than it: what nobody signed has hollow shapes and
says so in its title, and the largest word is the worse one of verdict and decision.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Report
from audit.model.waivers import Waiver
from audit.reports import brief, head, view
from audit.reports.format import Options
from audit.reports.paper import shapes, sheet
from audit.reports.paper.letters import Letters
from audit.reports.paper.seen import seen
from audit.reports.paper.sheet import GREY, MM, Block, Pen
from audit.reports.paper.signed import Headline, Signed, field, headline, otherwise, report_hash

SCHEMA = "adb-audit/certificate/1"
_A4 = (210 * MM, 297 * MM)
_MARGIN, _FOOT = 18 * MM, 10 * MM
_WIDTH = _A4[0] - 2 * _MARGIN
_LABELS = 34 * MM
_CODE = 42 * MM
_SIZE, _SMALL = 9.0, 7.5
_MOST_FINDINGS, _MOST_REASONS, _MOST_LIMITS = 40, 5, 12
_TELLING = {Outcome.FAIL: "FAIL", Outcome.INCONCLUSIVE: "INCONCLUSIVE", Outcome.REVIEW: "REVIEW"}


def certificate(report: Report, signed: Signed | None, options: Options, *, font: bytes = b"") -> bytes:
    """A PDF of one or more pages; equal input gives equal bytes.

    signed: the sign-off of *report*, None where nobody signed it, which the paper then says
    font: a TrueType font to put into the file, for letters that the standard fonts of PDF lack
    Raises `AuditError` where reportlab is not installed or *font* is none; `UsageError` where a unit that
    could not be judged is said to have passed.
    """
    letters = Letters(font)
    line = headline(report, signed)
    shown, note = seen(report, signed.note if signed else "", options)
    paper = _Paper(letters, shown, signed, note, machine_text(report, signed))
    blocks = list(paper.blocks(line))
    pages = sheet.paged(blocks, _A4[1] - 2 * _MARGIN - _FOOT)
    canvas, file = sheet.opened(_A4, _title(report, signed))
    pen = Pen(canvas, letters)
    for number, page in enumerate(pages, 1):
        sheet.below(page).draw(pen, _MARGIN, _A4[1] - _MARGIN)
        paper.foot(pen, f"page {number} of {len(pages)}")
        canvas.showPage()
    return sheet.written(canvas, file)


def machine_text(report: Report, signed: Signed | None) -> str:
    """What the QR code says: ``name=value``, joined by ``;``, plain ASCII, in one order."""
    said = [SCHEMA, f"verdict={report.verdict.decision.value}", f"report={report_hash(report, signed)}"]
    if signed is None:
        return ";".join((*said, "result=NOT-SIGNED"))
    said += [f"result={signed.result.value}", f"number={signed.number}"]
    return ";".join((*said, f"record={field(signed.record_sha256)}", f"key={field(signed.key_id)}"))


def _title(report: Report, signed: Signed | None) -> str:
    if report.verdict.decision is Decision.INCONCLUSIVE:
        return "Inconclusive audit" + ("" if signed else ", not signed")
    return f"Audit certificate: {signed.result.value}" if signed else "Audit result, not signed"


class _Paper:
    """The blocks of one certificate. note: the inspector's, as it may be shown; code: see `machine_text`"""

    def __init__(self, letters: Letters, report: Report, signed: Signed | None, note: str, code: str) -> None:
        self._letters, self._report, self._signed = letters, report, signed
        self._note, self._code = note, code
        self._sha256 = dict(part.partition("=")[::2] for part in code.split(";"))["report"]

    def blocks(self, line: Headline) -> Iterator[Block]:
        """From top to bottom, whatever the pages."""
        yield self._top(line)
        yield from self._verdict()
        yield from self._sign_off()
        yield from self._rows("Unit", self._unit())
        yield from self._findings()
        yield from self._seen()
        yield sheet.gap(3 * MM)
        yield self._proof()

    def foot(self, pen: Pen, page: str) -> None:
        """What tells which certificate a page belongs to."""
        pen.line((_MARGIN, _MARGIN * 0.6), f"report {self._sha256}, {page}", 6.5, colour=GREY)

    def _text(
        self,
        said: str,
        width: float = _WIDTH,
        *,
        size: float = _SIZE,
        bold: bool = False,
        colour: str = shapes.BLACK,
    ) -> Block:
        return sheet.text(self._letters, said, width, sheet.Look(size=size, bold=bold, colour=colour))

    def _top(self, line: Headline) -> Block:
        colour, size = shapes.COLOURS[line.shape], 24 * MM
        title = self._text(_title(self._report, self._signed), size=11, colour=GREY, bold=True)
        word = self._text(line.word, size=30, bold=True, colour=colour if line.firm else GREY)
        more = self._text(" · ".join(line.beside), size=11)

        def draw(pen: Pen, x: float, y: float) -> None:
            place = (x, y - size, size)
            shapes.verdict(
                pen.canvas, line.shape, place, colour=colour if line.firm else GREY, firm=line.firm
            )

        shape = Block(height=size, draw=draw)
        return sheet.beside(shape, sheet.below((title, word, more)), size + 6 * MM)

    def _verdict(self) -> Iterator[Block]:
        yield from self._heading(f"Verdict of the audit: {self._report.verdict.decision.value}")
        because = tuple(dict.fromkeys(self._report.verdict.because))
        for reason in because[:_MOST_REASONS]:
            yield self._text(reason)
        if len(because) > _MOST_REASONS:
            yield self._text(f"{len(because) - _MOST_REASONS} more reasons are in the report.", colour=GREY)
        yield self._text(view.meaning(self._report), colour=GREY)

    def _sign_off(self) -> Iterator[Block]:
        signed = self._signed
        if signed is None:
            yield from self._heading("Not signed")
            yield self._text(
                "Nobody has signed this off. The paper shows what an audit said; it is no certificate."
            )
            return
        note = self._note or "none"
        if otherwise(self._report, signed):
            note = f"decided otherwise than the verdict says. {note}"
        rows = (
            ("Decision", signed.result.value),
            ("Inspector", signed.inspector),
            ("Note", note),
            ("Signed at", signed.signed_at),
            ("Key", signed.key_id),
            ("Record", f"{signed.number}, SHA-256 {signed.record_sha256}"),
        )
        yield from self._rows("Sign-off", rows)

    def _unit(self) -> Iterator[tuple[str, str]]:
        report = self._report
        yield from head.head_rows(report, brief.how_read(report))
        yield "Region", view.region_line(report)
        yield from ((label, value) for label, value in head.provenance_rows(report))
        yield ("Report SHA-256" if self._signed else "SHA-256 of its JSON"), self._sha256

    def _rows(
        self, title: str, rows: Iterator[tuple[str, str]] | tuple[tuple[str, str], ...]
    ) -> Iterator[Block]:
        yield from self._heading(title)
        for label, value in rows:
            left = self._text(label, _LABELS, colour=GREY)
            yield sheet.beside(left, self._text(value, _WIDTH - _LABELS), _LABELS)

    def _findings(self) -> Iterator[Block]:
        telling = [
            finding
            for group in view.groups(self._report)
            for finding in group.findings
            if finding.outcome in _TELLING or finding.waiver
        ]
        yield from self._heading("Findings")
        waivers = {waiver.id: waiver for waiver in self._report.waivers}
        for finding in telling[:_MOST_FINDINGS]:
            yield self._finding(finding, waivers.get(finding.waiver))
        if len(telling) > _MOST_FINDINGS:
            yield self._text(f"{len(telling) - _MOST_FINDINGS} more are in the report.", bold=True)
        yield self._text(f"All in all: {view.tally(self._report)}.", colour=GREY)

    def _finding(self, finding: Finding, waiver: Waiver | None) -> Block:
        word = _TELLING.get(finding.outcome, finding.outcome.value)
        said = [self._text(finding.message, _WIDTH - _LABELS)]
        if finding.waiver:
            word = f"{word}, waived"
            why = (
                f"{waiver.reason} ({waiver.approver}, until {waiver.expires})"
                if waiver
                else "no reason given"
            )
            said.append(self._text(f"Waived by {finding.waiver}: {why}", _WIDTH - _LABELS))
        said.append(self._text(view.tags(finding), _WIDTH - _LABELS, size=_SMALL, colour=GREY))
        return sheet.beside(self._text(word, _LABELS, bold=True), sheet.below(said), _LABELS)

    def _seen(self) -> Iterator[Block]:
        report = self._report
        rows = [("Read", brief.read(report) or "nothing whole")]
        for missing in brief.missing(report):
            topics = ", ".join(words for _, words in missing.topics)
            rows.append(("Not seen", f"{topics}: {missing.reason}" if missing.reason else topics))
        if asked := brief.not_asked(report):
            rows.append(("Not asked for", asked))
        if unread := view.unread_line(report):
            rows.append(("Not understood", unread))
        limits = list(report.limits[:_MOST_LIMITS])
        if more := len(report.limits) - len(limits):
            limits.append(f"{more} more are in the report.")
        rows += [("" if number else "Limits", limit) for number, limit in enumerate(limits)]
        yield from self._rows("What was seen, and what was not", tuple(rows))

    def _heading(self, title: str) -> Iterator[Block]:
        def draw(pen: Pen, x: float, y: float) -> None:
            pen.canvas.setStrokeColor(GREY)
            pen.canvas.setLineWidth(0.4)
            pen.canvas.line(x, y - 3 * MM, x + _WIDTH, y - 3 * MM)

        rule = Block(height=4 * MM, draw=draw)
        yield sheet.below((rule, self._text(title, size=11, bold=True), sheet.gap(1 * MM)), leads=True)

    def _proof(self) -> Block:
        code = self._code

        def draw(pen: Pen, x: float, y: float) -> None:
            shapes.qr(pen.canvas, code, (x, y - _CODE, _CODE))

        width = _WIDTH - _CODE - 4 * MM
        said = [self._text("How to check this", width, size=11, bold=True)]
        said += [self._text(part, width, size=_SIZE) for part in _how(self._signed)]
        return sheet.beside(Block(height=_CODE, draw=draw), sheet.below(said), _CODE + 4 * MM)


def _how(signed: Signed | None) -> tuple[str, ...]:
    """What whoever holds the paper can do to know whether it is true."""
    if signed is None:
        return (
            "There is no record to check this against: it was not signed.",
            "To have one, judge the unit or its evidence again and sign the report: adb-audit signoff",
        )
    return (
        "This paper is a copy, and paper can be made by anybody; what counts is the signed record.",
        f"1. Ask whoever signed for record {signed.number} and, by another way, for their public key.",
        "2. adb-audit verify FILE checks the record offline; the manual says how without this program.",
        "3. Its key, number, decision and both SHA-256 must be those printed here and in the code.",
    )
