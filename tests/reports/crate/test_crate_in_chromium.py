from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from audit.reports.crate import Options, render_crate
from tests.reports.crate import samples

pytestmark = pytest.mark.peer
_QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run --enable-logging=stderr --v=0"
)


@pytest.fixture
def chromium() -> str:
    """The browser's program, or the reason why there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine; install it to have the page opened in a real browser")
    return program


def _run(chromium: str, folder: Path, *options: str, at: str = "") -> tuple[str, str]:
    """What the browser says of the page in *folder*, and what it complains of."""
    page = render_crate("html", samples.crate(100), Options(key=samples.KEY))
    file = folder / "crate.html"
    file.write_text(page, encoding="utf-8")
    command = [
        chromium,
        *_QUIET.split(),
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
        *options,
        file.as_uri() + at,
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode(), done.stderr.decode()


def test_a_browser_takes_a_hundred_units_without_complaint(chromium: str, tmp_path: Path) -> None:
    """Chromium applies the style the page's policy names, runs nothing, asks for nothing; a bar is drawn."""
    shown, complaints = _run(chromium, tmp_path, "--dump-dom")
    assert "Content Security Policy" not in complaints
    assert "<script" not in shown
    assert shown.count('class="tile ') == 100
    assert shown.count("<rect ") > 4


def test_a_tile_opens_its_unit(chromium: str, tmp_path: Path) -> None:
    """Following a tile's link opens the unit it leads to, and that one alone, without any script."""
    shown, _ = _run(chromium, tmp_path, "--dump-dom", at="#unit-6")
    opened = re.findall(
        r"<details class=\"card [a-z]+\" open=\"\">.*?<div id=\"(unit-\d+)\"", shown, re.DOTALL
    )
    assert opened == ["unit-6"]


def test_it_prints(chromium: str, tmp_path: Path) -> None:
    """On paper the units that need a person are told whole; those that pass are in the table."""
    out = tmp_path / "crate.pdf"
    _run(chromium, tmp_path, f"--print-to-pdf={out}")
    assert out.read_bytes().startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", out.read_bytes()))
    assert 10 < pages < 40
