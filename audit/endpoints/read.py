"""Reads one file of a unit for what it holds, whatever it is: by its first bytes, never by its name."""

from __future__ import annotations

from typing import BinaryIO

from audit.endpoints.part import Limits
from audit.model.code import Code, CodeFile, Trouble


def read_code(file: BinaryIO, *, path: str, limits: Limits | None = None) -> CodeFile:
    """What *file*, open for reading and seekable, holds: *path* is what it is called in the answer.

    Never raises for what the bytes are: trouble is in the answer. sha256 stays "" (the caller hashes while it
    copies).
    """
    del limits
    size = file.seek(0, 2)
    return CodeFile(
        path=path,
        size=size,
        form="unknown",
        code=Code.UNREADABLE,
        troubles=(Trouble(reason="of no known format", offset=0),),
    )
