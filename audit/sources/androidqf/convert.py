"""JSON of AndroidQF's own helpers, written as the unit's commands would have said it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from audit.model.evidence import Gap, Topic
from audit.model.record import record
from audit.model.text import clean_line

_SPACE = re.compile(r"[\s,]*")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z")
_SYSTEM_UIDS = {0: "root", 1000: "system", 1001: "radio", 2000: "shell"}
_FIRST_APP, _LAST_APP, _PER_USER = 10_000, 19_999, 100_000
_LARGEST = 1 << 32
_MOST_USERS = 256
_ASK = "Audit the unit itself, for all its users."

Entry = Mapping[str, object]


@record
class Listed:
    """``files.json``. paths: one a line; digests: as ``sha256sum`` prints them; whole: read to its end."""

    paths: bytes
    digests: bytes
    whole: bool


@record
class Told:
    """``package_users.json``. text: as ``pm list users`` prints it; gaps: users that could not be read."""

    text: bytes
    gaps: tuple[Gap, ...]


def entries(data: bytes) -> Iterator[Entry | None]:
    """The objects of a JSON list, one by one; None at last where it broke off or is none.

    One by one, since as a whole the list of a phone's files takes ten times its size in memory.
    """
    text = data.decode("utf-8", "replace")
    decoder = json.JSONDecoder()
    at = text.find("[") + 1
    if not at or text[: at - 1].strip("\ufeff \t\r\n"):
        yield None
        return
    while True:
        space = _SPACE.match(text, at)
        at = at if space is None else space.end()
        if text[at : at + 1] == "]":
            return
        try:
            one, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):  # broken off, or nothing anybody would write
            yield None
            return
        yield one if isinstance(one, dict) else None


def files(data: bytes, *, whole: bool) -> Listed:
    """``files.json``: a path in each entry, with its hashes where they were computed."""
    paths: list[str] = []
    digests: list[str] = []
    for entry in entries(data):
        path = None if entry is None else entry.get("path")
        if entry is None or not isinstance(path, str):
            whole = False
            continue
        paths.append(clean_line(path))
        sha256 = entry.get("sha256")
        if isinstance(sha256, str) and _SHA256.match(sha256) and path.startswith("/"):
            digests.append(f"{sha256.lower()}  {clean_line(path)}")
    return Listed(paths=_lines(paths), digests=_lines(digests), whole=whole)


def processes(data: bytes, *, whole: bool) -> tuple[bytes, bool]:
    """The collector's list of processes as ``ps -A`` has it, and whether all of it was read."""
    lines = ["USER PID PPID NAME"]
    for entry in entries(data):
        name = None if entry is None else _name(entry)
        if entry is None or not name:
            whole = False
            continue
        numbers = [_number(entry.get(key)) for key in ("pid", "ppid")]
        lines.append(" ".join((_user(_number(entry.get("uid"))), *map(str, numbers), name)))
    return _lines(lines), whole


def _name(entry: Entry) -> str:
    """What ``ps`` shows: the command line's first word, which for an app is its process's name."""
    command = entry.get("command_line")
    first = command[0] if isinstance(command, list) and command else None
    for name in (first, entry.get("filename"), entry.get("path")):
        if isinstance(name, str) and (words := clean_line(name).split()):
            return words[0]
    return ""


def _user(uid: int) -> str:
    app = uid % _PER_USER
    if _FIRST_APP <= app <= _LAST_APP:
        return f"u{uid // _PER_USER}_a{app - _FIRST_APP}"
    return _SYSTEM_UIDS.get(uid, str(uid))


def _number(value: object) -> int:
    return value if type(value) is int and 0 <= value < _LARGEST else 0


def users(data: bytes, origin: str) -> Told:
    """The users AndroidQF asked about, and a gap for each whose packages it could not list."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    listed = said.get("users") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(listed, list):
        gap = Gap(topic=Topic.USERS, reason=f"{origin} cannot be read.", fix=_ASK, origin=origin)
        return Told(text=b"", gaps=(gap,))
    lines, gaps = ["Users:"], []
    for one in listed[:_MOST_USERS]:
        number = one.get("id") if isinstance(one, dict) else None
        if not isinstance(one, dict) or type(number) is not int or not 0 <= number < _PER_USER:
            gaps.append(Gap(topic=Topic.USERS, reason=f"{origin} names no user.", fix=_ASK, origin=origin))
            continue
        name, flags = _word(one.get("name")), _word(one.get("flags")) or "0"
        running = " running" if one.get("running") is True else ""
        lines.append(f"\tUserInfo{{{number}:{name}:{flags}}}{running}")
        if one.get("inventory_status") != "collected":
            why = _word(one.get("error")) or "AndroidQF does not say why"
            gaps.append(
                Gap(
                    topic=Topic.PACKAGES,
                    reason=f"The packages of user {number} were not all listed: {why}",
                    fix=_ASK,
                    origin=origin,
                    user=number,
                )
            )
    if error := _word(said.get("enumeration_error")):
        reason = f"Which users there are could not be told: {error}"
        gaps.append(Gap(topic=Topic.USERS, reason=reason, fix=_ASK, origin=origin))
    return Told(text=_lines(lines), gaps=tuple(gaps))


def _word(value: object) -> str:
    return clean_line(value)[:200] if isinstance(value, str) else ""


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
