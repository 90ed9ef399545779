"""Judging what was kept: the same verdict whenever and however it is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.model.evidence import Artifact, Kind, Snapshot
from audit.model.report import Decision, Expectation
from audit.observe.imports import read_capture
from audit.pipeline import audit_snapshot
from audit.sources import open_source, saved
from tests.build import pcap
from tests.contracts.kept import KEPT, RULEBOOK
from tests.contracts.recorded import AT, CLIENT, IMEI, KEY, recording, unit, written
from tests.observe.imports.reading import UNIT, exchange
from tests.parse.observations.house import came, connect, dns, out, post, process

PROJECT = Path(__file__).parents[2]
LATER = "2026-01-01T23:59:59Z"
"""The same day: how old a patch is, is told in days."""
CHINA = "219.141.189.20"
BODY = b'{"imei":"%s"}' % IMEI.encode()
EVENTS = (
    process("com.android.phone", "com.android.phone", CLIENT, uid=1001),
    dns("zzhc.vnet.cn", CHINA),
    connect(ip=CHINA, stack=[f"{CLIENT}.Task.run(Task.java:1)"]),
    out(post(BODY)),
    came(b"HTTP/1.1 200 OK\r\n\r\n"),
    connect(conn="2", ip="2001:db8::7", port=443),
    {"kind": "sms", "api": "sendDataMessage", "to": "10690329", "port": 50000, "pid": 7, "size": 4},
    {"kind": "identifier", "api": "getDeviceId", "value": IMEI, "pid": 7},
    {"kind": "trouble", "where": "an agent", "what": "something"},
)


def watched() -> Snapshot:
    """The unit of 2018 with a recording of hooks and one of a capture."""
    found = unit("incident-2019")
    made = tuple(
        Artifact(kind=Kind.OBSERVATIONS, origin=observer, data=recording(*EVENTS, observer=observer))
        for observer in ("frida", "pcap")
    )
    return replace(found, artifacts=(*found.artifacts, *made))


def judge(*words: str | Path, home: Path, seed: str = "0") -> tuple[int, dict[str, Any], str]:
    """Exit code, report and words of ``adb-audit judge`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "from audit.cli.main import main; main()", "judge", *map(str, words),
         "--market", "NO", "--format", "json"],
        capture_output=True, text=True, timeout=60, check=False, cwd=PROJECT,
        env={"PATH": os.defpath, "HOME": str(home), "PYTHONHASHSEED": seed},
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def test_kept_and_judged_again_nothing_changes_but_the_time(tmp_path: Path) -> None:
    """In every format, from a file, whatever the seed of the hashes; evidence does not say the key aloud."""
    snapshot = watched()
    kept = tmp_path / "unit.json.gz"
    saved.save(snapshot, kept)
    assert saved.load(kept) == snapshot
    first = audit_snapshot(snapshot, RULEBOOK, Expectation(market="NO"), judged_at=AT)
    again = audit_snapshot(saved.load(kept), RULEBOOK, Expectation(market="NO"), judged_at=LATER)
    assert first.verdict.decision is Decision.FAIL
    assert replace(again, judged_at=AT) == first
    texts = written(first)
    for name, text in written(replace(again, judged_at=AT)).items():
        assert text == texts[name], name
        assert KEY.hex() not in text
    reports = [judge(kept, home=tmp_path, seed=seed) for seed in ("1", "2")]
    assert [code for code, _, _ in reports] == [3, 3]
    one, other = ({**report, "judged_at": ""} for _, report, _ in reports)
    assert one == other
    ours = json.loads(written(first, reveal=False)["json"])
    for name in ("verdict", "flows", "watches", "coverage", "snapshot_sha256", "rulebook_sha256"):
        assert one[name] == ours[name], name
    drop = {"limits", "findings"}  # which speak of how old a patch is on the day of the judgement
    assert one.keys() - drop == ours.keys() - drop
    clients = [[f for f in r["findings"] if f["check"] == "client-market"] for r in (one, ours)]
    assert clients[0] == clients[1]


FRAMES = exchange(post(BODY), b"HTTP/1.1 200 OK\r\n\r\n")


_SLOW = ("androidqf", "androidqf zip", "bugreport text")
"""Ways to keep a unit that are read as in test_every_source.py; a capture beside them is the same."""


@pytest.mark.parametrize(
    "way", ["bugreport", "saved", *(pytest.param(way, marks=pytest.mark.slow) for way in _SLOW)]
)
def test_a_capture_beside_what_was_kept(way: str, tmp_path: Path) -> None:
    """The same contacts, exact by what the operator knows, and a client found by its server."""
    capture = tmp_path / "gateway.pcapng"
    capture.write_bytes(pcap.pcapng(FRAMES, writer="dumpcap"))
    place = KEPT[way](unit("clean-global"), tmp_path)
    beside = ("--capture", capture, "--unit-address", UNIT, "--known", f"imei={IMEI}")
    code, report, said = judge(place, *beside, home=tmp_path)
    assert code == 3, said
    (flow,) = (flow for flow in report["flows"] if flow["via"] == "pcap")
    assert (flow["stage"], flow["host"]) == ("identifier-transmitted", "zzhc.vnet.cn")
    assert any("sent this unit's IMEI to zzhc.vnet.cn" in reason for reason in report["verdict"]["because"])
    assert IMEI not in json.dumps(report)


def test_a_capture_without_the_unit_s_address_says_so(tmp_path: Path) -> None:
    """Another unit's packets are no contacts of this one, and their absence proves nothing."""
    capture = tmp_path / "gateway.pcap"
    capture.write_bytes(pcap.pcap(FRAMES))
    place = KEPT["saved"](unit("clean-global"), tmp_path)
    code, report, said = judge(place, "--capture", capture, "--unit-address", "192.168.9.9", home=tmp_path)
    assert code == 5, said
    assert report["flows"] == []
    assert any("no packet is from or to the address" in reason for reason in report["verdict"]["because"])


SOCKETS = (
    "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
    "tcp ESTAB 0 0 {own}:40001 142.250.74.106:443 uid:10001 ino:1 sk:1\n"
)


@pytest.mark.parametrize(("own", "another"), [(UNIT, False), ("10.0.0.7", True)])
def test_a_capture_of_another_unit_is_said(own: str, another: bool, tmp_path: Path) -> None:
    """The unit told its own address, and the capture's only one is, or is not, that."""
    path = tmp_path / "gateway.pcap"
    path.write_bytes(pcap.pcap(FRAMES))
    made = read_capture(path, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), key=KEY, addresses=())
    sockets = Artifact(kind=Kind.SOCKET_DETAILS, origin="ss", data=SOCKETS.format(own=own).encode())
    snapshot = unit("clean-global")
    whole = replace(snapshot, artifacts=(*snapshot.artifacts, sockets, *made))
    report = audit_snapshot(whole, RULEBOOK, Expectation(market="NO"), judged_at=AT)
    (row,) = (row for row in report.coverage if row.topic == "flows")
    said = any("The capture may be of another unit" in gap.reason for gap in row.gaps)
    assert said is another


def test_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    """By name, with what to do, before anything is judged."""
    place = KEPT["saved"](unit("clean-global"), tmp_path)
    assert open_source(place).artifacts
    code, report, said = judge(place, "--capture", place, home=tmp_path)
    assert (code, report) == (5, {})
    assert str(place) in said
    assert "fix:" in said
