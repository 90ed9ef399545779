"""One unit's evidence, kept in every way there is: so that the same question can be put to each source."""

from __future__ import annotations

import asyncio
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import Lab
from audit.model.evidence import Artifact, Kind, Snapshot
from audit.parse.text import decode
from audit.rulebook import load
from audit.sources import saved
from audit.sources.androidqf_out import write_acquisition
from audit.sources.live import acquire
from audit.sources.names import slug
from tests.build.dumpstate import Report, archive

RULEBOOK = load()
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def read_live(unit: str, home: Path) -> Snapshot:
    """A virtual unit's snapshot over TCP, with the details of every package."""

    async def over_tcp() -> Snapshot:
        async with Lab([unit]) as lab:
            address = lab.units[0].address
            options = ConnectOptions(transport=Transport.TCP, addresses=(address,), environment={}, home=home)
            device = await open_unit(options)
            try:
                return await acquire(
                    device, packages=RULEBOOK.clients, users=None, full=True, clock=lambda: NOW
                )
            finally:
                await device.close()

    return asyncio.run(over_tcp())


def as_saved(snapshot: Snapshot, place: Path) -> Path:
    """A saved snapshot."""
    path = place / "unit.json.gz"
    saved.save(snapshot, path)
    return path


def as_folder(snapshot: Snapshot, place: Path) -> Path:
    """A folder of outputs named after their commands, with the exit codes beside them."""
    folder = place / "outputs"
    folder.mkdir()
    for artifact in snapshot.artifacts:
        if artifact.kind is not Kind.FILE:
            (folder / f"{slug(artifact.origin)}.txt").write_bytes(artifact.data)
    codes = [f"{a.exit_code or 0}\t{a.origin}" for a in snapshot.artifacts if a.kind is not Kind.FILE]
    (folder / "commands.tsv").write_text("exit\tcommand\n" + "\n".join(codes) + "\n", encoding="utf-8")
    return folder


def as_androidqf(snapshot: Snapshot, place: Path) -> Path:
    """An acquisition as AndroidQF leaves it."""
    folder = place / "acquisition"
    write_acquisition(snapshot, folder)
    return folder


def as_androidqf_zip(snapshot: Snapshot, place: Path) -> Path:
    """The same as an archive."""
    folder, path = as_androidqf(snapshot, place), place / "acquisition.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for file in sorted(folder.rglob("*")):
            made.write(file, file.relative_to(folder))
    return path


def as_bugreport_text(snapshot: Snapshot, place: Path) -> Path:
    """A bug report's bare text."""
    path = place / "bugreport-ACME.txt"
    path.write_bytes(_dumpstate(snapshot))
    return path


def as_bugreport(snapshot: Snapshot, place: Path) -> Path:
    """A bug report as `adb bugreport` writes it."""
    path = place / "bugreport.zip"
    path.write_bytes(archive(_dumpstate(snapshot)))
    return path


KEPT: Mapping[str, Callable[[Snapshot, Path], Path]] = {
    "saved": as_saved,
    "folder": as_folder,
    "androidqf": as_androidqf,
    "androidqf zip": as_androidqf_zip,
    "bugreport": as_bugreport,
    "bugreport text": as_bugreport_text,
}


def _dumpstate(snapshot: Snapshot) -> bytes:
    """The unit's answers where dumpstate has them; what it never asks is left out."""
    return Report(
        release=9,
        sections={
            "SYSTEM PROPERTIES": _text(snapshot, Kind.GETPROP),
            **dict.fromkeys(("DETAILED SOCKET STATE", "PROCESSES AND THREADS", "NETSTAT")),
            **dict.fromkeys(("SYSTEM LOG", "EVENT LOG")),
        },
        services={
            **dict.fromkeys(("activity", "connectivity", "netstats")),
            "package": _text(snapshot, Kind.PACKAGE_DETAILS),
            "settings": _settings(snapshot),
            "user": "Users:\n" + _users(snapshot),
            "overlay": _overlays(snapshot),
        },
    ).text()


def _of(snapshot: Snapshot, kind: Kind) -> list[Artifact]:
    return [a for a in snapshot.artifacts if a.kind is kind]


def _text(snapshot: Snapshot, kind: Kind) -> str:
    return "".join(decode(a.data) for a in _of(snapshot, kind) if a.argument is None)


def _settings(snapshot: Snapshot) -> str:
    """``dumpsys settings`` of what ``settings list`` gave."""
    text = ""
    for kind in (Kind.SETTINGS_GLOBAL, Kind.SETTINGS_SECURE, Kind.SETTINGS_SYSTEM):
        text += f"{kind.removeprefix('settings-').upper()} SETTINGS (user 0)\n"
        rows = _text(snapshot, kind).splitlines()
        pairs = [row.partition("=") for row in rows if "=" in row]
        text += "".join(
            f"_id:{n} name:{name} pkg:android value:{value} default:{value} defaultSystemSet:true\n"
            for n, (name, _, value) in enumerate(pairs)
        )
        text += "\n"
    return text


def _users(snapshot: Snapshot) -> str:
    lines = re.findall(r"UserInfo\{[^}]*\}", _text(snapshot, Kind.USERS))
    return "".join(f"  {line} serialNo={n}\n    State: RUNNING_UNLOCKED\n" for n, line in enumerate(lines))


def _overlays(snapshot: Snapshot) -> str:
    """``dumpsys overlay`` of what ``cmd overlay list`` gave."""
    text, target = "", ""
    for line in _text(snapshot, Kind.OVERLAYS).splitlines():
        if not line.startswith("["):
            target = line.strip()
            continue
        state = "STATE_ENABLED" if line.startswith("[x]") else "STATE_DISABLED"
        name = line[3:].strip()
        on = str(line.startswith("[x]")).lower()
        text += (
            f"{name}:0 {{\n  mPackageName.......: {name}\n  mUserId............: 0\n"
            f"  mTargetPackageName.: {target}\n  mBaseCodePath......: /vendor/overlay/X.apk\n"
            f"  mState.............: {state}\n  mIsEnabled.........: {on}\n"
            "  mIsStatic..........: false\n  mPriority..........: 1\n  mCategory..........: null\n}\n"
        )
    return text
