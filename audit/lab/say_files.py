"""Commands about files: what toybox prints, and what they do to those a host wrote.

Source: AOSP external/toybox, toys/posix/{cat,chmod,dd,ls,mkdir,rm,cksum}.c, toys/lsb/md5sum.c,
toys/other/stat.c; ``perror_msg`` names the file and then the C library's words.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from datetime import UTC, datetime

from audit.lab.caller import Args, Caller, complained, said
from audit.lab.disk import SHELL_UID
from audit.lab.shell import Answer

_SHA256_SINCE = 26
_NAMES = {0: "root", 1000: "system", 1001: "radio", 2000: "shell"}


def user_name(uid: int) -> str:
    """``u0_a43`` for apps, the fixed name for the system's own (``android_filesystem_config.h``)."""
    if uid >= 10_000:
        return f"u{uid // 100_000}_a{uid % 100_000 - 10_000}"
    return _NAMES.get(uid, str(uid))


def cat(caller: Caller, args: Args) -> Answer:
    """``cat [FILE…]``: what the unit's files hold, or what the host sends."""
    if not args:
        return Answer(stdout=caller.stdin.rest() if caller.stdin else b"")
    tree = caller.tree
    stdout, stderr = b"", ""
    for path in args:
        content = tree.read(path)
        if content is None:
            stderr += f"cat: {path}: {tree.refusal(path)}\n"
        else:
            stdout += content
    return Answer(stdout=stdout, stderr=stderr.encode(errors="surrogateescape"), exit_code=1 if stderr else 0)


def read_line(caller: Caller, _args: Args) -> Answer:
    """``read NAME``: waits for a line of the host; exit code 1 when there is none."""
    line = caller.stdin.line() if caller.stdin else None
    return Answer(exit_code=0 if line is not None else 1)


def dd(caller: Caller, args: Args) -> Answer:
    """``dd if=FILE bs=N skip=N count=N``: blocks of a file, and what was copied on standard error."""
    given = dict(arg.split("=", 1) for arg in args if "=" in arg)
    path = given.get("if", "")
    numbers = {name: int(value) for name, value in given.items() if value.isdecimal()}
    if given.keys() - {"if", "bs", "skip", "count"} or numbers.keys() != {"bs", "skip", "count"}:
        return complained("dd: Unknown or missing operand\n")
    tree = caller.tree
    content = tree.read(path)
    if content is None:
        return complained(f"dd: {path}: {tree.refusal(path)}\n")
    start = numbers["bs"] * numbers["skip"]
    taken = content[start : start + numbers["bs"] * numbers["count"]]
    whole, part = divmod(len(taken), numbers["bs"])
    told = (
        f"{whole}+{bool(part):d} records in\n{whole}+{bool(part):d} records out\n{len(taken)} bytes copied\n"
    )
    return Answer(stdout=taken, stderr=told.encode())


def ls(caller: Caller, args: Args) -> Answer:
    """``ls [-l] [-d] [PATH…]``: names, one a line, as toybox prints them into a pipe."""
    letters = {letter for one in args if one.startswith("-") for letter in one[1:]}
    tree = caller.tree
    stdout, stderr = "", ""
    for path in [one for one in args if not one.startswith("-")] or ["/"]:
        names = None if "d" in letters else tree.names(path)
        if names is not None:
            lines = [(name, f"{path.rstrip('/')}/{name}") for name in names]
        elif tree.stat(path) is not None and (tree.names(path) is not None or tree.read(path) is not None):
            lines = [(path, path)]
        else:
            stderr += f"ls: {path}: {tree.refusal(path)}\n"
            continue
        stdout += "".join(f"{_long(caller, full) if 'l' in letters else ''}{name}\n" for name, full in lines)
    return Answer(
        stdout=stdout.encode(errors="surrogateescape"),
        stderr=stderr.encode(errors="surrogateescape"),
        exit_code=1 if stderr else 0,
    )


def _long(caller: Caller, path: str) -> str:
    mode, size, mtime = caller.tree.stat(path) or (0, 0, 0)
    owner = user_name(_owner(caller, path))
    when = datetime.fromtimestamp(mtime, UTC).strftime("%Y-%m-%d %H:%M")
    return f"{stat.filemode(mode)} 1 {owner} {owner} {size} {when} "


def _owner(caller: Caller, path: str) -> int:
    written = caller.life.disk.files.get(path)
    if written is not None:
        return written.owner
    return SHELL_UID if path in caller.life.disk.folders else 0


def stat_command(caller: Caller, args: Args) -> Answer:
    """``stat -c FORMAT PATH…`` with ``%a %s %n %u %U %Y``."""
    if len(args) < 3 or args[0] != "-c":
        return complained("stat: needs -c FORMAT\n")
    stdout, stderr = "", ""
    for path in args[2:]:
        found = caller.tree.stat(path)
        if found is None:
            stderr += f"stat: '{path}': {caller.tree.refusal(path)}\n"
            continue
        owner = _owner(caller, path)
        shown = {
            "%a": f"{stat.S_IMODE(found[0]):o}",
            "%s": str(found[1]),
            "%Y": str(found[2]),
            "%n": path,
            "%u": str(owner),
            "%U": user_name(owner),
        }
        line = args[1]
        for mark, value in shown.items():
            line = line.replace(mark, value)
        stdout += line + "\n"
    return Answer(stdout=stdout.encode(), stderr=stderr.encode(), exit_code=1 if stderr else 0)


def chmod(caller: Caller, args: Args) -> Answer:
    """``chmod MODE FILE…``, with a number or ``[u]+x``."""
    if len(args) < 2:
        return complained('chmod: Need 2 arguments (see "chmod --help")\n')
    stderr = ""
    for path in args[1:]:
        mode = _mode(args[0], caller, path)
        if mode is None:
            return complained(f"chmod: bad mode '{args[0]}'\n")
        why = caller.life.disk.chmod(path, mode, caller.uid)
        if why == "No such file or directory" and caller.tree.stat(path) is not None:
            why = "Operation not permitted"
        stderr += f"chmod: {path}: {why}\n" if why else ""
    return complained(stderr) if stderr else Answer()


def _mode(told: str, caller: Caller, path: str) -> int | None:
    if told.isdecimal() and set(told) <= set("01234567"):
        return int(told, 8) & 0o7777
    added = {"+x": 0o111, "a+x": 0o111, "u+x": 0o100}.get(told)
    written = caller.life.disk.files.get(path)
    return None if added is None else added | (written.mode if written else 0)


def rm(caller: Caller, args: Args) -> Answer:
    """``rm [-f] [-r] PATH…``."""
    letters = {letter for one in args if one.startswith("-") for letter in one[1:]}
    stderr = ""
    for path in [one for one in args if not one.startswith("-")]:
        why = caller.life.disk.remove(path, caller.uid, deep="r" in letters)
        if why == "No such file or directory":
            there = caller.tree.stat(path) is not None
            why = "Read-only file system" if there else "" if "f" in letters else why
        stderr += f"rm: {path}: {why}\n" if why else ""
    return complained(stderr) if stderr else Answer()


def mkdir(caller: Caller, args: Args) -> Answer:
    """``mkdir [-p] PATH…``."""
    stderr = ""
    for path in [one for one in args if not one.startswith("-")]:
        why = caller.life.disk.make_folder(path, caller.uid)
        if why == "File exists" and "-p" in args:
            continue
        stderr += f"mkdir: '{path}': {why}\n" if why else ""
    return complained(stderr) if stderr else Answer()


def digest(name: str) -> Callable[[Caller, Args], Answer]:
    """``sha256sum FILE…``, ``md5sum FILE…``: digest, two blanks, name."""

    def run(caller: Caller, args: Args) -> Answer:
        if name == "sha256" and caller.unit.sdk < _SHA256_SINCE:
            return complained(f"/system/bin/sh: {name}sum: not found\n", 127)
        stdout, stderr = "", ""
        for path in [one for one in args if not one.startswith("-")]:
            content = caller.tree.read(path)
            if content is None:
                stderr += f"{name}sum: {path}: {caller.tree.refusal(path)}\n"
            else:
                of = hashlib.new(name, content, usedforsecurity=False).hexdigest()
                stdout += f"{of}\n" if "-b" in args else f"{of}  {path}\n"
        return Answer(stdout=stdout.encode(), stderr=stderr.encode(), exit_code=1 if stderr else 0)

    return run


def test_command(caller: Caller, args: Args) -> Answer:
    """``test -e|-f|-d|-x PATH`` and its form in brackets."""
    words = args[:-1] if args[-1:] == ("]",) else args
    match words:
        case (("-e" | "-f" | "-d" | "-x" | "-r") as kind, path):
            found = caller.tree.stat(path)
            holds = found is not None and {
                "-d": stat.S_ISDIR(found[0]),
                "-f": stat.S_ISREG(found[0]),
                "-x": bool(found[0] & 0o111),
            }.get(kind, True)
            return Answer(exit_code=0 if holds else 1)
        case _:
            return complained("/system/bin/sh: test: syntax error\n", 2)


__all__ = ["cat", "chmod", "dd", "digest", "ls", "mkdir", "rm", "said", "stat_command", "test_command"]
