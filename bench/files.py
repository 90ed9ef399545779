"""Reading code: an APK of 10 MB and a whole image's tree, beside androguard and ``strings | grep``."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from audit.endpoints.addresses import find
from audit.model.code import FoundKind
from bench import samples
from bench.measure import environment

PEER = Path(__file__).parents[1] / ".venv-bench" / "bin" / "python"
RUNS = 5
_URL = "https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+"


def measured(folder: Path) -> str:
    """The two tables, and what was wanted."""
    small, large = folder / "ten.apk", folder / "tree"
    _say("an APK of 10 MB")
    small.write_bytes(samples.apk_10mb(folder))
    ours = _median(_ours("apk", small))
    peer = _median([str(PEER), str(Path(__file__).with_name("androguard_urls.py")), str(small)])
    plain = _median(["sh", "-c", f"unzip -p '{small}' '*.dex' | strings -a | {_grep()}"])
    _say("the tree of an image of 2 GB")
    samples.write_tree(large)
    tree = _sampled(_ours("tree", large))
    all_strings = f"find '{large}' -type f -print0 | xargs -0 -n 64 -P 2 strings -a | {_grep()} | sort -u"
    listed = _sampled(["sh", "-c", all_strings])
    shutil.rmtree(large)
    same = set(ours["in_dex"]) == _classified(peer["strings"])
    return "\n".join(
        [
            f"An APK of {samples.size_mb(small)} MB, medians of {RUNS}:\n",
            _table(("reader", "wall", "URLs"), _apk_rows(ours, peer, plain)),
            "",
            f"The tree of an image, {tree['files']} files with code or resources among 4,000, 2 GB:\n",
            _table(("reader", "wall", "memory", "URLs"), _tree_rows(tree, listed)),
            "",
            _table(
                ("", "measured", "wanted", ""),
                [
                    _target("10 MB APK: times faster than androguard", peer["wall_s"] / ours["wall_s"], 15),
                    ["10 MB APK: the same URLs as androguard's strings", same, "yes", _met(same)],
                    _most("2 GB tree: wall", tree["wall_s"], 25, " s"),
                    _most("2 GB tree: memory of all processes", tree["memory_mb"], 300, " MB"),
                ],
            ),
        ]
    )


def _ours(what: str, path: Path) -> list[str]:
    return [sys.executable, "-m", "bench.readers", what, str(path)]


def _grep() -> str:
    return f'LC_ALL=C grep -aoE "{_URL}"'.replace("$", r"\$")


def _median(words: Sequence[str]) -> dict[str, Any]:
    answers = [_once(words) for _ in range(RUNS)]
    return answers[0] | {"wall_s": statistics.median(a["wall_s"] for a in answers)}


def _once(words: Sequence[str]) -> dict[str, Any]:
    start = time.perf_counter()
    done = subprocess.run(
        words, env=environment(), stdout=subprocess.PIPE, text=True, timeout=900, check=False
    )
    wall_s = time.perf_counter() - start
    if done.stdout.startswith("{"):
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    return {"wall_s": wall_s, "urls": sorted(set(done.stdout.split()))}


def _sampled(words: Sequence[str]) -> dict[str, Any]:
    """One run, and the most memory its processes held together (proportional set size, sampled)."""
    peak, over = [0.0], threading.Event()

    def sample() -> None:
        while not over.wait(0.1):
            peak[0] = max(peak[0], _memory_mb())

    watcher = threading.Thread(target=sample)
    watcher.start()
    try:
        answer = _once(words)
    finally:
        over.set()
        watcher.join()
    return answer | {"memory_mb": peak[0]}


def _memory_mb() -> float:
    """Of everything below this process."""
    return sum(_pss_kb(pid) for pid in _below(str(Path("/proc/self").readlink()))) / 1024


def _below(pid: str) -> list[str]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _text(path).split():
            found += [child, *_below(child)]
    return found


def _pss_kb(pid: str) -> int:
    match = re.search(r"^Pss:\s+(\d+)", _text(Path(f"/proc/{pid}/smaps_rollup")), re.MULTILINE)
    return int(match[1]) if match else 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # the process has just ended
        return ""


def _classified(strings: Sequence[str]) -> set[str]:
    """The URLs in strings another reader gave, by the same rules as ours."""
    found = find(((None, text) for text in strings), where="")
    return {one.value for one in found if one.kind is FoundKind.URL}


def _apk_rows(ours: dict[str, Any], peer: dict[str, Any], plain: dict[str, Any]) -> list[list[str]]:
    urls = len(_classified(peer["strings"]))
    return [
        ["adb-audit", f"{ours['wall_s'] * 1000:.0f} ms", str(len(ours["urls"]))],
        ["androguard 4.1.4, strings of all dex files", f"{peer['wall_s'] * 1000:.0f} ms", str(urls)],
        ["unzip, strings, grep", f"{plain['wall_s'] * 1000:.0f} ms", str(len(plain["urls"]))],
    ]


def _tree_rows(tree: dict[str, Any], listed: dict[str, Any]) -> list[list[str]]:
    return [
        ["adb-audit", f"{tree['wall_s']:.1f} s", f"{tree['memory_mb']:.0f} MB", str(len(tree["urls"]))],
        [
            "strings, grep (blind to what is deflated)",
            f"{listed['wall_s']:.1f} s",
            f"{listed['memory_mb']:.0f} MB",
            str(len(listed["urls"])),
        ],
    ]


def _target(what: str, value: float, least: float) -> list[object]:
    return [what, f"{value:.0f}x", f"{least:.0f}x", _met(value >= least)]


def _most(what: str, value: float, most: float, unit: str) -> list[object]:
    return [what, f"{value:.1f}{unit}", f"{most:.0f}{unit}", _met(value <= most)]


def _met(holds: bool) -> str:
    return "met" if holds else "MISSED"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    return tabulate(rows, headers=head, tablefmt="github", disable_numparse=True)


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)
