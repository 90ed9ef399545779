"""The identifiers of a unit, as it told them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit.model.evidence import Artifact, Gap
from audit.model.facts import Property, Setting, Unread
from audit.model.flows import OwnIdentifier
from audit.model.record import record


@record
class Told:
    """What a unit told of itself."""

    identifiers: tuple[OwnIdentifier, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()


def read_identity(
    artifacts: Iterable[Artifact], properties: Mapping[str, Property], settings: Iterable[Setting]
) -> Told:
    """Read *artifacts* of kind ``identity``, and what properties and settings say of the kind."""
    del artifacts, properties, settings
    return Told()
