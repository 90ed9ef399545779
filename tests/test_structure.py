from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import audit

PROJECT = Path(__file__).parents[1]
LINTER = Path(sys.executable).with_name("lint-imports")
HEAVY = {"pydantic", "rich", "jinja2", "tabulate", "adb_shell", "usb1", "cryptography", "frida", "sqlalchemy"}


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("model/text.py", "", False),
        ("model/text.py", "import audit.checks", True),
        ("checks/identity.py", "import audit.rulebook", True),
        ("parse/users.py", "import socket", True),
        ("reports/view.py", "import audit.sources.live", True),
        ("adb/tcp.py", "import audit.pipeline, audit.cli.main", True),
    ],
)
def test_the_import_contracts_fail_when_violated(
    tmp_path: Path, module: str, line: str, *, broken: bool
) -> None:
    """A lower layer that imports a higher one, or a core module that does I/O, stops `make contracts`."""
    shutil.copytree(PROJECT / "audit", tmp_path / "audit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    changed = tmp_path / "audit" / module
    changed.write_text(changed.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    done = subprocess.run(
        [str(LINTER), "--no-cache", "--no-logo"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode != 0) is broken, done.stdout + done.stderr


def test_the_public_api_is_what_it_says() -> None:
    """Every public name is there, and nothing else is promised."""
    for name in audit.__all__:
        assert getattr(audit, name) is not None
    with pytest.raises(AttributeError):
        audit.nonsense  # noqa: B018 - asking for what is not there


def test_help_imports_nothing_heavy() -> None:
    """`adb-audit --help` pays only for the command line."""
    code = (
        "import sys; from audit.cli.main import run; run(['--help']); "
        f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr.strip() == "[]"
    assert "scan" in done.stdout
