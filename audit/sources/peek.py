"""Just enough reading to know what to ask next: the Android version, the users, the package names.

What these miss costs a question, never a fact: the artifacts are read in full by `audit.parse`.
"""

from __future__ import annotations

import re

from audit.model.record import record
from audit.sources.plan import LARGEST_USER

_PROP = rb"^\[%s\]: \[([^\]\r\n]*)\]"
_SDK = re.compile(_PROP % rb"ro\.build\.version\.sdk", re.MULTILINE)
_RELEASE = re.compile(_PROP % rb"ro\.build\.version\.release", re.MULTILINE)
_MODEL = re.compile(_PROP % rb"ro\.product\.model", re.MULTILINE)
_USER = re.compile(rb"UserInfo\{(\d{1,5}):")
_NAME = re.compile(rb"^package:(?:[^ \r\n]*=)?([A-Za-z0-9_.]+)(?=[ \r\n]|\Z)", re.MULTILINE)
_PROP_FILE_SDK = re.compile(rb"^ro\.build\.version\.sdk=(\d{1,3})\s*$", re.MULTILINE)
_PROP_FILE_RELEASE = re.compile(rb"^ro\.build\.version\.release=([^\r\n]*)", re.MULTILINE)


@record
class Version:
    """The Android version. sdk: API level, None where it is not stated; release: for people ("7.1.2")."""

    sdk: int | None
    release: str = ""


def _first(pattern: re.Pattern[bytes], data: bytes) -> str:
    found = pattern.search(data)
    return "" if found is None else found.group(1).decode("utf-8", "replace").strip()


def version(data: bytes) -> Version:
    """The Android version in the output of ``getprop`` or in a ``*.prop`` file."""
    sdk = _first(_SDK, data) or _first(_PROP_FILE_SDK, data)
    release = _first(_RELEASE, data) or _first(_PROP_FILE_RELEASE, data)
    return Version(sdk=int(sdk) if sdk.isdecimal() else None, release=release)


def model(data: bytes) -> str | None:
    """``ro.product.model`` in the output of ``getprop``."""
    return _first(_MODEL, data) or None


def users(data: bytes) -> tuple[int, ...]:
    """The user numbers in the output of ``pm list users``, in its order."""
    numbers = dict.fromkeys(int(number) for number in _USER.findall(data))
    return tuple(number for number in numbers if number <= LARGEST_USER)


def package_names(data: bytes) -> frozenset[str]:
    """The names in the output of ``list packages``; paths may hold ``=``, names may not."""
    return frozenset(name.decode("ascii") for name in _NAME.findall(data))
