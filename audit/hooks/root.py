"""Whether commands can be run as root on a unit, and how: asked, never taken.

Root is not got here: where a unit gives none, that is the answer. The order spares the operator a prompt
where none is needed. Sources: topjohnwu/Magisk docs (``su -c``), AOSP system/extras/su/su.cpp
(``su UID COMMAND …``).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from audit.adb.device import Completed, Device
from audit.errors import UsageError
from audit.hooks.ask import Cannot
from audit.model.record import record
from audit.model.text import clean_line

_ASK_S = 10.0
_PROMPT_S = 30.0
"""How long a person gets to allow it on the unit's screen."""

_USE_ANOTHER = (
    "Watch it from outside (`adb-audit watch`): no root is needed for that. Hooking needs Magisk, KernelSU "
    "or a userdebug build on the unit; getting one of them there erases it."
)


class How(StrEnum):
    """How root is had."""

    ADBD = "adbd"
    """The daemon itself runs as root (``adb root``, an emulator)."""
    SU_C = "su -c"
    """Magisk, KernelSU and their like."""
    SU_0 = "su 0"
    """The su of userdebug builds."""


@record
class Root:
    """A way to run commands as root. manager: what ``su -v`` calls itself, "" where there is none."""

    how: How
    manager: str = ""

    def wrap(self, line: str) -> str:
        """*line* as root. It is made of words without single quotes: lines are fixed texts here."""
        if "'" in line:
            raise UsageError("a command for root cannot hold a single quote")
        match self.how:
            case How.ADBD:
                return line
            case How.SU_C:
                return f"su -c '{line}'"
            case How.SU_0:
                return f"su 0 sh -c '{line}'"


async def find_root(device: Device, *, patience: float, on_say: Callable[[str], None]) -> Root | Cannot:
    """How *device* gives root, or why it cannot be hooked; raises UnitLost alone."""
    if _is_root(await device.run("id -u", timeout_s=_ASK_S * patience)):
        return Root(how=How.ADBD)
    named = await device.run("su -v", timeout_s=_ASK_S * patience)
    manager = clean_line(named.stdout.decode("utf-8", "replace")).strip()[:80]
    if named.exit_code == 0 and manager:
        on_say(f"{manager} is asked for root: allow it on the unit's screen if it asks")
        return _judge(await device.run("su -c 'id -u'", timeout_s=_PROMPT_S * patience), manager, patience)
    if _is_root(await device.run("su 0 id -u", timeout_s=_ASK_S * patience)):
        return Root(how=How.SU_0)
    return Cannot(
        reason="It cannot be hooked: its shell gets no root, as on any unit as sold.", fix=_USE_ANOTHER
    )


def _is_root(answer: Completed) -> bool:
    return answer.stdout.strip() == b"0" and answer.exit_code in (0, None) and not answer.timed_out


def _judge(answer: Completed, manager: str, patience: float) -> Root | Cannot:
    if _is_root(answer):
        return Root(how=How.SU_C, manager=manager)
    if answer.timed_out:
        return Cannot(
            reason=f"It cannot be hooked now: {manager} asked for root on its screen, and nobody allowed it "
            f"within {_PROMPT_S * patience:g} s.",
            fix="Unlock the unit, run this again and tap Grant; or allow the shell in the manager's list.",
        )
    return Cannot(
        reason=f"It cannot be hooked: {manager} refuses root to the shell.",
        fix="Allow “Shell” in the manager's list of apps, then run this again.",
    )
