"""Which properties the rulebook reads: what no comparison of units may leave out unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.model.profiles import Condition, Gate, Rulebook, Strength, Subject


def read_properties(rulebook: Rulebook, *, use: bool = False) -> Mapping[str, str]:
    """Name of each property to what reads it: a region signal, a client's gate, a destination's rule.

    use: also those that tell how a unit is used; where False, a property that a signal of use reads is left
        out, whoever else reads it
    """
    found = dict(_reads(rulebook))
    signals = (rule for region in rulebook.regions for rule in region.signals)
    of_use = {s.name for s in signals if s.subject is Subject.PROPERTY and s.strength is Strength.USAGE}
    return found if use else {name: reader for name, reader in found.items() if name not in of_use}


def _reads(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    for region in rulebook.regions:
        for name in region.applies_to:
            yield name, f"region {region.oem}"
        for rule in region.signals:
            if rule.subject is Subject.PROPERTY:
                yield rule.name, f"signal {rule.id} of {region.oem}"
            yield from _of_conditions(rule.requires, f"signal {rule.id} of {region.oem}")
    for client in rulebook.clients.values():
        gate = client.armed_when or Gate()
        yield from _of_conditions((*gate.all, *gate.any), f"the gate of {client.package}")
    for destination in rulebook.destinations:
        yield from _of_conditions(destination.when, f"destination {destination.id}")


def _of_conditions(conditions: tuple[Condition, ...], reader: str) -> Iterator[tuple[str, str]]:
    for one in conditions:
        if one.subject is Subject.PROPERTY:
            yield one.name, reader
