"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures; they are not part of the project, so it may be absent.

    ADB_AUDIT_CAPTURES names it; without that, ``../shared/data`` beside the project is looked for.
    """
    folder = Path(os.environ.get("ADB_AUDIT_CAPTURES") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "INDEX.md").is_file():
        pytest.skip(f"no real captures at {folder}; name their folder with ADB_AUDIT_CAPTURES")
    return folder
