"""Differences from the golden unit, put together by what they mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from audit.checks.baseline_words import (
    NAMED,
    change,
    is_are,
    listed,
    names,
    noun,
    rest,
    sentence,
    short,
    these,
)
from audit.checks.differences import Difference
from audit.checks.portrait import AND, WRITABLE
from audit.checks.question import Case
from audit.model.portrait import TraitKind
from audit.model.record import record
from audit.model.report import Severity


@record
class Group:
    """Differences that are told together."""

    differences: tuple[Difference, ...]
    severity: Severity
    message: str
    why: str


def groups(differences: tuple[Difference, ...], case: Case) -> Iterator[Group]:
    """What comes with another build first, then each kind by itself."""
    with_build, left = _by_build(differences)
    if with_build:
        yield with_build
    for kind in TraitKind:
        found = [one for one in left if one.kind is kind]
        for make in _MAKERS[kind]:
            yield from make(found, case)


_COMES_WITH_IT = frozenset({TraitKind.VERSION, TraitKind.APEX})
_OF_BUILDS = re.compile(
    r"(?:^|\.)(?:build|bootimage)\.(?:date|description|display|fingerprint|flavor|host|id|thumbprint|user|version)"
    r"|^ro\.boot\.vbmeta\."
)
"""Names of properties that say but which build it is; of what kind it is says ``tags`` or ``type``."""


def _by_build(differences: tuple[Difference, ...]) -> tuple[Group | None, list[Difference]]:
    """The difference of the builds with what comes with it, and all others."""
    builds = [one for one in differences if one.kind is TraitKind.BUILD]
    if not builds:
        return None, list(differences)
    known = [one.golden for one in builds if one.golden and len(one.golden) >= _TELLING]
    others: list[Difference] = []
    along: list[Difference] = []
    for one in differences:
        if one.kind is not TraitKind.BUILD:
            (along if _comes_along(one, known) else others).append(one)
    told = [one for one in builds if one.name in _SHORT_NAMES] or builds
    messages = "; ".join(map(change, told[:NAMED]))
    extra = f", and with it {_counted(along)}" if along else ""
    return Group(
        differences=(*builds, *along),
        severity=Severity.MEDIUM,
        message=f"The build differs: {messages}{extra}.",
        why="Another build has other clients, other gates and other faults than the one that was looked at.",
    ), others


_SHORT_NAMES = frozenset({"android", "display id", "security patch"})
"""What a person calls a build; a fingerprint is three lines long, and stands in the evidence."""
_TELLING = 5
"""Characters from which a build's name in a value is no accident."""


def _comes_along(one: Difference, builds: Iterable[str]) -> bool:
    if one.kind in _COMES_WITH_IT:
        return True
    if one.kind is not TraitKind.PROPERTY:
        return False
    return bool(_OF_BUILDS.search(one.name)) or any(name in (one.golden or "") for name in builds)


def _counted(along: list[Difference]) -> str:
    counts = {kind: sum(1 for one in along if one.kind is kind) for kind in TraitKind}
    return listed([f"{count} {noun(kind, count)}" for kind, count in counts.items() if count])


_Maker = Callable[[list[Difference], Case], Iterator[Group]]


def _each_change(severity: Severity, why: str) -> _Maker:
    """One group, whose message says each change as far as there is room."""

    def make(found: list[Difference], _: Case) -> Iterator[Group]:
        if found:
            yield Group(differences=tuple(found), severity=severity, message=sentence(found), why=why)

    return make


def _packages(found: list[Difference], case: Case) -> Iterator[Group]:
    image: list[Difference] = []
    apps: list[Difference] = []
    for one in found:
        if one.golden is None:
            (image if _on_image(one.name, case) else apps).append(one)
    fewer = [one for one in found if one.unit is None]
    changed = [one for one in found if None not in (one.golden, one.unit)]
    if image:
        yield Group(
            differences=tuple(image),
            severity=Severity.HIGH,
            message=f"{these(image)} on the system image that the golden unit does not have: {names(image)}.",
            why="It came with the image or was put there: no user can install a package to that place.",
        )
    if apps:
        yield Group(
            differences=tuple(apps),
            severity=Severity.MEDIUM,
            message=f"{these(apps)} outside the system image, not on the golden unit: {names(apps)}.",
            why="Somebody, or something that came with the unit, installed it like an app of the user.",
        )
    if fewer:
        yield Group(
            differences=tuple(fewer),
            severity=Severity.MEDIUM,
            message=f"{these(fewer)} of the golden unit {is_are(fewer)} not on this one: {names(fewer)}.",
            why="What is missing may have been removed from this unit, or belong to another variant of it.",
        )
    if changed:
        yield Group(
            differences=tuple(changed),
            severity=Severity.MEDIUM,
            message="; ".join(_installed(one) for one in changed[:NAMED]) + rest(changed) + ".",
            why="A package that is only known comes back with a factory reset.",
        )


def _on_image(name: str, case: Case) -> bool:
    """Whether a package is on the system image; one of which nobody says counts as such."""
    package = case.facts.packages.get(name)
    return package is None or package.system is not False


def _installed(one: Difference) -> str:
    if one.unit == "installed":
        return f"{short(one.name)} is installed, on the golden unit for no user"
    return f"{short(one.name)} is installed for no user, on the golden unit it is"


def _paths(found: list[Difference], case: Case) -> Iterator[Group]:
    updated: list[Difference] = []
    moved: list[Difference] = []
    for one in found:
        (updated if _is_update(one) else moved).append(one)
    yield from _each_change(
        Severity.MEDIUM, "A package in another place has other rights, or is another one of the same name."
    )(moved, case)
    if updated:
        yield Group(
            differences=tuple(updated),
            severity=Severity.LOW,
            message=f"{these(updated)} {is_are(updated)} updated on one of the two only: {names(updated)}.",
            why="An update replaces the package of the image by one from a store or a loader.",
        )


def _is_update(one: Difference) -> bool:
    """Whether one of the two lies in /data, where updates of system packages go."""
    first = [(value or "").split(AND)[0].startswith(WRITABLE) for value in (one.golden, one.unit)]
    return first[0] != first[1]


_MAKERS: Mapping[TraitKind, tuple[_Maker, ...]] = {
    TraitKind.BUILD: (),
    TraitKind.REGION: (
        _each_change(Severity.HIGH, "The two units say that they were built for different markets."),
    ),
    TraitKind.PACKAGE: (_packages,),
    TraitKind.STATE: (
        _each_change(
            Severity.MEDIUM, "A package that is disabled or hidden on one of the two can act on the other."
        ),
    ),
    TraitKind.VERSION: (
        _each_change(Severity.LOW, "Another version may do what the one that was looked at does not."),
    ),
    TraitKind.SIGNER: (
        _each_change(
            Severity.HIGH, "A package signed by another key comes from somebody else, whatever its name is."
        ),
    ),
    TraitKind.PATH: (_paths,),
    TraitKind.OVERLAY: (
        _each_change(
            Severity.MEDIUM, "An overlay switches packages to other resources, among them server addresses."
        ),
    ),
    TraitKind.USER: (
        _each_change(Severity.MEDIUM, "A user or profile more has packages and settings of its own."),
    ),
    TraitKind.APEX: (_each_change(Severity.LOW, "A module was updated on one of the two."),),
    TraitKind.PROPERTY: (
        _each_change(
            Severity.MEDIUM,
            "Properties open and close the gates of clients and state what a unit is.",
        ),
    ),
}
