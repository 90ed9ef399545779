"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("quick", deadline=None, max_examples=50)
settings.register_profile(
    "thorough", deadline=None, max_examples=2000, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures; they are not part of the project, so it may be absent.

    ADB_AUDIT_CAPTURES names it; without that, ``../shared/data`` beside the project is looked for.
    """
    folder = Path(os.environ.get("ADB_AUDIT_CAPTURES") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "INDEX.md").is_file():
        pytest.skip(f"no real captures at {folder}; name their folder with ADB_AUDIT_CAPTURES")
    return folder
