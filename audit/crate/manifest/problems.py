"""What is wrong with a manifest: collected from the whole file, told all at once, so it is corrected once."""

from __future__ import annotations

from audit.errors import BadManifest

MOST_TOLD = 50
"""The others are counted: who reads fifty has seen what went wrong."""


class Problems:
    """Problems of one file. where: the file, as it is named in errors"""

    def __init__(self, where: str) -> None:
        self._where = where
        self._told: list[str] = []
        self._count = 0

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, line: int, what: str, fix: str) -> None:
        """Note a problem. line: 1-based, of the file"""
        self._count += 1
        if len(self._told) < MOST_TOLD:
            self._told.append(f"line {line}: {what}; {fix}")

    def error(self) -> BadManifest:
        """All of them, as one error."""
        more = self._count - len(self._told)
        return BadManifest(
            "the manifest has a problem" if self._count == 1 else f"the manifest has {self._count} problems",
            where=self._where,
            fix="correct the file and give it again; no unit was judged by it",
            problems=(*self._told, *((f"and {more} more",) if more else ())),
        )


def unreadable(what: str, where: str, fix: str) -> BadManifest:
    """A file of which nothing can be read as a table."""
    return BadManifest(what, where=where, fix=fix)
