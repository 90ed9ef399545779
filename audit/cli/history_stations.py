"""Which stations a history knows, and which one it is itself."""

from __future__ import annotations

from audit.cli import exits, history_asked
from audit.cli.history_text import counted
from audit.cli.output import agreed, note, say
from audit.model.history import StationRef
from audit.model.text import clean_line

_ROLES = {"own": "this history", "station": "forwards here", "centre": "is forwarded to"}
_SHOWN = 8


def tell_stations(db: str | None) -> int:
    """A line for each, then what waits here; exit code 3 where a chain of signed records does not fit."""
    with history_asked.opened(db) as history:
        known = history.stations()
        waiting = history.waiting()
    for one in known:
        say(_line(one))
    if any(one.role == "centre" for one in known):
        note(f"{counted(waiting.items, 'item')} not forwarded yet")
    return exits.FAIL if any(one.trouble for one in known) else exits.PASS


def _line(one: StationRef) -> str:
    parts = [f"{one.id[:_SHOWN]}  {one.name or 'no name'}: {_ROLES.get(one.role, one.role)}"]
    if one.role != "own":
        parts.append(counted(one.items, "item"))
        parts.append(f"last at {one.seen_at}" if one.seen_at else "nothing yet")
    if one.trouble:
        parts.append(f"TROUBLE: {one.trouble}")
    return clean_line(", ".join(parts))


def upgrade(db: str | None) -> int:
    """Bring the history up to this program's schema, which opening it does."""
    with history_asked.opened(db) as history:
        say(f"{history.where} is up to date")
        if history.backup is not None:
            note(f"a backup of how it was: {history.backup}")
    return exits.PASS


def become_another(db: str | None, *, yes: bool) -> int:
    """Give a copied history an id of its own."""
    with history_asked.opened(db) as history:
        question = f"Make {history.where} another history than the one it was copied from?"
        if not yes and not agreed(question):
            note("nothing was changed")
            return exits.PASS
        made = history.renew()
    say(f"it is {made[:_SHOWN]} now; all it holds is forwarded once more under that")
    return exits.PASS
