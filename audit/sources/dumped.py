"""Which sections of dumpstate and which services of dumpsys are evidence, and of what kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audit.model.evidence import Artifact, Kind
from audit.model.text import clean_line
from audit.sources.dumpstate import Heading, Section, Split
from audit.sources.settings_dump import settings_artifacts

TITLES: Mapping[str, Kind] = {
    "SYSTEM PROPERTIES": Kind.GETPROP,
    "NETSTAT": Kind.SOCKETS,
    "DETAILED SOCKET STATE": Kind.SOCKET_DETAILS,
    "PROCESSES": Kind.PROCESSES,
    "PROCESSES AND THREADS": Kind.PROCESSES,
    "CHECKIN NETSTATS": Kind.NETSTATS,
    "QTAGUID STATS INFO": Kind.NETSTATS,  # the kernel's own counters, Android 7 to 9
    "SYSTEM LOG": Kind.LOGCAT,
    "EVENT LOG": Kind.LOGCAT,
    "RADIO LOG": Kind.LOGCAT,
    "LAST LOGCAT": Kind.LOGCAT,
}
_SETTINGS = "settings"
SERVICES: Mapping[str, Kind] = {
    "package": Kind.PACKAGE_DETAILS,
    _SETTINGS: Kind.SETTINGS_GLOBAL,
    "overlay": Kind.OVERLAYS_DUMP,
    "user": Kind.USERS,
    "netstats": Kind.NETSTATS,
    "connectivity": Kind.CONNECTIVITY,
    "activity": Kind.BROADCASTS,
}


def kind_of(heading: Heading) -> Kind | None:
    """What the section under *heading* is evidence of; None for one that is left."""
    if heading.service:
        return SERVICES.get(heading.service)
    return TITLES.get(heading.title)


def wanted(heading: Heading) -> bool:
    """Whether the section under *heading* is read."""
    return kind_of(heading) is not None


def artifacts(found: Split, name: str) -> Iterator[Artifact]:
    """The evidence in *found*; origins are *name* and the section: ``bugreport.txt > dumpsys package``."""
    for section in found.sections:
        kind = kind_of(section.heading)
        if kind is None:
            continue
        origin = f"{name} > {clean_line(section.heading.name)}"
        if section.heading.priority:
            origin += f" ({section.heading.priority})"
        if section.heading.service == _SETTINGS:
            yield from settings_artifacts(origin, section.data, truncated=not section.ended)
        else:
            yield _artifact(kind, origin, section)


def _artifact(kind: Kind, origin: str, section: Section) -> Artifact:
    return Artifact(kind=kind, origin=origin, data=section.data, truncated=not section.ended)
