"""How much of one artifact is read: what an answer of the unit has, many times over, and no more."""

from __future__ import annotations

from dataclasses import replace

from audit.model.evidence import Artifact, Kind

MOST_LINES = 2_000_000
"""A phone's whole log has some 400,000 lines, ``dumpsys package`` 100,000."""
MOST_PATHS = 10_000_000
_PATHS = frozenset({Kind.LISTING, Kind.DIGESTS})
_PIECE_BYTES = 1 << 20


def bounded(artifact: Artifact, most_lines: int = MOST_LINES, most_paths: int = MOST_PATHS) -> Artifact:
    """*artifact*, cut within its first lines too many and then called truncated.

    A file of nothing but newlines is small to send and takes minutes and gigabytes to read line by line.
    """
    left = most_paths if artifact.kind in _PATHS else most_lines
    if len(artifact.data) <= left:
        return artifact
    for at in range(0, len(artifact.data), _PIECE_BYTES):
        left -= artifact.data.count(b"\n", at, at + _PIECE_BYTES)
        if left < 0:
            return replace(artifact, data=artifact.data[:at], truncated=True)
    return artifact
