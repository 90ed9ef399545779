"""The writer that virtual units use too: `audit.lab.build.axml`."""

from __future__ import annotations

from audit.lab.build.axml import (
    ANDROID,
    IDS,
    NONE,
    Node,
    Ref,
    Value,
    chunk,
    node,
    pool,
    value_of,
    write_axml,
)

__all__ = [
    "ANDROID",
    "IDS",
    "NONE",
    "Node",
    "Ref",
    "Value",
    "chunk",
    "node",
    "pool",
    "value_of",
    "write_axml",
]
