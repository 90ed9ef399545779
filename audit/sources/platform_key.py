"""Whose key the unit's own framework is signed with: from a few blocks of its tail, without fetching it."""

from __future__ import annotations

from audit.adb.device import Completed, Device
from audit.errors import AuditError, UsageError
from audit.model.code import CodeFile, Signer, Trouble
from audit.model.text import clean_line
from audit.sources import plan
from audit.sources.plan import Ask, Command
from audit.sources.suspect_files import Calls

FORM = "apk (signature only)"
_PACKAGE = "android"
_STAT_S = 10.0
_MOST_QUESTIONS = 64
"""A signature of all schemes takes five; a file that leads elsewhere for ever does not get to."""


class _Unread(Exception):
    """Why blocks of the file did not come."""


async def read_key(device: Device, calls: Calls) -> tuple[CodeFile, ...]:
    """The signers of the package ``android``, as a file of no code.

    Nothing where the unit has no such file, or a shell that would garble its bytes (before Android 7).
    """
    if "shell_v2" not in device.features:
        return ()
    path = plan.FRAMEWORK
    try:
        async with calls.turn():
            calls.deadline.check()
            found = await device.stat(path, timeout_s=calls.deadline.within(_STAT_S * calls.patience))
        return () if found is None else (await _signed(device, calls, found.size),)
    except AuditError as error:
        return (_file(0, troubles=(Trouble(reason=f"not read: {error.what}", fix=error.fix),)),)
    except _Unread as why:
        return (_file(0, troubles=(Trouble(reason=str(why)),)),)


async def _signed(device: Device, calls: Calls, size: int) -> CodeFile:
    from audit.endpoints.signing import ask_signers  # noqa: PLC0415 - most units have no suspect

    asking = ask_signers(size)
    try:
        wanted = next(asking)
        for _ in range(_MOST_QUESTIONS):
            wanted = asking.send(await _range(device, calls, *wanted))
    except StopIteration as done:
        return _file(size, signers=done.value.signers, troubles=done.value.troubles)
    raise _Unread(f"its signature was not found in {_MOST_QUESTIONS} places it points to")


async def _range(device: Device, calls: Calls, offset: int, length: int) -> bytes:
    """*length* bytes from *offset*; fewer at the end of the file."""
    first = offset // plan.BLOCK_BYTES
    count = -(-(offset + length) // plan.BLOCK_BYTES) - first
    try:
        command = Command(ask=Ask.BLOCKS, path=plan.FRAMEWORK, blocks=(first, count))
    except UsageError as error:
        raise _Unread(f"its signature would take {length} bytes from byte {offset}") from error
    async with calls.turn():
        calls.deadline.check()
        calls.step(command.line, False)
        try:
            limit_s = calls.deadline.within(command.timeout_s * calls.patience)
            answer = await device.run(command.line, timeout_s=limit_s)
        finally:
            calls.step(command.line, True)
    _check(answer, command)
    return answer.stdout[offset - first * plan.BLOCK_BYTES :][:length]


def _check(answer: Completed, command: Command) -> None:
    if answer.exit_code == 0 and not answer.truncated and not answer.timed_out:
        return
    words = clean_line(answer.stderr[-200:].decode("utf-8", "replace")).strip()
    late = (
        "no whole answer in time" if answer.timed_out or answer.truncated else f"exit code {answer.exit_code}"
    )
    raise _Unread(f"`{command.line}` failed: {words or late}")


def _file(size: int, *, signers: tuple[Signer, ...] = (), troubles: tuple[Trouble, ...] = ()) -> CodeFile:
    return CodeFile(
        path=plan.FRAMEWORK, size=size, form=FORM, package=_PACKAGE, signers=signers, troubles=troubles
    )
