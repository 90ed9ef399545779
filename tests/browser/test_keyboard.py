"""A whole crate without a mouse."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desks import SPECS, Desk
from tests.browser.looking import Seen

pytestmark = pytest.mark.peer
MOST_STOPS = 250
"""No page has more; who has pressed Tab so often is in a trap."""
_STOP = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  return {
    id: node.id, name: node.name || "", tag: node.tagName, text: (node.textContent || "").trim().slice(0, 80),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0
          && box.left < innerWidth,
    path: [...document.querySelectorAll("*")].indexOf(node),
  };
}"""


def stop(page: Page) -> dict[str, Any] | None:
    """Where the focus is; None = nowhere."""
    found: dict[str, Any] | None = page.evaluate(_STOP)
    return found


def tab(page: Page, key: str = "Tab") -> dict[str, Any] | None:
    """Press it, and see that whoever looks at the page can tell where they are now."""
    page.keyboard.press(key)
    found = stop(page)
    if found is not None:
        assert found["marked"], f"nothing shows the focus on {found}"
        assert found["seen"], f"the focus is where nobody sees it: {found}"
    return found


def tab_to(page: Page, **wanted: str) -> None:
    """Press Tab until the focus is on what has all that is *wanted*."""
    for _ in range(MOST_STOPS):
        found = tab(page)
        if found and all(found[name] == value for name, value in wanted.items()):
            return
    raise AssertionError(wanted)


def enter(one: Seen, pattern: str) -> None:
    """Press Enter, and wait for the page it leads to."""
    one.page.keyboard.press("Enter")
    one.page.wait_for_url(pattern)


def test_a_crate_from_its_beginning_to_its_end(browser: Browser, at_desk: Desk) -> None:
    """Begun, looked over, one unit signed off, found again, ended: by keys alone, and each stop is seen."""
    with at_desk.seen(browser) as one:
        at_desk.clear(one)
        page = one.page
        one.go()
        assert (tab(page) or {})["text"] == "To the content"
        page.keyboard.press("Enter")
        assert (stop(page) or {})["id"] == "main"
        tab_to(page, id="name")
        page.keyboard.type("by keyboard")
        page.keyboard.press("Enter")
        page.locator("[data-crate='by keyboard']").wait_for()
        one.until_done(len(SPECS))

        places = page.locator(".slot .place").all_inner_texts()
        tab_to(page, tag="A", id=page.locator(".slot").first.get_attribute("id") or "")
        tab(page, "End")
        assert places[-1] in (stop(page) or {})["text"]
        tab(page, "Home")
        failing = places.index(at_desk.place("incident-2019"))
        for _ in range(failing):
            tab(page, "ArrowRight")
        assert places[failing] in (stop(page) or {})["text"]
        enter(one, "**/unit/*")
        tab_to(page, id="inspector")
        page.keyboard.press("Control+A")
        page.keyboard.type("Kari")
        tab_to(page, id="note")
        page.keyboard.type("by keyboard")
        tab_to(page, text="Sign off", tag="BUTTON")
        enter(one, "**/report/*")
        expect(page.locator(".said")).to_contain_text("Signed off as FAILED")

        tab_to(page, text="History")
        enter(one, "**/history")
        tab_to(page, id="model")
        page.keyboard.type("Nokia 7 plus")
        enter(one, "**/history?*")
        expect(page.locator("table.found")).to_contain_text("FAILED")

        tab_to(page, text="Wall")
        enter(one, one.url + "/")
        tab_to(page, text="End the crate")
        enter(one, "**/crate/end")
        tab_to(page, text="End the crate", tag="BUTTON")
        enter(one, "**/crates/*")
        expect(page.locator(".said")).to_contain_text("by keyboard has ended")


OFTEN = ("/", "unit", "/waivers")
RARELY = ("/crate", "/crate/end", "/history", "/trail", "/account")


@pytest.mark.parametrize("path", [*OFTEN, *(pytest.param(path, marks=pytest.mark.slow) for path in RARELY)])
def test_tab_goes_round_and_backwards(browser: Browser, at_desk: Desk, path: str) -> None:
    """Every stop is seen and marked, none is a trap, and the way back is the same."""
    with at_desk.seen(browser) as one:
        at_desk.whole(one)
        page = one.page
        one.go(page.locator(".slot[href]").first.get_attribute("href") or "" if path == "unit" else path)
        there: list[int] = []
        for _ in range(MOST_STOPS):
            found = tab(page)
            if found is None or (there and found["path"] == there[0] != there[-1]):
                break
            if there[-1:] != [found["path"]]:  # a date is several stops in one field
                there.append(found["path"])
        else:
            raise AssertionError(f"still not round after {MOST_STOPS}: {stop(page)}")
        assert len(there) == len(set(there))
        back: set[int] = set()
        for _ in range(MOST_STOPS):
            found = tab(page, "Shift+Tab")
            back |= {found["path"]} if found else set()
            if back == set(there):
                return
        raise AssertionError(back ^ set(there))


def test_help_and_finding_by_keys(browser: Browser, at_desk: Desk) -> None:
    """What the wall itself says of its keys holds."""
    with at_desk.seen(browser) as one:
        at_desk.whole(one)
        page = one.page
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()
        page.keyboard.press("/")
        assert (stop(page) or {})["id"] == "find"
        page.keyboard.type("work")
        page.keyboard.press("Escape")
        page.keyboard.type(at_desk.place("work-profile"))
        expect(page.locator("#found")).to_contain_text(f"1 of {len(SPECS)} shown")
        page.keyboard.press("Enter")
        assert at_desk.place("work-profile") in (stop(page) or {})["text"]
