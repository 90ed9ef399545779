"""Acquisitions as AndroidQF leaves them, of invented units: as files, a folder, an archive."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

CLIENT = "com.qualcomm.qti.autoregistration"
Files = dict[str, bytes]

GETPROP = b"""[ro.build.version.sdk]: [28]
[ro.build.version.release]: [9]
[ro.product.brand]: [Nokia]
[ro.product.model]: [Nokia 7 plus]
[ro.product.name]: [Onyx_00WW]
[ro.serialno]: [AQF123]
[ro.build.fingerprint]: [Nokia/Onyx_00WW/B2N_sprout:9/PPR1.180610.011/00WW_3_22C:user/release-keys]
"""
RULE = "-" * 79


def package(name: str, **changes: object) -> dict[str, object]:
    """An entry of ``packages.json`` as AndroidQF wrote it until 2026: no user, no word of being installed."""
    return {
        "name": name,
        "files": [{"path": f"/system/app/{name}/{name}.apk", "local_name": "", "sha256": "", "error": ""}],
        "installer": "null",
        "uid": 10001,
        "disabled": False,
        "system": True,
        "third_party": False,
    } | changes


def dump(*installed: str, ghosts: tuple[str, ...] = ()) -> str:
    """``dumpsys package`` of user 0."""
    blocks = [
        f"  Package [{name}] (1a2b3c):\n    userId=10001\n    codePath=/system/app/{name}\n"
        "    versionCode=1 minSdk=28 targetSdk=28\n    versionName=1.0\n    flags=[ SYSTEM HAS_CODE ]\n"
        f"    User 0: ceDataInode=1 installed={str(name in installed).lower()} hidden=false suspended=false"
        " stopped=false enabled=0\n"
        for name in (*installed, *ghosts)
    ]
    return "Packages:\n" + "".join(blocks)


def dumpsys(**services: str) -> bytes:
    """``dumpsys`` of several services."""
    listed = "".join(f"  {name}\n" for name in services)
    parts = [
        f"{RULE}\nDUMP OF SERVICE {name}:\n{text}"
        f"--------- 0.010s was the duration of dumpsys {name}, ending at: 2024-05-10 20:50:17\n"
        for name, text in services.items()
    ]
    return ("Currently running services:\n" + listed + "".join(parts)).encode()


USERS = "Users:\n  UserInfo{0:Owner:13} serialNo=0\n    State: RUNNING_UNLOCKED\n"
CORE = ("android", "com.android.settings", "com.android.phone")


def acquisition(*names: str, **changes: bytes | None) -> Files:
    """The files of an acquisition whose unit knows *names*; None takes a file away.

    ``packages_json`` spells ``packages.json``.
    """
    known = (*CORE, *names)
    files: dict[str, bytes | None] = {
        "acquisition.json": json.dumps(
            {
                "uuid": "11111111-2222-3333-4444-555555555555",
                "androidqf_version": "1.8.0",
                "storage_path": "/home/a/11111111",
                "started": "2024-05-10T20:50:17.123456789+02:00",
                "completed": "2024-05-10T20:59:00.1Z",
                "collector": None,
            }
        ).encode(),
        "getprop.txt": GETPROP,
        "packages.json": json.dumps([package(name) for name in known], indent=4).encode(),
        "dumpsys.txt": dumpsys(package=dump(*known)),
        "settings_global.txt": b"adb_enabled=1\n",
        "settings_system.txt": b"volume_music=5\n",
        "settings_secure.txt": b"android_id=0123456789abcdef\n",
        "processes.txt": b"USER PID PPID VSZ RSS WCHAN ADDR S NAME\nroot 1 0 10 10 0 0 S init\n",
        "command.log": b"",
    }
    files |= {_spelt(name): data for name, data in changes.items()}
    return {name: data for name, data in files.items() if data is not None}


def _spelt(name: str) -> str:
    stem, _, ending = name.rpartition("_")
    return f"{stem}.{ending}"


def hashed(files: Mapping[str, bytes], top: str = "") -> Files:
    """*files* with the ``hashes.csv`` that fits them; top: what stands before each name there."""
    text = io.StringIO()
    for name, data in files.items():
        csv.writer(text).writerow((top + name, hashlib.sha256(data).hexdigest()))
    return {**files, "hashes.csv": text.getvalue().encode()}


def lay(folder: Path, files: Mapping[str, bytes]) -> Path:
    """*files* as a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def zipped(files: Mapping[str, bytes], top: str = "") -> bytes:
    """*files* as an archive, below the folder *top*."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(top + name, content)
    return data.getvalue()
