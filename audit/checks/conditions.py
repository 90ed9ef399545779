"""Whether a condition of the rulebook holds for a unit: yes, no, or nobody can tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from audit.model.facts import Facts, Package
from audit.model.profiles import Comparison, Condition, Gate, Subject
from audit.model.report import Evidence


def holds(condition: Condition, facts: Facts) -> bool | None:
    """True, False, or None where the evidence to tell is missing.

    An absent property is None unless the profile gives a default: Android hides properties from the shell
    by simply not listing them, so absence is not the same as unset.
    """
    value = read(condition, facts)
    if condition.test is Comparison.PRESENT:
        return None if value is None else True
    if condition.test is Comparison.ABSENT:
        return None if value is None else False
    if value is None:
        return None
    texts = value.split(",") if condition.per_slot else (value,)
    return any(_COMPARE[condition.test](text.strip(), condition.values) for text in texts)


def read(condition: Condition, facts: Facts) -> str | None:
    """The text a condition compares, its default where the unit states nothing, or None."""
    value = _READ[condition.subject](condition.name, facts)
    return condition.default if value is None else value


def gate_state(gate: Gate, facts: Facts) -> bool | None:
    """True when the gate is open, False when it is closed, None when that cannot be told."""
    answers = [holds(condition, facts) for condition in gate.all]
    if gate.any:
        answers.append(_any_holds(holds(condition, facts) for condition in gate.any))
    if False in answers:
        return False
    return None if None in answers else True


def gate_evidence(gate: Gate, facts: Facts) -> tuple[Evidence, ...]:
    """What each condition of the gate read, and from where."""
    return tuple(_evidence(condition, facts) for condition in (*gate.all, *gate.any))


def _any_holds(answers: Iterable[bool | None]) -> bool | None:
    given = list(answers)
    if True in given:
        return True
    return None if None in given else False


def _evidence(condition: Condition, facts: Facts) -> Evidence:
    stated = _READ[condition.subject](condition.name, facts)
    what = f"{condition.subject} {condition.name}"
    answer = {True: "open", False: "closed", None: "cannot be told"}[holds(condition, facts)]
    if stated is not None:
        return Evidence(what=f"gate {answer}: {what}", value=stated, origin=_origin(condition, facts))
    if condition.default is not None:
        value = f"not stated; the client then assumes {condition.default!r}"
        return Evidence(what=f"gate {answer}: {what}", value=value, origin="rulebook")
    return Evidence(what=f"gate {answer}: {what}", value="not stated by the unit", origin="")


def _origin(condition: Condition, facts: Facts) -> str:
    if condition.subject is Subject.PROPERTY:
        return facts.properties[condition.name].origin
    if condition.subject is Subject.FILE:
        return facts.files[condition.name].origin
    return str(condition.subject)


def _property(name: str, facts: Facts) -> str | None:
    return facts.value(name)


def _package(name: str, facts: Facts) -> str | None:
    package = facts.packages.get(name)
    return name if package is not None and is_installed(package) else None


def _overlay(name: str, facts: Facts) -> str | None:
    return next((o.package for o in facts.overlays if o.package == name and o.enabled), None)


def _setting(name: str, facts: Facts) -> str | None:
    namespace, _, key = name.partition("/")
    return next((s.value for s in facts.settings if s.namespace == namespace and s.name == key), None)


def _file(name: str, facts: Facts) -> str | None:
    found = facts.files.get(name)
    return None if found is None else found.text


def is_installed(package: Package) -> bool:
    """Whether it is said to be installed for some user; an image has no users, and what it has is there."""
    for state in package.users:  # asked of every package by every rule: a generator would cost most of it
        if state.installed:
            return True
    return not package.users


_READ: Mapping[Subject, Callable[[str, Facts], str | None]] = {
    Subject.PROPERTY: _property,
    Subject.PACKAGE: _package,
    Subject.OVERLAY: _overlay,
    Subject.SETTING: _setting,
    Subject.FILE: _file,
}
_COMPARE: Mapping[Comparison, Callable[[str, tuple[str, ...]], bool]] = {
    Comparison.EQUALS: lambda text, values: text == values[0],
    Comparison.IN: lambda text, values: text in values,
    Comparison.PREFIX: lambda text, values: text.startswith(values),
    Comparison.MATCHES: lambda text, values: re.search(values[0], text) is not None,
}
