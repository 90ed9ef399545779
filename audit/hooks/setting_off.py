"""Runs triggers, and undoes them: also when the window ended early."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from audit.adb.device import Completed, Device
from audit.errors import AuditError, UnitLost
from audit.hooks.root import Root
from audit.hooks.triggers import READ_AIRPLANE, Step, Trigger, Wanted, airplane_steps, steps, undo_steps
from audit.model.text import clean_line

_FAILED = ("error", "exception", "failure", "unknown command", "not found")
"""How ``am`` and ``cmd`` say no: mostly with exit code 0."""


class SettingOff:
    """The triggers of one window. Each is noted before it runs, so that one that broke off is undone, too."""

    def __init__(self, device: Device, root: Root, *, patience: float, on_say: Callable[[str], None]) -> None:
        self._device = device
        self._root = root
        self._patience = patience
        self._on_say = on_say
        self._to_undo: list[Wanted] = []
        self._airplane_was: bool | None = None

    async def set_off(self, wanted: Wanted) -> str:
        """Do it; why it did not work, "" when it did. Raises UnitLost."""
        self._on_say(f"sets off {wanted.says}")
        if wanted.trigger is Trigger.AIRPLANE:
            return await self._toggle()
        if undo_steps(wanted):
            self._to_undo.append(wanted)
        for step in steps(wanted):
            failed = await self._step(step)
            if failed:
                return f"{wanted.trigger.value} did not work: {failed}"
        return ""

    async def undo(self) -> tuple[str, ...]:
        """Undo all that was done, last first; what could not be, with the command that would."""
        left: list[str] = []
        while self._to_undo:
            for step in undo_steps(self._to_undo.pop()):
                left += await self._undo_step(step)
        if self._airplane_was is not None:
            was, self._airplane_was = self._airplane_was, None
            if await self._check_airplane(was):
                left += await self._set_airplane(was)
        return tuple(left)

    async def _toggle(self) -> str:
        answer = await self._run(READ_AIRPLANE)
        said = answer.stdout.strip()
        if said not in (b"0", b"1"):
            return "airplane-mode was left alone: the unit does not say how it is set now"
        self._airplane_was = said == b"1"
        for on in (not self._airplane_was, self._airplane_was):
            failed = await self._set_airplane(on)
            if failed:
                return f"airplane-mode did not work: {failed[0]}"
        return ""

    async def _set_airplane(self, on: bool) -> tuple[str, ...]:
        failed = ""
        for way in airplane_steps(on):
            for step in way:
                failed = await self._quiet_step(step)
                if failed:
                    break
            else:
                return await self._check_airplane(on)
        lines = " && ".join(self._root.wrap(step.line) for step in airplane_steps(on)[-1])
        return (f'airplane mode could not be set ({failed}); by hand: adb shell "{lines}"',)

    async def _check_airplane(self, on: bool) -> tuple[str, ...]:
        try:
            answer = await self._run(READ_AIRPLANE)
        except AuditError as error:
            return (f"whether airplane mode is {'on' if on else 'off'} again is not known ({error.what})",)
        if answer.stdout.strip() == (b"1" if on else b"0"):
            return ()
        return (f"airplane mode is not {'on' if on else 'off'}; set it in the unit's settings",)

    async def _undo_step(self, step: Step) -> tuple[str, ...]:
        failed = await self._quiet_step(step)
        if not failed or "not stopped" in failed.lower():
            return ()
        return (f'could not be undone ({failed}); by hand: adb shell "{self._root.wrap(step.line)}"',)

    async def _quiet_step(self, step: Step) -> str:
        try:
            return await self._step(step)
        except AuditError as error:
            return error.what

    async def _step(self, step: Step) -> str:
        """Run it; why it failed, "" when it did not."""
        try:
            answer = await self._run(step)
        except UnitLost:
            raise
        except AuditError as error:
            return error.what
        words = clean_line((answer.stderr + b" " + answer.stdout).decode("utf-8", "replace")).strip()[:300]
        if answer.timed_out:
            return "the unit did not answer in time"
        if answer.exit_code not in (0, None) or words.lower().startswith(_FAILED) or "Exception" in words:
            return words or f"exit code {answer.exit_code}"
        if step.pause_s:
            await asyncio.sleep(step.pause_s * min(1.0, self._patience))
        return ""

    async def _run(self, step: Step) -> Completed:
        line = self._root.wrap(step.line) if step.root else step.line
        return await self._device.run(line, timeout_s=step.timeout_s * self._patience)
