"""A unit's file system, as far as its description tells: stated files, and those of every package. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from audit.lab.disk import DENIED, ROOT_UID, SHELL_UID, Disk
from audit.lab.memory import Memory
from audit.lab.packages import content_of, paths_of
from audit.lab.spec import UnitSpec

FOLDER = 0o040755
FILE = 0o100644
BUILT = 1_230_768_000
"""2009-01-01: the time stamp images give their files."""

_NO_ADDRESSES = 29
"""From Android 10 on the shell cannot read the address of an interface in ``/sys``."""
_PRIVATE = ("/data/data", "/data/user", "/data/system", "/data/misc", "/root")


class Tree:
    """Files and folders of one unit, as one of its users sees them.

    Nothing is computed before it is asked for. disk: what was written to it
    made: what it has at the moment it is asked, such as ``/proc/net/tcp``; memory: see `Memory`
    """

    def __init__(
        self,
        unit: UnitSpec,
        disk: Disk | None = None,
        uid: int = SHELL_UID,
        made: Callable[[str], bytes | None] | None = None,
        memory: Memory | None = None,
    ) -> None:
        self.disk = Disk([]) if disk is None else disk
        self.uid = uid
        self._unit = unit
        self._made = made
        self._memory = Memory() if memory is None else memory

    def read(self, path: str) -> bytes | None:
        """The content of the file at *path*; None when there is none or its user may not read it."""
        if self._forbidden(path):
            return None
        if path in self.disk.files:
            return self.disk.files[path].content
        if path in self._unit.files:
            return self._unit.files[path].encode(errors="surrogateescape")
        name = self._packaged().get(path)
        if name is not None:
            return self._content(name, path)
        return self._made(path) if self._made else None

    def names(self, path: str) -> list[str] | None:
        """Names in the folder *path*, sorted; None when it is no folder its user may look into."""
        if self._forbidden(path):
            return None
        start = path.rstrip("/") + "/"
        found = {one[len(start) :].split("/", 1)[0] for one in self._paths() if one.startswith(start)}
        return sorted(found) or ([] if path == "/" or path in self.disk.folders else None)

    def stat(self, path: str) -> tuple[int, int, int] | None:
        """Mode, size and time of what lies at *path*; None when nothing does."""
        written = None if self._forbidden(path) else self.disk.files.get(path)
        if written is not None:
            return FILE & ~0o777 | written.mode, len(written.content), written.mtime
        content = self.read(path)
        if content is not None:
            return FILE, len(content), BUILT
        # a folder that may not be looked into is still seen in the one above it
        return None if self.names(path) is None and path not in self._unit.hidden else (FOLDER, 4096, BUILT)

    def refusal(self, path: str) -> str:
        """Why *path* cannot be had, in the words of the C library."""
        if self._forbidden(path):
            return DENIED
        return "No such file or directory" if self.names(path) is None else "Is a directory"

    def _forbidden(self, path: str) -> bool:
        if self.uid == ROOT_UID:
            return False
        if path.startswith("/sys/class/net/") and self._unit.sdk >= _NO_ADDRESSES:
            return True
        return path.startswith(_PRIVATE) or any(
            path == hidden or path.startswith(hidden + "/") for hidden in self._unit.hidden
        )

    def _content(self, name: str, path: str) -> bytes:
        unit = self._unit
        made_of = (unit.packages, unit.android)
        return self._memory.once(("content", path), made_of, lambda: content_of(unit, name, path))

    def _packaged(self) -> Mapping[str, str]:
        """Path of every file of a package, to the package's name."""
        unit = self._unit

        def make() -> dict[str, str]:
            named = unit.packages.items()
            return {path: name for name, package in named for path in paths_of(package, unit.sdk)}

        return self._memory.once(("paths",), (unit.packages, unit.android), make)

    def _paths(self) -> list[str]:
        return [*self._unit.files, *self._packaged(), *self.disk.files, *self.disk.folders]
