"""What is known of one client on one unit: how far the evidence goes, and whether it serves the market."""

from __future__ import annotations

from audit.checks import contacts
from audit.checks.code import code_evidence, gate_as_built
from audit.checks.conditions import gate_evidence, gate_state
from audit.checks.doings import doings
from audit.model.facts import Enabled, Facts, Package
from audit.model.flows import Flow, Stage
from audit.model.profiles import ClientProfile, Gate, Level, Rulebook
from audit.model.record import record
from audit.model.report import Evidence, Expectation, RegionReading

_MOST_CONTACTS = 20
_SEEN = {
    Stage.ATTEMPTED: Level.ATTEMPTED,
    Stage.TRANSMITTED: Level.TRANSMITTED,
    Stage.IDENTIFIED: Level.IDENTIFIED,
}
OBSERVED = frozenset(_SEEN.values())
"""The levels of a client that was seen in contact with something."""
_DISABLED = {Enabled.DISABLED, Enabled.DISABLED_USER, Enabled.DISABLED_UNTIL_USED}


@record
class Sighting:
    """A catalogued client found on the unit.

    state: as `state_of` has it
    flows: contacts seen that this package, and no other, made
    at_rest: what was read is an image, not a running unit
    gate: its gates, as the generation on the unit has them
    """

    profile: ClientProfile
    package: Package
    level: Level
    state: str
    evidence: tuple[Evidence, ...]
    flows: tuple[Flow, ...]
    gate: Gate | None = None
    at_rest: bool = False

    @property
    def whereabouts(self) -> str:
        """Where it is, as a verb for its name, in words that claim no more than was read."""
        if self.at_rest:
            return "is on the image"
        if self.state == "disabled":
            return "is on the unit, disabled,"
        if self.state == "installed":
            return "is on the unit"
        if self.state == "known":
            return "is known to the unit (whether it is installed was not recorded),"
        if self.package.system:
            return (
                "is uninstalled for every user that was read, but still on the system image"
                " (a factory reset brings it back),"
            )
        return "is known to the unit, but installed for no user that was read,"


def sight(profile: ClientProfile, facts: Facts) -> Sighting | None:
    """The client as it stands on the unit; None when it is not there, or only a copy that does not count."""
    package = facts.packages.get(profile.package)
    if package is None or (profile.system_only and package.system is False):
        return None
    state = state_of(package)
    flows = tuple(f for f in facts.flows or () if f.who == profile.package)
    gate = gate_as_built(profile, facts)
    return Sighting(
        profile=profile,
        package=package,
        level=_level(gate, facts, state, flows),
        state=state,
        evidence=_evidence(profile, package, facts, state, flows),
        flows=flows,
        gate=gate,
        at_rest=facts.at_rest,
    )


def serves_market(
    profile: ClientProfile, rulebook: Rulebook, expectation: Expectation, region: RegionReading
) -> bool | None:
    """Whether the client is meant for where the unit goes; without a market, for the region it claims.

    None where neither a market was given nor a region could be read.
    """
    if profile.serves == ("*",):
        return True
    served: frozenset[str] = frozenset().union(
        *(rulebook.markets.expand(code) or frozenset() for code in profile.serves)
    )
    if expectation.market is not None:
        return expectation.market in served
    return bool(served & region.markets) if region.markets else None


def state_of(package: Package) -> str:
    """How *package* stands, for every user that has a say.

    "installed", "disabled", "uninstalled" (still on the image, or merely remembered), or "known" where all
    that was recorded is its name among installed and uninstalled ones alike.
    """
    if package.users and all(u.installed is None for u in package.users):
        return "known"
    installed = [u for u in package.users if u.installed is not False]
    if package.users and not installed:
        return "uninstalled"
    if installed and all(u.enabled in _DISABLED for u in installed):
        return "disabled"
    return "installed"


def _level(gate: Gate | None, facts: Facts, state: str, flows: tuple[Flow, ...]) -> Level:
    if flows:
        return _SEEN[max((flow.stage for flow in flows), key=list(Stage).index)]
    if state not in {"installed", "known"}:
        return Level.DORMANT
    if gate is None or state == "known":
        return Level.UNKNOWN
    opened = gate_state(gate, facts)
    return {True: Level.ARMED, False: Level.DORMANT, None: Level.UNKNOWN}[opened]


def _evidence(
    profile: ClientProfile, package: Package, facts: Facts, state: str, flows: tuple[Flow, ...]
) -> tuple[Evidence, ...]:
    version = " ".join(
        part
        for part in (
            f"version {package.version_name}" if package.version_name else "",
            f"code {package.version_code}" if package.version_code is not None else "",
            f"uid {package.uid}" if package.uid is not None else "",
        )
        if part
    )
    found = [
        Evidence(
            what="package on the image" if facts.at_rest else f"package {state}",
            value=" ".join((package.name, *((f"({version})",) if version else ()))),
            origin=package.origin,
        ),
        *(Evidence(what="path", value=path, origin=package.origin) for path in package.paths),
        *(
            Evidence(
                what=f"user {u.user}",
                value=_user_words(u.installed, u.enabled),
                origin=package.origin,
            )
            for u in package.users
        ),
    ]
    seen = contacts.furthest(flows)
    gate = gate_as_built(profile, facts)
    if gate is not None:
        found += gate_evidence(gate, facts)
    found += code_evidence(profile, facts)
    found += doings(profile, package, facts)
    found += [
        Evidence(
            what="contact",
            value=" ".join(filter(None, (f.at, contacts.did(f), f.to, _caught(f)))),
            origin=contacts.place(f),
        )
        for f in seen[:_MOST_CONTACTS]
    ]
    if (more := len(seen) - _MOST_CONTACTS) > 0:
        found.append(Evidence(what="contact", value=f"had {more} more, listed among the contacts", origin=""))
    return tuple(found)


def _user_words(installed: bool | None, enabled: Enabled | None) -> str:
    words = {True: "installed", False: "not installed", None: "known"}[installed]
    return f"{words}, {enabled}" if enabled is not None else words


def _caught(flow: Flow) -> str:
    """The identifiers in a contact, each with how sure that is and where it stood."""
    told = []
    for one in flow.identifiers:
        where = one.where or "where not said"
        told.append(" ".join(filter(None, (one.kind.words, one.shown, f"({one.certainty}: {where})"))))
    return f"[{', '.join(told)}]" if flow.identifiers else ""
