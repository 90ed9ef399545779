"""The output of ``cmd package list packages`` and its older form ``pm list packages``."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

_PREFIX = "package:"
_NAME = re.compile(r"[A-Za-z0-9_.\-]+\Z")
_NAMED = re.compile(r"=[A-Za-z0-9_.\-]+ ")
_IMAGES = (".apk", ".apex", ".capex")
_FIELD = re.compile(r"(versionCode|uid|installer)[:=](.*)\Z", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,19}\Z")
_MOST_FIELDS = 8
_BARE = re.compile(r"package:([A-Za-z0-9_.\-]+)\Z")
_USUAL = re.compile(
    r"package:(?P<path>/[^\s=]*\.apk)=(?P<name>[A-Za-z0-9_.\-]+) versionCode:(?P<version>[0-9]{1,19})"
    r"  installer=(?P<installer>[A-Za-z0-9_.\-]+) uid:(?P<uid>[0-9]{1,19})\Z"
)
"""Nearly all lines are of these two forms, and a unit prints hundreds."""
PER_USER = 100_000
"""Android's UIDs: user * 100000 + application (``android.os.UserHandle.PER_USER_RANGE``)."""


@record
class ListedPackage:
    """One line of the list; what the options did not ask for is None, "" or ().

    uids: one for each user that has the package, where the unit lists them together (Android 13 on)
    system: on the system image, where a list says so itself
    """

    name: str
    path: str = ""
    version_code: int | None = None
    installer: str | None = None
    uids: tuple[int, ...] = ()
    system: bool | None = None


def parse_packages(text: str, origin: str = "") -> Parsed[tuple[ListedPackage, ...]]:
    """Read ``package:PATH=NAME versionCode:N  installer=X uid:U,V`` with any of the fields missing.

    PATH may hold ``=`` and blanks, so fields are taken from the right and NAME follows the last ``=``.

    Source: AOSP services/core/java/com/android/server/pm/PackageManagerShellCommand.java runListPackages
    """
    ledger = Ledger(origin)
    found: list[ListedPackage] = []
    for number, line in enumerate(lines_of(text), start=1):
        package = _package(line.rstrip()) if line.startswith(_PREFIX) else None
        if package is None:
            ledger.left_over(number, line)
        else:
            found.append(package)
    ledger.read(len(found))
    return ledger.parsed(tuple(found))


def _package(line: str) -> ListedPackage | None:
    if bare := _BARE.match(line):
        return ListedPackage(name=bare[1])
    if usual := _USUAL.match(line):
        path, name, version, installer, uid = usual.groups()
        return ListedPackage(
            name=name,
            path=path,
            version_code=int(version),
            installer=None if installer == "null" else installer,
            uids=(int(uid),),
        )
    return _odd(line)


def _odd(line: str) -> ListedPackage | None:
    """A line of any form: fields are taken from the right as long as they are known."""
    head, fields = line.removeprefix(_PREFIX), dict[str, str]()
    for _ in range(_MOST_FIELDS):
        before, blank, last = head.rpartition(" ")
        field = _FIELD.match(last) if blank else None
        if field is None:
            break
        fields.setdefault(field[1], field[2])
        head = before.rstrip()
    path, equals, name = head.rpartition("=")
    if equals and not _is_path(path):
        return None
    uids, version = fields.get("uid"), fields.get("versionCode")
    numbers = [] if uids is None else uids.split(",")
    if not _NAME.match(name) or not all(map(_NUMBER.match, numbers)):
        return None
    if version is not None and not _NUMBER.match(version):
        return None
    installer = fields.get("installer")
    return ListedPackage(
        name=name,
        path=path,
        version_code=None if version is None else int(version),
        installer=None if installer in ("null", "") else installer,
        uids=tuple(map(int, numbers)),
    )


def _is_path(text: str) -> bool:
    """Whether *text* is a path, not ``/a/A.apk=com.acme.a new`` of a line with a field that is new to us."""
    return text.startswith("/") and (text.endswith(_IMAGES) or _NAMED.search(text) is None)
