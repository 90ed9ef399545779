"""A station in a process of its own, to be killed: ``python -m tests.station.worker FOLDER ADDRESS…``.

It begins a crate where there is none, and says of each unit that is done its name, once it is told.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from audit.history import History
from audit.station.bench import Wish
from audit.station.station import Station
from tests.station.benches import setup_of, working


async def work(folder: Path, addresses: tuple[str, ...]) -> None:
    """Until it is killed."""
    with History.open(str(folder / "history.sqlite")) as history:
        async with working(setup_of(folder, history, addresses)) as station:
            if not (folder / "crates" / "bench.json").exists():
                await station.begin(Wish(name=f"crate-{len(list((folder / 'crates').iterdir()))}"))
            await _say(station)


async def _say(station: Station) -> None:
    seen, said = 0, set[str]()
    while True:
        seen = await station.changed(seen)
        for tile in station.tiles():
            if tile.result is not None and tile.result.name not in said:
                said.add(tile.result.name)
                sys.stdout.write(f"{tile.result.name}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), tuple(sys.argv[2:])))
