"""Which processes of a unit are a client's. Pure.

The code of a package runs in processes of its own name (``package``, ``package:service``), or in another's:
``android:process`` with a shared user id lets it live inside ``com.android.phone``. A process can only hold
code of packages with its own user id, so a shared one makes all its processes ones to watch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from audit.hooks.ask import NEVER
from audit.model.record import record
from audit.model.text import clean_line

MOST_PROCESSES = 24
_FIRST_APP_UID = 1000
"""Below are root and the kernel's own; ``AID_SYSTEM`` (android_filesystem_config.h)."""
_PER_USER = 100_000
_NAMED = {"system": 1000, "radio": 1001, "bluetooth": 1002, "nfc": 1027, "shell": 2000, "network_stack": 1073,
          "secure_element": 1068}  # fmt: skip
_APP = re.compile(r"u(?P<user>\d{1,5})_(?P<kind>a|i|system|radio|bluetooth|nfc|shell)(?P<number>\d{0,5})")
_UID = re.compile(r"package:(?P<name>\S{1,255})(?: .*)? uid:(?P<uid>\d{1,10})")


@record
class Process:
    """A process of the unit, as Frida lists it. uid: None where it does not say; packages: running in it"""

    pid: int
    name: str
    uid: int | None = None
    packages: tuple[str, ...] = ()


def process_of(pid: object, name: object, parameters: Mapping[str, object]) -> Process | None:
    """One row of Frida's list; None for one that makes no sense."""
    if not isinstance(pid, int) or not isinstance(name, str) or pid <= 1:
        return None
    inside = parameters.get("applications")
    packages = (
        tuple(clean_line(one)[:255] for one in inside if isinstance(one, str))
        if isinstance(inside, list)
        else ()
    )
    uid = parameters.get("uid")
    if isinstance(uid, bool) or not isinstance(uid, int):
        uid = _uid_named(parameters.get("user"))
    argv = parameters.get("argv")
    if isinstance(argv, list) and argv and isinstance(argv[0], str) and argv[0]:
        name = argv[0].rpartition("/")[2]  # Frida shows an app's label instead where it knows one
    return Process(pid=pid, name=clean_line(name)[:255], uid=uid, packages=packages[:64])


def _uid_named(user: object) -> int | None:
    """The user id behind a name of bionic's (``u0_a57``, ``radio``), or a number."""
    if not isinstance(user, str):
        return None
    if user.isdecimal() and len(user) <= 10:
        return int(user)
    found = _APP.fullmatch(user)
    if found is None:
        return _NAMED.get(user)
    base = int(found["user"]) * _PER_USER
    if found["kind"] == "a" and found["number"]:
        return base + 10_000 + int(found["number"])
    return base + _NAMED[found["kind"]] if found["kind"] in _NAMED else None


def uids_of(listing: str, packages: Iterable[str]) -> dict[str, int]:
    """User ids of *packages*, less the Android user's part, from ``pm list packages -U``."""
    wanted, found = set(packages), dict[str, int]()
    for line in listing.splitlines():
        match = _UID.fullmatch(line.strip())
        if match is not None and match["name"] in wanted:
            found[match["name"]] = int(match["uid"]) % _PER_USER
    return found


def names_match(name: str, packages: Iterable[str]) -> tuple[str, ...]:
    """Those of *packages* that a process called *name* is of, by its name alone."""
    own = name.partition(":")[0]
    return tuple(package for package in packages if package == own)


def targets(
    processes: Iterable[Process], packages: tuple[str, ...], uids: Mapping[str, int]
) -> tuple[tuple[Process, tuple[str, ...]], ...]:
    """The processes to hook, each with those of *packages* that may run in it; never what a unit hangs on."""
    chosen: list[tuple[Process, tuple[str, ...]]] = []
    for process in processes:
        if process.name in NEVER or process.name.endswith("_zygote"):
            continue
        uid = None if process.uid is None else process.uid % _PER_USER
        mine = tuple(
            package
            for package in packages
            if package in names_match(process.name, packages)
            or package in process.packages
            or (uid is not None and uid >= _FIRST_APP_UID and uids.get(package) == uid)
        )
        if mine:
            chosen.append((process, mine))
    chosen.sort(key=lambda one: (not names_match(one[0].name, one[1]), one[0].pid))
    return tuple(chosen)
