"""Identifiers in bytes that were sent, through the encodings they are wrapped in."""

from __future__ import annotations

from collections.abc import Sequence

from audit.model.flows import Caught, OwnIdentifier
from audit.model.record import record


@record
class Scanned:
    """found: each identifier once, the surest sighting of it; left: bytes that were not looked at."""

    found: tuple[Caught, ...] = ()
    left: int = 0


def scan(data: bytes, known: Sequence[OwnIdentifier], *, key: bytes, where: str = "") -> Scanned:
    """Look for identifiers in *data*: as it is, and inside URL encoding, base64, hex, gzip, two levels deep.

    known: the unit's own; key: for the HMACs, b"" = none; where: what *data* is ("body", "url")
    """
    del data, known, key, where
    return Scanned()
