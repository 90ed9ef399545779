"""Every state a unit can be found in, how each tool words it, and what to do about it. Pure.

Source: AOSP packages/modules/adb, adb.cpp (to_string of ConnectionState), transport.cpp (append_transport,
acquire_one_transport) and client/diagnose_usb.cpp for "no permissions (…)".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from audit.adb.device import DeviceRow, State
from audit.model.text import clean_line

_NO_SERIAL = frozenset({"(no serial number)", "????????????"})

_ALLOW = (
    "Unlock the phone and tap “Allow USB debugging”{key}. No dialog? Switch USB debugging off and on, "
    "or use “Revoke USB debugging authorisations” and replug."
)
_REBOOT = "The phone is in {state}, where package data cannot be read: reboot it to Android."

_FIXES: Mapping[State, str] = MappingProxyType(
    {
        State.DEVICE: "",
        State.UNAUTHORIZED: _ALLOW,
        State.AUTHORIZING: "Wait two seconds. If it stays so: " + _ALLOW,
        State.CONNECTING: "Wait two seconds. If it stays so, replug; " + _ALLOW,
        State.OFFLINE: (
            "Replug it, or run `adb reconnect offline`; it is locked up, booting, or held by another host."
        ),
        State.NO_PERMISSIONS: (
            "sudo apt install android-sdk-platform-tools-common; sudo usermod -aG plugdev {user}; "
            "log in again and replug."
        ),
        State.BUSY: (
            "An adb server holds this phone: drop `--transport usb` (recommended), "
            "or run `adb -s {serial} detach`."
        ),
        State.RECOVERY: _REBOOT,
        State.SIDELOAD: _REBOOT,
        State.RESCUE: _REBOOT,
        State.BOOTLOADER: _REBOOT,
        State.HOST: "This is another computer's adb, not a phone: check the address.",
        State.TLS_ONLY: (
            "It wants wireless debugging (TLS): run `adb pair HOST:PORT` with the code from the phone, "
            "then use the adb server (`--transport server`)."
        ),
        State.TAKEN: (
            "Another host (an adb server?) is connected to this phone: run `adb disconnect {serial}` there, "
            "or use the adb server (`--transport server`)."
        ),
        State.UNKNOWN: "Replug it; if its state stays unknown, update platform-tools.",
    }
)

_NAMES = {state.value: state for state in State}
_LISTED = "|".join(state.value for state in State if state is not State.NO_PERMISSIONS)
_LINE = re.compile(
    rf"(?P<serial>.+?)\s+(?P<state>(?:{_LISTED})(?=\s|$)|no permissions(?:.*?\]|\s*\([^)]*\))?)(?P<rest>.*)"
)
_ODD_LINE = re.compile(r"(?P<serial>\S+)\s+(?P<state>\S+)(?P<rest>.*)")

_FAILURES: tuple[tuple[str, State], ...] = (
    ("unauthorized", State.UNAUTHORIZED),
    ("still authorizing", State.AUTHORIZING),
    ("still connecting", State.CONNECTING),
    ("offline", State.OFFLINE),
    ("no permissions", State.NO_PERMISSIONS),
    ("insufficient permissions", State.NO_PERMISSIONS),
)


def state_named(name: str) -> State:
    """The state that adb, or a unit's banner, calls *name*."""
    return _NAMES.get(name, State.UNKNOWN)


def state_of_failure(message: str) -> State | None:
    """The state behind an adb server's FAIL, such as "device unauthorized." or "device offline"."""
    return next((state for words, state in _FAILURES if words in message), None)


def fix_for(state: State, *, serial: str = "", key: str = "", user: str = "") -> str:
    """What to do so that a unit in *state* can be audited; "" when it can be.

    key: fingerprint and path of the key to allow; user: login name that lacks the permission
    """
    return _FIXES[state].format(
        state=state.value,
        serial=serial or "SERIAL",
        user=user or "$USER",
        key=f" (key {key})" if key else "",
    )


def with_fix(row: DeviceRow, *, key: str = "", user: str = "") -> DeviceRow:
    """*row* with the fix of its state."""
    return replace(row, fix=fix_for(row.state, serial=row.serial, key=key, user=user))


def parse_devices(text: str) -> tuple[DeviceRow, ...]:
    """Read the text of ``devices-l``: one unit a line, sorted by no one; every string is sanitised.

    ``SERIAL  STATE [usb:PATH] product:… model:… device:… transport_id:N``; a serial may hold blanks (mDNS),
    and "no permissions" goes on with its reason in brackets. Any other line is a unit in state
    UNKNOWN.
    """
    lines = (clean_line(line).strip() for line in text.splitlines())
    return tuple(_parse_line(line) for line in lines if line)


def _parse_line(line: str) -> DeviceRow:
    found = _LINE.fullmatch(line) or _ODD_LINE.fullmatch(line)
    if found is None:
        return with_fix(DeviceRow(serial="", state=State.UNKNOWN, transport="server", detail=line))
    words = found["rest"].split()
    values = dict(word.split(":", 1) for word in words if ":" in word)
    number = values.get("transport_id", "")
    said = found["state"]
    state = State.NO_PERMISSIONS if said.startswith("no permissions") else state_named(said)
    row = DeviceRow(
        serial="" if found["serial"] in _NO_SERIAL else found["serial"],
        state=state,
        transport="server",
        slot=next(
            (word for word in words if word.startswith("usb:")),
            found["serial"] if ":" in found["serial"] else "",
        ),
        product=values.get("product", ""),
        model=values.get("model", ""),
        device=values.get("device", ""),
        transport_id=int(number) if number.isdecimal() and number.isascii() else None,
        detail=said if said != state.value else "",
    )
    user = re.search(r"user (\S+) is not in", said)
    return with_fix(row, user=user[1] if user else "")
