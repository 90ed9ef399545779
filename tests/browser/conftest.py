"""Chromium, driven by Playwright, and stations whose pages it opens."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright, of the extra [dev], is not installed")

from playwright.sync_api import Browser, sync_playwright

from tests.browser.desks import Desk, desk
from tests.browser.looking import AXE

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; none is ever fetched.

    For one module: while Playwright is there its event loop runs, and other tests could not have their own.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium here: `apt-get install chromium` brings it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="session")
def axe() -> None:
    """Skips where axe-core is not installed."""
    if not AXE.is_file():
        pytest.skip("axe-core is not here: `npm ci` in tests/browser brings it")


@pytest.fixture(scope="session")
def at_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk of most tests; each leaves on it whatever it likes."""
    with desk(tmp_path_factory.mktemp("desk")) as one:
        yield one
