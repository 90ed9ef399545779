"""How each unit of a crate is read."""

from __future__ import annotations

from collections.abc import Callable

from audit.adb.device import Device
from audit.asked import Asked
from audit.clock import now
from audit.crate.means import Attempt
from audit.model.crate import CrateHead
from audit.model.evidence import Snapshot
from audit.sources.identity import naming_steps
from audit.sources.live import acquire


class Reading:
    """As `scan` does, and what tells it from units with the same serial number.

    head: of the crate, which says how much is read; how: by which way units are found, and why
    """

    def __init__(self, asked: Asked, head: CrateHead, how: Callable[[], str]) -> None:
        self._head, self._how = head, how
        self._packages, self._files = asked.packages, asked.files
        self._suspects = asked.suspects if head.suspects else frozenset[str]()

    async def __call__(self, device: Device, attempt: Attempt) -> Snapshot:
        """All that *device* gives within the attempt's time."""
        return await acquire(
            device,
            packages=self._packages,
            users=self._head.users,
            full=self._head.full,
            clock=now,
            on_step=attempt.on_step,
            files=self._files,
            how=self._how(),
            suspects=self._suspects,
            inspect=self._head.inspect,
            limit_s=attempt.limit_s,
            more=naming_steps,
            spool=attempt.spool,
        )
