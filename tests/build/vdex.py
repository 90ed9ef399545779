"""The writer that virtual units use too: `audit.lab.build.vdex`."""

from __future__ import annotations

from audit.lab.build.vdex import (
    hold,
    write_empty,
    write_vdex,
)

__all__ = ["hold", "write_empty", "write_vdex"]
