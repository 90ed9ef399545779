"""The frames of a capture, whichever of the two formats it has."""

from __future__ import annotations

from collections.abc import Iterator

from audit.observe.imports import pcap, pcapng
from audit.observe.imports.frames import MOST_FRAMES, Frame, Heard
from audit.observe.imports.source import Source


def frames(source: Source, heard: Heard) -> Iterator[Frame]:
    """The frames of *source*, a capture, up to its end, a damage that hides what follows, or the limit.

    Raises AuditError where the library that reads captures is absent.
    """
    begun = source.read(4)
    reader = pcapng.frames if begun == pcapng.SECTION else pcap.frames
    number = 0
    for frame in reader(begun, source, heard):
        if frame.number > MOST_FRAMES:
            heard.troubles.add(
                f"only the first {MOST_FRAMES:,} frames are read", f"frame {frame.number}", unseen=True
            )
            return
        number = frame.number
        heard.links[frame.link] = heard.links.get(frame.link, 0) + 1
        yield frame
    if source.trouble:
        heard.troubles.add(source.trouble, f"after frame {number}", unseen=True)
