"""Who watched, for how long, what that proves, and what was lost or could not be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.model.flows import Watch

_MOST_TROUBLES = 5
_WITNESSES = {
    "frida": "Seen by hooks (Frida)",
    "sockets": "Seen in the unit's lists of sockets",
    "pcap": "Seen in a capture of the network",
    "pcapdroid": "Seen by PCAPdroid",
    "sink": "Seen by the station's sink",
    "network-log": "Seen in the network log of a device owner",
}


def title(by: str, watches: Sequence[Watch]) -> str:
    """``Seen by hooks (Frida): the processes of com.example, 180 s``."""
    if not watches:
        return f"Seen by {by}" if by else "Seen"
    by = _WITNESSES.get(by, f"Seen by {by}")
    seconds = max(watch.seconds or 0 for watch in watches)
    what = ", ".join(dict.fromkeys(watch.what for watch in watches))
    return f"{by}: {what}" + (f", {seconds:.0f} s" if seconds else "")


def account(watch: Watch) -> str:
    """What a recording proves, what it cannot, and what it lost: a count is said also when it is none."""
    return " ".join(part for part in _parts(watch) if part)


def _parts(watch: Watch) -> Iterator[str]:
    yield watch.proves
    yield watch.leaves_open
    yield f"Ended: {watch.ended}." if watch.ended else "The recording breaks off."
    if watch.hooks or watch.hooks_missing:
        missing = ", ".join(name for name, _ in watch.hooks_missing) or "none"
        yield f"Hooks: {len(watch.hooks)}; missing: {missing}."
    yield f"Events lost: {watch.dropped}; bytes not looked at: {watch.truncated}."
    if watch.versions:
        yield "Versions: " + ", ".join(f"{what} {which}" for what, which in watch.versions) + "."
    yield from watch.troubles[:_MOST_TROUBLES]
