"""Whose a user id is: all packages that have it, never one picked of several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit.parse.packages import parse_packages
from audit.parse.text import decode
from audit.parse.uids import app_of

MOST_SHOWN = 16
"""Packages named with a user id in a recording; Android's own ids are shared by dozens."""
_MOST_SAID = 3


class Owners:
    """Answers which packages a user id belongs to. known: whether anybody said so."""

    def __init__(self, of_app: Mapping[int, Iterable[str]] | None = None) -> None:
        self._of_app = {app_of(uid): tuple(names) for uid, names in (of_app or {}).items()}

    @property
    def known(self) -> bool:
        """Whether the unit told."""
        return bool(self._of_app)

    def of(self, uid: int) -> tuple[str, ...]:
        """All packages of *uid*, by name; () where that is not known."""
        return self._of_app.get(app_of(uid), ())

    def uid_of(self, package: str) -> int | None:
        """The user id of *package*, without the Android user's part."""
        return next((uid for uid, names in self._of_app.items() if package in names), None)


def read_owners(listing: bytes) -> Owners:
    """Read ``cmd package list packages -U``; unknown where the unit does not print user ids (before 8)."""
    found: dict[int, set[str]] = {}
    for line in parse_packages(decode(listing)).value:
        for uid in line.uids:
            found.setdefault(app_of(uid), set()).add(line.name)
    return Owners({uid: sorted(names) for uid, names in found.items()})


def words(uid: int | None, packages: tuple[str, ...]) -> str:
    """A user id for people: "uid 1001 (shared by a, b)"."""
    if uid is None:
        return "nobody that can be named"
    if not packages:
        return f"uid {uid}"
    more = f" and {len(packages) - _MOST_SAID} more" if len(packages) > _MOST_SAID else ""
    by = "shared by " if len(packages) > 1 else ""
    return f"uid {uid} ({by}{', '.join(packages[:_MOST_SAID])}{more})"
