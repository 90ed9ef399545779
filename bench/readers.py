"""What `make bench` runs in a process of its own: ``python -m bench.readers apk|tree PATH``.

Prints {"wall_s": …, "cpu_s": …, "urls": […], "in_dex": […]}; imports are not counted.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from audit.endpoints import read_code
from audit.model.code import CodeFile, FoundKind


def apk(path: Path) -> tuple[CodeFile, ...]:
    """One APK."""
    with path.open("rb") as file:
        return (read_code(file, path=str(path)),)


def tree(path: Path) -> tuple[CodeFile, ...]:
    """A whole image's tree."""
    from audit.sources.firmware import read_firmware

    return read_firmware(path, files=()).code


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _urls(files: Iterable[CodeFile], part: str = "") -> list[str]:
    found = (one for f in files for one in f.found if one.where.startswith(part))
    return sorted({one.value for one in found if one.kind is FoundKind.URL})


def main() -> None:
    """Read, and say how long it took and what was found."""
    read: Callable[[Path], tuple[CodeFile, ...]] = {"apk": apk, "tree": tree}[sys.argv[1]]
    start, before = time.perf_counter(), _cpu_s()
    files = read(Path(sys.argv[2]))
    spent = {"wall_s": time.perf_counter() - start, "cpu_s": _cpu_s() - before}
    print(json.dumps(spent | {"files": len(files), "urls": _urls(files), "in_dex": _urls(files, "classes")}))


if __name__ == "__main__":
    main()
