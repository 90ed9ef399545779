"""A full bench, live: what the page shows is what the server knows, and ends as the crate's report has it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.desk import crates, station, with_key
from tests.browser.looking import let_in, seen
from tests.contracts.crates import units

pytestmark = pytest.mark.peer
_DONE = "(count) => document.querySelectorAll('.slot:is(.pass, .fail)').length === count"
_LISTEN = """() => new Promise((told) => {
  const source = new EventSource("/events");
  source.onmessage = (event) => { source.close(); told(JSON.parse(event.data)); };
})"""


@pytest.mark.parametrize("count", [24, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_every_tile_ends_as_the_report_has_it(browser: Browser, tmp_path: Path, count: int) -> None:
    """And at any moment of quiet it shows what a page does that is opened just then."""
    home = with_key(tmp_path / "home")
    kinds = ("clean-global", "incident-2019")
    with (
        units(*kinds, "--count", str(count), "--latency", "phone:1-4") as addresses,
        station(home, addresses) as running,
        seen(browser, running.url, let_in(running)) as one,
    ):
        one.begin("live")
        one.until("(count) => document.querySelectorAll('#bench > li').length === count", count)
        one.page.locator(".slot:is(.pass, .fail)").first.wait_for()
        one.page.wait_for_function(_DONE, arg=count, timeout=300_000)
        told = one.page.evaluate(_LISTEN)
        tiles = one.tiles()
        assert {view["slot"]: view["verdict"] for view in told["tiles"]} == {
            place: tile["word"] for place, tile in tiles.items()
        }
        assert Counter(tile["word"] for tile in tiles.values()) == {"PASS": count // 2, "FAIL": count // 2}
        expect(one.page.locator("[data-count=done]")).to_have_text(str(count))
        places = one.page.locator(".slot .place").all_inner_texts()
        assert places == sorted(places, key=lambda place: int(place.rsplit(":", 1)[1]))
        one.end()
        report = json.loads((crates(home) / "live" / "report.json").read_text("utf-8"))
        assert {unit["slot"]: unit["decision"] for unit in report["units"]} == {
            place: tile["word"] for place, tile in tiles.items()
        }
