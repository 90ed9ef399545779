"""Which file of an acquisition is what evidence; every other is named as left, or as unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from audit import codec
from audit.errors import BadInput
from audit.model.code import CodeFile
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Topic
from audit.model.record import record
from audit.model.text import clean_line
from audit.parse.gaps import TOPICS
from audit.sources import dumped
from audit.sources.androidqf import convert, nested
from audit.sources.androidqf.hashes import HASHES, LOG
from audit.sources.androidqf.store import HEADER, REST, Store, read
from audit.sources.dumpstate import split

LARGEST_BYTES = 128 * 1024 * 1024
"""Of one file that is read; what is longer is read so far and counts as cut."""
LARGEST_JSON_BYTES = 32 * 1024 * 1024
"""Of one that is parsed as a whole, at ten times its size in memory; ``packages.json`` has 1 to 5 MB."""

DUMPSYS, BUGREPORT, APKS = "dumpsys.txt", "bugreport.zip", "apks/"
_USERS = "package_users.json"
_AGAIN = "Repeat the acquisition, or copy it again."

_PLAIN: Mapping[str, Kind] = {
    "getprop.txt": Kind.GETPROP,
    "packages.json": Kind.PACKAGES_ANDROIDQF,
    "settings_global.txt": Kind.SETTINGS_GLOBAL,
    "settings_system.txt": Kind.SETTINGS_SYSTEM,
    "settings_secure.txt": Kind.SETTINGS_SECURE,
    "processes.txt": Kind.PROCESSES,
    "processes.json": Kind.PROCESSES,
    "ps.txt": Kind.PROCESSES,
    "logcat.txt": Kind.LOGCAT,
    "logcat_old.txt": Kind.LOGCAT,
}
_OWN = frozenset({HEADER, HASHES, LOG, "adb_host_key.pub"})
"""About the acquisition, not about the unit."""
_LEFT = frozenset(
    {"services.txt", "selinux.txt", "env.txt", "root_binaries.json", "mounts.json", "backup.ab", BUGREPORT}
)
_LEFT_FOLDERS = frozenset(
    {
        "apks",
        "logs",
        "tmp",
        "intrusion_logs",
        "apex",
        "init_scripts",
        "magisk_modules",
        "browser_history",
        "yara",
    }
)


@record
class Sorted:
    """All files of an acquisition by what becomes of them.

    left: those that are known and not read, a folder as "logs/ (3)"; unknown: those nothing is known of
    """

    artifacts: tuple[Artifact, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    left: tuple[str, ...]
    unknown: tuple[str, ...]
    code: tuple[CodeFile, ...] = ()


@record
class _Read:
    """What one file came to."""

    artifacts: tuple[Artifact, ...] = ()
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    code: tuple[CodeFile, ...] = ()


def sort(store: Store) -> Sorted:
    """Read what is evidence; one that cannot be read is a gap in what it would have told."""
    results = [_guarded(store, name) for name in store.names if name in _READERS]
    if DUMPSYS not in store.names:
        results.append(_instead(store))
    left, unknown = _others(store)
    artifacts = [a for result in results for a in result.artifacts]
    if any(a.kind is Kind.USERS and a.origin != _USERS for a in artifacts):
        # the dump names them too, and knows more of each
        artifacts = [a for a in artifacts if a.origin != _USERS]
    return Sorted(
        artifacts=tuple(artifacts),
        gaps=tuple(g for result in results for g in result.gaps),
        notes=tuple(n for result in results for n in result.notes),
        left=left,
        unknown=unknown,
        code=tuple(c for result in results for c in result.code),
    )


def _others(store: Store) -> tuple[tuple[str, ...], tuple[str, ...]]:
    folders: Counter[str] = Counter()
    left: list[str] = []
    unknown: list[str] = []
    for name in store.names:
        folder, slash, _ = name.partition("/")
        if name in _READERS or name in _OWN:
            continue
        if slash and folder in _LEFT_FOLDERS:
            folders[f"{folder}/"] += 1
        else:
            (left if name in _LEFT else unknown).append(clean_line(name))
    # apks/ are read beside the evidence, as code
    counted = [f"{name} ({count})" for name, count in sorted(folders.items()) if name != APKS]
    return (*left, *counted), tuple(unknown)


def _guarded(store: Store, name: str) -> _Read:
    topic, reader = _READERS[name]
    try:
        return reader(store, name)
    except BadInput as error:
        return _Read(gaps=(Gap(topic=topic, reason=f"{name} {error.what}.", fix=_AGAIN, origin=name),))


def _plain(store: Store, name: str) -> _Read:
    most = LARGEST_JSON_BYTES if name.endswith(".json") else LARGEST_BYTES
    data, whole = read(store, name, most)
    return _Read(artifacts=(Artifact(kind=_PLAIN[name], origin=name, data=data, truncated=not whole),))


def _processes(store: Store, name: str) -> _Read:
    data, whole = read(store, name, LARGEST_BYTES)
    notes: tuple[str, ...] = ()
    if data.lstrip().startswith(b"["):
        data, whole = convert.processes(data, whole=whole)
        notes = (f"{name} of AndroidQF's collector is read as a process list",)
    artifact = Artifact(kind=Kind.PROCESSES, origin=name, data=data, truncated=not whole)
    return _Read(artifacts=(artifact,), notes=notes)


def _files(store: Store, name: str) -> _Read:
    data, whole = read(store, name, LARGEST_BYTES)
    listed = convert.files(data, whole=whole)
    artifacts = [Artifact(kind=Kind.LISTING, origin=name, data=listed.paths, truncated=not listed.whole)]
    if listed.digests:
        artifacts.append(Artifact(kind=Kind.DIGESTS, origin=name, data=listed.digests))
    return _Read(artifacts=tuple(artifacts))


def _users(store: Store, name: str) -> _Read:
    data, whole = read(store, name, LARGEST_JSON_BYTES)
    told = convert.users(data, name)
    artifact = Artifact(kind=Kind.USERS, origin=name, data=told.text, truncated=not whole)
    return _Read(artifacts=(artifact,), gaps=told.gaps)


def _dumpsys(store: Store, name: str) -> _Read:
    stopped: list[str] = []
    found = split(_until_stopped(store, name, stopped), dumped.wanted)
    gaps = tuple(
        Gap(
            topic=Topic.PACKAGES,
            reason=f"{name} was read for {found.bytes_read} bytes only: it {reason}.",
            fix=_AGAIN,
            origin=name,
        )
        for reason in stopped
    )
    artifacts = tuple(dumped.artifacts(found, name))
    notes = (f"{name}: {len(artifacts)} sections read, {len(found.left)} others left",)
    if not artifacts and not gaps:
        gaps = (
            Gap(
                topic=Topic.PACKAGES,
                reason=f"{name} holds no dump of a service that is read.",
                fix=_AGAIN,
                origin=name,
            ),
        )
    return _Read(artifacts=artifacts, gaps=gaps, notes=notes)


def _until_stopped(store: Store, name: str, stopped: list[str]) -> Iterator[bytes]:
    """The text as far as it can be read; *stopped* tells afterwards why no further."""
    left = _LARGEST_DUMP_BYTES
    try:
        for chunk in store.chunks(name):
            left -= len(chunk)
            if left < 0:
                stopped.append("is longer than any dump is")
                return
            yield chunk
    except BadInput as error:
        stopped.append(error.what)


_LARGEST_DUMP_BYTES = 1024 * 1024 * 1024


def _instead(store: Store) -> _Read:
    """The bug report, where dumpsys is missing: it holds the same dumps."""
    if BUGREPORT not in store.names:
        return _Read()
    try:
        text, chunks = nested.report(store, BUGREPORT)
        found = split(chunks, dumped.wanted)
    except BadInput as error:
        gap = Gap(topic=Topic.PACKAGES, reason=f"{BUGREPORT} {error.what}.", fix=_AGAIN, origin=BUGREPORT)
        return _Read(gaps=(gap,))
    # what the acquisition itself holds is not read a second time
    beside = {Kind.GETPROP, Kind.LOGCAT, Kind.PROCESSES}
    artifacts = tuple(
        a for a in dumped.artifacts(found, f"{BUGREPORT} > {clean_line(text)}") if a.kind not in beside
    )
    gaps = (
        ()
        if found.done
        else (
            Gap(
                topic=Topic.PACKAGES,
                reason=f"{BUGREPORT} was cut after {found.bytes_read} bytes.",
                fix=_AGAIN,
                origin=BUGREPORT,
            ),
        )
    )
    notes = (f"{BUGREPORT} is read because there is no {DUMPSYS}",)
    return _Read(artifacts=artifacts, gaps=gaps, notes=notes)


def _rest(store: Store, name: str) -> _Read:
    """What `audit.sources.androidqf_out` wrote beside AndroidQF's own files."""
    data, _ = read(store, name, LARGEST_BYTES)
    try:
        kept = codec.from_json(Snapshot, data.decode("utf-8", "replace"), where=f"{store.where}: {name}")
    except BadInput as error:
        raise BadInput(f"cannot be read: {error.what}", where=error.where, fix=_AGAIN) from error
    return _Read(artifacts=kept.artifacts, gaps=kept.gaps, code=kept.code)


_Reader = Callable[[Store, str], _Read]
_READERS: Mapping[str, tuple[Topic, _Reader]] = {
    **{name: (TOPICS[kind], _plain) for name, kind in _PLAIN.items() if kind is not Kind.PROCESSES},
    **{name: (TOPICS[kind], _processes) for name, kind in _PLAIN.items() if kind is Kind.PROCESSES},
    "files.json": (Topic.FILES, _files),
    _USERS: (Topic.USERS, _users),
    REST: (Topic.PACKAGES, _rest),
    DUMPSYS: (Topic.PACKAGES, _dumpsys),
}
