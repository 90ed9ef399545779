"""The user's own defaults: ``config.toml`` in the folder that the system keeps configuration in.

Options win over environment variables, those over the file, the file over what the program does by itself.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from audit.errors import UsageError
from audit.model.record import record

FILE_NAME = "config.toml"


@record
class Config:
    """What the file may say; None = it says nothing. Each is the default of the option of that name.

    data: a folder that ``adb-audit data update`` looks into
    history: file or URL of the history, the ``--db`` of every command
    central: URL of the central history that a station passes on to, its ``--central``
    waivers: a file of waivers; by itself ``waivers.toml`` beside this one, where there is one
    """

    market: str | None = None
    policy: str | None = None
    format: str | None = None
    transport: str | None = None
    profiles: str | None = None
    data: str | None = None
    history: str | None = None
    central: str | None = None
    waivers: str | None = None


KEYS = ("market", "policy", "format", "transport", "profiles", "data", "history", "central", "waivers")


def path() -> Path:
    """Where the file is looked for."""
    import platformdirs

    return platformdirs.user_config_path("adb-audit", appauthor=False) / FILE_NAME


def load(file: Path | None = None) -> Config:
    """Read the file (None = the user's own); one that does not exist says nothing.

    Raises UsageError with file and place for anything it should not hold.
    """
    file = file or path()
    try:
        text = file.read_bytes().decode()
        values = tomllib.loads(text)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise _wrong(file, f"cannot be read: {error.strerror}", "check its permissions") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(file, f"is not TOML: {error}", 'write lines such as market = "NO"') from error
    for key, value in values.items():
        if key not in KEYS:
            raise _wrong(file, f"unknown key {key!r}", f"use {', '.join(KEYS)}")
        if not isinstance(value, str):
            raise _wrong(file, f"{key} is not a text", f'write it as {key} = "…"')
    return Config(**values)


def _wrong(file: Path, what: str, fix: str) -> UsageError:
    return UsageError(what, where=str(file), fix=fix)
