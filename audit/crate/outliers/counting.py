"""Counts how often each trait has each value among units, without keeping the units.

Units of one model are nearly equal, so a tally keeps the traits of the first one and counts for the others
only where they are not the same. What it answers does not depend on which one came first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import groupby
from operator import attrgetter

from audit.checks.portrait import AND
from audit.model.portrait import Portrait, TraitKind
from audit.model.record import record
from audit.model.text import clean_line

MINIMUM_UNITS = 5
"""Fewer units than this are not compared: of four, an odd one is one of two opinions and a coincidence."""

MOST_TRAITS = 4000
"""Of one kind on one unit. Phones have some 600 packages, 1,600 overlays and 1,500 properties at most; a kind
with more than this is not compared, and the unit is named for it."""

LONGEST = 200
"""Characters of a name or value that are kept; a longer one is kept as its beginning and a hash."""

ATTRIBUTES = frozenset({TraitKind.VERSION, TraitKind.SIGNER, TraitKind.PATH})
"""What is compared among the units that have the package at all: that others lack it is told by itself."""

USER_STORAGE = "in user storage"
UPDATED = "updated in user storage"
MODULE = "in an updatable module"
UPDATABLE = frozenset({USER_STORAGE, UPDATED, MODULE})
"""Places of packages that a user or a store brings up to date, each unit in its own time."""
_USER_STORAGE = ("/data/app/", "/data/app-private/", "/mnt/expand/", "/mnt/asec/")

UNCOMPARED = "\0"
"""Value of a property the unit states, and that is left out as its own: neither there nor absent."""

Traits = Mapping[str, str]


def is_clear(count: int, of: int) -> bool:
    """Whether *count* of *of* units are a clear majority: more than twice as many as all others together."""
    return of >= MINIMUM_UNITS and count * 3 > of * 2


@record
class View:
    """A portrait as it is counted: name to value for each kind.

    model: as it is compared; shown: as the unit writes it
    read: kinds that were read whole; partly: what is there of the others, where absence says nothing
    crowded: kinds with more traits than `MOST_TRAITS`, which are in neither
    detailed: the packages of which it is known whether they are hidden or suspended, as keys
    """

    model: str
    shown: str
    build: str
    read: Mapping[TraitKind, Traits]
    partly: Mapping[TraitKind, Traits]
    crowded: tuple[TraitKind, ...]
    detailed: Traits

    def kind(self, kind: TraitKind) -> Traits:
        """What is there of *kind*, however much of it was read."""
        return self.read.get(kind) or self.partly.get(kind) or {}


def view_of(portrait: Portrait) -> View:
    """*portrait* as it is counted; bounded, whatever is in it."""
    found: dict[TraitKind, dict[str, str]] = {kind: {} for kind in TraitKind}
    for kind, traits in groupby(portrait.traits, key=attrgetter("kind")):
        found[kind].update({short(t.name): short(t.value) for t in traits})
    places = {name: _place(path) for name, path in found[TraitKind.PATH].items()}
    found[TraitKind.PATH] = places
    versions = found[TraitKind.VERSION]
    found[TraitKind.VERSION] = {n: v for n, v in versions.items() if places.get(n) not in UPDATABLE}
    found[TraitKind.PROPERTY].update(dict.fromkeys(portrait.left_out, UNCOMPARED))
    crowded = tuple(kind for kind, traits in found.items() if len(traits) > MOST_TRAITS)
    shown = clean_line(short(portrait.model)).strip()
    kept = {kind: traits for kind, traits in found.items() if kind not in crowded}
    return View(
        model=" ".join(shown.casefold().split()),
        shown=shown,
        build=clean_line(short(portrait.build)).strip(),
        read={kind: traits for kind, traits in kept.items() if kind not in portrait.unread},
        partly={kind: traits for kind, traits in kept.items() if kind in portrait.unread},
        crowded=crowded,
        detailed=dict.fromkeys(portrait.detailed, "") if len(portrait.detailed) <= MOST_TRAITS else {},
    )


def short(text: str) -> str:
    """*text*, or what stands for it where it is long: equal only for equal texts."""
    if len(text) <= LONGEST:
        return text
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{text[: LONGEST // 2]}… ({len(text)} characters, SHA-256 {digest}…)"


def _place(path: str) -> str:
    """Where a package lies; where its user or a store put it, exactly where says nothing."""
    if path.startswith(_USER_STORAGE):
        image = [folder for folder in path.split(AND) if not folder.startswith(_USER_STORAGE)]
        return UPDATED if image else USER_STORAGE
    return MODULE if path.startswith("/apex/") else path


@record
class Norm:
    """What a clear majority agrees on. value: None = not having it; count: how many; of: among how many."""

    value: str | None
    count: int
    of: int


@record
class Split:
    """A trait on which there is no clear majority, but two or more sides.

    sides: (value, units), largest first; value None = not there; of: units that were compared
    """

    name: str
    sides: tuple[tuple[str | None, int], ...]
    of: int


class Tally:
    """Counts of one kind of trait among some units. absence: whether not having a trait is a value of it."""

    __slots__ = ("_absence", "_index", "_lacking", "_off", "_often", "_once", "_other", "_reference", "units")

    def __init__(self, *, absence: bool) -> None:
        self.units = 0
        self._absence = absence
        self._reference: Traits = {}
        self._lacking: dict[str, int] = {}
        """Name of the reference to the number of units that have not its value."""
        self._other: dict[str, int] = {}
        """Name to the number of units that have another value, or have one where the reference has none."""
        self._often: dict[tuple[str, str], int] = {}
        self._once: set[int] = set()
        """Hashes of the pairs that one unit alone has: there may be very many, and nobody asks which."""
        self._index: dict[str, dict[str | None, int]] | None = None
        self._off: tuple[str, ...] | None = None

    def copy(self) -> Tally:
        """One that goes on from here by itself."""
        made = Tally(absence=self._absence)
        made.units, made._reference = self.units, self._reference
        made._lacking, made._other = dict(self._lacking), dict(self._other)
        made._often, made._once = dict(self._often), set(self._once)
        return made

    def size(self) -> int:
        """How many things are kept."""
        return (
            len(self._reference) + len(self._lacking) + len(self._other) + len(self._often) + len(self._once)
        )

    def add(self, traits: Traits) -> int:
        """Count one more unit; returns how many things more are kept."""
        before = self.size()
        self._count(traits)
        return self.size() - before

    def _count(self, traits: Traits) -> None:
        self._index = self._off = None
        self.units += 1
        if self.units == 1:
            self._reference = traits
        if traits == self._reference:
            return
        lacking, other, often, once = self._lacking, self._other, self._often, self._once
        for name, _ in self._reference.items() - traits.items():
            lacking[name] = lacking.get(name, 0) + 1
        for pair in traits.items() - self._reference.items():
            other[pair[0]] = other.get(pair[0], 0) + 1
            hashed = hash(pair)
            if pair in often:
                often[pair] += 1
            elif hashed in once:
                once.remove(hashed)
                often[pair] = 2
            else:
                once.add(hashed)

    def holders(self, name: str) -> int:
        """How many units have *name*, with whatever value."""
        like_reference = self.units - self._lacking.get(name, 0) if name in self._reference else 0
        return like_reference + self._other.get(name, 0)

    def count(self, name: str, value: str | None) -> int:
        """How many units have *value*; None: how many have not *name*."""
        if value is None:
            return self.units - self.holders(name)
        if self._reference.get(name) == value:
            return self.units - self._lacking.get(name, 0)
        pair = (name, value)
        return self._often.get(pair, 0) or int(hash(pair) in self._once)

    def norm(self, name: str) -> Norm | None:
        """What a clear majority agrees on for *name*; None where there is none."""
        values, of = self._values(name)
        value, count = max(values.items(), key=lambda item: item[1], default=(None, 0))
        return Norm(value=value, count=count, of=of) if is_clear(count, of) else None

    def unlike(self, traits: Traits) -> Iterator[tuple[str, Norm]]:
        """The names for which *traits* has not the value a clear majority agrees on."""
        if traits == self._reference:
            changed = set[str]()
        else:
            changed = {name for name, _ in traits.items() ^ self._reference.items()}
        for name in sorted(changed.union(self._off_reference())):
            norm = self.norm(name)
            if norm is not None and norm.value != traits.get(name):
                yield name, norm

    def agrees(self, name: str) -> bool:
        """Whether all units have the same for *name*, be it nothing."""
        return name not in self._lacking and name not in self._other

    def splits(self, one_in: int) -> tuple[tuple[Split, ...], int]:
        """The names on which units are of a few minds, and how many there are on which nothing is common.

        one_in: so many units must have one with a value for it to be a side, and two at least
        """
        if self.units < MINIMUM_UNITS:
            return (), 0
        found, varying = [], 0
        for name in sorted(self._lacking.keys() | self._other.keys()):
            values, of = self._values(name)
            if of < MINIMUM_UNITS or is_clear(max(values.values(), default=0), of):
                continue
            sides = _sides(values, of, one_in)
            if sides:
                found.append(Split(name=name, sides=sides, of=of))
            else:
                varying += 1
        return tuple(found), varying

    def _values(self, name: str) -> tuple[dict[str | None, int], int]:
        """Value to number of units, without those that one unit alone has; and how many were compared."""
        if self._index is None:
            self._index = {}
            for (of_name, value), count in self._often.items():
                self._index.setdefault(of_name, {})[value] = count
        values = dict(self._index.get(name, {}))
        holders = self.holders(name)
        if name in self._reference:
            values[self._reference[name]] = self.units - self._lacking.get(name, 0)
        if not self._absence:
            return values, holders
        if holders < self.units:
            values[None] = self.units - holders
        return values, self.units

    def _off_reference(self) -> tuple[str, ...]:
        """The names for which a clear majority agrees on something else than the reference."""
        if self._off is None:
            self._values("")
            # without absence as a value, a unit that has not what the reference has not is not asked about
            names = self._lacking.keys() | ((self._index or {}).keys() if self._absence else set())
            norms = ((name, self.norm(name)) for name in names)
            self._off = tuple(
                name for name, norm in norms if norm is not None and norm.value != self._reference.get(name)
            )
        return self._off


def _sides(values: Mapping[str | None, int], of: int, one_in: int) -> tuple[tuple[str | None, int], ...]:
    """The sides, largest first, where there are two or more and together they are a clear majority."""
    sides = [item for item in values.items() if item[1] >= 2 and item[1] * one_in >= of]
    if len(sides) < 2 or not is_clear(sum(count for _, count in sides), of):
        return ()
    return tuple(sorted(sides, key=lambda item: (-item[1], item[0] is None, item[0] or "")))
