"""Recordings in: contacts, who watched and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from audit.model.evidence import Artifact, Gap
from audit.model.facts import Package, Unread
from audit.model.flows import Flow, OwnIdentifier, Watch
from audit.model.record import record


@record
class Observed:
    """What recordings tell.

    flows: None when nobody watched, () when somebody did and nothing was seen
    identifiers: those Android was seen giving to a process of the unit
    """

    flows: tuple[Flow, ...] | None = None
    watches: tuple[Watch, ...] = ()
    identifiers: tuple[OwnIdentifier, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


def read_observations(
    artifacts: Iterable[Artifact], packages: Mapping[str, Package], known: Sequence[OwnIdentifier]
) -> Observed:
    """Read *artifacts* of kind ``observations``; *known* are the unit's identifiers as it told them."""
    del artifacts, packages, known
    return Observed()
