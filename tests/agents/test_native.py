from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents import clients, running, servers

pytestmark = pytest.mark.peer

NAME = "client.example"
POST = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], b'imei=356938035643809').status)"


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


def test_a_post_is_seen_from_the_name_to_the_last_byte(server: servers.Server) -> None:
    """Python: the name asked for, the connection, every byte on it, its end, and who called."""
    url = f"http://localhost:{server.port}/register"
    with running.spawned([sys.executable, "-c", POST, url]) as seen:
        seen.wait_end()
    running.check(seen)
    [request] = server.requests

    [dns] = [event for event in seen.events("dns") if event["host"] == "localhost"]
    assert dns["rc"] == 0
    assert "127.0.0.1" in dns["answers"]
    connect = seen.events("connect")[-1]
    assert (connect["ip"], connect["port"], connect["transport"]) == ("127.0.0.1", server.port, "tcp")
    assert (connect["rc"], connect["errno"]) == (0, 0)
    sent = [event for event in seen.events("data") if event["conn"] == connect["conn"]]
    wire = b"".join(event["blob"] for event in sent)
    assert wire.startswith(b"POST /register HTTP/1.1\r\n")
    assert wire.endswith(b"\r\n\r\n" + request.body)
    assert sum(event["size"] for event in sent) == len(wire)
    assert {(event["ip"], event["port"]) for event in sent} == {("127.0.0.1", server.port)}
    assert [event["conn"] for event in seen.events("close")] == [connect["conn"]]
    assert all("+0x" in event["caller"] for event in [dns, connect, *sent])


def test_a_connection_that_is_answered_later_and_one_that_is_refused(server: servers.Server) -> None:
    """What curl connects is "in progress" (115), and bytes prove it; a refused one has its errno (111)."""
    curl = clients.program("curl")
    with running.spawned([curl, "-s", "-d", "a=b", f"http://127.0.0.1:{server.port}/"]) as seen:
        seen.wait_end()
    running.check(seen)
    [connect] = seen.events("connect")
    assert (connect["rc"], connect["errno"]) == (-1, 115)
    assert seen.events("data")[0]["conn"] == connect["conn"]
    assert server.requests[0].body == b"a=b"

    code = "import socket; s = socket.socket(); print(s.connect_ex(('127.0.0.1', 1)))"
    with running.spawned([sys.executable, "-c", code]) as seen:
        seen.wait_end()
    running.check(seen)
    [connect] = seen.events("connect")
    assert (connect["port"], connect["rc"], connect["errno"]) == (1, -1, 111)
    assert not seen.events("data")


def test_tls_of_curl_shows_its_name_and_what_it_hides(secure: servers.Server, pem: Path) -> None:
    """The first bytes are a ClientHello with the name; the plaintext comes from the library, loaded late."""
    curl = clients.program("curl")
    url = f"https://{NAME}:{secure.port}/secret?imei=356938035643809"
    resolve = f"{NAME}:{secure.port}:127.0.0.1"
    with running.spawned([curl, "-s", "--http1.1", "--cacert", str(pem), "--resolve", resolve, url]) as seen:
        seen.wait_end()
    running.check(seen)
    assert secure.requests[0].line == "GET /secret?imei=356938035643809 HTTP/1.1"
    first = seen.events("data")[0]
    assert first["blob"][:2] == b"\x16\x03"
    assert NAME.encode() in first["blob"]
    assert not any(b"356938035643809" in event["blob"] for event in seen.events("data"))
    [plain] = seen.events("plain")
    assert plain["sni"] == NAME
    assert plain["lib"].startswith("libssl")
    assert plain["blob"].startswith(b"GET /secret?imei=356938035643809 HTTP/1.1\r\n")
    assert not dict(seen.events("hooks")[-1]["missing"]).get("SSL_write")


def test_a_client_of_boringssl_names_the_connection_of_its_plaintext(secure: servers.Server) -> None:
    """BoringSSL, the library of Android: plaintext is told with its name and the connection it goes on."""
    tool = clients.program("bssl-tool", "bssl")
    words = [tool, "client", "-connect", f"127.0.0.1:{secure.port}", "-server-name", NAME]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        try:
            # never in its first moment: a process that is still being loaded does not survive Frida
            assert any(line.startswith(b"Connected") for line in client.stdout)
            with running.attached(client.pid) as seen:
                client.stdin.write(b"GET / HTTP/1.0\r\nX-Imei: 356938035643809\r\n\r\n")
                client.stdin.flush()
                seen.wait_for(lambda now: now.events("plain"))
        finally:
            client.kill()
    running.check(seen)
    plain = seen.events("plain")[0]
    assert plain["sni"] == NAME
    assert b"X-Imei: 356938035643809" in b"".join(event["blob"] for event in seen.events("plain"))
    # connected before the agent came: its peer is asked of the kernel
    sent = seen.events("data")[0]
    assert (sent["ip"], sent["port"], sent["transport"]) == ("127.0.0.1", secure.port, "tcp")
    assert plain["conn"] == sent["conn"]


WAYS = """
import os, socket, struct, sys
port = int(sys.argv[1])
def connected():
    made = socket.create_connection(("127.0.0.1", port))
    return made
before = connected()
print("ready", flush=True); sys.stdin.readline()
before.send(b"inherited")
with connected() as s:
    s.send(b"send"); s.sendmsg([b"send", b"msg"]); os.write(s.fileno(), b"write")
    os.writev(s.fileno(), [b"wri", b"te", b"v"]); s.sendall(b"x" * 10000)
file = s.fileno()
with connected() as s:
    s.send(b"again")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.sendto(b"to one", ("127.0.0.1", port)); s.sendto(b"to two", ("127.0.0.1", port + 1))
    s.sendto(b"to one again", ("127.0.0.1", port))
one, other = socket.socketpair(); one.send(b"not of the internet")
with socket.socket(socket.AF_INET6) as s:
    s.connect(("::ffff:127.0.0.1", port)); s.send(b"mapped")
with open(os.devnull, "wb", buffering=0) as s:
    s.write(b"a file")
"""


def test_every_way_to_write_is_told_once_and_a_file_used_again_is_a_new_connection() -> None:
    """send, sendmsg, write, writev, sendto; a socket of before; mapped IPv4; nothing of files and pairs."""
    with servers.listening() as port:
        command = [sys.executable, "-c", WAYS, str(port)]
        with clients.waiting(command) as process, running.attached(process.pid) as seen:
            process.go()
            process.end()
            seen.wait_end()
    running.check(seen)
    told = [(event["transport"], event["port"] - port, event["blob"]) for event in seen.events("data")]
    assert told == [
        ("tcp", 0, b"inherited"),
        ("tcp", 0, b"send"),
        ("tcp", 0, b"sendmsg"),
        ("tcp", 0, b"write"),
        ("tcp", 0, b"writev"),
        ("tcp", 0, b"x" * 4096),
        ("tcp", 0, b"again"),
        ("udp", 0, b"to one"),
        ("udp", 1, b"to two"),
        ("udp", 0, b"to one again"),
        ("tcp", 0, b"mapped"),
    ]
    names = [event["conn"] for event in seen.events("data")]
    inherited, first, again, one, two, mapped = dict.fromkeys(names)
    assert names == [inherited, *[first] * 5, again, one, two, one, mapped]
    assert seen.events("data")[5]["size"] == 10000
    assert {event["ip"] for event in seen.events("data")} == {"127.0.0.1"}
    opened = [event["conn"] for event in seen.events("connect")]
    assert opened == [first, again, mapped]
    closed = [event["conn"] for event in seen.events("close")]
    assert closed[:5] == [first, again, one, two, mapped]


def test_what_comes_back_is_counted_where_it_is_asked_for(server: servers.Server) -> None:
    """With ``received`` the answer's size and first bytes are told, in its direction."""
    with running.spawned(
        [sys.executable, "-c", POST, f"http://127.0.0.1:{server.port}/"], config={"received": True}
    ) as seen:
        seen.wait_end()
    running.check(seen)
    came = [event for event in seen.events("data") if event["dir"] == "in"]
    assert b"".join(event["blob"] for event in came).startswith(b"HTTP/1.0 200 OK")
    assert came[0]["conn"] == seen.events("connect")[-1]["conn"]


def test_stopping_tells_what_there_was_and_takes_every_hook_out(server: servers.Server) -> None:
    """After stop() a process goes on unseen; ignored ports are not seen; a wrong setting is refused."""
    frida = running.the_frida()
    code = (
        "import sys, urllib.request as u\n"
        "print('ready', flush=True)\n"
        "for line in sys.stdin: u.urlopen(sys.argv[1]).read(); print('done', flush=True)\n"
    )
    command = [sys.executable, "-c", code, f"http://127.0.0.1:{server.port}/"]
    with clients.waiting(command) as process, running.attached(process.pid, ()) as seen:
        with pytest.raises(frida.core.RPCException, match="firstBytes: no whole number"):
            seen.load("native", {"firstBytes": -1})
        assert seen.load("native", {"ignorePorts": [server.port]})["pid"] == process.pid
        process.go()
        assert process.line() == "done"
        assert not seen.events("data")
        assert seen.call("native", "stop")["events"] == 3  # hello, hooks, dns
        said = seen.call("native", "start", {"stacks": "accurate"})
        assert said["contract"] == 1
        process.go()
        assert process.line() == "done"
        seen.wait_for(lambda now: now.events("close"))
        assert seen.call("native", "ping")["dropped"] == 0
        counts = seen.call("native", "stop")
        before = len(seen.messages)
        process.go()
        assert process.line() == "done"
        assert len(seen.messages) == before
    assert counts["events"] == len(seen.events()) - 3
    assert len(server.requests) == 3
    assert all(len(event["stack"]) > 0 for event in seen.events("data"))


def test_nothing_of_frida_is_left_behind() -> None:
    """The tests above end what they started."""
    parent = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not parent.exists():
        pytest.skip("the kernel does not list children")
    names = [Path(f"/proc/{pid}/comm").read_text().strip() for pid in parent.read_text().split()]
    assert not [name for name in names if "python" in name or "java" in name or "curl" in name]
