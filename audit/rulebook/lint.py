"""Style of profiles: what loads and works, yet would leave an operator with a poor sentence or no proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from audit.model.profiles import (
    Advisory,
    Anycast,
    ClientProfile,
    DestinationRule,
    Example,
    MarketSet,
    Policy,
    RegionProfile,
    Role,
    Rulebook,
    Volatile,
)
from audit.model.record import record
from audit.rulebook.loader import load
from audit.rulebook.problems import Place, Problem, in_order

_NEEDS_NO_EXAMPLE = frozenset({Role.TELEMETRY, Role.REGION_MARKER})
_SHORT = 25
"""Characters under which a reason or a cure cannot have said anything."""


@record
class _Entry:
    """Any entry that has sentences, sources or examples, whatever its kind."""

    place: Place
    what: ClientProfile | Advisory | RegionProfile | Policy | MarketSet | DestinationRule | Anycast | Volatile
    sentences: Mapping[str, str]
    sources: tuple[str, ...]
    examples: tuple[Example, ...]


def lint(folder: Path | None = None) -> tuple[Problem, ...]:
    """All that could be better in *folder* (None = the shipped one); `BadProfile` when it does not load."""
    rulebook = load(folder)
    found: list[Problem] = []
    for entry in _entries(rulebook, found):
        for rule, look in RULES.items():
            for what, fix in look(entry, rulebook):
                entry.place.wrong(what, fix, rule=rule)
    return tuple(in_order(found))


def _entries(rulebook: Rulebook, found: list[Problem]) -> Iterator[_Entry]:
    for c in rulebook.clients.values():
        said = {"why": c.why, "fix": c.fix} | ({"note": c.note} if c.note else {})
        yield _Entry(
            place=Place(c.path, found, f"client {c.package}"),
            what=c,
            sentences=said,
            sources=c.sources,
            examples=c.examples,
        )
    for a in rulebook.advisories:
        yield _Entry(
            place=Place(a.path, found, f"advisory {a.id}"),
            what=a,
            sentences={"summary": a.summary, "why": a.why, "fix": a.fix},
            sources=a.sources,
            examples=a.examples,
        )
    for r in rulebook.regions:
        said = {"why": r.why} | {f"meaning of {s.id}": s.meaning for s in r.signals}
        sources = (*r.sources, *(source for s in r.signals for source in s.sources))
        yield _Entry(place=Place(r.path, found), what=r, sentences=said, sources=sources, examples=r.examples)
    for p in rulebook.policies.values():
        yield _Entry(place=Place(p.path, found), what=p, sentences={"why": p.why}, sources=(), examples=())
    for s in rulebook.markets.sets.values():
        yield _Entry(
            place=Place("markets.toml", found, f"set {s.code}"),
            what=s,
            sentences={"meaning": s.meaning},
            sources=s.sources,
            examples=(),
        )
    yield from _of_destinations(rulebook, found)
    for v in rulebook.volatile:
        yield _Entry(
            place=Place(v.path, found, f"volatile {v.id}"),
            what=v,
            sentences={"why": v.why},
            sources=v.sources,
            examples=(),
        )


def _of_destinations(rulebook: Rulebook, found: list[Problem]) -> Iterator[_Entry]:
    """Neither kind has examples: what they lead to depends on data that is not part of a rulebook."""
    for d in rulebook.destinations:
        yield _Entry(
            place=Place(d.path, found, f"destination {d.id}"),
            what=d,
            sentences={"why": d.why},
            sources=d.sources,
            examples=(),
        )
    for n in {one.operator: one for one in rulebook.anycast}.values():
        yield _Entry(
            place=Place("anycast.toml", found, f"anycast {n.operator}"),
            what=n,
            sentences={},
            sources=n.sources,
            examples=(),
        )


_Look = Callable[[_Entry, Rulebook], Iterator[tuple[str, str]]]


def _short(entry: _Entry, _: Rulebook) -> Iterator[tuple[str, str]]:
    for key, text in entry.sentences.items():
        if len(text) < _SHORT:
            yield f"{key} says too little ({text!r})", "say it to somebody who holds the phone in his hand"


def _full_stop(entry: _Entry, _: Rulebook) -> Iterator[tuple[str, str]]:
    for key, text in entry.sentences.items():
        if text and not text.rstrip().endswith((".", "?", "!")):
            yield f"{key} does not end its sentence", "end it with a full stop"


def _no_example(entry: _Entry, _: Rulebook) -> Iterator[tuple[str, str]]:
    match entry.what:
        case ClientProfile(role=role) if role in _NEEDS_NO_EXAMPLE:
            return
        case Policy() | MarketSet() | DestinationRule() | Anycast() | Volatile():
            return
        case Advisory(packages=()):
            return
        case _ if not entry.examples:
            yield "has no example", "describe a unit and what must come of it"


def _insecure(entry: _Entry, _: Rulebook) -> Iterator[tuple[str, str]]:
    for source in entry.sources:
        if source.startswith("http://"):
            yield f"source {source} is not https", "give its https address where it has one"


def _doubled(entry: _Entry, _: Rulebook) -> Iterator[tuple[str, str]]:
    if isinstance(entry.what, ClientProfile):
        places = [(e.kind, e.to, e.port) for e in entry.what.endpoints]
        for place in sorted({str(p[1]) for p in places if places.count(p) > 1}):
            yield f"endpoint {place} stands twice", "keep one"
    if isinstance(entry.what, Volatile):
        for name in sorted({n for n in entry.what.names if entry.what.names.count(n) > 1}):
            yield f"name {name} stands twice", "keep one"
    for source in sorted({s for s in entry.sources if _counted(entry) and entry.sources.count(s) > 1}):
        yield f"source {source} stands twice", "keep one"


def _counted(entry: _Entry) -> bool:
    """Signals of one region may well share a source."""
    return not isinstance(entry.what, RegionProfile)


def _one_sided(entry: _Entry, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    if not isinstance(entry.what, ClientProfile) or entry.what.incident is None:
        return
    advisory = next(a for a in rulebook.advisories if a.id == entry.what.incident)
    if entry.what.package not in advisory.packages:
        yield f"advisory {advisory.id} does not name it", "add the package there, or drop the incident here"


RULES: Mapping[str, _Look] = {
    "says-too-little": _short,
    "full-stop": _full_stop,
    "no-example": _no_example,
    "insecure-source": _insecure,
    "doubled": _doubled,
    "one-sided-incident": _one_sided,
}
"""Lint rules by the id that is printed beside what they find."""
