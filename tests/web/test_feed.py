"""What happens on the bench, as it reaches whoever looks on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audit.crate.board import Tile
from audit.model.crate import Phase
from audit.model.report import Decision
from audit.reports.redact import shown_serial
from audit.web.access import Role
from audit.web.feed import MOST_SUBSCRIBERS, events
from audit.web.tiles import Views, counts, tile_view
from tests.crate.results import result
from tests.web.benches import HOSTILE, KEY, MemoryBench
from tests.web.visiting import Site, visit


def _bench(site: Site) -> MemoryBench:
    assert isinstance(site.services.bench, MemoryBench)
    return site.services.bench


def _parsed(message: str) -> dict[str, str]:
    assert message.endswith("\n\n")
    assert message.isascii()
    lines = message.removesuffix("\n\n").split("\n")
    return {name: value for name, _, value in (line.partition(": ") for line in lines)}


async def _next(stream: AsyncIterator[str]) -> dict[str, Any]:
    """The next message that is no sign of life."""
    while True:
        async with asyncio.timeout(10):
            found = _parsed(await anext(stream))
        if "event" not in found and "data" in found:
            told: dict[str, Any] = json.loads(found["data"])
            assert found["id"] == str(told["version"])
            return told


def test_everything_then_changes(tmp_path: Path) -> None:
    """Whoever comes is told everything, then only what changed, several changes at once."""

    async def work(site: Site) -> None:
        bench = _bench(site)
        async with aclosing(events(bench, site.house, lambda: True)) as stream:
            first = await _next(stream)
            assert [one["key"] for one in first["tiles"]] == [str(n) for n in range(1, 9)]
            assert first["crate"] == "crate-1"
            assert first["counts"] == {
                "PASS": 1, "REVIEW": 1, "FAIL": 2, "INCONCLUSIVE": 1, "under way": 3, "units": 8,
            }  # fmt: skip
            assert not first["closed"]
            for done in range(4, 8):
                bench.read("7", done, 10)
            bench.say("Look here")
            second = await _next(stream)
            assert [(one["key"], one["percent"]) for one in second["tiles"]] == [("7", 63)]
            assert second["notices"][-1] == "Look here"
            assert second["version"] > first["version"]
            bench.judge("7", Decision.PASS)
            third = await _next(stream)
            assert [(one["key"], one["verdict"]) for one in third["tiles"]] == [("7", "PASS")]
            assert third["tiles"][0]["url"] == "/unit/unit-7"
            await bench.end()
            fourth = await _next(stream)
            assert fourth["crate"] is None
            assert len(fourth["gone"]) == 8

    visit(tmp_path, work)


def test_nothing_happens(tmp_path: Path) -> None:
    """In silence there is a sign of life, and when the server ends the stream does too."""

    async def work(site: Site) -> None:
        async with aclosing(events(_bench(site), site.house, lambda: True)) as stream:
            assert _parsed(await anext(stream)) == {"retry": "1000"}
            await _next(stream)
            asyncio.get_running_loop().call_later(0.2, site.house.stopping.set)
            assert [one async for one in stream] == []

    visit(tmp_path, work)


def test_stream_ends_with_the_visit(tmp_path: Path) -> None:
    """Who logs out, or may see it no more, is told so, and nothing more."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        session = next(one for one in site.house.sessions.all() if one.name == "operator")
        holds = lambda: site.house.still(session, Role.OPERATOR)  # noqa: E731 - as the page has it
        async with aclosing(events(_bench(site), site.house, holds)) as stream:
            await _next(stream)
            await client.post("/logout")
            _bench(site).say("secret")
            last = await _next(stream)
            assert last["closed"]
            assert last["tiles"] == last["notices"] == []
            assert [one async for one in stream] == []

    visit(tmp_path, work)


def test_looking_on_is_no_use_of_a_login(tmp_path: Path) -> None:
    """A page that looks on by itself does not keep a login alive."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        seen = [one.seen_s for one in site.house.sessions.all()]
        site.house.stopping.set()
        answer = await client.get(
            "/events", headers={"Sec-Fetch-Mode": "cors", "Accept": "text/event-stream"}
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert [one.seen_s for one in site.house.sessions.all()] == seen
        await client.get("/account")
        assert [one.seen_s for one in site.house.sessions.all()] != seen

    visit(tmp_path, work)


def test_so_many_look_on(tmp_path: Path) -> None:
    """One too many is told to come back later."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        site.house.subscribers = MOST_SUBSCRIBERS
        answer = await client.get("/events", headers={"Accept": "text/event-stream"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "10"

    visit(tmp_path, work)


def test_without_a_bench(tmp_path: Path) -> None:
    """Where nothing is audited, no stream is."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        assert (await client.get("/events")).status_code == 404

    visit(tmp_path, work, bench=None)


def test_hostile_texts_are_short_and_clean(tmp_path: Path) -> None:
    """A label of a megabyte does not reach a stream, nor anything that would move or reorder what is read."""

    async def work(site: Site) -> None:
        async with aclosing(events(_bench(site), site.house, lambda: True)) as stream:
            _parsed(await anext(stream))
            message = await anext(stream)
            assert len(message) < 20_000
            tile = next(one for one in json.loads(_parsed(message)["data"])["tiles"] if one["key"] == "5")
            for text in (tile["slot"], tile["model"], tile["because"][0]):
                assert "\u202e" not in text
                assert text.isprintable()
            assert "<img" in tile["model"]
            assert "SERIAL" not in message

    visit(tmp_path, work)


def test_serials_are_masked() -> None:
    """A tile shows the mask that reports and names of units show."""
    for serial in ("SERIAL1", "S" * 300):
        tile = Tile(key="1", phase=Phase.WAITING, slot="", serial=serial, model="", began_at_s=0, at_s=0)
        assert tile_view(tile, KEY, 0).unit == shown_serial(serial, key=KEY)
        assert serial not in str(tile_view(tile, KEY, 0))


texts = st.text(max_size=400) | st.just(HOSTILE) | st.just("x" * 100_000)
tiles = st.builds(
    Tile,
    key=st.text(max_size=5),
    phase=st.sampled_from(Phase),
    slot=texts,
    serial=texts,
    model=texts,
    began_at_s=st.floats(-1e6, 1e6),
    at_s=st.floats(-1e6, 1e6),
    detail=texts,
    fix=texts,
    done=st.integers(-5, 500),
    started=st.integers(-5, 500),
    tries=st.integers(0, 50),
    result=st.none() | st.builds(result, st.just("unit-1"), decision=st.sampled_from(Decision)),
    known=st.booleans(),
    gone=st.booleans(),
)


@given(tiles, st.floats(-1e6, 1e6))
def test_any_tile_can_be_shown(tile: Tile, now_s: float) -> None:
    """Whatever a tile holds, what it shows is short, on one line, and within its bounds."""
    view = tile_view(tile, KEY, now_s)
    assert 0 <= view.percent <= 100
    assert view.age_s >= 0
    for text in (view.slot, view.unit, view.model, view.words, view.fix):
        assert len(text) <= 420
        assert "\n" not in text
    assert bool(view.verdict) == bool(view.shape) == (tile.result is not None)


def test_ages_go_on() -> None:
    """How old a tile is goes by the clock of whoever asks, set by what the bench told."""
    views = Views(KEY)
    old = Tile(key="1", phase=Phase.READING, slot="", serial="", model="", began_at_s=10, at_s=12)
    assert views.of([old], 1000.0)[0].age_s == 2
    assert views.of([old], 1005.0)[0].age_s == 7
    new = Tile(key="2", phase=Phase.WAITING, slot="", serial="", model="", began_at_s=16, at_s=16)
    assert [one.age_s for one in views.of([old, new], 1004.0)] == [6, 0]


def test_ages_of_the_next_crate() -> None:
    """The clock of a bench begins anew with each crate: ages do not go on from the one before."""
    views = Views(KEY)
    late = Tile(key="1", phase=Phase.READING, slot="", serial="", model="", began_at_s=7000, at_s=7200)
    soon = Tile(key="1", phase=Phase.READING, slot="", serial="", model="", began_at_s=1, at_s=3)
    assert views.of([late], 8000.0)[0].age_s == 200
    assert views.of([soon], 9000.0)[0].age_s == 2
    assert views.of([], 9500.0) == ()
    assert views.of([late], 99000.0)[0].age_s == 200


def test_counts_of_nothing() -> None:
    """A crate without units has noughts."""
    assert set(counts(()).values()) == {0}
