"""What a unit's answers mean for the evidence: understood, refused, cut short, and the words for each.

A refusal stays an artifact too where there is one: `audit.parse` reads the same text from a folder, so the
words of a gap are about the *way* to the answer (time, connection, version), not about what the answer says.
"""

from __future__ import annotations

import re

from audit.adb.device import Completed
from audit.errors import AuditError
from audit.model.evidence import Artifact, Gap, Topic
from audit.model.text import clean_line
from audit.sources import deadline, plan
from audit.sources.peek import Version
from audit.sources.plan import Command, Step

_HEAD = 400
"""Bytes of an answer looked at for the unit's own error messages; they come first."""

_NOT_UNDERSTOOD = re.compile(
    rb"Unknown option|Unknown command|not found|Can't find service|Bad argument|CANNOT LINK EXECUTABLE"
)
_REFUSAL = re.compile(
    rb"No such file or directory|Permission denied|Is a directory|Not a directory|not found|I/O error"
)
_ABSENT = re.compile(rb"No such file or directory|Not a directory")

AGAIN = "Audit the unit again; if it stays, unlock the unit and let it finish starting."
REPLUG = "Check cable and port, unlock the unit, and audit it again."


def _errors(stdout: bytes, stderr: bytes) -> bytes:
    """Where an error message may stand: an old unit has no separate stderr."""
    return stderr[:_HEAD] + b"\n" + stdout[:_HEAD]


def not_understood(completed: Completed) -> bool:
    """Whether another way of asking may get an answer: an option or a program the unit does not know.

    ``list packages`` answers "Error: Unknown option: -U" on standard output, with exit code 255 or, on units
    without exit codes, none.
    """
    if completed.exit_code in (None, 0) and completed.stdout.startswith(b"package:"):
        return False
    if completed.exit_code not in (None, 0):
        return True
    return _NOT_UNDERSTOOD.search(_errors(completed.stdout, completed.stderr)) is not None


def refusal(artifact: Artifact) -> str | None:
    """Why a file could not be read, in the unit's words; None when it was."""
    if artifact.exit_code == 0:
        return None
    text = artifact.stderr or artifact.data
    if artifact.exit_code is None and _REFUSAL.search(text[:_HEAD]) is None:
        return None
    return clean_line(text[:_HEAD].decode("utf-8", "replace")).strip() or f"exit code {artifact.exit_code}"


def gap(step: Step, command: Command, completed: Completed, *, over: str = "") -> Gap | None:
    """What is missing of an answer that came. over: that the time of the whole unit was over, "" = it was not

    None when it came in full, and when the artifact tells by itself: an error message, a cut end.
    """
    if completed.timed_out:
        came = len(completed.stdout) + completed.poured
        kept = f"; {came} bytes came until then" if came else ""
        late = f"before {over}" if over else f"within {command.timeout_s:.0f} s"
        reason = f"No complete answer came {late}{kept}."
    elif step.optional and _denied(completed):
        reason = f"{command.path} may not be read: {_words(completed)}."
    else:
        return None
    return _gap(step, command, reason, AGAIN if not step.optional else "Nothing to do: the unit forbids it.")


def _denied(completed: Completed) -> bool:
    errors = _errors(completed.stdout, completed.stderr)
    failed = completed.exit_code not in (None, 0) or _REFUSAL.search(errors) is not None
    return failed and _ABSENT.search(errors) is None


def _words(completed: Completed) -> str:
    text = completed.stderr or completed.stdout
    return clean_line(text[:_HEAD].decode("utf-8", "replace")).strip() or f"exit code {completed.exit_code}"


def unit_gone(step: Step, command: Command, error: AuditError) -> Gap:
    """The connection ended before, or while, this was read."""
    return _gap(step, command, f"Not read: {error.what}.", error.fix or REPLUG)


def time_over(step: Step, command: Command, over: str) -> Gap:
    """This was never asked. over: that the time of the whole unit was over, in words"""
    return _gap(step, command, f"Not read: {over}.", deadline.AGAIN)


def refused(step: Step, command: Command, error: AuditError) -> Gap:
    """The way to the unit would not carry this command."""
    return _gap(step, command, f"{error.what[:1].upper()}{error.what[1:]}.", error.fix or AGAIN)


def too_old(version: Version) -> Gap:
    """An Android this program cannot read."""
    name = f"Android {clean_line(version.release) or '?'} (SDK {version.sdk})"
    return Gap(
        topic=Topic.PACKAGES,
        reason=f"{name} is older than the oldest that can be audited, 7.0 (SDK {plan.OLDEST_SDK}).",
        fix="Judge this unit by hand: it can neither list users nor tell failure from an empty answer.",
        origin="ro.build.version.sdk",
    )


def no_such_user(number: int, known: tuple[int, ...]) -> Gap:
    """A user was asked for that the unit does not list."""
    return Gap(
        topic=Topic.USERS,
        reason=f"The unit has no user {number}; it lists {', '.join(map(str, known))}.",
        fix="Give --user one of those, or leave it out to read them all.",
        origin="pm list users",
        user=number,
    )


def too_many_users(listed: int) -> Gap:
    """More users than any Android allows."""
    return Gap(
        topic=Topic.PACKAGES,
        reason=f"The unit lists {listed} users; the packages of the first {plan.MOST_USERS} were read.",
        fix="Name the users to read with --user.",
        origin="pm list users",
    )


def no_lists() -> Gap:
    """Not one list of packages could be read, though the unit is there."""
    return Gap(
        topic=Topic.PACKAGES,
        reason="Android's package manager did not answer: no list of packages was read.",
        fix="Wait until the unit shows its home screen, or restart it, then audit it again.",
    )


def no_such_package(name: str) -> Gap:
    """The code of a package was asked for that no user of the unit knows."""
    return Gap(
        topic=Topic.ENDPOINTS,
        reason=f"The unit knows no package {name}, so none of its code was read.",
        fix="Check the name: `adb shell pm list packages` lists them all.",
        origin=name,
    )


def _gap(step: Step, command: Command, reason: str, fix: str) -> Gap:
    return Gap(
        topic=step.topic, reason=clean_line(reason), fix=clean_line(fix), origin=command.line, user=step.user
    )
