"""One number for the program itself, which standard tools give too."""

from __future__ import annotations

import hashlib
from pathlib import Path

import audit
from audit.model.report import Report


def tool_sha256(report: Report) -> str:
    """The hash, in hex, of the program that judged *report*; "" where another version than this one did.

    Over what ``sha256sum`` prints of the Python files in the byte order of their paths, from the folder that
    holds the package: ``find audit -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum``.
    """
    if report.tool_version != audit.__version__:
        return ""
    home = Path(audit.__file__).parent
    whole = hashlib.sha256()
    paths = {path.relative_to(home.parent).as_posix(): path for path in home.rglob("*.py")}
    for name in sorted(paths, key=str.encode):
        whole.update(f"{hashlib.sha256(paths[name].read_bytes()).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()
