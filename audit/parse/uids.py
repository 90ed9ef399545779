"""Android's user ids: their names in ``ps`` and ``netstat``, and what an app's says."""

from __future__ import annotations

import re

from audit.parse.packages import PER_USER

HOSTS = ("com.android.", "android.")
"""How names begin of packages that host others: those that share a user id may ask to run in one process, and
Android's own are where they do (com.android.phone hosts whatever runs as android.uid.phone)."""
FIRST_ISOLATED = 90_000
"""From here on an id belongs to one process of an app, not to the app (``android.os.Process``)."""

_APP = re.compile(r"u([0-9]{1,5})_?a([0-9]{1,5})\Z")
_ISOLATED = re.compile(r"u([0-9]{1,5})_?i([0-9]{1,5})\Z")
_FIRST_APP = 10_000
_FIRST_OWN_ISOLATED = 99_000
# system/core libcutils include/private/android_filesystem_config.h, those that hold sockets or write logs
_NAMES = {
    "root": 0,
    "system": 1000,
    "radio": 1001,
    "bluetooth": 1002,
    "log": 1007,
    "wifi": 1010,
    "adb": 1011,
    "media": 1013,
    "dhcp": 1014,
    "vpn": 1016,
    "keystore": 1017,
    "drm": 1019,
    "mdnsr": 1020,
    "gps": 1021,
    "nfc": 1027,
    "clat": 1029,
    "logd": 1036,
    "dns": 1051,
    "dns_tether": 1052,
    "statsd": 1066,
    "incidentd": 1067,
    "secure_element": 1068,
    "network_stack": 1073,
    "shell": 2000,
    "nobody": 9999,
}


def uid_of(name: str) -> int | None:
    """The id of a user by its name: ``radio``, ``u0_a18``, ``u0a18``, ``u10_i3``, ``10018``; None for others.

    Sources: bionic libc/bionic/grp_pwd.cpp; android.os.UserHandle.formatUid (without the underscore)
    """
    if name.isascii() and name.isdecimal() and len(name) <= 10:
        return int(name)
    if app := _APP.match(name):
        return int(app[1]) * PER_USER + _FIRST_APP + int(app[2])
    if isolated := _ISOLATED.match(name):
        return int(isolated[1]) * PER_USER + _FIRST_OWN_ISOLATED + int(isolated[2])
    return _NAMES.get(name)


def app_of(uid: int) -> int:
    """*uid* without the Android user's part: what ``dumpsys package`` calls userId."""
    return uid % PER_USER
