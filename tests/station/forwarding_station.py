"""A station that records, signs and forwards until it is killed; a line for each report it was promised."""

from __future__ import annotations

import asyncio
import contextlib
import sys

from audit.history import History
from audit.station.archive import Archive
from audit.station.forwarding import Forwarder, Lag
from tests.history.test_forwarding import fill
from tests.history.union import reads


def tell(lag: Lag) -> None:
    """Say that the centre has something of this station now."""
    if lag.succeeded_at:
        say("handed")


def say(line: str) -> None:
    """Before going on."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(path: str, url: str, name: str) -> None:
    """Reports of units NAME0-0, NAME0-1, NAME1-0 …"""
    with History.open(path, station=name[0]) as history:
        archive = Archive(history)
        forwarder = Forwarder(archive, url, look_s=0.05, longest_wait_s=0.2, reads=reads, changed=tell)
        forwarding = asyncio.create_task(forwarder.run(asyncio.Event()))
        for number in range(100_000):
            await asyncio.to_thread(fill, history, f"{name}{number}", 1)
            say(f"recorded {name}{number}-0")
            await asyncio.sleep(0.01)
        forwarding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await forwarding


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
