from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from audit.adb.banner import Banner
from audit.adb.connect import ConnectOptions, Transport, choose, list_units, open_row, open_unit
from audit.adb.device import DeviceRow, State
from audit.adb.keys import own_key_path
from audit.errors import NotReady, NoUnit, TransportError, UsageError
from tests.adb.phone import Phone

NOWHERE = {"ADB_SERVER_SOCKET": "tcp:127.0.0.1:1"}


def _options(home: Path, *addresses: str, wait_s: float = 0.0) -> ConnectOptions:
    return ConnectOptions(
        addresses=addresses,
        environment=NOWHERE,
        home=home,
        user="me",
        host="pc",
        wait_s=wait_s,
        handshake_s=0.5,
    )


def _row(serial: str, state: State = State.DEVICE, slot: str = "") -> DeviceRow:
    return DeviceRow(serial=serial, state=state, transport="server", slot=slot)


def test_a_named_address_is_taken_and_its_unit_described(tmp_path: Path) -> None:
    """A row has the state, the names of the banner and no fix; opening it gives a device."""

    async def main() -> None:
        async with Phone() as phone:
            options = _options(tmp_path, phone.address)
            listing = await list_units(options)
            assert (listing.transport, listing.because) == (Transport.TCP, "TCP, since an address was named")
            (row,) = listing.rows
            assert (row.serial, row.state, row.model, row.fix) == (
                phone.address,
                State.DEVICE,
                "Nokia 7 plus",
                "",
            )
            for device in (await open_row(options, listing, row), await open_unit(options)):
                assert (await device.run("out x", timeout_s=5)).stdout == b"x"
                await device.close()

    asyncio.run(main())
    assert not own_key_path(tmp_path).exists()  # nobody asked for a key, so none was made


@pytest.mark.parametrize(
    ("phone", "state", "word"),
    [
        (Phone(tls=True), State.TLS_ONLY, "adb pair"),
        (Phone(taken=True), State.TAKEN, "Another host"),
        (Phone(answers=False), State.OFFLINE, "Replug"),
        (Phone(Banner(kind="recovery")), State.RECOVERY, "reboot it to Android"),
        (Phone(Banner(kind="sideload")), State.SIDELOAD, "reboot it to Android"),
        (Phone(Banner(kind="rescue")), State.RESCUE, "reboot it to Android"),
        (Phone(Banner(kind="bootloader")), State.BOOTLOADER, "reboot it to Android"),
        (Phone(Banner(kind="host")), State.HOST, "not a phone"),
        (Phone(auth=lambda _key: False), State.UNAUTHORIZED, "Allow USB debugging"),
    ],
    ids=lambda value: value.value if isinstance(value, State) else "",
)
def test_every_state_is_a_row_with_its_fix(phone: Phone, state: State, word: str, tmp_path: Path) -> None:
    """A unit that cannot be read is listed, and opening it raises the same fix."""

    async def main() -> None:
        async with phone:
            options = _options(tmp_path, phone.address)
            (row,) = (await list_units(options)).rows
            assert row.state is state
            assert word in row.fix
            with pytest.raises(NotReady) as caught:
                await open_unit(options)
            assert word in caught.value.fix

    asyncio.run(main())


def test_nothing_there_is_a_row_too(tmp_path: Path) -> None:
    """One wrong address does not hide the units at the others."""

    async def main() -> None:
        async with Phone() as phone:
            rows = (await list_units(_options(tmp_path, "127.0.0.1:1", phone.address))).rows
            assert [row.state for row in rows] == [State.OFFLINE, State.DEVICE]
            assert "refused" in rows[0].detail
            with pytest.raises(TransportError, match="refused"):
                await open_unit(_options(tmp_path, "127.0.0.1:1"))

    asyncio.run(main())


def test_an_unauthorized_unit_is_waited_for(tmp_path: Path) -> None:
    """The message names our key; the owner taps Allow on the same connection, and the unit opens."""
    told: list[DeviceRow] = []

    async def main() -> None:
        offered: list[bytes] = []

        def later(key: bytes) -> bool:
            offered.append(key)
            return False

        async with Phone(auth=later) as phone:

            def say(row: DeviceRow) -> None:
                told.append(row)
                asyncio.get_running_loop().call_later(0.05, phone.sessions[-1].allow)

            device = await open_unit(_options(tmp_path, phone.address, wait_s=10), say=say)
            assert (await device.run("out x", timeout_s=5)).stdout == b"x"
            assert offered[-1] == own_key_path(tmp_path).with_name("adbkey.pub").read_bytes()
            await device.close()

    asyncio.run(main())
    assert [row.state for row in told] == [State.UNAUTHORIZED]
    assert str(own_key_path(tmp_path)) in told[0].fix


def test_a_unit_that_comes_later_is_waited_for(tmp_path: Path) -> None:
    """One that answers nothing yet is tried again, with pauses, until it does."""

    async def main() -> None:
        async with Phone(answers=False) as phone:
            asyncio.get_running_loop().call_later(0.7, lambda: setattr(phone, "answers", True))
            device = await open_unit(_options(tmp_path, phone.address, wait_s=10))
            assert (await device.run("out x", timeout_s=5)).stdout == b"x"
            assert len(phone.sessions) < 6
            await device.close()

    asyncio.run(main())


def test_waiting_ends(tmp_path: Path) -> None:
    """A unit that is never allowed raises its fix when the time is over."""

    async def main() -> None:
        async with Phone(auth=lambda _key: False) as phone:
            began = time.monotonic()
            with pytest.raises(NotReady, match="unauthorized"):
                await open_unit(_options(tmp_path, phone.address, wait_s=1.0))
            assert time.monotonic() - began < 4

    asyncio.run(main())


def test_without_server_and_phone_it_says_what_was_looked_at(tmp_path: Path) -> None:
    """An empty listing names the way that was taken and why."""
    listing = asyncio.run(list_units(_options(tmp_path)))
    assert listing.transport is Transport.USB
    assert "127.0.0.1" not in listing.because
    assert "no adb server" in listing.because
    if not listing.rows:
        with pytest.raises(NoUnit, match="no phone is connected"):
            asyncio.run(open_unit(_options(tmp_path)))


def test_a_server_that_was_asked_for_and_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Only auto goes on to the next way."""
    with pytest.raises(TransportError, match="no adb server"):
        asyncio.run(list_units(replace(_options(tmp_path), transport=Transport.SERVER)))
    with pytest.raises(UsageError):
        asyncio.run(list_units(replace(_options(tmp_path), transport=Transport.TCP)))


def test_one_unit_is_chosen_or_all_are_listed() -> None:
    """The only one, the one named by serial or slot; else an error that lists them with their states."""
    first, second = _row("A"), _row("B", State.OFFLINE, "usb:1-2")
    assert choose((first,), None) == first
    assert choose((first, second), "B") == second
    assert choose((first, second), "usb:1-2") == second
    with pytest.raises(NoUnit, match=r"A \(device\), B \(offline\)"):
        choose((first, second), None)
    with pytest.raises(NoUnit, match=r"A \(device\)"):
        choose((first,), "C")
    with pytest.raises(NoUnit, match="no phone"):
        choose((), None)


def test_android_serial_chooses(tmp_path: Path) -> None:
    """The variable names the unit when nothing else does."""

    async def main() -> None:
        async with Phone() as one, Phone() as other:
            options = _options(tmp_path, one.address, other.address)
            environment = {**NOWHERE, "ANDROID_SERIAL": other.address}
            device = await open_unit(replace(options, environment=environment))
            assert device.row.serial == other.address
            await device.close()
            with pytest.raises(NoUnit, match="several phones"):
                await open_unit(options)

    asyncio.run(main())
