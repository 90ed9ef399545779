"""What pages are made from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from audit.model.record import record
from audit.signoff.keys import Signer
from audit.station.archive import Archive
from audit.station.bench import Bench
from audit.station.forwarding import Lag


@record
class Services:
    """What pages are made from, and what they act on.

    name: of this station, as its pages show it; key: of the masks in reports
    bench: None = nothing is audited here, the history is only read
    signer: what signs records; None = nobody can sign here, and *why_unsigned* says what to do about it
    waivers: the file of waivers that counts, None = none is kept; checks: ids that one may name
    lag: what the central history has not got yet; None = nothing is forwarded
    """

    name: str
    key: bytes
    archive: Archive
    bench: Bench | None = None
    signer: Signer | None = None
    why_unsigned: str = ""
    waivers: Path | None = None
    checks: frozenset[str] = frozenset()
    lag: Callable[[], Lag | None] | None = None
