"""An agent in a real process, and what it said.

Everything that is started is stopped by its own handle, and every wait has an end.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

PROJECT = Path(__file__).parents[2]
AGENTS = PROJECT / "hooks" / "agents"
SECONDS = 20.0
"""Longest wait for one thing."""


@dataclass
class Message:
    """What an agent sent: its JSON, and the bytes beside it."""

    payload: dict[str, Any]
    blob: bytes | None


class Watched:
    """A process with agents in it, and what they sent."""

    def __init__(self, session: Any, pid: int) -> None:  # noqa: ANN401 - frida's own types are of an extra
        self.pid = pid
        self.messages: list[Message] = []
        self.errors: list[str] = []
        self._session = session
        self._scripts: dict[str, Any] = {}
        self._ended = threading.Event()
        self._news = threading.Condition()
        session.on("detached", lambda *_: self._ended.set())

    def load(self, agent: str, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Put *agent* into the process and start it; what it says of itself."""
        source = (AGENTS / f"{agent}.js").read_text(encoding="utf-8")
        with bounded():
            script = self._session.create_script(source)
            script.on("message", self._received)
            script.load()
            self._scripts[agent] = script
            said: dict[str, Any] = script.exports_sync.start(dict(config or {}))
        return said

    def call(self, agent: str, what: str, *words: object) -> Any:  # noqa: ANN401 - whatever the agent answers
        """Call ``start``, ``stop`` or ``ping`` of *agent*."""
        with bounded():
            return getattr(self._scripts[agent].exports_sync, what)(*words)

    def events(self, kind: str | None = None, agent: str | None = None) -> list[dict[str, Any]]:
        """Events as they came, of one *kind* and *agent*; ``blob`` is what ``bytes`` points to."""
        found = []
        for message in list(self.messages):
            if agent not in (None, message.payload["agent"]):
                continue
            for event in message.payload["events"]:
                if kind not in (None, event["kind"]):
                    continue
                offset, length = event.get("bytes", (0, 0))
                found.append({**event, "blob": (message.blob or b"")[offset : offset + length]})
        return found

    def wait_for(self, holds: Callable[[Watched], object], seconds: float = SECONDS) -> None:
        """Until *holds*; AssertionError with what came instead after *seconds*."""
        end = time.monotonic() + seconds
        with self._news:
            while not holds(self):
                left = end - time.monotonic()
                if left <= 0:
                    kinds = [f"{e['kind']} {e.get('api', e.get('conn', ''))}" for e in self.events()]
                    raise AssertionError(f"not within {seconds} s; seen: {kinds}; errors: {self.errors}")
                self._news.wait(left)

    def wait_end(self, seconds: float = SECONDS) -> None:
        """Until the process is gone, and what it sent last has come."""
        assert self._ended.wait(seconds), f"process {self.pid} did not end within {seconds} s"
        time.sleep(0.1)  # messages on their way are delivered by frida's own thread

    def _received(self, message: dict[str, Any], data: bytes | None) -> None:
        with self._news:
            if message["type"] == "send":
                self.messages.append(Message(message["payload"], data))
            else:
                self.errors.append(str(message.get("description", message)))
            self._news.notify_all()


@contextlib.contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Give up what frida is asked in this block after *seconds*: OperationCancelledError."""
    frida = the_frida()
    cancellable = frida.Cancellable()
    timer = threading.Timer(seconds, cancellable.cancel)
    timer.daemon = True
    timer.start()
    try:
        with cancellable:
            yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def spawned(
    words: Sequence[str],
    agents: Sequence[str] = ("native",),
    config: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Watched]:
    """Run *words* with *agents* in from its first instruction; killed at the end if it still runs."""
    frida = the_frida()
    device = frida.get_local_device()
    with bounded():
        pid = device.spawn(list(words), stdio="pipe", env=dict(environment or {}))
    try:
        with bounded():
            watched = Watched(device.attach(pid), pid)
        for agent in agents:
            watched.load(agent, config)
        with bounded():
            device.resume(pid)
        yield watched
    finally:
        with contextlib.suppress(frida.ProcessNotFoundError), bounded():
            device.kill(pid)


@contextlib.contextmanager
def attached(
    pid: int, agents: Sequence[str] = ("native",), config: Mapping[str, Any] | None = None
) -> Iterator[Watched]:
    """Put *agents* into the running process *pid*; out again at the end."""
    frida = the_frida()
    with bounded():
        session = frida.get_local_device().attach(pid)
    watched = Watched(session, pid)
    try:
        for agent in agents:
            watched.load(agent, config)
        yield watched
    finally:
        with contextlib.suppress(frida.InvalidOperationError), bounded():  # it ended by itself
            session.detach()


def the_frida() -> Any:  # noqa: ANN401 - of an extra
    """The module, or skip."""
    return pytest.importorskip("frida", reason="frida is not installed: pip install 'adb-audit[frida]'")


def schema() -> dict[str, Any]:
    """The contract of the messages."""
    read: dict[str, Any] = json.loads((PROJECT / "hooks" / "message.schema.json").read_text(encoding="utf-8"))
    return read


def check(watched: Watched) -> None:
    """Every message is by the contract, numbered without holes, its bytes inside its blob; hello is first."""
    assert watched.errors == []
    validator = Draft202012Validator(schema())
    expected: dict[str, int] = {}
    for message in watched.messages:
        payload = message.payload
        [*errors] = validator.iter_errors(payload)
        assert not errors, [error.message for error in errors]
        agent = payload["agent"]
        assert payload["seq"] == expected.get(agent, 0)
        if payload["seq"] == 0:
            assert [event["kind"] for event in payload["events"][:2]] == ["hello", "hooks"]
        expected[agent] = payload["seq"] + 1
        blob = len(message.blob or b"")
        assert sum(event.get("bytes", (0, 0))[1] for event in payload["events"]) == blob
        for event in payload["events"]:
            offset, length = event.get("bytes", (0, 0))
            assert offset + length <= blob
            assert length <= event.get("size", 0)
    assert expected, "no agent said anything"
    assert not watched.events("trouble")
