"""How the tables of ``profiles/`` are written, where that differs from the records they become."""

from __future__ import annotations

import re
from collections.abc import Mapping

from audit.model.profiles import (
    Advisory,
    Anycast,
    ClientCode,
    ClientProfile,
    Comparison,
    Condition,
    Denied,
    DestinationRule,
    Example,
    MarketSet,
    Policy,
    RegionProfile,
    SignalRule,
    Subject,
    Volatile,
)
from audit.model.record import record
from audit.rulebook.fields import Form, Table
from audit.rulebook.problems import Place


@record
class LookupTable:
    """A file of ``regions/tables/``. codes: a maker's own code to the ISO codes it stands for."""

    name: str
    title: str
    licence: str
    note: str
    sources: tuple[str, ...]
    codes: Mapping[str, tuple[str, ...]]


@record
class WrittenSet:
    """A ``[[set]]`` of ``markets.toml``: its markets listed, or all but those listed."""

    code: str
    title: str
    meaning: str
    sources: tuple[str, ...]
    markets: tuple[str, ...] | None
    all_except: tuple[str, ...] | None
    worldwide: bool = False

    def resolved(self, countries: frozenset[str]) -> MarketSet:
        """The set with its markets told by name."""
        listed = self.markets if self.markets is not None else countries - set(self.all_except or ())
        return MarketSet(
            code=self.code,
            title=self.title,
            meaning=self.meaning,
            markets=frozenset(listed),
            sources=self.sources,
            worldwide=self.worldwide,
        )


@record
class WrittenAnycast:
    """An ``[[anycast]]`` of ``anycast.toml``: all networks of one operator."""

    operator: str
    networks: tuple[str, ...]
    sources: tuple[str, ...]

    def each(self) -> tuple[Anycast, ...]:
        """One record a network."""
        return tuple(
            Anycast(network=network, operator=self.operator, sources=self.sources)
            for network in self.networks
        )


_SUBJECTS = frozenset(subject.value for subject in Subject)
_COMPARISONS = frozenset(comparison.value for comparison in Comparison)


def _condition(table: Table, place: Place) -> Table | None:
    """``{ property = "a", equals = "b" }`` as subject, name, test and values."""
    subject = _exactly_one(table, _SUBJECTS, "looks at", place)
    test = _exactly_one(table, _COMPARISONS, "compares", place)
    if subject is None or test is None:
        return None
    values = _values(test, table[test], place)
    if values is None:
        return None
    rest = {key: value for key, value in table.items() if key not in (subject, test)}
    return rest | {"subject": subject, "name": table[subject], "test": test, "values": values}


def _signal(table: Table, place: Place) -> Table | None:
    """``property = "a"`` as subject and name."""
    subject = _exactly_one(table, _SUBJECTS, "looks at", place)
    if subject is None:
        return None
    rest = {key: value for key, value in table.items() if key != subject}
    pattern = rest.get("pattern")
    if isinstance(pattern, str) and not _is_regex(pattern, place):
        return None
    return rest | {"subject": subject, "name": table[subject]}


def _values(test: str, written: object, place: Place) -> list[str] | None:
    if test in ("present", "absent"):
        if written is True:
            return []
        place.wrong(f"{test} is {written!r}", f"write {test} = true, or leave the comparison out")
        return None
    many = test in ("in", "prefix")
    texts = written if many and isinstance(written, list) else [written]
    if not texts or not all(isinstance(text, str) for text in texts) or (test == "in" and texts == [written]):
        place.wrong(
            f"{test} is {written!r}", "give it a list of texts" if many else "give it a text in quotes"
        )
        return None
    if test == "matches" and not _is_regex(str(texts[0]), place):
        return None
    return [str(text) for text in texts]


def _is_regex(pattern: str, place: Place) -> bool:
    try:
        re.compile(pattern)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        place.wrong(f"bad regular expression {pattern!r}: {error.msg}{at}", "correct the expression")
        return False
    return True


def _exactly_one(table: Table, choices: frozenset[str], verb: str, place: Place) -> str | None:
    found = sorted(choices & table.keys())
    if len(found) == 1:
        return found[0]
    said = f"{verb} {' and '.join(found)} at once" if found else f"says nothing it {verb}"
    place.wrong(said, f"give it exactly one of {', '.join(sorted(choices))}")
    return None


FORMS: Mapping[type, Form] = {
    WrittenSet: Form(optional=frozenset({"markets", "all_except"}), label="code"),
    LookupTable: Form(optional=frozenset({"note"}), label="name"),
    Condition: Form(shape=_condition, written=_SUBJECTS | _COMPARISONS),
    SignalRule: Form(shape=_signal, written=_SUBJECTS, label="id"),
    RegionProfile: Form(
        optional=frozenset({"applies_to", "silent", "signals", "examples"}),
        spelt={"signals": "signal", "examples": "example"},
        label="oem",
    ),
    ClientProfile: Form(
        optional=frozenset(
            {
                "endpoints",
                "sends",
                "armed_when",
                "note",
                "shared_user",
                "system_only",
                "denied",
                "incident",
                "examples",
                "code",
            }
        ),
        spelt={"endpoints": "endpoint", "examples": "example"},
        label="package",
    ),
    Advisory: Form(
        optional=frozenset(
            {"models", "devices", "packages", "files", "fixed_builds", "telling_files", "examples"}
        ),
        spelt={"examples": "example"},
        label="id",
    ),
    DestinationRule: Form(label="id"),
    WrittenAnycast: Form(label="operator"),
    Volatile: Form(label="id"),
    Policy: Form(optional=frozenset({"patch_age_days"}), label="name"),
    Example: Form(label="name"),
    ClientCode: Form(),
    Denied: Form(),
}
