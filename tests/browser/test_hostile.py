"""A unit that says what harms pages: it is shown as text, and nothing of it happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from audit.lab.spec import PackageSpec, UnitSpec
from tests.browser.desk import Running, station, with_key
from tests.browser.looking import Cookies, Seen, let_in, seen
from tests.contracts.crates import bench, unit

# half a minute; without a browser tests/web asks the same of each page
pytestmark = [pytest.mark.peer, pytest.mark.slow]
EVIL = (
    "<img src=x onerror=window.__hacked=1>",
    "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
    "</script><script>window.__hacked=2</script>",
    "javascript:window.__hacked=3",
    '"><svg/onload=window.__hacked=4>',
    "\u202egnp.exe\u2066\u200b\ufeff",
    "\x1b]0;owned\x07\x1b[2J\x00nul",
    "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'>",
)
LONG = "L" * 1_000_000
MOST_BYTES = 2_000_000
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]")
_NAMED = (
    "ro.product.model",
    "ro.product.vendor.model",
    "ro.build.display.id",
    "ro.product.brand",
    "ro.build.id",
)


def spec(number: int, evil: str) -> UnitSpec:
    """A unit which says *evil* wherever it may."""
    one = unit("incident-2019", number, serial=evil)
    package = PackageSpec(path="/data/app/x/base.apk", version_name=evil, installer=evil)
    return replace(
        one,
        properties={**one.properties, **dict.fromkeys(_NAMED, evil), "gsm.operator.alpha": evil},
        packages={**one.packages, "org.example.evil": package},
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Cookies]]:
    """A station at which such units are plugged in, one sound one between them."""
    home = with_key(tmp_path_factory.mktemp("hostile") / "home")
    specs = [unit("hostile", 1), *(spec(n, evil) for n, evil in enumerate(EVIL, 2)), spec(40, LONG)]
    with bench([*specs, unit("clean-global", 50)]) as rig, station(home, rig.addresses) as running:
        yield running, let_in(running)


def sound(one: Seen, path: str) -> None:
    """Nothing happened on this page, and it is as large as a page may be."""
    page = one.page
    assert page.evaluate("window.__hacked") is None, path
    assert page.url.startswith(one.url), path
    content = page.content()
    assert len(content.encode()) < MOST_BYTES, path
    assert HIDDEN.findall(content) == [], path
    assert LONG[:5000] not in content, path
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert (
        page.locator("main img, main svg[onload], main iframe, main script:not([src]), base").count() == 0
    ), path
    assert page.locator("a[href^='javascript:' i]").count() == 0, path


def test_nothing_that_a_unit_says_happens(browser: Browser, site: tuple[Running, Cookies]) -> None:
    """On the wall while it is live, on every page there is, and on paper."""
    running, cookies = site
    count = len(EVIL) + 3
    with seen(browser, running.url, cookies, expected=r"status of 4\d\d") as one:
        one.begin("evil")
        one.until_done(count)
        sound(one, "wall")
        assert {tile["word"] for tile in one.tiles().values()} <= {"PASS", "FAIL", "REVIEW", "INCONCLUSIVE"}
        heights = [box["height"] for tile in one.page.locator(".slot").all() if (box := tile.bounding_box())]
        assert len(heights) == count
        assert max(heights) < 320
        assert "<img src=x" in one.page.locator("#bench").inner_text()
        shown = one.page.content()
        assert "{{7*7}}" in one.page.locator("#bench").inner_text()
        one.go()
        sound(one, "wall drawn by the server")
        assert one.page.content().count("__hacked") == shown.count("__hacked")
        hrefs = [tile["href"] for tile in one.tiles().values()]
        texts = ""
        for path in (*hrefs, "/crate", "/crate/end", "/history", "/crates", "/waivers", "/trail"):
            one.go(path)
            sound(one, path)
            texts += one.page.locator("main").inner_text()
        assert all(one.sizes[path] < MOST_BYTES for path in one.sizes)
        assert "{{7*7}}${7*7}" in texts
        assert "</script><script>" in texts
        assert len(hrefs) == count
        for href in (hrefs[0], hrefs[count // 2], hrefs[-1]):
            one.go(href)
            links = one.page.locator("a[href*='/report/']").all()
            papers = {link.get_attribute("href") or "" for link in links}
            report = next(path.rsplit("/", 1)[0] for path in papers if path.endswith("certificate.pdf"))
            one.go(f"{report}/print")
            sound(one, f"{report}/print")
            for paper in ("certificate.pdf", "label.pdf"):
                answer = one.context.request.get(f"{one.url}{report}/{paper}")
                assert (answer.status, answer.body()[:4]) == (200, b"%PDF"), href
            one.go(report)
            one.page.get_by_label("Inspector").fill(EVIL[0])
            one.page.get_by_label("Note", exact=True).fill("".join(EVIL[1:6]))
            one.page.locator("#sign .pick input").last.check()
            one.page.get_by_role("button", name="Sign off").click()
            one.page.wait_for_load_state()
            sound(one, f"{report} signed")
        one.end()
        sound(one, "ended")


def test_what_is_checked_can_fail(browser: Browser, tmp_path: Path) -> None:
    """A page that does what the unit says is told from one that does not."""
    evil = tmp_path / "evil.html"
    evil.write_text(f"<main><p>{EVIL[0]}{EVIL[2]}</p></main>", "utf-8")
    context = browser.new_context()
    page = context.new_page()
    page.goto(evil.as_uri())
    page.wait_for_function("window.__hacked")
    context.close()
