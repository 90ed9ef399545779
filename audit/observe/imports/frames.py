"""Frames out of capture files, and what the files say besides.

The formats are read by dpkt, of the extra ``capture``; it is met here, in `pcap` and `pcapng` alone. What a
file announces is checked before it is handed on: the library believes lengths (docs/decisions/0009).
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

from audit.errors import AuditError
from audit.observe.imports.troubles import Troubles

MOST_FRAME = 1 << 18
"""Bytes of a frame: libpcap's own limit (MAXIMUM_SNAPLEN)."""
MOST_FRAMES = 10_000_000
_INSTALL = "pip install 'adb-audit[capture]'"


class Frame(NamedTuple):
    """One frame. No record: there are millions, and a tuple is made in a third of the time.

    number: from 1; at_ns: since the epoch, None where the file does not say
    link: the LINKTYPE of its interface; data: as captured; length: as it was on the wire
    uid: of the process, where PCAPdroid says it; outbound: where the file says it
    """

    number: int
    at_ns: int | None
    link: int
    data: bytes
    length: int
    uid: int | None = None
    outbound: bool | None = None


class Heard:
    """What a capture says besides its frames.

    form: "pcap" or "pcapng"; links: frames by LINKTYPE; names: PCAPdroid's (package, label) of a UID
    lost_between: frames that were lost between frames; lost_counted: those that interfaces counted in all
    writer: the program that wrote it; complete: it was read to its end
    """

    def __init__(self) -> None:
        self.form = ""
        self.writer = ""
        self.links: dict[int, int] = {}
        self.names: dict[int, tuple[str, str]] = {}
        self.lost_between = 0
        self.lost_counted = 0
        self.complete = False
        self.troubles = Troubles()

    @property
    def lost(self) -> int:
        """Frames that passed and are not in the file; two ways of counting the same."""
        return max(self.lost_between, self.lost_counted)


def library(name: str) -> Any:  # noqa: ANN401 - a module without types
    """A module of dpkt. Raises AuditError with the install line if it is absent."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise AuditError(
            "captures are read with the library dpkt, which is not installed", fix=_INSTALL
        ) from error
