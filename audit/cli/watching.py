"""Reads one unit, watches where it calls, and judges both together: what ``confirm`` and ``watch`` share."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import wrap as wrapped
from typing import TYPE_CHECKING

from audit.adb.device import Device
from audit.asked import Asked
from audit.cli import exits, reach, scanning
from audit.cli.auditing import Choice, Looks, await_choice, read_device
from audit.cli.evidence import Seen, given, imported_from, joined, sdk_of
from audit.cli.flows_view import FlowsView
from audit.cli.output import Wanted, note, say, show
from audit.cli.progress import Meter
from audit.cli.stopping import until_stopped
from audit.clock import now
from audit.errors import UsageError
from audit.model.evidence import Gap, Snapshot, Topic
from audit.model.facts import Facts
from audit.model.record import record
from audit.parse.facts import read_facts
from audit.parse.observations.assemble import Assembler
from audit.sources import saved
from audit.sources.identity import read_identity_of
from audit.sources.live import Progress

if TYPE_CHECKING:
    from audit.observe.rungs import Rung
    from audit.observe.sink.ask import SinkAsk

_KEY_BYTES = 32
HOOKS = "adb-audit confirm"


@record
class Hooks:
    """What hooking was asked for; see `audit.hooks.Ask`."""

    server: Path | None = None
    java: bool = False
    triggers: tuple[str, ...] = ()
    allow_version_skew: bool = False


@record
class Watching:
    """What ``confirm`` and ``watch`` were asked for.

    packages: to watch; () = the activation clients on the unit
    known: ``kind=value`` lines of identifiers that the unit does not tell itself
    hooks: None = watch from outside only
    """

    asked: Asked
    units: tuple[str, ...]
    transport: str | None
    addresses: tuple[str, ...]
    wait_s: float | None
    packages: tuple[str, ...]
    seconds: float
    known: tuple[str, ...]
    wanted: Wanted
    save: Path | None
    hooks: Hooks | None = None
    poll_s: float = 0.5
    captures: tuple[Path, ...] = ()
    unit_addresses: tuple[str, ...] = ()
    sink: SinkAsk | None = None


package_names = scanning.package_names


def check_place(place: Path | None) -> Path | None:
    """Where the snapshot is to be kept, checked before a unit is read."""
    if place is not None and not place.is_dir() and not place.name.endswith(saved.ENDINGS):
        raise UsageError(
            "a snapshot is kept as JSON",
            where=str(place),
            fix=f"end the name in {' or '.join(saved.ENDINGS)}, or name a folder",
        )
    return place


def trigger_names(given: Sequence[str] | None) -> tuple[str, ...]:
    """The triggers as given, each once; they are checked with the packages they are for."""
    return tuple(dict.fromkeys(given or ()))


def show_triggers() -> int:
    """What can be set off, what that does, and how it is undone."""
    from audit.hooks.triggers import TRIGGERS

    for one in TRIGGERS:
        name = one.trigger.value + (f":{one.argument}" if one.argument else "")
        for text in wrapped(f"{name}: {one.says}; {one.undo}", width=80, subsequent_indent="  "):
            say(text + "\n")
    return exits.PASS


def sink_of(address: str | None, ports: str | None, unit_addresses: Sequence[str] | None) -> SinkAsk | None:
    """Where the sink listens; None where none was asked for. *ports*: ``53,80:8080``, the first for names."""
    from audit.observe.sink.ask import DNS_PORT, TCP_PORTS, SinkAsk

    if address is None:
        if ports is not None:
            raise UsageError("ports are for a sink, and none was asked for", fix="give --sink IP too")
        return None
    try:
        first, *rest = [_port(one) for one in ports.split(",")] if ports else [(DNS_PORT, DNS_PORT)]
    except ValueError:
        raise UsageError(
            f"{ports!r} are no ports", fix="give numbers such as 53,80,443, or 53:5353,80:8080,443:8443"
        ) from None
    tcp = dict(rest) or {port: port for port in TCP_PORTS}
    return SinkAsk(
        address=address,
        dns_port=first[1],
        ports=tuple(tcp.values()),
        unit=next((one for one in unit_addresses or () if _is_ip(one)), ""),
        meant={listens: meant for meant, listens in tcp.items() if meant != listens},
    )


def _port(text: str) -> tuple[int, int]:
    """``80`` or ``80:8080``: the port a client means, and the one the sink listens on."""
    meant, _, listens = text.partition(":")
    return int(meant), int(listens or meant)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def run(asked: Watching) -> int:
    """Do it, and return the exit code."""
    snapshot = asyncio.run(_watch(asked))
    if asked.save is not None:
        keep(snapshot, asked.save)
    report = asked.asked.judge(snapshot)
    show([report], asked.wanted)
    return exits.of_reports([report], all_audited=True)


def keep(snapshot: Snapshot, place: Path) -> None:
    """The snapshot as a file: *place* itself, or one in that folder named after the unit."""
    name = scanning.plain_name(snapshot.unit.serial or "unit")
    path = place if place.name.endswith(saved.ENDINGS) else place / f"{name}.json.gz"
    saved.save(snapshot, path)
    note(f"kept {path}")


async def _watch(asked: Watching) -> Snapshot:
    wait_s = reach.DEFAULT_WAIT_S if asked.wait_s is None else asked.wait_s
    with Meter() as meter:
        ways = reach.Reach(reach.options(asked.transport, asked.addresses, wait_s=wait_s), meter.waiting)
        choice = Choice(names=scanning.chosen(asked.units, asked.addresses))
        rows = await await_choice(ways, choice, wait_s=asked.wait_s or 0.0)
        if len(rows) > 1:
            raise UsageError(f"{len(rows)} units are named", fix="name one: it is watched by itself")
        device = await ways.open(rows[0])
        try:
            snapshot = await _read(
                device, asked, ways.listing.because, lambda step: meter.step(rows[0], step)
            )
            meter.stop()
            return joined(snapshot, await _seen(device, asked, snapshot))
        finally:
            await device.close()


async def _read(device: Device, asked: Watching, how: str, on_step: Callable[[Progress], None]) -> Snapshot:
    """The unit as ``scan`` reads it, and its own identifiers, which ``scan`` leaves alone."""
    looks = Looks(
        packages=asked.asked.packages,
        files=asked.asked.files,
        users=None,
        full=False,
        clock=now,
        how=how,
        suspects=asked.asked.suspects,
        inspect=asked.packages,
    )
    snapshot = await read_device(device, looks, on_step)
    artifacts, gaps = await read_identity_of(device, sdk=sdk_of(snapshot), on_step=on_step)
    return joined(snapshot, Seen(artifacts=(*artifacts, *given(asked.known)), gaps=gaps))


async def _seen(device: Device, asked: Watching, snapshot: Snapshot) -> Seen:
    """What captures hold, and what was seen by hooking, or else from outside."""
    facts = read_facts(snapshot)
    imported = imported_from(asked.captures, asked.unit_addresses)
    packages = asked.packages or _clients(asked.asked, facts)
    window = _Window(device, asked, facts, packages)
    seen = await window.hooked() if asked.hooks is not None else None
    if seen is None or not seen.artifacts:
        outside = await window.from_outside()
        seen = Seen(artifacts=outside.artifacts, gaps=(*(seen.gaps if seen else ()), *outside.gaps))
    return Seen(artifacts=(*imported, *seen.artifacts), gaps=seen.gaps)


def _clients(asked: Asked, facts: Facts) -> tuple[str, ...]:
    """The clients on the unit that the policy holds to account."""
    there = (asked.rulebook.clients.get(name) for name in facts.packages)
    accountable = asked.rulebook.policies[asked.expectation.policy].accountable
    return tuple(one.package for one in there if one is not None and one.role in accountable)


class _Window:
    """The time in which a unit is watched, with what is shown of it."""

    def __init__(self, device: Device, asked: Watching, facts: Facts, packages: tuple[str, ...]) -> None:
        self._device, self._asked, self._facts, self._packages = device, asked, facts, packages
        self._atlas = asked.asked.atlas()

    async def hooked(self) -> Seen | None:
        """What the hooks saw; None where there is nothing to hook, with the reason said."""
        from audit.hooks import Ask, confirm
        from audit.hooks.ask import MOST_PACKAGES

        hooks = self._asked.hooks or Hooks()
        if not self._packages:
            note("no activation client is on the unit, so none can be hooked; name a package with --package")
            return None
        if len(self._packages) > MOST_PACKAGES:
            note(f"only {MOST_PACKAGES} of {len(self._packages)} clients are hooked; --package names others")
        ask = Ask(
            packages=self._packages[:MOST_PACKAGES],
            seconds=self._asked.seconds,
            java=hooks.java,
            triggers=hooks.triggers,
            server=hooks.server,
            allow_version_skew=hooks.allow_version_skew,
        )
        with self._view() as view:
            confirmed = await until_stopped(
                confirm(self._device, ask, clock=now, on_event=view.event, on_say=view.say), view
            )
        gaps = confirmed.gaps
        if (cannot := confirmed.cannot) is not None:
            note(f"{cannot.reason} {cannot.fix}")
            gaps = (*gaps, Gap(topic=Topic.FLOWS, reason=cannot.reason, fix=cannot.fix, origin=HOOKS))
        return Seen(artifacts=(confirmed.artifact,) if confirmed.artifact is not None else (), gaps=gaps)

    async def from_outside(self) -> Seen:
        """What the ladder without root saw, and which of its rungs gave what."""
        from audit.observe import Ask, watch

        owners: dict[int, list[str]] = {}
        for package in self._facts.packages.values():
            if package.uid is not None:
                owners.setdefault(package.uid, []).append(package.name)
        ask = Ask(
            seconds=self._asked.seconds,
            packages=self._packages,
            poll_s=self._asked.poll_s,
            sink=self._asked.sink,
            owners={uid: tuple(names) for uid, names in owners.items()},
        )
        note("watching from outside, without root")
        with self._view() as view:
            watched = await until_stopped(
                watch(
                    self._device,
                    ask,
                    clock=now,
                    key=secrets.token_bytes(_KEY_BYTES),
                    on_event=view.event,
                    on_say=view.say,
                ),
                view,
            )
        _tell(watched.rungs)
        return Seen(artifacts=watched.artifacts, gaps=watched.gaps)

    def _view(self) -> FlowsView:
        return FlowsView(
            Assembler(self._facts.packages),
            seconds=self._asked.seconds,
            atlas=self._atlas,
            known=self._facts.identifiers,
        )


def _tell(rungs: Sequence[Rung]) -> None:
    """Which way of watching gave what; those that were not used, by name."""
    unused = [rung.name for rung in rungs if rung.gave.startswith("not used")]
    for rung in rungs:
        if rung.gave and rung.name not in unused:
            for text in wrapped(f"{rung.name}: {rung.gave}", width=78, subsequent_indent="    "):
                note(f"  {text}")
    if unused:
        note(f"  not used: {', '.join(unused)}; `adb-audit watch --help` says how")
