"""Where the CPU of one unit of a crate goes, stage by stage, each measured alone in one process.

`python -m bench.crate.stages SPEC.json` prints {stage: milliseconds of CPU per unit}. It reads the units
named there, which answer at once, and does with what was read of one what a worker does.
"""

from __future__ import annotations

import gc
import gzip
import json
import pickle
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from audit import codec
from audit.asked import Asked
from audit.cli.main import collect_rarely
from audit.crate.judging import Setup, Task, entry_of
from audit.model.evidence import Snapshot
from audit.parse.facts import read_facts
from audit.reports import Options, render_all
from audit.sources.saved import write_atomically
from bench.crate.reading import asked, read

_TIMES, _ROUNDS = 10, 5


def main(path: str) -> None:
    """Measure."""
    collect_rarely()  # as the program itself does when it starts
    spec = json.loads(Path(path).read_text(encoding="utf-8"))
    wanted, home = asked(), Path(spec["home"])
    snapshots = read(spec["units"], wanted, home)
    taken = [_cpu_ms(lambda: read(spec["units"], wanted, home)) / len(spec["units"]) for _ in range(3)]
    gc.collect()
    gc.freeze()  # as a worker does
    stages = {"reading: connection, commands, code": statistics.median(taken)}
    print(json.dumps(stages | _judged(snapshots[0], wanted, Path(spec["folder"]))))


def _judged(snapshot: Snapshot, wanted: Asked, folder: Path) -> dict[str, float]:
    """What a worker does with *snapshot*."""
    setup = Setup(folder=folder, rulebook=wanted.rulebook, expectation=wanted.expectation)
    task = Task(
        name="unit", snapshot=snapshot, serial="S", slot="1", started_at="2026-01-01T00:00:00Z", reading_s=0.0
    )
    text = codec.to_json(snapshot).encode()
    packed = gzip.compress(text, 6, mtime=0)
    entry = entry_of(task, setup, handed_at_s=0.0)
    written = codec.to_json(entry).encode()
    options = Options(key=b"bench")
    reports = [made.encode() for made in render_all(("html", "json"), [entry.report], options)]
    parsing = _least_ms(lambda: read_facts(snapshot))
    return {
        "on its way to a worker: pickle": _least_ms(lambda: pickle.loads(pickle.dumps(task))),  # noqa: S301 - made here
        "snapshot kept: JSON": _least_ms(lambda: codec.to_json(snapshot)),
        "snapshot kept: gzip": _least_ms(lambda: gzip.compress(text, 6, mtime=0)),
        "judged: parsing": parsing,
        "judged: checks, portrait, report": _least_ms(lambda: entry_of(task, setup, handed_at_s=0.0))
        - parsing,
        "entry kept: JSON": _least_ms(lambda: codec.to_json(entry)),
        "its reports: HTML and JSON": _least_ms(
            lambda: render_all(("html", "json"), [entry.report], options)
        ),
        "files: written, brought to the disk": _least_ms(lambda: _write(folder, [packed, written], reports)),
        "afterwards: its entry read, twice": 2
        * _least_ms(lambda: codec.from_json(type(entry), written.decode(), where="entry")),
    }


def _write(folder: Path, kept: list[bytes], reports: list[bytes]) -> None:
    for number, data in enumerate((*kept, *reports)):
        write_atomically(folder / f"file-{number}", data, durable=number < len(kept))


def _cpu_ms(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def _least_ms(work: Callable[[], object]) -> float:
    """CPU of one call; the least of several rounds, which is what the work itself takes."""
    work()
    return min(_cpu_ms(lambda: [work() for _ in range(_TIMES)]) for _ in range(_ROUNDS)) / _TIMES


if __name__ == "__main__":
    main(*sys.argv[1:])
