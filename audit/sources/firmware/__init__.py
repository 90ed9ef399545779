"""Firmware before it is flashed: a package, its images or what was unpacked of them, read as one snapshot."""

from __future__ import annotations

from audit.sources.firmware.opening import accepts
from audit.sources.firmware.sniff import check_archive
from audit.sources.firmware.source import OnProgress, Progress, read_firmware

__all__ = ["OnProgress", "Progress", "accepts", "check_archive", "read_firmware"]
