"""Programs that are watched: those installed, and Java classes made for a test; skips say what is absent."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

JAVA_SOURCES = Path(__file__).parent / "java"
JARS = Path("/usr/share/java")
APACHE = ("httpclient.jar", "httpcore.jar", "commons-logging.jar", "commons-codec.jar")
OKHTTP = ("okhttp.jar", "okio.jar")
SECONDS = 20.0
"""Longest wait for one thing."""


@contextlib.contextmanager
def waiting(words: Sequence[str], cwd: Path | None = None) -> Iterator[Waiting]:
    """Run *words*, a program that prints a line "ready" and waits for one; killed at the end."""
    process = subprocess.Popen(
        list(words),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    killer = threading.Timer(3 * SECONDS, process.kill)
    killer.daemon = True
    killer.start()
    try:
        client = Waiting(process)
        assert client.line() == "ready"
        yield client
    finally:
        killer.cancel()
        process.kill()
        process.communicate(timeout=SECONDS)


class Waiting:
    """A program that waits for a line before it goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self._process = process

    def line(self) -> str:
        """The next line it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def go(self) -> None:
        """Let it go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self, seconds: float = SECONDS) -> str:
        """Let it end; what it printed."""
        output, _ = self._process.communicate(timeout=seconds)
        assert self._process.returncode == 0, output
        return output


def program(*names: str) -> str:
    """The first of *names* that is installed, or skip."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"{' or '.join(names)} is not installed")


def jars(names: Sequence[str]) -> list[Path]:
    """Debian's *names* in /usr/share/java, or skip."""
    found = [JARS / name for name in names]
    if absent := [path.name for path in found if not path.exists()]:
        pytest.skip(f"{', '.join(absent)} not in {JARS}: Debian's libhttpclient-java or libokhttp-java")
    return found


def java_17() -> str:
    """A java of version 17, whose virtual machine Frida's bridge knows, or skip."""
    java = program("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=SECONDS, check=False)
    if 'version "17' not in said.stderr:
        pytest.skip(f"OpenJDK 17 is needed, not {said.stderr.splitlines()[:1]}")
    return java


def compiled(folder: Path, classpath: Sequence[Path], source: str) -> Path:
    """Classes of tests/agents/java in *folder*: *source*, a file or folder of it, and what that needs."""
    place = JAVA_SOURCES / source
    files = [str(place)] if place.is_file() else sorted(str(path) for path in place.rglob("*.java"))
    words = [program("javac"), "-nowarn", "-d", str(folder), "-cp", ":".join(map(str, [folder, *classpath]))]
    done = subprocess.run(
        [*words, "-sourcepath", str(JAVA_SOURCES), *files],
        capture_output=True,
        text=True,
        timeout=3 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def java(main: str, classes: Path, classpath: Sequence[Path], *words: str) -> list[str]:
    """A command that runs class *main*, interpreted: a hooked method that is compiled can hang Java."""
    path = ":".join(map(str, [classes, *classpath]))
    return [java_17(), "-Xint", "-Xshare:auto", "-cp", path, main, *words]
