"""Whether a unit is one that was audited already, where its serial number cannot tell.

Asks for nothing but what names it. Only reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import Enum

from audit.adb.device import Device
from audit.model.crate import UnitResult
from audit.model.evidence import Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.parse.facts import read_facts
from audit.sources import peek, plan
from audit.sources.live import Progress, acquire_steps


class Same(Enum):
    """What two sets of identifiers say of two units."""

    YES = "the same unit"
    NO = "another unit"
    UNSURE = "neither tells"


_DECIDE = (IdentifierKind.IMEI, IdentifierKind.MEID, IdentifierKind.ANDROID_ID)
"""Each of them: one that differs says that it is another unit, whatever else was cloned with the serial."""
_LAST = IdentifierKind.MAC
"""Only where the others are silent: Android 10 and newer make one up for each network."""

_SETTINGS = next(step for step in plan.settings_steps() if step.kind is Kind.SETTINGS_SECURE)


async def ask_names(
    device: Device, *, limit_s: float, on_step: Callable[[Progress], None] | None = None
) -> tuple[OwnIdentifier, ...]:
    """What *device* tells of itself; nothing where it tells nothing. limit_s: for each half of the asking."""
    first, _ = await acquire_steps(device, (plan.getprop_step(), _SETTINGS), on_step=on_step, limit_s=limit_s)
    properties = next((one.data for one in first if one.kind is Kind.GETPROP), b"")
    steps = plan.identity_steps(peek.version(properties).sdk)
    more, _ = await acquire_steps(device, steps, on_step=on_step, limit_s=limit_s)
    asked = Snapshot(
        unit=UnitId(),
        source=Source(kind=SourceKind.LIVE),
        acquired_at=None,
        tool_version="",
        artifacts=(*first, *more),
    )
    return read_facts(asked).identifiers


def same_unit(told: Iterable[OwnIdentifier], known: Iterable[OwnIdentifier]) -> Same:
    """Whether two units are one, by their identifiers apart from the serial number."""
    one, other = _by_kind(told), _by_kind(known)
    both = [kind for kind in _DECIDE if kind in one and kind in other]
    if not both and _LAST in one and _LAST in other:
        both = [_LAST]
    if not both:
        return Same.UNSURE
    return Same.YES if all(one[kind] & other[kind] for kind in both) else Same.NO


def known_as(told: Collection[OwnIdentifier], results: Iterable[UnitResult]) -> UnitResult | None:
    """The result this very unit has already; None where it has none, or where that cannot be told."""
    return next((one for one in results if same_unit(told, one.identifiers) is Same.YES), None)


def _by_kind(identifiers: Iterable[OwnIdentifier]) -> Mapping[IdentifierKind, frozenset[str]]:
    found: dict[IdentifierKind, frozenset[str]] = {}
    for one in identifiers:
        found[one.kind] = found.get(one.kind, frozenset()) | {one.value.casefold()}
    return found
