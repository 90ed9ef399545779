"""What names a connected unit, read only when somebody watches what it sends: an audit reads no IMEI.

Ordinary units refuse some of it; which refusals matter is `audit.parse.identifiers.own`'s to say, since one
way often tells what another one may not.
"""

from __future__ import annotations

from collections.abc import Callable

from audit.adb.device import Device
from audit.model.evidence import Artifact, Gap
from audit.sources import plan
from audit.sources.live import Progress, acquire_steps
from audit.sources.plan import Step


async def read_identity_of(
    device: Device,
    *,
    sdk: int | None,
    patience: float = 1.0,
    on_step: Callable[[Progress], None] | None = None,
) -> tuple[tuple[Artifact, ...], tuple[Gap, ...]]:
    """Ask *device* for its identifiers: its answers, refusals among them, and what got no answer at all.

    sdk: Android's API level, None where it is not known; patience: multiplies every time limit
    on_step: is told of every command that ended. Only reads; everything a unit does wrong is a gap.
    """
    return await acquire_steps(device, plan.identity_steps(sdk), on_step=on_step, patience=patience)


_NAMING = frozenset({"iphonesubinfo imei", "iphonesubinfo imei 2", "wlan-address"})


def naming_steps(sdk: int | None) -> tuple[Step, ...]:
    """What tells a unit from others with its serial number, and finds it in a list; nothing of its SIM.

    sdk: Android's API level, None where it is not known
    """
    return tuple(step for step in plan.identity_steps(sdk) if step.way in _NAMING)
