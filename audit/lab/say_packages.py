"""``pm`` and ``cmd package``: lists of packages and users, paths.

Sources: ``PackageManagerShellCommand.java`` and ``UserManagerService.java`` of Android 7 to 16; what
Android 16 says of a user it may not look into was reported from a phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from audit.lab.shell import Answer
from audit.lab.spec import USER_OFFSET, PackageSpec, UnitSpec, UserSpec
from audit.model.facts import Enabled
from audit.model.record import record

Args = tuple[str, ...]

_FAILED = 255
"""A shell command's -1."""

_ALL_USERS = -1
_CURRENT_USERS = frozenset({-2, -3})
_OPTION_SINCE = {
    "-d": 0,
    "-e": 0,
    "-f": 0,
    "-i": 0,
    "-l": 0,
    "-s": 0,
    "-u": 0,
    "-3": 0,
    "--user": 17,
    "-U": 26,
    "--uid": 26,
    "--show-versioncode": 26,
    "--apex-only": 29,
    "-a": 30,
    "--factory-only": 31,
    "-q": 36,
    "--show-stopped": 36,
    "--match-libraries": 36,
}
"""Option of ``list packages`` to the first API level that knows it."""

_ALL_BY_DEFAULT_SINCE = 34
"""From here on the list is of all users unless one is named, and comes in the order of a ``HashMap``."""

_TELLS_SINCE = 36
"""From here on a user that refuses costs one line on stderr instead of the whole list."""

_DISABLED = frozenset({Enabled.DISABLED, Enabled.DISABLED_USER, Enabled.DISABLED_UNTIL_USED})


@record
class _Asked:
    """The options of one ``list packages``."""

    options: frozenset[str]
    user: int | None
    uid: int | None
    text: str


class _Refused(Exception):
    """What the command prints instead of a list."""


def package_command(unit: UnitSpec, args: Args) -> Answer:
    """Answer to ``pm ARGS``."""
    match args:
        case ("list", "packages" | "package", *rest):
            return _list_packages(unit, tuple(rest))
        case ("list", "users", *_):
            return _list_users(unit)
        case ("path", *rest):
            return _path(unit, tuple(rest))
        case ("list", what, *_):
            return Answer(stdout=f"Error: unknown list type '{what}'\n".encode(), exit_code=_FAILED)
        case (what, *_):
            return Answer(stdout=f"Unknown command: {what}\n".encode(), exit_code=_FAILED)
        case _:
            return Answer(stdout=b"Package manager (package) commands:\n", exit_code=_FAILED)


def _list_packages(unit: UnitSpec, args: Args) -> Answer:
    try:
        asked = _understood(unit, args)
    except _Refused as refusal:
        return Answer(stdout=f"{refusal}\n".encode(), exit_code=_FAILED)
    return _all_or_one(unit, asked)


def _all_or_one(unit: UnitSpec, asked: _Asked) -> Answer:
    users = _users_meant(unit, asked.user)
    refusing = [user for user in users if user in unit.users and unit.users[user].refuses]
    if refusing and unit.sdk < _TELLS_SINCE:
        return Answer(stderr=_exception(unit, refusing[0]).encode(), exit_code=_FAILED)
    lines: dict[str, list[str]] = {}
    for user in users:
        if user in unit.users and user not in refusing:
            for line, uid in _lines(unit, asked, user):
                lines.setdefault(line, []).extend([uid] if uid else [])
    text = "".join(
        f"{line}{' uid:' + ','.join(uids) if uids else ''}\n" for line, uids in _ordered(unit, lines)
    )
    told = "".join(f"Error: java.lang.SecurityException: {_sentence(user)}\n" for user in refusing)
    return Answer(stdout=text.encode(errors="surrogateescape"), stderr=told.encode())


def _understood(unit: UnitSpec, args: Args) -> _Asked:
    options: set[str] = set()
    user: int | None = None
    uid: int | None = None
    rest = list(args)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if unit.sdk < _OPTION_SINCE.get(option, 1000):
            raise _Refused(f"Error: Unknown option: {option}")
        options.add(option)
        if option in ("--user", "--uid"):
            if not rest:
                raise _Refused(
                    f'Error: java.lang.IllegalArgumentException: Argument expected after "{option}"'
                )
            value = rest.pop(0)
            user, uid = (_user_number(value), uid) if option == "--user" else (user, _number(value))
    return _Asked(options=frozenset(options), user=user, uid=uid, text=rest[0] if rest else "")


def _user_number(value: str) -> int:
    named = {"all": _ALL_USERS, "current": -2, "cur": -2}
    if value in named:
        return named[value]
    if value.removeprefix("-").isdecimal():
        return int(value)
    raise _Refused(f"Error: java.lang.IllegalArgumentException: Bad user number: {value}")


def _number(value: str) -> int:
    if value.isdecimal():
        return int(value)
    raise _Refused(f'Error: java.lang.NumberFormatException: For input string: "{value}"')


def _users_meant(unit: UnitSpec, user: int | None) -> list[int]:
    if user is None:
        user = _ALL_USERS if unit.sdk >= _ALL_BY_DEFAULT_SINCE else 0
    if user == _ALL_USERS:
        return sorted(unit.users) if unit.sdk >= _ALL_BY_DEFAULT_SINCE else [0]
    return [0] if user in _CURRENT_USERS else [user]


def _lines(unit: UnitSpec, asked: _Asked, user: int) -> Iterator[tuple[str, str]]:
    """Each line without its uid, and the uid ("" where none is shown)."""
    if "--apex-only" in asked.options:
        yield from _apex_lines(unit, asked)
        return
    known = asked.options & {"-u", "-a"} or (asked.user == _ALL_USERS and unit.sdk < _ALL_BY_DEFAULT_SINCE)
    for name, package in sorted(unit.packages.items(), key=lambda item: java_hash(item[0])):
        uid = (package.uid or 0) + user * USER_OFFSET
        state = package.state(user)
        there = state.installed and not state.hidden
        if (there or known) and asked.text in name and asked.uid in (None, uid):
            if not _wanted(package, asked.options, disabled=state.enabled in _DISABLED):
                continue
            shown = "-U" in asked.options or "--uid" in asked.options
            yield _line(name, package, asked.options), str(uid) if shown else ""


def _wanted(package: PackageSpec, options: frozenset[str], *, disabled: bool) -> bool:
    return (
        ("-d" not in options or disabled)
        and ("-e" not in options or not disabled)
        and ("-s" not in options or package.on_image)
        and ("-3" not in options or not package.on_image)
    )


def _line(name: str, package: PackageSpec, options: frozenset[str]) -> str:
    return "".join(
        (
            "package:",
            f"{package.apk}=" if "-f" in options else "",
            name,
            f" versionCode:{package.version_code}" if "--show-versioncode" in options else "",
            f"  installer={package.installer or 'null'}" if "-i" in options else "",
        )
    )


def _apex_lines(unit: UnitSpec, asked: _Asked) -> Iterator[tuple[str, str]]:
    for name, apex in unit.apex.items():
        as_package = PackageSpec(path=apex.path, version_code=apex.version_code)
        path = f"package:{apex.path}=" if "-f" in asked.options else "package:"
        yield path + _line(name, as_package, asked.options - {"-f"}).removeprefix("package:"), ""


def _ordered(unit: UnitSpec, lines: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    if unit.sdk < _ALL_BY_DEFAULT_SINCE:
        return list(lines.items())
    size = 16
    while size * 0.75 < len(lines):
        size *= 2
    return sorted(lines.items(), key=lambda item: _bucket(item[0], size))


def _bucket(text: str, size: int) -> int:
    value = java_hash(text) & 0xFFFFFFFF
    return (value ^ (value >> 16)) & (size - 1)


@lru_cache(maxsize=4096)
def java_hash(text: str) -> int:
    """``String.hashCode()``, for text of the Basic Multilingual Plane; AOSP's maps are ordered by it."""
    value = 0
    for letter in text:
        value = (31 * value + ord(letter)) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def _sentence(user: int) -> str:
    return f"Shell does not have permission to access user {user}"


def _exception(unit: UnitSpec, user: int) -> str:
    trace = f"java.lang.SecurityException: {_sentence(user)}\n\tat com.android.server.pm\n"
    if unit.sdk >= 31:
        return f"\nException occurred while executing 'list':\n{trace}"
    return f"Security exception: {_sentence(user)}\n\n{trace}"


def _list_users(unit: UnitSpec) -> Answer:
    lines = [_user(unit, number, user) for number, user in sorted(unit.users.items())]
    return Answer(stdout="".join(f"{line}\n" for line in ("Users:", *lines)).encode(errors="surrogateescape"))


def _user(unit: UnitSpec, number: int, user: UserSpec) -> str:
    running = " running" if user.running else ""
    return f"\tUserInfo{{{number}:{user.name}:{user_flags(unit, number, user)}}}{running}"


def user_flags(unit: UnitSpec, number: int, user: UserSpec) -> str:
    """Flags of ``UserInfo``: the owner, or a managed profile; Android 11 added SYSTEM, FULL and PROFILE."""
    if user.flags:
        return user.flags
    if number == 0:
        return "c13" if unit.sdk >= 30 else "13"
    return "1030" if unit.sdk >= 30 else "30"


def _path(unit: UnitSpec, args: Args) -> Answer:
    rest = list(args)
    user = 0
    if rest[:1] == ["--user"] and len(rest) > 1:
        user, rest = (int(rest[1]) if rest[1].isdecimal() else 0), rest[2:]
    if user in unit.users and unit.users[user].refuses:
        return Answer(stderr=_exception(unit, user).encode(), exit_code=_FAILED)
    package = unit.packages.get(rest[0]) if rest else None
    if package is None or not package.state(user).installed:
        return Answer(exit_code=1)
    folder = package.apk.rsplit("/", 1)[0]
    paths = (package.apk, *(f"{folder}/split_{name}.apk" for name in package.splits))
    return Answer(stdout="".join(f"package:{path}\n" for path in paths).encode(errors="surrogateescape"))
