"""``python -m audit.lab``: virtual units in a process of their own, for benchmarks and scripts.

Prints one line a unit, ``address<TAB>id<TAB>serial``, then an empty line; ends when standard input ends, or
when it is told to.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
from pathlib import Path

from audit.errors import AuditError
from audit.lab.lab import LabOptions, run
from audit.lab.unit import VirtualUnit


def _options(arguments: list[str]) -> LabOptions:
    parser = argparse.ArgumentParser(prog="python -m audit.lab", description="virtual units on loopback")
    parser.add_argument("units", nargs="*", help="shipped units; none = all")
    parser.add_argument("--file", action="append", default=[], type=Path, help="a unit of your own")
    parser.add_argument("--count", type=int, help="that many units, going round those named")
    parser.add_argument("--first-port", type=int, default=0, help="listen on this and the following ports")
    parser.add_argument(
        "--latency",
        default="",
        help="phone, phone:1-4 (one to four times as slow), or milliseconds for every command",
    )
    parser.add_argument("--auth", default="", help="none, trust, prompt or never")
    parser.add_argument("--allow-after", type=float, help="seconds until somebody taps Allow")
    parser.add_argument("--fault", action="append", default=[], help="what goes wrong; may be repeated")
    parser.add_argument("--phone-sized", action="store_true", help="each with as much to say as a phone has")
    told = parser.parse_args(arguments)
    return LabOptions(
        units=tuple(told.units),
        files=tuple(told.file),
        count=told.count,
        first_port=told.first_port,
        latency=told.latency,
        auth=told.auth,
        allow_after_s=told.allow_after,
        faults=tuple(told.fault),
        phone_sized=told.phone_sized,
    )


def _announce(units: tuple[VirtualUnit, ...]) -> None:
    for unit in units:
        sys.stdout.write(f"{unit.address}\t{unit.spec.id}\t{unit.spec.serial}\n")
    sys.stdout.write("\n")
    sys.stdout.flush()


async def _until_input_ends(options: LabOptions) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin)
            over.set()

    loop.add_reader(sys.stdin, readable)
    await run(options, _announce, over)


def main() -> int:
    """Run until standard input ends; 2 when what was asked makes no sense."""
    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_until_input_ends(_options(sys.argv[1:])))
    except AuditError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
