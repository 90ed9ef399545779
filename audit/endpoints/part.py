"""What the readers of one format have in common: the limits they keep, and what they return."""

from __future__ import annotations

from typing import Final

from audit.model.code import Code, Found, Trouble
from audit.model.record import record

NATIVE: Final = "native code"
LOADED: Final = "code loaded at run time"
"""Words for `CodeFile.beyond`."""


@record
class Limits:
    """How much of one file is read at most; what lies beyond is a `Trouble`, never a silence.

    part_bytes: of one dex, one resource table, one XML file, uncompressed
    file_bytes: of all parts of one archive together, uncompressed
    entries: of one archive; dexes: in one vdex or oat; depth: of archives in archives, of XML elements
    strings: in one string table; found: strings of interest kept of one file
    """

    part_bytes: int = 128 << 20
    file_bytes: int = 1 << 30
    entries: int = 200_000
    dexes: int = 256
    depth: int = 64
    strings: int = 4_000_000
    found: int = 50_000


@record
class Part:
    """What was read of one part of a file: a dex, a resource table, an XML or text file.

    form: for people ("dex 037", "compact dex 001", "resources", "binary XML", "text")
    strings: how many strings were looked at
    beyond: as in `audit.model.code.CodeFile`
    """

    form: str
    code: Code = Code.NONE
    strings: int = 0
    beyond: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()
    troubles: tuple[Trouble, ...] = ()
