"""One measurement in a process of its own: ``python -m bench.destinations.lookups WHAT DATA [SOURCE]``.

Prints {"open_ms", "memory_mb", "v4_us", "v6_us"}; for ``import`` {"wall_s", "mb"}. Opening is until the first
answer, without imports of modules; memory is what the process then holds more than before (proportional set).
"""

from __future__ import annotations

import json
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import maxminddb

from audit.destinations.atlas import StoredAtlas
from audit.destinations.bring_in import bring_in
from audit.destinations.ranges import Table
from audit.destinations.store import Store
from bench.destinations import NPM, TOR

ADDRESSES = 20_000
Look = Callable[[IPv4Address | IPv6Address], object]


def tables(folder: Path) -> Look:
    """Our table of DB-IP's data, asked by number."""
    store = Store(folder=folder)
    table = Table(store.path(store.held()[0]))
    return lambda address: table.find(address.version, int(address))


def of_maxmind(_: Path) -> Look:
    """The library maxminddb on DB-IP's file; it is given addresses, as they are read already."""
    reader = maxminddb.open_database(NPM / "dbip-country.mmdb")
    return lambda address: (reader.get(address) or {}).get("country_code")  # type: ignore[union-attr]  # a record


def lists(_: Path) -> Look:
    """Tor's text in lists, bisected: what one writes without a library."""
    rows: dict[int, tuple[list[int], list[int], list[str]]] = {4: ([], [], []), 6: ([], [], [])}
    for version, name in ((4, "geoip"), (6, "geoip6")):
        starts, ends, codes = rows[version]
        for line in (TOR / name).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                first, last, code = line.split(",")
                starts.append(int(first) if version == 4 else int(ip_address(first)))
                ends.append(int(last) if version == 4 else int(ip_address(last)))
                codes.append(code)

    def look(address: IPv4Address | IPv6Address) -> str:
        starts, ends, codes = rows[address.version]
        number = int(address)
        at = bisect_right(starts, number) - 1
        return codes[at] if at >= 0 and number <= ends[at] else ""

    return look


def atlas(folder: Path) -> Look:
    """All that an audit asks of an address, from its text."""
    store = Store(folder=folder)
    made = StoredAtlas(store, store.held())
    return lambda address: made.address(str(address))


READERS: dict[str, Callable[[Path], Look]] = {
    "tables": tables,
    "maxminddb": of_maxmind,
    "lists": lists,
    "atlas": atlas,
}


def _memory_kb() -> int:
    text = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8")
    return int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])


def _us(look: Look, addresses: Sequence[IPv4Address | IPv6Address], *, texts: bool) -> float:
    """Microseconds an address. What `str` costs, where only the texts are needed, is taken off."""
    start = time.perf_counter()
    for address in addresses:
        look(address)
    spent = time.perf_counter() - start
    if texts:
        start = time.perf_counter()
        for address in addresses:
            str(address)
        spent -= time.perf_counter() - start
    return spent / len(addresses) * 1e6


def lookups(name: str, folder: Path) -> dict[str, float]:
    """Measure one reader."""
    draw = random.Random(1)  # noqa: S311 - a sample that can be repeated
    four = [IPv4Address(draw.randrange(1 << 24, 223 << 24)) for _ in range(ADDRESSES)]
    six = [IPv6Address(0x20 << 120 | draw.randrange(1 << 124)) for _ in range(ADDRESSES)]
    before, start = _memory_kb(), time.perf_counter()
    look = READERS[name](folder)
    look(four[0])
    opened = time.perf_counter() - start
    texts = name == "atlas"
    spent = {
        "v4_us": _us(look, four, texts=texts),
        "v6_us": _us(look, six, texts=texts),
    }
    return {"open_ms": opened * 1000, "memory_mb": (_memory_kb() - before) / 1024} | spent


def imported(folder: Path, source: Path) -> dict[str, float]:
    """Measure one import."""
    start = time.perf_counter()
    (taken,) = bring_in(Store(folder=folder), source, imported_at="2026-01-01T00:00:00Z")
    return {"wall_s": time.perf_counter() - start, "mb": taken.held.size_bytes / 1e6}


def main(what: str, folder: str, source: str = "") -> None:
    """Measure, and say it."""
    got = imported(Path(folder), Path(source)) if what == "import" else lookups(what, Path(folder))
    print(json.dumps(got))


if __name__ == "__main__":
    main(*sys.argv[1:])
