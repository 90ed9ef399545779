"""What one way to work a crate of so many units costs: medians of runs, each in a process of its own."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from audit.model.record import record
from bench.measure import environment

_LIMIT_S = 600


@record
class Cost:
    """wall_s: to the last unit done; whole_s: to the end of the program; cpu_s: of all its processes.

    pss_mb: memory of all its processes at its largest; rss_mb: of the program's own
    """

    wall_s: float
    whole_s: float
    cpu_s: float
    pss_mb: float
    rss_mb: float


def cost(client: str, spec: Mapping[str, Any], folder: Path, runs: int) -> Cost:
    """Medians of *runs*; the crate of each lies in *folder* under a name that begins with *client*."""
    path = folder / "spec.json"
    seen = []
    for number in range(runs):
        kept = folder / f"{client}-{len(list(folder.iterdir()))}-{number}"
        path.write_text(json.dumps({**spec, "crate": str(kept)}), encoding="utf-8")
        seen.append(run([sys.executable, "-m", "bench.crate.clients", client, str(path)]))
    return Cost(**{name: statistics.median(one[name] for one in seen) for name in Cost.__dataclass_fields__})


def run(words: Sequence[str]) -> dict[str, float]:
    """What the program said, and what it cost with all it started."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.crate.tree", *words],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words[2:])}: {done.stderr[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer
