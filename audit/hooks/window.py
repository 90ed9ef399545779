"""The window in which a unit's processes are watched: what is hooked, what comes, and why it ended."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterable, Mapping

from audit.adb.device import Device
from audit.adb.forward import Forward
from audit.hooks.ask import Ask
from audit.hooks.bundles import Bundle
from audit.hooks.ending import EARLY, HOOK_AGAIN, End, beat, broken
from audit.hooks.link import Detached, Link, Logged, Mail, Sent, Spawned
from audit.hooks.mailbox import Mailbox
from audit.hooks.messages import AgentReader, Told
from audit.hooks.targets import MOST_PROCESSES, Process, names_match, targets
from audit.hooks.troubles import About, FridaFailed
from audit.model.evidence import Gap, Topic
from audit.parse.observations.lines import Event, Recorder

_WORTH_ANOTHER_TRY = frozenset({"agent-mute", "traced"})
"""Troubles of a process that may only be slow."""


class Window:
    """Watches until it ends. recorder: takes what is seen; began: the loop's time when the recording did"""

    def __init__(
        self,
        ask: Ask,
        link: Link,
        mailbox: Mailbox[Mail],
        recorder: Recorder,
        *,
        bundles: tuple[Bundle, ...],
        uids: Mapping[str, int],
        on_event: Callable[[Event], None],
        on_say: Callable[[str], None],
    ) -> None:
        self.gaps: list[Gap] = []
        self.gated = False
        self._ask, self._link, self._bundles, self._mailbox = ask, link, bundles, mailbox
        self._uids, self._recorder = uids, recorder
        self._on_event, self._on_say = on_event, on_say
        self._began = asyncio.get_running_loop().time()
        self._readers: dict[tuple[int, str], AgentReader] = {}
        self._hooked_ever: dict[int, str] = {}
        self._ending: asyncio.Future[End] = asyncio.get_running_loop().create_future()

    @property
    def seconds(self) -> float:
        """Since the recording began."""
        return asyncio.get_running_loop().time() - self._began

    @property
    def watched(self) -> bool:
        """Whether anything of the client could have been seen."""
        return self.gated or bool(self._hooked_ever)

    async def open(self) -> None:
        """Hold what starts from now on, where that can be, and hook what runs. Raises `FridaFailed`."""
        try:
            self.gated = await self._link.gate()
        except FridaFailed as failed:
            if failed.trouble.about is About.SERVER:
                raise
            self.gap(failed.trouble.what, failed.trouble.fix)
        found = targets(await self._link.processes(), self._ask.packages, self._uids)
        if len(found) > MOST_PROCESSES:
            self.gap(
                f"{len(found)} processes can hold code of {self._named}; {MOST_PROCESSES} were hooked",
                "Name fewer packages.",
            )
        for process, packages in found[:MOST_PROCESSES]:
            await self._hook(process, packages)
        if not self.gated:
            self._note(
                "processes that start during the window are not seen: this unit holds none as they start"
            )
        if self.gated and not self._hooked_ever:
            self._on_say(f"no process of {self._named} runs yet: it is hooked as soon as it starts")

    async def watch(self, device: Device, way: Forward) -> End:
        """Take in what comes until the window ends; cancelled, it ends early and says so."""
        tasks = [
            asyncio.create_task(self._take_in()),
            asyncio.create_task(beat(device, way, patience=self._ask.patience)),
        ]
        try:
            end = await self._first(tasks)
        except asyncio.CancelledError:
            # asked to stop: what was seen until now is what was asked for, and is handed back
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            end = End.STOPPED
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if end is End.SERVER:
            end = await broken(device, way)
        return end

    async def finish(self, end: End, version: str) -> None:
        """Take in what had come, and say what was not to be seen. version: the server's, as it said."""
        if end in (End.TIME, End.STOPPED, End.TROUBLE):
            for left in await self._link.ungate():
                self._note(left)
            # what they still held back comes before they answer
            for pid in sorted(await self._link.stop_agents()):
                self._note(f"the agent in process {pid} did not stop: what it held back is not here")
        for item in self._mailbox.drain():
            if isinstance(item, Sent | Logged):
                self._told(item)
            elif isinstance(item, Spawned):
                await self._link.resume(item.pid)
        lost = self._mailbox.lost()
        if lost:
            self._add(
                {"kind": "dropped", "count": lost, "why": "messages came faster than they could be read"}
            )
        self._sum_up(version)
        if end in EARLY and self.watched:
            self.gap(f"watching ended after {self.seconds:.0f} s: {end.value}", EARLY[end])

    def _sum_up(self, version: str) -> None:
        """What the agents left open."""
        for (pid, agent), reader in sorted(self._readers.items()):
            self._keep(reader.end(now_ms=self._now_ms))
            if not reader.hooked:
                name = self._hooked_ever.get(pid, "?")
                self.gap(f"the {agent} agent in {name} (process {pid}) never said what it hooked", HOOK_AGAIN)
        spoke = sorted({reader.frida for reader in self._readers.values() if reader.frida} - {version})
        if spoke:
            self._note(f"the agents ran under Frida {', '.join(spoke)}; its server called itself {version}")

    def gap(self, reason: str, fix: str) -> None:
        """Note what was not seen: in the result, and in the recording."""
        self.gaps.append(Gap(topic=Topic.FLOWS, reason=reason, fix=fix, origin="adb-audit confirm"))
        self._note(reason)

    # hooking

    @property
    def _named(self) -> str:
        return ", ".join(self._ask.packages)

    async def _hook(self, process: Process, packages: tuple[str, ...], *, spawned: bool = False) -> None:
        said = process.uid if process.uid is not None else self._uids.get(packages[0])
        shared = tuple(dict.fromkeys((*packages, *(one for one in process.packages if one not in packages))))
        self._add(
            {
                "kind": "process",
                "pid": process.pid,
                "name": process.name,
                "uid": said,
                "packages": list(shared),
            }
        )
        try:
            loaded = await self._load(process, spawned=spawned)
        except FridaFailed as failed:
            if failed.trouble.about is About.SERVER and failed.trouble.name != "slow":
                raise
            self.gap(f"{process.name} (process {process.pid}): {failed.trouble.what}", failed.trouble.fix)
        else:
            # what the agents said meanwhile waits in the mailbox
            for name, at_s in loaded.items():
                self._readers[process.pid, name] = AgentReader(process.pid, name, loaded_ms=self._ms(at_s))
            self._hooked_ever[process.pid] = process.name
            self._on_say(f"hooked {process.name} (process {process.pid})")

    async def _load(self, process: Process, *, spawned: bool) -> dict[str, float]:
        """Hook it; once more where its agent stayed mute, as on a busy unit one in several does."""
        try:
            return await self._link.hook(process.pid, self._bundles, spawned=spawned)
        except FridaFailed as failed:
            if spawned or failed.trouble.name not in _WORTH_ANOTHER_TRY:
                raise
            self._note(
                f"{process.name} (process {process.pid}): {failed.trouble.what}; it is tried once more"
            )
            return await self._link.hook(process.pid, self._bundles)

    async def _spawned(self, item: Spawned) -> None:
        """A held process: hook it if it is the client's, and let it go whatever happens."""
        try:
            packages = names_match(item.identifier, self._ask.packages)
            if packages:
                process = Process(pid=item.pid, name=item.identifier, uid=self._uids.get(packages[0]))
                await self._hook(process, packages, spawned=True)
                if self._link.went_on(item.pid):
                    self.gap(
                        f"{item.identifier} (process {item.pid}) went on before it was hooked: "
                        "what it did first was not seen",
                        "Run this again; fewer packages are hooked faster.",
                    )
        finally:
            await asyncio.shield(self._link.resume(item.pid))

    # taking in

    async def _take_in(self) -> End:
        while True:
            items = await self._mailbox.take()
            for item in sorted(items, key=self._urgency):
                match item:
                    case Spawned():
                        await self._spawned(item)
                    case Detached():
                        end = self._detached(item)
                        if end is not None:
                            return end
                    case Sent() | Logged():
                        self._told(item)

    def _urgency(self, item: Mail) -> int:
        """What is held as it starts has seconds; what is not the client's is let go at once."""
        if not isinstance(item, Spawned):
            return 2
        return 1 if names_match(item.identifier, self._ask.packages) else 0

    def _detached(self, item: Detached) -> End | None:
        known = item.pid in self._link.hooked
        self._link.gone(item.pid)
        if item.reason == "application-requested" or not known:
            return None
        if item.reason in ("connection-terminated", "device-lost"):
            return End.SERVER
        name = self._hooked_ever.get(item.pid, "?")
        why = "ended" if item.reason == "process-terminated" else f"let go of the agent ({item.reason})"
        self._note(f"{name} (process {item.pid}) {why}")
        self._on_say(f"{name} (process {item.pid}) {why}")
        return End.NOBODY if not self.gated and not self._link.hooked else None

    def _told(self, item: Sent | Logged) -> None:
        reader = self._readers.get(item.key)
        if reader is None:
            return
        now_ms = self._ms(item.at_s)
        if isinstance(item, Sent):
            self._keep(reader.read(item.message, item.blob, now_ms=now_ms))
        else:
            self._keep(reader.log(item.text, now_ms=now_ms))

    def _keep(self, told: Iterable[Told]) -> None:
        for one in told:
            self._add(one.event, one.data)

    def _note(self, what: str) -> None:
        self._add({"kind": "trouble", "where": "the host", "what": what})

    def _add(self, event: Event, data: bytes | None = None) -> None:
        event = {"t": self._now_ms, **event}
        if self._recorder.add(event, data):
            shown = event if data is None else {**event, "data": base64.b64encode(data).decode("ascii")}
            self._on_event(shown)

    @property
    def _now_ms(self) -> int:
        return self._ms(asyncio.get_running_loop().time())

    def _ms(self, at_s: float) -> int:
        return max(0, round((at_s - self._began) * 1000))

    # ending

    async def _first(self, tasks: list[asyncio.Task[End]]) -> End:
        left_s = max(0.0, self._ask.seconds - self.seconds)
        done, _ = await asyncio.wait(tasks, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            return End.TIME
        try:
            return done.pop().result()
        except FridaFailed as failed:
            self.gap(failed.trouble.what, failed.trouble.fix)
            return End.SERVER if failed.trouble.about is About.SERVER else End.TROUBLE
