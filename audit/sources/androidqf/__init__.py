"""Reads an acquisition of AndroidQF: a folder, the ``.zip`` it was packed into, or that encrypted with age.

Nothing is unpacked to disk. Every file of the acquisition is either read or named in `Source.detail`; one
that is not what ``hashes.csv`` says is a gap.
Source: github.com/mvt-project/androidqf, README.md, docs/acquisition-archives.md and modules/.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from audit import __version__
from audit.errors import BadInput
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.text import clean_line
from audit.parse.gaps import TOPICS
from audit.sources import answers, peek, plan
from audit.sources.androidqf import age
from audit.sources.androidqf.age import Keys
from audit.sources.androidqf.apks import read_apks
from audit.sources.androidqf.evidence import Sorted, sort
from audit.sources.androidqf.hashes import Checked, check
from audit.sources.androidqf.header import Header, read_header
from audit.sources.androidqf.store import HEADER, FolderStore, Store, ZipStore, is_zip

_FIX = "give the folder, the .zip or the .zip.age that AndroidQF wrote"
_MOST_NAMED = 16
_NAMED = re.compile(r"androidqf|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.zip$")
"""How AndroidQF and people call acquisitions."""


def accepts(path: Path, head: bytes) -> bool:
    """Whether *path* is an acquisition: it holds ``acquisition.json``, or is an encrypted file.

    head: the first bytes of a file, b"" for a folder
    """
    if path.is_dir():
        return (path / HEADER).is_file()
    if age.is_encrypted(head):
        return True
    if not is_zip(head):
        return False
    try:
        with ZipStore(path, str(path)) as store:
            return HEADER in store.names
    except BadInput:
        return _NAMED.match(path.name.lower()) is not None  # opened, it is refused with the reason


def read_acquisition(path: Path, *, files: Collection[str] = (), keys: Keys | None = None) -> Snapshot:
    """The snapshot that the acquisition at *path* is.

    files: paths on the unit of configuration files to recognise; an acquisition holds none of them
    keys: what opens an encrypted one
    Raises BadInput for what is no acquisition, is damaged, or opens with none of the keys.
    """
    del files
    with _opened(path, keys) as store:
        if HEADER not in store.names:
            raise BadInput(
                f"is no AndroidQF acquisition: there is no {HEADER} in it", where=str(path), fix=_FIX
            )
        header = read_header(store)
        found = sort(store)
        if not found.artifacts:
            raise BadInput(
                f"is an AndroidQF acquisition without evidence: {_some(store.names)}",
                where=str(path),
                fix="repeat the acquisition",
            )
        checked = check(store)
        code = read_apks(store, found)
    return Snapshot(
        unit=_unit(found.artifacts),
        source=Source(
            kind=SourceKind.ANDROIDQF,
            detail=_detail(path, store, header, found, checked),
            path=clean_line(str(path)),
            what=header.words,
        ),
        acquired_at=header.started,
        tool_version=__version__,
        artifacts=found.artifacts,
        gaps=(*header.gaps, *found.gaps, *code.gaps, *_altered(checked, found), *_too_old(found.artifacts)),
        code=(*found.code, *code.files),
    )


@contextmanager
def _opened(path: Path, keys: Keys | None) -> Iterator[Store]:
    if path.is_dir():
        yield FolderStore(path)
        return
    encrypted = age.is_encrypted(age.head_of(path))
    with ZipStore(age.decrypted(path, keys or Keys()) if encrypted else path, str(path)) as store:
        if store.twice is not None:
            raise BadInput(
                f"holds {clean_line(store.twice)} twice", where=str(path), fix="ask for the original"
            )
        yield store


def _unit(artifacts: tuple[Artifact, ...]) -> UnitId:
    properties = next((a.data for a in artifacts if a.kind is Kind.GETPROP), b"")
    serial, model = peek.serial(properties), peek.model(properties)
    return UnitId(
        serial=None if serial is None else clean_line(serial),
        model=None if model is None else clean_line(model),
    )


def _altered(checked: Checked, found: Sorted) -> Iterator[Gap]:
    """What was changed after the acquisition cannot vouch for the unit, whichever file it is."""
    topics = {a.origin.partition(" > ")[0]: TOPICS[a.kind] for a in found.artifacts}
    for name, reason in checked.wrong:
        yield Gap(
            topic=topics.get(name, Topic.PACKAGES),
            reason=f"{name} {reason}.",
            fix="Find out who changed the acquisition; judge the original, or repeat it.",
            origin=name,
        )


def _too_old(artifacts: tuple[Artifact, ...]) -> Iterator[Gap]:
    for artifact in artifacts:
        if artifact.kind is Kind.GETPROP:
            version = peek.version(artifact.data)
            if version.sdk is not None and version.sdk < plan.OLDEST_SDK:
                yield answers.too_old(version)


def _detail(path: Path, store: Store, header: Header, found: Sorted, checked: Checked) -> str:
    notes = [clean_line(str(path)), header.words]
    notes += found.notes
    if found.left:
        notes.append(f"left: {_some(found.left)}")
    if found.unknown:
        notes.append(f"not understood: {_some(found.unknown)}")
    if store.odd:
        notes.append(f"left, as their names lead out of the acquisition: {store.odd}")
    notes.append(checked.words)
    return "; ".join(notes)


def _some(names: Collection[str]) -> str:
    shown = [clean_line(name) for name in list(names)[:_MOST_NAMED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


__all__ = ["Keys", "accepts", "read_acquisition"]
