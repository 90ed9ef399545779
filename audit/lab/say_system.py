"""The small commands: properties, overlays, settings, files.

Sources: AOSP toolbox/toybox ``getprop``, ``OverlayManagerShellCommand.java``, ``SettingsService.java``; the
words of refusals are those of recorded phones.
"""

from __future__ import annotations

from audit.lab.files import Tree
from audit.lab.shell import Answer
from audit.lab.spec import UnitSpec

Args = tuple[str, ...]

_NAMESPACES = ("system", "secure", "global")


def _said(text: str, code: int = 0) -> Answer:
    return Answer(stdout=text.encode(errors="surrogateescape"), exit_code=code)


def getprop(unit: UnitSpec, args: Args) -> Answer:
    """``getprop``: all, sorted by name; ``getprop NAME [DEFAULT]``: one value, an empty line if unset."""
    if not args:
        return _said("".join(f"[{name}]: [{value}]\n" for name, value in sorted(unit.properties.items())))
    default = args[1] if len(args) > 1 else ""
    return _said((unit.properties.get(args[0], "") or default) + "\n")


def overlay_command(unit: UnitSpec, args: Args) -> Answer:
    """``cmd overlay list [--user N]``: overlays grouped by what they overlay."""
    if args[:1] != ("list",):
        return Answer(stderr=b"Overlay manager (overlay) commands:\n", exit_code=255)
    rest = list(args[1:])
    user = 0
    while rest and rest[0].startswith("-"):
        if rest[0] != "--user" or len(rest) < 2 or not rest[1].isdecimal():
            return Answer(stderr=f"Error: Unknown option: {rest[0]}\n".encode(), exit_code=1)
        user, rest = int(rest[1]), rest[2:]
    if user not in unit.users:
        return Answer()
    if unit.users[user].refuses:
        told = f"java.lang.SecurityException: Shell does not have permission to access user {user}\n"
        return Answer(stderr=told.encode(), exit_code=255)
    return _said("".join(_overlay_group(unit, target) for target in _targets(unit)))


def _targets(unit: UnitSpec) -> list[str]:
    return list(dict.fromkeys(overlay.target for overlay in unit.overlays.values()))


def _overlay_group(unit: UnitSpec, target: str) -> str:
    marks = {True: "[x]", False: "[ ]", None: "---"}
    lines = [
        f"{marks[overlay.enabled]} {name}"
        for name, overlay in unit.overlays.items()
        if overlay.target == target
    ]
    return "".join(f"{line}\n" for line in (target, *lines, ""))


def settings_command(unit: UnitSpec, args: Args) -> Answer:
    """``settings [--user N] list|get NAMESPACE [KEY]``."""
    rest = list(args)
    if "--user" in rest:
        at = rest.index("--user")
        del rest[at : at + 2]
    if unit.sdk < 23 and rest[:1] == ["list"]:
        return _said("usage:  settings [--user NUM] get namespace key\n")
    match rest:
        case ["list", namespace] if namespace in _NAMESPACES:
            return _said("".join(sorted(f"{k}={v}\n" for k, v in unit.settings.get(namespace, {}).items())))
        case ["get", namespace, key] if namespace in _NAMESPACES:
            return _said(unit.settings.get(namespace, {}).get(key, "null") + "\n")
        case ["list" | "get", namespace, *_] if namespace not in _NAMESPACES:
            return Answer(stderr=f"Invalid namespace '{namespace}'\n".encode(), exit_code=255)
        case _:
            return Answer(stderr=b"Settings provider (settings) commands:\n", exit_code=255)


def cat(unit: UnitSpec, args: Args) -> Answer:
    """``cat FILE…``: what the unit's files hold."""
    tree = Tree(unit)
    stdout, stderr = b"", ""
    for path in args:
        content = tree.read(path)
        if content is None:
            stderr += f"cat: {path}: {tree.refusal(path)}\n"
        else:
            stdout += content
    return Answer(stdout=stdout, stderr=stderr.encode(), exit_code=1 if stderr else 0)


def dd(unit: UnitSpec, args: Args) -> Answer:
    """``dd if=FILE bs=N skip=N count=N``: blocks of a file, and what was copied on standard error."""
    given = dict(arg.split("=", 1) for arg in args if "=" in arg)
    path = given.get("if", "")
    numbers = {name: int(value) for name, value in given.items() if value.isdecimal()}
    if given.keys() - {"if", "bs", "skip", "count"} or numbers.keys() != {"bs", "skip", "count"}:
        return Answer(stderr=b"dd: Unknown or missing operand\n", exit_code=1)
    tree = Tree(unit)
    content = tree.read(path)
    if content is None:
        return Answer(stderr=f"dd: {path}: {tree.refusal(path)}\n".encode(), exit_code=1)
    start = numbers["bs"] * numbers["skip"]
    taken = content[start : start + numbers["bs"] * numbers["count"]]
    whole, part = divmod(len(taken), numbers["bs"])
    told = (
        f"{whole}+{bool(part):d} records in\n{whole}+{bool(part):d} records out\n{len(taken)} bytes copied\n"
    )
    return Answer(stdout=taken, stderr=told.encode())


def ls(unit: UnitSpec, args: Args) -> Answer:
    """``ls [PATH…]``: names, one a line, as toybox prints them into a pipe."""
    tree = Tree(unit)
    stdout, stderr = "", ""
    for path in [one for one in args if not one.startswith("-")] or ["/"]:
        names = tree.names(path)
        if names is not None:
            stdout += "".join(f"{name}\n" for name in names)
        elif tree.read(path) is not None:
            stdout += f"{path}\n"
        else:
            stderr += f"ls: {path}: {tree.refusal(path)}\n"
    return Answer(
        stdout=stdout.encode(errors="surrogateescape"), stderr=stderr.encode(), exit_code=1 if stderr else 0
    )


def identity(unit: UnitSpec, _args: Args) -> Answer:
    """``id`` of ADB's shell user; SELinux speaks from Android 5 on."""
    context = " context=u:r:shell:s0" if unit.sdk >= 21 else ""
    groups = "2000(shell),1004(input),1007(log),1011(adb),1015(sdcard_rw),3003(inet),3009(readproc)"
    return _said(f"uid=2000(shell) gid=2000(shell) groups={groups}{context}\n")


def echo(_unit: UnitSpec, args: Args) -> Answer:
    """``echo [-n] WORDS``."""
    return _said(" ".join(args[1:])) if args[:1] == ("-n",) else _said(" ".join(args) + "\n")


def printf(_unit: UnitSpec, args: Args) -> Answer:
    r"""``printf FORMAT [WORDS]`` with ``%s``, ``%d`` and ``\n``."""
    text = args[0].replace("\\n", "\n") if args else ""
    for word in args[1:]:
        mark = "%s" if "%s" in text else "%d"
        text = text.replace(mark, word, 1)
    return _said(text)


def leave(_unit: UnitSpec, args: Args) -> Answer:
    """``exit [N]``."""
    code = int(args[0]) & 0xFF if args and args[0].isdecimal() else 0
    return Answer(exit_code=code, leaves=True)


def sleep(_unit: UnitSpec, args: Args) -> Answer:
    """``sleep SECONDS``, as a delay of the answer."""
    try:
        return Answer(delay_ms=int(float(args[0]) * 1000) if args else 0)
    except ValueError:
        return Answer(stderr=f"sleep: not a number '{args[0]}'\n".encode(), exit_code=1)


def getenforce(_unit: UnitSpec, _args: Args) -> Answer:
    """``getenforce``."""
    return _said("Enforcing\n")
