"""The Frida servers that run on a virtual unit: real processes of this host, one for each.

They are started from a thread (a command waits until its server is ready) and stopped from another; what is
shared is held under one lock.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import field

from audit.lab.living import ServerFault
from audit.model.record import record

READY_S = 20.0
"""How long a server may take to be ready: it loads a library of 50 MB."""
_STOP_S = 5.0
_MOST_SERVERS = 8
_OTHER_TOKEN = "not-the-token-you-were-given"


@record
class Running:
    """A server. pid: of the process on this host, which the unit shows as its own; uid: who it runs as.

    path: the program, as pushed; port: of the unit; host_port: where it really listens
    """

    pid: int
    uid: int
    path: str
    port: int
    host_port: int
    process: subprocess.Popen[bytes] = field(repr=False, compare=False)
    home: str = field(default="", repr=False, compare=False)


class CannotStart(Exception):
    """Why a server did not become ready, in the words it would print."""


class Servers:
    """All servers of one unit."""

    def __init__(self) -> None:
        self._running: dict[int, Running] = {}
        self._ended: dict[int, Running] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, *, path: str, port: int, token: str, uid: int, fault: ServerFault | None) -> Running:
        """Run a server and wait until it is ready. Raises CannotStart."""
        if any(one.port == port for one in self.alive()):
            raise CannotStart(f"Error binding to address 127.0.0.1:{port}: Address already in use")
        home = tempfile.mkdtemp(prefix="adb-audit-lab-")
        process = self._spawn(home)
        try:
            host_port = _greet(process, token, fault)
        except CannotStart:
            _end(process)
            shutil.rmtree(home, ignore_errors=True)
            raise
        one = Running(
            pid=process.pid,
            uid=uid,
            path=path,
            port=port,
            host_port=host_port,
            process=process,
            home=home,
        )
        with self._lock:
            too_late = self._closed
            if not too_late:
                self._running[one.pid] = one
        if too_late:
            self._bury(one)
            raise CannotStart("Terminated")
        return one

    def alive(self) -> tuple[Running, ...]:
        """Those that run; what ended by itself is moved out of the way."""
        with self._lock:
            for pid, one in list(self._running.items()):
                if one.process.poll() is not None:
                    self._ended[pid] = self._running.pop(pid)
            return tuple(self._running.values())

    def ended(self) -> tuple[Running, ...]:
        """Those that are gone since this was last asked."""
        self.alive()
        with self._lock:
            gone, self._ended = tuple(self._ended.values()), {}
        for one in gone:
            self._bury(one)
        return gone

    def by_port(self, port: int) -> Running | None:
        """The server that listens on *port* of the unit."""
        return next((one for one in self.alive() if one.port == port), None)

    def by_pid(self, pid: int) -> Running | None:
        """The server with that process id."""
        return next((one for one in self.alive() if one.pid == pid), None)

    def signal(self, pid: int, number: int) -> bool:
        """Send *number* to a server of this unit, and to nothing else; False when *pid* is none."""
        one = self.by_pid(pid)
        if one is None:
            return False
        one.process.send_signal(number)
        return True

    def stop(self) -> None:
        """End all of them, for good. Takes a few seconds when one does not want to."""
        with self._lock:
            self._closed = True
            still, self._running = tuple(self._running.values()), {}
            for one in still:
                self._ended[one.pid] = one
        for one in still:
            one.process.terminate()
        for one in still:
            self._bury(one)

    def _spawn(self, home: str) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed or len(self._running) >= _MOST_SERVERS:
                raise CannotStart("Cannot allocate memory")
            return subprocess.Popen(
                [sys.executable, "-m", "audit.lab.control_service"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": home},
            )

    def _bury(self, one: Running) -> None:
        _end(one.process)
        shutil.rmtree(one.home, ignore_errors=True)


def _greet(process: subprocess.Popen[bytes], token: str, fault: ServerFault | None) -> int:
    """Tell the process what to be and wait for its port."""
    given = _OTHER_TOKEN if fault is ServerFault.REFUSES_TOKEN else token
    told = {"token": given, "fault": str(fault) if fault else ""}
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # pipes, see _spawn
    try:
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], READY_S)[0]:
            raise CannotStart(f"Unable to start: not ready within {READY_S:g} s")
        said = json.loads(process.stdout.readline() or b"{}")
    except (BrokenPipeError, ValueError) as trouble:
        raise CannotStart(f"Unable to start: {trouble}") from None
    if "port" not in said:
        raise CannotStart(f"Unable to start: {said.get('error', 'it ended without a word')}")
    return int(said["port"])


def _end(process: subprocess.Popen[bytes]) -> None:
    """See the process end: nicely if it wants to, else by force."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and not pipe.closed:
            pipe.close()
