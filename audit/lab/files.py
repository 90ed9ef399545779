"""A unit's file system, as far as its description tells: stated files, and an APK for every package. Pure."""

from __future__ import annotations

from audit.lab.spec import UnitSpec

FOLDER = 0o040755
FILE = 0o100644
BUILT = 1_230_768_000
"""2009-01-01: the time stamp images give their files."""

_PRIVATE = ("/data/data", "/data/user", "/data/system", "/data/misc", "/root")


class Tree:
    """Files and folders of one unit; nothing is computed before it is asked for."""

    def __init__(self, unit: UnitSpec) -> None:
        self._unit = unit

    def read(self, path: str) -> bytes | None:
        """The content of the file at *path*; None when there is none or the shell may not read it."""
        if path in self._unit.files:
            return self._unit.files[path].encode(errors="surrogateescape")
        name = self._apks().get(path)
        return None if name is None else empty_zip(name)

    def names(self, path: str) -> list[str] | None:
        """Names in the folder *path*, sorted; None when it is no folder the shell may look into."""
        if path.startswith(_PRIVATE):
            return None
        start = path.rstrip("/") + "/"
        found = {one[len(start) :].split("/", 1)[0] for one in self._paths() if one.startswith(start)}
        return sorted(found) or ([] if path == "/" else None)

    def stat(self, path: str) -> tuple[int, int, int] | None:
        """Mode, size and time of what lies at *path*; None when nothing does."""
        content = self.read(path)
        if content is not None:
            return FILE, len(content), BUILT
        return None if self.names(path) is None else (FOLDER, 4096, BUILT)

    def refusal(self, path: str) -> str:
        """Why *path* cannot be had, in the words of the C library."""
        if path.startswith(_PRIVATE):
            return "Permission denied"
        return "No such file or directory" if self.names(path) is None else "Is a directory"

    def _apks(self) -> dict[str, str]:
        return {package.apk: name for name, package in self._unit.packages.items()}

    def _paths(self) -> list[str]:
        return [*self._unit.files, *self._apks()]


def empty_zip(comment: str) -> bytes:
    """A valid ZIP with nothing in it but a comment (APPNOTE.TXT 4.3.16): stands for an APK."""
    text = comment.encode(errors="surrogateescape")
    return b"PK\x05\x06" + bytes(16) + len(text).to_bytes(2, "little") + text
