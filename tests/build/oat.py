"""The writer that virtual units use too: `audit.lab.build.oat`."""

from __future__ import annotations

from audit.lab.build.oat import (
    elf,
    write_oat,
    write_odex,
)

__all__ = ["elf", "write_oat", "write_odex"]
