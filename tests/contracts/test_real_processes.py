"""Processes hooked for real, from the agents' messages to what the audit says of the unit."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.model.flows import Attribution, Caught, Certainty, Flow, FlowKind, Stage
from audit.model.report import Decision, Report
from tests.agents import clients, running, servers
from tests.contracts.recorded import CLIENT, ICCID, IMEI, contacts, judged, of_client, of_messages, written

pytestmark = pytest.mark.peer

NAME = "client.example"
OTHER = "490154203237518"
"""Another phone's IMEI, its check digit right: not this unit's."""
UID = 1001


@pytest.fixture
def server() -> Iterator[servers.Server]:
    """A server on loopback."""
    with servers.serving() as server:
        yield server


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of NAME."""
    return servers.certificate(tmp_path_factory.mktemp("tls"), NAME)


@pytest.fixture
def secure(pem: Path) -> Iterator[servers.Server]:
    """A server on loopback that speaks TLS as NAME."""
    with servers.serving(pem) as server:
        yield server


@pytest.fixture
def asked(encrypted: bool, pem: Path) -> Iterator[servers.Server]:
    """One of the two."""
    with servers.serving(pem if encrypted else None) as asked:
        yield asked


def report_of(seen: running.Watched, name: str = CLIENT) -> Report:
    """The report on the unit of 2018 where this was its client's process, beside its snapshot."""
    assert seen.errors == []
    messages = [({"type": "send", "payload": one.payload}, one.blob) for one in list(seen.messages)]
    introduced = {"kind": "process", "pid": seen.pid, "name": name, "uid": UID, "packages": [CLIENT]}
    return judged(of_messages(seen.pid, messages, introduced))


def complete(flow: Flow) -> None:
    """What every contact over a connection tells, however it was made."""
    assert (flow.ip, flow.transport, flow.pid is not None) == ("127.0.0.1", "tcp", True), flow
    assert flow.port
    assert flow.url or flow.sni, flow
    assert flow.cleartext is (not flow.sni), flow
    assert flow.caller, flow
    assert (flow.who, flow.attribution is not Attribution.NONE) == (CLIENT, True)


def requests(report: Report) -> list[Flow]:
    """Those that are requests."""
    return [flow for flow in contacts(report) if flow.what is FlowKind.HTTP]


def exact(flow: Flow) -> set[str]:
    """Kinds of the unit's own identifiers in it."""
    return {one.kind.value for one in flow.identifiers if one.certainty is Certainty.EXACT}


def nothing_leaks(report: Report) -> None:
    """No identifier stands in any format of the report."""
    for name, text in written(report).items():
        for value in (IMEI, ICCID, OTHER):
            assert value not in text, (name, value)


PYTHON = """
import ssl, sys, urllib.request as u
url, cafile, body = sys.argv[1:]
context = ssl.create_default_context(cafile=cafile) if cafile else None
print(u.urlopen(u.Request(url, body.encode()), context=context).status)
"""


@pytest.mark.parametrize("agents", [("native",), ("native", "java")])
@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("program", ["python", "curl"])
def test_a_post_is_one_request_with_all_that_is_to_be_known(
    program: str,
    *,
    encrypted: bool,
    agents: tuple[str, ...],
    asked: servers.Server,
    pem: Path,
) -> None:
    """Host, address, port, URL and name, cleartext, caller: once, also with both agents in the process."""
    url = f"{'https' if encrypted else 'http'}://localhost:{asked.port}/register"
    body = f"imei={IMEI}"
    if program == "python":
        words = [sys.executable, "-c", PYTHON, url, str(pem) if encrypted else "", body]
    else:
        words = [clients.program("curl"), "-s", "--http1.1", "--cacert", str(pem), "-d", body, url]
    with running.spawned(words, agents) as seen:
        seen.wait_end()
    assert [request.body.decode() for request in asked.requests] == [body]
    report = report_of(seen)
    (flow,) = requests(report)
    complete(flow)
    assert (flow.url, flow.host, flow.port) == (url, "localhost", asked.port)
    assert (flow.sni, flow.cleartext) == (("localhost", False) if encrypted else ("", True))
    assert (flow.stage, exact(flow)) == (Stage.IDENTIFIED, {"imei"})
    tcp = [one for one in contacts(report) if one.ip and one is not flow]
    assert not [one for one in tcp if one.stage is not Stage.ATTEMPTED], "told twice"
    words_ = of_client(report).message
    assert f"sent this unit's IMEI to localhost:{asked.port} (127.0.0.1 port {asked.port}" in words_
    assert ("encrypted" if encrypted else "in cleartext") in words_
    assert report.verdict.decision is Decision.FAIL
    nothing_leaks(report)


@pytest.mark.parametrize("both", [False, True], ids=["native", "both agents"])
def test_a_jvm_is_seen_once_and_pinned_by_its_stack(
    both: bool, tmp_path: Path, server: servers.Server
) -> None:
    """The client of 2019 on OpenJDK, whose base64 JSON holds IMEI and ICCID, inside the phone's process."""
    classpath = clients.jars(clients.APACHE)
    classes = clients.compiled(tmp_path, classpath, "com/qualcomm")
    words = clients.java(f"{CLIENT}.RegistrationTask", classes, classpath, f"http://127.0.0.1:{server.port}/")
    agents = ("native", "java") if both else ("native",)
    with clients.waiting(words) as process, running.attached(process.pid, agents) as seen:
        process.go()
        process.end()
        seen.wait_end()
    report = report_of(seen, "com.android.phone")
    (flow,) = requests(report)
    assert (flow.url, flow.ip, flow.port) == (f"http://127.0.0.1:{server.port}/", "127.0.0.1", server.port)
    assert (flow.cleartext, flow.stage, exact(flow)) == (True, Stage.IDENTIFIED, {"imei", "iccid"})
    assert flow.caller
    if both:
        assert (flow.who, flow.attribution) == (CLIENT, Attribution.STACK)
        assert of_client(report).level == "identifier-transmitted"
    else:  # native code alone does not say whose Java it was
        assert (flow.who, flow.attribution) == ("uid 1001", Attribution.SHARED_UID)
        assert of_client(report).level == "armed"
    nothing_leaks(report)


def test_java_and_its_native_calls_are_told_once(tmp_path: Path, server: servers.Server) -> None:
    """Three requests by HttpURLConnection and OkHttp are three, and one that was refused is one."""
    classpath = clients.jars(clients.OKHTTP)
    classes = clients.compiled(tmp_path, classpath, "com/example/Web.java")
    url = f"http://127.0.0.1:{server.port}/"
    words = clients.java("com.example.Web", classes, classpath, url)
    with clients.waiting(words) as process, running.attached(process.pid, ("native", "java")) as seen:
        process.go()
        process.end()
        seen.wait_end()
    assert len(server.requests) == 3
    report = report_of(seen)
    found = requests(report)
    assert [flow.url for flow in found] == [url + path for path in ("url", "form", "own")]
    for flow in found:
        complete(flow)
    assert [exact(flow) for flow in found] == [set(), {"imei"}, set()]
    assert [flow.stage for flow in found] == [Stage.TRANSMITTED, Stage.IDENTIFIED, Stage.TRANSMITTED]
    assert [c.certainty for c in found[0].identifiers] == [Certainty.MEDIUM], "an IMSI that is not the unit's"
    (refused,) = [flow for flow in contacts(report) if flow.port == 1]
    assert refused.stage is Stage.ATTEMPTED


@pytest.mark.parametrize("library", ["boringssl", "openssl"])
def test_a_tls_library_is_seen_through(library: str, secure: servers.Server) -> None:
    """Connected before the agent came: its plaintext, its name, the address of its connection."""
    if library == "boringssl":
        words = [clients.program("bssl-tool", "bssl"), "client", "-connect", f"127.0.0.1:{secure.port}"]
        words += ["-server-name", NAME]
        ready = b"Connected"
    else:
        words = [clients.program("openssl"), "s_client", "-connect", f"127.0.0.1:{secure.port}"]
        words += ["-servername", NAME, "-ign_eof"]
        ready = b"---"
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        try:
            assert any(line.startswith(ready) for line in client.stdout)
            with running.attached(client.pid) as seen:
                client.stdin.write(b"POST /r HTTP/1.0\r\nContent-Length: 20\r\n\r\nimei=%s" % IMEI.encode())
                client.stdin.flush()
                seen.wait_for(lambda now: IMEI.encode() in b"".join(e["blob"] for e in now.events("plain")))
                seen.wait_for(lambda now: now.events("data"))
        finally:
            client.kill()
    report = report_of(seen)
    (flow,) = requests(report)
    complete(flow)
    assert (flow.sni, flow.url) == (NAME, f"https://{NAME}:{secure.port}/r")
    assert (flow.cleartext, flow.stage, exact(flow)) == (False, Stage.IDENTIFIED, {"imei"})
    nothing_leaks(report)


DOINGS = """
import base64, gzip, json, socket, sys, urllib.request as u
port, what = int(sys.argv[1]), sys.argv[2]
made = socket.create_connection(("127.0.0.1", port)) if what == "before" else None
print("ready", flush=True); sys.stdin.readline()
imei, iccid, other = sys.argv[3:]
url = f"http://127.0.0.1:{port}/"
def head(body):
    lines = b"POST /r HTTP/1.1", b"Host: 127.0.0.1:%d" % port, b"Content-Length: %d" % len(body), b"", b""
    return b"\\r\\n".join(lines)
if what == "other":
    u.urlopen(url, b"imei=" + other.encode()).read()
elif what == "resolves":
    socket.getaddrinfo("localhost", None)
elif what == "connects":
    socket.create_connection(("127.0.0.1", port)).close()
elif what == "fails":
    socket.socket().connect_ex(("127.0.0.1", 1))
elif what == "gzip":
    data = json.dumps({"device": {"imei": imei, "sims": [{"iccid": iccid}]}}).encode()
    u.urlopen(url, base64.b64encode(gzip.compress(data))).read()
elif what == "before":
    body = b'{"imei": "%s"}' % imei.encode()
    made.sendall(head(body) + body); made.recv(100)
elif what == "udp":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("127.0.0.1", port))
print("done")
"""


def doing(what: str, port: int) -> Report:
    """The report on a client that does one thing."""
    words = [sys.executable, "-c", DOINGS, str(port), what, IMEI, ICCID, OTHER]
    with clients.waiting(words) as process, running.attached(process.pid) as seen:
        process.go()
        assert process.end().endswith("done\n")
        seen.wait_end()
    return report_of(seen)


def test_another_phones_number_is_not_this_units(server: servers.Server) -> None:
    """Its check digit is right and its field is named after it: data was sent, not this unit's IMEI."""
    report = doing("other", server.port)
    (flow,) = requests(report)
    complete(flow)
    (caught,) = flow.identifiers
    assert isinstance(caught, Caught)
    assert (caught.kind.value, caught.certainty) == ("imei", Certainty.HIGH)
    assert flow.stage is Stage.TRANSMITTED
    found = of_client(report)
    assert found.level == "transmitted"
    assert f"It sent data to 127.0.0.1:{server.port}" in found.message
    for name, text in written(report).items():
        assert not re.search(r"sent\s+this\s+unit", text), name
        assert "identifier-transmitted" not in text, name
    nothing_leaks(report)


@pytest.mark.parametrize(
    ("what", "kinds", "says"),
    [
        ("resolves", {FlowKind.DNS}, "It asked for the address of localhost"),
        ("connects", {FlowKind.CONNECT}, "It opened or tried a connection to 127.0.0.1:{port}"),
        ("fails", {FlowKind.CONNECT}, "It opened or tried a connection to 127.0.0.1:1"),
    ],
)
def test_less_than_sending_is_an_attempt(
    what: str, kinds: set[FlowKind], says: str, server: servers.Server
) -> None:
    """A name asked for, a connection opened or refused: said as such, and no word of data."""
    report = doing(what, server.port)
    flows = contacts(report)
    assert {flow.what for flow in flows} == kinds
    assert {flow.stage for flow in flows} == {Stage.ATTEMPTED}
    assert all(flow.caller and flow.who == CLIENT for flow in flows)
    found = of_client(report)
    assert found.level == "attempted"
    assert says.format(port=server.port) in found.message
    assert "sent" not in found.message


def test_a_socket_of_udp_that_sends_nothing_is_no_contact(server: servers.Server) -> None:
    """Resolvers connect one to sort addresses (RFC 6724)."""
    report = doing("udp", server.port)
    assert contacts(report) == ()
    assert of_client(report).level == "armed"
    assert "which does not prove that it makes none" in of_client(report).message


def test_what_is_packed_twice_is_found(server: servers.Server) -> None:
    """Gzip inside base64: both numbers, exact, and the way to them."""
    report = doing("gzip", server.port)
    (flow,) = requests(report)
    complete(flow)
    assert (flow.stage, exact(flow)) == (Stage.IDENTIFIED, {"imei", "iccid"})
    assert {one.where for one in flow.identifiers} == {"body > base64 > gzip > json"}
    nothing_leaks(report)


def test_a_connection_from_before_the_hook_is_known_by_its_bytes(server: servers.Server) -> None:
    """Nobody saw it opened: its peer is asked of the kernel, its URL is in what is sent."""
    report = doing("before", server.port)
    (flow,) = requests(report)
    complete(flow)
    assert flow.url == f"http://127.0.0.1:{server.port}/r"
    assert (flow.stage, exact(flow)) == (Stage.IDENTIFIED, {"imei"})
    nothing_leaks(report)
