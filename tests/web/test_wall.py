"""The wall as the server draws it: a tile for each unit, by slot, whatever units call themselves."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.crate.board import Tile
from audit.model.crate import Phase
from audit.model.report import Decision
from audit.reports.crate import view
from audit.web.access import Role
from audit.web.pages import wall
from audit.web.tiles import tile_view
from tests.web.benches import MemoryBench, head_of
from tests.web.visiting import Site, visit

_VOID = {"meta", "link", "input", "br", "img", "hr"}


class _Page(HTMLParser):
    """Elements of a page. texts: what tiles say, by key, by class; tags: every element and its attributes"""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, dict[str, str]] = {}
        self._stack: list[tuple[str, str]] = []
        self._key = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.tags.append((tag, told))
        if told.get("data-key"):
            self._key = told["data-key"] or ""
        if tag == "template":
            self._key = ""
        if tag not in _VOID:
            self._stack.append((tag, told.get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        while self._stack and self._stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._key and self._stack and data.strip():
            self.texts.setdefault(self._key, {})[self._stack[-1][1]] = data.strip()

    def keys(self) -> list[str]:
        """Of the tiles, as they stand."""
        return [told["data-key"] or "" for tag, told in self.tags if tag == "li" and "data-key" in told]

    def of(self, key: str) -> dict[str, str | None]:
        """Attributes of a tile."""
        return next(told for _, told in self.tags if told.get("id") == f"unit-{key}")


def _get(folder: Path, url: str = "/", bench: MemoryBench | None = None, role: Role = Role.OPERATOR) -> str:
    async def look(site: Site) -> str:
        client = await site.guest(role)
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text[:500]
        return answer.text

    return visit(folder, look) if bench is None else visit(folder, look, bench=bench)


def _bench(*slots: str) -> MemoryBench:
    bench = MemoryBench(head=head_of())
    for number, slot in enumerate(slots, 1):
        bench.plug(str(number), slot=slot)
    return bench


def test_every_unit_has_a_tile_that_says_what_it_is(tmp_path: Path) -> None:
    """Verdicts stand as shape and word, what is under way as its phase, and done tiles lead to their unit."""
    page = _Page(_get(tmp_path))
    words = {key: (told.get("shape", ""), told["word"]) for key, told in page.texts.items()}
    assert words["1"] == ("✖", "FAIL")
    assert words["2"] == ("?", "INCONCLUSIVE")
    assert words["3"] == ("▲", "REVIEW")
    assert words["4"] == ("✔", "PASS")
    assert words["7"] == ("", "Reading")
    assert page.of("1")["href"] == "/unit/unit-1"
    assert "href" not in page.of("7")
    assert page.of("4")["class"] == "slot pass gone"
    assert page.texts["4"]["mark"] == "unplugged"


def test_what_a_person_must_do_comes_first(tmp_path: Path) -> None:
    """It stands before the tiles, once for all units that wait for it, with a link to each."""
    bench = _bench("usb:1-1", "usb:1-2", "usb:1-3")
    for key in ("1", "2"):
        bench.plug(key, slot=f"usb:1-{key}", fix="Say yes on the phone")
    text = _get(tmp_path, bench=bench)
    needs = text[text.index('id="needs"') : text.index('id="bench"')]
    assert needs.count("Say yes on the phone") == 1
    assert re.findall(r'href="#(unit-\d)"', needs) == ["unit-1", "unit-2"]
    assert _Page(text).of("1")["class"] == "slot need"
    assert _Page(text).of("3")["class"] == "slot waiting"


def test_tiles_stand_as_the_slots_do(tmp_path: Path) -> None:
    """Port 2 comes before port 10, whenever it was plugged in."""
    page = _Page(_get(tmp_path, bench=_bench("usb:1-10", "usb:1-2", "usb:1-1.3")))
    assert page.keys() == ["3", "2", "1"]


@given(st.lists(st.text(max_size=12), max_size=12))
def test_the_order_does_not_depend_on_who_came_first(slots: list[str]) -> None:
    """Units that are plugged in in another order stand the same way."""
    made = [tile_view(_tile(str(key), slot), b"k", 0.0) for key, slot in enumerate(slots)]
    ordered = wall.in_order(made)
    assert ordered == wall.in_order(reversed(made))
    places = [view.natural(one.slot or one.unit) for one in ordered]
    assert places == sorted(places)


def test_counts_say_how_many_are_done_and_with_which_verdict(tmp_path: Path) -> None:
    """All of them are there, also those that are none."""
    counts = dict(re.findall(r'data-count="(\w+)">(\d+)<', _get(tmp_path)))
    assert counts == {"done": "5", "seen": "8", "FAIL": "2", "INCONCLUSIVE": "1", "REVIEW": "1", "PASS": "1"}


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    """No element, template or direction of a unit's own making; a megabyte is cut to what a tile holds."""
    text = _get(tmp_path)
    page = _Page(text)
    assert not any(tag == "img" or name.startswith("on") for tag, told in page.tags for name in told)
    assert all(told.get("src", "").startswith("/static/") for tag, told in page.tags if tag == "script")  # type: ignore[union-attr]  # a script here has one
    assert "49" not in page.texts["5"]["model"]
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert len(text) < 40_000


def test_identifiers_of_units_are_masked(tmp_path: Path) -> None:
    """A tile names its unit by a token."""
    text = _get(tmp_path)
    assert "SERIAL1" not in text
    assert "serial#" in text


def test_the_wall_is_searched_without_a_script_too(tmp_path: Path) -> None:
    """Tiles that do not fit are hidden, and how many do is said."""
    page = _Page(_get(tmp_path, "/?find=review"))
    hidden = {told["data-key"] for tag, told in page.tags if "data-key" in told and "hidden" in told}
    assert set(page.keys()) - hidden == {"3"}


def test_nothing_in_the_page_is_inline(tmp_path: Path) -> None:
    """The policy lets no style or script of the page itself run, so there must be none."""
    page = _Page(_get(tmp_path))
    assert not any(tag == "style" or "style" in told for tag, told in page.tags)
    assert all("src" in told for tag, told in page.tags if tag == "script")


def test_where_nothing_is_audited_the_history_is_first(tmp_path: Path) -> None:
    """A central history has no wall."""

    async def look(site: Site) -> str:
        client = await site.guest(Role.OPERATOR)
        answer = await client.get("/")
        assert answer.status_code == 303
        return answer.headers["location"]

    assert visit(tmp_path, look, bench=None) == "/history"


@pytest.mark.parametrize(
    ("seconds", "said"), [(-1, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (7200, "2 h")]
)
def test_age_is_told_in_one_unit_of_time(seconds: float, said: str) -> None:
    """As the page's script goes on to count it."""
    assert wall.ago(seconds) == said


def test_a_unit_of_each_verdict_looks_unlike_the_others() -> None:
    """Each has a class of its own, which the style sheet draws with a border of its own."""
    sheet = (Path(wall.__file__).parent.parent / "static" / "station.css").read_text("utf-8")
    borders = {
        decision: re.findall(rf"^\.slot\.{decision.value.lower()} {{ border: \S+ (\w+)", sheet, re.MULTILINE)
        for decision in Decision
    }
    assert sorted(border for found in borders.values() for border in found) == [
        "dashed",
        "dotted",
        "double",
        "solid",
    ]


def _tile(key: str, slot: str) -> Tile:
    return Tile(key=key, phase=Phase.WAITING, slot=slot, serial=f"S{key}", model="", began_at_s=0.0, at_s=0.0)
