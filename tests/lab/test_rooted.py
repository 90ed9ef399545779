"""Rooted units: who gives root and how, what may be written, and what runs there."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
from contextlib import suppress

import pytest

from audit.adb.events import Connected, Event, StreamData, StreamOpened
from audit.adb.sync import SyncId, pack_chunk, pack_done, pack_request, send_request
from audit.lab import Lab, UnitSpec, VirtualUnit, answer, unit_from_table
from audit.lab.file_service import FileService
from audit.lab.files import Tree
from audit.lab.life import Life
from tests.build.elf_program import elf_program
from tests.lab.host import QUIET_S, Host

PATH = "/data/local/tmp/x"


def unit(android: str = "9", /, **more: object) -> UnitSpec:
    """A small unit."""
    table = {"title": "t", "android": android, "serial": "LABT", "root": {"kind": "magisk"}, **more}
    return unit_from_table(table, name="t")


def rooted(kind: str) -> UnitSpec:
    """One with another kind of root."""
    return unit(root={"kind": kind})


def push(life: Life, content: bytes, path: str = PATH, mode: int = 0o100755) -> bytes:
    """Write a file through the sync service; its answer."""
    service = FileService(Tree(life.now(), life.disk, life.uid))
    return service.feed(send_request(path, mode) + pack_chunk(content) + pack_done(7))


@pytest.mark.parametrize(
    ("kind", "command", "wanted"),
    [
        ("none", "id -u", "2000\n"),
        ("none", "su -c 'id -u'", "127 /system/bin/sh: su: not found\n"),
        ("adbd", "id -u", "0\n"),
        ("magisk", "id -u", "2000\n"),
        ("magisk", "su -v", "26.4:MAGISKSU\n"),
        ("magisk", "su -c 'id -u'", "0\n"),
        ("magisk", "su -c 'id -u; exit 3'", "3 0\n"),
        ("magisk", "su 0 -c id -u", "0\n"),
        ("magisk", "su 0 id -u", "2 \nMagiskSU"),
        ("magisk", "su 0 id", "hangs"),
        ("magisk", "su -c \"sh -c 'id -u'\"", "0\n"),
        ("aosp-su", "su -v", "1 su: invalid uid/gid '-v'\n"),
        ("aosp-su", "su -c 'id -u'", "1 su: invalid uid/gid '-c'\n"),
        ("aosp-su", "su 0 id -u", "0\n"),
        ("aosp-su", "su 0 sh -c 'id -u; echo $?'", "0\n0\n"),
        ("aosp-su", "su 0 nosuch", "127 /system/bin/sh: nosuch: not found\n"),
        ("prompt", "su -v", "26.4:MAGISKSU\n"),
        ("prompt", "su -c id", "hangs"),
        ("prompt", "echo a; su -c id; echo b", "hangs a\n"),
        ("denied", "su -c id", "13 Permission denied\n"),
    ],
)
def test_ways_to_root(kind: str, command: str, wanted: str) -> None:
    """Each kind of root answers its own words, and the others' as the real ones do."""
    said = answer(rooted(kind), command)
    shown = said.together.decode()
    if said.hangs:
        shown = f"hangs {shown}".strip(" ")
    elif said.exit_code:
        shown = f"{said.exit_code} {shown}"
    assert shown.startswith(wanted)
    if not wanted.startswith("2 "):
        assert shown == wanted


def test_a_prompt_nobody_answers_keeps_the_stream_open() -> None:
    """A host hears what came before it, and then nothing at all."""

    async def check() -> None:
        async with Lab([rooted("prompt")]) as lab, Host(lab.units[0]) as host:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await host.shell("su -c id")
            assert (await host.shell("id -u")).completed().stdout == b"2000\n"

    asyncio.run(check())


def test_a_file_is_written_and_read_back() -> None:
    """What is sent lies there with its mode, is hashed and listed, and is gone when it was removed."""
    life = Life(unit())
    content = bytes(range(256)) * 1000
    service_said = push(life, content[:65536], mode=0o100700)
    assert service_said == b"OKAY\0\0\0\0"
    spec = life.now()
    digest = hashlib.sha256(content[:65536]).hexdigest()
    assert answer(spec, f"sha256sum {PATH}", life).stdout == f"{digest}  {PATH}\n".encode()
    assert answer(spec, f"stat -c '%a %s %U' {PATH}", life).stdout == b"777 65536 shell\n"
    assert answer(spec, f"chmod 700 {PATH} && ls -l {PATH}", life).stdout.startswith(b"-rwx------ 1 shell")
    assert answer(spec, "ls /data/local/tmp", life).stdout == b"x\n"
    assert life.left() == {("file", PATH): f"700 {digest}"}
    assert answer(spec, f"rm -f {PATH}", life).exit_code == 0
    assert answer(spec, f"rm {PATH}", life).stderr == f"rm: {PATH}: No such file or directory\n".encode()
    assert life.left() == {}
    assert len(life.changes) == 3


@pytest.mark.parametrize("piece", [1, 7, 100])
@pytest.mark.parametrize("v2", [False, True])
def test_a_file_comes_in_any_pieces(piece: int, v2: bool) -> None:
    """However the stream is cut, the file is whole, and the next request on it is answered."""
    life = Life(unit("13"))
    service = FileService(Tree(life.now(), life.disk))
    ask = send_request(PATH, 0o100644)
    if v2:
        ask = pack_request(SyncId.SEND2, PATH) + b"SND2" + (0o100644).to_bytes(4, "little") + bytes(4)
    stream = ask + pack_chunk(b"ab") + pack_chunk(b"c" * 300) + pack_done(9) + pack_request(SyncId.STAT, PATH)
    said = b"".join(service.feed(stream[at : at + piece]) for at in range(0, len(stream), piece))
    assert said.startswith(b"OKAY\0\0\0\0STAT")
    assert life.disk.files[PATH].content == b"ab" + b"c" * 300
    assert not service.done


@pytest.mark.parametrize(
    ("path", "more", "why"),
    [
        ("/system/bin/x", {}, "couldn't create file: Read-only file system"),
        ("/x", {}, "couldn't create file: Read-only file system"),
        ("/data/x", {}, "couldn't create file: Permission denied"),
        ("/data/local/tmp", {}, "couldn't create file: Is a directory"),
        (PATH, {"full_disk": True}, "write failed: No space left on device"),
    ],
)
def test_where_nothing_can_be_written(path: str, more: dict[str, object], why: str) -> None:
    """It says why at once, throws away what still comes, and ends the stream."""
    life = Life(unit("9", **more))
    service = FileService(Tree(life.now(), life.disk))
    said = service.feed(send_request(path, 0o100644) + pack_chunk(b"abc"))
    assert (said, service.done) == (b"FAIL" + len(why).to_bytes(4, "little") + why.encode(), False)
    said = service.feed(pack_chunk(b"abc") + pack_done(0))
    assert (said, service.done) == (b"", True)
    assert life.changes == []


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("{x} --version", "17.1.2\n"),
        ("/data/local/tmp/none", "127 /system/bin/sh: /data/local/tmp/none: not found\n"),
        ("/data/local/tmp/arm --version", "17.1.2\n"),
        ("/data/local/tmp/pc", "126 /system/bin/sh: /data/local/tmp/pc: not executable: 64-bit ELF file\n"),
        ("/data/local/tmp/text", "126 /system/bin/sh: /data/local/tmp/text: not executable: magic 6563\n"),
        (
            "/data/local/tmp/plain",
            "126 /system/bin/sh: /data/local/tmp/plain: can't execute: Permission denied\n",
        ),
        ("/data/local/tmp/other", "139 Segmentation fault\n"),
        ("{x} --nonsense", "1 Unknown option --nonsense\n"),
        ("{x} -l 0.0.0.0:27042", "2 a virtual unit's server listens on"),
    ],
)
def test_running_what_was_pushed(command: str, wanted: str) -> None:
    """Only a program for this processor, marked as a server and executable, runs; a version may be a lie."""
    abis = {"ro.product.cpu.abilist": "arm64-v8a,armeabi-v7a,armeabi"}
    life = Life(unit(properties=abis, frida="17.1.2"))
    for name, content, mode in (
        ("x", elf_program(), 0o700),
        ("arm", elf_program("arm"), 0o700),
        ("pc", elf_program("x86_64"), 0o700),
        ("text", b"echo hello, this is no program at all", 0o700),
        ("plain", elf_program(), 0o600),
        ("other", elf_program(mark=b"something else"), 0o700),
    ):
        push(life, content, f"/data/local/tmp/{name}", 0o100000 | mode)
    said = answer(life.now(), command.format(x=PATH), life)
    shown = f"{said.exit_code} " * bool(said.exit_code) + said.together.decode()
    assert shown.startswith(wanted)


def test_settings_properties_and_radios_can_be_put_back() -> None:
    """Whatever was changed is listed until it is as it was."""
    life = Life(unit(settings={"global": {"airplane_mode_on": "0"}}, properties={"persist.x": "1"}))
    spec = life.now()
    assert answer(spec, "settings put global airplane_mode_on 1", life).exit_code == 0
    assert answer(spec, "settings get global airplane_mode_on", life).stdout == b"1\n"
    assert answer(spec, "svc data disable", life).together == b""
    assert answer(spec, "setprop persist.x 2", life).exit_code == 1
    assert answer(spec, "su -c 'setprop persist.x 2'; getprop persist.x", life).stdout == b"2\n"
    assert life.left() == {
        ("setting", "global airplane_mode_on"): "1",
        ("setting", "global mobile_data"): "0",
        ("property", "persist.x"): "2",
    }
    undo = "settings put global airplane_mode_on 0; settings delete global mobile_data"
    assert answer(spec, f"{undo}; su -c 'setprop persist.x 1'", life).stdout == b"Deleted 1 rows\n"
    assert life.left() == {}


def test_protected_broadcasts_are_roots() -> None:
    """The shell may not say that the unit has booted; root may, and it is noted."""
    life = Life(unit())
    send = "am broadcast -a android.intent.action.BOOT_COMPLETED --include-stopped-packages -p com.a"
    refused = answer(life.now(), send, life)
    assert refused.exit_code == 255
    assert b"Permission Denial: not allowed to send broadcast" in refused.stderr
    sent = answer(life.now(), f"su -c '{send}'", life).stdout.decode()
    assert sent.splitlines() == [
        "Broadcasting: Intent { act=android.intent.action.BOOT_COMPLETED flg=0x400000 pkg=com.a }",
        "Broadcast completed: result=0",
    ]
    assert [(one.action, one.package) for one in life.broadcasts] == [
        ("android.intent.action.BOOT_COMPLETED", "com.a")
    ]
    assert life.left() == {}


def test_processes() -> None:
    """``ps`` in the columns asked for, ``/proc``, and a process of this host under a package's name."""
    spec = unit(packages={"com.a": {"path": "/system/app/A", "uid": 10050}})
    life = Life(spec)
    life.processes["com.a"] = 4242
    listed = answer(spec, "ps -A -o USER,PID,NAME", life).stdout.decode()
    assert re.search(r"^u0_a50 +4242 +com\.a$", listed, re.MULTILINE)
    assert re.search(r"^root +1 +init$", listed, re.MULTILINE)
    assert answer(spec, "pidof com.a", life).stdout == b"4242\n"
    assert answer(spec, "cat /proc/4242/cmdline", life).stdout == b"com.a\0"
    assert b"Uid:\t10050\t" in answer(spec, "cat /proc/4242/status", life).stdout
    assert answer(spec, "kill -0 4242", life).stderr.endswith(b"Operation not permitted\n")
    assert answer(spec, "su -c 'kill -TERM 4242'", life).exit_code == 0
    assert [change.what for change in life.changes] == ["process"]
    assert answer(spec, "kill -0 999999", life).stderr == b"/system/bin/sh: kill: 999999: No such process\n"
    assert answer(unit("7.1"), "ps").stdout.startswith(b"USER      PID   PPID")


async def connected(unit: VirtualUnit, service: str) -> bytes | None:
    """What a service says until it ends; None when it is refused."""
    async with Host(unit) as host:
        return await host.say(service)


def test_ports() -> None:
    """A port nothing listens on is refused, and so is a place elsewhere."""

    async def check() -> None:
        async with Lab([unit()]) as lab:
            for service in ("tcp:27042", "tcp:80:192.0.2.1", "tcp:0", "tcp:x", "tcp:99999999"):
                assert await connected(lab.units[0], service) is None

    asyncio.run(check())


class Unwilling(Host):
    """A host that takes nothing."""

    def _handle(self, event: Event) -> None:
        if isinstance(event, StreamData):
            self.events.append(event)
        else:
            super()._handle(event)


MUCH = 24 << 20


@pytest.mark.parametrize("android", ["9", "14"])
def test_what_the_server_does_not_take_stays_with_the_host(android: str) -> None:
    """A server that reads nothing is not drowned: the host is not let send more than fits on the way."""

    async def check() -> None:
        async with Lab([unit(android)]) as lab, Host(lab.units[0]) as host:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                lab.units[0].listen(5000, listener.getsockname()[1])
                await host.until(Connected)
                stream = host.wire.open("tcp:5000")
                host.wire.send(stream, bytes(3 * MUCH))
                host._flush()
                await host.until(StreamOpened)
                await asyncio.sleep(QUIET_S)
                assert host.wire.queued(stream) > MUCH

    asyncio.run(check())


@pytest.mark.parametrize("android", ["9", "14"])
def test_what_the_host_does_not_take_stays_with_the_server(android: str) -> None:
    """A host that takes nothing stops the server, however much it has to say."""

    async def check() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            async with Lab([unit(android)]) as lab, Unwilling(lab.units[0]) as host:
                lab.units[0].listen(5000, listener.getsockname()[1])
                await host.until(Connected)
                host.wire.open("tcp:5000")
                host._flush()
                await host.until(StreamOpened)
                server = listener.accept()[0]
                server.settimeout(QUIET_S)
                sent = 0
                with server, suppress(TimeoutError):
                    while sent < 4 * MUCH:
                        sent += await asyncio.to_thread(server.send, bytes(1 << 20))
                assert sent < 3 * MUCH

    asyncio.run(check())
