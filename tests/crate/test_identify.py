from __future__ import annotations

import asyncio
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.connect import ConnectOptions, open_unit
from audit.adb.device import Completed, Device
from audit.crate import screen
from audit.crate.identify import identify
from audit.crate.identify_plan import Plan, Wanted, Way, plan
from audit.crate.screen import Order
from audit.errors import NotReady, UnitLost
from audit.lab.living import ScreenSpec
from audit.lab.load import unit_from_table
from audit.lab.screen import Notice
from audit.lab.spec import AnswerSpec, UnitSpec
from audit.lab.unit import VirtualUnit
from tests.peers.adb_server import Adb, adb_program, adb_server

DARK = ScreenSpec()
DARK_UNLOCKED = ScreenSpec(locked=False, locks=False)
LIT_LOCKED = ScreenSpec(awake=True)
LIT = ScreenSpec(awake=True, locked=False)
SHORT = Wanted(seconds=0.3, lit_s=0.05)


def unit(android: str = "13", lies: ScreenSpec = DARK, *answers: AnswerSpec) -> UnitSpec:
    """A unit as it lies on a bench."""
    table = {"title": "t", "base": "aosp", "android": android, "serial": "LABSHOW"}
    return replace(unit_from_table(table, name="t"), screen=lies, answers=answers)


@asynccontextmanager
async def opened(spec: UnitSpec, home: Path) -> AsyncIterator[tuple[VirtualUnit, Device]]:
    """A running unit and a connection to it."""
    there = VirtualUnit(spec)
    await there.start()
    try:
        options = ConnectOptions(addresses=(there.address,), environment={}, home=home)
        device = await open_unit(options)
        try:
            yield there, device
        finally:
            await device.close()
    finally:
        await there.stop()


def screens(there: VirtualUnit) -> list[tuple[str, str | None]]:
    """What its screen did."""
    return [(one.name, one.now) for one in there.changes if one.what == "screen"]


@pytest.mark.parametrize("android", ["7", "9", "13", "16"])
@pytest.mark.parametrize(
    ("lies", "way"),
    [(DARK, Way.BLINK), (DARK_UNLOCKED, Way.BLINK), (LIT_LOCKED, Way.BLINK), (LIT, Way.PAGE)],
    ids=["dark", "dark unlocked", "lit locked", "lit"],
)
def test_every_unit_shows_itself_and_is_left_as_it_was_found(
    android: str, lies: ScreenSpec, way: Way, tmp_path: Path
) -> None:
    """What was said comes first, something is seen, nothing is left; an unlocked unit is never locked."""

    async def main() -> None:
        async with opened(unit(android, lies), tmp_path) as (there, device):
            planned = await plan(device, SHORT)
            assert planned.way is way
            assert planned.says
            assert there.changes == ()
            assert await identify(device, planned, asyncio.Event(), lambda _: None) == ()
            seen = screens(there)
            if way is Way.BLINK:
                assert [now for name, now in seen if name == "awake"].count("True") > 1
            else:
                assert "Settings" in str(seen[0])
            assert ("locked", "True") not in seen
            assert there.left == {}

    asyncio.run(main())


def test_a_lit_unit_that_shows_its_settings_is_not_touched(tmp_path: Path) -> None:
    """A page of its own could not be told from the one that was there; it is said, with what to do."""

    async def main() -> None:
        lies = ScreenSpec(awake=True, locked=False, front="com.android.settings/.Settings")
        async with opened(unit("13", lies), tmp_path) as (there, device):
            with pytest.raises(NotReady, match=r"shows com\.android\.settings") as caught:
                await plan(device, SHORT)
            assert "power button" in caught.value.fix
            assert there.changes == ()

    asyncio.run(main())


@pytest.mark.parametrize(
    "question", ["dumpsys power", "dumpsys window policy", "dumpsys activity activities"]
)
def test_what_a_unit_does_not_say_is_not_guessed(question: str, tmp_path: Path) -> None:
    """A lit unit of which lock or front are unknown is left alone."""

    async def main() -> None:
        async with opened(unit("13", LIT, AnswerSpec(command=question)), tmp_path) as (there, device):
            with pytest.raises(NotReady, match="does not say"):
                await plan(device, SHORT)
            assert there.changes == ()

    asyncio.run(main())


@pytest.mark.parametrize("lies", [DARK, LIT_LOCKED, LIT], ids=["dark", "lit locked", "lit"])
def test_a_unit_that_lets_no_key_be_pressed_is_left_alone(lies: ScreenSpec, tmp_path: Path) -> None:
    """What takes keys to undo is not begun; the setting that allows them is named."""

    async def main() -> None:
        async with opened(unit("13", replace(lies, keys=False)), tmp_path) as (there, device):
            planned = await plan(device, SHORT)
            with pytest.raises(NotReady, match="INJECT_EVENTS") as caught:
                await identify(device, planned, asyncio.Event(), lambda _: None)
            assert "Security settings" in caught.value.fix
            assert there.changes == ()

    asyncio.run(main())


def test_a_unit_without_that_page_is_left_alone(tmp_path: Path) -> None:
    """It says that it knows no such page."""

    async def main() -> None:
        spec = unit("13", LIT)
        packages = {name: one for name, one in spec.packages.items() if name != "com.android.settings"}
        async with opened(replace(spec, packages=packages), tmp_path) as (there, device):
            said: list[str] = []
            with pytest.raises(NotReady, match="unable to resolve"):
                await identify(device, await plan(device, SHORT), asyncio.Event(), said.append)
            assert there.left == {}

    asyncio.run(main())


def test_what_cannot_be_undone_is_said_with_what_to_do_by_hand(tmp_path: Path) -> None:
    """A page that Back does not close, a screen that does not go dark again."""
    no = "java.lang.SecurityException: no"

    async def main(lies: ScreenSpec, order: Order) -> str:
        refuses = AnswerSpec(command=str(order), stderr=no, exit_code=255)
        async with opened(unit("13", lies, refuses), tmp_path) as (there, device):
            wanted = replace(SHORT, lit_s=9.0)
            left = await identify(device, await plan(device, wanted), asyncio.Event(), lambda _: None)
            assert there.left != {}
            return "".join(left)

    assert "press Back on the phone" in asyncio.run(main(LIT, Order.BACK))
    assert "press its power button" in asyncio.run(main(DARK, Order.SLEEP))


@pytest.mark.parametrize("lies", [DARK, LIT], ids=["dark", "lit"])
def test_a_unit_that_is_pulled_out_says_what_may_be_left(lies: ScreenSpec, tmp_path: Path) -> None:
    """The error is the lost unit; what nobody could undo is told before."""

    async def main() -> list[str]:
        said: list[str] = []
        async with opened(unit("13", lies), tmp_path) as (there, device):

            def say(line: str) -> None:
                said.append(line)
                there.drop()

            planned = await plan(device, replace(SHORT, seconds=60))
            with pytest.raises(UnitLost):
                await identify(device, planned, asyncio.Event(), say)
            assert there.left != {}
        return said

    said = asyncio.run(main())
    assert said[0].startswith("look for")
    assert said[1].startswith("not undone:")


@pytest.mark.parametrize("cancels", [1, 3])
def test_cancelling_does_not_break_the_undoing_off(cancels: int, tmp_path: Path) -> None:
    """However often it is cancelled, the unit is left as it was found."""

    async def main() -> None:
        async with opened(unit("13", LIT), tmp_path) as (there, device):
            shown = asyncio.Event()
            planned = await plan(device, replace(SHORT, seconds=60))
            work = asyncio.create_task(identify(device, planned, asyncio.Event(), lambda _: shown.set()))
            await shown.wait()
            for _ in range(cancels):
                work.cancel()
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await work
            assert screens(there)
            assert there.left == {}

    asyncio.run(main())


def test_it_ends_early_when_it_is_stopped(tmp_path: Path) -> None:
    """Nobody waits an hour because an hour was asked for."""

    async def main() -> None:
        async with opened(unit("13", DARK), tmp_path) as (there, device):
            stop = asyncio.Event()
            planned = await plan(device, Wanted(seconds=3600))
            async with asyncio.timeout(20):
                assert await identify(device, planned, stop, lambda _: stop.set()) == ()
            assert there.left == {}

    asyncio.run(main())


@pytest.mark.parametrize("android", ["10", "13", "16"])
@pytest.mark.parametrize("lies", [DARK, LIT_LOCKED, LIT], ids=["dark", "lit locked", "lit"])
def test_a_notification_names_the_slot_and_is_taken_away(
    android: str, lies: ScreenSpec, tmp_path: Path
) -> None:
    """What stays is the category, which was said before."""

    async def main() -> None:
        async with opened(unit(android, lies), tmp_path) as (there, device):
            planned = await plan(device, replace(SHORT, notify=True, text="box 'A'; reboot $(id)"))
            assert "category" in planned.says[-1]
            assert await identify(device, planned, asyncio.Event(), lambda _: None) == ()
            [posted] = [one.now for one in there.changes if one.what == "notification" and one.now]
            assert posted == f"adb-audit slot {there.address} box A reboot (id)"
            assert there.left == {("channel", "shell_cmd"): "Shell command"}

    asyncio.run(main())


def test_a_notification_that_could_not_be_taken_away_is_not_posted(tmp_path: Path) -> None:
    """Android 9 has none; one of the app Shell that is there already would go with ours."""

    async def main(android: str, *, other: bool) -> str:
        async with opened(unit(android, DARK), tmp_path) as (there, device):
            if other:
                there.life.screen.notices.append(
                    Notice(package="com.android.shell", number=1, tag="bugreport", text="x")
                )
            with pytest.raises(NotReady) as caught:
                await plan(device, replace(SHORT, notify=True))
            assert there.changes == ()
            return caught.value.what

    assert "Android 10" in asyncio.run(main("9", other=False))
    assert "already" in asyncio.run(main("13", other=True))


def test_a_notification_that_stays_is_said(tmp_path: Path) -> None:
    """A maker may have numbered the calls in another way."""
    refuses = AnswerSpec(command=str(Order.UNPOST), stdout="Result: Parcel(fffffffe    '....')\n")

    async def main() -> str:
        async with opened(unit("13", LIT, refuses), tmp_path) as (_, device):
            planned = await plan(device, replace(SHORT, notify=True))
            return "".join(await identify(device, planned, asyncio.Event(), lambda _: None))

    assert "swipe it away" in asyncio.run(main())


@given(st.text())
def test_no_text_becomes_anything_but_one_word_of_the_command(text: str) -> None:
    """Whatever is asked for: seven words, the last of them plain and short."""
    words = shlex.split(screen.post(text))
    assert words[:-1] == ["cmd", "notification", "post", "-t", "adb-audit", "adb-audit"]
    assert 0 < len(words[-1]) <= screen.LONGEST_TEXT
    assert not set(words[-1]) & set("\n\r\t'\"`$\\;&|<>*?!{}~^%\x1b\u202e")
    assert not words[-1].startswith("-")


SEVEN = "    mResumedActivity: ActivityRecord{6c9a2b u0 com.hmd.launcher/.Home t3}\n  mFocusedActivity: x\n"
TEN = "  topResumedActivity=ActivityRecord{6c9a2b u10 com.a/com.b.C t3}\n"
FOURTEEN = "    topResumedActivity=ActivityRecord{1a70f4a u0 com.a/com.b.C} t6294}\n"
SIXTEEN = "  ResumedActivity: ActivityRecord{101 u0 com.a/.B t-1 f}}\n"


@pytest.mark.parametrize(
    ("text", "front"),
    [
        (SEVEN, "com.hmd.launcher/.Home"),
        (TEN, "com.a/com.b.C"),
        (FOURTEEN, "com.a/com.b.C"),
        (SIXTEEN, "com.a/.B"),
        ("    mResumedActivity: null\n", ""),
        ("", ""),
        ("ResumedActivity: ActivityRecord{" + "x" * 100_000, ""),
    ],
)
def test_what_is_in_front_is_read_of_every_android(text: str, front: str) -> None:
    """Each version words it in its own way; what is no activity is none."""
    assert screen.front(text) == front


@pytest.mark.parametrize(
    ("power", "awake"),
    [
        ("  mWakefulness=Awake\n", True),
        ("  mWakefulness=Asleep\r\n", False),
        ("  mWakefulness=Dozing\n", False),
        ("  mWakefulness=Dreaming\n", False),
        ("Can't find service: power", None),
    ],
)
def test_a_screen_is_lit_when_the_unit_is_awake(power: str, awake: bool | None) -> None:
    """Ambient display and screensavers are no lit screen; silence is not guessed."""
    assert screen.awake(power) is awake


@pytest.mark.parametrize(
    ("policy", "locked"),
    [
        ("    KeyguardServiceDelegate\n      showing=true\n      showingAndNotOccluded=false\n", True),
        ("    KeyguardServiceDelegate\r\n      showing=false\r\n      mIsShowing=true\r\n", False),
        ("      showing=false\n      showing=true\n", None),
        ("      showingAndNotOccluded=true\n", None),
        ("", None),
    ],
)
def test_a_unit_is_locked_when_its_lock_screen_shows(policy: str, locked: bool | None) -> None:
    """What is not said, or said in two ways, is not guessed."""
    assert screen.locked(policy) is locked


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (Completed(stdout=b"", exit_code=0), False),
        (Completed(stdout=b"Starting: Intent { act=x }\n", exit_code=0), False),
        (Completed(stdout=b"Starting: Intent { act=x }\nError: no\n", exit_code=0), True),
        (Completed(stdout=b"", stderr=b"java.lang.SecurityException: no\n", exit_code=0), True),
        (Completed(stdout=b"x", exit_code=1), True),
        (Completed(stdout=b"", timed_out=True), True),
        (Completed(stdout=b"", truncated=True), True),
        (Completed(stdout=b"Unknown command: post\n", exit_code=0), True),
    ],
)
def test_a_refusal_is_seen_whatever_the_exit_code(answer: Completed, refused: bool) -> None:
    """``am`` and ``cmd`` end with 0 when they say no."""
    assert bool(screen.refusal(answer)) is refused


def test_a_plan_says_what_it_does() -> None:
    """The operator reads what is done and what is undone."""
    dark = screen.Screen(awake=False, locked=True)
    assert "dark again" in Plan(way=Way.BLINK, before=dark, words="", wanted=SHORT).says[0]
    lit = Plan(way=Way.BLINK, before=replace(dark, awake=True), words="", wanted=SHORT)
    assert "it is lit, as it was found" in lit.says[0]


@pytest.mark.peer
@pytest.mark.parametrize(
    "lies",
    # one that is lit is asked for less of the same
    [pytest.param(DARK, id="dark"), pytest.param(LIT, id="lit", marks=pytest.mark.slow)],
)
def test_the_same_through_googles_own_adb_server(lies: ScreenSpec, tmp_path: Path) -> None:
    """Where each command is a connection to an adb server, too."""
    program = adb_program()
    if program is None:
        pytest.skip("no adb program: the adbutils wheel is not installed for this platform")

    async def main(adb: Adb) -> None:
        async with opened(unit("13", lies), tmp_path) as (there, _):
            await asyncio.to_thread(adb.connect, there.address)
            where = {"ADB_SERVER_SOCKET": f"tcp:{adb.address}"}
            device = await open_unit(ConnectOptions(environment=where, home=tmp_path), there.address)
            assert device.row.transport == "server"
            planned = await plan(device, replace(SHORT, notify=True))
            assert await identify(device, planned, asyncio.Event(), lambda _: None) == ()
            assert screens(there)
            assert set(there.left) == {("channel", "shell_cmd")}

    with adb_server(program, tmp_path) as adb:
        asyncio.run(main(adb))
