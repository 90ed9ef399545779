"""The data folder as an atlas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audit.destinations.store import Store, default_folder
from audit.model.evidence import Kind, Snapshot

if TYPE_CHECKING:
    from audit.model.destinations import Atlas

CONTACTS = frozenset({Kind.SOCKETS, Kind.SOCKET_DETAILS, Kind.LOGCAT, Kind.OBSERVATIONS})
"""Kinds of evidence that may tell of a contact."""


def has_contacts(snapshot: Snapshot) -> bool:
    """Whether *snapshot* may tell of contacts; most do not, and then no address is looked up."""
    return any(artifact.kind in CONTACTS for artifact in snapshot.artifacts)


def load_atlas(folder: Path | None = None) -> Atlas | None:
    """What the data in *folder* (None = the user's own) says of addresses; None where there is no data.

    Raises BadInput where the folder is damaged: a missing dataset must not look like one that says nothing.
    """
    store = Store(folder=folder or default_folder())
    held = store.held()
    if not held:
        return None
    from audit.destinations.atlas import StoredAtlas, damaged  # noqa: PLC0415 - most stations have no data

    for one in held:
        if damage := store.damage(one):
            raise damaged(store, one, damage)
    return StoredAtlas(store, held)
