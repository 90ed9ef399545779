"""adb-audit: finds activation clients that do not belong on an Android phone for its market."""

__version__ = "0.1.0"
