"""What a host wrote to a unit: files where the shell may write, and the words of those who refuse it. Pure.

Sources: AOSP system/core/rootdir/init.rc (``/data/local/tmp`` is ``0771 shell shell``) and mount order of
``open(2)``: a read-only file system refuses before rights are looked at.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from audit.lab.changes import Change
from audit.model.record import record

SHELL_UID = 2000
ROOT_UID = 0

HOME = "/data/local/tmp"
"""The folder the shell user may execute programs in."""
OPEN_FOLDERS = (HOME, "/sdcard", "/storage/emulated/0")
_READ_ONLY = ("/system", "/vendor", "/product", "/odm", "/system_ext", "/apex")
_PSEUDO = ("/proc", "/sys")

CAPACITY_BYTES = 256 << 20

NO_ENTRY, DENIED = "No such file or directory", "Permission denied"
READ_ONLY, NO_SPACE = "Read-only file system", "No space left on device"


@record
class Pushed:
    """A file that was written. mode: its permission bits; mtime: Unix seconds; owner: user id."""

    content: bytes
    mode: int
    mtime: int
    owner: int


def _within(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


class Disk:
    """The files written to one unit. capacity_bytes: of all of them together."""

    def __init__(self, changes: list[Change], capacity_bytes: int = CAPACITY_BYTES) -> None:
        self.files: dict[str, Pushed] = {}
        self.folders: set[str] = set(OPEN_FOLDERS)
        self._changes = changes
        self._capacity = capacity_bytes

    def refusal(self, path: str, uid: int) -> str:
        """Why *uid* cannot create *path*, in the words of the C library; "" when it can."""
        if _within(path, _READ_ONLY) or not _within(path, ("/data", *OPEN_FOLDERS, *_PSEUDO)):
            return READ_ONLY
        if _within(path, _PSEUDO) or (uid != ROOT_UID and not _within(path, OPEN_FOLDERS)):
            return DENIED
        if path in self.folders:
            return "Is a directory"
        above = path.rpartition("/")[0]
        return DENIED if uid != ROOT_UID and self._root_owns(above) else ""

    def room(self, more: int) -> bool:
        """Whether *more* bytes fit."""
        return sum(len(file.content) for file in self.files.values()) + more <= self._capacity

    def write(self, path: str, file: Pushed) -> None:
        """Put *file* at *path*, instead of what was there."""
        self._put(path, file, file.owner)

    def chmod(self, path: str, mode: int, uid: int) -> str:
        """Set the permissions of *path*; why not, "" when it worked."""
        file = self.files.get(path)
        if file is None:
            return DENIED if path in self.folders else NO_ENTRY
        if uid not in (ROOT_UID, file.owner):
            return "Operation not permitted"
        self._put(path, replace(file, mode=mode), uid)
        return ""

    def remove(self, path: str, uid: int, *, deep: bool = False) -> str:
        """Remove *path*, with *deep* also what is below it; why not, "" when it worked."""
        below = [one for one in self.files if one.startswith(path.rstrip("/") + "/")]
        if path not in self.files and path not in self.folders and not below:
            return NO_ENTRY
        if path not in self.files and not deep:
            return "Is a directory"
        for one in (*below, *((path,) if path in self.files else ())):
            why = self._forbids_removal(one, uid)
            if why:
                return why
            self._note(one, None, uid)
            del self.files[one]
        if path not in OPEN_FOLDERS:
            self.folders.discard(path)
        return ""

    def make_folder(self, path: str, uid: int) -> str:
        """Create a folder; why not, "" when it worked."""
        if path in self.folders or path in self.files:
            return "File exists"
        why = self.refusal(path, uid)
        if not why:
            self.folders.add(path)
        return why

    def _forbids_removal(self, path: str, uid: int) -> str:
        if uid == ROOT_UID:
            return ""
        above = path.rpartition("/")[0]
        return DENIED if not _within(above, OPEN_FOLDERS) or self._root_owns(above) else ""

    def _root_owns(self, folder: str) -> bool:
        """Whether a folder that nobody but root may write was made by a server that ran as root."""
        return folder not in OPEN_FOLDERS and any(
            file.owner == ROOT_UID for path, file in self.files.items() if path.startswith(folder + "/")
        )

    def _put(self, path: str, file: Pushed, by: int) -> None:
        self._note(path, file, by)
        self.files[path] = file

    def _note(self, path: str, now: Pushed | None, by: int) -> None:
        self._changes.append(
            Change(what="file", name=path, was=_shown(self.files.get(path)), now=_shown(now), by=by)
        )


def _shown(file: Pushed | None) -> str | None:
    """Mode and digest, so that a file that was changed and changed back is as it was."""
    return None if file is None else f"{file.mode:03o} {hashlib.sha256(file.content).hexdigest()}"
