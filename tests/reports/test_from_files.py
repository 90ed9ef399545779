from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from audit.model.flows import FlowKind
from audit.model.report import Expectation, Report
from audit.parse.facts import read_facts
from audit.pipeline import audit_snapshot
from audit.reports import FORMATS, Options, render
from audit.rulebook.loader import load
from audit.sources import open_source
from tests.build import dumpstate, phone_image

_CLIENT = "com.qualcomm.qti.autoregistration"
_SERIAL, _IMEI, _ICCID = "KX71QZ00421", "490154203237518", "8947080012345678901"
_MAC, _PHONE, _SSID, _OWN = "02:00:5e:10:00:1f", "+4791234567", "Larsen og co", "192.0.2.9"
_SECRETS = (_SERIAL, _IMEI, _ICCID, _MAC, _PHONE, _SSID, _OWN, "larsen@")
# what each line says goes out; the client's own process and user id
_LINES = (
    f"--> POST http://zzhc.vnet.cn/reg?imei={_IMEI}&serial={_SERIAL} http/1.1",
    f"http://zzhc.vnet.cn iccid {_ICCID} mac {_MAC} from {_OWN}:40001",
    f'http://zzhc.vnet.cn SSID="{_SSID}" msisdn={_PHONE} mail larsen@mail.example',
)


@cache
def _client_report() -> bytes:
    """The text of a bug report of a unit whose client logs all it knows."""
    client = dumpstate.Pkg(_CLIENT, 10077, None, "/system/app/AutoRegistration")
    start = f"[0,1600,10077,{_CLIENT},broadcast,{_CLIENT}/.AutoRegReceiver]"
    logged = "".join(
        f"02-03 04:00:0{n}.000 10077  1600  1644 D Reg     : {line}\n" for n, line in enumerate(_LINES, 5)
    )
    return dumpstate.Report(
        properties={**dumpstate.PROPERTIES, "ro.serialno": _SERIAL},
        packages=(*dumpstate.PACKAGES, client),
        sections={
            "SYSTEM LOG": dumpstate.SYSTEM_LOG + logged,
            "EVENT LOG": dumpstate.EVENT_LOG
            + f"02-03 03:59:02.000  1000  1297  1310 I am_proc_start: {start}\n",
            "DETAILED SOCKET STATE": dumpstate.SS.replace("uid:1001", "uid:10077"),
        },
    ).text()


def _judged(path: Path) -> Report:
    snapshot = open_source(path)
    return audit_snapshot(snapshot, load(), Expectation(market="DE"), judged_at="2026-01-02T03:04:05Z")


@pytest.fixture(scope="module")
def of_bug_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A bug report in a folder named by the unit's serial, as AndroidQF and operators name theirs."""
    folder = tmp_path_factory.mktemp("acquisitions") / _SERIAL
    folder.mkdir()
    path = folder / "bugreport.zip"
    path.write_bytes(dumpstate.archive(_client_report()))
    return _judged(path)


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("verbose", [False, True])
def test_no_identifier_of_a_bug_report_is_in_any_report_of_it(
    of_bug_report: Report, form: str, *, verbose: bool
) -> None:
    """From file to page: what the unit logged, what it is called and where it was kept stay masked."""
    text = render(form, [of_bug_report], Options(key=b"k", verbose=verbose, width=200))
    flat = re.sub(r"\s+", " ", text)
    for secret in _SECRETS:
        assert secret not in flat
        assert secret.casefold() not in flat.casefold()
    assert "zzhc.vnet.cn" in flat


def test_contacts_are_in_the_report_with_their_place_and_time(of_bug_report: Report) -> None:
    """A socket names the section it stands in; a logged request its line and the log's own time."""
    by_kind = {flow.what: flow for flow in of_bug_report.flows or ()}
    socket, request = by_kind[FlowKind.CONNECT], by_kind[FlowKind.HTTP]
    assert socket.origin.endswith("> DETAILED SOCKET STATE")
    assert socket.at == ""
    assert re.search(r"> SYSTEM LOG line \d+$", request.origin)
    assert re.fullmatch(r"02-03 04:00:0\d\.000", request.at)
    assert of_bug_report.unit.addresses == (_OWN,)
    assert of_bug_report.source.taken == "2024-02-03 04:05:06"


def test_a_client_that_logs_a_request_is_said_to_have_logged_it(of_bug_report: Report) -> None:
    """The sentence about the client has the socket and the log line apart, and no transmission."""
    [found] = [f for f in of_bug_report.findings if f.subject == _CLIENT and f.check == "client-market"]
    assert "had a socket to 203.0.113.5:80" in found.message
    assert "logged a request to http://zzhc.vnet.cn" in found.message
    assert "sent" not in found.message


def test_own_addresses_are_those_of_the_unit_alone(tmp_path: Path) -> None:
    """The near end of sockets, each once; neither loopback nor the other ends nor "any"."""
    path = tmp_path / "br.txt"
    path.write_bytes(_client_report())
    assert read_facts(open_source(path)).own_addresses == (_OWN,)


@pytest.mark.parametrize("form", ["terminal", "plain", "html"])
def test_an_image_is_never_called_a_unit_that_was_read(form: str, tmp_path: Path) -> None:
    """Firmware is said to be firmware, with its partitions, and its client to be on the image."""
    tree = phone_image.write_tree(phone_image.phone(), tmp_path / "img")
    text = re.sub(r"\s+", " ", render(form, [_judged(tree)], Options(key=b"k", width=100)))
    assert "unpacked firmware: system" in text
    assert f"{_CLIENT} is on the image" in text
    assert "is on the unit" not in text
    assert "AutoRegistration.vdex > dex 0" in text.replace("&gt;", ">")
