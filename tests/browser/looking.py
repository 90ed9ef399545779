"""A browser that notes all that should not be there: errors, refused scripts, dialogs, other hosts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response

from tests.browser.desk import Running

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
REFUSED = r"status of (400|422)"
"""What a browser's console says of a form that was refused."""
WAIT_MS = 20_000
"""For one thing to happen on a page; none comes near it."""
_NOTE_REFUSED = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`refused by policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
_FIND_TILES = """() => [...document.querySelectorAll("#bench > li")].map((item) => {
  const slot = item.querySelector(".slot");
  const text = (name) => slot.querySelector(name).textContent;
  return {key: item.dataset.key, look: slot.className, word: text(".word"), place: text(".place"),
          shape: text(".shape"), model: text(".model"), unit: text(".unit"), mark: text(".mark"),
          fix: text(".fix"), href: slot.getAttribute("href") || ""};
})"""


class Seen:
    """A browser of its own at one station, logged in. wrong: what should not have happened, in words"""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.wrong: list[str] = []
        self.sizes: dict[str, int] = {}
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(_NOTE_REFUSED)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.wrong.append(f"uncaught: {error.error}"))
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("response", self._response)
        self.page = context.new_page()

    def go(self, path: str = "/") -> Page:
        """Open a page of the station."""
        self.page.goto(self.url + path)
        return self.page

    def tiles(self) -> dict[str, Mapping[str, str]]:
        """What the wall shows, by the place of the unit."""
        found: list[Mapping[str, str]] = self.page.evaluate(_FIND_TILES)
        return {one["place"]: one for one in found}

    def until(self, script: str, argument: object = None) -> None:
        """Wait until *script* is true on the page."""
        self.page.wait_for_function(script, arg=argument, timeout=WAIT_MS)

    def until_done(self, count: int) -> None:
        """Wait until so many tiles have a verdict."""
        self.until(
            """(count) => document.querySelectorAll(
               ".slot:is(.pass, .review, .fail, .inconclusive)").length >= count""",
            count,
        )

    def begin(self, name: str, **fields: str | Path) -> None:
        """Fill in the form, and begin a crate."""
        self.go()
        self.page.get_by_label("Name of the crate").fill(name)
        for field, value in fields.items():
            if isinstance(value, Path):
                self.page.locator(f"#{field}").set_input_files(value)
            else:
                self.page.locator(f"#{field}").select_option(value)
        self.page.get_by_role("button", name="Begin the crate").click()

    def end(self) -> None:
        """End the crate on the bench, as a person does."""
        self.go("/crate/end")
        self.page.get_by_role("button", name="End the crate").click()
        self.page.wait_for_url("**/crates/*")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(f"{message.type} at {message.location.get('url', '')}: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        ours = urlsplit(self.url)
        if parts.scheme not in {"data", "blob"} and (parts.scheme, parts.netloc) != (
            ours.scheme,
            ours.netloc,
        ):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        size = response.headers.get("content-length", "")
        self.sizes[urlsplit(response.url).path] = int(size) if size.isdigit() else 0


Cookies = list[dict[str, Any]]


def let_in(running: Running) -> Cookies:
    """Use the entrance of a station, as the first request of a browser does; what it needs from then on."""
    entrance = urlsplit(running.entrance)
    asked = HTTPConnection(entrance.hostname or "", entrance.port, timeout=30)
    try:
        asked.request("GET", f"{entrance.path}?{entrance.query}")
        told = asked.getresponse().headers.get_all("Set-Cookie") or []
    finally:
        asked.close()
    found = [dict(zip(("name", "value"), one.partition(";")[0].split("=", 1), strict=True)) for one in told]
    assert found, "nobody was let in"
    return [{**one, "url": running.url, "httpOnly": True, "sameSite": "Strict"} for one in found]


@contextmanager
def seen(
    browser: Browser,
    url: str,
    cookies: Cookies,
    *,
    expected: str = "",
    look: Mapping[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - the context's own
) -> Iterator[Seen]:
    """A browser that is logged in; it is a failure if anything went wrong.

    expected: what may all the same, as a pattern
    look: what somebody chose for this screen, by "theme" and "size"
    """
    context = browser.new_context(**more)
    context.add_cookies(cookies)  # type: ignore[arg-type] # as cookies() gave them
    for name, value in (look or {}).items():
        kept = f"localStorage.setItem({json.dumps(f'look-{name}')}, {json.dumps(value)})"
        context.add_init_script(f"if (location.protocol !== 'about:') {kept}")
    one = Seen(context, url)
    try:
        yield one
        one.page.wait_for_timeout(50)
    finally:
        context.close()
    wrong = [what for what in one.wrong if not (expected and re.search(expected, what))]
    if wrong:
        raise AssertionError(wrong)


def serious(page: Page) -> list[str]:
    """What axe finds on a page that is serious or critical, in words; the page must let axe in."""
    page.evaluate(AXE.read_text("utf-8") + "; undefined")
    asked = {"runOnly": {"type": "tag", "values": list(WCAG)}, "resultTypes": ["violations"]}
    found: dict[str, Any] = page.evaluate("(asked) => axe.run(document, asked)", asked)
    return [
        f"{one['impact']}: {one['id']}: {node['html'][:200]}: {node.get('failureSummary', '')[:300]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
