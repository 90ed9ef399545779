from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from audit.adb.device import Completed
from audit.errors import ProtocolError, UnitLost, UsageError
from audit.model.evidence import Kind, Snapshot, Topic
from audit.parse.facts import read_facts
from audit.sources.live import STREAMS, Progress, acquire
from tests.sources.scripted import GETPROP, KNOWN, RICH, UNKNOWN_OPTION, Answer, ScriptedDevice, ordinary
from tests.sources.virtual_time import timed

NOON = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
NAMED = frozenset({"com.acme", "com.not.there"})


def read(
    device: ScriptedDevice,
    *,
    users: tuple[int, ...] | None = None,
    full: bool = False,
    files: tuple[str, ...] = (),
    on_step: Callable[[Progress], None] | None = None,
    patience: float = 1.0,
) -> Snapshot:
    """Acquire with what these tests have in common."""
    return asyncio.run(
        acquire(
            device,
            packages=NAMED,
            users=users,
            full=full,
            clock=lambda: NOON,
            files=files,
            on_step=on_step,
            patience=patience,
        )
    )


def reasons(snapshot: Snapshot, topic: Topic) -> str:
    """Why evidence of one topic is missing, in one text."""
    return "; ".join(gap.reason for gap in snapshot.gaps if gap.topic is topic)


def test_an_honest_unit_is_read_without_a_gap() -> None:
    """All artifacts of the default plan are there, in the plan's order, with the line that gave each."""
    snapshot = read(ScriptedDevice(ordinary()))
    assert snapshot.gaps == ()
    assert [a.kind for a in snapshot.artifacts] == [
        Kind.GETPROP,
        Kind.USERS,
        Kind.PACKAGES,
        Kind.PACKAGES_KNOWN,
        Kind.PACKAGES_DISABLED,
        Kind.PACKAGE_DETAILS,
        Kind.OVERLAYS,
        Kind.SETTINGS_GLOBAL,
        Kind.SETTINGS_SYSTEM,
        Kind.SETTINGS_SECURE,
    ]
    known = snapshot.artifacts[3]
    assert (known.origin, known.data, known.exit_code, known.user) == (RICH, KNOWN.encode(), 0, 0)
    assert snapshot.acquired_at == "2025-03-01T12:00:00Z"
    assert (snapshot.unit.serial, snapshot.unit.model) == ("S1", "Nokia 7 plus")


def test_details_are_asked_only_of_named_packages_the_unit_knows() -> None:
    """A package the rulebook names and the unit does not know costs no command."""
    device = ScriptedDevice(ordinary())
    read(device)
    assert [line for line in device.asked if line.startswith("dumpsys")] == ["dumpsys -t 60 package com.acme"]


def test_full_asks_for_every_package_once() -> None:
    """--full replaces the details of single packages by those of all."""
    device = ScriptedDevice(ordinary() | {"dumpsys -t 60 package": "Packages:\n"})
    read(device, full=True)
    assert [line for line in device.asked if line.startswith("dumpsys")] == ["dumpsys -t 60 package"]


@pytest.mark.parametrize(
    ("sdk", "apex", "overlays", "uid"),
    [(24, False, False, False), (26, False, True, True), (28, False, True, True), (29, True, True, True)],
)
def test_commands_fit_the_version(sdk: int, *, apex: bool, overlays: bool, uid: bool) -> None:
    """Android 7 is not asked for uids or overlays, Android 9 not for APEX modules."""
    device = ScriptedDevice(ordinary() | {"getprop": GETPROP.replace("28", str(sdk))})
    read(device)
    assert any("--apex-only" in line for line in device.asked) is apex
    assert any(line.startswith("cmd overlay") for line in device.asked) is overlays
    assert any("-U" in line.split() for line in device.asked) is uid


def test_an_unknown_option_is_asked_again_with_fewer() -> None:
    """An "Unknown option" on standard output is no answer: the list is asked for without it."""
    plain = "cmd package list packages -f -i -u --user 0"
    snapshot = read(ScriptedDevice(ordinary() | {RICH: UNKNOWN_OPTION, plain: KNOWN}))
    (known,) = [a for a in snapshot.artifacts if a.kind is Kind.PACKAGES_KNOWN]
    assert known.origin == plain
    assert snapshot.gaps == ()


def test_pm_is_asked_where_cmd_is_not_there() -> None:
    """A unit whose `cmd package` does not answer is asked by `pm`."""
    answers = {line.replace("cmd package", "pm"): answer for line, answer in ordinary().items()}
    snapshot = read(ScriptedDevice(answers, shell_v2=False))
    assert {a.origin for a in snapshot.artifacts if a.kind is Kind.PACKAGES} == {"pm list packages --user 0"}
    assert all(a.exit_code is None for a in snapshot.artifacts)


def two_users() -> dict[str, Answer]:
    """An honest unit with a work profile that can be read."""
    users = "Users:\n\tUserInfo{0:Owner:c13} running\n\tUserInfo{10:Work:1030} running\n"
    tens = {
        line.replace("--user 0", "--user 10"): a for line, a in ordinary().items() if "list packages" in line
    }
    return ordinary() | tens | {"pm list users": users}


def test_every_user_is_read_on_its_own() -> None:
    """Each list is asked for with --user, and the artifact says of whom it speaks."""
    snapshot = read(ScriptedDevice(two_users()))
    assert [a.user for a in snapshot.artifacts if a.kind is Kind.PACKAGES_KNOWN] == [0, 10]


def test_only_the_users_asked_for_are_read() -> None:
    """--user 10 leaves the owner alone."""
    device = ScriptedDevice(two_users())
    read(device, users=(10,))
    assert not [line for line in device.asked if "list packages" in line and "--user 0" in line]


def test_a_user_the_unit_does_not_list_is_a_gap() -> None:
    """--user 11 on a unit with users 0 and 10 says which there are."""
    snapshot = read(ScriptedDevice(two_users()), users=(11,))
    assert "no user 11; it lists 0, 10" in reasons(snapshot, Topic.USERS)


def test_a_unit_cannot_make_us_ask_for_ever() -> None:
    """A unit that lists thousands of users gets a gap, not thousands of commands."""
    listing = "".join(f"\tUserInfo{{{number}:x:0}} running\n" for number in (0, *range(10, 3000), 99999))
    device = ScriptedDevice(ordinary() | {"pm list users": listing})
    snapshot = read(device)
    assert len(device.asked) < 200
    assert "lists 2991 users" in reasons(snapshot, Topic.PACKAGES)


def test_a_user_number_that_cannot_be_one_is_refused() -> None:
    """A negative user is a usage error, before anything is asked."""
    device = ScriptedDevice(ordinary())
    with pytest.raises(UsageError, match="not an Android user number"):
        read(device, users=(-1,))
    assert device.asked == []


def test_what_came_before_a_time_limit_is_kept() -> None:
    """A list that does not end in time is a gap, and its beginning an artifact marked truncated."""
    late = Completed(stdout=KNOWN.encode(), timed_out=True)
    snapshot = read(ScriptedDevice(ordinary() | {RICH: late}))
    assert "No complete answer came within 45 s" in reasons(snapshot, Topic.PACKAGES)
    (known,) = [a for a in snapshot.artifacts if a.kind is Kind.PACKAGES_KNOWN]
    assert known.truncated
    assert known.data == KNOWN.encode()


def test_a_stream_without_its_end_is_truncated_never_complete() -> None:
    """Half an answer is kept and marked, and its facts have the gap."""
    half = Completed(stdout=b"[ro.build.version.sdk]: [28]\n", truncated=True)
    snapshot = read(ScriptedDevice(ordinary() | {"getprop": half}))
    assert snapshot.artifacts[0].truncated
    gaps = [gap.reason for gap in read_facts(snapshot).gaps if gap.topic is Topic.PROPERTIES]
    assert gaps == ["The answer stopped before its end."]


def test_a_refused_service_is_a_gap_with_the_devices_words() -> None:
    """A unit that refuses a stream costs that answer and nothing else."""
    refusal = ProtocolError("the unit refused the service shell", fix="Restart adbd.")
    snapshot = read(ScriptedDevice(ordinary() | {"settings list global": refusal}))
    (gap,) = snapshot.gaps
    assert (gap.topic, gap.fix, gap.origin) == (Topic.SETTINGS, "Restart adbd.", "settings list global")
    assert Kind.SETTINGS_SYSTEM in {a.kind for a in snapshot.artifacts}


def test_a_unit_that_goes_away_keeps_what_was_read() -> None:
    """Everything after the loss is a gap and is not asked for; everything before stays."""
    device = ScriptedDevice(ordinary() | {RICH: UnitLost("the connection ended", fix="Replug.")})
    snapshot = read(device)
    assert Kind.GETPROP in {a.kind for a in snapshot.artifacts}
    assert "Not read: the connection ended." in reasons(snapshot, Topic.PACKAGES)
    assert not [line for line in device.asked if line.startswith("pm list packages")]


def test_a_unit_that_is_gone_at_once_says_so_for_everything() -> None:
    """Nothing but the first commands was asked, and no gap is missing."""
    lost: dict[str, Answer] = {"getprop": UnitLost("cable"), "pm list users": UnitLost("cable")}
    snapshot = read(ScriptedDevice(lost))
    assert snapshot.artifacts == ()
    assert {Topic.PROPERTIES, Topic.PACKAGES, Topic.USERS, Topic.SETTINGS} <= {g.topic for g in snapshot.gaps}


def test_an_old_android_is_told_plainly() -> None:
    """4.4 is not asked what it cannot answer; the gap names its version and the oldest that can be read."""
    old = GETPROP.replace("[9]", "[4.4.4]").replace("28", "19")
    device = ScriptedDevice({"getprop": old}, shell_v2=False)
    snapshot = read(device)
    assert "Android 4.4.4 (SDK 19) is older than" in reasons(snapshot, Topic.PACKAGES)
    assert set(device.asked) == {"getprop", "pm list users"}


def test_a_unit_without_its_framework_is_told_plainly() -> None:
    """When pm, cmd and settings fail, one gap says the package manager did not answer, with the cure."""
    linker = Completed(stdout=b"", stderr=b'CANNOT LINK EXECUTABLE "app_process"\n', exit_code=134)
    answers: dict[str, Answer] = {"getprop": GETPROP.replace("28", "25"), "pm list users": linker}
    snapshot = read(ScriptedDevice(answers))
    assert "package manager did not answer" in reasons(snapshot, Topic.PACKAGES)
    errors = [a for a in snapshot.artifacts if a.kind is Kind.PACKAGES_KNOWN]
    assert [a.exit_code for a in errors] == [127]


def test_a_missing_file_is_no_gap_and_a_forbidden_one_is() -> None:
    """Configuration files are asked for on the off chance; only a refusal says that something is hidden."""
    denied = Completed(stdout=b"", stderr=b"cat: /cust/cust_variant: Permission denied\n", exit_code=1)
    config = "/odm/etc/region.conf"
    answers = ordinary() | {"cat /cust/cust_variant": denied, f"cat {config}": "eea\n"}
    snapshot = read(ScriptedDevice(answers), files=(config, "/etc/$(reboot)"))
    assert [(g.topic, g.origin) for g in snapshot.gaps] == [(Topic.FILES, "cat /cust/cust_variant")]
    assert [(a.argument, a.data) for a in snapshot.artifacts if a.kind is Kind.FILE] == [(config, b"eea\n")]


def test_a_file_that_an_old_shell_cannot_find_is_no_artifact() -> None:
    """Without exit codes the error text is all there is."""
    snapshot = read(ScriptedDevice(ordinary(), shell_v2=False))
    assert not [a for a in snapshot.artifacts if a.kind is Kind.FILE]


def test_a_device_that_ignores_its_limit_is_still_bounded() -> None:
    """The acquisition ends by itself when a device never answers."""

    class Deaf(ScriptedDevice):
        async def run(self, command: str, *, timeout_s: float) -> Completed:
            if command == "getprop":
                await asyncio.sleep(3600)
            return await super().run(command, timeout_s=timeout_s)

    snapshot = read(Deaf(ordinary()), patience=0.002)
    assert "No complete answer" in reasons(snapshot, Topic.PROPERTIES)
    assert Kind.GETPROP not in {a.kind for a in snapshot.artifacts}


def test_a_unit_takes_exactly_its_longest_chain() -> None:
    """Properties, then the known packages, then their details; all else fits beside it, four at once."""
    slow = {RICH: 0.25, "dumpsys -t 60 package com.acme": 2.0}
    device = ScriptedDevice(ordinary(), delay=lambda line: slow.get(line, 0.05))
    acquiring = acquire(device, packages=NAMED, users=None, full=False, clock=lambda: NOON)
    _, took_s = timed(acquiring)
    assert took_s == pytest.approx(0.05 + 0.25 + 2.0)
    assert device.most_at_once == STREAMS


def test_the_order_of_artifacts_does_not_depend_on_speed() -> None:
    """The same unit gives the same snapshot however its answers race."""
    quick = read(ScriptedDevice(two_users()))
    raced = read(ScriptedDevice(two_users(), delay=lambda line: (hash(line) % 7) / 500))
    assert quick == raced


def test_progress_is_told_of_every_command() -> None:
    """on_step hears of each command once, and at the end as many are done as were started."""
    steps: list[Progress] = []
    device = ScriptedDevice(ordinary())
    read(device, on_step=steps.append)
    assert sorted(step.line for step in steps) == sorted(device.asked)
    assert steps[-1].started == steps[-1].done == len(device.asked)
