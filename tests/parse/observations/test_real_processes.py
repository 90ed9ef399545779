from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.hooks.messages import AgentReader
from audit.model.facts import Package
from audit.model.flows import Attribution, Certainty, Flow, FlowKind, IdentifierKind, OwnIdentifier, Stage
from audit.parse.observations.lines import Recorder
from audit.parse.observations.read import read_observations
from tests.agents import clients, running, servers
from tests.agents.test_java import CLIENT
from tests.agents.test_native import NAME, POST
from tests.parse.observations.house import KEY, artifact

pytestmark = pytest.mark.peer

_IMEI, _ICCID = "356938035643809", "89860318760123456789"
_KNOWN = tuple(
    OwnIdentifier(kind=kind, value=value, origin="the unit")
    for kind, value in ((IdentifierKind.IMEI, _IMEI), (IdentifierKind.ICCID, _ICCID))
)


@pytest.fixture
def server() -> Iterator[servers.Server]:
    """A server on loopback."""
    with servers.serving() as server:
        yield server


def _contacts(seen: running.Watched, *packages: str) -> tuple[Flow, ...]:
    """What is read of a recording of all that the agents sent."""
    recorder = Recorder(observer="frida", at="2026-11-22T08:00:00Z", what="a process", key=KEY)
    recorder.add({"kind": "process", "pid": seen.pid, "name": "a process", "packages": list(packages)})
    readers: dict[str, AgentReader] = {}
    for message in list(seen.messages):
        agent = message.payload["agent"]
        reader = readers.setdefault(agent, AgentReader(seen.pid, agent, loaded_ms=0))
        sent: dict[str, Any] = {"type": "send", "payload": message.payload}
        for told in reader.read(sent, message.blob, now_ms=60_000):
            recorder.add(told.event, told.data)
    recorder.close(at="2026-11-22T08:01:00Z", seconds=60, why="the process ended")
    known = {name: Package(name=name, uid=1001, shared_user="android.uid.phone") for name in packages}
    observed = read_observations([artifact(recorder.data())], known, _KNOWN)
    assert observed.unread == ()
    return observed.flows or ()


def _requests(flows: tuple[Flow, ...]) -> list[Flow]:
    return [flow for flow in flows if flow.what is FlowKind.HTTP]


def test_a_post_of_python_is_one_request(server: servers.Server) -> None:
    """Name, address, URL and who, of a process that knows nothing of being watched."""
    url = f"http://localhost:{server.port}/register"
    with running.spawned([sys.executable, "-c", POST, url]) as seen:
        seen.wait_end()
    (request,) = _requests(_contacts(seen))
    assert (request.url, request.host_from, request.ip) == (url, "http-host", "127.0.0.1")
    assert (request.cleartext, request.who, request.truncated) == (True, "a process", False)
    assert request.stage is not Stage.ATTEMPTED


def test_a_request_of_curl_inside_tls(tmp_path: Path) -> None:
    """Its plaintext and its connection are one request, whose bytes nobody on the way could read."""
    pem = servers.certificate(tmp_path, NAME)
    with servers.serving(pem) as secure:
        url = f"https://{NAME}:{secure.port}/secret?imei={_IMEI}"
        resolve = f"{NAME}:{secure.port}:127.0.0.1"
        words = [clients.program("curl"), "-s", "--http1.1", "--cacert", str(pem), "--resolve", resolve, url]
        with running.spawned(words) as seen:
            seen.wait_end()
    (request,) = _requests(_contacts(seen))
    assert request.url == f"https://{NAME}:{secure.port}/secret?imei=<IMEI>"
    assert (request.cleartext, request.stage, request.ip) == (False, Stage.IDENTIFIED, "127.0.0.1")
    assert (request.sni, request.port) == (NAME, secure.port)


def test_a_client_like_that_of_2019_is_proven(tmp_path: Path, server: servers.Server) -> None:
    """What its class asked for and what left are one request, pinned on it within a shared process."""
    classpath = clients.jars(clients.APACHE)
    client = clients.java(CLIENT, clients.compiled(tmp_path, classpath, "com/qualcomm"), classpath)
    url = f"http://127.0.0.1:{server.port}/"
    with (
        clients.waiting([*client, url]) as process,
        running.attached(process.pid, ("native", "java")) as seen,
    ):
        process.go()
        process.end()
        seen.wait_end()
    package = CLIENT.rpartition(".")[0]
    (request,) = _requests(_contacts(seen, "com.android.phone", package))
    assert (request.who, request.attribution) == (package, Attribution.STACK)
    assert (request.stage, request.cleartext, request.url) == (Stage.IDENTIFIED, True, url)
    exact = {one.kind for one in request.identifiers if one.certainty is Certainty.EXACT}
    assert exact == {IdentifierKind.IMEI, IdentifierKind.ICCID}
