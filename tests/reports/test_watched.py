"""A hooked unit whose identifiers stand wherever a unit, or whoever watches it, can put them."""

from __future__ import annotations

import functools
import json
import re

import pytest

from audit.cli.evidence import given
from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.report import Expectation, Report
from audit.parse.observations.lines import Recorder
from audit.pipeline import audit_snapshot
from audit.reports import FORMATS, Options, render
from audit.rulebook import load
from tests.reports import samples

AT = "2026-01-01T00:00:00Z"
IMEI, ICCID, MAC, SERIAL = "356938035643809", "89860318760123456789", "02005e10001f", "QX7Z1188AB"
_SPELLED = ":".join(re.findall("..", MAC))
_PRINTED = f"{IMEI[:2]}-{IMEI[2:8]}-{IMEI[8:14]}-{IMEI[14:]}"
IDENTIFIERS = (IMEI, ICCID, MAC, MAC.upper(), _SPELLED, _PRINTED, SERIAL)
_ALL = f"i={IMEI} c={ICCID} m={MAC} M={_SPELLED} p={_PRINTED} s={SERIAL}"
_JOINED = _ALL.replace(" ", "&")


def _recording() -> bytes:
    recorder = Recorder(
        observer="frida",
        at=AT,
        what=f"the processes of com.example on {SERIAL} {MAC}",
        key=b"k" * 32,
        versions={f"agent {IMEI}": MAC},
    )
    frames = [f"com.example.Sender.send({_ALL})", f"lib{MAC}.so+0x12", f"libx.so!{ICCID}"]
    recorder.add({"kind": "hooks", "pid": 7, "installed": [f"a{MAC}"], "missing": [[MAC, _ALL]]})
    recorder.add({"kind": "process", "pid": 7, "name": f"com.example:{MAC}", "uid": 10007, "packages": []})
    for at, host in enumerate((f"{IMEI}.h.example", f"x-{MAC}.h.example", f"{SERIAL}.h.example".lower())):
        recorder.add(
            {
                "kind": "dns",
                "t": at + 1,
                "pid": 7,
                "host": host,
                "answers": ["203.0.113.5"],
                "caller": frames[1],
            }
        )
    recorder.add(
        {
            "kind": "connect",
            "t": 10,
            "pid": 7,
            "conn": "c",
            "ip": "203.0.113.5",
            "port": 80,
            "transport": "tcp",
            "caller": frames[0],
            "stack": frames,
        }
    )
    request = f"GET /{MAC}/a?{_JOINED} HTTP/1.1\r\nHost: {IMEI}.h.example\r\n\r\n".encode()
    recorder.add({"kind": "data", "t": 11, "pid": 7, "conn": "c", "dir": "out"}, request)
    recorder.add(
        {
            "kind": "http",
            "t": 20,
            "pid": 7,
            "api": "java.net.URL",
            "method": "POST",
            "url": f"https://h.example/{ICCID}/?{_JOINED}#{MAC}",
            "ip": "203.0.113.6",
            "port": 443,
            "caller": frames[0],
            "stack": frames,
        }
    )
    recorder.add(
        {"kind": "sms", "t": 30, "pid": 7, "api": "sendDataMessage", "to": "10659401"}, _ALL.encode()
    )
    recorder.add({"kind": "trouble", "where": f"agent {MAC}", "what": f"could not read {_ALL}"})
    recorder.close(at=AT, seconds=60, why=f"process of {SERIAL} {MAC} ended")
    return recorder.data()


@functools.cache
def report() -> Report:
    """The unit, judged."""
    known = (f"imei={IMEI}", f"iccid={ICCID}", f"mac={MAC}")
    snapshot = Snapshot(
        unit=UnitId(serial=SERIAL),
        source=Source(kind=SourceKind.LIVE, detail="TCP"),
        acquired_at=AT,
        tool_version="0",
        artifacts=(
            *given(known),
            Artifact(kind=Kind.OBSERVATIONS, origin="adb-audit confirm", data=_recording()),
        ),
    )
    return audit_snapshot(snapshot, load(), Expectation(market="NO"), judged_at=AT)


def test_the_unit_is_seen_sending_its_identifiers() -> None:
    """What the others hold is not empty: the contacts are there, and hold exactly these."""
    caught = {
        (one.kind.value, one.certainty.value) for flow in report().flows or () for one in flow.identifiers
    }
    assert caught >= {("imei", "exact"), ("iccid", "exact"), ("mac", "exact")}
    [watch] = report().watches
    assert watch.troubles


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("verbose", [False, True])
def test_no_format_holds_an_identifier_of_a_hooked_unit(form: str, *, verbose: bool) -> None:
    """In host, URL, call, stack, name of a hook, version, trouble or ending: none whole, in no spelling."""
    text = render(form, [report()], Options(key=samples.KEY, verbose=verbose))
    flat = re.sub(r"\s+", "", text)
    for identifier in IDENTIFIERS:
        assert identifier not in text
        assert identifier.casefold() not in flat.casefold()


def test_what_is_asked_for_shows_no_more_of_what_was_sent() -> None:
    """Identifiers in a contact are their ends alone, also where identifiers are shown."""
    told = json.loads(render("json", [report()], Options(key=samples.KEY, reveal=True)))
    for flow in told["flows"]:
        for place in (flow["to"], flow["url"], flow["host"], *(one["shown"] for one in flow["identifiers"])):
            assert not any(identifier in place for identifier in (IMEI, ICCID, MAC))
