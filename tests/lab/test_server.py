"""A virtual unit over TCP: who it says it is, whom it lets in, how its faults look to a host."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from audit.adb.banner import DELAYED_ACK
from audit.adb.events import AuthToken, Connected, StreamOpened, TlsRequested
from audit.adb.frames import VERSION_MIN, VERSION_SKIP_CHECKSUM
from audit.adb.shell import RawOutput, with_marker
from audit.errors import ProtocolError, TransportError, UsageError
from audit.lab import (
    Auth,
    Fault,
    FaultSpec,
    Lab,
    LabOptions,
    UnitSpec,
    VirtualUnit,
    answer,
    make_lab,
    run,
    unit_from_table,
)
from audit.lab.keys import read_public_key
from audit.lab.services import _Command
from tests.lab.host import Host, key, public_line


def unit(android: str = "13", **more: object) -> UnitSpec:
    """A small unit."""
    table = {
        "title": "t",
        "android": android,
        "serial": "LABT",
        "properties": {"ro.product.name": "p", "ro.product.model": "m", "ro.product.device": "d"},
        "files": {"/f": "file\n", "/big": "x" * 200_000},
        **more,
    }
    return unit_from_table(table, name="t")


def fault(kind: Fault, command: str = "", after_bytes: int = 0) -> tuple[FaultSpec, ...]:
    """One fault."""
    return (FaultSpec(kind=kind, command=command, after_bytes=after_bytes),)


@pytest.mark.parametrize(
    ("android", "version", "max_data", "features"),
    [
        ("4.4", VERSION_MIN, 4096, set()),
        ("7", VERSION_MIN, 256 * 1024, {"shell_v2", "cmd"}),
        ("9", VERSION_SKIP_CHECKSUM, 1 << 20, {"shell_v2", "cmd", "stat_v2"}),
        ("11", VERSION_SKIP_CHECKSUM, 1 << 20, {"shell_v2", "cmd", "stat_v2", "ls_v2", "sendrecv_v2"}),
    ],
)
def test_the_daemon_is_its_versions(android: str, version: int, max_data: int, features: set[str]) -> None:
    """Protocol version, packet size and features are those of the Android version."""

    async def check() -> None:
        async with Lab([unit(android)]) as lab, Host(lab.units[0]) as host:
            hello = await host.until(Connected)
            assert isinstance(hello, Connected)
            assert (hello.version, hello.max_data, set(hello.features)) == (version, max_data, features)
            assert (hello.peer.kind, hello.peer.product, hello.peer.model) == ("device", "p", "m")

    asyncio.run(check())


def test_delayed_ack() -> None:
    """Android 14 and later take acknowledgements in advance, and a large answer comes whole."""

    async def check() -> None:
        async with Lab([unit("14")]) as lab, Host(lab.units[0]) as host:
            shell = await host.shell("cat /big")
            assert host.hello is not None
            assert DELAYED_ACK in host.hello.features
            assert len(shell.completed().stdout) == 200_000

    asyncio.run(check())


@pytest.mark.parametrize("android", ["7", "9", "14"])
def test_shell_v2(android: str) -> None:
    """Stdout, stderr and exit code come apart; an answer larger than a packet comes whole."""

    async def check() -> None:
        async with Lab([unit(android)]) as lab, Host(lab.units[0]) as host:
            said = (await host.shell("cat /big /none; exit 5")).completed()
            assert said.stdout == b"x" * 200_000
            assert said.stderr == b"cat: /none: No such file or directory\n"
            assert said.exit_code == 5
            assert not said.truncated

    asyncio.run(check())


def test_shell_of_old_daemons() -> None:
    """Before Android 7 there is one stream with CR LF, and the marker form brings the exit code."""

    async def check() -> None:
        async with Lab([unit("4.4")]) as lab, Host(lab.units[0]) as host:
            assert await host.say("shell,v2,raw:id") is None
            assert await host.say("exec:id") is None
            assert await host.say("shell:cat /f") == b"file\r\n"
            output = RawOutput("0123456789abcdef")
            output.feed(await host.say("shell:" + with_marker("cat /f /none", "0123456789abcdef")) or b"")
            assert output.completed().exit_code == 1
            assert output.completed().stdout == b"file\r\ncat: /none: No such file or directory\r\n"

    asyncio.run(check())


def test_exec_and_refused_services() -> None:
    """``exec`` is raw bytes; a service the daemon does not have is refused."""

    async def check() -> None:
        async with Lab([unit()]) as lab, Host(lab.units[0]) as host:
            assert await host.say("exec:cat /f") == b"file\n"
            assert await host.say("reboot:") is None
            assert await host.say("framebuffer:") is None

    asyncio.run(check())


def test_states_without_shell() -> None:
    """A unit in sideload says so and gives no shell."""

    async def check() -> None:
        async with Lab([unit(state="sideload")]) as lab, Host(lab.units[0]) as host:
            assert await host.say("shell,v2,raw:id") is None
            assert host.hello is not None
            assert host.hello.peer.kind == "sideload"

    asyncio.run(check())


def test_delays_do_not_hold_each_other() -> None:
    """Two slow commands on one connection take as long as one."""

    async def check() -> None:
        async with Lab([unit()], latency={"cat": 300}) as lab, Host(lab.units[0]) as host:
            await host.until(Connected)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            await asyncio.gather(host.shell("cat /f"), host.shell("cat /f"))
            assert 0.3 <= loop.time() - begun < 0.55

    asyncio.run(check())


def test_trust() -> None:
    """The first key that is offered is taken at once, and known by its signature the next time."""

    async def check() -> None:
        async with Lab([unit()], auth=Auth.TRUST) as lab:
            async with Host(lab.units[0]) as host:
                await host.until(Connected)
                assert sum(isinstance(event, AuthToken) for event in host.events) == 2
            async with Host(lab.units[0]) as host:
                await host.until(Connected)
                assert sum(isinstance(event, AuthToken) for event in host.events) == 1

    asyncio.run(check())


def test_prompt() -> None:
    """Until somebody taps Allow the unit is silent; then it lets the host in on the same connection."""

    async def check() -> None:
        async with Lab([unit()], auth=Auth.PROMPT, allow_after_s=0.8) as lab, Host(lab.units[0]) as host:
            await asyncio.sleep(0.2)
            await host.quiet()
            assert not host.wire.connected
            await host.until(Connected)

    asyncio.run(check())


def test_never() -> None:
    """Nobody taps Allow: a host that offers its key hears nothing, and no service is given."""

    async def check() -> None:
        async with Lab(["unauthorized"]) as lab, Host(lab.units[0]) as host:
            await asyncio.sleep(0.2)
            await host.quiet()
            assert not host.wire.connected

    asyncio.run(check())


def test_a_known_host_needs_no_tap() -> None:
    """A key trusted beforehand lets its owner in, whatever the mode; another key's signature does not."""

    async def check() -> None:
        async with Lab([unit(), unit()], auth=Auth.NEVER) as lab:
            lab.units[0].trust(public_line(key()))
            async with Host(lab.units[0]) as host, Host(lab.units[1]) as stranger:
                await host.until(Connected)
                await asyncio.sleep(0.2)
                assert not stranger.wire.connected

    asyncio.run(check())


def test_only_the_owner_of_a_trusted_key_is_let_in() -> None:
    """Trust in one key is no trust in another: its owner's signature opens nothing."""

    async def check() -> None:
        async with Lab([unit()], auth=Auth.NEVER) as lab:
            lab.units[0].trust(public_line(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
            async with Host(lab.units[0]) as host:
                await asyncio.sleep(0.2)
                await host.quiet()
                assert not host.wire.connected

    asyncio.run(check())


def test_signatures() -> None:
    """A signature is of one token by one key, whole, and nothing else."""
    known = read_public_key(public_line(key()))
    token, digest = bytes(range(20)), utils.Prehashed(hashes.SHA1())  # noqa: S303  # what ADB signs with
    signature = key().sign(token, padding.PKCS1v15(), digest)
    assert known.verifies(token, signature)
    assert not known.verifies(bytes(20), signature)
    assert not known.verifies(token, signature[:-1])
    assert not known.verifies(token, b"")


def test_a_key_that_is_none() -> None:
    """What is no Android key is refused with the cure."""
    with pytest.raises(ProtocolError, match="not an Android public key"):
        VirtualUnit(unit()).trust(b"c3Nobm9wZQ== me@here")


def test_offline_hears_and_says_nothing() -> None:
    """An offline unit takes the connection and never answers."""

    async def check() -> None:
        async with Lab([unit()], faults=fault(Fault.OFFLINE)) as lab, Host(lab.units[0]) as host:
            await host.quiet()
            assert host.events == []

    asyncio.run(check())


def test_stls() -> None:
    """A unit with wireless debugging insists on TLS."""

    async def check() -> None:
        async with Lab([unit()], faults=fault(Fault.STLS)) as lab, Host(lab.units[0]) as host:
            await host.until(TlsRequested)

    asyncio.run(check())


def test_badsum() -> None:
    """Wrong checksums end the connection of a host that checks them."""

    async def check() -> None:
        async with Lab([unit()], faults=fault(Fault.BADSUM)) as lab, Host(lab.units[0]) as host:
            await host.until(Connected)
            host.wire.open("shell:id")
            host._flush()
            await host.until_gone()
            assert isinstance(host.trouble(), ProtocolError)

    asyncio.run(check())


def test_drop() -> None:
    """The connection ends in the middle of the answer, after as many bytes as were said."""

    async def check() -> None:
        faults = fault(Fault.DROP, "cat", 1000)
        async with Lab([unit()], faults=faults) as lab, Host(lab.units[0]) as host:
            assert (await host.shell("id")).completed().exit_code == 0
            said = (await host.shell("cat /big")).completed()
            assert host.gone
            assert said.truncated
            assert 900 < len(said.stdout) <= 1000
            async with Host(lab.units[0]) as again:
                assert (await again.shell("id")).completed().exit_code == 0

    asyncio.run(check())


def test_drop_after_more_than_a_packet() -> None:
    """The same where the part before the drop does not fit one packet."""

    async def check() -> None:
        faults = fault(Fault.DROP, "cat", 20_000)
        async with Lab([unit("4.4")], faults=faults) as lab, Host(lab.units[0]) as host:
            assert len(await host.say("shell:cat /big") or b"") == 20_000
            assert host.gone

    asyncio.run(check())


def test_half_exit() -> None:
    """The stream ends without its exit packet; the connection goes on."""

    async def check() -> None:
        faults = fault(Fault.HALF_EXIT, "cat", 100)
        async with Lab([unit()], faults=faults) as lab, Host(lab.units[0]) as host:
            assert (await host.shell("cat /big")).completed().truncated
            assert (await host.shell("id")).completed().exit_code == 0

    asyncio.run(check())


def test_close_open() -> None:
    """The commands named are refused, others are not."""

    async def check() -> None:
        faults = fault(Fault.CLOSE_OPEN, "cat")
        async with Lab([unit()], faults=faults) as lab, Host(lab.units[0]) as host:
            assert await host.say("shell,v2,raw:cat /f") is None
            assert (await host.shell("id")).completed().exit_code == 0

    asyncio.run(check())


def test_crlf() -> None:
    """Lines end as a terminal ends them."""

    async def check() -> None:
        async with Lab([unit()], faults=fault(Fault.CRLF)) as lab, Host(lab.units[0]) as host:
            assert (await host.shell("cat /f")).completed().stdout == b"file\r\n"

    asyncio.run(check())


def test_hang_shell_and_giving_up() -> None:
    """A command that hangs holds neither another command nor, once given up, the connection."""

    async def check() -> None:
        faults = fault(Fault.HANG_SHELL, "cat")
        async with Lab([unit()], faults=faults) as lab, Host(lab.units[0]) as host:
            await host.until(Connected)
            stream = host.wire.open("shell,v2,raw:cat /f")
            host._flush()
            assert (await host.shell("id")).completed().exit_code == 0
            (connection,) = lab.units[0].connections
            assert len(connection.streams) == 1
            host.wire.abort(stream)
            host._flush()
            assert (await host.shell("id")).completed().exit_code == 0
            assert not connection.streams

    asyncio.run(check())


@pytest.mark.parametrize("vanish", [True, False])
def test_a_command_nobody_waits_for_is_ended(vanish: bool) -> None:
    """A host that gives a slow command up, or goes away, leaves nothing running behind."""

    async def check() -> None:
        async with Lab([unit()], latency={"cat": 60_000}) as lab, Host(lab.units[0]) as host:
            await host.until(Connected)
            stream = host.wire.open("shell,v2,raw:cat /f")
            host._flush()
            await host.until(StreamOpened)
            (connection,) = lab.units[0].connections
            (running,) = connection.streams.values()
            assert isinstance(running, _Command)
            if vanish:
                host._writer.close()
            else:
                host.wire.abort(stream)
                host._flush()
            async with asyncio.timeout(5):
                while running._timer is None or not running._timer.cancelled():  # noqa: ASYNC110  # no event
                    await asyncio.sleep(0.01)
            assert not connection.streams

    asyncio.run(check())


def test_stall_okay() -> None:
    """What a host sends into a stream is never acknowledged."""

    async def check() -> None:
        async with Lab([unit()], faults=fault(Fault.STALL_OKAY)) as lab, Host(lab.units[0]) as host:
            await host.until(Connected)
            stream = host.wire.open("sync:")
            host.wire.send(stream, b"STAT\x02\0\0\0/f" * 2)
            host._flush()
            await asyncio.sleep(0.2)
            host.wire.send(stream, b"QUIT\0\0\0\0")
            host._flush()
            await asyncio.sleep(0.2)
            assert host.wire.queued(stream) > 0

    asyncio.run(check())


def test_takes_one_host() -> None:
    """A second host is hung up on before it hears a word; the first goes on."""

    async def check() -> None:
        faults = fault(Fault.TAKES_ONE_HOST)
        async with Lab([unit()], faults=faults) as lab, Host(lab.units[0]) as first:
            await first.until(Connected)
            async with Host(lab.units[0]) as second:
                await second.until_gone()
                assert second.events == []
            assert (await first.shell("id")).completed().exit_code == 0

    asyncio.run(check())


def test_garbage_is_hung_up_on() -> None:
    """What is no ADB ends the connection, as adbd ends it."""

    async def check() -> None:
        async with Lab([unit()]) as lab:
            reader, writer = await asyncio.open_connection(lab.units[0].host, lab.units[0].port)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with asyncio.timeout(5):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(check())


def test_a_taken_port() -> None:
    """A port somebody has is named, with the cure, and what was started is stopped again."""

    async def check() -> None:
        async with Lab([unit()]) as lab:
            with pytest.raises(TransportError, match="cannot listen") as caught:
                async with Lab([unit()], first_port=lab.units[0].port):
                    pass
            assert caught.value.fix

    asyncio.run(check())


def test_a_hundred_units() -> None:
    """A hundred units in one process all answer, at once."""

    async def check() -> None:
        lab = make_lab(LabOptions(units=("slow", "hostile"), count=100, latency="50"))
        async with lab, asyncio.timeout(20):
            assert len({one.port for one in lab.units}) == 100
            assert len({one.spec.serial for one in lab.units}) == 100

            async def model(one: VirtualUnit) -> bytes:
                async with Host(one) as host:
                    return (await host.shell("getprop ro.product.model")).completed().stdout

            assert set(await asyncio.gather(*map(model, lab.units))) == {b"Nokia X20\n"}

    asyncio.run(check())


def test_run_announces_and_ends() -> None:
    """``run`` tells the units once all listen and ends when it is told to."""
    told: list[VirtualUnit] = []

    async def check() -> None:
        over = asyncio.Event()

        def announce(units: tuple[VirtualUnit, ...]) -> None:
            told.extend(units)
            over.set()

        await run(LabOptions(units=("slow",), count=2), announce, over)

    asyncio.run(check())
    assert [one.spec.serial for one in told] == ["LABSLOW", "LABSLOW-2"]
    assert all(one.port for one in told)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (LabOptions(latency="fast"), "'fast' is no latency"),
        (LabOptions(auth="maybe"), "there is no auth mode 'maybe'"),
        (LabOptions(faults=("drp",)), "there is no fault 'drp'"),
        (LabOptions(count=0), "0 units are none"),
    ],
)
def test_options_that_make_no_sense(options: LabOptions, said: str) -> None:
    """A wrong option is refused with what there is to choose from."""
    with pytest.raises(UsageError, match=said) as caught:
        make_lab(options)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("dumpsys -t 60 package", 2000),
        ("dumpsys -t 60 package com.android.phone", 300),
        ("cmd package list packages -f -U -u --user 0", 250),
        ("getprop", 50),
        ("nothing", 0),
    ],
)
def test_phone_like_latency(command: str, wanted: int) -> None:
    """With phone-like times a whole dump takes longest, and what is no command takes none."""
    lab = Lab([unit()], latency="phone")
    assert answer(lab.units[0].spec, command).delay_ms == wanted


def test_as_a_process_of_its_own() -> None:
    """``python -m audit.lab`` says where its units listen and ends when its input does."""
    started = subprocess.Popen(
        [sys.executable, "-m", "audit.lab", "slow", "--count", "3"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert started.stdin is not None
    assert started.stdout is not None
    try:
        rows = [started.stdout.readline().decode().rstrip("\n").split("\t") for _ in range(4)]
        assert rows[3] == [""]
        assert [row[1:] for row in rows[:3]] == [["slow", f"LABSLOW{end}"] for end in ("", "-2", "-3")]
        host, port = rows[0][0].split(":")
        with socket.create_connection((host, int(port)), timeout=5):
            pass
        started.stdin.close()
        assert started.wait(10) == 0
    finally:
        started.kill()
        started.wait()
        started.stdout.close()


def test_a_wrong_word_for_the_process() -> None:
    """A unit there is none of is named on standard error, with exit code 2."""
    done = subprocess.run(
        [sys.executable, "-m", "audit.lab", "nothing"],
        input=b"",
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert b"there is no virtual unit 'nothing'" in done.stderr
