"""Whether what the station page needs is installed, and where those are kept who may log in to it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from audit.errors import UsageError

_NEEDED = ("starlette", "uvicorn", "python_multipart", "argon2", "prometheus_client")


def needed() -> None:
    """Raise UsageError, with the line that installs it, where something is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the station page needs {', '.join(missing)}", fix="pip install 'adb-audit[station]'"
        )


def users_file() -> Path:
    """The file of users of whoever runs this."""
    import platformdirs

    return platformdirs.user_data_path("adb-audit", appauthor=False) / "users.json"
