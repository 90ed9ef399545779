"""What a unit says instead of an answer: the phrases, what they mean, what to do about them.

One table for all parsers, because the same words come from every command: on standard output or standard
error, with exit code 0 or not, depending on Android's version.
"""

from __future__ import annotations

import re

from audit.model.record import record


@record
class Trouble:
    """One way in which a command fails.

    pattern: searched in one line of output
    reason: what happened, in words for the operator; fix: what to do about it
    answers: the words are an answer to what was asked (no such package), not a failure
    """

    pattern: re.Pattern[str]
    reason: str
    fix: str
    answers: bool = False


_BOOT = "Wait until the unit shows its home screen, then audit again."
_SHELL = "Audit over ADB as the unit's shell user, with USB debugging allowed on the unit."
_AGAIN = "Keep the unit awake and idle, then audit again with a longer time limit."
_OPTION = (
    "Audit again with the options this Android version knows; record the command again without the option."
)
_CABLE = "Connect and unlock the unit, allow USB debugging on it, then record the command again."
_PROFILE = "Sign in to that user or have its administrator allow debugging; else audit it on the unit itself."


def _trouble(pattern: str, reason: str, fix: str, *, answers: bool = False) -> Trouble:
    return Trouble(pattern=re.compile(pattern), reason=reason, fix=fix, answers=answers)


# First match counts: what is more exact stands first. `\A` where the bare word is common in honest output.
# Sources: AOSP frameworks/native cmds/dumpsys/dumpsys.cpp (timeout, "Can't find service", "Error dumping"),
# cmds/cmd/cmd.cpp, core BasicShellCommandHandler ("Unknown option"), DumpUtils ("Permission Denial"),
# bionic linker_main.cpp ("CANNOT LINK EXECUTABLE"), UserManager restrictions in PackageManagerShellCommand.
TROUBLES: tuple[Trouble, ...] = (
    _trouble(
        r"DUMP TIMEOUT .*EXPIRED|\A\*\*\* .* EXPIRED \*\*\*",
        "The unit's service did not finish in time.",
        _AGAIN,
    ),
    _trouble(
        r"(?i)does not have permission to access user|can't (?:access|interact with) user|INTERACT_ACROSS_",
        "The user is not visible to the shell.",
        _PROFILE,
    ),
    _trouble(
        r"\A(?:Permission Denial|Permission denied)\b|: Permission [Dd]eni", "The unit refused.", _SHELL
    ),
    _trouble(r"\A(?:cmd: )?Can't find service\b", "The service is not running.", _BOOT),
    _trouble(
        r"\AError dumping\b|\AError with service\b", "The unit's service failed while it answered.", _BOOT
    ),
    _trouble(r"CANNOT LINK EXECUTABLE", "The unit cannot start its own programs.", _BOOT),
    _trouble(r"(?i)Is the system running\?", "The Android framework is not running.", _BOOT),
    _trouble(
        r"Failure calling service|Failed transaction|DeadObjectException|DeadSystemException",
        "The unit's service went away while it answered.",
        _BOOT,
    ),
    _trouble(r"SecurityException|\ASecurity exception:", "The unit refused for security reasons.", _SHELL),
    _trouble(
        r"\A(?:Killed|Terminated|Aborted|Bus error|Segmentation fault)\b", "The command was killed.", _AGAIN
    ),
    _trouble(r"\AUnable to find package\b", "The unit does not have the package.", "", answers=True),
    _trouble(
        r"(?i)\A(?:Error: )?(?:Unknown|Invalid|Unrecognized) (?:option|command|argument)\b|\Ausage: ",
        "The unit's Android does not know the command or its option.",
        _OPTION,
    ),
    _trouble(
        r": (?:inaccessible or )?not found\Z|: No such file or directory\Z|: can't execute\b",
        "The unit does not have the command or file.",
        _OPTION,
    ),
    _trouble(
        r"\A(?:adb: )?error: (?:closed|device |no devices|more than one|protocol fault|failed to)",
        "ADB could not reach the unit.",
        _CABLE,
    ),
    _trouble(
        r"\A(?:Exception occurred|Exception in thread|Caused by: |Error: |Exception: )"
        r"|\A(?:android|java|javax|libcore)\.[\w.$]+(?:Exception|Error)\b",
        "The unit reported an error.",
        _BOOT,
    ),
)

# A message is short; a line without end must not make the patterns slow.
_LONGEST = 1000

# Lines around an answer that say nothing about the unit, by the name they are counted under.
_NOISE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("blank lines", re.compile(r"\A\s*\Z")),
    ("stack trace", re.compile(r"\A\s+(?:at [\w.$<>]+|\.\.\. \d+ more)")),
    ("linker warnings", re.compile(r"\AWARNING: linker: ")),
    ("adb's own lines", re.compile(r"\A(?:\* daemon |- waiting for )")),
    (
        "frame of a bug report",
        re.compile(r"\A(?:-{5,}|DUMP OF SERVICE |Skipping '.{1,200}' on user build\.)"),
    ),
    (
        "what netstat says of itself",
        re.compile(
            r"\A \(?(?:Not all processes could be identified|will not be shown, you would)"
            r"|\A\(Not all processes could be identified"
        ),
    ),
)


def recognise(line: str) -> Trouble | None:
    """The trouble *line* tells of, or None."""
    start = line[:_LONGEST]
    return next((trouble for trouble in TROUBLES if trouble.pattern.search(start)), None)


def noise(line: str) -> str | None:
    """The name of the class of meaningless lines that *line* belongs to, or None."""
    return next((name for name, pattern in _NOISE if pattern.search(line)), None)
