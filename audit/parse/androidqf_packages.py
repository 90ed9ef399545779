"""AndroidQF's ``packages.json``: every package the unit knows, ghosts too, with the hashes of its files.

Before 2026 it holds what ``pm list packages -U -u -i`` named, and nothing tells an installed package from one
that is merely remembered. Later ones state the user and whether the package is installed for that user.
Source: github.com/mvt-project/androidqf adb/packages.go and adb/package_users.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from audit.model.facts import FileDigest, Parsed, Unread
from audit.model.record import record
from audit.model.text import clean_line
from audit.parse.merge_packages import PackageList
from audit.parse.packages import ListedPackage
from audit.parse.text import quote

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,255}\Z")
_HEX = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\Z")
_HASHES = ("md5", "sha1", "sha256")
_LARGEST_UID = 1 << 31
_LARGEST_USER = 21_474
_MOST_FILES = 512


@record
class Entry:
    """One entry: a package for one user. user, installed: None where the file does not say."""

    name: str
    lines: tuple[ListedPackage, ...]
    digests: tuple[FileDigest, ...]
    user: int | None = None
    installed: bool | None = None
    disabled: bool = False


@record
class AndroidqfPackages:
    """What ``packages.json`` says, as lists of packages.

    unsure: packages of which it says no more than that the unit knows them
    """

    entries: tuple[Entry, ...] = ()
    known: tuple[PackageList, ...] = ()
    installed: tuple[PackageList, ...] = ()
    disabled: tuple[PackageList, ...] = ()
    unsure: tuple[PackageList, ...] = ()

    @property
    def digests(self) -> tuple[FileDigest, ...]:
        """The hashes of all files, as AndroidQF had them computed on the unit."""
        return tuple(digest for entry in self.entries for digest in entry.digests)


def parse_androidqf_packages(text: str, origin: str = "") -> Parsed[AndroidqfPackages]:
    """Read the list of packages; an entry that is none is unread, and the rest is read all the same."""
    if not text.strip():
        return Parsed(value=AndroidqfPackages())
    try:
        whole: Json = json.loads(text)
    except json.JSONDecodeError as error:
        return _nothing(origin, error.lineno, f"not JSON: {error.msg}, column {error.colno}")
    except RecursionError:
        return _nothing(origin, 1, "JSON nested deeper than can be read")
    except ValueError as error:  # a number of more digits than Python converts
        return _nothing(origin, 1, f"not JSON that can be read: {error}")
    if not isinstance(whole, list):
        return _nothing(origin, 1, "not a list of packages")
    entries: list[Entry] = []
    unread: list[Unread] = []
    for number, one in enumerate(whole, 1):
        entry = _entry(one, origin)
        if entry is None:
            unread.append(Unread(origin=origin, line=0, text=f"entry {number}: {quote(json.dumps(one))}"))
        else:
            entries.append(entry)
    return Parsed(value=_lists(entries, origin), unread=tuple(unread), read=len(entries))


def _nothing(origin: str, line: int, why: str) -> Parsed[AndroidqfPackages]:
    return Parsed(value=AndroidqfPackages(), unread=(Unread(origin=origin, line=line, text=why),))


def _lists(entries: list[Entry], origin: str) -> AndroidqfPackages:
    by_user: dict[int | None, list[Entry]] = {}
    for entry in entries:
        by_user.setdefault(entry.user, []).append(entry)
    known, installed, disabled, unsure = [], [], [], []
    for user, own in by_user.items():
        told = [one for one in own if one.installed is not None]
        silent = [one for one in own if one.installed is None]
        known.append(_list(origin, user, own))
        if told:
            installed.append(_list(origin, user, [one for one in told if one.installed], whole=not silent))
            # that a failed `-d` left every flag false shows in no field, but no phone has nothing disabled
            off = [one for one in told if one.disabled and one.installed]
            disabled.append(_list(origin, user, off, whole=bool(off)))
        if silent:
            unsure.append(_list(origin, user, silent))
    return AndroidqfPackages(
        entries=tuple(entries),
        known=tuple(known),
        installed=tuple(installed),
        disabled=tuple(disabled),
        unsure=tuple(unsure),
    )


def _list(origin: str, user: int | None, entries: list[Entry], *, whole: bool = True) -> PackageList:
    lines = tuple(line for entry in entries for line in entry.lines)
    return PackageList(origin=origin, user=user, packages=lines, complete=whole)


def _entry(one: Json, origin: str) -> Entry | None:
    """The entry; None for what cannot be one."""
    if not isinstance(one, dict):
        return None
    name, files = one.get("name"), one.get("files")
    if not isinstance(name, str) or not _NAME.match(name) or not isinstance(files, list | None):
        return None
    digests = tuple(_files(files or [], name, origin))
    user = _number(one.get("user_id"), _LARGEST_USER)
    paths = [digest.path for digest in digests] or [""]
    # one line a file: a split package has several
    lines = tuple(_line(name, path, one) for path in paths)
    installed = one.get("installed")
    return Entry(
        name=name,
        lines=lines,
        digests=tuple(digest for digest in digests if digest.digests or digest.certificates),
        user=user,
        installed=installed if isinstance(installed, bool) else None,
        disabled=one.get("disabled") is True,
    )


def _line(name: str, path: str, one: Mapping[str, Json]) -> ListedPackage:
    installer = one.get("installer")
    uid = _number(one.get("uid"), _LARGEST_UID)
    system = True if one.get("system") is True else False if one.get("third_party") is True else None
    return ListedPackage(
        name=name,
        path=path,
        installer=clean_line(installer) if isinstance(installer, str) and installer not in _NOBODY else None,
        # 0 stands for "several users' UIDs, which could not be read"; no package runs as root
        uids=(uid,) if uid else (),
        system=system,
    )


_NOBODY = ("", "null")


def _number(value: Json, largest: int) -> int | None:
    return value if type(value) is int and 0 <= value < largest else None


def _files(files: list[Json], package: str, origin: str) -> Iterator[FileDigest]:
    for file in files[:_MOST_FILES]:
        path = file.get("path") if isinstance(file, dict) else None
        if isinstance(file, dict) and isinstance(path, str) and path.startswith("/"):
            certificate = file.get("certificate")
            signed = certificate if isinstance(certificate, dict) else {}
            yield FileDigest(
                path=clean_line(path),
                digests=_digests(file, _HASHES),
                certificates=_digests(signed, tuple(name.capitalize() for name in _HASHES)),
                package=package,
                origin=origin,
            )


def _digests(said: Mapping[str, Json], names: tuple[str, ...]) -> tuple[str, ...]:
    values = (said.get(name) for name in names)
    lower = (value.lower() for value in values if isinstance(value, str))
    return tuple(value for value in lower if _HEX.match(value))
