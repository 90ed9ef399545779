"""What being watched costs a process: no hook, our native agent, and frida-trace on the same functions."""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tabulate import tabulate

TRACE = Path(__file__).parents[2] / ".venv-bench" / "bin" / "frida-trace"
AGENT = Path(__file__).parents[2] / "hooks" / "agents" / "native.js"
RUNS = 5
TIMES = 2000
_SECONDS = 60
_SAME = ("connect", "send", "write", "close", "getaddrinfo")
"""What frida-trace is told to watch: the functions of ours that the client calls."""

Watch = Callable[[int, Path], AbstractContextManager[Callable[[], int]]]
"""Watches a process; what it gives counts the events told so far."""


def measured(folder: Path) -> str:
    """The table, and what was wanted; or why there is none."""
    compiler = shutil.which("cc")
    if compiler is None or not TRACE.is_file() or not _has_frida():
        return "Not measured here: it needs a C compiler, frida, and frida-tools in .venv-bench.\n"
    client = folder / "client"
    words = [compiler, "-O2", "-o", str(client), str(Path(__file__).with_name("client.c"))]
    subprocess.run(words, check=True, timeout=_SECONDS)
    seen = _all(client, folder)
    bare = seen["no hook"]
    rows = [_row(name, one, bare) for name, one in seen.items()]
    ours, trace = seen["adb-audit's native agent"], seen["frida-trace"]
    heads = ("", "a connection, asked and answered", "a request on an open one", "write() to a file", "told")
    targets = [
        _most("a connection against frida-trace", ours["connection_us"] / trace["connection_us"], 2),
        _most("a request against frida-trace", ours["send_us"] / trace["send_us"], 2),
        _most("a write() to a file against frida-trace", ours["write_ns"] / trace["write_ns"], 1),
    ]
    about = (
        f"CPU of a client in C on loopback, agent included; {TIMES} of each, medians of {RUNS} runs that take"
        " turns. Ours tells address, port and the first 4 KiB of every write; frida-trace, names of"
        " functions.\n"
    )
    return "\n".join(
        [
            about,
            tabulate(rows, headers=heads, **_GITHUB),
            "",
            tabulate(targets, headers=("", "measured", "wanted", ""), **_GITHUB),
        ]
    )


_GITHUB: dict[str, Any] = {"tablefmt": "github", "disable_numparse": True}


def _all(client: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Medians of each way to watch; the ways take turns, so that a busy moment falls on all of them."""
    ways: Mapping[str, Watch] = {
        "no hook": _unwatched,
        "adb-audit's native agent": _ours,
        "frida-trace": _trace,
    }
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    with _server(client) as port:
        for number in range(RUNS):
            for name, watch in ways.items():
                sys.stderr.write(f"measuring hooks: {name}, {number + 1} of {RUNS} ...\n")
                runs[name].append(_once(client, port, watch, folder))
    return {
        name: {what: statistics.median(run[what] for run in all_runs) for what in all_runs[0]}
        for name, all_runs in runs.items()
    }


def _once(client: Path, port: int, watch: Watch, folder: Path) -> dict[str, float]:
    words = [str(client), str(port), str(TIMES)]
    with _running(words) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with watch(process.pid, folder) as told:
            process.stdin.write("\n")
            process.stdin.flush()
            answer: dict[str, float] = json.loads(process.stdout.readline())
            process.wait(_SECONDS)
            return answer | {"told": told()}


@contextlib.contextmanager
def _unwatched(_pid: int, _folder: Path) -> Iterator[Callable[[], int]]:
    yield lambda: 0


@contextlib.contextmanager
def _ours(pid: int, _folder: Path) -> Iterator[Callable[[], int]]:
    import frida

    told, ended = [0], threading.Event()

    def received(message: Mapping[str, Any], _: bytes | None) -> None:
        told[0] += len(message["payload"]["events"])

    def count() -> int:
        ended.wait(_SECONDS)
        return told[0]

    session = frida.get_local_device().attach(pid)
    session.on("detached", lambda *_: ended.set())
    script = session.create_script(AGENT.read_text(encoding="utf-8"))
    script.on("message", received)
    script.load()
    script.exports_sync.start({"queue": 65536})
    yield count


@contextlib.contextmanager
def _trace(pid: int, folder: Path) -> Iterator[Callable[[], int]]:
    output = folder / "trace.txt"
    watched = [word for name in _SAME for word in ("-i", f"libc.so.6!{name}")]
    words = [str(TRACE), "-p", str(pid), *watched, "-o", str(output)]
    with _running(words, folder) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Started tracing"):
                break
        else:
            raise SystemExit("frida-trace did not start")
        threading.Thread(target=process.stdout.read, daemon=True).start()  # it must not wait to be read

        def count() -> int:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS)
            return sum(1 for line in output.read_text(encoding="utf-8").splitlines() if "(" in line)

        yield count


@contextlib.contextmanager
def _server(client: Path) -> Iterator[int]:
    with _running([str(client), "serve"]) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextlib.contextmanager
def _running(words: list[str], cwd: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        words, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _row(name: str, one: Mapping[str, float], bare: Mapping[str, float]) -> list[str]:
    def beside(what: str, unit: str) -> str:
        times = "" if one is bare else f" ({one[what] / bare[what]:.1f}x)"
        return f"{one[what]:.0f} {unit}{times}"

    told = "" if one is bare else f"{one['told']:,.0f} events"
    return [name, beside("connection_us", "µs"), beside("send_us", "µs"), beside("write_ns", "ns"), told]


def _most(name: str, got: float, wanted: float) -> list[str]:
    return [name, f"{got:.2f}x", f"≤ {wanted:.2f}x", "met" if got <= wanted else "missed"]


def _has_frida() -> bool:
    try:
        import frida
    except ImportError:
        return False
    return bool(frida.__version__)
