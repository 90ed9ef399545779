"""``hashes.csv``: whether the files of an acquisition still are what AndroidQF wrote."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator

from audit.errors import BadInput
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources.androidqf.store import HEADER, Store, read

HASHES = "hashes.csv"
LOG = "command.log"
_LARGEST_BYTES = 32 * 1024 * 1024
MOST_BYTES = 8 * 1024 * 1024 * 1024
"""Hashed of one acquisition; one with all APKs has 2 to 6 GB."""

_UNLISTED = frozenset({HEADER, HASHES, LOG})
"""Written while, or after, the list is made."""
_SHA256 = re.compile(r"[0-9a-fA-F]{64}\Z")
_SEPARATOR = re.compile(r"([,;\t])\"?[0-9a-fA-F]{64}\"?\s")
_MOST_TOLD = 20


@record
class Checked:
    """What came of comparing. wrong: (file, reason) for each that is not as listed; words: for people."""

    wrong: tuple[tuple[str, str], ...]
    words: str


def check(store: Store) -> Checked:
    """Compare every file with the list; a listed file that is gone, or cannot be read, is wrong too."""
    if HASHES not in store.names:
        return Checked(wrong=(), words=f"there is no {HASHES}, so nothing vouches for the files")
    data, whole = read(store, HASHES, _LARGEST_BYTES)
    listed, odd = _listed(data, store)
    wrong = list(_wrong(store, listed))
    if odd or not whole:
        wrong.append((HASHES, f"was not understood in {odd} lines" if odd else "is too large"))
    more = len(wrong) - _MOST_TOLD
    if more > 0:
        wrong = [*wrong[:_MOST_TOLD], (HASHES, f"does not agree with {more} more files")]
    unlisted = [name for name in store.names if name not in listed and name not in _UNLISTED]
    words = f"{len(listed)} files compared with {HASHES}"
    if unlisted:
        words += f", not listed there: {', '.join(map(clean_line, unlisted[:5]))}"
        words += f" and {len(unlisted) - 5} more" if len(unlisted) > 5 else ""
    return Checked(wrong=tuple(wrong), words=words)


def _listed(data: bytes, store: Store) -> tuple[dict[str, str], int]:
    """File to its hash, and how many lines are not understood."""
    names = frozenset(store.names)
    listed: dict[str, str] = {}
    odd = 0
    text = data.decode("utf-8-sig", "replace")
    # saved again by a spreadsheet, a list of values has whatever the country's separator is
    separator = _SEPARATOR.search(text)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator[1] if separator else ",")
    try:
        for row in rows:
            if len(row) == 2 and _SHA256.match(row[1]):
                name = _own_name(row[0], names)
                if name not in _UNLISTED:
                    listed[name] = row[1].lower()
            elif row:
                odd += 1
    except csv.Error:
        odd += 1
    return listed, odd


def _own_name(path: str, names: frozenset[str]) -> str:
    """The file that *path* means: acquisitions in folders list paths of the computer that made them."""
    parts = path.replace("\\", "/").split("/")
    for start in range(len(parts)):
        name = "/".join(parts[start:])
        if name in names:
            return name
    return parts[-1]


def _wrong(store: Store, listed: dict[str, str]) -> Iterator[tuple[str, str]]:
    left = MOST_BYTES
    for name, sha256 in sorted(listed.items()):
        if name not in store.names:
            yield clean_line(name), f"is listed in {HASHES} and is not there"
            continue
        left -= store.size(name)
        if left < 0:
            yield clean_line(name), f"and what follows is too large to compare with {HASHES}"
            return
        try:
            same = _sha256(store, name) == sha256
        except BadInput as error:
            yield clean_line(name), error.what
            continue
        if not same:
            yield clean_line(name), f"is not the file whose SHA-256 is in {HASHES}: it was changed"


def _sha256(store: Store, name: str) -> str:
    digest = hashlib.sha256()
    for chunk in store.chunks(name):
        digest.update(chunk)
    return digest.hexdigest()
