"""Certificates and labels: what they say, what machines read from them, and what does not fit on them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import codec
from audit.errors import AuditError, UsageError
from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Report, Verdict
from audit.model.signing import Result
from audit.model.waivers import Waiver
from audit.reports import certificate as certificates
from audit.reports import label as labels
from audit.reports.format import Options
from audit.reports.paper.letters import MISSING, Letters
from audit.reports.paper.shapes import COLOURS
from audit.reports.paper.signed import Signed, headline
from tests.reports import samples

HIDDEN = Options(key=samples.KEY)
SHOWN = Options(key=samples.KEY, reveal=True)
SIGNED = Signed(
    result=Result.PASSED,
    inspector="Łucja Ångström 王芳",
    signed_at="2026-01-03T10:00:00Z",
    key_id="ab" * 32,
    number=12,
    record_sha256="cd" * 32,
    report_sha256="ef" * 32,
)
FAILED = replace(SIGNED, result=Result.FAILED, note="seen by two of us")
CHINESE = replace(
    samples.NOTED,
    identity=replace(
        samples.NOTED.identity,
        manufacturer="华为技术有限公司",
        model="荣耀 畅玩 30 한국 ひらがな",
        build="版本九",
    ),
)
LONG = replace(
    samples.INCIDENT,
    identity=replace(samples.INCIDENT.identity, model="Wide " * 40 + "W" * 300, build="M" * 900),
    findings=samples.INCIDENT.findings * 30,
)
PAPERS = {
    "pass": (samples.NOTED, SIGNED),
    "fail": (samples.INCIDENT, FAILED),
    "inconclusive": (samples.HALF_READ, FAILED),
    "not signed": (samples.NOTED, None),
    "nothing read": (samples.EMPTY, None),
    "review": (samples.DORMANT, SIGNED),
    "hostile": (samples.HOSTILE, FAILED),
    "chinese": (CHINESE, SIGNED),
    "long": (LONG, FAILED),
}
KINDS = {"certificate": certificates.certificate, "label": labels.label}
MM = 72 / 25.4
each_paper = pytest.mark.parametrize(("report", "signed"), PAPERS.values(), ids=PAPERS)
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
Kind = Callable[..., bytes]


def _opened(pdf: bytes) -> Any:  # noqa: ANN401 - pypdfium2 has no types
    pdfium = pytest.importorskip("pypdfium2", reason="pages are rendered by pypdfium2")
    return pdfium.PdfDocument(pdf)


def _said(pdf: bytes) -> str:
    """The text of all pages, a blank between words, as a reader copies it."""
    pages = [page.get_textpage().get_text_range() for page in _opened(pdf)]
    return " ".join(" ".join(pages).split())


def _read_codes(pdf: bytes, folder: Path, dots: int) -> set[str]:
    """What zbar reads from the last page, printed with so many dots an inch."""
    if shutil.which("zbarimg") is None:
        pytest.skip("codes are read by zbarimg, of Debian's zbar-tools, which is not here")
    picture = folder / "page.png"
    document = _opened(pdf)
    document[len(document) - 1].render(scale=dots / 72).to_pil().save(picture)
    read = subprocess.run(["zbarimg", "--quiet", str(picture)], capture_output=True, text=True, check=False)
    return set(read.stdout.splitlines())


def _boxes(page: Any) -> list[tuple[float, float, float, float]]:  # noqa: ANN401 - pypdfium2 has no types
    """(left, bottom, right, top) of every character with ink, in points."""
    text = page.get_textpage()
    boxes = (text.get_charbox(number) for number in range(text.count_chars()))
    return [box for box in boxes if box[2] > box[0] and box[3] > box[1]]


@each_paper
@each_kind
def test_equal_input_gives_equal_bytes(kind: Kind, report: Report, signed: Signed | None) -> None:
    """A paper printed again is the same file."""
    assert kind(report, signed, HIDDEN) == kind(report, signed, HIDDEN)


@each_paper
def test_code_of_a_certificate_is_read(report: Report, signed: Signed | None, tmp_path: Path) -> None:
    """The QR code on A4 gives back what was put in, at the 150 dots an inch of an office scanner."""
    text = certificates.machine_text(report, signed)
    assert _read_codes(certificates.certificate(report, signed, HIDDEN), tmp_path, 150) == {f"QR-Code:{text}"}


@each_paper
@pytest.mark.parametrize("options", [HIDDEN, SHOWN], ids=["hidden", "shown"])
def test_codes_of_a_label_are_read(
    report: Report, signed: Signed | None, options: Options, tmp_path: Path
) -> None:
    """Both codes of a label give back what was put in, at the 300 dots an inch of a label printer."""
    wanted = {
        f"QR-Code:{labels.machine_text(report, signed)}",
        f"CODE-128:{labels.bars_text(report, signed, options)}",
    }
    assert _read_codes(labels.label(report, signed, options), tmp_path, 300) == wanted


def test_machine_text_holds_what_is_needed_to_find_the_record() -> None:
    """The codes name schema, hashes, decision, number and key, and hold no identifier."""
    told = dict(
        part.partition("=")[::2] for part in certificates.machine_text(samples.INCIDENT, FAILED).split(";")
    )
    assert told == {
        "adb-audit/certificate/1": "",
        "verdict": "FAIL",
        "report": "ef" * 32,
        "result": "FAILED",
        "number": "12",
        "record": "cd" * 32,
        "key": "ab" * 32,
    }
    assert labels.machine_text(samples.INCIDENT, FAILED) == f"adb-audit/label/1;FAILED;12;{'cd' * 32}"
    unsigned = codec.sha256(samples.NOTED)
    assert labels.machine_text(samples.NOTED, None) == f"adb-audit/label/1;NOT-SIGNED-PASS;0;{unsigned}"


@each_paper
def test_nothing_leaves_its_place_on_a_label(report: Report, signed: Signed | None) -> None:
    """Every letter of a label is within its margins, and none is in the QR code."""
    _assert_fits(labels.label(report, signed, HIDDEN))


def _assert_fits(pdf: bytes) -> None:
    (page,) = _opened(pdf)
    assert page.get_size() == pytest.approx((62 * MM, 29 * MM), abs=0.01)
    for left, bottom, right, top in _boxes(page):
        assert left > 1 * MM
        assert bottom > 0.7 * MM
        assert top < 28 * MM
        assert right < (61 * MM if top < 9 * MM else 42.5 * MM)
    picture = page.render(scale=300 / 72).to_pil().convert("L")
    quiet = (int(42.7 * 300 / 25.4), 0, int(43.8 * 300 / 25.4), int(18 * 300 / 25.4))
    assert picture.crop(quiet).getextrema()[0] > 250  # what a reader of the QR code needs white
    wide, high = picture.size
    edge = 8  # dots, 0.7 mm
    for strip in (
        (0, 0, wide, edge),
        (0, high - edge, wide, high),
        (0, 0, edge, high),
        (wide - edge, 0, wide, high),
    ):
        assert picture.crop(strip).getextrema()[0] > 250


@each_paper
def test_nothing_leaves_its_place_on_a_certificate(report: Report, signed: Signed | None) -> None:
    """Every letter is within the margins of A4, and there are few pages, however long a report is."""
    pages = _opened(certificates.certificate(report, signed, HIDDEN))
    assert len(pages) < 12
    for page in pages:
        for left, bottom, right, top in _boxes(page):
            assert left > 17 * MM
            assert right < 193 * MM
            assert bottom > 9 * MM
            assert top < 280 * MM


@each_paper
@each_kind
def test_identifiers_are_masked(kind: Kind, report: Report, signed: Signed | None) -> None:
    """No identifier of a unit is on paper unless it was asked for, not in a note nor in a code either."""
    serial = report.identity.serial or "none at all"
    noted = signed and replace(signed, note=f"unit {serial} looked at")
    pdf = kind(report, noted, HIDDEN)
    assert serial not in _said(pdf)
    assert serial not in labels.bars_text(report, noted, HIDDEN)
    assert not [identifier for identifier in samples.IDENTIFIERS if identifier in _said(pdf)]


@each_kind
def test_identifiers_are_shown_when_asked_for(kind: Kind) -> None:
    """Who asks for identifiers has the serial number in letters, and on the label in bars."""
    assert samples.SERIAL in _said(kind(samples.INCIDENT, FAILED, SHOWN))
    assert labels.bars_text(samples.INCIDENT, FAILED, SHOWN) == samples.SERIAL


@pytest.mark.parametrize("serial", ["注册", "S" * 25, "a\tb", "\x1b[2J"])
def test_bars_hold_no_serial_that_they_cannot_say(serial: str) -> None:
    """A serial number that is no plain text, or too long for a label, is masked in the bars."""
    report = replace(samples.NOTED, identity=replace(samples.NOTED.identity, serial=serial))
    assert labels.bars_text(report, None, SHOWN).startswith("serial#")
    _assert_fits(labels.label(report, None, SHOWN))


def test_certificate_says_what_the_report_says() -> None:
    """Verdict, unit, market, hashes, findings, limits and the sign-off are all on the paper."""
    said = _said(certificates.certificate(samples.INCIDENT, FAILED, HIDDEN))
    wanted = (
        "Audit certificate: FAILED",
        "Verdict of the audit: FAIL",
        "HMD Global Nokia 7 plus (B2N_sprout)",
        "for market NO, policy default",
        "00WW_3_22C",
        samples.INCIDENT.judged_at,
        "5f" * 32,
        "a0" * 32,
        "ef" * 32,
        "WW (3 markets, NO among them)",
        "is on the unit and is meant for CN, not for NO",
        "packages 214",
        "Registration code in modem firmware is not visible",
        "seen by two of us",
        "12, SHA-256 " + "cd" * 32,
        "ab" * 32,
        "adb-audit verify",
    )
    assert [part for part in wanted if part not in said] == []


def test_certificate_says_what_was_not_seen() -> None:
    """What could not be read, and why, is on the paper."""
    said = _said(certificates.certificate(samples.HALF_READ, FAILED, HIDDEN))
    assert "packages partly read (198)" in said
    assert "the package list of user 10 was refused" in said
    assert "no overlay service answered" in said
    assert "1 line could not be understood, in getprop" in said


def test_waived_findings_stay_visible() -> None:
    """A waived finding is on the certificate with reason, approver and day, and counted in large letters."""
    waiver = Waiver(
        id="W-7", check="client-market", reason="Never sold", approver="QA lead", expires="2027-01-31"
    )
    waived = tuple(
        replace(f, waiver="W-7") if f.outcome is Outcome.FAIL else f for f in samples.INCIDENT.findings
    )
    report = replace(
        samples.INCIDENT,
        findings=waived,
        waivers=(waiver,),
        verdict=Verdict(decision=Decision.PASS, because=("1 finding is waived.",)),
    )
    said = _said(certificates.certificate(report, SIGNED, HIDDEN))
    assert "signed PASSED · 1 waived" in said
    assert "FAIL, waived" in said
    assert "Waived by W-7: Never sold (QA lead, until 2027-01-31)" in said
    assert "1 waived" in _said(labels.label(report, SIGNED, HIDDEN))


HEADLINES = (
    (Decision.PASS, None, "NOT SIGNED", Decision.PASS, False),
    (Decision.FAIL, None, "FAIL", Decision.FAIL, False),
    (Decision.INCONCLUSIVE, None, "INCONCLUSIVE", Decision.INCONCLUSIVE, False),
    (Decision.PASS, Result.PASSED, "PASS", Decision.PASS, True),
    (Decision.PASS, Result.FAILED, "FAILED", Decision.FAIL, True),
    (Decision.PASS, Result.WARNED, "WARNED", Decision.REVIEW, True),
    (Decision.REVIEW, Result.PASSED, "REVIEW", Decision.REVIEW, True),
    (Decision.FAIL, Result.PASSED, "FAIL", Decision.FAIL, True),
    (Decision.INCONCLUSIVE, Result.WARNED, "INCONCLUSIVE", Decision.INCONCLUSIVE, True),
    (Decision.INCONCLUSIVE, Result.FAILED, "FAILED", Decision.FAIL, True),
)


@pytest.mark.parametrize(("verdict", "result", "word", "shape", "firm"), HEADLINES)
def test_headline_is_never_better_than_verdict_or_decision(
    verdict: Decision, result: Result | None, word: str, shape: Decision, firm: bool
) -> None:
    """The largest word is the worse one of both, and what is not signed never reads PASS in large letters."""
    report = replace(samples.NOTED, verdict=Verdict(decision=verdict, because=()))
    line = headline(report, replace(SIGNED, result=result) if result else None)
    assert (line.word, line.shape, line.firm) == (word, shape, firm)


@each_kind
def test_inconclusive_unit_cannot_have_passed(kind: Kind) -> None:
    """No paper shows a unit that could not be judged as signed off with PASSED."""
    with pytest.raises(UsageError, match="INCONCLUSIVE"):
        kind(samples.HALF_READ, SIGNED, HIDDEN)


@each_kind
@pytest.mark.parametrize("report", [samples.NOTED, samples.HALF_READ], ids=["pass", "inconclusive"])
def test_what_nobody_signed_has_nothing_of_a_pass(kind: Kind, report: Report) -> None:
    """Unsigned papers say so and have no pixel of the green of a pass."""
    pdf = kind(report, None, HIDDEN)
    assert "not signed" in _said(pdf).casefold()
    picture = _opened(pdf)[0].render(scale=1).to_pil().convert("RGB")
    green = COLOURS[Decision.PASS]
    assert bytes.fromhex(green[1:]) not in {bytes(colour) for _, colour in picture.getcolors(1 << 20)}


def test_signed_pass_is_green() -> None:
    """A signed pass has the colour that the test above looks for."""
    page = _opened(certificates.certificate(samples.NOTED, SIGNED, HIDDEN))[0]
    colours = page.render(scale=1).to_pil().convert("RGB").getcolors(1 << 20)
    assert bytes.fromhex(COLOURS[Decision.PASS][1:]) in {bytes(colour) for _, colour in colours}


def test_decision_against_the_verdict_is_told() -> None:
    """A paper says where the inspector decided otherwise, and why."""
    report, signed = samples.DORMANT, replace(SIGNED, note="closed gate, checked twice")
    said = _said(certificates.certificate(report, signed, HIDDEN))
    assert "decided otherwise than the verdict says. closed gate, checked twice" in said
    assert "otherwise" not in _said(certificates.certificate(samples.INCIDENT, FAILED, HIDDEN))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("华为 荣耀 한국 ひらがな Дружба", "华为 荣耀 한국 ひらがな Дружба"),
        ("Łódź Ångström Ştefan Nguyễn", "Łódz Ångström Ştefan Nguyen"),
        ("a\u202eb\u200bc\x1b[2Jd\ne", "abc[2Jd e"),
        ("phone \U0001f389 ملف", f"phone {MISSING} {MISSING * 3}"),
        ("z\u0300\u0301\u0302\u0303", "z"),
        ("x" * 1_000_000, "x" * 119 + "…"),
        ("\ufdfa" * 500, MISSING * 119 + "…"),
        ("{{7*7}} =1+1 <b>", "{{7*7}} =1+1 <b>"),
    ],
)
def test_letters_are_those_that_fonts_have(given: str, shown: str) -> None:
    """Text becomes what can be printed: one line, bounded, nothing that reorders or piles up."""
    assert Letters().shown(given, 120) == shown


def test_chinese_is_text_that_can_be_copied() -> None:
    """Chinese and Korean names come back from the file as they were put in."""
    for kind in KINDS.values():
        said = _said(kind(CHINESE, SIGNED, HIDDEN))
        assert "华为技术有限公司 荣耀 畅玩 30 한국 ひらがな" in said
    assert "王芳" in _said(certificates.certificate(CHINESE, SIGNED, HIDDEN))


def test_own_font_is_put_into_the_file() -> None:
    """A font of the operator's is used for what the others lack; what is no font is refused with a cure."""
    import reportlab  # noqa: PLC0415 - brings a TrueType font of its own

    font = (Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf").read_bytes()
    assert b"BitstreamVeraSans-Bold" in labels.label(_named("Ω π"), SIGNED, HIDDEN, font=font)
    assert b"BitstreamVeraSans-Bold" not in labels.label(_named("Ω π"), SIGNED, HIDDEN)
    for broken in (b"no font", font[:2000]):
        with pytest.raises(AuditError, match="font cannot be used"):
            labels.label(samples.NOTED, SIGNED, HIDDEN, font=broken)


@pytest.mark.parametrize(
    "call",
    [
        "audit.reports.certificate.certificate(samples.NOTED, None, Options(key=b'k'))",
        "audit.reports.label.label(samples.NOTED, None, Options(key=b'k'))",
        "audit.reports.paper.letters.check_installed()",
    ],
)
def test_without_reportlab_the_cure_is_told(call: str) -> None:
    """Where the extra is not installed an error names the line that installs it."""
    code = (
        "import sys; sys.modules['reportlab'] = None\n"
        "import audit.reports.certificate, audit.reports.label\n"
        "from audit.errors import AuditError\n"
        "from audit.reports.format import Options\n"
        "from tests.reports import samples\n"
        f"try: {call}\n"
        "except AuditError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "pip install 'adb-audit[pdf]'" in done.stdout


def _named(model: str) -> Report:
    return replace(samples.NOTED, identity=replace(samples.NOTED.identity, model=model))


_ANY = st.text(max_size=200)


@settings(
    max_examples=settings().max_examples // 4, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(
    report=st.sampled_from(sorted(samples.ALL)).map(samples.ALL.__getitem__),
    texts=st.tuples(_ANY, _ANY, _ANY, _ANY, _ANY, _ANY),
    number=st.integers(1, 10**12),
)
def test_whatever_a_unit_says_it_is_printed(report: Report, texts: tuple[str, ...], number: int) -> None:
    """Any text in any place gives papers that can be opened, and labels on which nothing overflows."""
    model, build, serial, message, note, inspector = texts
    finding = Finding(
        check=message, outcome=Outcome.REVIEW, severity=samples.INCIDENT.findings[2].severity, message=message
    )
    made = replace(
        report,
        identity=replace(report.identity, model=model, build=build, serial=serial),
        findings=(*report.findings, finding),
        judged_at=note,
    )
    signed = replace(
        FAILED, note=note, inspector=inspector, number=number, key_id=note, record_sha256=message
    )
    for options in (HIDDEN, SHOWN):
        _assert_fits(labels.label(made, signed, options))
        assert len(_opened(certificates.certificate(made, signed, options))) >= 1
