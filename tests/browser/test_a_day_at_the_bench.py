"""A day at the bench, in a real browser: from twelve phones to signed papers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desks import EXTRA, GOLDEN, MISSING, PASSWORD, SPECS, TWICE, Desk
from tests.browser.looking import REFUSED, Seen, seen

pytestmark = pytest.mark.peer
_NOTE_WORDS = """
window.__said = {};
addEventListener("DOMContentLoaded", () => {
  const bench = document.getElementById("bench");
  if (!bench) return;
  const note = () => {
    for (const slot of bench.querySelectorAll(".slot")) {
      const place = slot.querySelector(".place").textContent, said = (window.__said[place] ??= []);
      const word = slot.querySelector(".word").textContent;
      const going = slot.querySelector("progress");
      const text = going.hidden ? word : `${word} with progress`;
      if (said.at(-1) !== text) said.push(text);
    }
  };
  const all = {subtree: true, childList: true, characterData: true, attributes: true};
  new MutationObserver(note).observe(bench, all);
  note();
});
"""


def open_tile(one: Seen, place: str) -> Page:
    """The page of the unit at *place*, opened from the wall."""
    one.page.locator(".slot", has_text=place).click()
    one.page.wait_for_url("**/unit/*")
    return one.page


def test_twelve_tiles_turn(browser: Browser, at_desk: Desk) -> None:
    """Each goes its way, one of them waits for a person, and ends with its verdict among the others."""
    with at_desk.seen(browser) as one:
        one.context.add_init_script(_NOTE_WORDS)
        at_desk.crate(one)
        one.page.locator(".slot.need").wait_for()
        expect(one.page.locator("#needs")).to_be_visible()
        one.until_done(len(SPECS))
        expect(one.page.locator("#needs")).to_be_hidden()
        shown = {place: tile["word"] for place, tile in one.tiles().items()}
        assert shown == at_desk.wanted
        said = one.page.evaluate("window.__said")
        assert all(words[-1] == shown[place] for place, words in said.items()), said
        assert "Reading with progress" in said[at_desk.place("slow")]
        counted = one.page.locator(".tally").inner_text()
        assert re.sub(r"\s+", " ", counted) == "12 of 12 done ✖ 2 FAIL ? 1 INCONCLUSIVE ▲ 6 REVIEW ✔ 3 PASS"


def test_the_failing_one_is_signed_off_printed_and_found_again(browser: Browser, at_desk: Desk) -> None:
    """By somebody who logs in with a password, whose name then stands in the record and on the papers."""
    with seen(browser, at_desk.running.url, [], expected=REFUSED) as one:
        one.go("/login")
        one.page.get_by_label("Name").fill("kari")
        one.page.get_by_label("Password").fill(PASSWORD)
        one.page.get_by_role("button", name="Log in").click()
        one.page.wait_for_url(at_desk.running.url + "/")
        at_desk.whole(one)
        page = open_tile(one, at_desk.place("incident-2019"))
        expect(page.locator(".verdict .word")).to_contain_text("FAIL")
        expect(page.locator("main")).to_contain_text("com.qualcomm.qti.autoregistration is on the unit")
        page.get_by_label("Inspector").fill("Kari Nordmann")
        page.get_by_label("PASSED, otherwise than the verdict").check()
        page.get_by_role("button", name="Sign off").click()
        expect(page.locator(".trouble")).to_contain_text("say why")
        page.get_by_label("FAILED, as the verdict says").check()
        page.get_by_label("Note", exact=True).fill("back to the supplier <b>today</b>")
        page.get_by_role("button", name="Sign off").click()
        expect(page.locator(".said")).to_contain_text("Signed off as FAILED")
        expect(page.locator("#signed")).to_contain_text("back to the supplier <b>today</b>")
        expect(page.locator("#signed")).to_contain_text("by Kari Nordmann")
        for paper in ("Certificate (PDF)", "Label (PDF)"):
            said = printed(one, paper)
            assert "FAIL" in said, said
        assert "Kari Nordmann" in printed(one, "Certificate (PDF)")
        found = re.search(r"serial#\w+", page.locator("main").inner_text())
        assert found is not None
        id_ = page.url.rsplit("/", 1)[1].split("#")[0]
        for field, value in (("Model", "Nokia 7 plus"), ("Unit", found[0])):
            one.go("/history")
            page.get_by_label(field, exact=True).fill(value)
            page.get_by_role("button", name="Find").click()
            row = page.locator("table.found tr", has=page.locator(f'a[href="/report/{id_}"]'))
            expect(row).to_contain_text("FAILED")
        row.get_by_role("link").first.click()
        expect(page.locator(".verdict .word")).to_contain_text("FAIL")


def printed(one: Seen, name: str) -> str:
    """The text of a paper whose link somebody follows."""
    pdfium = pytest.importorskip("pypdfium2", reason="papers are read by pypdfium2")
    link = one.page.get_by_role("link", name=name)
    answer = one.context.request.get(one.url + (link.get_attribute("href") or ""))
    assert answer.headers["content-type"] == "application/pdf"
    data = answer.body()
    assert data.startswith(b"%PDF")
    document = pdfium.PdfDocument(data)
    try:
        texts = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(texts).split())


def test_the_manifest_is_held_against_what_is_there(browser: Browser, at_desk: Desk) -> None:
    """The crate's page names the missing one by its line, the unexpected ones, and the twins."""
    with at_desk.seen(browser) as one:
        at_desk.whole(one)
        one.page.get_by_role("link", name="The crate so far").click()
        main = one.page.locator("main")
        manifest = one.page.locator("section", has=one.page.get_by_role("heading", name="The manifest"))
        expect(manifest).to_contain_text("1 missing")
        expect(manifest).to_contain_text("2 unexpected")
        expect(manifest).to_contain_text(f"line {len(SPECS)}")
        expect(manifest).to_contain_text(at_desk.rig.units[1].address)
        for twin in (unit.address for unit in at_desk.rig.units if unit.spec.serial == TWICE):
            expect(manifest).to_contain_text(twin)
        assert MISSING not in main.inner_text()


def test_every_line_of_a_wrong_manifest_is_told(browser: Browser, at_desk: Desk, tmp_path: Path) -> None:
    """Nothing is begun, and what was typed is still there."""
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(
        "serial,imei,market\nLABX1,,NO\nLABX2,352011090000011,NO\nLABX3,,XX\nLABX1,,NO\n", "utf-8"
    )
    with at_desk.seen(browser, expected=REFUSED) as one:
        at_desk.clear(one)
        one.begin("lot 8", manifest=wrong)
        trouble = one.page.locator(".trouble")
        for line in ("line 3", "line 4", "line 5"):
            expect(trouble).to_contain_text(line)
        expect(one.page.get_by_label("Name of the crate")).to_have_value("lot 8")


def test_what_tells_a_unit_from_the_golden_one(browser: Browser, at_desk: Desk) -> None:
    """The package that only this unit has is in the list of differences."""
    with at_desk.seen(browser) as one:
        at_desk.crate(one, baseline=GOLDEN)
        place = at_desk.rig.units[0].address
        one.page.locator(".slot[href]", has_text=place).wait_for()
        page = open_tile(one, place)
        page.get_by_role("link", name="Against the golden unit").click()
        expect(page.locator("main")).to_contain_text(GOLDEN)
        expect(page.locator("tr", has_text=EXTRA)).to_contain_text("counts")
        at_desk.crate(one)


def test_a_waiver_counts_at_once(browser: Browser, at_desk: Desk) -> None:
    """It is added from the finding's own page; then the unit does not fail for that any more."""
    with at_desk.seen(browser) as one:
        at_desk.whole(one)
        page = open_tile(one, at_desk.place("colombian-lock"))
        assert "FAIL" in page.locator(".verdict .word").inner_text()
        page.locator("article", has_text="co.sitic.pp").get_by_role("link", name="Waive").first.click()
        expect(page.get_by_label("Subject")).to_have_value("co.sitic.pp")
        page.get_by_label("Reason").fill("The carrier took the lock off.")
        page.get_by_label("Expires").fill("2099-12-31")
        page.get_by_role("button", name="Add the waiver").click()
        expect(page.locator(".said")).to_contain_text("holds until 2099-12-31")
        one.go()
        page = open_tile(one, at_desk.place("colombian-lock"))
        assert "FAIL" not in page.locator(".verdict .word").inner_text()


def test_the_end_of_the_crate(browser: Browser, at_desk: Desk) -> None:
    """The page says what came of it, and the bench is free."""
    with at_desk.seen(browser) as one:
        at_desk.whole(one)
        one.page.get_by_role("link", name="End the crate").click()
        expect(one.page.locator("main")).to_contain_text("12 of 12 units that were seen are done")
        one.page.get_by_role("button", name="End the crate").click()
        expect(one.page.locator(".said")).to_contain_text("has ended: FAIL")
        assert one.page.locator("main tbody tr", has_text="Nokia").count() >= len(SPECS) - 2
        one.go()
        expect(one.page.get_by_role("heading", name="Begin a crate")).to_be_visible()
