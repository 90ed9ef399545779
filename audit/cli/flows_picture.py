"""What is shown of contacts while they are watched: words, and a picture that fits the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from audit.checks import contacts
from audit.model.destinations import Atlas
from audit.model.flows import Flow, Stage
from audit.model.record import record
from audit.model.text import clean_line
from audit.reports.joined import Joined

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {Stage.ATTEMPTED: "", Stage.TRANSMITTED: "yellow", Stage.IDENTIFIED: "bold red"}
SHAPES = {Stage.ATTEMPTED: "·", Stage.TRANSMITTED: "▸", Stage.IDENTIFIED: "✖"}
IN_ASCII = str.maketrans(dict(zip("·▸✖…", "->X.", strict=True)))
NARROWEST = 20
"""Columns below which a line is cut rather than fitted."""
_BAR = 30
_SHORTEST_BAR = 5
_MOST_LINES = 3
"""Of one contact."""
_LATEST_S = 9999.9
_LONGEST = 600
_MOST_NAMED = 4


def has_shapes(encoding: str | None) -> bool:
    """Whether text in *encoding* can hold the shapes."""
    try:
        "".join(map(chr, IN_ASCII)).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@record
class Passed:
    """How much of the window is over. seconds: of the whole window; contacts: how many were seen"""

    passed: float
    seconds: float
    contacts: int


def line(flow: Flow, atlas: Atlas | None) -> str:
    """One contact in words: when, how far, whose, what and where to; then what is known of the place."""
    known = ", ".join(about(flow, atlas))
    parts = (
        f"{flow.at_ms / 1000:6.1f} s",
        SHAPES[flow.stage],
        whose(flow),
        contacts.did(flow),
        flow.url or flow.to,
        f"({known})" if known else "",
    )
    return " ".join(_short(part) for part in parts if part)


def whose(flow: Flow) -> str:
    """Whose it is; of a user id that several packages share, how many they are."""
    shared = f" (shared by {len(flow.shared)} packages)" if flow.shared else ""
    return (flow.who or "somebody") + shared


def about(flow: Flow, atlas: Atlas | None) -> tuple[str, ...]:
    """Address, country, operator, cleartext and identifiers, as far as each is known."""
    address = f"{flow.ip} port {flow.port}" if flow.ip and flow.port is not None else flow.ip
    parts = ["" if flow.ip and flow.ip in (flow.url or flow.to) else address, *_where(flow, atlas)]
    parts.append({True: "CLEARTEXT", False: "encrypted", None: ""}[flow.cleartext])
    names = list(dict.fromkeys(f"{one.kind.words} {one.shown} {one.certainty}" for one in flow.identifiers))
    parts += names[:_MOST_NAMED]
    if len(names) > _MOST_NAMED:
        parts.append(f"{len(names) - _MOST_NAMED} more identifiers")
    return tuple(part for part in parts if part)


def _where(flow: Flow, atlas: Atlas | None) -> tuple[str, ...]:
    ip = flow.ip or next(iter(flow.answers), "")
    place = atlas.address(ip) if atlas is not None and ip else None
    if place is None:
        return ()
    if place.scope != "global":
        return (f"a {place.scope} address",)
    said = {one.country: one.dataset for one in place.countries if one.country}
    if place.disputed:
        country = "disputed: " + " or ".join(f"{country} by {by}" for country, by in said.items())
    else:
        country = next(iter(said), "")
    return (country, f"run by {place.operator}" if place.operator else "")


def _short(text: str) -> str:
    told = clean_line(text[:_LONGEST])
    return told if len(text) <= _LONGEST else told + "…"


Known = Callable[[Flow], Sequence[str]]


def picture(seen: Iterable[Joined], told: Passed, size: tuple[int, int], known: Known) -> list[Text]:
    """Lines for a terminal of *size* (columns, rows), never more or wider: contacts, and how far the time is.

    Where not all fit: those that went furthest, then the latest, in the order they came; the rest is counted.
    known: what `about` says of one
    """
    from rich.text import Text

    width, height = max(size[0], 2), max(size[1], 1)
    room = max(height - 3, 0)
    ranked = sorted(seen, key=lambda one: (-contacts.STAGES.index(one.flow.stage), -_last(one).at_ms))
    shown: list[tuple[int, list[Text]]] = []
    for one in ranked:
        drawn = entry(one, width, known(one.flow))
        if len(drawn) > room:
            break
        room -= len(drawn)
        shown.append((one.flow.at_ms, drawn))
    lines = [line for _, drawn in sorted(shown, key=lambda each: each[0]) for line in drawn]
    if left := len(ranked) - len(shown):
        lines.insert(0, _cut(Text(f"and {left} more, in the report", "dim"), width))
    return [*lines, bar(told, width)][-height:]


def entry(one: Joined, width: int, known: Sequence[str]) -> list[Text]:
    """One contact: when, how far and where to; below it whose, and what is known of the place."""
    from rich.text import Text

    flow = one.flow
    style, to = STYLES[flow.stage], _short(flow.url or flow.to)
    when = f"{_seconds(flow):6.1f} s {SHAPES[flow.stage]} "
    margin = len(when) if width >= NARROWEST + len(when) else 0
    times = f", {1 + len(one.again)} times, last at {_seconds(_last(one)):.1f} s" if one.again else ""
    who = Text(_short(whose(flow)))
    who.truncate(max(width - margin, 1), overflow="ellipsis")
    heading = Text(f"{'' if margin else when}{contacts.did(flow)} {to}{times}", style)
    below = Text(" · ".join((who.plain, *map(_short, known))), "dim")
    lines = [*_folded(heading, width - margin), *_folded(below, width - margin)]
    return [Text(when if margin and not at else " " * margin, style) + line for at, line in enumerate(lines)]


def _last(one: Joined) -> Flow:
    return max((one.flow, *one.again), key=lambda flow: flow.at_ms)


def _seconds(flow: Flow) -> float:
    return min(flow.at_ms / 1000, _LATEST_S)


def _folded(text: Text, width: int) -> list[Text]:
    """*text* on a few lines of no more than *width*; what is left over is cut."""
    from rich.console import Console

    lines = list(text.wrap(Console(width=width), width, overflow="fold"))
    for line in lines:
        line.rstrip()
    if len(lines) > _MOST_LINES:
        lines = lines[:_MOST_LINES]
        lines[-1].truncate(max(width - 1, 0))
        lines[-1].append("…")
    return lines


def _cut(text: Text, width: int) -> Text:
    text.truncate(width, overflow="ellipsis")
    text.no_wrap = True
    return text


def bar(told: Passed, width: int) -> Text:
    """How much of the window is over, in as many words as there is room for."""
    from rich.text import Text

    passed = min(max(told.passed, 0.0), told.seconds)
    time = f"{passed:.0f} of {told.seconds:.0f} s"
    many = f", {told.contacts} contact{'' if told.contacts == 1 else 's'}"
    for more in (f"{many}; Ctrl-C ends it early", many, ""):
        room = width - len(time) - len(more) - 3
        if room >= (_BAR if more.endswith("early") else _SHORTEST_BAR):
            size = min(room, _BAR)
            filled = int(size * passed / max(told.seconds, 0.001))
            return Text(f"[{'#' * filled}{'-' * (size - filled)}] {time}{more}", no_wrap=True)
    return _cut(Text(time), width)
