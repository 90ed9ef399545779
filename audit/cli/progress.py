"""How far reading is, on standard error, for a person who has waited two seconds. Nothing in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from audit.adb.device import DeviceRow
from audit.cli.auditing import name_of
from audit.cli.output import note
from audit.model.text import clean_line
from audit.sources.live import Progress

if TYPE_CHECKING:
    from rich.live import Live

_SILENT_S = 2.0
_REDRAW_S = 0.1
_MOST_LINES = 8
_BAR = 32


class _OnScreen:
    """Some lines that a person sees while it is entered: not before two seconds, not in a pipe."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = 0.0
        self._live = _Live() if sys.stderr.isatty() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def stop(self) -> None:
        """Take the lines away; nothing more is shown."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _show(self, lines: Callable[[], list[str]]) -> None:
        now = time.monotonic()
        if self._live is None or now - self._began < _SILENT_S or now - self._shown < _REDRAW_S:
            return
        self._shown = now
        self._live.show(lines())


class Meter(_OnScreen):
    """Shows units and their last commands; `step` and `waiting` are what reading and connecting call back."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: dict[str, Progress] = {}

    def step(self, row: DeviceRow, progress: Progress) -> None:
        """A command of a unit ended."""
        self._lines[name_of(row)] = progress
        self._show(
            lambda: [f"{name}: {seen.done} read, last `{seen.line}`" for name, seen in self._lines.items()]
        )

    def waiting(self, row: DeviceRow) -> None:
        """A unit is waited for: said even in a pipe, because a person must act."""
        if row.fix:
            note(f"waiting for {name_of(row)} ({row.state.value}): {row.fix}")


class FilesMeter(_OnScreen):
    """Shows how many of many files, or of what *unit* says, are read; `step` is what reading calls back."""

    def __init__(self, unit: str = "files") -> None:
        super().__init__()
        self._unit = unit

    def step(self, done: int, total: int, path: str) -> None:
        """*done* of *total* files were read; *path* is the last, or the next."""
        self._show(lambda: [f"[{_bar(done, total)}] {done:,} of {total:,} {self._unit}", clean_line(path)])


def _bar(done: int, total: int) -> str:
    filled = _BAR * done // max(total, 1)
    return "#" * filled + "-" * (_BAR - filled)


class _Live:
    """A few lines that are drawn again in place; rich is imported when the first is due."""

    def __init__(self) -> None:
        self._live: Live | None = None

    def show(self, lines: list[str]) -> None:
        from rich.text import Text

        text = Text("\n".join(lines[-_MOST_LINES:]), style="dim", overflow="ellipsis", no_wrap=True)
        if self._live is None:
            self._live = self._started()
        self._live.update(text)

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()

    @staticmethod
    def _started() -> Live:
        from rich.console import Console
        from rich.live import Live

        live = Live(console=Console(stderr=True), transient=True)
        live.start()
        return live
