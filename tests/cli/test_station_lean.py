"""What the process of a station, which runs for days, must not have in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

NEEDLESS = {
    "alembic",
    "pandas",
    "polars",
    "PIL",
    "pydantic",
    "reportlab",
    "rich",
    "sqlalchemy.orm",
    "tabulate",
    "typer",
}
_HEAD = "import time: self [us]"
_LIMIT_S = 60
_WIDTH = 80
_PLACES = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")


@pytest.mark.skipif(sys.platform == "win32", reason="there it stays in the interpreter it was started in")
@pytest.mark.parametrize("starts", [1, 2])
def test_what_is_needed_once_is_not_there_for_days(tmp_path: Path, starts: int) -> None:
    """Neither the command line nor, after the first start, what made the history; and it is one process."""
    for _ in range(starts):
        interpreters, imported = _imported(tmp_path)
    assert interpreters == (3 if starts == 1 else 2)
    assert "audit.web.app" in imported
    assert sorted(NEEDLESS & imported) == []


def _imported(home: Path) -> tuple[int, set[str]]:
    """How many interpreters it took until the page was there, and what the last one imported."""
    nowhere = ["--transport", "tcp", "--connect", "127.0.0.1:9"]
    words = ["station", "--market", "NO", "--port", "0", *nowhere, "--db", str(home / "history.sqlite")]
    with subprocess.Popen(
        [sys.executable, "-c", "from audit.cli.main import main; main()", *words],
        env=os.environ | {name: str(home) for name in _PLACES} | {"PYTHONPROFILEIMPORTTIME": "1"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as station:
        assert station.stderr is not None
        lines = []
        for line in station.stderr:
            lines.append(line)
            if line.startswith("http://"):
                break
        assert lines[-2:-1] == ["the page is at\n"]
        assert len(lines[-1].rstrip()) < _WIDTH
        station.send_signal(signal.SIGINT)
        lines += station.communicate(timeout=_LIMIT_S)[1].splitlines()
        assert station.returncode == 0, "".join(lines[-20:])
    heads = [number for number, line in enumerate(lines) if line.startswith(_HEAD)]
    return len(heads), {line.rpartition("|")[2].strip() for line in lines[heads[-1] :]}
