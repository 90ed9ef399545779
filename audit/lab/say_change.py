"""Commands that change a unit: settings, properties, radios, broadcasts. All of it is noted.

Sources: AOSP ``SettingsService.java``, toolbox ``setprop``, ``cmds/am/…/Am.java`` and
``ActivityManagerShellCommand.java`` (``am broadcast``), ``cmds/svc``; a shell may not send protected
broadcasts (``ActivityManagerService.broadcastIntentLocked``).
"""

from __future__ import annotations

from dataclasses import replace

from audit.lab.caller import Args, Caller, complained, said
from audit.lab.changes import Change
from audit.lab.say_system import settings_command
from audit.lab.shell import Answer

_NAMESPACES = ("system", "secure", "global")
_PROTECTED = (
    "android.intent.action.ACTION_",
    "android.intent.action.AIRPLANE_MODE",
    "android.intent.action.BOOT_COMPLETED",
    "android.intent.action.LOCKED_BOOT_COMPLETED",
    "android.intent.action.PRE_BOOT_COMPLETED",
    "android.intent.action.SIM_STATE_CHANGED",
    "android.intent.action.SERVICE_STATE",
    "android.net.conn.CONNECTIVITY_CHANGE",
    "android.telephony.action.",
)
_MAY_SET = ("debug.", "log.", "persist.log.tag", "sys.powerctl")
"""Properties the shell user may set (``property_contexts``, ``shell.te``)."""
_RADIOS = {"wifi": "wifi_on", "data": "mobile_data", "bluetooth": "bluetooth_on"}


def settings(caller: Caller, args: Args) -> Answer:
    """``settings [--user N] put|delete|list|get NAMESPACE [KEY [VALUE]]``."""
    rest = list(args)
    if "--user" in rest:
        at = rest.index("--user")
        del rest[at : at + 2]
    match rest:
        case ["put", space, key, value] if space in _NAMESPACES:
            caller.life.set_setting(space, key, value, caller.uid)
            return Answer()
        case ["delete", space, key] if space in _NAMESPACES:
            there = key in caller.unit.settings.get(space, {})
            if there:
                caller.life.set_setting(space, key, None, caller.uid)
            return said(f"Deleted {there:d} rows\n")
        case _:
            return settings_command(caller.unit, args)


def setprop(caller: Caller, args: Args) -> Answer:
    """``setprop NAME VALUE``: root may set what is not read-only, the shell user next to nothing."""
    if len(args) != 2:
        return complained("usage: setprop NAME VALUE\n")
    name, value = args
    fixed = name.startswith("ro.") and name in caller.unit.properties
    if fixed or not (caller.root or name.startswith(_MAY_SET)):
        return complained(f"Failed to set property '{name}' to '{value}'.\nSee dmesg for error reason.\n")
    caller.life.set_property(name, value, caller.uid)
    return Answer()


def svc(caller: Caller, args: Args) -> Answer:
    """``svc wifi|data|bluetooth enable|disable``: says nothing, as ever."""
    match args:
        case (radio, ("enable" | "disable") as what) if radio in _RADIOS:
            value = "1" if what == "enable" else "0"
            caller.life.set_setting("global", _RADIOS[radio], value, caller.uid)
            return Answer()
        case _:
            return complained("Available commands:\n    data\n    wifi\n")


def connectivity(caller: Caller, args: Args) -> Answer:
    """``cmd connectivity airplane-mode [enable|disable]``, of Android 11 and later."""
    match args:
        case ("airplane-mode", ("enable" | "disable") as what):
            caller.life.set_setting("global", "airplane_mode_on", f"{what == 'enable':d}", caller.uid)
            return Answer()
        case ("airplane-mode",):
            on = caller.unit.settings.get("global", {}).get("airplane_mode_on") == "1"
            return said("enabled\n" if on else "disabled\n")
        case _:
            return complained("Connectivity service (connectivity) commands:\n", 255)


def activity(caller: Caller, args: Args) -> Answer:
    """``am broadcast|startservice|start-service|start|force-stop``."""
    match args:
        case ("broadcast", *rest):
            return _broadcast(caller, tuple(rest))
        case (("startservice" | "start-service" | "start" | "start-foreground-service") as how, *rest):
            return _started(caller, how, tuple(rest))
        case (("stopservice" | "stop-service"), *rest):
            return _stopped(caller, tuple(rest))
        case ("force-stop", name):
            caller.life.note(Change(what="component", name=f"force-stop {name}", by=caller.uid))
            return Answer()
        case _:
            return complained("Error: unknown command\n", 255)


_TAKES_VALUE = {"-a": "act", "-p": "pkg", "-n": "cmp", "-c": "cat", "-d": "dat", "-t": "typ", "-f": "flg"}
_OTHER_VALUES = frozenset({"--user", "--receiver-permission"})
_EXTRAS = {"--es": 2, "-e": 2, "--ei": 2, "--ez": 2, "--el": 2, "--esn": 1, "--ef": 2}


def _intent(args: Args) -> dict[str, str]:
    """The parts of an intent, by the letters they are printed with."""
    words, found = list(args), {}
    while words:
        word = words.pop(0)
        if word in _TAKES_VALUE and words:
            found[_TAKES_VALUE[word]] = words.pop(0)
        elif word in _OTHER_VALUES and words:
            words.pop(0)
        elif word in _EXTRAS:
            found["(has"] = "extras)"
            del words[: _EXTRAS[word]]
        elif not word.startswith("-"):
            found["cmp" if "/" in word else "act"] = word
    return found


def _shown(parts: dict[str, str]) -> str:
    order = ("act", "cat", "dat", "typ", "flg", "pkg", "cmp")
    shown = [f"{name}={parts[name]}" for name in order if name in parts]
    return " ".join([*shown, *(["(has extras)"] if "(has" in parts else [])])


def _broadcast(caller: Caller, args: Args) -> Answer:
    parts = _intent(args)
    action = parts.get("act", "")
    heading = f"Broadcasting: Intent {{ {_shown({'flg': '0x400000', **parts})} }}\n"
    if not caller.root and action.startswith(_PROTECTED):
        denied = f"Permission Denial: not allowed to send broadcast {action} from pid=4711, uid={caller.uid}"
        trouble = (
            f"\nException occurred while executing 'broadcast':\njava.lang.SecurityException: {denied}\n"
        )
        return replace(complained(trouble, 255), stdout=heading.encode(errors="surrogateescape"))
    to = parts.get("pkg") or parts.get("cmp", "").partition("/")[0]
    caller.life.broadcast(action, to, caller.uid)
    return said(f"{heading}Broadcast completed: result=0\n")


def _started(caller: Caller, how: str, args: Args) -> Answer:
    parts = _intent(args)
    package = parts.get("cmp", "").partition("/")[0] or parts.get("pkg", "")
    what = "Starting service" if "service" in how else "Starting"
    heading = f"{what}: Intent {{ {_shown(parts)} }}\n"
    if package not in caller.unit.packages:
        return Answer(
            stdout=heading.encode(), stderr=b"Error: Not found; no service started.\n", exit_code=255
        )
    if "service" in how:
        caller.life.note(Change(what="service", name=parts.get("cmp", package), now="runs", by=caller.uid))
    else:
        caller.life.note(Change(what="component", name=_shown(parts), by=caller.uid))
    return said(heading)


def _stopped(caller: Caller, args: Args) -> Answer:
    parts = _intent(args)
    name = parts.get("cmp", "")
    heading = f"Stopping service: Intent {{ {_shown(parts)} }}\n"
    if caller.life.left().get(("service", name)) is None:
        return said(f"{heading}Service not stopped: was not running.\n")
    caller.life.note(Change(what="service", name=name, was="runs", by=caller.uid))
    return said(f"{heading}Service stopped\n")
