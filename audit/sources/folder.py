"""Reads a plain folder: outputs of commands named after them, or ``*.prop`` files of a firmware.

Both may lie in one folder. What no rule knows is named in `Source.detail`; what a folder lacks becomes a gap
when its facts are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

from audit import __version__
from audit.adb.device import Completed
from audit.errors import BadInput
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources import answers, disk, halves, names, peek, plan
from audit.sources.names import Named
from audit.sources.settings_dump import settings_artifacts

_DEEPEST_OUTPUT = 2
"""Folders an output may lie in; deeper down, ``users.txt`` is a file of the firmware."""

_PROP_NAMES = frozenset({"prop.default"})
_CARRIER_PACKS = ("vendor", "package")
"""Qualcomm's carrier packs, ``/vendor/package``: the SIM may choose one, none is active by lying there."""

_MOST_NAMED = 12
_DETAILS_OF = re.compile(rb"^Unable to find package: (\S+)|^ {2}Package \[([^\]\s]+)\]", re.MULTILINE)

EXPECTED = (
    "getprop.txt, pm_list_packages_f_u.txt, pm_list_packages.txt, dumpsys_package.txt, overlay_list.txt,"
    " settings_list_global.txt, or *.prop files"
)


@record
class _File:
    """One file that is understood. named: None for a ``*.prop`` file or a configuration file."""

    path: Path
    origin: str
    kind: Kind
    named: Named | None = None
    argument: str | None = None


@record
class _Sorted:
    """All files of a folder by what becomes of them."""

    used: tuple[_File, ...]
    stderr: frozenset[Path]
    commands: Path | None
    unknown: tuple[str, ...]
    packs: int


def read_folder(path: Path, *, files: Collection[str] = ()) -> Snapshot:
    """The snapshot that the files below *path* are.

    files: paths on the unit of further configuration files to recognise, beside `audit.sources.plan.FILES`
    Raises BadInput for a folder nothing of which is understood, one that holds several units, and for files
    that are understood by their name and cannot be read.
    """
    found = _sort(path, plan.known_files(files))
    if not found.used:
        raise BadInput(_nothing(found), where=str(path), fix=f"name files after their commands: {EXPECTED}")
    _one_unit(path, found.used)
    commands = () if found.commands is None else tuple(names.exit_codes(_text(found.commands)))
    artifacts = [artifact for file in found.used for artifact in _artifacts(file, commands, found.stderr)]
    kept = _without_failed_attempts(artifacts)
    dropped = [a.origin for a in artifacts if a not in kept]
    return _snapshot(str(path), kept, _notes(found, dropped), tuple(_gaps(kept, found.used)))


def read_file(path: Path) -> Snapshot:
    """The snapshot that one file is: the output of ``getprop``, or a ``*.prop`` file."""
    data = disk.read(path)
    kind = Kind.GETPROP if is_getprop(data) else Kind.BUILD_PROP
    artifact = Artifact(kind=kind, origin=path.name, data=data)
    return _snapshot(str(path), (artifact,), (), tuple(_too_old((artifact,))))


def is_getprop(data: bytes) -> bool:
    """Whether *data* begins like the output of ``getprop``."""
    return re.search(rb"^\[[^\]\r\n]+\]: \[", data[:4096], re.MULTILINE) is not None


def is_prop_file(data: bytes) -> bool:
    """Whether *data* begins like a ``*.prop`` file: comments, imports and assignments."""
    return (
        re.search(rb"^(?:ro|persist|sys|dalvik|gsm|import)[. ]?[\w./-]*\s*=", data[:8192], re.MULTILINE)
        is not None
    )


def _sort(folder: Path, known: tuple[str, ...]) -> _Sorted:
    used: list[_File] = []
    unknown: list[str] = []
    stderr: set[Path] = set()
    commands: Path | None = None
    packs = 0
    for path in disk.walk(folder):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        if _in_carrier_pack(relative):
            packs += 1
        elif relative.name.lower() == "commands.tsv":
            commands = path
        elif names.is_output(path) and path.stem.lower().endswith(names.STDERR):
            stderr.add(path)
        elif (file := _told(path, relative, known)) is not None:
            used.append(file)
        else:
            unknown.append(clean_line(str(relative)))
    errors = {_stderr_key(file.path) for file in used}
    alone = [path for path in stderr if _same(path) not in errors]
    unknown += [clean_line(p.relative_to(folder).as_posix()) for p in sorted(alone)]
    return _Sorted(
        used=tuple(sorted(used, key=lambda file: file.origin)),
        stderr=frozenset(stderr),
        commands=commands,
        unknown=tuple(sorted(unknown)),
        packs=packs,
    )


def _told(path: Path, relative: PurePosixPath, known: tuple[str, ...]) -> _File | None:
    origin = clean_line(str(relative))
    if relative.suffix.lower() == ".prop" or relative.name.lower() in _PROP_NAMES:
        return _File(path=path, origin=origin, kind=Kind.BUILD_PROP)
    if (target := _config(relative, known)) is not None:
        return _File(path=path, origin=origin, kind=Kind.FILE, argument=target)
    if not names.is_output(relative) or len(relative.parts) > _DEEPEST_OUTPUT:
        return None
    named = names.recognise(relative.stem)
    return None if named is None else _File(path=path, origin=origin, kind=named.kind, named=named)


def _same(path: Path) -> tuple[Path, str]:
    """What two names of one file on a system that folds their case have in common."""
    return path.parent, path.name.lower()


def _stderr_key(output: Path) -> tuple[Path, str]:
    return output.parent, f"{output.stem}{names.STDERR}{output.suffix}".lower()


def _in_carrier_pack(relative: PurePosixPath) -> bool:
    folders = relative.parts[:-1]
    return _CARRIER_PACKS in pairwise(folders)


def _config(relative: PurePosixPath, known: tuple[str, ...]) -> str | None:
    """The unit's path of a configuration file: the known one that shares most of its end with *relative*."""
    shared = {path: _shared_end(relative.parts, PurePosixPath(path).parts) for path in known}
    best = max(shared, key=lambda path: shared[path])
    return best if shared[best] else None


def _shared_end(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _one_unit(folder: Path, files: Iterable[_File]) -> None:
    homes = sorted({str(f.path.parent.relative_to(folder)) for f in files if f.kind is Kind.GETPROP})
    if len(homes) > 1:
        raise BadInput(
            f"holds several units: there is a getprop output in each of {', '.join(homes[:5])}",
            where=str(folder),
            fix="judge the folder of each unit by itself",
        )


def _artifacts(
    file: _File, commands: tuple[tuple[str, int], ...], stderr: frozenset[Path]
) -> Iterator[Artifact]:
    data = disk.read(file.path)
    errors = next((path for path in stderr if _same(path) == _stderr_key(file.path)), None)
    named = file.named
    if named is not None and file.path.stem.lower().endswith("dumpsys_settings"):
        yield from settings_artifacts(file.origin, data)
        return
    yield Artifact(
        kind=file.kind,
        origin=file.origin,
        data=data,
        stderr=b"" if errors is None else disk.read(errors),
        exit_code=None if named is None else names.exit_code_of(file.path.stem, named, commands),
        user=None if named is None else named.user,
        argument=_asked(named, data) if file.kind is Kind.PACKAGE_DETAILS else file.argument,
    )


def _asked(named: Named | None, data: bytes) -> str | None:
    """The one package that details were asked of; None when they are of all."""
    if named is None or named.part.lower() in {"", "packages", "all", "full"}:
        return None
    told = {str(m[1] or m[2], "utf-8", "replace") for m in _DETAILS_OF.finditer(data)}
    if len(told) == 1:
        (only,) = told
        return only
    return named.part if "." in named.part and plan.is_package_name(named.part) else None


def _without_failed_attempts(artifacts: Iterable[Artifact]) -> tuple[Artifact, ...]:
    """Leave out an answer such as "Unknown option" where the same list was also got in another way."""
    given = tuple(artifacts)
    failed = {id(a) for a in given if a.kind in _LISTS and _failed(a)}
    answered = {(a.kind, a.user) for a in given if id(a) not in failed}
    return tuple(a for a in given if id(a) not in failed or (a.kind, a.user) not in answered)


_LISTS = frozenset({Kind.PACKAGES, Kind.PACKAGES_KNOWN, Kind.PACKAGES_DISABLED, Kind.APEX})


def _failed(artifact: Artifact) -> bool:
    answer = Completed(stdout=artifact.data, stderr=artifact.stderr, exit_code=artifact.exit_code)
    return b"package:" not in artifact.data and answers.not_understood(answer)


def _gaps(artifacts: tuple[Artifact, ...], files: tuple[_File, ...]) -> Iterator[Gap]:
    yield from _too_old(artifacts)
    yield from halves.gaps(artifacts)
    lists = [f for f in files if f.named is not None and f.kind is Kind.PACKAGES]
    letters = {letter for f in lists if f.named for letter in f.named.letters}
    complete = any(f.named and not f.named.filtered for f in lists) or {"s", "3"} <= letters
    if lists and not complete:
        yield Gap(
            topic=Topic.PACKAGES,
            reason=f"{lists[0].origin} lists only part of the packages (option -{_filter(lists[0])}).",
            fix="Record `pm list packages -f` without -s, -3 or -e.",
            origin=lists[0].origin,
        )
    whole = [f for f in files if f.kind is Kind.GETPROP and f.named and f.named.part in {"", "all", "full"}]
    parts = [f for f in files if f.kind is Kind.GETPROP and f not in whole]
    if parts and not whole:
        yield Gap(
            topic=Topic.PROPERTIES,
            reason=f"{parts[0].origin} is by its name an excerpt of the properties.",
            fix="Record `getprop` without an argument as getprop.txt.",
            origin=parts[0].origin,
        )


def _filter(file: _File) -> str:
    return "".join(sorted(set() if file.named is None else file.named.letters & set("s3e")))


def _too_old(artifacts: tuple[Artifact, ...]) -> Iterator[Gap]:
    for kind in (Kind.GETPROP, Kind.BUILD_PROP):
        versions = [peek.version(a.data) for a in artifacts if a.kind is kind]
        stated = [v for v in versions if v.sdk is not None]
        if stated:
            if stated[0].sdk is not None and stated[0].sdk < plan.OLDEST_SDK:
                yield answers.too_old(stated[0])
            return


def _snapshot(
    path: str, artifacts: tuple[Artifact, ...], notes: tuple[str, ...], gaps: tuple[Gap, ...]
) -> Snapshot:
    models = (peek.model(a.data) for a in artifacts if a.kind is Kind.GETPROP)
    return Snapshot(
        unit=UnitId(model=next((clean_line(m) for m in models if m), None)),
        source=Source(
            kind=SourceKind.FOLDER, detail="; ".join((clean_line(path), *notes)), path=clean_line(path)
        ),
        acquired_at=None,
        tool_version=__version__,
        artifacts=artifacts,
        gaps=gaps,
    )


def _notes(found: _Sorted, dropped: list[str]) -> tuple[str, ...]:
    """What lies in the folder and is not part of the snapshot."""
    notes = []
    if found.unknown:
        notes.append(f"not understood: {_some(found.unknown)}")
    if found.packs:
        notes.append(f"left out: {found.packs} files of inactive carrier packs below vendor/package")
    if dropped:
        notes.append(f"left out, as the unit did not understand the command: {_some(dropped)}")
    return tuple(notes)


def _nothing(found: _Sorted) -> str:
    if found.unknown:
        return f"nothing in this folder is understood: {_some(found.unknown)}"
    return "only inactive carrier packs are in this folder" if found.packs else "this folder is empty"


def _some(items: Collection[str]) -> str:
    shown = list(items)[:_MOST_NAMED]
    more = len(items) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _text(path: Path) -> str:
    return disk.read(path).decode("utf-8", "replace")
