"""Just enough reading to know what to ask next: the Android version, the users, the package names.

What these miss costs a question, never a fact: the artifacts are read in full by `audit.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from audit.model.record import record
from audit.sources.plan import LARGEST_USER

_LONGEST_SDK = 3
_LONGEST_VALUE = 256
_USER = re.compile(rb"UserInfo\{(\d{1,5}):")
_ENTRY = re.compile(rb"^package:(?:([^ \r\n]*)=)?([A-Za-z0-9_.]+)(?=[ \r\n]|\Z)", re.MULTILINE)
_NAME = re.compile(rb"^package:(?:[^ \r\n]*=)?([A-Za-z0-9_.]+)(?=[ \r\n]|\Z)", re.MULTILINE)


@record
class Version:
    """The Android version. sdk: API level, None where it is not stated; release: for people ("7.1.2")."""

    sdk: int | None
    release: str = ""


def _stated(name: bytes, data: bytes) -> str:
    """The value *data* gives a property, as ``getprop`` prints it or as a ``*.prop`` file holds it.

    Plain searches: an expression tried at each of a thousand lines costs ten times as much.
    """
    for start, end in ((b"[%s]: [" % name, b"]"), (b"%s=" % name, b"\n")):
        at = 0 if data.startswith(start) else data.find(b"\n" + start) + 1
        if at or data.startswith(start):
            line = data[at + len(start) : at + len(start) + _LONGEST_VALUE].partition(b"\n")[0]
            return line.partition(end)[0].decode("utf-8", "replace").strip()
    return ""


def version(data: bytes) -> Version:
    """The Android version in the output of ``getprop`` or in a ``*.prop`` file."""
    sdk = _stated(b"ro.build.version.sdk", data)
    return Version(
        sdk=int(sdk) if sdk.isdecimal() and len(sdk) <= _LONGEST_SDK else None,
        release=_stated(b"ro.build.version.release", data),
    )


def model(data: bytes) -> str | None:
    """``ro.product.model`` in the output of ``getprop``."""
    return _stated(b"ro.product.model", data) or None


def serial(data: bytes) -> str | None:
    """The unit's serial number in the output of ``getprop``, as ADB shows it."""
    return _stated(b"ro.serialno", data) or _stated(b"ro.boot.serialno", data) or None


def users(data: bytes) -> tuple[int, ...]:
    """The user numbers in the output of ``pm list users``, in its order."""
    numbers = dict.fromkeys(int(number) for number in _USER.findall(data))
    return tuple(number for number in numbers if number <= LARGEST_USER)


def package_names(data: bytes) -> frozenset[str]:
    """The names in the output of ``list packages``; paths may hold ``=``, names may not."""
    return frozenset(name.decode("ascii") for name in _NAME.findall(data))


def package_paths(data: bytes, names: Collection[str]) -> dict[str, str]:
    """Where the base APKs of *names* lie, in the output of ``list packages -f``; "" where it does not say."""
    found: dict[str, str] = {}
    for path, raw in _ENTRY.findall(data):
        name = raw.decode("ascii")
        if name in names and not found.get(name):
            found[name] = path.decode("utf-8", "surrogateescape")
    return found
