"""A bench without phones that keeps the promises of `audit.station.bench.Bench`, and a station around it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from audit.crate import events
from audit.crate.board import Board, Tile
from audit.crate.events import Event, Left, Moved
from audit.errors import UsageError
from audit.history import History
from audit.model.crate import CrateHead, CrateReport, Entry, Phase, UnitResult
from audit.model.history import CrateRef
from audit.model.report import Decision, Expectation, Report, Verdict
from audit.reports.redact import redact_crate
from audit.station.archive import Archive
from audit.station.bench import Choices, Ended, Past, Unit, Wish
from audit.web.services import Services
from tests.crate.results import result
from tests.history.made import report_of
from tests.reports import samples

KEY = b"k" * 32
HOSTILE = "<img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}\u202egnp.exe\x1b[2J\r\nSet-Cookie: a=b"
"""What a unit may call itself: markup, template syntax, an override of direction, terminal codes, CRLF."""
WORST_FIRST = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.REVIEW, Decision.PASS)


class MemoryBench:
    """A bench on which units are put by `plug`, `read` and `judge`. Of one event loop.

    history: reports of units are kept there, as a bench promises; None = they are not
    """

    def __init__(self, history: History | None = None, *, head: CrateHead | None = None) -> None:
        self._history = history
        self._board = Board()
        self._head = head
        self._version = 0
        self._risen = asyncio.Event()
        self._notices: tuple[str, ...] = ()
        self._entries: dict[str, Entry] = {}
        self._ids: dict[str, str] = {}
        self.kept: dict[str, Ended] = {}
        """Crates that were on it, by the names of their folders."""
        self._began = time.monotonic()
        self.asked: list[str] = []
        """What was asked of it: "begin NAME", "end", "again NAME"."""

    # What a page sees

    @property
    def version(self) -> int:
        """Of what can be seen now."""
        return self._version

    @property
    def head(self) -> CrateHead | None:
        """What the crate was begun with."""
        return self._head

    @property
    def notices(self) -> tuple[str, ...]:
        """The newest last."""
        return self._notices

    def tiles(self) -> tuple[Tile, ...]:
        """In the order they came."""
        return self._board.tiles

    async def changed(self, after: int) -> int:
        """Wait until the version is more than *after*."""
        while self._version <= after:
            await self._risen.wait()
        return self._version

    def choices(self) -> Choices:
        """What a crate may be begun with."""
        return Choices(
            markets=(("DE", "Germany"), ("NO", "Norway")),
            policies=("default", "strict"),
            baselines=("golden-7-plus",),
            market="NO",
            policy="default",
        )

    async def begin(self, wish: Wish) -> CrateHead:
        """Begin a crate."""
        if self._head is not None:
            raise UsageError("there is a crate on the bench", fix="end it first")
        if wish.market is not None and wish.market not in dict(self.choices().markets):
            raise UsageError(f"no market {wish.market[:20]!r}", fix="choose one of the list")
        self.asked.append(f"begin {wish.name}")
        self._head = head_of(wish.name or "crate-1", market=wish.market or "NO")
        self._rise()
        return self._head

    async def end(self) -> CrateReport:
        """End it."""
        report = await self.standing()
        if report is None:
            raise UsageError("there is no crate on the bench", fix="begin one")
        self.asked.append("end")
        self.kept[report.head.name] = Ended(
            report=redact_crate(report, key=KEY),
            id="c" * 64,
            reports=dict(self._ids),
            resume=f"adb-audit crate --resume {report.head.name}",
        )
        self._head, self._board, self._entries = None, Board(), {}
        self._rise()
        return report

    async def standing(self) -> CrateReport | None:
        """The crate as it stands."""
        if self._head is None:
            return None
        results = tuple(sorted((one.result for one in self._entries.values()), key=lambda one: one.name))
        found = {one.decision for one in results}
        return CrateReport(
            head=self._head,
            ended_at="2026-01-31T13:00:00Z",
            complete=all(tile.result for tile in self.tiles()),
            decision=next((one for one in WORST_FIRST if one in found), Decision.PASS),
            units=results,
            findings=(),
            waiting=tuple(tile.slot for tile in self.tiles() if tile.result is None),
        )

    async def unit(self, name: str) -> Unit:
        """A unit that is done."""
        if name not in self._entries:
            raise UsageError(f"no unit {name[:60]!r}", fix="take one of the wall")
        entry = self._entries[name]
        return Unit(entry=entry, report=entry.report, id=self._ids.get(name, "0" * 64))

    async def again(self, name: str) -> None:
        """Audit it once more."""
        await self.unit(name)
        self.asked.append(f"again {name}")
        tile = next(one for one in self.tiles() if one.result is not None and one.result.name == name)
        if tile.gone:
            raise UsageError(f"unit {name} is not plugged in", fix="plug it in")
        self.plug(tile.key, slot=tile.slot, serial=tile.serial, model=tile.model)

    async def past(self) -> tuple[Past, ...]:
        """Crates that were on it."""
        return tuple(
            Past(
                name=name,
                id=one.id,
                began_at=one.report.head.began_at,
                ended_at=one.report.ended_at,
                decision=one.report.decision,
            )
            for name, one in self.kept.items()
        )

    async def ended(self, name: str) -> Ended:
        """One of them."""
        if name not in self.kept:
            raise UsageError(f"there is no crate {name[:60]!r} on this computer", fix="take one of the list")
        return self.kept[name]

    # What a test does

    def plug(self, key: str, *, slot: str = "", serial: str = "", model: str = "", fix: str = "") -> None:
        """A unit is plugged in; *fix*: what a person must do before it is read."""
        self._tell(
            Moved(
                key=key,
                phase=Phase.WAITING,
                slot=slot or f"usb:1-{key}",
                serial=serial or f"SERIAL{key}",
                model=model,
                at_s=self._at_s(),
                fix=fix,
                detail="unauthorized" if fix else "",
            )
        )

    def read(self, key: str, done: int, started: int, *, detail: str = "getprop") -> None:
        """It is being read."""
        tile = self._tile(key)
        self._tell(
            Moved(
                key=key,
                phase=Phase.READING,
                slot=tile.slot,
                serial=tile.serial,
                model=tile.model,
                at_s=self._at_s(),
                detail=detail,
                done=done,
                started=started,
                tries=1,
            )
        )

    def judge(self, key: str, decision: Decision, **changed: object) -> UnitResult:
        """It has its verdict, which is kept. changed: fields of its `UnitResult`"""
        tile = self._tile(key)
        fields: dict[str, object] = {
            "serial": tile.serial,
            "slot": tile.slot,
            "model": tile.model or "Nokia 7 plus",
            "decision": decision,
        }
        made = result(f"unit-{key}", **(fields | changed))
        report = report_for(made)
        self._entries[made.name] = Entry(result=made, report=report, portrait=None)
        if self._history is not None and self._head is not None:
            crate = CrateRef(id="c" * 64, name=self._head.name, began_at=self._head.began_at)
            self._ids[made.name] = self._history.record(report, None, crate=crate)
        self._tell(events.Ended(key=key, result=made, at_s=self._at_s()))
        return made

    def unplug(self, key: str) -> None:
        """It is gone."""
        tile = self._tile(key)
        done = tile.result is not None
        self._tell(Left(key=key, slot=tile.slot, serial=tile.serial, done=done, at_s=self._at_s()))

    def say(self, notice: str) -> None:
        """Tell whoever stands there."""
        self._notices = (*self._notices, notice)
        self._rise()

    def _tell(self, event: Event) -> None:
        self._board.fold(event)
        self._rise()

    def _rise(self) -> None:
        self._version += 1
        risen, self._risen = self._risen, asyncio.Event()
        risen.set()

    def _tile(self, key: str) -> Tile:
        return next(tile for tile in self.tiles() if tile.key == key)

    def _at_s(self) -> float:
        return time.monotonic() - self._began


def head_of(name: str = "crate-1", market: str = "NO") -> CrateHead:
    """A crate that was begun."""
    return CrateHead(
        name=name,
        began_at="2026-01-31T12:00:00Z",
        tool_version="0",
        expectation=Expectation(market=market),
        rulebook_sha256="0" * 64,
    )


def report_for(made: UnitResult) -> Report:
    """A whole report that says what *made* says in short; its findings are of a real incident."""
    report = report_of(made.serial, model=made.model, build=made.build, market="NO", like=samples.INCIDENT)
    return replace(report, verdict=Verdict(decision=made.decision, because=made.because))


def filled(history: History | None = None) -> MemoryBench:
    """A bench with a unit in every state: four verdicts, a hostile one, waiting, reading, judged and gone."""
    bench = MemoryBench(history, head=head_of())
    bench.say("Units are found through the adb server.")
    for number, decision in enumerate(WORST_FIRST, 1):
        bench.plug(str(number))
        bench.judge(str(number), decision, because=(f"It is {decision.value}.",))
    bench.plug("5", serial=HOSTILE, model=HOSTILE, slot=HOSTILE)
    bench.judge("5", Decision.FAIL, because=(HOSTILE,), build=HOSTILE)
    bench.plug("6", fix="Say yes on the phone")
    bench.plug("7")
    bench.read("7", 3, 10)
    bench.unplug("4")
    bench.plug("8", model="L" * 1_000_000)
    return bench


@contextmanager
def station(folder: Path, **changed: object) -> Iterator[Services]:
    """Services over a real history in *folder* and a bench as `filled` has it, both of one event loop."""
    with History.open(str(folder / "history.sqlite"), station="bench 1") as history:
        fields: dict[str, object] = {
            "name": "bench 1",
            "key": KEY,
            "archive": Archive(history),
            "bench": filled(history),
            "waivers": folder / "waivers.toml",
            "checks": frozenset({"clients", "identity"}),
        }
        yield Services(**(fields | changed))  # type: ignore[arg-type]  # a table of fields has no types


def shown(services: Services) -> Mapping[str, str]:
    """Units of the bench that are done: key of the tile to name."""
    tiles = services.bench.tiles() if services.bench else ()
    return {tile.key: tile.result.name for tile in tiles if tile.result is not None}
