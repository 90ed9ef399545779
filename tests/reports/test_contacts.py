from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace

import junitparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.flows import Flow, FlowKind, Stage, Watch
from audit.reports import FORMATS, Options, contacts, render, watches
from audit.reports.contact import HOW
from audit.reports.joined import WINDOW_MS, joined
from audit.reports.timeline import LANE_PX, MOST_LANES, timeline
from tests.reports import samples, samples_flows
from tests.reports.page import read_page
from tests.reports.samples_flows import AGAIN, LOOKUP, POST, SOCKETS, TRY, WATCHED

OPTIONS = Options(key=samples.KEY)
FOR_PEOPLE = ("terminal", "plain", "html")


def _flat(form: str, text: str) -> str:
    return re.sub(r"\s+", " ", read_page(text).text if form == "html" else text)


def _seen(form: str, report: object = WATCHED, *, verbose: bool = True) -> str:
    text = render(form, [report], replace(OPTIONS, verbose=verbose, width=100))  # type: ignore[list-item]  # a Report
    return _flat(form, text)


# one contact is one thing


def test_a_lookup_a_connection_and_a_request_read_as_one() -> None:
    """And the same request a minute later is the same contact, told with both times."""
    [one] = joined((LOOKUP, TRY, POST, AGAIN))
    assert one.flow == POST
    assert one.before == (LOOKUP, TRY)
    assert one.again == (AGAIN,)


@pytest.mark.parametrize(
    "changed",
    [
        replace(LOOKUP, who="com.other"),
        replace(LOOKUP, host="other.example", to="other.example"),
        replace(LOOKUP, host="other.example", to="other.example", answers=(POST.ip,)),
        replace(LOOKUP, at_ms=POST.at_ms + 1),
        replace(TRY, port=443),
        replace(TRY, ip="203.0.113.9"),
        replace(TRY, at_ms=0),
        replace(TRY, stage=Stage.TRANSMITTED),
    ],
    ids=[
        "of another process",
        "of another name",
        "of another name at the same address",
        "afterwards",
        "to another port",
        "to another address",
        "long before",
        "that sent something",
    ],
)
def test_what_is_another_contact_stays_one(changed: Flow) -> None:
    """Whose, where to and when must all agree."""
    later = replace(POST, at_ms=POST.at_ms if changed.at_ms else WINDOW_MS + 1)
    assert len(joined((changed, later))) == 2


_FLOWS = st.lists(
    st.builds(
        Flow,
        who=st.sampled_from(["", "a", "b"]),
        what=st.sampled_from(list(FlowKind)),
        to=st.sampled_from(["h.example", "203.0.113.5:80"]),
        host=st.sampled_from(["", "h.example", "i.example"]),
        ip=st.sampled_from(["", "203.0.113.5"]),
        port=st.sampled_from([None, 80, 443]),
        answers=st.sampled_from([(), ("203.0.113.5",)]),
        cleartext=st.none() | st.booleans(),
        stage=st.sampled_from(list(Stage)),
        at_ms=st.integers(0, 90_000),
    ),
    max_size=30,
)


@given(_FLOWS)
def test_every_flow_is_in_exactly_one_contact(flows: list[Flow]) -> None:
    """Nothing is dropped, nothing is told twice, and those that went furthest come first."""
    told = joined(flows)
    parts = Counter(flow for one in told for flow in (one.flow, *one.before, *one.again))
    assert parts == Counter(flows)
    assert sum(one.parts for one in told) == len(flows)
    stages = [list(Stage).index(one.flow.stage) for one in told]
    assert stages == sorted(stages, reverse=True)
    for one in told:
        assert all(step.stage is Stage.ATTEMPTED for step in one.before)


# what a witness can tell


@pytest.mark.parametrize("form", FOR_PEOPLE)
def test_each_witness_says_what_it_proves_and_what_it_lacked(form: str) -> None:
    """For how long, what it proves, what it leaves open, what was not hooked, what was lost."""
    told = _seen(form)
    for watch in WATCHED.watches:
        assert watch.what in told
        assert watch.proves in told
        assert watch.leaves_open in told
        assert all(trouble in told for trouble in watch.troubles)
        for name, why in watch.hooks_missing:
            assert f"{name} ({why})" in told
    for words in ("180 s", "ended: the time was over", "3 events lost", "4096 bytes", "17.26.0"):
        assert words in told
    assert "the recording breaks off" in told


@pytest.mark.parametrize("form", [*FOR_PEOPLE, "junit"])
@pytest.mark.parametrize("by", ["frida", "pcap", "sockets"])
def test_nothing_missing_and_nothing_lost_is_said_too(form: str, by: str) -> None:
    """Absence of events is evidence of nothing without it."""
    hooks = ("connect",) if by == "frida" else ()
    watch = Watch(by=by, what="x", origin="o", seconds=1.0, ended="the time was over", hooks=hooks)
    told = _seen(form, replace(WATCHED, watches=(watch,), flows=())).casefold()
    assert "no event lost, no byte of what was sent left unread" in told
    assert ("none is missing" if by == "frida" else "hooks nothing") in told
    assert "no contact was seen, which does not prove that none was made" in told


def test_hooks_that_nobody_named_are_not_taken_for_none_missing() -> None:
    """A recording of hooks without a word on them does not say that all were set."""
    rows = {row.label: row.text for row in watches.rows(Watch(by="frida", what="x", origin="o"))}
    assert rows["Hooked"] == "nothing"
    assert "names none" in rows["Not hooked"]


def test_two_recordings_of_one_kind_are_two_witnesses() -> None:
    """Each with what it saw itself."""
    two = tuple(Watch(by="pcap", what=name, origin=name) for name in ("a.pcap", "b.pcap"))
    flows = tuple(
        replace(POST, via="pcap", origin=f"{name} line {n}")
        for n, name in enumerate(("b.pcap", "b.pcap", "a.pcap"))
    )
    first, second = contacts.seen(replace(WATCHED, watches=two, flows=flows))
    assert (first.contacts[0].parts, second.contacts[0].parts) == (1, 2)


# what is said of a contact


@pytest.mark.parametrize("form", FOR_PEOPLE)
def test_a_contact_is_told_whole(form: str) -> None:
    """When, who, what, where to, address, country and operator apart, cleartext, identifiers, caller."""
    told = _seen(form)
    for words in (
        "1.9 s",
        "61.9 s",
        "HTTP request, 622 bytes sent, 240 bytes received",
        "http://zzhc.vnet.cn/?imei=<IMEI>",
        "219.141.189.20 port 80",
        "CN (dbip-country, tor-geoip)",
        "Chinanet (AS4134), by made-asn",
        "IMEI 3569…09 (15), exact",
        "ICCID 8947…01 (19), high",
        "cell, by its name only",
        "body > base64 > json",
        "RegistrationTask.register(RegistrationTask.java:29)",
        "HttpRequestExecutor.execute(Native Method)",
        "1.4 s name lookup: zzhc.vnet.cn: 219.141.189.20",
        "named api.acme.example (sni)",
        "cannot be told",
        "uid 1001",
        "adb-audit confirm line 40",
    ):
        assert words.replace(" ", "") in told.replace(" ", ""), words
    assert all(name in told for flow in SOCKETS for name in flow.shared)


@pytest.mark.parametrize("form", FOR_PEOPLE)
@pytest.mark.parametrize("verbose", [False, True])
def test_no_country_is_claimed_where_the_data_does_not_agree(form: str, *, verbose: bool) -> None:
    """Disputed and anycast are told with both; one dataset alone is told to be alone."""
    told = _seen(form, verbose=verbose)
    assert "disputed: CN by dbip-country, SG by tor-geoip" in told
    assert "in no one country: anycast of Example CDN; listed as US by dbip-country, CN by tor-geoip" in told
    assert "DE (tor-geoip alone)" in told
    assert "a private address" in told


@pytest.mark.parametrize("form", FOR_PEOPLE)
def test_those_that_went_furthest_come_first_with_a_shape_and_a_word(form: str) -> None:
    """Whoever sees no colour sees the same."""
    text = render(form, [WATCHED], OPTIONS)
    told = _flat(form, text[text.casefold().index("contacts that were seen") :])
    words = [f"{how.shape} {how.words}" for how in reversed(list(HOW.values()))]
    table = told[told.index("1.9 s") - 30 :] if form == "plain" else told
    assert [table.index(word) for word in words] == sorted(table.index(word) for word in words)


@pytest.mark.parametrize("form", ["terminal", "plain"])
def test_a_client_under_suspicion_is_named_first_among_those_that_share(form: str) -> None:
    """Of five packages three are named where it is brief: the client is one of them."""
    assert f"uid 1001 (shared by {samples.CLIENT}, " in _seen(form, verbose=False)


def test_a_page_has_every_time_and_place_of_a_contact_told_once() -> None:
    """What is joined in one row is in the row."""
    told = _seen("html")
    for flow in WATCHED.flows or ():
        assert flow.to in told or flow.url in told
        assert flow.origin.split(" line ")[1] in told


# attribution


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_the_makers_of_the_data_are_named_wherever_countries_are(form: str) -> None:
    """As their licences ask; and nowhere else."""
    text = re.sub(r"\s+", " ", render(form, [WATCHED], OPTIONS))
    plain = _flat(form, text)
    for dataset in WATCHED.datasets:
        assert dataset.attribution in plain
        assert dataset.published in plain
    without = render(form, [replace(WATCHED, datasets=())], OPTIONS)
    assert "DB-IP Country Lite" not in without


def test_the_page_links_the_makers() -> None:
    """CC BY 4.0 of DB-IP asks for a link."""
    page = read_page(render("html", [WATCHED], OPTIONS))
    assert ("href", "https://db-ip.com") in page.attributes
    assert ("href", "https://location.ipfire.org/") in page.attributes


# tables


def test_csv_counts_contacts_and_names_the_furthest() -> None:
    """Beside the columns there were, at the end; empty where nobody watched, 0 where nothing was seen."""
    reports = [WATCHED, replace(WATCHED, flows=()), replace(WATCHED, flows=None)]
    rows = list(csv.DictReader(io.StringIO(render("csv", reports, OPTIONS))))
    per = len(WATCHED.findings)
    watched, none, unwatched = (rows[n * per] for n in range(3))
    assert watched["contacts"] == "7"
    assert watched["furthest_contact"] == "identifiers sent"
    assert watched["furthest_to"] == "http://zzhc.vnet.cn/?imei=<IMEI> (219.141.189.20 port 80)"
    assert watched["furthest_country"] == "CN (dbip-country, tor-geoip)"
    assert watched["furthest_operator"].startswith("Chinanet")
    assert (none["contacts"], unwatched["contacts"]) == ("0", "")
    assert none["furthest_to"] == unwatched["furthest_to"] == ""
    assert list(rows[0])[:27][-1] == "snapshot_sha256"


def test_junit_tells_contacts_in_the_case_that_judges_them() -> None:
    """Or, where there is none, in the suite."""
    judged = replace(WATCHED.findings[0], check="destinations")
    text = render("junit", [replace(WATCHED, findings=(*WATCHED.findings, judged))], OPTIONS)
    suite = next(iter(junitparser.JUnitXml.fromstring(text.encode())))
    [case] = [case for case in suite if case.name == "destinations"]
    assert "identifiers sent: 1.9 s" in (case.system_out or "")
    assert "Not hooked".lower() in (case.system_out or "")
    assert text.count("identifiers sent: 1.9 s") == 1
    assert "identifiers sent: 1.9 s" in render("junit", [WATCHED], OPTIONS)


def test_json_has_every_flow() -> None:
    """Joined for people, whole for programs."""
    told = json.loads(render("json", [WATCHED], OPTIONS))
    assert len(told["flows"]) == len(WATCHED.flows or ())


# the picture of a window


def _drawn(flows: tuple[Flow, ...], seconds: float | None = 180.0) -> object:
    watch = Watch(by="frida", what="x", origin="o", seconds=seconds)
    return timeline(flows, watch, whose=lambda flow: flow.who, how=lambda flow: HOW[flow.stage].words)


@given(_FLOWS, st.none() | st.floats(0, 60))
def test_every_contact_has_a_mark_within_the_picture(flows: list[Flow], seconds: float | None) -> None:
    """Also one after the end that was stated; each process has its lane, each stage its mark."""
    drawn = timeline(
        flows,
        Watch(by="frida", what="x", origin="o", seconds=seconds),
        whose=lambda flow: flow.who,
        how=lambda flow: HOW[flow.stage].words,
    )
    if drawn is None:
        assert not any(flow.at_ms for flow in flows)
        return
    assert {lane.who for lane in drawn.lanes} == {flow.who for flow in flows}
    for lane in drawn.lanes:
        stages = {flow.stage.value for flow in flows if flow.who == lane.who}
        assert {mark.stage for mark in lane.marks} == stages
        assert all(0 <= float(mark.x.removesuffix("%")) <= 100 for mark in lane.marks)
    assert drawn.height > len(drawn.lanes) * LANE_PX


def test_a_picture_is_bounded() -> None:
    """Ten thousand contacts of a hundred processes: so many lanes, so many marks, the rest counted."""
    flows = tuple(
        replace(POST, who=f"com.p{n % 100}", at_ms=n * 17, stage=Stage.ATTEMPTED) for n in range(10_000)
    )
    drawn = timeline(
        flows,
        Watch(by="frida", what="x", origin="o", seconds=180.0),
        whose=lambda flow: flow.who,
        how=lambda flow: HOW[flow.stage].words,
    )
    assert drawn is not None
    assert len(drawn.lanes) == MOST_LANES
    assert drawn.more == 100 - MOST_LANES
    assert all(len(lane.marks) <= 401 for lane in drawn.lanes)


def test_there_is_no_picture_where_nobody_says_when() -> None:
    """A list of one moment has no time to draw."""
    assert _drawn((replace(POST, at_ms=0),)) is None


def test_the_picture_has_words_for_who_cannot_see_it() -> None:
    """A title, a description, a title for each mark, and the table beside it."""
    page = read_page(render("html", [WATCHED], OPTIONS))
    named = [value.split() for name, value in page.attributes if name == "aria-labelledby"]
    ids = {value for name, value in page.attributes if name == "id"}
    assert named
    assert all(set(names) <= ids for names in named)
    assert len(ids) == sum(1 for name, _ in page.attributes if name == "id")
    assert "1.9 s: identifiers sent: http://zzhc.vnet.cn/?imei=<IMEI>" in page.text
    assert "the table below says the same in words" in page.text
    assert samples_flows.CHINA in page.text
