"""Spawn gating: new processes wait until they are hooked. On Android only.

On Android, Frida holds the apps that zygote starts. On any other system the same call stops **every** program
that starts on the whole machine until somebody resumes it, which ends in a machine that has to be switched
off. So the call stands here once, behind a question to the device itself, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class NotAndroid(Exception):
    """The device is no Android: gating it was refused, without asking it to. Never leaves audit.hooks."""


class Gated(Protocol):
    """What of Frida's device is needed."""

    def query_system_parameters(self) -> Mapping[str, object]:
        """What it is."""

    def on(self, signal: str, callback: Callable[..., Any]) -> None:
        """Tell of each held process."""

    def enable_spawn_gating(self, **options: str) -> None:
        """Hold new processes."""


def close_gate(device: Gated, *, on_spawn: Callable[..., None], on_removed: Callable[..., None]) -> None:
    """Hold apps from now on as they start. *on_spawn* is told of each, *on_removed* of one no longer held.

    Raises NotAndroid, before anything was asked for.
    """
    parameters = device.query_system_parameters()
    system = parameters.get("os")
    if not isinstance(system, Mapping) or system.get("id") != "android":
        raise NotAndroid
    device.on("spawn-added", on_spawn)  # before: a process held in between would wait for nobody
    device.on("spawn-removed", on_removed)
    device.enable_spawn_gating(scope="applications")
