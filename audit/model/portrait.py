"""What of a unit can be compared with other units of its model, and the golden unit they should be like."""

from __future__ import annotations

from enum import StrEnum

from audit.model.record import record


class TraitKind(StrEnum):
    """What a trait is about, in the order of reports."""

    BUILD = "build"
    """Name: ``fingerprint``, ``display id``, ``incremental``, ``android``, ``security patch``."""
    REGION = "region"
    """A statement about the region: name as `audit.model.report.Signal.what`, value as read."""
    PACKAGE = "package"
    """A package some user has installed: "installed"; one that is known and installed for none: "known"."""
    STATE = "state"
    """Of a package for one user ("com.example, user 10"), where it is unusual: "disabled, hidden".

    Only what a unit is made with or somebody did on purpose: not installed, disabled, hidden, suspended.
    Whether it is stopped, or disabled until it is used, comes with use and with the SIM.
    """
    VERSION = "version"
    """The version code; names of versions are told by a dump alone."""
    SIGNER = "signer"
    """Of packages whose details were read."""
    PATH = "path"
    """Folders of a package, the one in use first, without what is random in them."""
    OVERLAY = "overlay"
    """A resource overlay for one user: "enabled", "disabled" or "cannot be enabled"."""
    USER = "user"
    """An Android user or profile, by its number; its name is a person's and no trait."""
    APEX = "apex"
    """An APEX module and its version code."""
    PROPERTY = "property"
    """None that is told under BUILD."""


@record
class Trait:
    """One thing that should be equal on equal units. name: of the package, property …; value: sanitised."""

    kind: TraitKind
    name: str
    value: str


@record
class Portrait:
    """All traits of one unit, without anything that is its own (identifiers, dates of use).

    model, build: as the unit names them; "" where it does not
    traits: sorted by kind and name, each pair of them once
    unread: kinds of which some or all could not be read: there, absence says nothing
    detailed: packages of which it was told whether they are hidden or suspended; of others it is not known
    left_out: properties the unit states and that are no traits: volatile ones, and what is its own
    """

    model: str
    build: str
    traits: tuple[Trait, ...]
    unread: frozenset[TraitKind] = frozenset()
    detailed: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()


@record
class Baseline:
    """A golden unit, as it was saved: what units of its model should be like.

    name: for people; made_at: RFC 3339 in UTC, when it was saved; tool_version: of the program that did
    rulebook_sha256, snapshot_sha256: of the rules of comparing and of the evidence it was made from, in hex
    """

    name: str
    made_at: str
    tool_version: str
    rulebook_sha256: str
    snapshot_sha256: str
    portrait: Portrait
