"""Short numbers for long texts, to remember millions of them."""

from __future__ import annotations

import hashlib


def short_number(text: str) -> int:
    """Eight bytes that stand for *text*; two of ten million share one once in 300,000 times."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest())
