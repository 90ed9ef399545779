"""The picture of a crate under way: what stands on the screen at one moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from audit.cli.verdict_text import verdict_text
from audit.crate.board import Board, Tile
from audit.model.crate import Phase, UnitResult
from audit.model.report import Decision
from audit.reports.view import SHAPES

STYLES = {
    Decision.PASS: "green",
    Decision.FAIL: "bold red",
    Decision.REVIEW: "yellow",
    Decision.INCONCLUSIVE: "magenta",
}
_WORST_FIRST = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.REVIEW, Decision.PASS)
_SLOT, _MODEL, _SECONDS = 16, 20, 6
_BAR = 8
_MOST_FIX = 3


def picture(board: Board, *, at_s: float, width: int, height: int) -> list[Text]:
    """Units under way, those a person must help first, then the counts; *height* lines at most."""
    active = sorted(
        (tile for tile in board.tiles if tile.under_way), key=lambda tile: (not tile.fix, tile.slot)
    )
    room = max(height - 2, 1)
    lines: list[Text] = []
    shown = 0
    for tile in active:
        told = [_line(tile, at_s, width), *_fix(tile, width)]
        last = shown == len(active) - 1
        if len(lines) + len(told) > (room if last else room - 1) and lines:
            break
        lines += told[:room]
        shown += 1
    if shown < len(active):
        lines.append(Text(f"and {len(active) - shown} more under way", "dim"))
    return [*lines[:room], counted(board, at_s)]


def counted(board: Board, at_s: float) -> Text:
    """How many are done, with which verdicts, and how long it has taken."""
    done = sum(tile.phase is Phase.DONE and not tile.known for tile in board.tiles)
    seen = sum(not tile.known and (not tile.gone or tile.phase is Phase.DONE) for tile in board.tiles)
    text = Text(f"{done} of {seen} done")
    for decision, count in _in_order(board):
        if count:
            text.append("  ")
            text.append(f"{SHAPES[decision]} {decision.value} {count}", STYLES[decision])
    known = sum(tile.known for tile in board.tiles)
    if known:
        text.append(f"  {known} before")
    text.append(f"  {_clock(at_s)}", "dim")
    return text


def _in_order(board: Board) -> Iterator[tuple[Decision, int]]:
    counts = board.counts()
    yield from ((decision, counts[decision]) for decision in _WORST_FIRST)


def verdict_line(result: UnitResult) -> Text:
    """A unit that has its verdict, with the reason where it is no PASS; no identifier is in it."""
    told = verdict_text(result)
    text = Text(told.verdict, STYLES[result.decision])
    text.append(told.unit)
    text.append(told.because, "dim")
    return text


def _line(tile: Tile, at_s: float, width: int) -> Text:
    if tile.phase is Phase.READING:
        doing = f"{_bar(tile)} {tile.done} read, {tile.detail}"
    else:
        doing = " ".join(filter(None, (tile.phase.value, tile.detail)))
    if tile.tries > 1:
        doing = f"try {tile.tries}, {doing}"
    head = (
        f"{_cell(tile.slot or tile.serial, _SLOT)}  {_cell(tile.model, _MODEL)}"
        f" {at_s - tile.began_at_s:{_SECONDS}.1f}s  "
    )
    return Text(
        set_cell_size(head + doing, width - 1).rstrip(), "bold yellow" if tile.fix else "", no_wrap=True
    )


def _fix(tile: Tile, width: int) -> Iterator[Text]:
    """What a person must do, whole as far as it goes: it is what they look at the screen for."""
    for line in wrap(tile.fix, max(width - 5, 20), max_lines=_MOST_FIX, placeholder=" …"):
        yield Text(set_cell_size(f"    {line}", width - 1).rstrip(), "bold yellow", no_wrap=True)


def _bar(tile: Tile) -> str:
    """How many of the commands begun so far are answered: what is still to come nobody knows."""
    filled = _BAR * tile.done // max(tile.started, 1)
    return "#" * filled + "-" * (_BAR - filled)


def _cell(text: str, width: int) -> str:
    """*text* in exactly *width* columns, cut where the eye can tell."""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1) + "~"
    return set_cell_size(text, width)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
