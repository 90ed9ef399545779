"""Every error raised on purpose.

    AuditError
    ├── UsageError          what was asked makes no sense (unknown market, policy, option value)
    ├── BadInput            a file or folder that is not what it should be
    │   ├── BadProfile      a file of the rulebook, with every problem found in it
    │   ├── BadManifest     a list of the units of a crate, likewise
    │   └── BadWaivers      a file of waivers, likewise
    ├── UnitError           a unit cannot be audited now
    │   ├── NoUnit          none connected, or not the one asked for
    │   ├── NotReady        connected, in a state in which it cannot be read
    │   └── UnitLost        it went away in the middle
    └── TransportError      the way to the unit does not work
        └── ProtocolError   the other side does not speak ADB, or speaks it wrongly

Each says what went wrong, where, and what to do about it. Expected trouble that an audit goes on after is no
error but data: a `Gap` or a device state.
"""

from __future__ import annotations


class AuditError(Exception):
    """Anything this program refuses to do, with the reason and the cure.

    what: what went wrong, where: file, position, unit or address, fix: what to do
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  fix: {self.fix}" if self.fix else head


class UsageError(AuditError):
    """What was asked makes no sense."""


class BadInput(AuditError):
    """A file or folder that is not what it should be."""


class BadProfile(BadInput):
    """A file of the rulebook; *problems* lists all that was found, one line each."""

    def __init__(self, what: str, *, where: str = "", fix: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(what, where=where, fix=fix)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join((super().__str__(), *(f"  {problem}" for problem in self.problems)))


class BadManifest(BadInput):
    """A list of the units of a crate; *problems* lists what was found, one line each, the first of many."""

    def __init__(self, what: str, *, where: str = "", fix: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(what, where=where, fix=fix)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join((super().__str__(), *(f"  {problem}" for problem in self.problems)))


class BadWaivers(BadInput):
    """A file of waivers; *problems* lists all that was found, one line each, with the line of the file."""

    def __init__(self, what: str, *, where: str = "", fix: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(what, where=where, fix=fix)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join((super().__str__(), *(f"  {problem}" for problem in self.problems)))


class UnitError(AuditError):
    """A unit cannot be audited now."""


class NoUnit(UnitError):
    """None is connected, or not the one asked for."""


class NotReady(UnitError):
    """Connected, but in a state in which it cannot be read. *state*: as adb names it, "" = it has none."""

    def __init__(self, what: str, *, where: str = "", fix: str = "", state: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        self.state = state


class UnitLost(UnitError):
    """It went away in the middle."""


class TransportError(AuditError):
    """The way to the unit does not work."""


class ProtocolError(TransportError):
    """The other side does not speak ADB, or speaks it wrongly."""
