"""Looking for identifiers in 100 MB of traffic, beside one expression over the bytes as they are."""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tabulate import tabulate

from audit.model.flows import Certainty
from audit.parse.identifiers.known import Known
from audit.parse.identifiers.scan import Scanner
from bench.identifiers.mix import OWN, PARTS, payloads

RUNS = 3
# What one would write first: the shapes of all kinds, wherever they stand.
_SHAPES = re.compile(
    rb"(?<![0-9A-Za-z])(?:[0-9]{14,20}|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{12,16})(?![0-9A-Za-z])"
)
_INNOCENT, _DENSE = "encrypted", ("JSON, dense", "base64 in lines")

Look = Callable[[bytes], bool]
"""Whether bytes name the unit."""


def measured(folder: Path) -> str:
    """The table, and what was wanted."""
    del folder
    looks: dict[str, Look] = {"ours": _ours(), "plain": _plain()}
    seen = {kind: _Seen(kind, size, looks) for kind, size in PARTS.items()}
    rows = [one.row() for one in seen.values()]
    total = {name: sum(one.spent_s[name] for one in seen.values()) for name in looks}
    size_mb = sum(one.size_mb for one in seen.values())
    named = sum(one.named for one in seen.values())
    found = {name: sum(one.found[name] for one in seen.values()) for name in looks}
    rows.append(
        [
            "all",
            f"{size_mb:.0f} MB",
            f"{size_mb / total['ours']:.0f} MB/s",
            f"{found['ours']} of {named}",
            f"{size_mb / total['plain']:.0f} MB/s",
            f"{found['plain']} of {named}",
        ]
    )
    heads = ("what was sent", "size", "adb-audit", "found", "one expression", "found")
    false = sum(one.false for one in seen.values())
    wanted = [
        _least("encrypted traffic", seen[_INNOCENT].rate, 100, " MB/s"),
        *(_least(kind, seen[kind].rate, 30, " MB/s") for kind in _DENSE),
        _least("the whole capture, against one expression", total["plain"] / total["ours"], None, "x"),
        [
            "payloads that name the unit: found",
            f"{found['ours']} of {named}",
            "all",
            _met(found["ours"] == named),
        ],
        ["payloads that do not: called so", str(false), "none", _met(false == 0)],
    ]
    return "\n".join(
        [
            f"CPU time, medians of {RUNS} runs. One payload of 128 KiB in 16 names the unit, wrapped.\n",
            tabulate(rows, headers=heads, tablefmt="github", disable_numparse=True),
            "",
            tabulate(
                wanted, headers=("", "measured", "wanted", ""), tablefmt="github", disable_numparse=True
            ),
        ]
    )


class _Seen:
    """One kind of traffic, looked at both ways."""

    def __init__(self, kind: str, megabytes: int, looks: dict[str, Look]) -> None:
        _say(f"looking for identifiers: {kind}")
        self._kind = kind
        sent = list(payloads(kind, megabytes))
        self.size_mb = sum(len(data) for data, _ in sent) / 1e6
        self.named = sum(named for _, named in sent)
        self.spent_s: dict[str, float] = {}
        self.found: dict[str, int] = {}
        self.false = 0
        for name, look in looks.items():
            runs = []
            for _ in range(RUNS):
                begin = time.process_time()
                answers = [look(data) for data, _ in sent]
                runs.append(time.process_time() - begin)
            self.spent_s[name] = statistics.median(runs)
            told = list(zip(answers, (named for _, named in sent), strict=True))
            self.found[name] = sum(answer and named for answer, named in told)
            if name == "ours":
                self.false = sum(answer and not named for answer, named in told)

    @property
    def rate(self) -> float:
        """Ours, in megabytes a second."""
        return self.size_mb / self.spent_s["ours"]

    def row(self) -> list[str]:
        """For the table."""
        return [
            self._kind,
            f"{self.size_mb:.0f} MB",
            f"{self.rate:.0f} MB/s",
            f"{self.found['ours']} of {self.named}",
            f"{self.size_mb / self.spent_s['plain']:.0f} MB/s",
            f"{self.found['plain']} of {self.named}",
        ]


def _ours() -> Look:
    scanner = Scanner(OWN, key=b"bench")
    return lambda data: any(one.certainty is Certainty.EXACT for one in scanner.scan(data).found)


def _plain() -> Look:
    known = Known(OWN)
    return lambda data: any(known.within(found[0].decode()) for found in _SHAPES.finditer(data))


def _least(name: str, got: float, wanted: float | None, unit: str) -> list[str]:
    if wanted is None:
        return [name, f"{got:.2f}{unit}", "", ""]
    return [name, f"{got:.0f}{unit}", f"≥ {wanted:.0f}{unit}", _met(got >= wanted)]


def _met(met: bool) -> str:
    return "met" if met else "missed"


def _say(what: str) -> None:
    sys.stderr.write(f"measuring {what} ...\n")
