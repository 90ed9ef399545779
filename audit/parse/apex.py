"""The APEX modules: ``cmd package list packages --apex-only``."""

from __future__ import annotations

from audit.model.facts import Apex, Parsed
from audit.parse.packages import parse_packages


def parse_apex(text: str, origin: str = "") -> Parsed[tuple[Apex, ...]]:
    """Read a package list that holds modules; its lines are those of `parse_packages`, without a UID.

    Source: AOSP PackageManagerShellCommand.java runListPackages, Android 10 on
    """
    listed = parse_packages(text, origin)
    return Parsed(
        value=tuple(
            Apex(name=found.name, version_code=found.version_code, path=found.path, origin=origin)
            for found in listed.value
        ),
        unread=listed.unread,
        skipped=listed.skipped,
        errors=listed.errors,
        read=listed.read,
    )
