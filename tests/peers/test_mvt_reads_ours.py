"""MVT reads the acquisition that we write; run where ``mvt-android`` is on the path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from audit.sources.androidqf_out import write_acquisition
from tests.sources.test_androidqf_out import read

pytestmark = pytest.mark.peer
MVT = shutil.which("mvt-android")


@pytest.mark.skipif(MVT is None, reason="mvt-android is not on the PATH")
def test_mvt_finds_the_packages_properties_and_settings(tmp_path: Path) -> None:
    """As many packages and properties as were written, and no word of a malformed folder."""
    write_acquisition(read("incident-2019", tmp_path), tmp_path / "acquisition")
    ran = subprocess.run(
        [
            str(MVT),
            "--disable-update-check",
            "--disable-indicator-update-check",
            "check-androidqf",
            "--non-interactive",
            "--output",
            str(tmp_path / "results"),
            str(tmp_path / "acquisition"),
        ],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert "malformed" not in (ran.stdout + ran.stderr).lower()
    written = json.loads((tmp_path / "acquisition" / "packages.json").read_bytes())
    found = json.loads((tmp_path / "results" / "aqf_packages.json").read_bytes())
    assert [one["name"] for one in found] == [one["name"] for one in written]
    assert json.loads((tmp_path / "results" / "aqf_get_prop.json").read_bytes())
    assert json.loads((tmp_path / "results" / "aqf_settings.json").read_bytes())
