"""Lists and dumps of packages into one record a package, with its state for every user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from audit.model.facts import Enabled, Package, UserState
from audit.model.record import record
from audit.parse.package_details import DumpedPackages
from audit.parse.packages import PER_USER, ListedPackage

V = TypeVar("V")

# All that the package manager scans outside of these is an image that is only read: /system, /product, and
# the partitions makers add (/my_region, /prism, /cust). An app in /data may be an update of a system one.
_WRITABLE = frozenset(("data", "mnt", "storage", "sdcard"))


@record
class PackageList:
    """One answer of ``list packages``.

    user: whose; None for the unit's default, which is user 0, or all users where UIDs are shown for each
    complete: nothing of it is missing, so a package that is not in it was not meant
    """

    origin: str
    user: int | None
    packages: tuple[ListedPackage, ...]
    complete: bool = True


@record
class PackageSources:
    """All that speaks of packages.

    known: with the uninstalled ones (``-u``); unsure: the same, from a source that cannot tell them apart
    """

    installed: tuple[PackageList, ...] = ()
    known: tuple[PackageList, ...] = ()
    disabled: tuple[PackageList, ...] = ()
    dumps: tuple[DumpedPackages, ...] = ()
    unsure: tuple[PackageList, ...] = ()


class _Listing:
    """Which packages an answer names for which user."""

    def __init__(self, lists: Iterable[PackageList]) -> None:
        self.names: dict[int, set[str]] = {}
        self.complete: set[int] = set()
        for listed in lists:
            named = {0 if listed.user is None else listed.user: set[str]()}
            for package in listed.packages:
                for user in _users_of(package, listed.user):
                    named.setdefault(user, set()).add(package.name)
            for user, names in named.items():
                self.names.setdefault(user, set()).update(names)
            self.complete.update(named if listed.complete else ())

    def says(self, name: str, user: int) -> bool | None:
        """True: named; False: the answer was complete and did not name it; None: nobody said."""
        if name in self.names.get(user, ()):
            return True
        return False if user in self.complete else None


def _users_of(package: ListedPackage, user: int | None) -> Iterable[int]:
    if user is not None:
        return (user,)
    return {uid // PER_USER for uid in package.uids} or (0,)


def merge_packages(sources: PackageSources) -> dict[str, Package]:
    """Every package anything speaks of, by name, in the order in which they were first named.

    A dump knows a package's state best; where it is silent, the lists tell: named by the plain list is
    installed; known but not named by a complete one is a ghost, uninstalled for that user and back after a
    factory reset. Being in the list of disabled ones is `Enabled.DISABLED`, not being in a complete one is
    `Enabled.ENABLED`, which then is what holds, not which setting led to it.
    """
    listed: dict[str, list[ListedPackage]] = {}
    origins: dict[str, str] = {}
    for source in (*sources.installed, *sources.known, *sources.disabled):
        for package in source.packages:
            listed.setdefault(package.name, []).append(package)
            origins.setdefault(package.name, source.origin)
    dumped: dict[str, Package] = {}
    hidden: dict[str, Package] = {}
    for dump in sources.dumps:
        for package_ in dump.packages:
            dumped.setdefault(package_.name, package_)
        for package_ in dump.hidden:
            hidden.setdefault(package_.name, package_)
    states = _States(sources)
    return {
        name: _listed(name, listed[name], origins[name], states.listed(name))
        if name not in dumped and name not in hidden
        else replace(
            _facts(listed.get(name, ()), origins.get(name), dumped.get(name), hidden.get(name)),
            users=states.of(name, dumped.get(name)),
        )
        for name in dict.fromkeys((*listed, *dumped, *hidden))
    }


def _listed(name: str, lines: Sequence[ListedPackage], origin: str, users: tuple[UserState, ...]) -> Package:
    """A package that no dump speaks of, as hundreds of each unit."""
    paths = _paths([line.path for line in lines], (), ())
    return Package(
        name=name,
        paths=paths,
        version_code=_first([line.version_code for line in lines]),
        uid=_first([uid % PER_USER for line in lines for uid in line.uids]),
        installer=_first([line.installer for line in lines]),
        system=_on_image(paths) or _first([line.system for line in lines]),
        users=users,
        origin=origin,
    )


def _facts(
    lines: Sequence[ListedPackage], origin: str | None, dumped: Package | None, hidden: Package | None
) -> Package:
    """A package that a dump speaks of, without its users."""
    base = dumped or hidden
    assert base is not None  # noqa: S101  # else nothing but the lists would speak of it
    paths = _paths([line.path for line in lines], base.paths, () if hidden is None else hidden.paths)
    return replace(
        base,
        paths=paths,
        version_code=_first([*(line.version_code for line in lines), base.version_code]),
        uid=_first([base.uid, *(uid % PER_USER for line in lines for uid in line.uids)]),
        installer=_first([base.installer, *(line.installer for line in lines)]),
        system=hidden is not None
        or _on_image(paths)
        or _first([base.system, *(line.system for line in lines)]),
        origin=base.origin if origin is None else origin,
    )


def _first(values: Iterable[V | None]) -> V | None:
    for value in values:
        if value is not None:
            return value
    return None


def _paths(listed: Iterable[str], dumped: Iterable[str], hidden: Iterable[str]) -> tuple[str, ...]:
    """Listed APKs first; a dump's folder only where it adds something; the factory version last."""
    paths = [path for path in dict.fromkeys(listed) if path]
    for path in (*dumped, *hidden):
        if not any(known == path or known.startswith(f"{path}/") for known in paths):
            paths.append(path)
    return tuple(paths)


def _on_image(paths: Iterable[str]) -> bool:
    """Whether one of the paths lies on an image; Meizu has apps there that lack the flag SYSTEM."""
    roots = {path.split("/", 2)[1] for path in paths if path.startswith("/")}
    return not roots <= _WRITABLE


class _States:
    """What is known of each package for each user."""

    def __init__(self, sources: PackageSources) -> None:
        self._installed = _Listing(sources.installed)
        self._disabled = _Listing(sources.disabled)
        self._unsure = _Listing(sources.unsure)
        self._users = {*self._installed.names, *self._disabled.names, *self._unsure.names}
        self._alike: dict[tuple[object, ...], tuple[UserState, ...]] = {}

    def listed(self, name: str) -> tuple[UserState, ...]:
        """The states of a package no dump speaks of; those of whom the lists say the same share them."""
        listings = (self._installed, self._disabled, self._unsure)
        said = tuple(listing.says(name, user) for user in self._users for listing in listings)
        states = self._alike.get(said)
        if states is None:
            states = self._alike[said] = self.of(name, None)
        return states

    def of(self, name: str, dumped: Package | None) -> tuple[UserState, ...]:
        """The states in the order of the users; users of whom nothing is known are left out."""
        told: Mapping[int, UserState] = {state.user: state for state in (dumped.users if dumped else ())}
        states = (self._state(name, user, told.get(user)) for user in sorted({*self._users, *told}))
        # a state of which nothing is known is kept where that very thing was said
        return tuple(s for s in states if s != UserState(user=s.user) or self._unsure.says(name, s.user))

    def _state(self, name: str, user: int, told: UserState | None) -> UserState:
        state = told or UserState(user=user)
        disabled = self._disabled.says(name, user)
        if state.installed is None:
            installed = True if disabled else self._installed.says(name, user)
            state = replace(state, installed=installed)
        # "default" is what the package's manifest says, which may be disabled: the list knows
        unsettled = state.enabled is None or (state.enabled is Enabled.DEFAULT and disabled)
        if unsettled and state.installed and disabled is not None:
            state = replace(state, enabled=Enabled.DISABLED if disabled else Enabled.ENABLED)
        return state
