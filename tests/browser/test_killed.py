"""A station that is killed while somebody looks on: the page says so and comes back, and nothing is lost."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from audit import codec
from audit.crate import keeping
from audit.history import History
from audit.model.history import Query
from tests.browser.desk import LIMIT_S, crates, start, with_key
from tests.browser.looking import WAIT_MS, Seen, let_in, seen
from tests.contracts.crates import bench, unit

pytestmark = pytest.mark.peer
COUNT = 12
KINDS = ("incident-2019", "clean-global", "dormant-eu")


def kept(home: Path) -> dict[tuple[str, str], str]:
    """The id of the report of every unit that is done, by crate and name; each is whole, or this fails."""
    places = [path.parent for path in crates(home).glob("*/units/*/entry.json")]
    found = {place: keeping.read_audit(place) for place in places}
    return {(place.parts[-3], one.result.name): codec.sha256(one.report) for place, one in found.items()}


def decisions(home: Path, crate: str) -> dict[str, str]:
    """The verdict of every unit of *crate* that is done, by the address of its page."""
    folder = crates(home) / crate
    entries = (keeping.read_audit(path.parent).result for path in folder.glob("units/*/entry.json"))
    return {f"/unit/{one.name}": one.decision.value for one in entries}


def shown(one: Seen) -> dict[str, str]:
    """The same as the wall has it."""
    return {tile["href"]: tile["word"] for tile in one.tiles().values() if tile["href"]}


def agrees(one: Seen, home: Path, crate: str) -> None:
    """Wait until the wall shows what the crate's folder says; in vain is a failure."""
    until_s = time.monotonic() + LIMIT_S / 3
    while shown(one) != decisions(home, crate):
        assert time.monotonic() < until_s, (shown(one), decisions(home, crate))
        one.page.wait_for_timeout(100)


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_the_page_comes_back_and_shows_the_truth(browser: Browser, tmp_path: Path, kills: int) -> None:
    """Kill -9 at random moments of a crate, each time with the same page open."""
    rng = random.Random(kills)  # noqa: S311 - to be repeated
    home = with_key(tmp_path / "home")
    specs = [unit(KINDS[n % 3], n, latency_ms={"": rng.choice((10, 40))}) for n in range(COUNT)]
    with bench(specs) as rig:
        running = start(home, rig.addresses)
        try:
            with seen(browser, running.url, let_in(running), expected=r"net::ERR_") as one:
                before: dict[tuple[str, str], str] = {}
                crate = ""
                for number in range(kills):
                    if not crate or len(shown(one)) == COUNT:
                        if crate:
                            one.end()
                        crate = f"lot {number}"
                        one.begin(crate)
                        one.page.locator("[data-crate]").wait_for()
                        one.page.evaluate("window.__same = true")
                    one.page.wait_for_timeout(rng.uniform(0.0, 2500.0))
                    running.kill()
                    expect(one.page.locator("#lost")).to_be_visible(timeout=WAIT_MS)
                    expect(one.page.locator("[data-lost=lost]")).to_be_visible()
                    now = kept(home)
                    assert before.items() <= now.items()
                    before = now
                    running = start(home, rig.addresses, port=running.port)
                    expect(one.page.locator("#lost")).to_be_hidden(timeout=WAIT_MS)
                    agrees(one, home, crate)
                    assert one.page.evaluate("window.__same"), "the page was loaded again"
                one.until_done(COUNT)
                agrees(one, home, crate)
                assert not re.search("old", one.page.locator("body").get_attribute("class") or "")
                one.go("/account")
                expect(one.page.get_by_role("heading", name="Account")).to_be_visible()
                one.end()
        finally:
            running.stop()
        assert "Traceback" not in running.told
    after = kept(home)
    assert before.items() <= after.items()
    with History.open(str(next(home.glob("**/history.sqlite")))) as history:
        recorded = Counter(stored.id for stored in history.search(Query()))
        assert all(history.report(id_) for id_ in recorded)
    assert recorded == Counter(set(after.values()))
