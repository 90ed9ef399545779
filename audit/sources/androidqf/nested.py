"""The bug report inside an acquisition: an archive in an archive."""

from __future__ import annotations

import io
from collections.abc import Iterator

from audit.errors import BadInput
from audit.sources.androidqf.store import Store, ZipStore, read

LARGEST_BYTES = 256 * 1024 * 1024
"""Of ``bugreport.zip``, which is held in memory; the largest real ones have some 60 MB."""

_MAIN_ENTRY = "main_entry.txt"
_LONGEST_NAME = 1024


def report(store: Store, name: str) -> tuple[str, Iterator[bytes]]:
    """The name and the text of the bug report in the file *name*; BadInput where it cannot be read."""
    data, whole = read(store, name, LARGEST_BYTES)
    if not whole:
        raise BadInput(f"has more than {LARGEST_BYTES} bytes", where=name, fix="judge it by itself")
    inner = ZipStore(io.BytesIO(data), f"{store.where}: {name}")
    text = _text_of(inner)
    if text is None:
        raise BadInput("holds no text of a bug report", where=name, fix="judge it by itself")
    return text, inner.chunks(text)


def _text_of(inner: ZipStore) -> str | None:
    if _MAIN_ENTRY in inner.names:
        told, _ = read(inner, _MAIN_ENTRY, _LONGEST_NAME)
        named = told.decode("utf-8", "replace").strip()
        if named in inner.names:
            return named
    texts = (n for n in inner.names if n.lower().startswith("bugreport") and n.lower().endswith(".txt"))
    return next(texts, None)
