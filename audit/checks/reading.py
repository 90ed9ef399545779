"""What region a unit claims, read from its signals by the rulebook's region profiles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

from audit.checks.conditions import holds, is_installed
from audit.model.facts import Facts
from audit.model.profiles import (
    Aspect,
    RegionProfile,
    Rulebook,
    SignalRule,
    Strength,
    Subject,
)
from audit.model.record import record
from audit.model.report import RegionReading, Signal
from audit.model.text import unquoted

_RANK = {Strength.STRONG: 0, Strength.MEDIUM: 1, Strength.WEAK: 2, Strength.USAGE: 3}
_DECIDING = (Aspect.BUILD, Aspect.HARDWARE, Aspect.CONFIGURATION)


def read_region(facts: Facts, rulebook: Rulebook) -> RegionReading:
    """Gather every signal the profiles know and say what region they agree on.

    Strong signals decide, of these first those of the build; a region is the smallest set of markets that
    agreeing signals leave. Medium ones decide where no strong one speaks; weak and usage never do.
    """
    profiles = [p for p in rulebook.regions if _speaks(p, facts)]
    signals = sorted(
        (s for p in profiles for rule in p.signals for s in _signals(p, rule, facts, rulebook)),
        key=lambda s: (_RANK[s.strength], s.oem, s.rule, s.what),
    )
    regional = tuple(s for s in signals if s.strength is not Strength.USAGE)
    yielding = {(p.oem, rule.id): rule.yields_to for p in profiles for rule in p.signals if rule.yields_to}
    deciding = tuple(s for s in regional if not _yields(s, regional, yielding))
    strong = [s for s in deciding if s.strength is Strength.STRONG]
    decided = _decide(strong) or _decide([s for s in deciding if s.strength is Strength.MEDIUM])
    makers = [p for p in profiles if p.applies_to]
    return RegionReading(
        region=decided.code if decided else None,
        markets=decided.markets if decided else frozenset(),
        signals=regional,
        usage=tuple(s for s in signals if s.strength is Strength.USAGE),
        contradictions=_contradictions(strong),
        oem=makers[0].oem if makers else None,
        silent=next((f"{p.title}: {p.why}" for p in makers if p.silent), ""),
    )


def _yields(signal: Signal, signals: Sequence[Signal], yielding: Mapping[tuple[str, str], str]) -> bool:
    """Whether a signal that knows better allows what this one says: then this one narrows nothing."""
    better = yielding.get((signal.oem, signal.rule))
    return better is not None and any(
        s.oem == signal.oem and s.rule == better and signal.markets <= s.markets for s in signals
    )


@record
class _Decided:
    code: str
    markets: frozenset[str]


def _decide(signals: Sequence[Signal]) -> _Decided | None:
    """What the signals of the first aspect that speaks agree on; None where they clash."""
    for aspect in _DECIDING:
        leading = [s for s in signals if s.aspect is aspect]
        if leading:
            break
    else:
        return None
    markets = frozenset.intersection(*(s.markets for s in leading))
    if not markets:
        return None
    agreeing = leading
    for signal in signals:
        # what the hardware or the configuration adds may narrow the build's region, never empty it
        if signal.aspect is not aspect and markets & signal.markets:
            markets &= signal.markets
            agreeing = [*agreeing, signal]
    smallest = min(agreeing, key=lambda s: len(s.markets))
    return _Decided(code=smallest.says, markets=markets)


def _contradictions(strong: Sequence[Signal]) -> tuple[tuple[Signal, Signal], ...]:
    """Pairs that cannot both be true; of several that say the same, one speaks for all."""
    seen: dict[tuple[Aspect, str], Signal] = {}
    for signal in strong:
        seen.setdefault((signal.aspect, signal.says), signal)
    return tuple((a, b) for a, b in combinations(seen.values(), 2) if not a.markets & b.markets)


def _speaks(profile: RegionProfile, facts: Facts) -> bool:
    if not profile.applies_to:
        return True
    return any(
        unquoted(facts.value(name) or "").casefold() in {v.casefold() for v in values}
        for name, values in profile.applies_to.items()
    )


def _signals(profile: RegionProfile, rule: SignalRule, facts: Facts, rulebook: Rulebook) -> Iterator[Signal]:
    if not all(holds(condition, facts) for condition in rule.requires):
        return
    search = re.compile(rule.pattern).search
    several = rule.strength is Strength.USAGE
    for name, value, origin in _texts(rule, facts):
        for said in value.split(",") if several else (value,):
            match = search(said)
            if match is None:
                continue
            captured = match.group("region") if "region" in match.re.groupindex else match.group(0)
            meant = _meaning(rule, captured, rulebook)
            if meant is None:
                continue
            code, markets = meant
            yield Signal(
                rule=rule.id,
                oem=profile.oem,
                what=f"{rule.subject} {name}",
                value=value,
                says=code,
                markets=markets,
                strength=rule.strength,
                aspect=rule.aspect,
                origin=origin,
                meaning=rule.meaning,
                sources=rule.sources or profile.sources,
            )


def _meaning(rule: SignalRule, captured: str, rulebook: Rulebook) -> tuple[str, frozenset[str]] | None:
    """What the captured text stands for; None when the profile does not know it."""
    if rule.table is not None:
        countries = rulebook.tables.get(rule.table, {}).get(captured)
        return _named(captured, frozenset(countries), rulebook) if countries else None
    code = rule.map.get(captured) if rule.map else captured.upper()
    if code is None:
        return None
    markets = rulebook.markets.expand(code)
    return None if markets is None else (code, markets)


_MOST_JOINED = 6


def _named(captured: str, markets: frozenset[str], rulebook: Rulebook) -> tuple[str, frozenset[str]]:
    """Markets by the name of the set they make up, or one by one; many by the maker's own code."""
    names = [made.code for made in rulebook.markets.sets.values() if made.markets == markets]
    if names:
        return names[0], markets
    return ("+".join(sorted(markets)) if len(markets) <= _MOST_JOINED else captured), markets


def _texts(rule: SignalRule, facts: Facts) -> Iterator[tuple[str, str, str]]:
    """(name, value, origin) of everything the rule looks at."""
    return _LOOK[rule.subject](rule.name, facts)


def _property(name: str, facts: Facts) -> Iterator[tuple[str, str, str]]:
    if name in facts.properties:
        found = facts.properties[name]
        yield name, found.value, found.origin


def _file(name: str, facts: Facts) -> Iterator[tuple[str, str, str]]:
    if name in facts.files:
        found = facts.files[name]
        yield name, found.text, found.origin


def _setting(name: str, facts: Facts) -> Iterator[tuple[str, str, str]]:
    for s in facts.settings:
        if f"{s.namespace}/{s.name}" == name:
            yield name, s.value, s.origin


def _overlays(_: str, facts: Facts) -> Iterator[tuple[str, str, str]]:
    for o in facts.overlays:
        if o.enabled:
            yield o.package, o.package, o.origin


def _packages(_: str, facts: Facts) -> Iterator[tuple[str, str, str]]:
    for p in facts.packages.values():
        if is_installed(p):
            yield p.name, p.name, p.origin


_LOOK: Mapping[Subject, Callable[[str, Facts], Iterator[tuple[str, str, str]]]] = {
    Subject.PROPERTY: _property,
    Subject.FILE: _file,
    Subject.SETTING: _setting,
    Subject.OVERLAY: _overlays,
    Subject.PACKAGE: _packages,
}
