"""A station as a person starts it: the command in a process and a home of its own, at virtual units."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.contracts.crates import PROGRAM, connects, surroundings

LIMIT_S = 60
"""For one thing to happen; none comes near it."""
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:(\d+))(/\S+)")


def program(home: Path, *words: str | Path) -> str:
    """Run ``adb-audit`` with *words*, to its end, and return what it printed."""
    done = subprocess.run(
        [PROGRAM, *map(str, words)],
        env=surroundings(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_key(home: Path) -> Path:
    """A home whose station can sign."""
    program(home, "keys", "new", "--no-passphrase")
    return home


class Running:
    """One run of the station. url: of its page; entrance: the address that lets one browser in, once"""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.url = self.entrance = ""
        self.port = 0
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(LIMIT_S)
        assert self.url, self.told

    @property
    def told(self) -> str:
        """What it wrote on standard error so far."""
        return "".join(self.lines)

    def kill(self) -> None:
        """As a power cut does it, as far as a process can feel one: with all that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """As Ctrl-C does it; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(LIMIT_S / 2)
        finally:
            self.kill_rest()
            self._ended()
        return self.process.returncode

    def kill_rest(self) -> None:
        """Whatever it left."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _ended(self) -> None:
        self.process.wait(LIMIT_S)
        self._reader.join(LIMIT_S)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            found = _ADDRESS.match(line)
            if found is not None:
                self.url, self.port, self.entrance = found[1], int(found[2]), found[1] + found[3]
                self._ready.set()
        self._ready.set()


def start(home: Path, addresses: Sequence[str], *words: str | Path, port: int = 0) -> Running:
    """``adb-audit station`` at *addresses*; its page is there when this returns. Who asks must end it."""
    told = ["station", "--market", "NO", "--transport", "tcp", "--port", str(port), *map(str, words)]
    return Running(
        subprocess.Popen(
            [PROGRAM, *told, *connects(addresses)],
            env=surroundings(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    )


@contextmanager
def station(home: Path, addresses: Sequence[str], *words: str | Path, port: int = 0) -> Iterator[Running]:
    """One that runs until the block ends, and ends well."""
    running = start(home, addresses, *words, port=port)
    ended = False
    try:
        yield running
        ended = True
    finally:
        code = running.stop()
    if ended:
        assert code == 0, running.told
    assert "Traceback" not in running.told, running.told


def crates(home: Path) -> Path:
    """Where the station of *home* keeps its crates."""
    return home / "data" / "adb-audit" / "crates"
