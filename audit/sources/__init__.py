"""Ways to obtain a snapshot. `OPENERS` lists those that start from a path; `live` reads a connected unit.

What reads a kind of path is imported when a path is looked at: reading a connected unit needs none of it, and
all of it together takes twice as long to import as a whole audit takes.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import BadInput
from audit.model.evidence import Snapshot
from audit.model.record import record
from audit.sources import disk, saved

if TYPE_CHECKING:
    from audit.sources.androidqf import Keys
    from audit.sources.firmware import OnProgress

SUPPORTED = (
    "a bug report (.zip, unpacked, or its text), an AndroidQF acquisition (folder, .zip or .zip.age), a"
    " snapshot that `scan --save` or `capture` wrote (.json, .json.gz), a firmware package, its images or the"
    " folder they were unpacked to, a folder of command outputs or *.prop files, or one getprop.txt or *.prop"
    " file"
)

_HEAD_BYTES = 8192
_CODE = (b"PK", b"dex\n", b"cdex", b"vdex", b"dey\n", b"\x7fELF")
"""ZIP, dex, compact dex, vdex, Dalvik's odex, ELF."""


@record
class Asked:
    """What opening may need beside the path.

    files: paths on the unit of configuration files to recognise, beside the known ones
    on_progress: told how far reading is, where that takes long; keys: for what is encrypted
    """

    files: Collection[str] = ()
    on_progress: OnProgress | None = None
    keys: Keys | None = None


@record
class Opener:
    """One kind of path. accepts: tells by path and first bytes (b"" for a folder); open: reads it."""

    name: str
    accepts: Callable[[Path, bytes], bool]
    open: Callable[[Path, Asked], Snapshot]


def _is_androidqf(path: Path, head: bytes) -> bool:
    from audit.sources import androidqf  # noqa: PLC0415 - see above

    return androidqf.accepts(path, head)


def _is_bugreport(path: Path, head: bytes) -> bool:
    from audit.sources import bugreport  # noqa: PLC0415 - see above

    # an acquisition may hold a bug report
    return not _is_androidqf(path, head) and bugreport.accepts(path, head)


def _is_firmware(path: Path, head: bytes) -> bool:
    from audit.sources import firmware  # noqa: PLC0415 - see above

    return not _is_androidqf(path, head) and firmware.accepts(path, head)


def _is_folder(path: Path, head: bytes) -> bool:
    kinds = (_is_androidqf, _is_bugreport, _is_firmware)
    return path.is_dir() and not any(accepts(path, head) for accepts in kinds)


def _is_saved(path: Path, head: bytes) -> bool:
    if head.startswith(saved.GZIP):
        return not (_is_bugreport(path, head) or _is_firmware(path, head))
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def _is_properties(path: Path, head: bytes) -> bool:
    from audit.sources import folder  # noqa: PLC0415 - see above

    plain = disk.text_bytes(head[: len(head) & ~1], path) if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else head
    return folder.is_getprop(plain) or folder.is_prop_file(plain)


def _open_androidqf(path: Path, asked: Asked) -> Snapshot:
    from audit.sources import androidqf  # noqa: PLC0415 - see above

    return androidqf.read_acquisition(path, files=asked.files, keys=asked.keys)


def _open_bugreport(path: Path, asked: Asked) -> Snapshot:
    from audit.sources import bugreport  # noqa: PLC0415 - see above

    return bugreport.read_bugreport(path, files=asked.files)


def _open_firmware(path: Path, asked: Asked) -> Snapshot:
    from audit.sources import firmware  # noqa: PLC0415 - see above

    return firmware.read_firmware(path, files=asked.files, on_progress=asked.on_progress)


def _open_folder(path: Path, asked: Asked) -> Snapshot:
    from audit.sources import folder  # noqa: PLC0415 - see above

    return folder.read_folder(path, files=asked.files)


def _open_properties(path: Path, _: Asked) -> Snapshot:
    from audit.sources import folder  # noqa: PLC0415 - see above

    return folder.read_file(path)


OPENERS: tuple[Opener, ...] = (
    Opener(name="AndroidQF acquisition", accepts=_is_androidqf, open=_open_androidqf),
    Opener(name="bug report", accepts=_is_bugreport, open=_open_bugreport),
    Opener(name="firmware", accepts=_is_firmware, open=_open_firmware),
    Opener(name="folder", accepts=_is_folder, open=_open_folder),
    Opener(name="saved snapshot", accepts=_is_saved, open=lambda path, _: saved.load(path)),
    Opener(name="property file", accepts=_is_properties, open=_open_properties),
)


def open_source(
    path: Path,
    *,
    files: Collection[str] = (),
    on_progress: OnProgress | None = None,
    keys: Keys | None = None,
) -> Snapshot:
    """The snapshot that lies at *path*, whatever way it is kept.

    files, on_progress, keys: as `Asked` has them
    Raises BadInput for a path that is none of what `SUPPORTED` says.
    """
    head = b"" if path.is_dir() else _head(path)
    asked = Asked(files=files, on_progress=on_progress, keys=keys)
    for opener in OPENERS:
        if opener.accepts(path, head):
            return opener.open(path, asked)
    if head.startswith(b"PK"):
        from audit.sources import firmware  # noqa: PLC0415 - see above

        firmware.check_archive(path)
    if head.startswith(_CODE):
        raise BadInput(
            "is code or an archive: there is no acquisition, no bug report and no firmware in it",
            where=str(path),
            fix=f"`adb-audit inspect` shows what an app or a file of code holds; to judge, give {SUPPORTED}",
        )
    raise BadInput(_what(head), where=str(path), fix=f"give {SUPPORTED}")


def __getattr__(name: str) -> object:
    """Import `Keys` when it is asked for."""
    if name != "Keys":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from audit.sources.androidqf import Keys  # noqa: PLC0415 - see above

    return Keys


def _head(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise BadInput("is not a regular file", where=str(path), fix=f"give {SUPPORTED}")
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise disk.unreadable(path, error) from error


def _what(head: bytes) -> str:
    return "is empty" if not head else "is of no known format"


__all__ = ["OPENERS", "SUPPORTED", "Asked", "Keys", "Opener", "open_source"]
