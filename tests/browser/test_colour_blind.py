"""Verdicts are told apart without colour: by lightness, by border and shape, and by their words."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import combinations

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.desks import Desk
from tests.browser.looking import Seen

pytestmark = pytest.mark.peer
VERDICTS = ("pass", "review", "fail", "inconclusive")
SIGHTS = ("none", "achromatopsia", "protanopia", "deuteranopia", "tritanopia", "blurredVision")
LEAST = 0.10
"""Of the points of two tiles that differ by more than a shade, with all text but the shape hidden."""
_ALONE = """(kind) => {
  const style = document.createElement("style");
  style.textContent = `
    .probe { position: fixed; inset: 0 auto auto 0; width: 240px; height: 160px; z-index: 99;
             background: #fff; container-type: inline-size; }
    .probe .slot > :not(.says), .probe .word { visibility: hidden !important; }
    .probe .slot { height: 160px; animation: none !important; }`;
  document.querySelector("#alone")?.remove();
  style.id = "alone";
  document.head.append(style);
  document.querySelector(".probe")?.remove();
  const probe = document.createElement("div");
  probe.className = "probe";
  probe.append(document.querySelector(`#bench .slot.${kind}`).cloneNode(true));
  document.body.append(probe);
}"""
_DIFFERENT = """async ([one, other]) => {
  const read = async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    return pen.getImageData(0, 0, image.width, image.height).data;
  };
  const [a, b] = await Promise.all([read(one), read(other)]);
  const light = (data, at) => 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
  let differ = 0;
  for (let at = 0; at < a.length; at += 4) if (Math.abs(light(a, at) - light(b, at)) > 24) differ += 1;
  return differ / (a.length / 4);
}"""
_GREYED = """document.head.insertAdjacentHTML("beforeend", `<style>
  .probe .slot { border: 3px solid #777 !important; background: #eee !important; }
  .probe .slot::before { background: #777 !important; }
  .probe .shape { visibility: hidden !important; }</style>`)"""


@pytest.fixture(scope="module")
def wall(browser: Browser, at_desk: Desk) -> Iterator[tuple[Seen, CDPSession]]:
    """The wall of a whole crate, and how its page is told to be seen."""
    with at_desk.seen(browser, bypass_csp=True) as one:
        at_desk.whole(one)
        yield one, one.context.new_cdp_session(one.page)


def pictures(page: Page) -> dict[str, str]:
    """A tile of each verdict with its words hidden, in base64 of PNG."""
    found = {}
    for kind in VERDICTS:
        page.evaluate(_ALONE, kind)
        data = page.screenshot(clip={"x": 0, "y": 0, "width": 240, "height": 160})
        found[kind] = base64.b64encode(data).decode()
    return found


def alike(page: Page) -> dict[tuple[str, str], float]:
    """Pairs of verdicts that are too much like each other, by lightness alone, and how different they are."""
    shown = pictures(page)
    found = {
        (one, other): page.evaluate(_DIFFERENT, [shown[one], shown[other]])
        for one, other in combinations(VERDICTS, 2)
    }
    return {pair: differ for pair, differ in found.items() if differ < LEAST}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_each_verdict_looks_its_own_way(wall: tuple[Seen, CDPSession], sight: str, theme: str) -> None:
    """For whoever sees so, also in grey: no two tiles are alike, though no word of them is seen."""
    one, session = wall
    one.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": sight})
    assert alike(one.page) == {}


def test_border_and_shape_alone_tell_them(wall: tuple[Seen, CDPSession]) -> None:
    """Neither is used twice, and each name a screen reader reads has the verdict in it."""
    one, _ = wall
    looks = {
        kind: one.page.locator(f"#bench .slot.{kind}").first.evaluate(
            """(slot) => [getComputedStyle(slot).borderTopStyle, slot.querySelector(".shape").textContent]"""
        )
        for kind in VERDICTS
    }
    assert [len({look[part] for look in looks.values()}) for part in (0, 1)] == [4, 4]
    for kind in VERDICTS:
        for tile in one.page.locator(f"#bench .slot.{kind}").all():
            assert kind.upper() in tile.inner_text()


def test_what_is_checked_can_fail(wall: tuple[Seen, CDPSession]) -> None:
    """Tiles that got one look for all are told."""
    one, session = wall
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    one.page.evaluate(_GREYED)
    assert len(alike(one.page)) == 6
