"""Reads what ``adb bugreport`` wrote: the same evidence as a connected unit gives, and what it was doing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from audit import __version__
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.text import clean_line
from audit.sources import answers, dumped, peek, plan
from audit.sources.bugreport.container import Container, accepts, open_container
from audit.sources.bugreport.text import Cut
from audit.sources.dumpstate import Split, split

_AGAIN = (
    "Take the bug report again with `adb bugreport`, on an awake and unlocked unit, and wait until it ends."
)
_MOST_NAMED = 8


def read_bugreport(path: Path, *, files: Collection[str] = ()) -> Snapshot:
    """The snapshot that the bug report at *path* is: a ``.zip``, a folder it was unpacked to, or its text.

    files: paths on the unit of further configuration files to read, if the report holds copies of them
    Raises BadInput with the reason for what is no bug report. One that was cut is read as far as it goes.
    """
    with open_container(path) as container:
        stopped: list[str] = []
        found = split(_until_cut(container, stopped), dumped.wanted)
        artifacts = (*dumped.artifacts(found, container.name), *_copies(container, files))
    return Snapshot(
        unit=_unit(artifacts),
        source=Source(
            kind=SourceKind.BUGREPORT,
            detail=_detail(path, container, found),
            path=clean_line(str(path)),
            taken=clean_line(found.started or ""),
        ),
        acquired_at=None,  # dumpstate prints the unit's local time and not its zone
        tool_version=__version__,
        artifacts=artifacts,
        gaps=tuple(_gaps(container, found, artifacts, stopped)),
    )


def _until_cut(container: Container, stopped: list[str]) -> Iterator[bytes]:
    """The text as far as it can be read; *stopped* tells afterwards why it could not be read further."""
    try:
        yield from container.chunks()
    except Cut as cut:
        stopped.append(str(cut))


def _copies(container: Container, files: Collection[str]) -> Iterator[Artifact]:
    """Configuration files of the unit among those that dumpstate copied."""
    for target in plan.known_files(files):
        if target in container.files:
            data = container.files[target]()
            yield Artifact(kind=Kind.FILE, origin=f"FS{target}", data=data, argument=target)


def _unit(artifacts: tuple[Artifact, ...]) -> UnitId:
    properties = [a.data for a in artifacts if a.kind is Kind.GETPROP]
    serial = next((s for data in properties if (s := peek.serial(data))), None)
    model = next((m for data in properties if (m := peek.model(data))), None)
    return UnitId(
        serial=None if serial is None else clean_line(serial),
        model=None if model is None else clean_line(model),
    )


def _detail(path: Path, container: Container, found: Split) -> str:
    left, lines = len(found.left), sum(found.left.values())
    notes = [clean_line(str(path))]
    if container.name != path.name:
        notes.append(f"read {clean_line(container.name)}")
    if found.started:
        notes.append(
            f"taken at {clean_line(found.started)} by the unit's clock, in a time zone it does not state"
        )
    notes.append(f"{len(found.sections)} sections read, {left} others with {lines} lines left")
    if container.others:
        classes = sorted(container.others.items())[:_MOST_NAMED]
        named = ", ".join(f"{clean_line(name)} ({count})" for name, count in classes)
        notes.append(f"files beside it that are left: {named}")
    return "; ".join(notes)


def _gaps(
    container: Container, found: Split, artifacts: tuple[Artifact, ...], stopped: list[str]
) -> Iterator[Gap]:
    kinds = {artifact.kind for artifact in artifacts}
    if stopped or not found.done:
        how = stopped[0] if stopped else "dumpstate's last line is not there"
        after = f", in or after {clean_line(found.last)}" if found.last else ""
        yield Gap(
            topic=Topic.PACKAGES,
            reason=f"The bug report was cut after {found.bytes_read} bytes{after}: {how}.",
            fix=_AGAIN,
            origin=container.name,
        )
    version = next(
        (peek.version(a.data) for a in artifacts if a.kind is Kind.GETPROP), peek.Version(sdk=None)
    )
    for kind, topic, name, since in _WANTED:
        if kind not in kinds and (version.sdk is None or version.sdk >= since):
            reason = f"The bug report holds no {name}."
            yield Gap(topic=topic, reason=reason, fix=_AGAIN, origin=container.name)
    if version.sdk is not None and version.sdk < plan.OLDEST_SDK:
        yield answers.too_old(version)


# The last number: the API level from which the section is there.
_WANTED = (
    (Kind.GETPROP, Topic.PROPERTIES, "section SYSTEM PROPERTIES", 0),
    (Kind.PACKAGE_DETAILS, Topic.PACKAGES, "dump of the service package", 0),
    (Kind.OVERLAYS_DUMP, Topic.OVERLAYS, "dump of the service overlay", 26),
    (Kind.USERS, Topic.USERS, "dump of the service user", 0),
)

__all__ = ["accepts", "read_bugreport"]
