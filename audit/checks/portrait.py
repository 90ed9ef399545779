"""A unit's traits: what of it should be equal on every unit of its model, and nothing that is its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from audit.model.evidence import Topic
from audit.model.facts import Facts, Package
from audit.model.portrait import Portrait, Trait, TraitKind
from audit.model.profiles import Volatile
from audit.model.report import RegionReading
from audit.model.text import unquoted

_BUILD = (
    ("fingerprint", "ro.build.fingerprint"),
    ("display id", "ro.build.display.id"),
    ("incremental", "ro.build.version.incremental"),
    ("android", "ro.build.version.release"),
    ("security patch", "ro.build.version.security_patch"),
)


def portrait_of(facts: Facts, region: RegionReading, volatile: Iterable[Volatile]) -> Portrait:
    """The traits of a unit, without those that *volatile* says differ between equal units."""
    maker = (facts.value("ro.product.manufacturer") or "").strip().casefold()
    left = [one for one in volatile if not one.oems or maker in one.oems]
    found = (*_builds(facts), *_regions(region), *_packages(facts), *_overlays(facts), *_properties(facts))
    kept = {(t.kind, t.name): t for t in found if not _is_volatile(t, left)}
    return Portrait(
        model=unquoted(facts.value("ro.product.model") or ""),
        build=facts.value("ro.build.display.id") or facts.value("ro.build.version.incremental") or "",
        traits=tuple(kept[key] for key in sorted(kept, key=lambda key: (_ORDER[key[0]], key[1]))),
        unread=frozenset(_unread(facts)),
    )


_ORDER = {kind: number for number, kind in enumerate(TraitKind)}


def _is_volatile(trait: Trait, left: list[Volatile]) -> bool:
    return any(
        one.kind is trait.kind and any(fnmatchcase(trait.name, name) for name in one.names) for one in left
    )


def _builds(facts: Facts) -> Iterator[Trait]:
    for name, prop in _BUILD:
        if value := facts.value(prop):
            yield Trait(kind=TraitKind.BUILD, name=name, value=value)


def _regions(region: RegionReading) -> Iterator[Trait]:
    for signal in region.signals:
        yield Trait(kind=TraitKind.REGION, name=signal.what, value=signal.value)


def _packages(facts: Facts) -> Iterator[Trait]:
    for package in facts.packages.values():
        yield from _package(package)


def _package(package: Package) -> Iterator[Trait]:
    installed = any(state.installed is not False for state in package.users) or not package.users
    yield Trait(kind=TraitKind.PACKAGE, name=package.name, value="installed" if installed else "known")
    if package.version_code is not None:
        yield Trait(kind=TraitKind.VERSION, name=package.name, value=str(package.version_code))
    if package.signers:
        yield Trait(kind=TraitKind.SIGNER, name=package.name, value=" ".join(sorted(package.signers)))
    if package.paths:
        yield Trait(kind=TraitKind.PATH, name=package.name, value=package.paths[0])


def _overlays(facts: Facts) -> Iterator[Trait]:
    words = {True: "enabled", False: "disabled", None: "cannot be enabled"}
    for overlay in facts.overlays:
        name = f"{overlay.package}:{overlay.name}" if overlay.name else overlay.package
        yield Trait(
            kind=TraitKind.OVERLAY, name=f"{name}, user {overlay.user or 0}", value=words[overlay.enabled]
        )


def _properties(facts: Facts) -> Iterator[Trait]:
    for prop in facts.properties.values():
        yield Trait(kind=TraitKind.PROPERTY, name=prop.name, value=prop.value)


_TOPICS = {
    Topic.PROPERTIES: (TraitKind.BUILD, TraitKind.REGION, TraitKind.PROPERTY),
    Topic.PACKAGES: (TraitKind.PACKAGE, TraitKind.STATE, TraitKind.VERSION, TraitKind.PATH),
    Topic.DETAILS: (TraitKind.SIGNER,),
    Topic.OVERLAYS: (TraitKind.OVERLAY,),
}


def _unread(facts: Facts) -> Iterator[TraitKind]:
    for gap in facts.gaps:
        yield from _TOPICS.get(gap.topic, ())
