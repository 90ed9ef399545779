"""Firmware before it is flashed: a package, its images or what was unpacked of them, read as one snapshot."""
