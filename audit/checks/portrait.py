"""A unit's traits: what of it should be equal on every unit of its model, and nothing that is its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from audit.checks.own import Own, is_own_name, is_own_value
from audit.checks.volatile import names_of
from audit.model.evidence import Topic
from audit.model.facts import AndroidUser, Enabled, Facts, UserState
from audit.model.portrait import Portrait, Trait, TraitKind
from audit.model.profiles import Volatile
from audit.model.report import RegionReading
from audit.model.text import unquoted

BUILD = {
    "ro.build.fingerprint": "fingerprint",
    "ro.build.display.id": "display id",
    "ro.build.version.incremental": "incremental",
    "ro.build.version.release": "android",
    "ro.build.version.security_patch": "security patch",
}
"""Properties that name the build, and what they are called as its traits."""

AND = " + "
"""Between the folders of one package."""
_LONGEST_SIGNAL = 120
"""Characters; the text of a file is told by what it says."""


def portrait_of(facts: Facts, region: RegionReading, volatile: Iterable[Volatile]) -> Portrait:
    """The traits of a unit, without those that *volatile* says differ between equal units.

    No trait holds an identifier of the unit, whatever the rulebook says: a property that states one is left
    out, and a kind of which another trait had to be dropped for it counts as not wholly read.
    """
    maker = unquoted(facts.value("ro.product.manufacturer") or "").casefold()
    kinds: dict[TraitKind, Iterable[Trait]] = {
        TraitKind.BUILD: _builds(facts),
        TraitKind.REGION: _regions(region),
        TraitKind.OVERLAY: _overlays(facts),
        TraitKind.USER: map(_user, facts.users),
        TraitKind.APEX: _apex(facts),
        **_packages(facts),
    }
    policy = tuple(volatile)
    left_out: set[str] = set()
    kinds[TraitKind.PROPERTY] = _properties(facts, policy, maker, left_out)
    traits: list[Trait] = []
    for kind in TraitKind:
        names = names_of(policy, kind, maker)
        kept = {trait.name: trait for trait in kinds[kind]}
        if names.any and kind is not TraitKind.PROPERTY:  # those were left out as they were read
            kept = {name: trait for name, trait in kept.items() if name not in names}
        traits += sorted(kept.values(), key=_BY_NAME)
    return _without_own(
        Portrait(
            model=unquoted(facts.value("ro.product.model") or ""),
            build=facts.value("ro.build.display.id") or facts.value("ro.build.version.incremental") or "",
            traits=tuple(traits),
            unread=frozenset(_unread(facts)),
            detailed=frozenset(
                package.name
                for package in facts.packages.values()
                if any(state.hidden is not None or state.suspended is not None for state in package.users)
            ),
            left_out=frozenset(left_out),
        ),
        Own(facts),
    )


_BY_NAME = attrgetter("name")


def _without_own(portrait: Portrait, own: Own) -> Portrait:
    """*portrait* without any text that holds one of the unit's identifiers."""
    said = [text for trait in portrait.traits for text in (trait.name, trait.value)]
    if not own.within("\0".join((portrait.model, portrait.build, *said, *portrait.left_out))):
        return portrait
    kept: list[Trait] = []
    dropped: list[Trait] = []
    for trait in portrait.traits:
        (dropped if own.within(f"{trait.name}\0{trait.value}") else kept).append(trait)
    names = {trait.name for trait in dropped if trait.kind is TraitKind.PROPERTY}
    others = {trait.kind for trait in dropped} - {TraitKind.PROPERTY}
    return Portrait(
        model="" if own.within(portrait.model) else portrait.model,
        build="" if own.within(portrait.build) else portrait.build,
        traits=tuple(kept),
        unread=portrait.unread | others,
        detailed=frozenset(name for name in portrait.detailed if not own.within(name)),
        left_out=frozenset(name for name in portrait.left_out | names if not own.within(name)),
    )


def _builds(facts: Facts) -> Iterator[Trait]:
    for prop, name in BUILD.items():
        if value := facts.value(prop):
            yield Trait(kind=TraitKind.BUILD, name=name, value=value)


def _regions(region: RegionReading) -> Iterator[Trait]:
    """One a place, however many rules read it; a file by what it says, since its text may be long."""
    said: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    for signal in region.signals:
        said.setdefault(signal.what, []).append(signal.says)
        values[signal.what] = signal.value
    for what, says in said.items():
        whole = values[what]
        short = len(whole) <= _LONGEST_SIGNAL and "\n" not in whole
        value = whole if short else " ".join(sorted(set(says)))
        yield Trait(kind=TraitKind.REGION, name=what, value=value)


def _packages(facts: Facts) -> dict[TraitKind, list[Trait]]:
    """Lists, not generators, and no look-ups: a unit has some 400, and a crate a hundred units."""
    made: dict[TraitKind, list[Trait]] = {kind: [] for kind in _OF_PACKAGES}
    packages, states, versions, signers, paths = made.values()
    for package in facts.packages.values():
        name, users = package.name, package.users
        installed = not users or any(state.installed is not False for state in users)
        value = "installed" if installed else "known"
        packages.append(Trait(kind=TraitKind.PACKAGE, name=name, value=value))
        states += [
            Trait(kind=TraitKind.STATE, name=f"{name}, user {state.user}", value=words)
            for state in users
            if (words := _unusual(state, installed=installed))
        ]
        if package.version_code is not None:
            versions.append(Trait(kind=TraitKind.VERSION, name=name, value=str(package.version_code)))
        if package.signers:
            value = " ".join(sorted(package.signers))
            signers.append(Trait(kind=TraitKind.SIGNER, name=name, value=value))
        if package.paths:
            first, *more = package.paths
            value = AND.join(dict.fromkeys(map(plain_path, package.paths))) if more else plain_path(first)
            paths.append(Trait(kind=TraitKind.PATH, name=name, value=value))
    return made


_OF_PACKAGES = (
    TraitKind.PACKAGE,
    TraitKind.STATE,
    TraitKind.VERSION,
    TraitKind.SIGNER,
    TraitKind.PATH,
)
_DISABLED = frozenset({Enabled.DISABLED, Enabled.DISABLED_USER})


def _unusual(state: UserState, *, installed: bool) -> str:
    """What of a state is worth comparing, in words.

    Of other users than the first it is usual that they lack packages. Who disabled a package is told by a
    dump alone. Left out are ``stopped``, which ends with the first start, and "disabled until used", which
    follows the SIM (AOSP CarrierAppUtils.java).
    """
    absent = state.installed is False and installed and state.user == 0
    disabled = state.enabled in _DISABLED
    if not (absent or disabled or state.hidden or state.suspended):
        return ""
    said = (
        (absent, "not installed"),
        (disabled, "disabled"),
        (state.hidden, "hidden"),
        (state.suspended, "suspended"),
    )
    return ", ".join(word for holds, word in said if holds)


# Android 11 on: two folders with 16 random bytes each, in URL-safe base64; Android 8 to 10: one; before: a
# counter, or a file. AOSP PackageManagerServiceUtils.java getNextCodePath; adopted storage has a UUID.
_RANDOM_FOLDER = re.compile(r"/~~[A-Za-z0-9_=-]+(?=/)")
_RANDOM_TAIL = re.compile(r"^(?P<head>.*?/app/[^/]+?)-(?:[A-Za-z0-9_-]{22}==|[0-9]{1,3})(?P<tail>/|\.apk$|$)")
WRITABLE = ("/data/", "/mnt/")
"""Where packages are put that are not on an image, or newer than there."""
_VOLUME = re.compile(r"^/mnt/expand/[^/]+/")
_SHELVES = frozenset({"app", "priv-app", "framework", "overlay"})
"""Folders in which an APK may lie by itself; anywhere else its folder is the package's own."""


def plain_path(path: str) -> str:
    """The folder (or lone file) of a package, without what is random or counted in it.

    A list names the APK, a dump its folder: they are one here.
    """
    if path.startswith(WRITABLE):
        path = _VOLUME.sub("/mnt/expand/…/", path)
        path = _RANDOM_TAIL.sub(r"\g<head>\g<tail>", _RANDOM_FOLDER.sub("", path))
    if not path.endswith(".apk"):
        return path
    folder, slash, _ = path.rpartition("/")
    return folder if slash and folder[folder.rfind("/") + 1 :] not in _SHELVES else path


_WORDS = {True: "enabled", False: "disabled", None: "cannot be enabled"}


def _overlays(facts: Facts) -> Iterator[Trait]:
    for overlay in facts.overlays:
        name = f"{overlay.package}:{overlay.name}" if overlay.name else overlay.package
        yield Trait(
            kind=TraitKind.OVERLAY, name=f"{name}, user {overlay.user or 0}", value=_WORDS[overlay.enabled]
        )


# AOSP core/java/android/content/pm/UserInfo.java; the other bits change with use (initialised, quiet mode).
_USERS: Mapping[str, tuple[int, str]] = {
    "MANAGED_PROFILE": (0x20, "managed profile"),
    "GUEST": (0x4, "guest"),
    "RESTRICTED": (0x8, "restricted user"),
    "DEMO": (0x200, "demo user"),
}


def _user(user: AndroidUser) -> Trait:
    named = set(user.flags.split("|"))
    bits = int(user.flags, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,8}", user.flags) else 0
    words = (word for name, (bit, word) in _USERS.items() if bits & bit or name in named)
    return Trait(kind=TraitKind.USER, name=f"user {user.number}", value=next(words, "user"))


def _apex(facts: Facts) -> Iterator[Trait]:
    for module in facts.apex:
        if module.version_code is not None:
            yield Trait(kind=TraitKind.APEX, name=module.name, value=str(module.version_code))


def _properties(
    facts: Facts, policy: tuple[Volatile, ...], maker: str, left_out: set[str]
) -> Iterator[Trait]:
    names = names_of(policy, TraitKind.PROPERTY, maker)
    for prop in facts.properties.values():
        if prop.name in names or is_own_name(prop.name) or is_own_value(prop.value):
            left_out.add(prop.name)
        elif prop.name not in BUILD:
            yield Trait(kind=TraitKind.PROPERTY, name=prop.name, value=prop.value)


_TOPICS = {
    Topic.PROPERTIES: (TraitKind.BUILD, TraitKind.REGION, TraitKind.PROPERTY),
    Topic.PACKAGES: (TraitKind.PACKAGE, TraitKind.STATE, TraitKind.VERSION, TraitKind.PATH),
    Topic.DISABLED: (TraitKind.STATE,),
    Topic.DETAILS: (TraitKind.SIGNER,),
    Topic.OVERLAYS: (TraitKind.OVERLAY,),
    # a list of users that was refused leaves packages open as well, and is a gap of theirs (audit.pipeline)
    Topic.USERS: (TraitKind.USER,),
    Topic.APEX: (TraitKind.APEX,),
}
_OF_RUNNING_UNITS = (TraitKind.USER, TraitKind.STATE)


def _unread(facts: Facts) -> Iterator[TraitKind]:
    for gap in facts.gaps:
        yield from _TOPICS.get(gap.topic, ())
    if facts.at_rest:
        yield from _OF_RUNNING_UNITS
