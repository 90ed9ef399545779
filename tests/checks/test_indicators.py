"""What matches an indicator, how surely, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.checks.indicators import Indicators
from audit.model.code import CodeFile, Signer
from audit.model.facts import (
    Activity,
    Did,
    Endpoint,
    EndpointKind,
    Facts,
    FileDigest,
    Package,
    Property,
    UserState,
)
from audit.model.flows import Flow, FlowKind
from audit.model.indicators import Indicator, IndicatorFile, IndicatorKind, Observable
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import Finding
from tests.checks.house import case, facts, package, rulebook

SHA = "ab" * 32
KIND = IndicatorKind


def indicator(kind: IndicatorKind, value: str, *also: Observable) -> Indicator:
    """An indicator of BadWare from bad.stix2."""
    return Indicator(kind=kind, value=value, name="BadWare", file="bad.stix2", id="indicator--1", also=also)


def book(*indicators: Indicator, **left: int) -> Rulebook:
    """A rulebook that holds these indicators."""
    file = IndicatorFile(name="bad.stix2", sha256=SHA, used=len(indicators), left=left, first_left="[x]")
    return replace(rulebook(), indicators=indicators, indicator_files=(file,))


def ask(found: Facts, *indicators: Indicator) -> list[Finding]:
    """What the check says beside its notes."""
    asked = case(found, book(*indicators))
    assert Indicators().applies(asked) == ""
    return [f for f in Indicators().ask(asked) if f.outcome is not Outcome.PASS]


def bad(*states: bool | None) -> Package:
    """com.bad with these states, a user each."""
    users = tuple(UserState(user=n, installed=state) for n, state in enumerate(states))
    return package("com.bad", users=users, paths=("/data/app/com.bad/base.apk",))


def digest(value: str, **changes: object) -> FileDigest:
    """A hashed file of com.bad."""
    values: dict[str, object] = {"path": "/data/app/com.bad/base.apk", "package": "com.bad", "origin": "l"}
    return FileDigest(**(values | {"digests": (value,)} | changes))  # type: ignore[arg-type] # test shorthand


def contact(to: str, what: FlowKind = FlowKind.CONNECT) -> Flow:
    """com.bad was seen there."""
    return Flow(who="com.bad", what=what, to=to, cleartext=False, via="netstat")


def named(value: str, kind: EndpointKind = EndpointKind.HOST) -> Endpoint:
    """com.bad's code names it."""
    return Endpoint(
        kind=kind, value=value, origin="/data/app/com.bad/base.apk > classes.dex", package="com.bad"
    )


FAIL, REVIEW = Outcome.FAIL, Outcome.REVIEW


@pytest.mark.parametrize(
    ("found", "wanted", "outcome", "words"),
    [
        (facts(bad(True)), (KIND.PACKAGE, "com.bad"), FAIL, "com.bad is installed."),
        (facts(bad(False, True)), (KIND.PACKAGE, "com.bad"), FAIL, "com.bad is installed."),
        (facts(bad(False)), (KIND.PACKAGE, "com.bad"), REVIEW, "installed for no user"),
        (facts(bad(None)), (KIND.PACKAGE, "com.bad"), REVIEW, "was not recorded"),
        (facts(bad(True)), (KIND.PACKAGE, "com.ba"), None, ""),
        (
            replace(facts(), available={"600CN": (bad(),)}),
            (KIND.PACKAGE, "com.bad"),
            REVIEW,
            "for a variant (600CN) that is not active",
        ),
        (
            facts(props={"persist.bad": Property(name="persist.bad", value="", origin="getprop")}),
            (KIND.PROPERTY, "persist.bad"),
            FAIL,
            "The property persist.bad is set.",
        ),
        (replace(facts(), digests=(digest(SHA),)), (KIND.FILE_HASH, SHA), FAIL, "has the hash"),
        (replace(facts(bad(False)), digests=(digest(SHA),)), (KIND.FILE_HASH, SHA), REVIEW, "no user"),
        (
            replace(facts(bad(True)), digests=(digest("", digests=(), certificates=(SHA,)),)),
            (KIND.CERTIFICATE, SHA),
            FAIL,
            "is signed with the certificate",
        ),
        (
            replace(
                facts(),
                code=(CodeFile(path="/a.apk", size=1, form="apk", signers=(Signer(scheme=2, sha256=SHA),)),),
            ),
            (KIND.CERTIFICATE, SHA),
            FAIL,
            "/a.apk is signed",
        ),
        (
            replace(facts(), code=(CodeFile(path="/a.apk", size=1, form="apk", sha256=SHA),)),
            (KIND.FILE_HASH, SHA),
            FAIL,
            "/a.apk has the hash",
        ),
        (
            replace(facts(), listing=frozenset({"/x/bad.apk"})),
            (KIND.FILE_NAME, "bad.apk"),
            FAIL,
            "/x/bad.apk",
        ),
        (replace(facts(), listing=frozenset({"/x/bad.apk"})), (KIND.FILE_NAME, "x"), None, ""),
        (replace(facts(), listing=frozenset({"/x/y/z"})), (KIND.FILE_PATH, "/x/y"), FAIL, "/x/y/z"),
        (replace(facts(), listing=frozenset({"/x/y/z"})), (KIND.FILE_PATH, "/x/y/z"), FAIL, "/x/y/z"),
        (replace(facts(), listing=frozenset({"/x/y-more"})), (KIND.FILE_PATH, "/x/y"), None, ""),
        (facts(bad(False)), (KIND.FILE_NAME, "base.apk"), REVIEW, "may not be installed"),
        (facts(flows=(contact("a.bad.example:443"),)), (KIND.DOMAIN, "bad.example"), FAIL, "had a socket"),
        (facts(flows=(contact("bad.example"),)), (KIND.DOMAIN, "bad.example"), FAIL, "had a socket"),
        (facts(flows=(contact("notbad.example"),)), (KIND.DOMAIN, "bad.example"), None, ""),
        (facts(flows=(contact("bad.example.org"),)), (KIND.DOMAIN, "bad.example"), None, ""),
        (
            replace(facts(flows=()), endpoints=(named("https://bad.example/x", EndpointKind.URL),)),
            (KIND.DOMAIN, "bad.example"),
            REVIEW,
            "com.bad names https://bad.example/x; no contact was seen.",
        ),
        (
            replace(facts(), endpoints=(named("bad.example:80"),)),
            (KIND.DOMAIN, "bad.example"),
            REVIEW,
            "no contact was looked for.",
        ),
        (
            replace(facts(), endpoints=(named("HTTP://Bad.example/x/", EndpointKind.URL),)),
            (KIND.URL, "http://bad.example/x"),
            REVIEW,
            "names",
        ),
        (
            replace(facts(), endpoints=(named("http://bad.example/X", EndpointKind.URL),)),
            (KIND.URL, "http://bad.example/x"),
            None,
            "",
        ),
        (
            facts(flows=(contact("[::ffff:198.51.100.7]:443"),)),
            (KIND.IP, "198.51.100.7"),
            FAIL,
            "had a socket",
        ),
        (facts(flows=(contact("198.51.100.70:80"),)), (KIND.IP, "198.51.100.7"), None, ""),
        (facts(flows=(contact("198.51.100.70:80"),)), (KIND.DOMAIN, "100.70"), None, ""),
        (facts(flows=(contact("198.51.100.70:80"),)), (KIND.DOMAIN, "198.51.100.70"), FAIL, "had a socket"),
        (facts(flows=(contact("notbad.example:80"),)), (KIND.DOMAIN, "bad.example"), None, ""),
        (
            replace(facts(), endpoints=(named("http://BAD.example:80/x/", EndpointKind.URL),)),
            (KIND.URL, "http://bad.example/x"),
            REVIEW,
            "names",
        ),
        (
            replace(facts(), endpoints=(named("https://bad.example:80/x", EndpointKind.URL),)),
            (KIND.URL, "https://bad.example/x"),
            None,
            "",
        ),
        (facts(flows=(contact("198.51.100.70:80"),)), (KIND.IP, "198.51.100.0/24"), FAIL, "had a socket"),
        (facts(flows=(contact("12345", FlowKind.SMS),)), (KIND.DOMAIN, "12345"), None, ""),
        (
            replace(
                facts(), activity=(Activity(who="bh", what=Did.RUNNING, text="u0_a1 … bh", origin="ps"),)
            ),
            (KIND.PROCESS, "bh"),
            FAIL,
            "A process bh was running.",
        ),
        (
            replace(
                facts(),
                activity=(Activity(who="com.bad:x", what=Did.STARTED, text="Start proc", origin="l"),),
            ),
            (KIND.PACKAGE, "com.bad"),
            FAIL,
            "was started",
        ),
        (
            replace(facts(), activity=(Activity(who="bh", what=Did.LOGGED, text="x", origin="logcat"),)),
            (KIND.PROCESS, "bh"),
            None,
            "",
        ),
    ],
)
def test_what_matches_and_how_surely(
    found: Facts, wanted: tuple[IndicatorKind, str], outcome: Outcome | None, words: str
) -> None:
    """What is there or was done fails; what is only named, remembered or at rest asks for a look."""
    findings = ask(found, indicator(*wanted))
    assert [f.outcome for f in findings] == ([] if outcome is None else [outcome])
    for finding in findings:
        assert words in finding.message
        assert "matches indicator" in finding.message
        assert "(BadWare) of bad.stix2" in finding.message
        assert finding.sources == ("bad.stix2", "indicator--1")
        assert finding.evidence


def test_a_pattern_joined_by_and_needs_all_of_it() -> None:
    """Half of a pattern is none, and a pattern is as sure as its least sure half."""
    both = indicator(KIND.PACKAGE, "com.bad", Observable(kind=KIND.DOMAIN, value="bad.example"))
    assert ask(facts(bad(True)), both) == []
    (finding,) = ask(replace(facts(bad(True)), endpoints=(named("bad.example"),)), both)
    assert finding.outcome is REVIEW
    (finding,) = ask(facts(bad(True), flows=(contact("bad.example"),)), both)
    assert finding.outcome is FAIL


def test_without_indicators_the_question_does_not_arise() -> None:
    """No list is not an empty list."""
    assert "--iocs" in Indicators().applies(case(facts(), rulebook()))


def test_a_note_says_what_of_a_file_was_not_looked_for() -> None:
    """The reader of a report learns how much of the operator's list was of use."""
    asked = case(facts(), book(indicator(KIND.PACKAGE, "com.bad"), revoked=2))
    (note,) = Indicators().ask(asked)
    assert note.outcome is Outcome.PASS
    assert "1 indicators of bad.stix2 were looked for." in note.message
    assert "2 patterns are not looked for: 2 revoked; the first is [x]" in note.message
    assert dict(note.facts)["sha256"] == SHA


def test_a_pass_says_what_nobody_looked_at() -> None:
    """No match among what was never read means nothing."""
    words = Indicators().passed(case(facts(), book(indicator(KIND.PACKAGE, "com.bad"))))
    assert "None of 1 indicators (bad.stix2) matches" in words
    for missing in ("files", "code and signers", "processes", "network contacts"):
        assert missing in words.partition("Not read")[2]
