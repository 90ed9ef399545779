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

HOOKING = ("agents/", "hooks/", "contracts/test_confirm")
"""Where processes of this computer are hooked, by their names: two tests at once would find each other's."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file, and all that hook, go to one worker one after the other (``--dist loadgroup``).

    A file's fixtures are made once then, and a browser's event loop is in no other file's way.
    """
    tests = Path(__file__).parent
    for item in items:
        path = item.path.relative_to(tests).as_posix()
        item.add_marker(pytest.mark.xdist_group("hooking" if path.startswith(HOOKING) else path))


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures; they are not part of the project, so it may be absent.

    ADB_AUDIT_CAPTURES names it; without that, ``../shared/data`` beside the project is looked for.
    """
    folder = Path(os.environ.get("ADB_AUDIT_CAPTURES") or Path(__file__).parents[2] / "shared" / "data")
    if not (folder / "INDEX.md").is_file():
        pytest.skip(f"no real captures at {folder}; name their folder with ADB_AUDIT_CAPTURES")
    return folder
