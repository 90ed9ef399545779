"""Whether what the station page needs is installed, and where those are kept who may log in to it."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from audit.errors import UsageError

_NEEDED = ("starlette", "uvicorn", "python_multipart", "argon2", "prometheus_client")
_SHORTEST_TOKEN = 16
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""As it is sent (RFC 6750, 2.1)."""


def needed() -> None:
    """Raise UsageError, with the line that installs it, where something is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the station page needs {', '.join(missing)}", fix="pip install 'adb-audit[station]'"
        )


def metrics_token(path: Path | None) -> str:
    """The token in the file *path*, "" = none was asked for. Raises UsageError for one that is none."""
    from audit.cli.unlocking import first_line

    if path is None:
        return ""
    token = first_line(path, "token")
    if len(token) < _SHORTEST_TOKEN or not _TOKEN.fullmatch(token):
        raise UsageError(
            f"its first line is no token of {_SHORTEST_TOKEN} characters or more",
            where=str(path),
            fix="write letters and digits into it, such as `openssl rand -hex 32` makes",
        )
    return token


def users_file() -> Path:
    """The file of users of whoever runs this."""
    import platformdirs

    return platformdirs.user_data_path("adb-audit", appauthor=False) / "users.json"
