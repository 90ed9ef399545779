"""Many virtual units at once: for the demo, the tests, the benchmarks and the ``lab`` command."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Self, TypeVar

from audit.errors import UsageError
from audit.lab.derive import complete
from audit.lab.latency import latency_of
from audit.lab.load import load_unit, shipped_unit, shipped_units
from audit.lab.memory import Memory
from audit.lab.spec import Auth, Fault, FaultSpec, PackageSpec, UnitSpec
from audit.lab.unit import VirtualUnit
from audit.model.record import record

_PROPERTIES, _PACKAGES, _DUMP_KB = 700, 400, 4500

K = TypeVar("K", Auth, Fault)


class Lab:
    """Virtual units on loopback, from entering to leaving.

        async with Lab(["incident-2019", my_spec], latency="phone") as lab:
            print(lab.units[0].address)

    units: names of shipped units, or descriptions
    latency: "phone" and more, see `latency_of`; a table of command beginnings to milliseconds; None = what
        each unit says
    auth, allow_after_s, faults: instead of (auth) or on top of (faults) what each unit says
    first_port: the units listen on this and the following ports; 0 = on any free ones
    clock: what their conversations run by, in seconds
    """

    def __init__(
        self,
        units: Iterable[str | UnitSpec],
        *,
        latency: str | Mapping[str, int] | None = None,
        auth: Auth | None = None,
        allow_after_s: float | None = None,
        faults: Iterable[FaultSpec] = (),
        host: str = "127.0.0.1",
        first_port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        specs = [shipped_unit(one) if isinstance(one, str) else one for one in units]
        more = tuple(faults)
        changed = (
            _changed(
                one,
                latency_ms=None if latency is None else latency_of(latency, number, len(specs)),
                auth=auth,
                allow_after_s=allow_after_s,
                faults=more,
            )
            for number, one in enumerate(specs)
        )
        memory = Memory()
        self.units = tuple(
            VirtualUnit(
                one, host=host, port=first_port + number if first_port else 0, clock=clock, memory=memory
            )
            for number, one in enumerate(changed)
        )

    async def __aenter__(self) -> Self:
        started = False
        try:
            for unit in self.units:
                await unit.start()
            started = True
        finally:
            if not started:
                await self._stop()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stop()

    async def _stop(self) -> None:
        await asyncio.gather(*(unit.stop() for unit in self.units))


def _changed(
    spec: UnitSpec,
    *,
    latency_ms: Mapping[str, int] | None,
    auth: Auth | None,
    allow_after_s: float | None,
    faults: tuple[FaultSpec, ...],
) -> UnitSpec:
    return replace(
        spec,
        latency_ms=spec.latency_ms if latency_ms is None else latency_ms,
        auth=spec.auth if auth is None else auth,
        allow_after_s=spec.allow_after_s if allow_after_s is None else allow_after_s,
        faults=(*spec.faults, *faults),
    )


def copies(spec: UnitSpec, count: int) -> tuple[UnitSpec, ...]:
    """*count* units like *spec*, each with a serial of its own (``TESTSERIAL``, ``TESTSERIAL-2`` …)."""
    return tuple(_numbered(spec, number) for number in range(1, count + 1))


def _numbered(spec: UnitSpec, number: int) -> UnitSpec:
    if number == 1:
        return spec
    serial = f"{spec.serial}-{number}"
    own = {name: serial for name in ("ro.serialno", "ro.boot.serialno") if name in spec.properties}
    return replace(spec, serial=serial, properties={**spec.properties, **own})


def phone_sized(spec: UnitSpec) -> UnitSpec:
    """*spec* with as much to say as a phone has: for benchmarks, where the volume counts.

    About 700 properties, 400 packages and a whole dump of 4.5 MB, as real phones of 2018 to 2023 had.
    """
    fillers = {
        f"org.example.filler{number}": PackageSpec(path=f"/product/app/Filler{number}")
        for number in range(_PACKAGES - len(spec.packages))
    }
    properties = {
        f"persist.vendor.filler.number{number}": f"a value of usual length {number}"
        for number in range(_PROPERTIES - len(spec.properties))
    }
    return complete(
        replace(
            spec,
            properties={**properties, **spec.properties},
            packages={**spec.packages, **fillers},
            dump_kb=_DUMP_KB,
        )
    )


@record
class LabOptions:
    """What the ``lab`` command may be told.

    units: names of shipped units; none and no files = all of them; files: units of one's own
    count: that many units, going round those named; None = each once
    phone_sized: each with as much to say as a phone has
    latency: "" = what each unit says, else see `latency_of`
    auth: name of an `Auth`; faults: names of `Fault`, for every command; "" and () = what each unit says
    """

    units: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    count: int | None = None
    host: str = "127.0.0.1"
    first_port: int = 0
    latency: str = ""
    auth: str = ""
    allow_after_s: float | None = None
    faults: tuple[str, ...] = ()
    phone_sized: bool = False


def make_lab(options: LabOptions) -> Lab:
    """The lab *options* ask for, not yet started. Raises UsageError or BadInput for what makes no sense."""
    named = [shipped_unit(name) for name in options.units] + [load_unit(path) for path in options.files]
    specs = tuple(named) or shipped_units()
    if options.phone_sized:
        specs = tuple(phone_sized(one) for one in specs)
    return Lab(
        _spread(specs, options.count),
        latency=options.latency or None,
        auth=_chosen(Auth, options.auth, "auth mode") if options.auth else None,
        allow_after_s=options.allow_after_s,
        faults=tuple(FaultSpec(kind=_chosen(Fault, name, "fault")) for name in options.faults),
        host=options.host,
        first_port=options.first_port,
    )


def _spread(specs: tuple[UnitSpec, ...], count: int | None) -> tuple[UnitSpec, ...]:
    if count is None:
        return specs
    if count < 1:
        raise UsageError(f"{count} units are none", fix="ask for one or more")
    return tuple(
        _numbered(spec, number // len(specs) + 1) for number, spec in enumerate(islice(cycle(specs), count))
    )


def _chosen(kind: type[K], name: str, what: str) -> K:
    try:
        return kind(name)
    except ValueError:
        known = ", ".join(str(one) for one in kind)
        raise UsageError(f"there is no {what} {name!r}", fix=f"choose one of: {known}") from None


async def run(
    options: LabOptions,
    announce: Callable[[tuple[VirtualUnit, ...]], None],
    until: asyncio.Event | None = None,
) -> None:
    """Start the lab, tell *announce* its units once all listen, stay until *until* is set (or for ever)."""
    async with make_lab(options) as lab:
        announce(lab.units)
        await (until or asyncio.Event()).wait()
