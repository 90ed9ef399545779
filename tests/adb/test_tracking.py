from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.connect import ConnectOptions, Listing, Transport, watch_units
from audit.adb.device import DeviceRow, State
from audit.adb.held import Held
from audit.adb.looks import tcp_looks
from audit.adb.tracking import LONGEST_PAUSE_S, SETTLE_S, Backoff, Look, Settling, is_there, settled
from audit.adb.usb import load_libusb
from audit.adb.usb_watch import LibusbBus, usb_looks
from audit.cli.reach import Reach
from audit.errors import TransportError
from audit.lab import Lab
from audit.lab.spec import Fault, FaultSpec
from tests.adb.phone import Phone
from tests.adb.test_usb import FakeUsbDevice
from tests.peers.adb_server import Adb, adb_program, adb_server

NOWHERE = {"ADB_SERVER_SOCKET": "tcp:127.0.0.1:1"}
LIMIT_S = 20.0


def row(slot: str, serial: str = "S", state: State = State.DEVICE) -> DeviceRow:
    """A unit on the bus."""
    return DeviceRow(serial=serial, slot=slot, state=state, transport="usb")


A, B = row("usb:1-1", "A"), row("usb:1-2", "B")


def slots(rows: tuple[DeviceRow, ...]) -> list[str]:
    """Where units are."""
    return sorted(one.slot for one in rows)


# what is told


def test_a_unit_that_flickers_is_no_event() -> None:
    """It leaves the bus while somebody taps Allow, and nobody is told."""
    settling = Settling()
    settling.see(Look(rows=(A, B)), 0.0)
    settling.see(Look(rows=(B,)), 1.0)
    assert settling.told(1.0) == settling.told(1.0 + 0.9 * SETTLE_S) == (A, B)
    settling.see(Look(rows=(B, A)), 1.0 + 0.9 * SETTLE_S)
    assert settling.next_end_s is None
    assert settling.told(100.0) == (A, B)


def test_a_unit_that_stays_away_is_gone() -> None:
    """It is told when the time is over, not before and not never."""
    settling = Settling()
    settling.see(Look(rows=(A, B)), 0.0)
    settling.see(Look(rows=(B,)), 1.0)
    settling.see(Look(rows=(B,)), 1.0 + 0.9 * SETTLE_S)  # another look begins no new time
    assert settling.next_end_s == 1.0 + SETTLE_S
    assert settling.told(1.0 + SETTLE_S) == (B,)


def test_another_unit_in_its_place_is_told_at_once() -> None:
    """One place holds one unit; and one that tells its serial number now is the same place."""
    settling = Settling()
    settling.see(Look(rows=(row("usb:1-1", ""),)), 0.0)
    settling.see(Look(rows=(A,)), 0.1)
    assert settling.told(0.1) == (A,)
    other = row("usb:1-1", "OTHER")
    settling.see(Look(rows=(other,)), 0.2)
    assert settling.told(0.2) == (other,)


def test_units_without_place_and_serial_are_counted() -> None:
    """Three that nothing tells apart are three, and then two."""
    nameless = row("", "", State.NO_PERMISSIONS)
    settling = Settling()
    settling.see(Look(rows=(nameless,) * 3), 0.0)
    assert settling.told(0.0) == (nameless,) * 3
    settling.see(Look(rows=(nameless,) * 2), 0.0)
    assert settling.told(SETTLE_S) == (nameless,) * 2


STATES = st.sampled_from([State.DEVICE, State.OFFLINE, State.UNAUTHORIZED])
BUS = st.lists(
    st.builds(row, st.sampled_from(["usb:1-1", "usb:1-2", "usb:1-3", ""]), st.sampled_from("AB"), STATES),
    max_size=5,
    unique_by=lambda one: (one.slot, one.serial),
).map(tuple)
TIMES = st.floats(min_value=0.0, max_value=2 * SETTLE_S)


@given(st.lists(st.tuples(TIMES, BUS), min_size=1, max_size=30))
def test_whoever_folds_what_is_told_ends_with_the_truth(
    looks: list[tuple[float, tuple[DeviceRow, ...]]],
) -> None:
    """In whatever order units come and go: what was seen last is told in the end, what is there at once."""
    settling, now = Settling(), 0.0
    for after, rows in looks:
        now += after
        settling.see(Look(rows=rows), now)
        assert set(rows) <= set(settling.told(now))
    told = settling.told(now + SETTLE_S)
    assert sorted(told, key=str) == sorted(looks[-1][1], key=str)
    assert settling.next_end_s is None


def test_pauses_grow_and_begin_again() -> None:
    """1, 2, 4 … up to ten seconds; a success begins anew."""
    pause = Backoff()
    assert [pause.pause_s() for _ in range(6)] == [1, 2, 4, 8, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    pause.reset()
    assert pause.pause_s() == 1


def test_a_caller_who_takes_long_is_told_the_newest() -> None:
    """What came and went meanwhile is no news; an error is told after what was seen."""

    async def main() -> list[list[str]]:
        shown = asyncio.Event()

        async def looks() -> AsyncGenerator[Look, None]:
            yield Look(rows=(A,))
            await shown.wait()
            for rows in ((), (B,), (A, B)):
                yield Look(rows=rows)
            raise TransportError("gone")

        told = []

        async def follow() -> None:
            async with aclosing(settled(looks())) as seen:
                async for look in seen:
                    told.append(slots(look.rows))
                    shown.set()
                    await asyncio.sleep(0.05)

        with pytest.raises(TransportError, match="gone"):
            await follow()
        return told

    assert asyncio.run(main()) == [["usb:1-1"], ["usb:1-1", "usb:1-2"]]


# addresses


def options(home: Path, *addresses: str, transport: Transport = Transport.AUTO) -> ConnectOptions:
    """Units at addresses."""
    return ConnectOptions(
        transport=transport, addresses=addresses, environment=NOWHERE, home=home, handshake_s=2.0
    )


async def until(reach: Reach, wanted: Callable[[Listing], bool]) -> None:
    """Follow the changes until the listing is as wanted."""
    async with asyncio.timeout(LIMIT_S), aclosing(reach.changes()) as changes:
        async for _ in changes:
            if wanted(reach.listing):
                return
    raise AssertionError(reach.listing)


def test_units_at_addresses_come_and_go(tmp_path: Path) -> None:
    """One that stops is offline with the reason and the fix, and there again when it is back."""

    async def main() -> None:
        async with Lab(["clean-global", "incident-2019"]) as lab:
            first, second = lab.units
            reach = Reach(options(tmp_path, first.address, second.address))
            there = []
            async with asyncio.timeout(LIMIT_S), aclosing(reach.changes()) as changes:
                async for rows in changes:
                    there.append([is_there(one) for one in rows])
                    if len(there) == 1:
                        await second.stop()
                    elif len(there) == 2:
                        assert "refused" in rows[1].detail
                        assert rows[1].fix
                        await second.start()
                    else:
                        break
            assert there == [[True, True], [True, False], [True, True]]
            assert reach.listing.transport is Transport.TCP

    asyncio.run(main())


def test_an_address_where_nobody_is_hides_no_other(tmp_path: Path) -> None:
    """It is listed as offline from the beginning."""

    async def main() -> None:
        async with Lab(["clean-global"]) as lab:
            reach = Reach(options(tmp_path, "127.0.0.1:1", lab.units[0].address))
            await until(reach, lambda found: [is_there(one) for one in found.rows] == [False, True])

    asyncio.run(main())


def test_a_unit_that_is_open_is_not_knocked_at() -> None:
    """An old adbd takes one host at a time: knocks begin again when it is closed."""

    async def main() -> None:
        async with Phone() as phone:
            held = Held()
            one = DeviceRow(serial=phone.address, slot=phone.address, state=State.CONNECTING, transport="tcp")
            async with aclosing(tcp_looks([one], held, knock_s=0.01)) as looks:
                await anext(looks)
                await held.take(phone.address)
                before = len(phone.sessions)
                await asyncio.sleep(0.2)
                assert len(phone.sessions) == before
                held.release(phone.address)
                async with asyncio.timeout(LIMIT_S):
                    while len(phone.sessions) == before:  # noqa: ASYNC110 - the phone has no event for us
                        await asyncio.sleep(0.01)
        assert phone.address not in held

    asyncio.run(main())


def test_knocks_never_keep_us_out(tmp_path: Path) -> None:
    """A unit that takes one host lets us in at once, however often it is knocked at."""

    async def main() -> None:
        async with Lab(["clean-global"], faults=[FaultSpec(kind=Fault.TAKES_ONE_HOST)]) as lab:
            address = lab.units[0].address
            reach = Reach(options(tmp_path, address))
            one = DeviceRow(serial=address, slot=address, state=State.CONNECTING, transport="tcp")
            reach.listing = Listing(rows=(one,), transport=Transport.TCP, because="")

            async def knock() -> None:
                async with aclosing(tcp_looks([one], reach._held, knock_s=0.0)) as looks:
                    async for _ in looks:
                        pass

            knocking = asyncio.create_task(knock())
            try:
                for number in range(40):
                    await asyncio.sleep(number % 8 * 0.0002)  # at whatever moment of a knock
                    device = await reach.open(one)
                    assert (await device.run("echo x", timeout_s=5)).stdout == b"x\n"
                    await device.close()
                    async with reach._held.knocking(address):
                        while lab.units[0].connections:  # noqa: ASYNC110 - the unit has no event for us
                            await asyncio.sleep(0.001)
            finally:
                knocking.cancel()
                await asyncio.gather(knocking, return_exceptions=True)

    asyncio.run(main())


def test_a_slot_that_could_not_be_opened_is_looked_at_again(tmp_path: Path) -> None:
    """What fails keeps nothing."""

    async def main() -> None:
        reach = Reach(options(tmp_path, "127.0.0.1:1"))
        one = DeviceRow(serial="x", slot="127.0.0.1:1", state=State.CONNECTING, transport="tcp")
        reach.listing = Listing(rows=(one,), transport=Transport.TCP, because="")
        with pytest.raises(TransportError):
            await reach.open(one)
        assert "127.0.0.1:1" not in reach._held

    asyncio.run(main())


# the bus


class FakePhone(FakeUsbDevice):
    """A unit on a fake bus, with the number it got when it came, which counts how often it was opened."""

    def __init__(
        self, port: int, serial: str | Exception, number: int, claim: Exception | None = None
    ) -> None:
        super().__init__(port, serial, claim)
        self.number = number
        self.opened = 0

    def getDeviceAddress(self) -> int:  # noqa: N802 - libusb1's own name
        """Its number on the bus."""
        return self.number

    @contextmanager
    def open(self) -> Iterator[FakeUsbDevice]:
        """A handle."""
        self.opened += 1
        yield self


class FakeLibusb:
    """Stands in for the module ``usb1`` and its context: what is on the bus, and who is told.

    hotplug: whether it tells of changes; refuses: whether registering for that fails
    """

    HOTPLUG_NO_FLAGS = 0
    CAP_HAS_HOTPLUG = 1

    def __init__(self, *, hotplug: bool = True, refuses: bool = False) -> None:
        real = load_libusb()
        self.USBError = real.USBError
        self.USBErrorAccess, self.USBErrorBusy = real.USBErrorAccess, real.USBErrorBusy
        self.phones: list[FakePhone] = []
        self.closed = self.broken = False
        self._hotplug, self._refuses = hotplug, refuses
        self._event = threading.Event()
        self._callback: Callable[..., bool] | None = None

    @property
    def module(self) -> ModuleType:
        """As what it stands in for."""
        return cast("ModuleType", self)

    def USBContext(self) -> FakeLibusb:  # noqa: N802 - libusb1's own name
        """The context."""
        return self

    def hasCapability(self, _capability: int) -> bool:  # noqa: N802 - libusb1's own name
        """Whether it tells of changes."""
        return self._hotplug

    def open(self) -> None:
        """Begin."""

    def close(self) -> None:
        """End."""
        self.closed = True

    def hotplugRegisterCallback(self, callback: Callable[..., bool], *, flags: int) -> int:  # noqa: N802 - the same
        """Tell *callback*."""
        assert flags == 0
        if self._refuses:
            raise self.USBError
        self._callback = callback
        return 1

    def getDeviceIterator(self, *, skip_on_error: bool) -> Iterator[FakePhone]:  # noqa: N802 - the same
        """What is on the bus."""
        assert skip_on_error
        if self.broken:
            raise self.USBError
        return iter(tuple(self.phones))

    def handleEventsTimeout(self, seconds: float) -> None:  # noqa: N802 - the same
        """Tell what happened, or wait for it."""
        if self._event.wait(seconds) and self._callback is not None:
            self._event.clear()
            assert self._callback(self, None, 1) is False

    def interruptEventHandler(self) -> None:  # noqa: N802 - the same
        """Wake who waits."""
        self._event.set()

    happens = interruptEventHandler


def test_a_unit_that_is_free_is_opened_once() -> None:
    """We may be talking to it: it is not touched again until it comes to the bus anew."""
    usb1 = FakeLibusb()
    phone = FakePhone(1, "GOOD", 7)
    usb1.phones = [phone]
    bus = LibusbBus(usb1.module)
    for _ in range(3):
        assert [(one.slot, one.serial, one.state) for one in bus.look()] == [
            ("usb:1-4.1", "GOOD", State.CONNECTING)
        ]
    assert phone.opened == 1
    phone.number = 8
    bus.look()
    assert phone.opened == 2


def test_a_unit_that_could_not_be_opened_is_looked_at_again() -> None:
    """Permissions come a moment after the unit; an adb server may let go."""
    usb1 = FakeLibusb()
    phone = FakePhone(1, "GOOD", 7, claim=usb1.USBErrorBusy())
    denied = FakePhone(2, usb1.USBErrorAccess(), 8)
    usb1.phones = [denied, phone]
    bus = LibusbBus(usb1.module, "alice")
    assert [one.state for one in bus.look()] == [State.BUSY, State.NO_PERMISSIONS]
    assert "plugdev alice" in bus.look()[1].fix
    phone._claim = None
    assert bus.look()[0].state is State.CONNECTING


@pytest.mark.parametrize("usb1", [FakeLibusb(hotplug=False), FakeLibusb(refuses=True)])
def test_without_hotplug_it_is_looked_again_and_again(usb1: FakeLibusb) -> None:
    """Where libusb does not tell, or says that it cannot."""
    bus = LibusbBus(usb1.module)
    assert not bus.hotplug
    bus.wake()
    bus.wait()


def test_units_on_the_bus_come_and_go() -> None:
    """The event is followed by a look; a bus that cannot be read keeps what was seen; the end closes it."""

    async def main() -> FakeLibusb:
        usb1 = FakeLibusb()
        usb1.phones = [FakePhone(1, "A", 1)]
        async with asyncio.timeout(LIMIT_S), aclosing(usb_looks(lambda: LibusbBus(usb1.module))) as looks:
            assert slots((await anext(looks)).rows) == ["usb:1-4.1"]
            usb1.phones.append(FakePhone(2, "B", 2))
            usb1.happens()
            assert slots((await anext(looks)).rows) == ["usb:1-4.1", "usb:1-4.2"]
            usb1.broken = True
            usb1.happens()
            look = await anext(looks)
            assert "cannot be read" in look.trouble
            assert len(look.rows) == 2
        async with asyncio.timeout(LIMIT_S):
            while not usb1.closed:  # noqa: ASYNC110 - closed by a thread, which has no event for us
                await asyncio.sleep(0.01)
        return usb1

    asyncio.run(main())


def test_a_bus_that_cannot_be_opened_is_an_error() -> None:
    """It is raised where it is waited for."""

    def nothing() -> LibusbBus:
        raise TransportError("libusb does not load")

    async def main() -> None:
        async with aclosing(usb_looks(nothing)) as looks:
            with pytest.raises(TransportError, match="does not load"):
                await anext(looks)

    asyncio.run(main())


def test_the_bus_of_this_computer_can_be_watched(tmp_path: Path) -> None:
    """The bundled libusb registers or says that it cannot; the first look comes, and the end is quick."""
    bus = LibusbBus(load_libusb())
    assert isinstance(bus.hotplug, bool)
    bus.wake()
    bus.wait()
    bus.close()

    async def main() -> Listing:
        async with aclosing(watch_units(options(tmp_path, transport=Transport.USB))) as listings:
            return await anext(listings)

    assert asyncio.run(main()).transport is Transport.USB


# an adb server


def test_without_a_server_that_was_asked_for_nothing_is_watched(tmp_path: Path) -> None:
    """Only auto goes on to the next way."""

    async def main() -> None:
        async with aclosing(watch_units(options(tmp_path, transport=Transport.SERVER))) as listings:
            with pytest.raises(TransportError, match="no adb server"):
                await anext(listings)

    asyncio.run(main())


def ready(rows: tuple[DeviceRow, ...]) -> list[str]:
    """Those that can be opened."""
    return sorted(one.serial for one in rows if one.state is State.DEVICE)


def start_again(program: Path, port: int, home: Path) -> subprocess.Popen[bytes]:
    """Google's server once more, where it was."""
    adb = Adb(program, port, home)
    return subprocess.Popen(
        [*adb.words, "nodaemon", "server"],
        env=adb.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Follower:
    """Follows what a server has, waiting for one thing after the other."""

    def __init__(self, reach: Reach, changes: AsyncGenerator[tuple[DeviceRow, ...], None]) -> None:
        self._reach = reach
        self._changes = changes

    async def until(self, wanted: Callable[[Listing], bool]) -> tuple[DeviceRow, ...]:
        """The rows, once the listing is as wanted."""
        async with asyncio.timeout(LIMIT_S):
            while not wanted(self._reach.listing):
                await anext(self._changes)
        return self._reach.listing.rows


@pytest.mark.peer
def test_a_real_server_that_ends_and_comes_back_is_gone_on_with(tmp_path: Path) -> None:
    """Google's server: units come and go; while it is away they are offline and that is said; it goes on."""
    program = adb_program()
    if program is None:
        pytest.skip("no adb program: the adbutils wheel is not installed for this platform")

    async def main(first: Adb) -> None:
        where = {"ADB_SERVER_SOCKET": f"tcp:{first.address}"}
        reach = Reach(ConnectOptions(environment=where, home=tmp_path))
        async with Lab(["clean-global", "incident-2019"]) as lab, aclosing(reach.changes()) as changes:
            one, two = (each.address for each in lab.units)
            follower = Follower(reach, changes)
            assert await anext(changes) == ()
            assert reach.listing.transport is Transport.SERVER
            for address in (one, two):
                await asyncio.to_thread(first, "connect", address)
            await follower.until(lambda found: ready(found.rows) == sorted([one, two]))
            await asyncio.to_thread(first, "disconnect", one)
            await follower.until(lambda found: slots(found.rows) == [two])
            await asyncio.to_thread(first, "kill-server")
            [away] = await follower.until(lambda found: bool(found.trouble))
            assert (away.serial, away.state, bool(away.fix)) == (two, State.OFFLINE, True)
            again = start_again(program, int(first.address.rpartition(":")[2]), tmp_path)
            try:
                await follower.until(lambda found: not found.trouble)
                await asyncio.to_thread(first, "connect", two)
                [back] = await follower.until(lambda found: ready(found.rows) == [two])
                device = await reach.open(back)
                assert (await device.run("echo x", timeout_s=5)).stdout == b"x\n"
                await device.close()
            finally:
                again.terminate()
                await asyncio.to_thread(again.wait, LIMIT_S)

    with adb_server(program, tmp_path) as first:
        asyncio.run(main(first))
