"""Names of units' folders: plain on every file system, without an identifier, as in the crate's reports."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count

from audit.model.text import clean_line
from audit.reports.redact import shown_serial

# a name that begins with a dot is hidden, one that ends with one is not possible on Windows
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")
_EDGES = "._-"
_LONGEST_READ = 512
"""Characters of a serial number or model that are looked at; a hostile unit says as many as it likes."""
_LONGEST_PART = 48


def unit_name(model: str, serial: str, slot: str, *, key: bytes) -> str:
    """``MODEL-serial-4f2a9c``, where reports under *key* show ``serial#4f2a9c``; else ``MODEL-SLOT``.

    What is no identifier but the operator's own address stays readable, as it does in reports.
    """
    shown = shown_serial(serial[:_LONGEST_READ], key=key).replace("#", "-")
    return f"{_plain(model) or 'unit'}-{_plain(shown) or _plain(slot) or 'unknown'}"


def unused(name: str, taken: Collection[str]) -> str:
    """*name*, or with the first number that makes it another than those in *taken*, which are case-folded.

    Some file systems take ``A`` and ``a`` for one name.
    """
    if name.casefold() not in taken:
        return name
    return next(other for n in count(2) if (other := f"{name}-{n}").casefold() not in taken)


def _plain(text: str) -> str:
    """*text* in letters, digits, ``_`` and ``-``: so no separator, no device name of Windows before a dot."""
    ascii_only = unicodedata.normalize("NFKD", clean_line(text[:_LONGEST_READ]))
    letters = "".join(c for c in ascii_only if not unicodedata.combining(c))
    return _NOT_PLAIN.sub("_", letters).strip(_EDGES)[:_LONGEST_PART].rstrip(_EDGES)
