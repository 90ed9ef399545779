"""WCAG 2.2 AA as far as axe can tell, in all looks; room for fingers; narrow screens; no motion."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desks import PASSWORD, SPECS, Desk
from tests.browser.looking import Seen, seen, serious

pytestmark = [pytest.mark.peer, pytest.mark.usefixtures("axe")]
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "dark by choice": {"color_scheme": "light", "look": {"theme": "dark"}},
    "far": {"look": {"size": "far"}, "viewport": {"width": 1920, "height": 1080}},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "phone": {"viewport": {"width": 320, "height": 640}},
}
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_LENIENT = "document.querySelectorAll('form').forEach((form) => { form.noValidate = true; })"
_SMALL = """(least) => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary")].flatMap((node) => {
  const box = node.getBoundingClientRect();
  const inText = node.matches("a, summary") && getComputedStyle(node).display === "inline";
  const label = node.closest("label.pick")?.getBoundingClientRect() ?? box;
  const tall = Math.max(box.height, label.height), wide = Math.max(box.width, label.width);
  if (!box.width || inText || node.closest(".unseen") || (tall >= least && wide >= 24)) return [];
  return [`${node.outerHTML.slice(0, 120)}: ${wide} x ${tall}`];
})"""


@contextmanager
def looking(browser: Browser, desk: Desk, look: str, **more: object) -> Iterator[Seen]:
    """A browser that lets axe in, with one of `LOOKS`."""
    with desk.seen(
        browser, bypass_csp=True, expected=r"status of 4\d\d|does not conform", **LOOKS[look], **more
    ) as one:
        yield one


def units(one: Seen) -> Iterator[str]:
    """The page of one unit of each verdict; the wall is open."""
    for verdict in ("pass", "review", "fail", "inconclusive"):
        yield one.page.locator(f".slot.{verdict}").first.get_attribute("href") or ""


def pages(one: Seen) -> Iterator[str]:
    """Open each page of a station with a whole crate, and say what it is."""
    yield "wall done"
    for path in [
        *units(one),
        "/crate",
        "/crate/end",
        "/crates",
        "/history",
        "/history?unit=nobody",
        "/history?since=yesterday",
        "/waivers",
        "/waivers?check=denylist&subject=org.example#add",
        "/trail",
        "/account",
        "/unit/nobody",
        "/nothing",
    ]:
        one.go(path)
        yield path
    one.go("/crates")
    ended = one.page.locator("main td a[href^='/crates/']")
    if ended.count():
        one.go(ended.last.get_attribute("href") or "")
        yield "a crate that has ended"
    one.go("/history")
    one.go(one.page.locator("table.found a").first.get_attribute("href") or "")
    yield "report"
    one.go(one.page.get_by_role("link", name="To print").get_attribute("href") or "")
    yield "print"
    one.page.go_back()
    one.page.locator("#inspector").fill("")
    one.page.evaluate(_LENIENT)
    one.page.locator("#sign .pick input").last.check()
    one.page.get_by_role("button", name="Sign off").click()
    expect(one.page.locator(".trouble")).to_be_visible()
    yield "sign-off with errors"
    one.go("/waivers")
    one.page.evaluate(_LENIENT)
    one.page.get_by_role("button", name="Add the waiver").click()
    expect(one.page.locator(".trouble")).to_be_visible()
    yield "waiver with errors"


@pytest.mark.parametrize(
    "look", ["light", *(pytest.param(name, marks=pytest.mark.slow) for name in LOOKS if name != "light")]
)
def test_axe_finds_nothing_serious(browser: Browser, at_desk: Desk, look: str) -> None:
    """On no page, in no look; and nothing has to be scrolled sideways but tables that say so."""
    with looking(browser, at_desk, look) as one:
        at_desk.whole(one)
        found = {}
        for what in pages(one):
            wider = one.page.evaluate(_WIDER)
            found[what] = serious(one.page) + ([f"{wider} px wider than the screen"] if wider > 0 else [])
    assert {what: wrong for what, wrong in found.items() if wrong} == {}


def test_axe_finds_nothing_serious_while_it_goes_on(browser: Browser, at_desk: Desk) -> None:
    """The empty wall, the form that was refused, and tiles that move or need somebody."""
    found = {}
    with looking(browser, at_desk, "light") as one:
        at_desk.clear(one)
        one.go()
        found["empty"] = serious(one.page)
        one.begin(".. no name")
        expect(one.page.locator(".trouble")).to_be_visible()
        found["refused"] = serious(one.page)
        at_desk.crate(one)
        one.page.locator(".slot.need").wait_for()
        found["running"] = serious(one.page)
        one.page.locator("[data-keys]").click()
        found["keys"] = serious(one.page)
    assert {what: wrong for what, wrong in found.items() if wrong} == {}


def test_axe_finds_nothing_serious_at_the_door(browser: Browser, at_desk: Desk) -> None:
    """The form to log in, the one that was refused, an account with a password, and a token used before."""
    found = {}
    with seen(
        browser, at_desk.running.url, [], bypass_csp=True, expected=r"status of 4\d\d", color_scheme="dark"
    ) as one:
        page = one.go("/login")
        found["login"] = serious(page)
        for password in ("wrong password here", PASSWORD):
            page.get_by_label("Name").fill("kari")
            page.get_by_label("Password").fill(password)
            page.get_by_role("button", name="Log in").click()
            if password != PASSWORD:
                expect(page.locator("#wrong")).to_be_visible()
                found["refused"] = serious(page)
        page.wait_for_url(one.url + "/")
        one.go("/account")
        found["account"] = serious(page)
        one.go("/trail")
        found["not allowed"] = serious(page)
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login")
        page.goto(at_desk.running.entrance)
        found["used before"] = serious(page)
    assert {what: wrong for what, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("look", ["light", "far", "tablet", "phone"])
def test_there_is_room_for_a_finger(browser: Browser, at_desk: Desk, look: str) -> None:
    """44 px for what is pressed; 24 px, WCAG's least, nowhere but in running text undercut."""
    found = {}
    with looking(browser, at_desk, look) as one:
        at_desk.whole(one)
        for what in (
            "/",
            next(units(one)),
            "/crate",
            "/crate/end",
            "/history",
            "/waivers",
            "/trail",
            "/account",
        ):
            one.go(what)
            found[what] = one.page.evaluate(_SMALL, 43.5)
    assert {what: wrong for what, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (640, 2), (1280, 4), (820, 2)])
def test_the_wall_fits_a_narrow_or_zoomed_screen(
    browser: Browser, at_desk: Desk, width: int, zoom: int
) -> None:
    """No page is wider than the screen, and every tile is inside it."""
    screen = {"width": width // zoom, "height": 800 // zoom}
    with at_desk.seen(browser, viewport=screen, device_scale_factor=zoom) as one:
        at_desk.whole(one)
        assert one.page.evaluate(_WIDER) <= 0
        boxes = [box for tile in one.page.locator(".slot").all() if (box := tile.bounding_box())]
        assert len(boxes) == len(SPECS)
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width / zoom for box in boxes)


def test_nothing_moves_for_who_asked_for_that(browser: Browser, at_desk: Desk) -> None:
    """A fresh verdict is drawn without the motion it has otherwise."""
    script = """() => { const slot = document.querySelector(".slot"); slot.classList.add("fresh");
                        return slot.getAnimations().length; }"""
    moving = {}
    for motion in ("reduce", "no-preference"):
        with at_desk.seen(browser, reduced_motion=motion) as one:
            at_desk.whole(one)
            moving[motion] = one.page.evaluate(script)
    assert moving == {"reduce": 0, "no-preference": 1}


def test_what_is_checked_can_fail(browser: Browser) -> None:
    """A page with what axe calls serious is told."""
    context = browser.new_context()
    page: Page = context.new_page()
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><p style='color:#ccc'>pale</p><input></main>"
    )
    assert {one.split(":")[1].strip() for one in serious(page)} == {"color-contrast", "label"}
    context.close()


def test_shots(browser: Browser, at_desk: Desk) -> None:
    """Pictures to look at, where ADB_AUDIT_SHOTS names a folder for them."""
    where = os.environ.get("ADB_AUDIT_SHOTS")
    if not where:
        pytest.skip("ADB_AUDIT_SHOTS names no folder for pictures")
    folder = Path(where)
    folder.mkdir(parents=True, exist_ok=True)
    for look in LOOKS:
        with looking(browser, at_desk, look) as one:
            at_desk.whole(one)
            for number, what in enumerate(pages(one)):
                name = "".join(c if c.isalnum() else "-" for c in what).strip("-")[:30]
                one.page.screenshot(path=folder / f"{look.replace(' ', '-')}-{number:02}-{name}.png")
