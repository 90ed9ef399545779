"""Who watched, for how long, what that proves, and what was lost or could not be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.flows import Watch
from audit.model.record import record

MOST_TOLD = 5
_WITNESSES = {
    "frida": "Seen by hooks (Frida)",
    "sockets": "Seen in the unit's lists of sockets",
    "pcap": "Seen in a capture of the network",
    "pcapdroid": "Seen by PCAPdroid",
    "sink": "Seen by the station's sink",
    "network-log": "Seen in the network log of a device owner",
}
_DIGEST = re.compile(r"[0-9a-f]{64}")


@record
class Row:
    """What is to be said of a witness under one label.

    items: what it lists, where it lists something; few: the same in fewer words, those that matter most
    each: they are sentences, each on a line of its own
    """

    label: str
    text: str
    items: tuple[str, ...] = ()
    few: tuple[str, ...] = ()
    each: bool = False


def title(by: str, watch: Watch | None) -> str:
    """``Seen by hooks (Frida): the processes of com.example``."""
    words = _WITNESSES.get(by, f"Seen by {by}" if by else "Seen")
    return f"{words}: {watch.what}" if watch is not None and watch.what else words


def rows(watch: Watch) -> tuple[Row, ...]:
    """What a recording proves, what it cannot, and what it lost: also where that is nothing."""
    return tuple(_rows(watch))


def told(row: Row, *, verbose: bool) -> tuple[str, ...]:
    """A row as lines: all of it, or the first of what it lists and how much more there is."""
    if verbose:
        return row.items if row.each else (_joined(row.text, row.items),)
    items = row.few or row.items
    more = max(len(items) - MOST_TOLD, 0) + (len(row.items) - len(items))
    shown = (*items[:MOST_TOLD], *((f"and {more} more with -v",) if more else ()))
    return shown if row.each else (_joined(row.text, shown),)


def _joined(text: str, items: tuple[str, ...]) -> str:
    return ": ".join(part for part in (text, "; ".join(items)) if part)


def _rows(watch: Watch) -> Iterator[Row]:
    seconds = "a time it does not state" if watch.seconds is None else f"{watch.seconds:.0f} s"
    ended = f"ended: {watch.ended}" if watch.ended else "the recording breaks off"
    yield Row(label="For", text=f"{seconds}; {ended}")
    if watch.proves:
        yield Row(label="Proves", text=watch.proves)
    if watch.leaves_open:
        yield Row(label="Leaves open", text=watch.leaves_open)
    yield from _hooks(watch)
    lost = "no event" if not watch.dropped else _count(watch.dropped, "event")
    unread = "no byte" if not watch.truncated else _count(watch.truncated, "byte")
    yield Row(label="Lost", text=f"{lost} lost, {unread} of what was sent left unread")
    if watch.versions:
        stated = tuple(f"{what} {which}" for what, which in watch.versions)
        few = tuple(one for one in stated if not _DIGEST.search(one))
        yield Row(label="Versions", text="", items=stated, few=few)
    if watch.troubles:
        yield Row(label="Trouble", text="", items=watch.troubles, each=True)


def _hooks(watch: Watch) -> Iterator[Row]:
    if watch.by != "frida" and not watch.hooks and not watch.hooks_missing:
        yield Row(label="Not hooked", text="does not apply: this way of watching hooks nothing")
        return
    yield Row(label="Hooked", text=_count(len(watch.hooks), "call") if watch.hooks else "nothing")
    missing = tuple(f"{name} ({why})" if why else name for name, why in watch.hooks_missing)
    if missing:
        names = tuple(name for name, _ in watch.hooks_missing)
        yield Row(label="Not hooked", text=_count(len(missing), "call"), items=missing, few=names)
    else:
        stated = "none is missing" if watch.hooks else "the recording names none"
        yield Row(label="Not hooked", text=stated)


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
