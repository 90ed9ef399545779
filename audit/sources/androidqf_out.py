"""Writes a snapshot as an acquisition folder, in the form AndroidQF gives it and MVT reads.

What AndroidQF has no file for goes into ``adb_audit.json``, so that nothing of the snapshot is lost and our
own reader judges the folder as it judges the snapshot.
Source: github.com/mvt-project/androidqf acquisition/acquisition.go, adb/packages.go, docs/.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from audit import __version__, codec
from audit.digest import digest
from audit.errors import UsageError
from audit.model.evidence import Artifact, Kind, Snapshot
from audit.model.facts import Enabled, FileDigest, Package, UserState
from audit.parse.facts import read_facts
from audit.sources.androidqf.store import HEADER, REST
from audit.sources.saved import write_atomically

_SETTINGS = {
    Kind.SETTINGS_GLOBAL: "settings_global.txt",
    Kind.SETTINGS_SYSTEM: "settings_system.txt",
    Kind.SETTINGS_SECURE: "settings_secure.txt",
}
_TEXTS = {
    Kind.GETPROP: "getprop.txt",
    Kind.PROCESSES: "processes.txt",
    Kind.LOGCAT: "logcat.txt",
    **_SETTINGS,
}
_SERVICES = {
    Kind.PACKAGE_DETAILS: "package",
    Kind.OVERLAYS_DUMP: "overlay",
    Kind.NETSTATS: "netstats",
    Kind.CONNECTIVITY: "connectivity",
    Kind.BROADCASTS: "activity",
}
_LISTS = frozenset({Kind.PACKAGES, Kind.PACKAGES_KNOWN, Kind.PACKAGES_DISABLED, Kind.PACKAGES_ANDROIDQF})
_OFF = frozenset({Enabled.DISABLED, Enabled.DISABLED_USER, Enabled.DISABLED_UNTIL_USED})
_RULE = "-" * 79
_PER_USER = 100_000


def write_acquisition(snapshot: Snapshot, folder: Path) -> None:
    """Write *snapshot* to *folder*, which must be new or empty; files are readable by their owner only.

    Raises UsageError when the place holds something or cannot be written.
    """
    _make(folder)
    written = dict(_files(snapshot))
    written["hashes.csv"] = _hashes(written)
    for name, data in written.items():
        write_atomically(folder / name, data)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UsageError(
            f"cannot be made: {error.strerror}", where=str(folder), fix="choose another folder"
        ) from error
    check_empty(folder)


def check_empty(folder: Path) -> None:
    """Raise UsageError where *folder* holds something, or may not be looked into."""
    try:
        empty = not any(folder.iterdir())
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", where=str(folder), fix="choose another folder"
        ) from error
    if not empty:
        raise UsageError("is not empty", where=str(folder), fix="name a new folder")


def _files(snapshot: Snapshot) -> Iterator[tuple[str, bytes]]:
    texts, dumps, rest = _told_apart(snapshot.artifacts)
    yield from ((name, artifact.data) for name, artifact in texts.items())
    if dumps:
        yield "dumpsys.txt", _dumpsys(dumps)
    yield "packages.json", _json(list(_packages(snapshot)), indent=4)
    if rest or snapshot.gaps or snapshot.code:
        kept = replace(snapshot, artifacts=tuple(rest))
        yield REST, codec.to_json(kept).encode()
    yield HEADER, _json(_header(snapshot), indent=1)
    yield "command.log", "".join(f"{artifact.origin}\n" for artifact in snapshot.artifacts).encode()


def _told_apart(
    artifacts: tuple[Artifact, ...],
) -> tuple[dict[str, Artifact], list[Artifact], list[Artifact]]:
    """Those that are a file of AndroidQF's by themselves, those that are a part of its dump, and the rest."""
    texts: dict[str, Artifact] = {}
    dumps: list[Artifact] = []
    rest: list[Artifact] = []
    for artifact in artifacts:
        name = _TEXTS.get(artifact.kind)
        if not _is_plain(artifact):
            rest.append(artifact)
        elif name is not None and name not in texts:
            texts[name] = artifact
        elif artifact.kind in _SERVICES and artifact.argument is None:
            dumps.append(artifact)
        elif artifact.kind not in _LISTS:
            rest.append(artifact)
    return texts, dumps, rest


def _is_plain(artifact: Artifact) -> bool:
    """Whether the data says all: a command that failed, or of a second user, is more than what it printed."""
    return not (artifact.stderr or artifact.exit_code or artifact.truncated) and (
        artifact.kind in _LISTS or not artifact.user
    )


def _dumpsys(dumps: list[Artifact]) -> bytes:
    """As ``dumpsys`` prints several services: AOSP cmds/dumpsys/dumpsys.cpp."""
    names = [_SERVICES[artifact.kind] for artifact in dumps]
    parts = [b"Currently running services:\n", *(f"  {name}\n".encode() for name in names)]
    for name, artifact in zip(names, dumps, strict=True):
        parts.append(f"{_RULE}\nDUMP OF SERVICE {name}:\n".encode())
        parts.append(artifact.data if artifact.data.endswith(b"\n") else artifact.data + b"\n")
        parts.append(f"--------- 0.000s was the duration of dumpsys {name}\n".encode())
    return b"".join(parts)


def _packages(snapshot: Snapshot) -> Iterator[dict[str, object]]:
    """An entry for each package and user, in the order in which the packages were named."""
    facts = read_facts(replace(snapshot, code=()))
    digests = {file.path: file for file in facts.digests}
    for package in facts.packages.values():
        for state in package.users or (None,):
            yield _package(package, state, digests)


def _package(package: Package, state: UserState | None, digests: dict[str, FileDigest]) -> dict[str, object]:
    user = 0 if state is None else state.user
    entry: dict[str, object] = {
        "name": package.name,
        "files": [_file(path, digests.get(path)) for path in package.paths],
        "installer": package.installer or "null",
        "uid": 0 if package.uid is None else user * _PER_USER + package.uid,
        "disabled": state is not None and state.enabled in _OFF,
        "system": package.system is True,
        "third_party": package.system is False,
        "user_id": user,
    }
    if state is not None and state.installed is not None:
        entry["installed"] = state.installed
    return entry


def _file(path: str, known: FileDigest | None) -> dict[str, object]:
    digests = {len(value): value for value in (known.digests if known else ())}
    signed = {len(value): value for value in (known.certificates if known else ())}
    return {
        "path": path,
        "local_name": "",
        "md5": digests.get(32, ""),
        "sha1": digests.get(40, ""),
        "sha256": digests.get(64, ""),
        "sha512": "",
        "error": "",
        "verified_certificate": False,
        "certificate": {
            "Md5": signed.get(32, ""),
            "Sha1": signed.get(40, ""),
            "Sha256": signed.get(64, ""),
            "ValidFrom": "0001-01-01T00:00:00Z",
            "ValidTo": "0001-01-01T00:00:00Z",
            "Issuer": "",
            "Subject": "",
            "SignatureAlgorithm": "",
            "SerialNumber": None,
        },
        "certificate_error": "",
        "trusted_certificate": False,
    }


def _header(snapshot: Snapshot) -> dict[str, object]:
    acquired_at = snapshot.acquired_at or "0001-01-01T00:00:00Z"
    facts = read_facts(replace(snapshot, code=()))
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, digest(snapshot))),
        "androidqf_version": f"adb-audit {__version__}",
        "storage_path": "",
        "started": acquired_at,
        "completed": acquired_at,
        "collector": None,
        "tmp_dir": "/data/local/tmp/",
        "sdcard": "/sdcard/",
        "cpu": facts.value("ro.product.cpu.abi") or "",
        "streaming_mode": False,
    }


def _hashes(written: dict[str, bytes]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for name, data in written.items():
        rows.writerow((name, hashlib.sha256(data).hexdigest()))
    return text.getvalue().encode()


def _json(value: object, *, indent: int) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=indent) + "\n").encode("utf-8", "replace")
