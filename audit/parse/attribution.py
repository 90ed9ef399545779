"""Whose a process or a user id is: a package only where nothing else can be meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from audit.model.facts import Package
from audit.parse.broadcasts import Hosted
from audit.parse.connectivity import Asker
from audit.parse.processes import Process
from audit.parse.uids import FIRST_ISOLATED, HOSTS, app_of

UNKNOWN = "unknown process"

_COMM = 15
"""The kernel keeps this much of a process's name; Android keeps its end (``m.android.phone``)."""
_FIRST_APP = 10_000


class Names:
    """Answers "who was that?" from the packages of a unit and the processes that ran on it."""

    def __init__(
        self,
        packages: Mapping[str, Package],
        processes: Iterable[Process] = (),
        hosted: Iterable[Hosted] = (),
        askers: Iterable[Asker] = (),
    ) -> None:
        self._packages = packages
        self._of_uid: dict[int, list[Package]] = {}
        for package in packages.values():
            if package.uid is not None:
                self._of_uid.setdefault(app_of(package.uid), []).append(package)
        self._processes = {process.pid: process for process in processes}
        self._hosted = {process.pid: process for process in hosted}
        self._askers = {asker.pid: asker.uid for asker in askers}

    def __contains__(self, package: str) -> bool:
        return package in self._packages

    def of(self, uid: int | None = None, pid: int | None = None, name: str = "") -> tuple[str, int | None]:
        """The package, the native program or "uid N" that is meant, and its user id.

        name: of the process, where the source prints it; pid: only of a process that ran when the list of
        processes was made
        """
        if uid is None and pid is not None:
            uid = self._uid_of(pid)
        for candidate in self._candidates(uid, pid, name):
            if candidate is not None:
                return candidate, uid
        return (UNKNOWN if uid is None else f"uid {uid}"), uid

    def _candidates(self, uid: int | None, pid: int | None, name: str) -> Iterable[str | None]:
        names = [name] if name else []
        if pid is not None:
            yield self._loaded(pid, uid)
            names += [
                one.name
                for one in (self._hosted.get(pid), self._processes.get(pid))
                if one and self._agrees(one.uid, uid)
            ]
        yield from (self._named(one, uid) for one in names)
        yield self._alone(uid)
        yield from (self._native(one, uid) for one in names)

    @staticmethod
    def _agrees(one: int | None, other: int | None) -> bool:
        return one is None or other is None or one == other

    def _uid_of(self, pid: int) -> int | None:
        for known in (self._hosted.get(pid), self._processes.get(pid)):
            if known is not None and known.uid is not None:
                return known.uid
        return self._askers.get(pid)

    def _loaded(self, pid: int, uid: int | None) -> str | None:
        """The one package whose code the process has loaded."""
        hosted = self._hosted.get(pid)
        if hosted is None or len(hosted.packages) != 1 or not self._agrees(hosted.uid, uid):
            return None
        return hosted.packages[0] if hosted.packages[0] in self._packages else None

    def _named(self, name: str, uid: int | None) -> str | None:
        """The package that the name of a process is, whole or its last 15 characters."""
        base, _, _ = name.partition(":")
        if base in self._packages:
            fits = [self._packages[base]]
        elif len(name) == _COMM and uid is not None:
            fits = [p for p in self._of_uid.get(app_of(uid), ()) if p.name.endswith(base) and ":" not in name]
        else:
            return None
        if len(fits) != 1 or not self._can_be(fits[0], uid):
            return None
        return fits[0].name

    def _can_be(self, package: Package, uid: int | None) -> bool:
        if uid is not None and package.uid is not None and app_of(uid) != app_of(package.uid):
            return False
        shares = package.shared_user is not None or (
            package.uid is not None and len(self._of_uid[app_of(package.uid)]) > 1
        )
        return not (shares and package.name.startswith(HOSTS))

    def _alone(self, uid: int | None) -> str | None:
        """The only package that has the user id, if it shares it with nobody by its own word."""
        if uid is None or app_of(uid) >= FIRST_ISOLATED:
            return None
        own = self._of_uid.get(app_of(uid), ())
        return own[0].name if len(own) == 1 and own[0].shared_user is None else None

    @staticmethod
    def _native(name: str, uid: int | None) -> str | None:
        """A program of the system that is no package: netd, rild."""
        is_app = uid is None or app_of(uid) >= _FIRST_APP
        plain = name.rpartition("/")[2]
        return plain if plain and not is_app and "." not in plain and ":" not in plain else None
