"""Who may do what."""

from __future__ import annotations

from enum import StrEnum

from audit.model.record import record


class Role(StrEnum):
    """What a visitor may do; each may do all that those before it may."""

    OPERATOR = "operator"
    """Look, begin and end crates."""
    INSPECTOR = "inspector"
    """Sign off, waive, see identifiers."""
    ADMIN = "admin"
    """Read the trail of who did what."""

    def may(self, needed: Role) -> bool:
        """Whether this role is enough where *needed* is."""
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


@record
class Visitor:
    """Who asks for a page. name: as it stands in the trail, and as an inspector's name is offered"""

    name: str
    role: Role
