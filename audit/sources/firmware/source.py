"""A firmware, packed or unpacked, into a snapshot: properties, packages by their manifests, code, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path

from audit import __version__
from audit.errors import BadInput
from audit.model.code import CodeFile
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.record import record
from audit.model.text import clean_line, unquoted
from audit.parse.facts import read_facts
from audit.sources import plan
from audit.sources.firmware import workers as pool
from audit.sources.firmware.layout import packages_of
from audit.sources.firmware.layout.absent import absent, told
from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.layout.survey import Survey, survey
from audit.sources.firmware.layout.variants import variant_of
from audit.sources.firmware.layout.wanted import LARGEST_TEXT, Want, Wanted
from audit.sources.firmware.opening import Opened, opened
from audit.sources.firmware.reading import Job

MOST_PROPERTY_FILES = 500
LISTING = "paths of the image"
_MOST_NAMED = 12
_WHOLE = "Get the whole package of the maker, or unpack it and give the folder with all its partitions."


@record
class Progress:
    """How far reading is.

    done, total: files; path: on the unit, of the file that was read last
    """

    done: int
    total: int
    path: str


OnProgress = Callable[[Progress], None]


def read_firmware(
    path: Path,
    *,
    files: Collection[str] = (),
    on_progress: OnProgress | None = None,
    spool: Path | None = None,
    workers: int | None = None,
) -> Snapshot:
    """The snapshot that the firmware at *path* is: a package, an image, or the folder with what was unpacked.

    files: paths on the unit of configuration files to keep, beside `audit.sources.plan.FILES`
    spool: folder for temporary files, of which some packages need several GB; None = the system's own
    workers: processes that read; None = as many as there are processors
    Raises BadInput for what is no firmware, is encrypted or of a kind that cannot be read; whatever lies in
    one and cannot be read is a gap or a file's trouble.
    """
    with ExitStack() as stack:
        firmware = opened(path, spool, stack)
        found = survey(firmware.roots)
        if not found.files:
            raise _nothing(path, firmware, found)
        sorted_ = _sort(found, Wanted(plan.known_files(files)))
        with pool.Trees(found.roots) as trees:
            reader = _Reader(trees)
            artifacts = (
                *reader.properties(sorted_.properties),
                *reader.files(sorted_.files),
                _listing(found),
            )
            gaps = [*firmware.gaps, *found.gaps, *reader.absent(found)]
        code = _read_code(found, sorted_.jobs, on_progress, workers)
    model = _model(artifacts)
    gaps += [*reader.gaps, *_missing(found, artifacts, code)]
    return Snapshot(
        unit=UnitId(model=model),
        source=Source(
            kind=SourceKind.FIRMWARE,
            detail=_detail(path, firmware, found, sorted_),
            path=clean_line(str(path)),
            what=_what(firmware, found),
        ),
        acquired_at=None,
        tool_version=__version__,
        artifacts=artifacts,
        gaps=tuple(gaps),
        code=code,
    )


@record
class _Sorted:
    """The files by what becomes of them. files: with the name each was asked for by."""

    properties: tuple[Entry, ...]
    left: tuple[Entry, ...]
    files: tuple[tuple[Entry, str], ...]
    jobs: tuple[Job, ...]


def _sort(found: Survey, wanted: Wanted) -> _Sorted:
    by: dict[Want, list[Entry]] = {want: [] for want in Want}
    for entry in found.files:
        by[wanted.of(entry)].append(entry)
    jobs = [Job(entry=entry) for entry in by[Want.CODE]]
    jobs += [Job(entry=entry, text=True) for entry in by[Want.TEXT]]
    return _Sorted(
        properties=tuple(by[Want.PROPERTIES]),
        left=tuple(by[Want.LEFT_PROPERTIES]),
        files=tuple((entry, wanted.asked(entry)) for entry in by[Want.FILE]),
        jobs=tuple(jobs),
    )


class _Reader:
    """Reads the files that become artifacts, and keeps a gap for each that cannot be read."""

    def __init__(self, trees: pool.Trees) -> None:
        self._trees = trees
        self.gaps: list[Gap] = []

    def properties(self, entries: tuple[Entry, ...]) -> Iterator[Artifact]:
        """Property files, nearest to a partition's root first where there are too many."""
        chosen = sorted(entries, key=lambda entry: (entry.path.count("/"), entry.path))
        if (more := len(chosen) - MOST_PROPERTY_FILES) > 0:
            self._gap(Topic.PROPERTIES, "", f"{more} more property files were not read.")
        for entry in sorted(chosen[:MOST_PROPERTY_FILES], key=lambda entry: entry.path):
            if (data := self._read(entry, Topic.PROPERTIES)) is not None:
                yield Artifact(kind=Kind.BUILD_PROP, origin=entry.path, data=data, argument=entry.path)

    def files(self, entries: tuple[tuple[Entry, str], ...]) -> Iterator[Artifact]:
        """Configuration files that were asked for."""
        for entry, asked in entries:
            if (data := self._read(entry, Topic.FILES)) is not None:
                yield Artifact(kind=Kind.FILE, origin=entry.path, data=data, argument=asked)

    def absent(self, found: Survey) -> Iterator[Gap]:
        """Partitions of the unit that were not given, which may hold any package."""
        if names := absent(found, lambda entry: self._read(entry, Topic.PACKAGES)):
            yield Gap(topic=Topic.PACKAGES, reason=told(names), fix=_WHOLE)

    def _read(self, entry: Entry, topic: Topic) -> bytes | None:
        if entry.size > LARGEST_TEXT:
            self._gap(topic, entry.path, f"{entry.path} has {entry.size} bytes; {LARGEST_TEXT} are the most.")
            return None
        try:
            with self._trees.tree(entry.root).open(entry.place) as file:
                return file.read(LARGEST_TEXT)
        except (BadInput, OSError) as error:
            what = error.what if isinstance(error, BadInput) else str(error.strerror or error)
            self._gap(topic, entry.path, f"{entry.path} could not be read: {clean_line(what)}")
            return None

    def _gap(self, topic: Topic, origin: str, reason: str) -> None:
        self.gaps.append(Gap(topic=topic, reason=reason, fix=_WHOLE, origin=origin))


def _read_code(
    found: Survey, jobs: tuple[Job, ...], on_progress: OnProgress | None, workers: int | None
) -> tuple[CodeFile, ...]:
    done = 0

    def step(job: Job) -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(Progress(done=done, total=len(jobs), path=job.entry.path))

    read = pool.read_all(found.roots, jobs, workers=workers, step=step)
    return tuple(sorted(packages_of.named(read), key=lambda file: file.path))


def _listing(found: Survey) -> Artifact:
    paths = sorted((*(entry.path for entry in found.files), *found.links))
    data = "".join(f"{path}\n" for path in paths).encode("utf-8", "replace")
    return Artifact(kind=Kind.LISTING, origin=LISTING, data=data)


def _model(artifacts: tuple[Artifact, ...]) -> str | None:
    """What the properties call the phone."""
    only = tuple(artifact for artifact in artifacts if artifact.kind is Kind.BUILD_PROP)
    facts = read_facts(
        Snapshot(
            unit=UnitId(),
            source=Source(kind=SourceKind.FIRMWARE),
            acquired_at=None,
            tool_version=__version__,
            artifacts=only,
        )
    )
    return unquoted(clean_line(facts.value("ro.product.model") or "")) or None


def _missing(found: Survey, artifacts: tuple[Artifact, ...], code: tuple[CodeFile, ...]) -> Iterator[Gap]:
    if not {"/", "/system"} & set(found.partitions):
        parts = ", ".join(found.partitions)
        yield Gap(topic=Topic.PACKAGES, reason=f"There is no system partition, only {parts}.", fix=_WHOLE)
    if not any(artifact.kind is Kind.BUILD_PROP for artifact in artifacts):
        yield Gap(topic=Topic.PROPERTIES, reason="No property file could be read.", fix=_WHOLE)
    if not any(file.manifest is not None and not file.variant for file in code):
        apks = sum(1 for file in code if file.path.endswith(".apk") and not file.variant)
        why = f"none of the {apks} APKs says its name" if apks else "there is no APK in it"
        yield Gap(topic=Topic.PACKAGES, reason=f"No package could be read: {why}.", fix=_WHOLE)


def _nothing(path: Path, firmware: Opened, found: Survey) -> BadInput:
    reasons = [gap.reason for gap in (*firmware.gaps, *found.gaps)]
    said = f": {reasons[0]}" if reasons else ""
    return BadInput(
        f"no partition of an Android phone could be read in it{said}", where=str(path), fix=_WHOLE
    )


def _what(firmware: Opened, found: Survey) -> str:
    """What it is, and the partitions that were found."""
    parts = dict.fromkeys(at.strip("/").partition("/")[0] or "system" for at in found.partitions)
    return clean_line(f"{firmware.kind}: {', '.join(parts)}")


def _detail(path: Path, firmware: Opened, found: Survey, sorted_: _Sorted) -> str:
    notes = [f"{path}", _what(firmware, found)]
    if sorted_.left:
        variants = Counter(variant_of(entry.path) for entry in sorted_.left)
        count = len(sorted_.left)
        files = "1 property file" if count == 1 else f"{count} property files"
        notes.append(f"left out: {files} of variants ({_some(sorted(variants))})")
    if firmware.left:
        notes.append(f"not opened: {_some(firmware.left)}")
    if found.outside:
        notes.append(f"{found.outside} files lie in no partition")
    if found.twice:
        notes.append(f"{found.twice} files lie in two places and were read once")
    return clean_line("; ".join(notes))


def _some(items: Collection[str]) -> str:
    shown = list(items)[:_MOST_NAMED]
    more = len(items) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
