"""A unit in memory: answers each command line from a table, and fails when and how it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from audit.adb.device import Completed, DeviceRow, FileStat, State
from audit.adb.stream import Stream
from audit.errors import AuditError, BadInput, ProtocolError

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


_CHUNK = 1000


@dataclass(frozen=True)
class File:
    """A file on the unit. stated: its size, if not that of the content; error: raised after the content."""

    content: bytes = b""
    stated: int | None = None
    listed: bool = True
    error: AuditError | None = None

    @property
    def size(self) -> int:
        """What the unit says its size is."""
        return len(self.content) if self.stated is None else self.stated


class ScriptedDevice:
    """A `audit.adb.device.Device` that answers from a table; what is not in it "does not exist" on the unit.

    delay: seconds before the answer to a command line; asked: the lines it was given, in their order
    files: what lies on it; pulled, listed: the paths that were asked for, in their order
    """

    def __init__(
        self,
        answers: Mapping[str, Answer],
        *,
        delay: Delay = lambda _: 0.0,
        shell_v2: bool = True,
        files: Mapping[str, File] | None = None,
    ) -> None:
        self.files = dict(files or {})
        self.pulled: list[str] = []
        self.listed: list[str] = []
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
        """What `files` holds there."""
        self.listed.append(path)
        file = self.files.get(path)
        return None if file is None else FileStat(path=path, mode=0o100644, size=file.size, mtime=0)

    async def list(self, path: str, *, timeout_s: float = 10.0) -> tuple[FileStat, ...]:  # noqa: ARG002 - protocol
        """The entries of a folder: what `files` holds below it, apart from what is not listed."""
        self.listed.append(path)
        await asyncio.sleep(self._delay(f"list {path}"))
        start, found = f"{path}/", dict[str, FileStat]()
        for name, file in self.files.items():
            if name.startswith(start) and file.listed:
                first, _, rest = name[len(start) :].partition("/")
                mode, size = (0o040755, 4096) if rest else (0o100644, file.size)
                found[first] = FileStat(path=start + first, mode=mode, size=size, mtime=0)
        return tuple(found[name] for name in sorted(found))

    async def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:  # noqa: ARG002 - protocol
        """The content of a file, in small chunks, up to where it breaks."""
        self.pulled.append(path)
        file = self.files.get(path) or File(error=BadInput("No such file or directory", where=path))
        await asyncio.sleep(self._delay(f"pull {path}"))
        for at in range(0, len(file.content), _CHUNK):
            yield file.content[at : at + _CHUNK]
        if file.error is not None:
            raise file.error

    async def open(self, service: str) -> Stream:
        """No service but those above."""
        raise ProtocolError(f"no service {service!r}")

    async def close(self) -> None:
        """Nothing to hang up."""
