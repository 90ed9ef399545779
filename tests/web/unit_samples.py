"""A station whose history and bench hold what the pages of one unit have to show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from audit.history import History
from audit.model.crate import ManifestRow
from audit.model.portrait import Baseline, Portrait, Trait, TraitKind
from audit.model.profiles import Volatile
from audit.model.report import Decision, Report, Verdict
from audit.signoff.keys import Signer
from audit.station.bench import Unit
from audit.web.services import Services
from tests.reports import samples, samples_flows
from tests.signoff.made import pair
from tests.web.benches import HOSTILE, KEY, MemoryBench, head_of, station

CHECKS = frozenset({"client-market", "denylist", "build"})
UNIT = "unit-1"


def portrait(*, locale: str, build: str, extra: bool) -> Portrait:
    """What can be compared of a unit."""
    traits = [
        Trait(kind=TraitKind.BUILD, name="display id", value=build),
        Trait(kind=TraitKind.PACKAGE, name="android", value="installed"),
        Trait(kind=TraitKind.PACKAGE, name="com.example.common", value="installed"),
        Trait(kind=TraitKind.PROPERTY, name="persist.sys.locale", value=locale),
        Trait(kind=TraitKind.PROPERTY, name="ro.product.name", value=HOSTILE if extra else "Onyx_00WW"),
    ]
    if extra:
        traits.append(Trait(kind=TraitKind.PACKAGE, name="com.example.simactivate", value="installed"))
    return Portrait(
        model="Nokia 7 plus",
        build=build,
        traits=tuple(sorted(traits, key=lambda one: (list(TraitKind).index(one.kind), one.name))),
        left_out=frozenset({"ro.boottime.init"}),
    )


GOLDEN = Baseline(
    name="golden-7-plus",
    made_at="2026-01-01T00:00:00Z",
    tool_version="0",
    rulebook_sha256="1" * 64,
    snapshot_sha256="2" * 64,
    portrait=portrait(locale="en-GB", build="00WW_4_10A", extra=False),
)
VOLATILE = (
    Volatile(id="locale", kind=TraitKind.PROPERTY, names=("persist.sys.locale",), why="", sources=()),
)


class GoldenBench(MemoryBench):
    """A bench whose units are held against a golden one, and against a manifest."""

    async def unit(self, name: str) -> Unit:
        """With what it was held against."""
        there = await super().unit(name)
        made = portrait(locale="nb-NO", build="00WW_4_22C", extra=True)
        row = ManifestRow(
            line=4, serial=there.entry.result.serial, model="Nokia 7 plus", market="NO", lot="L7"
        )
        entry = replace(there.entry, portrait=made, result=replace(there.entry.result, row=row))
        return replace(there, entry=entry, golden=GOLDEN, volatile=VOLATILE)


def judged(decision: Decision, *, at: str, like: Report = samples.INCIDENT) -> Report:
    """A report of the one unit, with a verdict."""
    because = like.verdict.because if decision is like.verdict.decision else (f"It is {decision.value}.",)
    return replace(like, judged_at=at, verdict=Verdict(decision=decision, because=because))


@contextmanager
def desk_services(folder: Path, *, signs: bool = True) -> Iterator[Services]:
    """A station with a key, a bench with one unit that fails, and a place for a file of waivers."""
    signer: Signer | None = pair(folder)[0] if signs else None
    with History.open(str(folder / "history.sqlite"), station="bench 1") as history:
        bench = GoldenBench(history, head=head_of())
        bench.plug("1", slot="usb:1-4", serial=samples.SERIAL)
        bench.judge("1", Decision.FAIL, because=("It is FAIL.",))
    with station(folder, bench=bench, signer=signer, checks=CHECKS, why_unsigned=WHY) as services:
        yield services


WHY = "No key is set up: make one with `adb-audit keys new`."
__all__ = ["CHECKS", "GOLDEN", "HOSTILE", "KEY", "UNIT", "WHY", "desk_services", "judged", "samples_flows"]
