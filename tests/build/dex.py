"""The writer that virtual units use too: `audit.lab.build.dex`."""

from __future__ import annotations

from audit.lab.build.dex import (
    HEADER,
    HEADER_41,
    Written,
    in_order,
    mutf8,
    sign,
    string_item,
    uleb128,
    write,
    write_container,
    write_dex,
)

__all__ = [
    "HEADER",
    "HEADER_41",
    "Written",
    "in_order",
    "mutf8",
    "sign",
    "string_item",
    "uleb128",
    "write",
    "write_container",
    "write_dex",
]
