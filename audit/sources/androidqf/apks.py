"""The APKs that AndroidQF copied, read as code."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from audit.endpoints import read_code
from audit.errors import BadInput
from audit.model.code import CodeFile
from audit.model.evidence import Gap, Kind, Topic
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources.androidqf.evidence import APKS, Sorted
from audit.sources.androidqf.store import Store, read

LARGEST_BYTES = 256 * 1024 * 1024
"""Of one APK, which is held in memory while it is read."""
MOST_BYTES = 4 * 1024 * 1024 * 1024
MOST_FILES = 4000


@record
class Read:
    """What the copies hold."""

    files: tuple[CodeFile, ...]
    gaps: tuple[Gap, ...]


def read_apks(store: Store, found: Sorted) -> Read:
    """Read every copy below ``apks/``; what is too large or cannot be read is a gap."""
    names = [name for name in store.names if name.startswith(APKS)]
    whose = _owners(found) if names else {}
    files: list[CodeFile] = []
    gaps: list[Gap] = []
    left = MOST_BYTES
    for number, name in enumerate(names):
        left -= store.size(name)
        if number >= MOST_FILES or left < 0:
            gaps.append(
                _gap(name, f"and {len(names) - number - 1} more copies of apps are more than is read")
            )
            break
        path, package = whose.get(name, (name, None))
        try:
            data, whole = read(store, name, LARGEST_BYTES)
        except BadInput as error:
            gaps.append(_gap(name, error.what))
            continue
        if not whole:
            gaps.append(_gap(name, f"has more than {LARGEST_BYTES} bytes"))
            continue
        code = read_code(io.BytesIO(data), path=path)
        files.append(replace(code, sha256=hashlib.sha256(data).hexdigest(), package=code.package or package))
    return Read(files=tuple(files), gaps=tuple(gaps))


def _gap(name: str, why: str) -> Gap:
    return Gap(
        topic=Topic.ENDPOINTS,
        reason=f"{clean_line(name)} {why}.",
        fix="Give the file itself to `adb-audit inspect`.",
        origin=clean_line(name),
    )


def _owners(found: Sorted) -> Mapping[str, tuple[str, str]]:
    """Copy to (path on the unit, package), as ``packages.json`` says."""
    listed = next((a.data for a in found.artifacts if a.kind is Kind.PACKAGES_ANDROIDQF), b"[]")
    try:
        packages = json.loads(listed)
    except (ValueError, RecursionError):  # a gap already: the list of packages could not be read
        return {}
    return dict(_copies(packages))


def _copies(packages: object) -> Iterator[tuple[str, tuple[str, str]]]:
    for package in packages if isinstance(packages, list) else ():
        files = package.get("files") if isinstance(package, dict) else None
        for file in files if isinstance(files, list) else ():
            if isinstance(file, dict):
                local, path, name = file.get("local_name"), file.get("path"), package.get("name")
                if isinstance(local, str) and isinstance(path, str) and isinstance(name, str):
                    copy = local.replace("\\", "/")
                    at = copy.rfind(APKS)
                    own = copy[at:] if at >= 0 else APKS + copy.rpartition("/")[2]
                    yield own, (clean_line(path), clean_line(name))
