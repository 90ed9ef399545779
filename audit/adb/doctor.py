"""Looks at this computer: can it reach phones, and if not, what to do. It changes nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

from audit.adb.keys import fingerprint, load_key, own_key_path, vendor_paths
from audit.adb.server import AdbServer
from audit.adb.smartsocket import server_address
from audit.adb.usb import load_libusb
from audit.errors import AuditError, UsageError
from audit.model.record import record
from audit.model.text import clean_line

_OLDEST_SERVER = 41
_UDEV_FOLDERS = tuple(
    map(Path, ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"))
)
_RULES_FIX = "sudo apt install android-sdk-platform-tools-common, then replug the phone."
_HONOURED = (
    "ADB_SERVER_SOCKET",
    "ANDROID_ADB_SERVER_ADDRESS",
    "ANDROID_ADB_SERVER_PORT",
    "ANDROID_SERIAL",
    "ADB_VENDOR_KEYS",
)


class Health(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@record
class Diagnosis:
    """One thing that was looked at. what: how it is; fix: what to do, "" when nothing is."""

    name: str
    health: Health
    what: str
    fix: str = ""


@record
class Surroundings:
    """This computer as the doctor sees it.

    user, groups: names of the user and of the groups of this session; linux: whether udev rules matter
    rule_folders: where udev looks for rules, most important first
    """

    environment: Mapping[str, str]
    home: Path
    user: str = ""
    groups: frozenset[str] = frozenset()
    root: bool = False
    linux: bool = True
    rule_folders: tuple[Path, ...] = _UDEV_FOLDERS


async def examine(around: Surroundings) -> tuple[Diagnosis, ...]:
    """Everything there is to know before a phone is plugged in, in the order a person would check it."""
    return (
        await _server(around),
        await _libusb(),
        *(_udev(around) if around.linux else ()),
        *await asyncio.to_thread(_keys, around),
        *_environment(around),
    )


async def _server(around: Surroundings) -> Diagnosis:
    name = "adb server"
    try:
        address = server_address(around.environment)
        version = await AdbServer(address, connect_s=0.5, reply_s=2.0).version()
    except UsageError as error:
        return Diagnosis(name=name, health=Health.BAD, what=f"{error.where}: {error.what}", fix=error.fix)
    except AuditError as error:
        return Diagnosis(name=name, health=Health.WARN, what=f"{error.where}: {error.what}", fix=error.fix)
    if version < _OLDEST_SERVER:
        return Diagnosis(
            name=name,
            health=Health.WARN,
            what=f"version {version} at {address} is from before 2018",
            fix="Install current platform-tools, then `adb kill-server; adb start-server`.",
        )
    return Diagnosis(
        name=name, health=Health.OK, what=f"version {version} answers at {address} ({address.why})"
    )


async def _libusb() -> Diagnosis:
    try:
        usb1 = await asyncio.to_thread(load_libusb)
    except AuditError as error:
        return Diagnosis(name="libusb", health=Health.WARN, what=error.what, fix=error.fix)
    version = usb1.getVersion()
    return Diagnosis(
        name="libusb", health=Health.OK, what=f"{version.major}.{version.minor}.{version.micro} loads"
    )


def _udev(around: Surroundings) -> tuple[Diagnosis, ...]:
    rule = next((found for folder in around.rule_folders for found in _rules(folder)), None)
    if rule is None:
        health = Health.OK if around.root else Health.WARN
        rules = Diagnosis(
            name="udev rules", health=health, what="no rule lets users open phones", fix=_RULES_FIX
        )
    else:
        rules = Diagnosis(name="udev rules", health=Health.OK, what=str(rule.path))
    return rules, _plugdev(around, seat=rule is not None and rule.seat)


def _plugdev(around: Surroundings, *, seat: bool) -> Diagnosis:
    name = "plugdev group"
    if around.root:
        return Diagnosis(name=name, health=Health.OK, what="not needed, root may open every phone")
    if "plugdev" in around.groups:
        return Diagnosis(name=name, health=Health.OK, what=f"{around.user or 'this user'} is in it")
    if seat:
        return Diagnosis(name=name, health=Health.OK, what="not needed by whoever sits at this computer")
    return Diagnosis(
        name=name,
        health=Health.WARN,
        what=f"{around.user or 'this user'} is not in it",
        fix=f"sudo usermod -aG plugdev {around.user or '$USER'}, then log in again.",
    )


@record
class _Rule:
    """A file of udev rules that speaks of phones. seat: it opens them to whoever sits there, by no group."""

    path: Path
    seat: bool


def _rules(folder: Path) -> Iterator[_Rule]:
    for path in sorted(folder.glob("*.rules")):
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:  # a rule that cannot be read is none that we can promise
            continue
        seat = "ID_DEBUG_APPLIANCE" in text  # systemd's own word for interfaces ff/42/01
        if seat or "adb_user" in text or "android" in path.name:
            yield _Rule(path=path, seat=seat)


def _keys(around: Surroundings) -> tuple[Diagnosis, ...]:
    own = own_key_path(around.home)
    named = tuple(_key(path) for path in vendor_paths(around.environment.get("ADB_VENDOR_KEYS", "")))
    if own.exists():
        return (*named, _key(own))
    what = f"{own} is missing; it is created at the first direct connection"
    return (*named, Diagnosis(name="key", health=Health.OK, what=what))


def _key(path: Path) -> Diagnosis:
    try:
        key = load_key(path)
        mode = path.stat().st_mode & 0o777
    except AuditError as error:
        return Diagnosis(name="key", health=Health.BAD, what=f"{path}: {error.what}", fix=error.fix)
    except OSError as error:
        return Diagnosis(
            name="key", health=Health.BAD, what=f"{path}: {error.strerror}", fix="Make it readable."
        )
    if os.name == "posix" and mode & 0o077:
        return Diagnosis(
            name="key",
            health=Health.WARN,
            what=f"{path} can be read by others (mode {mode:04o})",
            fix=f"chmod 600 {path}",
        )
    beside = path.with_name(path.name + ".pub")
    if beside.exists() and not _fits(beside, key.fingerprint):
        return Diagnosis(
            name="key",
            health=Health.WARN,
            what=f"{beside} belongs to another key",
            fix=f"adb pubkey {path} > {beside}",
        )
    return Diagnosis(name="key", health=Health.OK, what=f"{path} ({key.fingerprint})")


def _fits(beside: Path, wanted: str) -> bool:
    try:
        return fingerprint(beside.read_bytes()) == wanted
    except (OSError, ValueError):  # unreadable, or no base64
        return False


def _environment(around: Surroundings) -> tuple[Diagnosis, ...]:
    name = "environment"
    given = {key: clean_line(around.environment[key]) for key in _HONOURED if around.environment.get(key)}
    overruled = [
        key for key in given if key.startswith("ANDROID_ADB_SERVER_") and "ADB_SERVER_SOCKET" in given
    ]
    found = tuple(
        Diagnosis(
            name=name,
            health=Health.WARN,
            what=f"{key}={given[key]} is overruled by ADB_SERVER_SOCKET",
            fix=f"unset {key}",
        )
        if key in overruled
        else Diagnosis(name=name, health=Health.OK, what=f"{key}={given[key]} is honoured")
        for key in given
    )
    return found or (Diagnosis(name=name, health=Health.OK, what="no ADB variable is set"),)
