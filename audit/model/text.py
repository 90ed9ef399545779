"""Device text is hostile: the one place where a string from a unit becomes safe to show."""

from __future__ import annotations

import unicodedata

# Cc would move the cursor or ring the bell, Cf reorders what is read (U+202E), Cs cannot be encoded.
_UNSAFE = frozenset({"Cc", "Cf", "Cs"})
_KEPT_CONTROLS = frozenset("\n\t")


def clean(text: str) -> str:
    """Drop control, format and surrogate characters; keep newline and tab.

    CRLF and lone CR become a newline first: Android 6 and older answer through a PTY.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in _UNSAFE)


def clean_line(text: str) -> str:
    """Like `clean`, on one line: newlines and tabs become spaces."""
    return clean(text).replace("\n", " ").replace("\t", " ")


def unquoted(value: str) -> str:
    """*value* without blanks and one pair of double quotes around it: what a person would call it.

    Some makers write quotes into a value (``ro.product.model="Nokia 7 plus"``), and init keeps them.
    """
    value = value.strip()
    return value[1:-1].strip() if len(value) > 1 and value[0] == value[-1] == '"' else value
