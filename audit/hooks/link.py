"""A Frida server as it is talked to: connected, asked, hooked into, left. Every call has its limit."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from audit.hooks.bundles import Bundle
from audit.hooks.frida_thread import FridaThread
from audit.hooks.gate import NotAndroid, close_gate
from audit.hooks.hearing import hear
from audit.hooks.mailbox import Mailbox
from audit.hooks.targets import Process, process_of
from audit.hooks.troubles import About, FridaFailed, Trouble
from audit.model.record import record

CONNECT_S = 12.0
_TRY_S = 5.0
_LIST_S = 15.0
_ATTACH_S = 15.0
"""Frida itself gives up a process that does not take the agent after 10 s."""
_SPAWNED_S = 3.0
"""For each of two calls in a process held as it started: Frida lets it go by itself after 8 s."""
_LEAVE_S = 5.0
_SETTLE_S = 0.5
"""Before letting go of a process that was only just attached to: at once, 1 in 25 died of it, measured."""
_STOP_S = 3.0
_MOST_LISTED = 20_000
_MUTE = Trouble(
    name="agent-mute",
    about=About.PROCESS,
    what="the agent does not answer from within the process",
    fix="Keep the unit awake, with its screen on; if the process is frozen, open the app by hand.",
)
_RETRIED = frozenset({"not-listening", "hung-up"})
"""What a server that is just starting causes."""


@record
class Sent:
    """A message of an agent. key: (pid, agent)"""

    key: tuple[int, str]
    message: Mapping[str, Any]
    blob: bytes | None
    at_s: float


@record
class Logged:
    """What an agent wrote to its console."""

    key: tuple[int, str]
    text: str
    at_s: float


@record
class Detached:
    """A session ended. reason: Frida's word."""

    pid: int
    reason: str


@record
class Spawned:
    """A process was held as it started."""

    pid: int
    identifier: str


Mail = Sent | Logged | Detached | Spawned


class Link:
    """One Frida server, through *thread*; what it tells goes into *mailbox*. clock: seconds, monotonic"""

    def __init__(
        self, thread: FridaThread, mailbox: Mailbox[Mail], clock: Callable[[], float], *, patience: float
    ) -> None:
        self._thread = thread
        self._mailbox = mailbox
        self._clock = clock
        self._patience = patience
        self._address = ""
        self._device: Any = None
        self._sessions: dict[int, tuple[Any, tuple[Any, ...]]] = {}
        self._gated = False
        self._going: set[int] = set()

    @property
    def hooked(self) -> frozenset[int]:
        """Processes there is a session with."""
        return frozenset(self._sessions)

    async def connect(self, port: int, token: str) -> None:
        """Reach the server behind *port* of this host; raises `FridaFailed`."""
        self._address = f"127.0.0.1:{port}"
        manager = await self._call("looking for it", self._thread.frida.get_device_manager, _TRY_S)

        def add() -> Any:  # noqa: ANN401 - frida's own
            self._forget(manager)  # a device that is known keeps its old options
            return manager.add_remote_device(self._address, token=token)

        self._device = await self._call("looking for it", add, _TRY_S)
        deadline = asyncio.get_running_loop().time() + CONNECT_S * self._patience
        while True:
            try:
                await self._call("connecting to it", self._device.query_system_parameters, _TRY_S)
            except FridaFailed as failed:
                over = asyncio.get_running_loop().time() > deadline
                if over or failed.trouble.name not in _RETRIED:
                    raise
                await asyncio.sleep(0.3)
            else:
                return

    async def processes(self) -> tuple[Process, ...]:
        """Every process of the unit."""

        def ask() -> list[Process | None]:
            rows = self._device.enumerate_processes(scope="metadata")
            return [process_of(row.pid, row.name, row.parameters) for row in rows[:_MOST_LISTED]]

        return tuple(one for one in await self._call("listing processes", ask, _LIST_S) if one is not None)

    async def gate(self) -> bool:
        """Hold apps as they start, from now on; whether this unit can be made to. Raises `FridaFailed`."""

        def ask() -> None:
            close_gate(self._device, on_spawn=self._spawned, on_removed=self._let_go)

        try:
            await self._call("holding starting apps", ask, _LIST_S)
        except NotAndroid:
            return False
        self._gated = True
        return True

    def _spawned(self, spawn: Any) -> None:  # noqa: ANN401 - frida's own
        item = Spawned(pid=int(spawn.pid), identifier=str(spawn.identifier or "")[:255])
        self._mailbox.put(item, urgent=True)

    def _let_go(self, spawn: Any) -> None:  # noqa: ANN401 - frida's own
        self._going.add(int(spawn.pid))

    def went_on(self, pid: int) -> bool:
        """Whether a process that was held is so no longer: Frida's watchdog let it go."""
        return pid in self._going

    async def resume(self, pid: int) -> None:
        """Let a held process go; one that is gone, or was let go, is no trouble."""
        if len(self._going) > _MOST_LISTED:
            self._going.clear()
        try:
            await self._call("letting a process go", lambda: self._device.resume(pid), _LEAVE_S)
        except FridaFailed as failed:
            if failed.trouble.about is About.SERVER:
                raise

    async def hook(self, pid: int, bundles: tuple[Bundle, ...], *, spawned: bool = False) -> dict[str, float]:
        """Load *bundles* into process *pid*; when each was, by the clock.

        Raises `FridaFailed`, and leaves the process as it was then.
        """
        limit_s = _SPAWNED_S if spawned else _ATTACH_S
        session = await self._call("attaching", lambda: self._attach(pid), limit_s, patient=not spawned)
        loaded: dict[str, float] = {}
        # less than the whole, so that it is told from a server that does not answer
        answer_s = 0.7 * limit_s * (1.0 if spawned else self._patience)

        def load() -> tuple[Any, ...]:
            scripts = []
            for bundle in bundles:
                scripts.append(self._load(session, pid, bundle))
                loaded[bundle.name] = self._clock()
                scripts[-1].load()
                self._rpc(scripts[-1], "start", {}, limit_s=answer_s)
            return tuple(scripts)

        try:
            scripts = await self._call("loading the agent", load, limit_s, patient=not spawned)
        except (FridaFailed, asyncio.CancelledError):
            await asyncio.shield(self._detach(session))
            raise
        self._sessions[pid] = (session, scripts)
        return loaded

    def _attach(self, pid: int) -> Any:  # noqa: ANN401 - frida's own
        session = self._device.attach(pid)
        session.on("detached", lambda reason, *_: self._detached(pid, str(reason)))
        return session

    def _detached(self, pid: int, reason: str) -> None:
        self._mailbox.put(Detached(pid=pid, reason=reason[:80]), urgent=True)

    def _load(self, session: Any, pid: int, bundle: Bundle) -> Any:  # noqa: ANN401 - frida's own
        key = (pid, bundle.name)

        def take(message: Mapping[str, Any], blob: bytes | None) -> None:
            if message.get("type") == "log":
                text = str(message.get("payload"))[:2000]
                self._mailbox.put(Logged(key=key, text=text, at_s=self._clock()), 2000)
                return
            size = (0 if blob is None else len(blob)) + 2000
            self._mailbox.put(Sent(key=key, message=message, blob=blob, at_s=self._clock()), size)

        script = session.create_script(bundle.source, name=f"adb-audit-{bundle.name}", runtime="qjs")
        hear(script, take)
        return script

    def _rpc(self, script: Any, name: str, *arguments: object, limit_s: float) -> None:  # noqa: ANN401
        """Call a function of an agent. Runs in the one thread, which no call may hold.

        This is the one wait of the binding that no Cancellable ends; it ends when the script is gone.
        """
        outcome: Future[object] = Future()

        def ask() -> None:
            try:
                outcome.set_result(getattr(script.exports_sync, name)(*arguments))
            except self._thread.errors as error:
                outcome.set_exception(error)

        threading.Thread(target=ask, name="frida-rpc", daemon=True).start()
        try:
            outcome.result(limit_s)
        except TimeoutError as error:
            raise FridaFailed(_MUTE) from error

    async def stop_agents(self) -> frozenset[int]:
        """Let the agents unhook and say what they hold back; the processes where one did not."""
        mute: set[int] = set()
        for pid, (_, scripts) in tuple(self._sessions.items()):
            for script in scripts:
                work = functools.partial(self._rpc, script, "stop", limit_s=_STOP_S)
                if await self._quietly("the agent did not stop", work):
                    mute.add(pid)
        return frozenset(mute)

    def gone(self, pid: int) -> None:
        """The session with *pid* has ended by itself."""
        self._sessions.pop(pid, None)

    async def close(self) -> tuple[str, ...]:
        """Let go of everything; what could not be let go of."""
        left = list(await self.ungate())
        for pid, (session, _) in tuple(self._sessions.items()):
            left += await self._quietly(f"process {pid} could not be let go of", session.detach)
        self._sessions.clear()
        if self._address:
            manager = self._thread.frida.get_device_manager
            await self._quietly("the device could not be forgotten", lambda: self._forget(manager()))
            self._address = ""
        return tuple(left)

    async def ungate(self) -> tuple[str, ...]:
        """Hold apps no longer; Frida lets go of those it holds. What could not be ended."""
        if not self._gated:
            return ()
        self._gated = False
        return await self._quietly("holding apps could not be ended", self._device.disable_spawn_gating)

    def _forget(self, manager: Any) -> None:  # noqa: ANN401 - frida's own
        # asking which devices are known would start every backend, adb's included
        with contextlib.suppress(self._thread.frida.InvalidArgumentError):
            manager.remove_remote_device(self._address)

    async def _detach(self, session: Any) -> None:  # noqa: ANN401 - frida's own
        await asyncio.sleep(_SETTLE_S)
        await self._quietly("", session.detach)

    async def _quietly(self, what: str, work: Callable[[], None]) -> tuple[str, ...]:
        try:
            await self._call("leaving", work, _LEAVE_S)
        except FridaFailed as failed:
            # a server or process that is gone has let go of everything
            if failed.trouble.name in {"hung-up", "not-listening", "session", "ended", "ended-meanwhile"}:
                return ()
            return (f"{what} ({failed.trouble.what})",)
        return ()

    async def _call(
        self, doing: str, work: Callable[[], Any], limit_s: float, *, patient: bool = True
    ) -> Any:  # noqa: ANN401 - whatever work returns
        limit_s *= self._patience if patient else 1.0
        return await self._thread.call(doing, work, timeout_s=limit_s)
