"""The writer that virtual units use too: `audit.lab.build.compact`."""

from __future__ import annotations

from audit.lab.build.compact import (
    HEADER,
    write_compact,
)

__all__ = ["HEADER", "write_compact"]
