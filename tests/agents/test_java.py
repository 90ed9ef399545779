from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents import clients, running, servers

pytestmark = pytest.mark.peer

CLIENT = "com.qualcomm.qti.autoregistration.RegistrationTask"
ANDROID = "com.example.Android"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of a client like that of 2019; its URL is to follow."""
    classpath = clients.jars(clients.APACHE)
    classes = clients.compiled(tmp_path_factory.mktemp("classes"), classpath, "com/qualcomm")
    return clients.java(CLIENT, classes, classpath)


@pytest.fixture
def server() -> Iterator[servers.Server]:
    """A server on loopback."""
    with servers.serving() as server:
        yield server


def test_a_client_like_that_of_2019_is_seen_from_the_imei_to_the_bytes(
    client: list[str], server: servers.Server
) -> None:
    """Its own class asks for IMEI and ICCID, and posts both in base64 of 76 columns in cleartext."""
    url = f"http://127.0.0.1:{server.port}/"
    with (
        clients.waiting([*client, url]) as process,
        running.attached(process.pid, ("native", "java")) as seen,
    ):
        process.go()
        assert process.end().split() == ["200"]
        seen.wait_end()
    running.check(seen)
    [request] = server.requests

    asked = {event["api"].rpartition(".")[2]: event for event in seen.events("identifier")}
    assert asked["getImei"]["value"] == "356938035643809"
    assert asked["getSimSerialNumber"]["value"] == "89860318760123456789"
    assert all(event["caller"].startswith(f"{CLIENT}.register(") for event in asked.values())

    [http] = [event for event in seen.events("http") if event["api"] == "org.apache.http"]
    assert (http["method"], http["url"], http["ip"], http["port"]) == ("POST", url, "127.0.0.1", server.port)
    assert "Content-Type: application/encrypted-json\r\n" in http["head"]
    assert http["blob"] == request.body
    assert http["size"] == len(request.body)
    assert b"\r\n" in http["blob"][:80]
    assert json.loads(base64.b64decode(http["blob"]))["SIM1ICCID"] == "89860318760123456789"
    assert any(frame.startswith(f"{CLIENT}.register(") for frame in http["stack"])

    sent = [event for event in seen.events("data", "native") if event["port"] == server.port]
    assert b"".join(event["blob"] for event in sent).endswith(request.body)
    assert {event["conn"] for event in sent} == {seen.events("connect", "native")[0]["conn"]}
    [connect] = seen.events("connect", "java")
    assert (connect["ip"], connect["port"], connect["rc"]) == ("127.0.0.1", server.port, 0)


def test_identifiers_and_messages_are_told_and_the_app_gets_what_it_would_have_got(tmp_path: Path) -> None:
    """Every read and message once, with its value and caller; results, bytes and exceptions are untouched."""
    command = clients.java(ANDROID, clients.compiled(tmp_path, [], "com/example/Android.java"), [])
    with clients.waiting(command) as process:
        process.go()
        alone = process.end()
    with clients.waiting(command) as process, running.attached(process.pid, ("java",)) as seen:
        process.go()
        assert process.end() == alone
        seen.wait_end()
    running.check(seen)

    asked = [(event["api"].rpartition(".")[2], event["value"]) for event in seen.events("identifier")]
    assert asked == [
        ("getDeviceId", "356938035643809"),
        ("getImei", "35693803564380X"),
        ("getMeid", None),
        ("getSubscriberId", None),
        ("getString(android_id)", "9774d56d682e549c"),
        ("getSerial", "PL2GAR9831102345"),
        ("getAllCellInfo", "[CellInfoLte:{mMcc=460 mMnc=03 mCi=1234567}]"),
    ]
    assert {event["caller"].partition("(")[0] for event in seen.events("identifier")} == {
        f"{ANDROID}.identifiers"
    }

    data, text, parts, nobody = seen.events("sms")
    assert (data["to"], data["port"], data["size"], data["blob"]) == (
        "10690329",
        50000,
        256,
        bytes(range(256)),
    )
    assert text["blob"].decode() == "Grüße 😀"
    assert (parts["to"], parts["blob"]) == ("1", b"one two")
    assert nobody["to"] == ""

    [engine] = seen.events("http")
    assert (engine["api"], engine["method"], engine["url"]) == (
        "com.android.okhttp",
        "PUT",
        "https://engine.example/path",
    )
    [hooks] = seen.events("hooks")
    missing = dict(hooks["missing"])
    assert "okhttp3.internal.http.BridgeInterceptor.intercept" in missing
    assert "no such method" in missing["android.telephony.TelephonyManager.getLine1Number"]
    assert "android.telephony.TelephonyManager.getImei" in hooks["installed"]


def test_requests_of_urlconnection_and_okhttp_are_told_with_bodies_that_may_be_read(
    tmp_path: Path, server: servers.Server
) -> None:
    """OkHttp's own bodies are told; an app's own is written once, by OkHttp, and its size is told."""
    classpath = clients.jars(clients.OKHTTP)
    classes = clients.compiled(tmp_path, classpath, "com/example/Web.java")
    base = f"http://127.0.0.1:{server.port}/"
    command = clients.java("com.example.Web", classes, classpath, base)
    with clients.waiting(command) as process, running.attached(process.pid, ("java",)) as seen:
        process.go()
        assert process.end().split() == ["200", "200", "200", "java.net.ConnectException"]
        seen.wait_end()
    running.check(seen)
    assert [request.body for request in server.requests] == [
        b"imsi=460030123456789",
        b"imei=356938035643809",
        b"own 1",
    ]
    url, form, own = seen.events("http")
    assert (url["api"], url["url"]) == ("java.net.URL", f"{base}url")
    assert (form["api"], form["method"], form["url"]) == ("okhttp3", "POST", f"{base}form")
    assert (form["size"], form["blob"]) == (20, b"imei=356938035643809")
    assert "X-Client: test" in form["head"]
    assert (own["size"], own["blob"]) == (5, b"")
    refused = seen.events("connect")[-1]
    assert (refused["ip"], refused["port"], refused["rc"]) == ("127.0.0.1", 1, -1)


def test_without_a_java_machine_everything_is_missing_and_why_is_said() -> None:
    """In a process without Java the agent hooks nothing and says so; stop() still answers."""
    with (
        clients.waiting([clients.program("sh"), "-c", "echo ready; read line"]) as process,
        running.attached(process.pid, ("java",)) as seen,
    ):
        seen.wait_for(lambda now: now.events("hooks"))
        counts = seen.call("java", "stop")
        assert counts["dropped"] == 0
    running.check(seen)
    [hello] = seen.events("hello")
    [hooks] = seen.events("hooks")
    assert hello["java"] is None
    assert hooks["installed"] == []
    assert {why for _, why in hooks["missing"]} == {"no Java virtual machine in this process"}
