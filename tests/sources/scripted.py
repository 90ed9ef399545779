"""A unit in memory: answers each command line from a table, and fails when and how it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from audit.adb.device import Completed, DeviceRow, FileStat, State
from audit.errors import AuditError

Answer = Completed | AuditError | str
"""What a command gets: a result, an error to raise, or plain standard output with exit code 0."""

Delay = Callable[[str], float]

GETPROP = (
    "[ro.build.version.release]: [9]\n[ro.build.version.sdk]: [28]\n"
    "[ro.product.model]: [Nokia 7 plus]\n[ro.product.name]: [Onyx_00WW]\n"
)
KNOWN = (
    "package:/system/app/Phone/Phone.apk=com.android.phone versionCode:28 installer=null uid:1001\n"
    "package:/data/app/com.acme-QT==/base.apk=com.acme versionCode:7 installer=null uid:10123\n"
)
UNKNOWN_OPTION = Completed(stdout=b"Error: Unknown option: -U\n", exit_code=255)
RICH = "cmd package list packages -f -U -i --show-versioncode -u --user 0"


def ordinary() -> dict[str, Answer]:
    """The answers of an honest Android 9 unit with one user."""
    return {
        "getprop": GETPROP,
        "pm list users": "Users:\n\tUserInfo{0:Owner:13} running\n",
        RICH: KNOWN,
        "cmd package list packages --user 0": "package:com.android.phone\npackage:com.acme\n",
        "cmd package list packages -d --user 0": "",
        "cmd overlay list --user 0": "android\n[x] com.acme.overlay\n",
        "settings list global": "device_provisioned=1\n",
        "settings list system": "font_scale=1.0\n",
        "settings list secure": "android_id=0\n",
        "dumpsys -t 60 package com.acme": "Packages:\n  Package [com.acme] (1):\n",
    }


class ScriptedDevice:
    """A `audit.adb.device.Device` that answers from a table; what is not in it "does not exist" on the unit.

    delay: seconds before the answer to a command line; asked: the lines it was given, in their order
    """

    def __init__(
        self, answers: Mapping[str, Answer], *, delay: Delay = lambda _: 0.0, shell_v2: bool = True
    ) -> None:
        self._answers = dict(answers)
        self._delay = delay
        self._shell_v2 = shell_v2
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    @property
    def row(self) -> DeviceRow:
        """Who this is."""
        return DeviceRow(serial="S1", state=State.DEVICE, transport="tcp", slot="127.0.0.1:5555")

    @property
    def features(self) -> frozenset[str]:
        """With or without exit codes."""
        return frozenset({"shell_v2"}) if self._shell_v2 else frozenset()

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """Answer from the table."""
        self.asked.append(command)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(min(self._delay(command), timeout_s))
        finally:
            self.at_once -= 1
        return self._completed(command)

    def _completed(self, command: str) -> Completed:
        answer = self._answers.get(command)
        if isinstance(answer, AuditError):
            raise answer
        if isinstance(answer, Completed):
            return answer
        if answer is None:
            word, _, rest = command.partition(" ")
            missing = (
                f"cat: {rest}: No such file or directory\n" if word == "cat" else f"sh: {word}: not found\n"
            ).encode()
            if self._shell_v2:
                return Completed(stdout=b"", stderr=missing, exit_code=1 if word == "cat" else 127)
            return Completed(stdout=missing)
        return Completed(stdout=answer.encode(), exit_code=0 if self._shell_v2 else None)

    async def stat(self, path: str, *, timeout_s: float = 10.0) -> FileStat | None:  # noqa: ARG002 - protocol
        """Nothing lies anywhere."""
        return None

    async def list(self, path: str, *, timeout_s: float = 10.0) -> tuple[FileStat, ...]:  # noqa: ARG002 - protocol
        """No folder has entries."""
        return ()

    async def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:  # noqa: ARG002 - protocol
        """No file can be fetched."""
        nothing: tuple[bytes, ...] = ()
        for chunk in nothing:
            yield chunk

    async def close(self) -> None:
        """Nothing to hang up."""
