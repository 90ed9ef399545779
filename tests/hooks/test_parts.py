from __future__ import annotations

import asyncio
import contextlib
import hashlib
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput, UsageError
from audit.hooks import TRIGGERS, Ask
from audit.hooks.bundles import load_bundles, shipped_agents
from audit.hooks.frida_thread import load_frida
from audit.hooks.gate import NotAndroid, close_gate
from audit.hooks.mailbox import Mailbox
from audit.hooks.root import How, Root
from audit.hooks.server_file import ABIS, check_version, choose_abi, file_name, find_server, read_server
from audit.hooks.targets import Process, names_match, process_of, targets, uids_of
from audit.hooks.triggers import Trigger, airplane_steps, parse_triggers, steps, undo_steps
from audit.hooks.unbroken import finish
from tests.hooks.house import elf, needs_frida

ARM64 = ABIS[0]


# what is asked


@pytest.mark.parametrize("name", ["system_server", "zygote64", "android", "a;reboot", "", "a b", "x" * 300])
def test_what_may_not_be_hooked_is_refused(name: str) -> None:
    """What a unit hangs on, and what is no package, never gets near a command."""
    with pytest.raises(UsageError):
        Ask(packages=(name,), seconds=10)


@pytest.mark.parametrize(
    "asked", [{"packages": ()}, {"seconds": 0}, {"seconds": 1e9}, {"seconds": float("nan")}]
)
def test_a_window_has_packages_and_an_end(asked: dict[str, Any]) -> None:
    """No packages, no time and no end make no sense."""
    with pytest.raises(UsageError):
        Ask(**{"packages": ("com.example",), "seconds": 10, **asked})


# the gate


class Recorded:
    """A device that notes what it is told to do."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        self.parameters = parameters
        self.done: list[str] = []

    def query_system_parameters(self) -> Mapping[str, object]:
        """What it is."""
        return self.parameters

    def on(self, signal: str, callback: Callable[..., Any]) -> None:
        """A subscription."""
        del callback
        self.done.append(signal)

    def enable_spawn_gating(self, **options: str) -> None:
        """The call that stops a whole machine."""
        self.done.append(f"gate {options}")


@pytest.mark.parametrize(
    "parameters",
    [
        {"os": {"id": "debian"}, "platform": "linux"},
        {"os": {"id": "macos"}},
        {"os": "android"},
        {"os": {}},
        {},
    ],
)
def test_nothing_but_android_is_ever_gated(parameters: Mapping[str, object]) -> None:
    """On any other system the call is refused before it is made."""
    device = Recorded(parameters)
    with pytest.raises(NotAndroid):
        close_gate(device, on_spawn=print, on_removed=print)
    assert device.done == []


def test_android_is_gated_for_apps_alone() -> None:
    """Who is told of held processes is set before the first can be held, and only apps are."""
    device = Recorded({"os": {"id": "android", "version": "9"}, "platform": "linux"})
    close_gate(device, on_spawn=print, on_removed=print)
    assert device.done == ["spawn-added", "spawn-removed", "gate {'scope': 'applications'}"]


@needs_frida
@pytest.mark.peer
def test_this_very_machine_is_not_gated() -> None:
    """What Frida says of a Linux host is refused by the guard, asked for real and never tried."""
    parameters = load_frida().get_local_device().query_system_parameters()
    device = Recorded(parameters)
    with pytest.raises(NotAndroid):
        close_gate(device, on_spawn=print, on_removed=print)
    assert device.done == []


def test_the_call_that_gates_stands_in_one_place() -> None:
    """No other line of the program can reach it."""
    folder = Path(__file__).parents[2] / "audit"
    files = [path.name for path in folder.rglob("*.py") if "enable_spawn_gating" in path.read_text()]
    assert files == ["gate.py"]


# processes


def test_a_clients_processes_are_those_of_its_name_package_and_user_id() -> None:
    """A merged process counts by its user id; what a unit hangs on never does."""
    rows = [
        Process(pid=10, name="com.acme.client", uid=10_050),
        Process(pid=11, name="com.acme.client:push", uid=10_050),
        Process(pid=12, name="com.acme.clients", uid=10_060),
        Process(pid=13, name="com.android.phone", uid=1001),
        Process(pid=14, name="com.work.phone", uid=1_001_001),
        Process(pid=15, name="other", uid=10_070, packages=("com.acme.client",)),
        Process(pid=16, name="system_server", uid=1001),
        Process(pid=17, name="zygote64", uid=0),
        Process(pid=18, name="webview_zygote", uid=10_050),
        Process(pid=19, name="init", uid=0),
    ]
    chosen = targets(
        rows, ("com.acme.client", "com.oem.reg"), {"com.acme.client": 10_050, "com.oem.reg": 1001}
    )
    assert {process.pid: packages for process, packages in chosen} == {
        10: ("com.acme.client",),
        11: ("com.acme.client",),
        15: ("com.acme.client",),
        13: ("com.oem.reg",),
        14: ("com.oem.reg",),
    }
    assert [process.pid for process, _ in chosen][:2] == [10, 11]


def test_root_s_processes_are_never_taken_by_their_user_id() -> None:
    """A package that claims user id 0 does not make every system process its own."""
    assert targets([Process(pid=10, name="netd", uid=0)], ("com.acme",), {"com.acme": 0}) == ()


@pytest.mark.parametrize(
    ("user", "uid"),
    [("u0_a57", 10_057), ("u10_a57", 1_010_057), ("radio", 1001), ("u10_radio", 1_001_001), ("1234", 1234),
     ("nobody", None), (7, None), ("9" * 40, None)],
)  # fmt: skip
def test_bionic_s_names_of_users_are_numbers(user: object, uid: int | None) -> None:
    """Frida names users as the C library does."""
    found = process_of(5, "x", {"user": user})
    assert found is not None
    assert found.uid == uid


@given(st.one_of(st.integers(), st.text(), st.none()), st.one_of(st.text(), st.none()),
       st.dictionaries(
           st.sampled_from(["uid", "user", "argv", "applications"]),
           st.one_of(st.none(), st.integers(), st.text(), st.lists(st.integers() | st.text())),
       ))  # fmt: skip
def test_any_row_of_frida_s_list_is_read_or_left_out(
    pid: object, name: object, parameters: dict[str, Any]
) -> None:
    """A list that comes from a unit breaks nothing."""
    found = process_of(pid, name, parameters)
    assert found is None or (found.pid > 1 and "\x1b" not in found.name)


def test_user_ids_come_from_the_package_list() -> None:
    """Exact names only, less the Android user's part."""
    listing = (
        "package:com.acme uid:10050\r\npackage:com.acme.more uid:10051\npackage:com.oem uid:1001\nnonsense\n"
    )
    assert uids_of(listing, ["com.acme", "com.oem"]) == {"com.acme": 10_050, "com.oem": 1001}
    assert names_match("com.acme:push", ["com.acme", "com.ac"]) == ("com.acme",)


# commands


@given(st.sampled_from(list(How)), st.text(alphabet="abc -/.0", max_size=20))
def test_a_command_for_root_is_quoted_whole(how: How, line: str) -> None:
    """Whatever gives root gets the line as one word."""
    assert line in Root(how=how).wrap(line)
    with pytest.raises(UsageError):
        Root(how=how).wrap(f"{line}'; reboot")


def test_every_trigger_says_what_it_does_and_undoes() -> None:
    """Each is in the table, with its words, and its commands name the package alone."""
    assert {one.trigger for one in TRIGGERS} == set(Trigger)
    for one in TRIGGERS:
        assert one.says
        assert one.undo
        name = f"{one.trigger.value}{':.RegService' if one.argument else ''}"
        for wanted in parse_triggers((name, name), ("com.acme",)):
            assert one.says in wanted.says
            if wanted.trigger is not Trigger.AIRPLANE:
                assert all("com.acme" in step.line for step in (*steps(wanted), *undo_steps(wanted)))
    assert all("airplane" in step.line.lower() for way in airplane_steps(True) for step in way)


@pytest.mark.parametrize(
    "name", ["reboot", "", "service", "service:a;b", "service:$(reboot)", "boot-completed:x"]
)
def test_there_are_no_other_triggers(name: str) -> None:
    """What is not in the table, or carries what no class is called, is refused with the table."""
    with pytest.raises(UsageError):
        parse_triggers((name,), ("com.acme",))


# files


def test_a_server_is_looked_for_by_version_and_processor(tmp_path: Path) -> None:
    """The file as Frida publishes it, packed or not."""
    program = elf("arm64", b"server")
    name = file_name("17.26.0", ARM64)
    with pytest.raises(UsageError, match=r"frida-server-17\.26\.0-android-arm64"):
        find_server(None, tmp_path, "17.26.0", ARM64)
    (tmp_path / f"{name}.xz").write_bytes(lzma.compress(program))
    packed = find_server(None, tmp_path, "17.26.0", ARM64)
    (tmp_path / name).write_bytes(program)
    plain = find_server(None, tmp_path, "17.26.0", ARM64)
    assert packed.data == plain.data == program
    assert packed.sha256 == hashlib.sha256(program).hexdigest()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no program for Android"),
        (b"#!/bin/sh\n" + bytes(20), "no program for Android"),
        (elf("arm"), "made for arm; the unit needs arm64"),
        (elf("x86"), "made for x86; the unit needs arm64"),
        (elf("arm64")[:5] + b"\x02" + elf("arm64")[6:], "the unit needs arm64"),
        (lzma.compress(elf("arm64"))[:-20], "cut off|damaged"),
        (lzma.compress(b"x")[:6] + bytes(30), "damaged"),
    ],
)
def test_a_file_that_is_no_server_for_the_unit_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """Each with what is wrong and what to get instead."""
    path = tmp_path / "server"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words) as caught:
        read_server(path, ARM64)
    assert caught.value.fix


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """No content breaks the reader."""
    path = tmp_path_factory.getbasetemp() / "any"
    for start in (b"", b"\xfd7zXZ\x00", b"\x7fELF"):
        path.write_bytes(start + content)
        with contextlib.suppress(BadInput):
            assert read_server(path, ARM64).data


@pytest.mark.parametrize(
    ("listed", "arch"),
    [("arm64-v8a", "arm64"), ("arm64-v8a,armeabi-v7a,armeabi", "arm64"), ("armeabi-v7a,armeabi", "arm"),
     ("x86_64,x86", "x86_64"), ("x86", "x86")],
)  # fmt: skip
def test_a_64_bit_unit_gets_a_64_bit_server(listed: str, arch: str) -> None:
    """The widest of what it runs; what Frida has no server for is none."""
    abi = choose_abi(listed)
    assert abi is not None
    assert abi.arch == arch
    assert choose_abi("riscv64") is None
    assert choose_abi("") is None


@pytest.mark.parametrize(
    ("said", "skew", "fine"),
    [
        ("17.26.0", False, True),
        ("17.25.0", False, False),
        ("17.25.0", True, True),
        ("17.1.0", True, False),
        ("16.7.19", True, False),
        ("18.0.0", True, False),
        ("rm -rf", True, False),
    ],
)
def test_versions_go_together_or_are_refused(said: str, skew: bool, fine: bool) -> None:
    """The same one; where it is allowed, one of the same major from 17.2 on, which is noted."""
    if fine:
        assert bool(check_version(said, "17.26.0", allow_skew=skew, where="x")) == (said != "17.26.0")
    else:
        with pytest.raises(BadInput):
            check_version(said, "17.26.0", allow_skew=skew, where="x")


def test_the_agents_come_with_the_program(tmp_path: Path) -> None:
    """Native always, Java when asked; a missing one is told."""
    if (shipped_agents() / "native.js").is_file():
        both = load_bundles(None, java=True)
        assert [one.name for one in both] == ["native", "java"]
        assert all(len(one.sha256) == 64 for one in both)
    with pytest.raises(BadInput, match="native agent cannot be read"):
        load_bundles(tmp_path, java=False)


# what holds it together


def test_a_mailbox_counts_what_it_has_no_room_for() -> None:
    """A flood from another thread costs its bounds; what is urgent still fits."""

    async def main() -> None:
        box: Mailbox[int] = Mailbox(asyncio.get_running_loop(), most=10, most_bytes=1000)

        def flood() -> None:
            for number in range(1000):
                box.put(number)

        await asyncio.to_thread(flood)
        box.put(-1, urgent=True)
        async with asyncio.timeout(5):
            assert await box.take() == [*range(10), -1]
        assert box.lost() == 990
        assert box.lost() == 0
        box.put(1, 2000)
        assert box.lost() == 1
        later = asyncio.ensure_future(box.take())
        await asyncio.sleep(0)
        await asyncio.to_thread(box.put, 5)
        async with asyncio.timeout(5):
            assert await later == [5]

    asyncio.run(main())


def test_tidying_up_is_finished_whoever_cancels() -> None:
    """Cancelled twice in the middle, the work is done all the same, and then the task is cancelled."""
    done: list[str] = []

    async def tidy() -> None:
        await asyncio.sleep(0.1)
        done.append("tidy")

    async def main() -> None:
        task = asyncio.ensure_future(finish(tidy()))
        for _ in range(2):
            await asyncio.sleep(0.02)
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(main())
    assert done == ["tidy"]
