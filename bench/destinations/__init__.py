"""Looking addresses up: our tables beside maxminddb and beside lists of Python's, in one table."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.measure import environment

RUNS = 3
NPM = Path(__file__).parents[2] / "tests" / "data" / "node_modules" / "@ip-location-db" / "dbip-country-mmdb"
TOR = Path("/usr/share/tor")


def measured(folder: Path) -> str:
    """The table, and what was wanted; or why there is none."""
    if not (NPM / "dbip-country.mmdb").is_file() or not (TOR / "geoip").is_file():
        return "Not measured here: it needs `npm ci` in tests/data, and Debian's tor-geoipdb.\n"
    _say("the import of data on addresses")
    spent = {name: _once("import", str(folder / "data"), str(path)) for name, path in _SOURCES.items()}
    _say("looking addresses up")
    seen = {name: _median(name, str(folder / "data")) for name in _READERS}
    rows = [
        [
            _READERS[name],
            f"{one['open_ms']:.1f} ms",
            f"{one['memory_mb']:.0f} MB",
            f"{one['v4_us']:.1f} µs",
            f"{one['v6_us']:.1f} µs",
        ]
        for name, one in seen.items()
    ]
    ours, mmdb = seen["tables"], seen["maxminddb"]
    wanted = [
        _most("one dataset, IPv4: a lookup", ours["v4_us"], 4, " µs"),
        _most("one dataset, IPv6: a lookup", ours["v6_us"], 4, " µs"),
        _most("the same against maxminddb", ours["v4_us"] / mmdb["v4_us"], None, "x"),
        _most("all of an address, two datasets: opening them", seen["atlas"]["open_ms"], 50, " ms"),
    ]
    imports = ", ".join(
        f"{name} in {one['wall_s']:.0f} s ({one['mb']:.0f} MB)" for name, one in spent.items()
    )
    heads = ("20,000 random addresses of each kind", "first answer", "memory", "IPv4", "IPv6")
    return "\n".join(
        [
            f"Medians of {RUNS} runs. Imported once: {imports}.\n",
            tabulate(rows, headers=heads, tablefmt="github", disable_numparse=True),
            "",
            tabulate(
                wanted, headers=("", "measured", "wanted", ""), tablefmt="github", disable_numparse=True
            ),
        ]
    )


_SOURCES = {"dbip-country": NPM, "tor-geoip": TOR}
_READERS = {
    "tables": "one dataset, our table",
    "maxminddb": "one dataset, maxminddb (C)",
    "lists": "one dataset, Tor's text in Python's lists",
    "atlas": "`atlas.address`: parsed, scope, both countries, record",
}


def _median(name: str, folder: str) -> dict[str, float]:
    answers = [_once(name, folder) for _ in range(RUNS)]
    return {key: statistics.median(one[key] for one in answers) for key in answers[0]}


def _once(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.destinations.lookups", *words]
    done = subprocess.run(
        command, env=environment(), stdout=subprocess.PIPE, text=True, timeout=600, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _most(what: str, value: float, most: float | None, unit: str) -> Sequence[str]:
    if most is None:
        return [what, f"{value:.1f}{unit}", "", ""]
    return [what, f"{value:.1f}{unit}", f"≤ {most:g}{unit}", "met" if value <= most else "MISSED"]


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)
