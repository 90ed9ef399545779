from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from audit.reports import Options, render
from tests.reports import samples, samples_flows

pytestmark = pytest.mark.peer
_QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run --enable-logging=stderr --v=0 --dump-dom"
)


@pytest.fixture
def chromium() -> str:
    """The browser's program, or the reason why there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine; install it to have the page opened in a real browser")
    return program


def _open(chromium: str, page: str, folder: Path) -> tuple[str, str]:
    """The page's elements after the browser is done with it, and what the browser complained about."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [
        chromium,
        *_QUIET.split(),
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
        file.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return done.stdout.decode(), done.stderr.decode()


def test_a_browser_takes_the_page_without_complaint(chromium: str, tmp_path: Path) -> None:
    """Chromium applies the style the page's policy names, runs nothing and asks for nothing."""
    page = render("html", list(samples.ALL.values()), Options(key=samples.KEY))
    shown, complaints = _open(chromium, page, tmp_path)
    assert "Content Security Policy" not in complaints
    assert "<script" not in shown
    assert f"{len(samples.ALL)} units: 2 FAIL" in shown


def test_a_browser_draws_the_window_of_a_watch(chromium: str, tmp_path: Path) -> None:
    """The picture needs no script and no style of its own: the page's policy lets all of it be."""
    page = render("html", [samples_flows.WATCHED], Options(key=samples.KEY))
    shown, complaints = _open(chromium, page, tmp_path)
    assert "Content Security Policy" not in complaints
    assert 'class="timeline"' in shown
    assert "the table below says the same in words" in shown


def test_a_browser_refuses_what_the_policy_does_not_name(chromium: str, tmp_path: Path) -> None:
    """Script and style that got into the page all the same do nothing: the policy refuses both, aloud."""
    page = render("html", [samples.NOTED], Options(key=samples.KEY))
    smuggled = "<script>document.body.id = 'taken'</script><style>body { display: none }</style></body>"
    shown, complaints = _open(chromium, page.replace("</body>", smuggled), tmp_path)
    assert 'id="taken"' not in shown
    assert complaints.count("Content Security Policy") >= 2
