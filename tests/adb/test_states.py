from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.device import State
from audit.adb.states import fix_for, parse_devices, state_named, state_of_failure


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_fix(state: State) -> None:
    """Only a ready unit has none, and no fix has a hole left in it."""
    fix = fix_for(state, serial="X1", key="AA:BB", user="bob")
    assert bool(fix) == (state is not State.DEVICE)
    assert "{" not in fix
    assert "{" not in fix_for(state)


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.UNAUTHORIZED, "AA:BB"),
        (State.NO_PERMISSIONS, "usermod -aG plugdev bob"),
        (State.BUSY, "adb -s X1 detach"),
        (State.RECOVERY, "recovery"),
        (State.SIDELOAD, "reboot"),
        (State.TLS_ONLY, "adb pair"),
        (State.TAKEN, "Another host"),
        (State.OFFLINE, "adb reconnect offline"),
    ],
)
def test_a_fix_says_what_to_do(state: State, word: str) -> None:
    """Each names the command or the button."""
    assert word in fix_for(state, serial="X1", key="AA:BB", user="bob")


_USER = "no permissions (user bob is not in the plugdev group); see [http://developer.android.com/tools/device.html]"
_RULES = (
    "no permissions (missing udev rules? user is in the plugdev group); "
    "see [http://developer.android.com/tools/device.html]"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "ABC123                 device usb:1-4.2 product:B2N model:Nokia_7_plus device:d transport_id:5",
            ("ABC123", State.DEVICE, "usb:1-4.2", "Nokia_7_plus", 5),
        ),
        (
            "127.0.0.1:5555         offline transport_id:12",
            ("127.0.0.1:5555", State.OFFLINE, "127.0.0.1:5555", "", 12),
        ),
        ("ABC123\tunauthorized", ("ABC123", State.UNAUTHORIZED, "", "", None)),
        (
            f"ABC123                 {_USER} usb:1-4 transport_id:1",
            ("ABC123", State.NO_PERMISSIONS, "usb:1-4", "", 1),
        ),
        (
            f"(no serial number)     {_RULES} usb:3-1 transport_id:2",
            ("", State.NO_PERMISSIONS, "usb:3-1", "", 2),
        ),
        ("????????????           no permissions", ("", State.NO_PERMISSIONS, "", "", None)),
        (
            "adb-X-Y (2)._adb-tls-connect._tcp device product:p model:m device:d transport_id:3",
            ("adb-X-Y (2)._adb-tls-connect._tcp", State.DEVICE, "", "m", 3),
        ),
        (
            "ABC123                 sideload usb:1-1 transport_id:4",
            ("ABC123", State.SIDELOAD, "usb:1-1", "", 4),
        ),
        ("ABC123                 detached", ("ABC123", State.UNKNOWN, "", "", None)),
        ("nonsense", ("", State.UNKNOWN, "", "", None)),
    ],
)
def test_each_line_of_a_listing_is_read(line: str, expected: tuple[str, State, str, str, int | None]) -> None:
    """Serial, state, place, model and transport id, in every wording adb has."""
    (row,) = parse_devices(line + "\n")
    assert (row.serial, row.state, row.slot, row.model, row.transport_id) == expected


def test_the_user_in_the_reason_reaches_the_fix() -> None:
    """The command can be pasted as it stands."""
    (row,) = parse_devices(f"X {_USER} usb:1-4")
    assert "plugdev bob" in row.fix
    assert "plugdev group" in row.detail


@given(st.text(max_size=200))
def test_no_listing_crashes(text: str) -> None:
    """Whatever a server says becomes rows, one for each line that says something."""
    assert len(parse_devices(text)) <= len(text.splitlines())


@pytest.mark.parametrize(
    ("message", "state"),
    [
        ("device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set", State.UNAUTHORIZED),
        ("device offline", State.OFFLINE),
        ("device still authorizing", State.AUTHORIZING),
        ("device still connecting", State.CONNECTING),
        ("insufficient permissions for device", State.NO_PERMISSIONS),
        ("closed", None),
    ],
)
def test_a_failure_tells_the_state(message: str, state: State | None) -> None:
    """The server's sentences lead to the state behind them."""
    assert state_of_failure(message) is state
    assert state_named("recovery") is State.RECOVERY
    assert state_named("never heard of") is State.UNKNOWN
