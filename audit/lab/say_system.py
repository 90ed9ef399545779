"""The small commands that only say something: properties, overlays, settings.

Sources: AOSP toolbox/toybox ``getprop``, ``OverlayManagerShellCommand.java``, ``SettingsService.java``; the
words of refusals are those of recorded phones.
"""

from __future__ import annotations

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
