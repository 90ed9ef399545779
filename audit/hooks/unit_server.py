"""A Frida server on a unit, from the file that is pushed to the last trace that is removed.

It listens on the unit's loopback alone, on a random port, and takes clients with a random token alone: any
app on a unit can connect to its loopback. The token stands in the server's command line, the one place Frida
takes it from, which Android 7 and later show to no app (``hidepid=2``).

While it runs, a second shell on the unit waits for this host to go away: if it does (unplugged, killed), that
shell ends the server and removes its files by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable

from audit.adb import shell
from audit.adb.device import Completed, Device
from audit.adb.push import push
from audit.errors import AuditError, UnitLost
from audit.hooks.root import Root
from audit.hooks.server_file import ServerFile, check_version
from audit.hooks.unbroken import finish
from audit.model.record import record
from audit.model.text import clean_line

FOLDER = "/data/local/tmp"
_LEFTOVERS = "re.frida.server"
"""What a server unpacks into, beside itself (frida-core server/server.vala); its name may have an ending."""

_COMMAND_S = 10.0
_VERSION_S = 20.0
_START_S = 30.0
_PUSH_S = 180.0
_STOP_S = 20.0
"""How long a server may take to put processes back as they were."""
_KILLED_S = 5.0
_TIDIED_S = 8
"""How long a server whose host is gone may take to tidy up by itself."""
_TRIES = 3
_PORTS = (20_000, 60_000)
_BUSY = "address already in use", "address in use"


class CannotStart(Exception):
    """The server does not run on this unit; what, fix: for the operator. Never leaves audit.hooks."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


@record
class Running:
    """A server that answered that it is ready. version: as it says; note: of a version that differs"""

    port: int
    token: str
    pid: int
    version: str
    note: str = ""


class UnitServer:
    """One server on one unit: `start` once, `stop` always."""

    def __init__(self, device: Device, root: Root, *, patience: float) -> None:
        self.path = f"{FOLDER}/a{secrets.token_hex(5)}"
        self._device = device
        self._root = root
        self._patience = patience
        self._pid: int | None = None
        self._pushed = False
        self._before: frozenset[str] | None = None
        self._guard: asyncio.Task[None] | None = None
        self._guarded = False

    async def start(
        self, file: ServerFile, wanted: str, *, allow_skew: bool, on_say: Callable[[str], None]
    ) -> Running:
        """Push, check and start it. Raises BadInput for a file that will not do, CannotStart for the unit."""
        on_say(f"puts {file.path.name} ({len(file.data) >> 20} MB) on the unit as {self.path}")
        self._before = await self._listed()
        self._pushed = True  # also if it fails half-way: then half of it may lie there
        await push(
            self._device,
            self.path,
            file.data,
            mode=0o700,
            mtime=int(time.time()),
            timeout_s=_PUSH_S * self._patience,
        )
        await self._expect("chmod", f"chmod 700 {self.path}")
        await self._check_sum(file)
        said = clean_line((await self._expect("--version", f"{self.path} --version", _VERSION_S)).strip())
        note = check_version(said, wanted, allow_skew=allow_skew, where=str(file.path))
        # to its end, whoever cancels: a server that starts unseen could not be ended
        port, token, pid = await finish(self._begin(on_say))
        return Running(port=port, token=token, pid=pid, version=said, note=note)

    async def _begin(self, on_say: Callable[[str], None]) -> tuple[int, str, int]:
        port, token = await self._launch(on_say)
        self._pid = await self._find()
        await self._watch_over()
        return port, token, self._pid

    async def alive(self) -> bool:
        """Whether it runs; raises UnitLost when the unit is gone."""
        if self._pid is None:
            return False
        answer = await self._as_root(f"kill -0 {self._pid}")
        return answer.exit_code == 0

    async def stop(self) -> tuple[str, ...]:
        """End it and remove its files; what could not be undone, each with the command that would."""
        left: list[str] = []
        try:
            async with asyncio.timeout((_STOP_S + 6 * _COMMAND_S) * self._patience):
                await self._undo(left)
        except TimeoutError:
            left.append(f"the unit did not answer in time; what may be left: {self._commands()}")
        except UnitLost:
            left += self._lost()
        except AuditError as error:
            left.append(f"{error.what}; what may be left: {self._commands()}")
        await self._end_guard()
        return tuple(left)

    # starting

    async def _listed(self) -> frozenset[str]:
        entries = await self._device.list(FOLDER, timeout_s=_COMMAND_S * self._patience)
        return frozenset(one.path for one in entries)

    async def _check_sum(self, file: ServerFile) -> None:
        for line in (f"sha256sum {self.path}", f"toybox sha256sum {self.path}"):
            answer = await self._run(line)
            if answer.exit_code == 0:
                found = answer.stdout.split(maxsplit=1)[0].decode("ascii", "replace") if answer.stdout else ""
                if found != file.sha256:
                    raise CannotStart(
                        f"what lies on the unit is not what was sent (sha256 {clean_line(found)[:64]})",
                        "Try another cable or port; if it happens again, the unit changes files.",
                    )
                return
        raise CannotStart(
            "the unit cannot say what arrived (it has no sha256sum)",
            "Watch it from outside (`adb-audit watch`).",
        )

    async def _launch(self, on_say: Callable[[str], None]) -> tuple[int, str]:
        said = ""
        for _ in range(_TRIES):
            port = _PORTS[0] + secrets.randbelow(_PORTS[1] - _PORTS[0])
            token = secrets.token_hex(16)
            on_say(f"starts it as root, on port {port} of the unit's loopback")
            answer = await self._as_root(
                f"{self.path} -D -C -P -l 127.0.0.1:{port} --token {token}", _START_S
            )
            if answer.timed_out:
                raise CannotStart(
                    f"the Frida server was not ready within {_START_S * self._patience:g} s",
                    "Reboot the unit, then run this again.",
                )
            if answer.exit_code == 0:
                return port, token
            said = _words(answer)
            if not any(busy in said.lower() for busy in _BUSY):
                break
        raise CannotStart(f"the Frida server does not start on the unit: {said}", _advice(said))

    async def _find(self) -> int:
        pid = await self._running()
        if pid is None:
            raise CannotStart(
                "the Frida server said it was ready and is gone",
                "Look for its reason with `adb logcat`; some builds end it (SELinux, a protection app).",
            )
        return pid

    async def _running(self) -> int | None:
        answer = await self._as_root(f"pidof {self.path.rpartition('/')[2]}")
        found = answer.stdout.split()
        return int(found[0]) if found and found[0].isdigit() else None

    async def _watch_over(self) -> None:
        """Let the unit clean up by itself should this host go away; without shell v2 there is no way to."""
        if "shell_v2" not in self._device.features:
            return
        # `read` comes first: where standard input does not reach the shell, nothing of this happens; the file
        # goes first, so that a server that was ended in the usual way keeps another process's number safe
        line = (
            f'trap "" HUP; read a && cat >/dev/null && [ -e {self.path} ] && rm -f {self.path} '
            f"&& kill -TERM {self._pid}"
        )
        leftovers = f"{FOLDER}/{_LEFTOVERS}"
        if self._before is not None and leftovers not in self._before:
            # the server removes them itself, unless it is ended before it comes to that
            line += f" && sleep {_TIDIED_S} && rm -rf {leftovers}"
        opening = asyncio.Event()
        self._guard = asyncio.create_task(self._hold(shell.shell_service(self._root.wrap(line)), opening))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_COMMAND_S * self._patience):
                await opening.wait()

    async def _hold(self, service: str, opening: asyncio.Event) -> None:
        try:
            stream = await self._device.open(service)
        except AuditError:
            return  # there is none then: stop() says what to do by hand
        finally:
            opening.set()
        stream.write(shell.pack_shell(shell.ShellId.STDIN, b"go\n"))
        self._guarded = True
        try:
            while await stream.read():
                pass
            self._guarded = False  # it ended though the unit is there: it would not clean up
        except AuditError:
            pass  # the unit is gone: this is what it is for
        finally:
            stream.close()

    # ending

    async def _undo(self, left: list[str]) -> None:
        if self._pid is None and self._pushed:
            self._pid = await self._running()  # one that did not answer in time may have started all the same
        if self._pid is not None:
            left += await self._end(self._pid)
        if self._pushed:
            await self._as_root(f"rm -f {self.path}")
        if self._before is None:
            return
        for path in sorted(await self._listed() - self._before):
            if path == self.path:
                left.append(f"{path} is still on the unit; to remove it: {self._shown(f'rm -f {path}')}")
            elif _is_leftover(path):
                await self._as_root(f"rm -rf {path}")
                if path in await self._listed():
                    left.append(f"{path} is still on the unit; to remove it: {self._shown(f'rm -rf {path}')}")
        self._pushed = False

    async def _end(self, pid: int) -> tuple[str, ...]:
        """End the server: asked first, since it then puts the zygotes back; by force where it does not."""
        await self._as_root(f"kill -TERM {pid}")
        if await self._gone(_STOP_S):
            self._pid = None
            return ()
        await self._as_root(f"kill -KILL {pid}")
        if await self._gone(_KILLED_S):
            self._pid = None
            return ("the Frida server had to be ended by force; restart the unit to be rid of all it did",)
        return (f"the Frida server does not end; to end it by force: {self._shown(f'kill -KILL {pid}')}",)

    async def _gone(self, limit_s: float) -> bool:
        deadline = asyncio.get_running_loop().time() + limit_s * self._patience
        while await self.alive():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.2)
        return True

    def _lost(self) -> tuple[str, ...]:
        if not self._pushed:
            return ()
        if self._guarded:
            ends = f"it ends it and removes {self.path} by itself; to make sure: {self._commands()}"
            return (f"the unit went away before the Frida server was ended: {ends}",)
        return (f"the unit went away with the Frida server on it; to end and remove it: {self._commands()}",)

    def _commands(self) -> str:
        kill = () if self._pid is None else (f"kill {self._pid}",)
        return self._shown("; ".join((*kill, f"rm -f {self.path}", f"rm -rf {FOLDER}/{_LEFTOVERS}")))

    def _shown(self, line: str) -> str:
        """*line* as an operator types it."""
        return f'adb shell "{self._root.wrap(line)}"'

    async def _end_guard(self) -> None:
        if self._guard is not None:
            self._guard.cancel()
            await asyncio.gather(self._guard, return_exceptions=True)

    # commands

    async def _run(self, line: str, timeout_s: float = _COMMAND_S) -> Completed:
        return await self._device.run(line, timeout_s=timeout_s * self._patience)

    def _as_root(self, line: str, timeout_s: float = _COMMAND_S) -> Awaitable[Completed]:
        return self._run(self._root.wrap(line), timeout_s)

    async def _expect(self, what: str, line: str, timeout_s: float = _COMMAND_S) -> str:
        answer = await self._run(line, timeout_s)
        if answer.timed_out:
            raise CannotStart(f"{what} was not answered in time", "Reboot the unit, then run this again.")
        if answer.exit_code not in (0, None):
            raise CannotStart(f"{what} of the pushed server fails: {_words(answer)}", _advice(_words(answer)))
        return answer.stdout.decode("utf-8", "replace")


def _is_leftover(path: str) -> bool:
    name = path.rpartition("/")[2]
    plain = all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in name)
    return name.startswith(_LEFTOVERS) and plain


def _words(answer: Completed) -> str:
    text = (answer.stderr or answer.stdout).decode("utf-8", "replace").strip()
    return clean_line(text)[:300] or f"exit code {answer.exit_code}"


def _advice(said: str) -> str:
    said = said.lower()
    if "not executable" in said or "exec format" in said:
        return "The file is for another processor: get the one for the unit's."
    if "selinux" in said or "permission denied" in said:
        return "The unit's policy forbids it even to root: use Magisk's root, or watch it from outside."
    return "Give the frida-server that Frida publishes for this processor, then run this again."
