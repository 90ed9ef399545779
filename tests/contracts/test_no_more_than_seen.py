"""What the audit says of contacts, where evidence contradicts itself or merely resembles a client's."""

from __future__ import annotations

import ipaddress
import random
import re
from typing import Any

import pytest

from audit.model.destinations import CountryReading, Dataset, Destination
from audit.model.flows import Certainty, Flow, Stage
from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Report
from tests.contracts.recorded import CLIENT, IMEI, Given, contacts, judged, of_client, recording, written
from tests.parse.observations.house import came, connect, dns, out, post, process
from tests.parse.wire.writers import client_hello, records

CHINA, SINGAPORE, HERE = "219.141.189.20", "13.228.0.1", "192.168.1.9"
PHONE = "com.android.phone"
OWN = process(CLIENT, CLIENT, uid=1001)
SHARED = process(PHONE, PHONE, CLIENT, uid=1001)
OTHER_UID = 10_999
BODY = b'{"imei":"%s"}' % IMEI.encode()
SENT = out(post(BODY))
LIBRARY = {"kind": "http", "api": "URL.openConnection", "url": "http://a.example/", "pid": 7}


class Atlas:
    """Two datasets that know where three addresses are."""

    datasets = tuple(
        Dataset(name=n, title=n, kind="country", published="2026-01-01", attribution="", sha256="")
        for n in ("one", "two")
    )

    def address(self, ip: str) -> Destination | None:
        """China, Singapore, or nowhere."""
        if ipaddress.ip_address(ip).is_private:
            return Destination(ip=ip, scope="private")
        country = {CHINA: "CN", SINGAPORE: "SG"}[ip]
        readings = tuple(CountryReading(dataset=n, country=country) for n in ("one", "two"))
        return Destination(ip=ip, scope="global", countries=readings)

    def domain(self, host: str) -> str:
        """Not asked for here."""
        return host


def report(*events: Given, name: str = "incident-2019", **changes: Any) -> Report:  # noqa: ANN401
    """The report on a unit where this was recorded."""
    return judged(recording(*events, **changes), name=name, atlas=Atlas())


def only(report_: Report) -> Flow:
    """Its one contact."""
    (flow,) = (f for via in ("frida", "pcap", "sink") for f in contacts(report_, via))
    return flow


def finding(report_: Report, check: str) -> Finding:
    """The one of a check."""
    (found,) = (f for f in report_.findings if f.check == check)
    return found


def test_bytes_count_more_than_what_a_library_called_the_address() -> None:
    """The agent names evil.cn; the request says good.example."""
    told = report(OWN, connect(ip=SINGAPORE, host="evil.cn"), out(post(BODY, host="good.example")))
    assert (only(told).host, only(told).host_from) == ("good.example", "http-host")
    assert "evil.cn" not in of_client(told).message


def test_a_name_that_another_process_asked_for_is_not_this_ones() -> None:
    """The address is the same; who asked for the name is not."""
    other = process("com.acme", "com.acme", pid=8, uid=10_100)
    told = report(other, dns("zzhc.vnet.cn", CHINA, pid=8), OWN, connect(ip=CHINA))
    (connection,) = (flow for flow in contacts(told) if flow.ip)
    assert (connection.who, connection.host, connection.to) == (CLIENT, "", f"{CHINA}:80")
    assert "zzhc.vnet.cn" not in of_client(told).message


@pytest.mark.parametrize(
    ("events", "observer"),
    [
        ([OWN, connect(ip=HERE), SENT], "frida"),
        ([connect(ip=HERE, pid=None), out(post(BODY), pid=None)], "sink"),
    ],
    ids=["hooks", "sink"],
)
def test_a_name_spoken_to_an_address_of_the_bench_is_told_with_it(events: list[Given], observer: str) -> None:
    """The Host header names a server in China; what it was said to is a private address."""
    told = report(*events, observer=observer)
    assert (only(told).stage, only(told).ip) == (Stage.IDENTIFIED, HERE)
    said = [f for f in told.findings if "zzhc.vnet.cn" in f.message]
    assert said
    for one in said:
        assert HERE in one.message
        assert "a private address" in one.message
        assert "China (" not in one.message


@pytest.mark.parametrize(
    ("name", "ip", "country", "outcome"),
    [("zzhc.vnet.cn", SINGAPORE, "Singapore", Outcome.PASS), ("good.example", CHINA, "China", Outcome.FAIL)],
)
def test_a_country_is_that_of_the_address_not_of_the_name(
    name: str, ip: str, country: str, outcome: Outcome
) -> None:
    """A ClientHello may name anybody; the packets went to the address. A handshake alone sends no data."""
    told = report(OWN, connect(ip=ip, port=443), out(records(client_hello(name))))
    assert (only(told).sni, only(told).cleartext, only(told).stage) == (name, False, Stage.ATTEMPTED)
    assert finding(told, "destinations").outcome is outcome
    message = of_client(told).message
    assert f"{ip} port 443; in {country}" in message
    assert "sent" not in message


@pytest.mark.parametrize(
    ("events", "who"),
    [
        # whoever hooked it named the one package it was asked for
        ([process(PHONE, CLIENT, uid=1001)], "uid 1001"),
        ([process(PHONE, CLIENT)], "uid 1001"),
        ([SHARED], "uid 1001"),
        # the unit lists it under another user id
        ([process("com.evil", CLIENT, uid=OTHER_UID)], "com.evil"),
        ([process(CLIENT, CLIENT, uid=OTHER_UID)], f"uid {OTHER_UID}"),
        ([process("com.evil", "com.evil", uid=OTHER_UID)], "com.evil"),
    ],
)
def test_a_process_that_claims_a_package(events: list[Given], who: str) -> None:
    """A package is blamed only where nothing else can be meant."""
    told = report(*events, connect(ip=CHINA), SENT)
    assert only(told).who == who
    assert of_client(told).level == "armed"
    assert (
        "sent this unit's IMEI" not in of_client(told).message
        or "may have been any" in of_client(told).message
    )


@pytest.mark.parametrize(
    ("frame", "level"),
    [
        (f"{CLIENT}.Task.run(Task.java:1)", "identifier-transmitted"),
        (f"{CLIENT}x.Task.run(Task.java:1)", "armed"),
        (f"{CLIENT}_.Task.run(Task.java:1)", "armed"),
        (f"x.{CLIENT}.Task.run(Task.java:1)", "armed"),
        (f"{CLIENT.upper()}.Task.run(Task.java:1)", "armed"),
        (f"{CLIENT.rpartition('.')[0]}.Task.run(Task.java:1)", "armed"),
        (f"java.lang.{CLIENT}.run(Task.java:1)", "armed"),
        (f"lib{CLIENT}.so+0x1", "armed"),
    ],
)
def test_a_class_is_a_packages_only_by_its_whole_name(frame: str, level: str) -> None:
    """A name that resembles it proves nothing, in the process they share."""
    told = report(SHARED, connect(ip=CHINA, stack=[frame]), SENT)
    assert of_client(told).level == level
    assert only(told).who == (CLIENT if level != "armed" else "uid 1001")


def test_a_client_the_unit_does_not_have_is_no_failure_by_its_name() -> None:
    """A recording that names a package which is not on the unit asks for a person."""
    told = report(process(CLIENT, CLIENT, uid=OTHER_UID), connect(ip=CHINA), name="clean-global")
    assert finding(told, "destinations").outcome is Outcome.REVIEW
    assert "is not among the packages listed" in finding(told, "destinations").message
    assert told.verdict.decision is Decision.REVIEW


@pytest.mark.parametrize(
    "events",
    [
        [connect(ip=CHINA), out(post(b"a=b")), came(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)],
        [connect(ip=CHINA, port=9), out(b"hello, who am I?"), came(BODY)],
        [connect(ip=CHINA), out(post(b"a=b")), out(post(BODY), rc=-1)],
        [connect(ip=CHINA), out(post(b"a=b")), (LIBRARY, BODY)],
    ],
    ids=["in an answer", "in bytes that came", "in a call that failed", "in a request never seen"],
)
def test_a_number_that_did_not_leave_was_not_sent(events: list[Given]) -> None:
    """Data was sent, and this unit's IMEI was not in it."""
    told = report(OWN, *events)
    assert of_client(told).level == "transmitted"
    assert "sent this unit's" not in " ".join(written(told)["plain"].split())


@pytest.mark.parametrize(
    "body",
    [b'{"n":"7%s12"}', b'{"n":9%s}', b'{"imei":"%s00"}', b"user=0%s@nai.epc.example", b"%s%s"],
)
def test_the_unit_s_number_inside_a_longer_one_is_the_unit_s(body: bytes) -> None:
    """All its digits in a row left the unit: among random digits, 1 place in 10 to the 14th holds them."""
    numbers = (IMEI.encode(),) * body.count(b"%s")
    told = report(OWN, connect(ip=CHINA), out(post(body % numbers)))
    assert of_client(told).level == "identifier-transmitted"


@pytest.mark.parametrize(
    "number",
    [IMEI[1:], IMEI[:-2], IMEI[:7] + "9" + IMEI[8:], IMEI[::-1], IMEI[7:] + IMEI[:7]],
    ids=["without its first", "without its last two", "another digit", "backwards", "turned"],
)
@pytest.mark.parametrize("around", ["%s", "111%s111"])
def test_a_number_that_is_not_the_unit_s_is_not(number: str, around: str) -> None:
    """One digit more or less, changed or moved: somebody else's, or nobody's."""
    body = b'{"imei":"%s"}' % (around % number).encode()
    told = report(OWN, connect(ip=CHINA), out(post(body)))
    assert of_client(told).level == "transmitted"
    assert all(one.certainty is not Certainty.EXACT for one in only(told).identifiers)


def test_random_digits_hold_nobody() -> None:
    """A megabyte of them, in fields named after identifiers."""
    draw = random.Random(5)  # noqa: S311 - content, no secret
    numbers = ",".join(f'"imei{n}":"{draw.randrange(10**15):015d}"' for n in range(4_000))
    told = report(OWN, connect(ip=CHINA), out(post(f"{{{numbers}}}".encode())))
    assert of_client(told).level == "transmitted"
    found = only(told).identifiers
    assert found
    assert {one.certainty for one in found} <= {Certainty.HIGH, Certainty.MEDIUM}


def test_an_address_asked_for_as_a_name_was_asked_of_nobody() -> None:
    """Libraries resolve numbers too: no question left the process."""
    told = report(OWN, dns(CHINA, CHINA), connect(ip=CHINA))
    assert only(told).ip == CHINA
    assert "asked for the address" not in of_client(told).message


@pytest.mark.parametrize("pid", [-1, 0, 1, 10**12, "7", 1e308, None, True, [7]])
def test_a_pid_that_is_a_lie_hides_nothing(pid: object) -> None:
    """The contact is there, and nobody is blamed for it."""
    told = report(OWN, {**connect(ip=CHINA), "pid": pid}, ({**SENT[0], "pid": pid}, SENT[1]))
    assert only(told).stage is Stage.IDENTIFIED
    assert only(told).who in {"", CLIENT}
    server = finding(told, "server-contacts") if only(told).who == "" else None
    assert server is None or (server.outcome, server.subject) == (Outcome.FAIL, CLIENT)


def test_the_unit_is_accused_where_no_program_can_be() -> None:
    """A capture shows this unit's IMEI on its way to the client's server: not by whom, and it fails."""
    events = (connect(ip=CHINA, pid=None), out(post(BODY), pid=None))
    told = report(*events, observer="pcap", name="clean-global")
    assert told.verdict.decision is Decision.FAIL
    found = finding(told, "server-contacts")
    assert re.search(
        r"Something on the unit sent this unit's IMEI to zzhc\.vnet\.cn:80 .*in China", found.message
    )
    assert finding(told, "destinations").outcome is Outcome.PASS
