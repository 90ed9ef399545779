# ruff: noqa: E501  # what a unit prints is as wide as it is
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse.logcat import Request, parse_logcat
from audit.parse.masking import mask, named
from tests.build.dumpstate import BROWSER, EVENT_LOG, PHONE, SYSTEM_LOG
from tests.parse.account import assert_accounted, texts

AT = "02-03 04:00:01.000"


def test_starts_and_mentions_are_read() -> None:
    """What a process was started for, and lines that name an address; the rest is counted."""
    parsed = parse_logcat(SYSTEM_LOG)
    assert_accounted(SYSTEM_LOG, parsed)
    (start,) = parsed.value.started
    assert (start.pid, start.name, start.uid, start.why) == (
        2000,
        BROWSER,
        10020,
        "activity com.acme.browser/.Main",
    )
    assert [(m.pid, m.uid, m.text) for m in parsed.value.mentions] == [
        (2000, 10020, "Net: GET http://start.example/hello?imei=<IMEI>"),
        (1500, 1001, "Reg: sending to 203.0.113.5:80"),
    ]
    assert parsed.skipped["lines that name no address and no start"] == 1


def test_the_log_of_events_is_read() -> None:
    """am_proc_start tells the same by numbers."""
    parsed = parse_logcat(EVENT_LOG)
    assert_accounted(EVENT_LOG, parsed)
    assert [(s.pid, s.uid, s.name, s.why) for s in parsed.value.started] == [
        (2000, 10020, BROWSER, "activity com.acme.browser/.Main"),
        (1500, 1001, PHONE, "broadcast com.acme.activate/.Boot"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        f"{AT}  2000  2044 D Net     : http://a.example/",
        f"{AT} 10020  2000  2044 D Net     : http://a.example/",
        f"{AT} u0_a20  2000  2044 D Net     : http://a.example/",
        f"2024-{AT}000 +0100  2000  2044 D Net: http://a.example/",
        f"{AT} D/Net     ( 2000): http://a.example/",
    ],
)
def test_formats_of_a_line(line: str) -> None:
    """With and without user, year, microseconds and zone; the older format too."""
    (mention,) = parse_logcat(line).value.mentions
    assert (mention.pid, mention.text) == (2000, "Net: http://a.example/")
    assert mention.at.startswith(AT)


def test_an_old_start_is_read() -> None:
    """Android 4 put the numbers last."""
    line = f"{AT}  600  610 I ActivityManager: Start proc com.acme for broadcast com.acme/.B: pid=7 uid=10020 gids={{}}"
    (start,) = parse_logcat(line).value.started
    assert (start.pid, start.uid, start.why) == (7, 10020, "broadcast com.acme/.B")


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        (
            "--> POST http://a.example:8080/reg?imei=490154203237518 (12-byte body)",
            ("http://a.example:8080", True),
        ),
        ("--> GET https://A.example/", ("https://a.example", False)),
        ("GET http://a.example/", None),
        ("would --> GET http://a.example/", None),
    ],
)
def test_only_the_line_of_a_request_log_is_a_request(text: str, request_: tuple[str, bool] | None) -> None:
    """A URL in a log may be anything; this form is written when a request is sent."""
    (mention,) = parse_logcat(f"{AT}  1  2 D OkHttp: {text}").value.mentions
    found = mention.request
    assert (None if found is None else (found.to, found.cleartext)) == request_
    if found is not None and "imei" in text:
        assert found == Request(to="http://a.example:8080", cleartext=True, identifiers=("IMEI",))


def test_lines_of_no_log_are_unread_within_bounds() -> None:
    """A file of something else is told by its first lines."""
    parsed = parse_logcat("nothing\n" * 1000)
    assert 0 < len(parsed.unread) < 1000
    assert sum(parsed.skipped.values()) + len(parsed.unread) == 1000


@given(
    texts(
        (
            f"{AT}  1  2 I ",
            "ActivityManager: Start proc 1:a/u0a1 for ",
            "am_proc_start: [0,1,2,a,b,c]",
            "http://a",
        )
    )
)
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_logcat(text))


@pytest.mark.parametrize(
    ("text", "masked", "kinds"),
    [
        ("imei=490154203237518&x", "imei=<IMEI>&x", ("IMEI",)),
        ("490154203237519", "<number>", ()),
        ("460011234567890 sim 89860012345678901234", "<number> sim <ICCID>", ("ICCID",)),
        ("898600123456789012F", "<ICCID>", ("ICCID",)),
        ("A1000049ABCDEF and 02:00:5e:10:00:01", "<MEID> and <MAC>", ("MEID", "MAC")),
        ("call +4712345678 at 1522440000000", "call <phone number> at 1522440000000", ("phone number",)),
        ("10.0.0.1:443 in 12345 ms", "10.0.0.1:443 in 12345 ms", ()),
    ],
)
def test_identifiers_become_what_they_are(text: str, masked: str, kinds: tuple[str, ...]) -> None:
    """Their values are nobody's business, their kind is what matters."""
    assert mask(text) == (masked, kinds)


@given(st.text(), st.integers(10**13, 10**20 - 1), st.text())
def test_no_long_number_survives(before: str, number: int, after: str) -> None:
    """Whatever stands around it, 14 to 20 digits are masked or part of an even longer number."""
    shown, _ = mask(f"{before} {number} {after}")
    assert str(number) not in shown


def test_identifiers_are_known_by_name() -> None:
    """A word of a parameter tells what is sent, when its value is hidden."""
    assert named("a?IMEI=x&iccid=y&time=1") == ("IMEI", "ICCID")
    assert named("timeient") == ()


def test_what_a_known_client_says_of_itself_is_told_whatever_it_is() -> None:
    """Its lines name no address: that it answered, and what, is all the same evidence."""
    lines = (
        "05-10 20:50:17.123  1001  1500  1501 I RegistrationTask: Response: ok\n"
        "05-10 20:50:18.123  1001  1500  1501 I SomebodyElse: Response: ok\n"
    )
    (mention,) = parse_logcat(lines).value.mentions
    assert (mention.text, mention.uid, mention.pid) == ("RegistrationTask: Response: ok", 1001, 1500)
