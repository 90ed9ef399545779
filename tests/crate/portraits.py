"""Portraits for tests: some traits, of a model and a build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit.crate.outliers import Census
from audit.model.portrait import Portrait, Trait, TraitKind
from audit.model.profiles import Policy
from audit.model.report import Finding
from audit.rulebook import load

Kinds = Mapping[TraitKind, Mapping[str, str]]

POLICY: Policy = load().policies["default"]


def portrait(  # a portrait has as many sides
    kinds: Kinds | None = None,
    *,
    packages: Iterable[str] = (),
    properties: Mapping[str, str] | None = None,
    model: str = "Phone 1",
    build: str = "B1",
    unread: Iterable[TraitKind] = (),
    left_out: Iterable[str] = (),
    detailed: Iterable[str] = (),
) -> Portrait:
    """A unit with these traits; *packages* are installed ones."""
    given: dict[TraitKind, dict[str, str]] = {kind: dict((kinds or {}).get(kind, {})) for kind in TraitKind}
    given[TraitKind.PACKAGE].update(dict.fromkeys(packages, "installed"))
    given[TraitKind.PROPERTY].update(properties or {})
    given[TraitKind.BUILD].setdefault("display id", build)
    return Portrait(
        model=model,
        build=build,
        traits=tuple(
            Trait(kind=kind, name=name, value=value)
            for kind in TraitKind
            for name, value in sorted(given[kind].items())
        ),
        unread=frozenset(unread),
        left_out=frozenset(left_out),
        detailed=frozenset(detailed),
    )


def compared(
    units: Iterable[Portrait], *, earlier: Iterable[Portrait] = (), policy: Policy = POLICY
) -> tuple[list[tuple[Finding, ...]], tuple[Finding, ...]]:
    """What is said of each of *units*, and of all of them as a crate."""
    here = list(units)
    census = Census()
    for one in earlier:
        census.count(one, earlier=True)
    for one in here:
        census.count(one)
    found = [census.findings_for(one, policy, name=f"phone-{n:03}") for n, one in enumerate(here)]
    return found, census.crate_findings()
