from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import replace

import junitparser
import pytest

from audit.model.evidence import Gap, Source, SourceKind, Topic
from audit.model.flows import Flow, FlowKind
from audit.model.report import Coverage, Evidence, Reach, Report
from audit.reports import FORMATS, Options, contacts, evidence, head, render
from tests.reports import samples, samples_files, samples_flows
from tests.reports.page import read_page
from tests.reports.walk import with_texts

OPTIONS = Options(key=samples.KEY)
SHOWN = replace(OPTIONS, reveal=True, verbose=True)
_CLIENT = samples_files.IMAGE.findings[0]
_HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07",
    "\u202egpj.exe",
    "a\u2066b\u200bc",
    "line\nFAIL: no such thing\r\n",
    "<script>alert(1)</script><img src=x onerror=a()>",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "https://x.example/\x1b]8;;evil\x07\u202e",
    "x" * 2_000,
)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


# what was judged


@pytest.mark.parametrize(
    ("source", "acquired_at", "words"),
    [
        (
            Source(kind=SourceKind.LIVE, detail="TCP"),
            "2026-01-02T03:04:01Z",
            "a connected unit, read at 2026",
        ),
        (
            Source(kind=SourceKind.BUGREPORT, taken="2018-05-10 20:50:17"),
            None,
            "a bug report of 2018-05-10 20:50:17, by the unit's clock",
        ),
        (Source(kind=SourceKind.BUGREPORT), None, "a bug report, which does not say of what time"),
        (
            Source(kind=SourceKind.FIRMWARE, what="an unpacked firmware: system"),
            None,
            "an unpacked firmware: system",
        ),
        (
            Source(kind=SourceKind.FIRMWARE, what="a tar archive: system"),
            None,
            "firmware, a tar archive: system",
        ),
        (Source(kind=SourceKind.FIRMWARE), None, "firmware"),
        (
            Source(kind=SourceKind.ANDROIDQF),
            "2026-01-02T03:04:01Z",
            "an AndroidQF acquisition, read at 2026-01-02T03:04:01Z",
        ),
        (
            Source(kind=SourceKind.FOLDER),
            None,
            "recorded outputs and files, which does not say of what time",
        ),
    ],
)
def test_what_was_judged_is_said_in_plain_words(source: Source, acquired_at: str | None, words: str) -> None:
    """Kind and time, the unit's clock where it was the unit's; no time where none was stated."""
    told = head.evidence_kind(replace(samples.NOTED, source=source, acquired_at=acquired_at))
    assert told.startswith(words)


@pytest.mark.parametrize("form", ["terminal", "plain", "html", "junit", "csv"])
@pytest.mark.parametrize("name", sorted(samples_files.FILES))
def test_nobody_takes_a_file_for_a_unit(form: str, name: str) -> None:
    """The first screen of every format for people says that firmware, a bug report or so was judged."""
    report = samples_files.FILES[name]
    text = _flat(render(form, [report], replace(OPTIONS, width=100)))
    kind = {"image": "firmware", "bugreport": "bug report", "indicated": "AndroidQF"}[name]
    assert kind.casefold() in text[: text.index("Registers" if name != "indicated" else "BadWare")].casefold()


def test_the_path_is_told_once_and_how_it_was_read_is_not_the_head() -> None:
    """The rows say kind, path and the rest apart, however the path is spelt."""
    source = Source(
        kind=SourceKind.FIRMWARE, path="a; b", what="an X: system", detail="a; b; an X: system; left out: c"
    )
    rows = dict(head.head_rows(replace(samples.NOTED, source=source)))
    assert (rows["Evidence"], rows["Read from"], rows["How"]) == (
        "firmware, an X: system",
        "a; b",
        "left out: c",
    )


# long lists


def test_a_long_list_of_addresses_is_counted_and_its_file_named_once() -> None:
    """Three of thirty, each with its byte, one file, the number of the rest; gate and signer stay."""
    lines = evidence.short(_CLIENT)
    told = [line for line in lines if line.startswith("address in its code")]
    assert told[0] == "address in its code: http://zzhc.vnet.cn at byte 152"
    assert len(told) == evidence.MOST_ALIKE
    assert sum(".vdex" in line for line in lines) == 1
    assert any(line.startswith("gate: ") for line in lines)
    assert lines[-1] == "27 more with -v"
    assert len(evidence.whole(_CLIENT)) == len(_CLIENT.evidence)


def test_of_too_much_the_telling_lines_stay() -> None:
    """A user's state goes before an address, and nothing that goes is uncounted."""
    users = tuple(Evidence(what=f"user {n}", value="installed", origin="pm") for n in range(3))
    kinds = tuple(
        Evidence(what=f"kind {n} of thing", value=str(n), origin="x") for n in range(evidence.MOST_LINES)
    )
    lines = evidence.short(replace(_CLIENT, evidence=(*users, *kinds)))
    assert not any(line.startswith("user") for line in lines)
    assert lines[-1] == "3 more with -v"


@pytest.mark.parametrize("name", sorted(samples_files.FILES))
def test_a_page_and_json_leave_out_no_evidence(name: str) -> None:
    """What is folded away on the page is in it all the same."""
    report = samples_files.FILES[name]
    page, data = read_page(render("html", [report], SHOWN)).text, render("json", [report], SHOWN)
    for finding in report.findings:
        for one in finding.evidence:
            assert one.value in page
            assert one.origin in page
            assert one.origin in data
    for flow in report.flows or ():
        assert flow.to in page
        assert flow.to in data


@pytest.mark.parametrize("form", ["terminal", "plain"])
def test_dozens_of_gaps_are_few_lines(form: str) -> None:
    """The reasons are told by the first few and a number, among the findings and in the coverage."""
    gaps = tuple(
        Gap(topic=Topic.PACKAGES, reason=f"File {n} was cut.", fix="Again.", origin=f"f{n}")
        for n in range(60)
    )
    coverage = (Coverage(topic="packages", reach=Reach.PARTLY, count=3, gaps=gaps),)
    text = render(form, [replace(samples.NOTED, coverage=coverage)], OPTIONS)
    assert "File 0 was cut. File 1 was cut. and 58 more" in _flat(text)
    assert text.count("Again.") == 1
    assert text.count("was cut") == 2


def test_a_cell_holds_no_more_than_a_spreadsheet_takes() -> None:
    """Beyond what Excel shows of a cell the lines are counted, not cut in silence."""
    many = tuple(Evidence(what="path", value="x" * 100, origin=str(n)) for n in range(1000))
    text = render("csv", [replace(samples_files.IMAGE, findings=(replace(_CLIENT, evidence=many),))], SHOWN)
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert max(map(len, cells)) < 32_767
    assert any(re.search(r"and \d+ more$", cell) for cell in cells)


@pytest.mark.parametrize("form", ["terminal", "plain"])
def test_the_one_text_of_a_bug_report_is_named_once(form: str) -> None:
    """Places are told by their section; --verbose has them whole."""
    name = "bugreport-one-ONE.1-2024-02-03-04-05-06.txt"
    assert _flat(render(form, [samples_files.BUGREPORT], OPTIONS)).count(name) == 1
    assert render(form, [samples_files.BUGREPORT], replace(SHOWN, width=200)).count(f"{name} > ") > 3


# contacts


@pytest.mark.parametrize("form", ["terminal", "plain", "html"])
def test_contacts_claim_no_more_than_was_seen(form: str) -> None:
    """A socket says nothing of what was sent; a shared UID is nobody's alone; a log is a program's word."""
    text = render(form, [samples_files.BUGREPORT], OPTIONS)
    told = _flat(read_page(text).text if form == "html" else text)
    told = told[told.casefold().index("contacts that were seen") :]
    assert "does not say that anything was sent" in told
    assert "uid 1001 (no package's alone)" in told
    assert "203.0.113.5:80" in told
    assert "this is what a program said it did" in told.casefold()
    assert "http://zzhc.vnet.cn/reg" in told
    assert "IMEI, by its name only" in told
    assert "of 2024-02-03 04:05:06" in told


@pytest.mark.parametrize("count", [1000, pytest.param(5000, marks=pytest.mark.slow)])  # which takes seconds
def test_contacts_are_bounded_where_people_read_and_whole_where_they_ask(count: int) -> None:
    """Thousands of contacts are a few lines at a terminal; --verbose, page and JSON have every one."""
    flows = tuple(
        Flow(
            who=f"a.b{n % 50}",
            what=FlowKind.CONNECT,
            to=f"198.51.{n // 250}.{n % 250}:443",
            cleartext=None,
            via="ss",
        )
        for n in range(count)
    )
    report = replace(samples.NOTED, flows=flows)
    for form in ("terminal", "plain"):
        text = render(form, [report], OPTIONS)
        assert len(text.splitlines()) < 110
        assert str(count) in text
        assert re.search(r"and \d+ more", text)
    for form, options in (("terminal", SHOWN), ("plain", SHOWN), ("html", OPTIONS), ("json", OPTIONS)):
        text = render(form, [report], options)
        assert all(flow.to in text for flow in flows[::97]), form


@pytest.mark.parametrize("form", ["terminal", "plain", "html"])
@pytest.mark.parametrize("flows", [None, ()])
def test_no_contacts_no_table(form: str, flows: tuple[Flow, ...] | None) -> None:
    """Where nobody watched, or nothing was seen, the coverage says which; there is no empty table."""
    text = render(form, [replace(samples.NOTED, flows=flows)], OPTIONS)
    assert "contacts that were seen" not in text.casefold()


@pytest.mark.parametrize(
    ("cleartext", "word", "cell"),
    [(True, ", in cleartext", "yes"), (False, ", encrypted", "no"), (None, "", "cannot be told")],
)
def test_cleartext_is_only_said_where_it_is_known(word: str, cell: str, *, cleartext: bool | None) -> None:
    """None is no word at all on a line, and "cannot be told" in the table."""
    flow = Flow(who="", what=FlowKind.TLS, to="h.example", cleartext=cleartext, via="wire", at_ms=7)
    [seen] = contacts.seen(replace(samples.NOTED, flows=(flow,)))
    assert contacts.line(seen.contacts[0]) == f"h.example, TLS connection{word}"
    assert (seen.contacts[0].cleartext, seen.contacts[0].when) == (cell, "7 ms")


# hostile text


def _everywhere(text: str, of: Report = samples_files.BUGREPORT) -> Report:
    return with_texts(replace(of, coverage=samples_files.IMAGE.coverage), lambda _: text)


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"json"}))
# twenty thousand in every field is a page of megabytes, which takes its time to break into lines
@pytest.mark.parametrize("text", [*_HOSTILE, pytest.param("x" * 20_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("of", [samples_files.BUGREPORT, samples_flows.WATCHED], ids=["read", "watched"])
def test_hostile_text_reaches_no_reader_from_any_field(
    form: str, text: str, of: Report, *, verbose: bool
) -> None:
    """Whatever field it came in by: no escape, nothing that reorders, no element, no forged line or cell."""
    told = render(form, [_everywhere(text, of)] * 2, replace(OPTIONS, reveal=True, verbose=verbose))
    unsafe = {c for c in told if unicodedata.category(c) in {"Cc", "Cf", "Cs"}} - {"\n", "\r"}
    assert not unsafe
    if form == "html":
        page = read_page(told)
        assert not {"script", "img"} & set(page.tags)
        assert not any(name.startswith("on") for name, _ in page.attributes)
    elif form == "junit":
        assert list(junitparser.JUnitXml.fromstring(told.encode()))
    elif form == "csv":
        for row in csv.reader(io.StringIO(told)):
            assert all("\n" not in cell for cell in row)
            assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in row)
    else:
        assert not any(line.startswith("FAIL: no such") for line in told.splitlines())


def test_json_keeps_what_was_read_in_escapes() -> None:
    """A program gets the text as it is; an escape character is written as JSON writes it."""
    text = render("json", [_everywhere(_HOSTILE[0])], SHOWN)
    assert "\x1b" not in text
    assert "\\u001b" in text
