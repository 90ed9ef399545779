"""A hundred tiles, live: how old what a browser shows is, and what the server takes."""

from __future__ import annotations

import bisect
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from audit.history import History
from audit.model.record import record
from bench.measure import environment, lab, process_cpu_s

UNIT, COUNT, LATENCY = "incident-2019", 100, "phone:1-4"
"""As talkative as phones, with phone-like delays: the last four times as slow as the first."""
LIMIT_S = 300
_GITHUB: dict[str, Any] = {"tablefmt": "github", "disable_numparse": True}
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)(/\S+)")
# noted once the frame that shows it was drawn: a task after the callback of the next frame
_NOTE = """
window.__shown = [];
window.EventSource = class extends EventSource {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (event) => {
      const version = JSON.parse(event.data).version, size = event.data.length;
      requestAnimationFrame(() => setTimeout(() => {
        window.__shown.push([version, (performance.timeOrigin + performance.now()) / 1000, size]);
      }));
    });
  }
};
"""
_DONE = "(count) => document.querySelectorAll('.slot:is(.pass, .fail)').length >= count"


@record
class Seen:
    """What one crate took. shown: (version, seconds since 1970, bytes) of each message once drawn

    changed: (version, seconds since 1970); main, workers: MB at most; cpu_s: of the station's process
    """

    shown: tuple[tuple[int, float, int], ...]
    changed: tuple[tuple[int, float], ...]
    main: float
    workers: tuple[float, ...]
    cpu_s: float
    took_s: float


def measured(folder: Path) -> str:
    """The table, and what was wanted."""
    _say(f"{COUNT} tiles")
    seen = _crate(folder / "timed", timed=True)
    _say("the same, as the program is")
    plain = _crate(folder / "plain", timed=False)
    ages = sorted(_ages(seen))
    held = statistics.quantiles(ages, n=100)
    size = sum(size for _, _, size in seen.shown)
    about = (
        f"Measured {datetime.now(UTC):%Y-%m-%d}: {COUNT} virtual units as talkative as phones, with"
        f" phone-like delays, in one crate of `adb-audit station`, looked at by one Chromium on the same"
        f" {os.cpu_count()} processors, which the lab shares. The crate took {seen.took_s:.0f} s:"
        f" {len(ages):,} changes, {len(seen.shown):,} messages, {size / 1024 / seen.took_s:.0f} KiB/s."
        f" Age: from a change in the server to the frame of the browser that shows it. The station's own"
        f" process, reading and serving, used {plain.cpu_s:.0f} s of CPU; its workers took"
        f" {' and '.join(f'{one:.0f}' for one in plain.workers)} MB."
    )
    rows = [
        _most("age of what is shown, median", held[49], 0.5, " s"),
        _most("age of what is shown, 95 %", held[94], 0.5, " s"),
        _most("age of what is shown, most", ages[-1], None, " s"),
        _most("memory of the station's process, at most", plain.main, 100, " MB"),
    ]
    return f"{about}\n\n{tabulate(rows, headers=['', 'measured', 'wanted', ''], **_GITHUB)}"


def _ages(seen: Seen) -> Iterator[float]:
    """How long each change took to be shown: by the first message of its version or a later one."""
    versions = [version for version, _, _ in seen.shown]
    first_s = seen.shown[0][1]
    for version, at_s in seen.changed:
        at = bisect.bisect_left(versions, version)
        if at < len(versions) and at_s >= first_s:
            yield seen.shown[at][1] - at_s


def _most(name: str, got: float, wanted: float | None, unit: str) -> list[str]:
    if wanted is None:
        return [name, f"{got:.2f}{unit}", "", ""]
    return [name, f"{got:.2f}{unit}", f"≤ {wanted:g}{unit}", "met" if got <= wanted else "missed"]


def _crate(folder: Path, *, timed: bool) -> Seen:
    """One crate. timed: changes in the server are noted, by a program that holds the measuring code too"""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("no Chromium: apt-get install chromium")
    folder.mkdir()
    noted = folder / "changes"
    noted.touch()
    with (
        lab(UNIT, COUNT, LATENCY) as units,
        _station(folder, noted if timed else None, units) as (process, url, entrance),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.add_init_script(_NOTE)
        page.goto(url + entrance)
        page.get_by_label("Name of the crate").fill("bench")
        page.get_by_role("button", name="Begin the crate").click()
        page.locator("[data-crate]").wait_for()
        began, before = time.monotonic(), process_cpu_s(process.pid)
        page.wait_for_function(_DONE, arg=COUNT, timeout=LIMIT_S * 1000)
        took_s, cpu_s = time.monotonic() - began, process_cpu_s(process.pid) - before
        page.wait_for_timeout(1000)
        shown = page.evaluate("window.__shown")
        workers = tuple(_peak_mb(pid) for pid in _workers(process.pid))
        main = _peak_mb(process.pid)
        browser.close()
    lines = (line.split() for line in noted.read_text("ascii").splitlines())
    return Seen(
        shown=tuple((int(version), float(at_s), int(size)) for version, at_s, size in shown),
        changed=tuple((int(version), float(at_s)) for version, at_s in lines),
        main=main,
        workers=workers,
        cpu_s=cpu_s,
        took_s=took_s,
    )


@contextmanager
def _station(
    folder: Path, noted: Path | None, units: Sequence[tuple[str, int]]
) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A station in a home of its own; its process, the address of its page, and the way in."""
    words = ["station", "--market", "NO", "--transport", "tcp", "--port", "0"]
    words += [word for host, port in units for word in ("--connect", f"{host}:{port}")]
    program = "from audit.cli.main import main; main()"
    how = ["-c", program] if noted is None else ["-m", "bench.station.timed", str(noted)]
    command = [sys.executable, *how, *words]
    with subprocess.Popen(
        command, env=_home(folder / "home"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            found = next((hit for line in process.stderr if (hit := _ADDRESS.match(line))), None)
            if found is None:
                raise SystemExit("the station did not start")
            with subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL):
                try:
                    yield process, found[1], found[2]
                finally:
                    process.send_signal(signal.SIGINT)
                    process.wait(60)
        finally:
            process.kill()


def _home(home: Path) -> Mapping[str, str]:
    home.mkdir()
    # as on every day but the first, on which the schema is made by modules that are never loaded again
    with History.open(str(home / "data" / "adb-audit" / "history.sqlite")):
        pass
    xdg = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    return environment() | xdg | {"HOME": str(home), "ADB_SERVER_SOCKET": "tcp:127.0.0.1:1"}


def _peak_mb(pid: int) -> float:
    """The most memory a process had resident so far (Linux)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text("ascii"))
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def _workers(pid: int) -> list[int]:
    """The processes it started, and those that these did, which judge."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text("ascii").split()):
            found += [child, *_workers(child)]
    return found


def _say(what: str) -> None:
    sys.stderr.write(f"measuring {what} ...\n")
