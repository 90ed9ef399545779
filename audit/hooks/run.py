"""Hooks a client on a rooted unit: puts a Frida server there, watches, and takes everything away again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from audit import __version__
from audit.adb.device import Device
from audit.adb.forward import Forward, forward
from audit.errors import AuditError, UnitLost
from audit.hooks.ask import Ask, Cannot, Confirmed
from audit.hooks.bundles import Bundle, load_bundles
from audit.hooks.ending import End, broken
from audit.hooks.frida_thread import FridaThread, load_frida
from audit.hooks.link import Link, Mail
from audit.hooks.mailbox import Mailbox
from audit.hooks.root import Root, find_root
from audit.hooks.server_file import Abi, ServerFile, choose_abi, find_server
from audit.hooks.setting_off import SettingOff
from audit.hooks.targets import uids_of
from audit.hooks.triggers import Wanted, parse_triggers
from audit.hooks.troubles import FridaFailed
from audit.hooks.unbroken import finish
from audit.hooks.unit_server import CannotStart, Running, UnitServer
from audit.hooks.window import Window
from audit.model.evidence import Artifact, Gap, Kind, Topic
from audit.model.record import record
from audit.model.text import clean_line
from audit.parse.observations.lines import Event, Recorder

Clock = Callable[[], datetime]
T = TypeVar("T")

ORIGIN = "adb-audit confirm"
_ASK_S = 15.0
_LIST_S = 60.0


@record
class _Told:
    """Who is told what happens."""

    clock: Clock
    event: Callable[[Event], None]
    say: Callable[[str], None]


async def confirm(
    device: Device,
    ask: Ask,
    *,
    clock: Clock,
    on_event: Callable[[Event], None],
    on_say: Callable[[str], None],
) -> Confirmed:
    """Hook the processes of *ask*'s packages on *device* and record what they contact.

    on_event: is told each event as it comes, in the shape of the recording's lines
    on_say: is told what is about to be done to the unit, in sentences
    Cancelled while it watches, it ends the window and returns what was seen; cancelled before, it cleans up
    and is cancelled. Whatever could not be undone is a gap with the command that undoes it.
    Raises UsageError for what cannot be meant (no Frida here, no server for the unit, an unknown trigger),
    BadInput for a server or an agent that will not do, UnitLost when the unit goes away before it watches.
    """
    triggers = parse_triggers(ask.triggers, ask.packages)
    root = await find_root(device, patience=ask.patience, on_say=on_say)
    if isinstance(root, Cannot):
        return Confirmed(cannot=root)
    frida = load_frida()
    bundles = load_bundles(ask.agents, java=ask.java)
    abi = await _abi(device, ask.patience)
    if isinstance(abi, Cannot):
        return Confirmed(cannot=abi)
    async with FridaThread(frida) as thread:
        file = await asyncio.to_thread(find_server, ask.server, ask.folder, thread.version, abi)
        told = _Told(clock=clock, event=on_event, say=on_say)
        return await _Hooking(device, ask, root, told, thread).run(file, bundles, triggers)


async def _abi(device: Device, patience: float) -> Abi | Cannot:
    listed = ""
    for name in ("ro.product.cpu.abilist64", "ro.product.cpu.abilist", "ro.product.cpu.abi"):
        answer = await device.run(f"getprop {name}", timeout_s=_ASK_S * patience)
        listed = clean_line(answer.stdout.decode("utf-8", "replace")).strip()[:200]
        abi = choose_abi(listed)
        if abi is not None:
            return abi
    return Cannot(
        reason=f"It cannot be hooked: Frida knows no server for its processor ({listed or 'it names none'}).",
        fix="Watch it from outside (`adb-audit watch`).",
    )


class _Hooking:
    """One run on one unit, from its server's start to its end."""

    def __init__(self, device: Device, ask: Ask, root: Root, told: _Told, thread: FridaThread) -> None:
        self._device, self._ask, self._root, self._told, self._thread = device, ask, root, told, thread
        self._server = UnitServer(device, root, patience=ask.patience)
        self._gaps: list[Gap] = []
        self._held: tuple[str, ...] = ()

    async def run(
        self, file: ServerFile, bundles: tuple[Bundle, ...], triggers: tuple[Wanted, ...]
    ) -> Confirmed:
        """Start the server, watch, and leave the unit as it was, whatever happens."""
        artifact: Artifact | None = None
        cannot: Cannot | None = None
        try:
            running = await self._server.start(
                file, self._thread.version, allow_skew=self._ask.allow_version_skew, on_say=self._told.say
            )
            if running.note:
                self._gap(running.note, "Use the same version on both sides for evidence.")
            async with forward(self._device, f"tcp:{running.port}") as way:
                artifact = await self._connected(running, way, file, bundles, triggers)
        except CannotStart as error:
            cannot = Cannot(reason=f"It cannot be hooked: {error.what}.", fix=error.fix)
        except FridaFailed as failed:
            cannot = Cannot(reason=f"It cannot be hooked: {failed.trouble.what}.", fix=failed.trouble.fix)
        finally:
            self._told.say("ends the server on the unit and removes its files")
            left = await finish(self._server.stop())
            # a server that ended has let go of every process
            self._left((*self._held, *left) if left else ())
        return Confirmed(artifact=artifact, gaps=tuple(self._gaps), cannot=cannot)

    async def _connected(
        self,
        running: Running,
        way: Forward,
        file: ServerFile,
        bundles: tuple[Bundle, ...],
        triggers: tuple[Wanted, ...],
    ) -> Artifact | None:
        loop = asyncio.get_running_loop()
        mailbox: Mailbox[Mail] = Mailbox(loop)
        link = Link(self._thread, mailbox, loop.time, patience=self._ask.patience)
        try:
            await self._connect(link, way, running)
            uids = await self._uids()
            recorder = self._recorder(running, file, bundles)
            window = Window(
                self._ask, link, mailbox, recorder,
                bundles=bundles, uids=uids, on_event=self._told.event, on_say=self._told.say,
            )  # fmt: skip
            end = await self._watched(window, way, triggers)
            await window.finish(end, running.version)
            recorder.close(at=self._now(), seconds=window.seconds, why=end.value)
            self._gaps += window.gaps
        finally:
            self._held = await finish(link.close())
        if window.watched:
            return Artifact(kind=Kind.OBSERVATIONS, origin=ORIGIN, data=recorder.data())
        self._gap(
            f"no process of {', '.join(self._ask.packages)} was hooked: nothing was watched",
            "Start the client by hand or set it off (`--trigger`), then run this again.",
        )
        return None

    async def _connect(self, link: Link, way: Forward, running: Running) -> None:
        try:
            await link.connect(way.port, running.token)
        except FridaFailed as failed:
            if isinstance(way.trouble, UnitLost):
                raise way.trouble from failed
            if not await self._server.alive():
                raise CannotStart(
                    "the Frida server ended before it could be used", "Look for its reason with `adb logcat`."
                ) from failed
            raise

    async def _watched(self, window: Window, way: Forward, triggers: tuple[Wanted, ...]) -> End:
        try:
            await window.open()
        except FridaFailed as failed:
            end = await broken(self._device, way)
            if not window.watched:
                if end is End.UNPLUGGED:
                    raise UnitLost("the unit went away", fix="Plug it in again.") from failed
                raise
            window.gap(failed.trouble.what, failed.trouble.fix)
            return end
        if not window.watched:
            return End.NOBODY
        setting_off = SettingOff(self._device, self._root, patience=self._ask.patience, on_say=self._told.say)
        doing = asyncio.create_task(self._set_off(setting_off, window, triggers))
        try:
            return await window.watch(self._device, way)
        finally:
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)
            self._left(await finish(setting_off.undo()))

    async def _set_off(self, setting_off: SettingOff, window: Window, triggers: tuple[Wanted, ...]) -> None:
        for wanted in triggers:
            try:
                failed = await setting_off.set_off(wanted)
            except UnitLost:
                return  # the window ends of it, and says so
            if failed:
                window.gap(failed, "Set the client off by hand: reboot, or change the SIM.")

    async def _uids(self) -> dict[str, int]:
        """User ids of the packages; what the unit does not tell is not known."""
        try:
            answer = await self._device.run(
                "cmd package list packages -U", timeout_s=_LIST_S * self._ask.patience
            )
        except UnitLost:
            raise
        except AuditError:
            return {}
        return uids_of(answer.stdout.decode("utf-8", "replace"), self._ask.packages)

    def _recorder(self, running: Running, file: ServerFile, bundles: tuple[Bundle, ...]) -> Recorder:
        versions = {
            "adb-audit": __version__,
            "frida on this host": self._thread.version,
            "frida on the unit": running.version,
            "frida-server sha256": file.sha256,
            **{f"{one.name} agent sha256": one.sha256 for one in bundles},
        }
        return Recorder(
            observer="frida",
            at=self._now(),
            what=f"the processes of {', '.join(self._ask.packages)}",
            key=secrets.token_bytes(32),
            window_s=self._ask.seconds,
            versions=versions,
        )

    def _now(self) -> str:
        return self._told.clock().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def _gap(self, reason: str, fix: str) -> None:
        self._gaps.append(Gap(topic=Topic.FLOWS, reason=reason, fix=fix, origin=ORIGIN))

    def _left(self, left: tuple[str, ...]) -> None:
        for one in left:
            self._told.say(f"could not be undone: {one}")
            self._gap(f"not everything on the unit could be undone: {one}", "Run the command that is named.")
