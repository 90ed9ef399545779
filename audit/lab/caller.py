"""Who runs a command on a unit, and with what rights."""

from __future__ import annotations

from collections.abc import Callable

from audit.lab.disk import ROOT_UID
from audit.lab.files import Tree
from audit.lab.life import Life
from audit.lab.shell import Answer
from audit.lab.spec import UnitSpec
from audit.lab.stdin import Stdin
from audit.model.record import record

Args = tuple[str, ...]


@record
class Caller:
    """One command's surroundings.

    unit: as it is now; uid: whose rights it has
    stdin: what the host sends into it, None = nothing
    line, program: run a line, or a program with its words, with the rights of a user
    """

    unit: UnitSpec
    life: Life
    uid: int
    stdin: Stdin | None
    line: Callable[[str, int], Answer]
    program: Callable[[Args, int], Answer]

    @property
    def root(self) -> bool:
        """Whether it may do anything."""
        return self.uid == ROOT_UID

    @property
    def tree(self) -> Tree:
        """The files, as this user sees them."""
        return Tree(self.unit, self.life.disk, self.uid, self.life.made, self.life.memory)


def said(text: str, code: int = 0) -> Answer:
    """Standard output alone."""
    return Answer(stdout=text.encode(errors="surrogateescape"), exit_code=code)


def complained(text: str, code: int = 1) -> Answer:
    """Standard error alone."""
    return Answer(stderr=text.encode(errors="surrogateescape"), exit_code=code)
