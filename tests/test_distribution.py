from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import audit

PROJECT = Path(__file__).parents[1]


def test_the_wheel_holds_program_profiles_and_virtual_units(tmp_path: Path) -> None:
    """What `pip install` brings is enough to audit: every profile, unit, template and the licence."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    shipped = {
        f"audit/_shipped/profiles/{p.relative_to(PROJECT / 'profiles')}"
        for p in (PROJECT / "profiles").rglob("*.toml")
    }
    assert len(shipped) > 30
    assert shipped <= inside
    agents = {f"audit/_shipped/hooks/agents/{name}.js" for name in ("native", "java")}
    assert agents | {"audit/_shipped/hooks/NOTICE", "audit/_shipped/hooks/message.schema.json"} <= inside
    for folder, pattern in (("audit", "*.py"), ("audit/lab", "*.toml"), ("audit/reports", "report.*")):
        there = {str(p.relative_to(PROJECT)) for p in (PROJECT / folder).rglob(pattern)}
        assert there <= inside, folder
    assert any(name.endswith("licenses/LICENSE") for name in inside)
    assert any(name.endswith("licenses/NOTICE") for name in inside)


def test_every_pinned_dependency_has_hashes_and_no_file_names_a_registry() -> None:
    """A lock says what, never from where."""
    for lock in ("runtime.txt", "dev.txt"):
        text = (PROJECT / "requirements" / lock).read_text(encoding="utf-8")
        pins = re.findall(r"(?m)^[a-z0-9][\w.\[\]-]*==", text)
        blocks = re.split(r"(?m)^(?=[a-z0-9])", text)
        assert len(pins) > 20
        assert all("--hash=sha256:" in block for block in blocks if "==" in block)
        assert "://" not in text


def test_the_version_is_stated_once() -> None:
    """The package and its metadata agree."""
    stated = re.search(r'(?m)^version = "(.+)"$', (PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert stated is not None
    assert stated[1] == audit.__version__
