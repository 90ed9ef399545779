"""What a station tells machines, and the trail it keeps of people."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from audit.history import History
from audit.model.history import Action
from audit.station.forwarding import Lag, State
from audit.web import forms, trail
from audit.web.access import Role
from audit.web.describe import describe
from audit.web.pages import PAGES
from audit.web.pages.trail import MOST_LOOKED_AT, ON_A_PAGE
from audit.web.pulse import Pulse
from tests.web.benches import HOSTILE
from tests.web.visiting import Site, visit

Sample = tuple[str, tuple[tuple[str, str], ...]]


def _samples(answer: httpx.Response) -> dict[Sample, float]:
    """As Prometheus reads it."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def test_healthz(tmp_path: Path) -> None:
    """Everybody may ask whether it works, and is told no more than the part that does not."""

    async def work(site: Site) -> None:
        client = site.browser(address="192.0.2.1")
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.text) == (200, "ok\n")
        site.house.pulse = Pulse(site.services.archive)
        (tmp_path / "history.sqlite").write_bytes(b"no history" * 1000)
        for name in ("history.sqlite-wal", "history.sqlite-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        await site.services.archive.ask(lambda history: history._database.engine.dispose())
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.text) == (503, "history: does not answer\n")
        assert str(tmp_path) not in answer.text

    visit(tmp_path, work)


def test_pulse_is_asked_seldom(tmp_path: Path) -> None:
    """However many ask at once, the history is asked once, and one that hangs keeps nobody for ever."""

    async def work(site: Site) -> None:
        asked: list[int] = []
        go = threading.Event()

        class Slow(type(site.services.archive)):  # type: ignore[misc]  # a class that is told at run time
            async def ask(self, call: object) -> object:
                asked.append(1)
                assert callable(call)
                return await asyncio.to_thread(go.wait)

        with History.open(str(tmp_path / "other.sqlite")) as history:
            pulse = Pulse(Slow(history))
            together = asyncio.gather(*(pulse.beats() for _ in range(10)))
            await asyncio.sleep(0.1)
            go.set()
            assert await together == [True] * 10
            assert await pulse.beats()
            assert len(asked) == 1

    visit(tmp_path, work)


def test_metrics(tmp_path: Path) -> None:
    """Prometheus reads units by verdict and phase, seconds, answers, and the version."""

    async def work(site: Site) -> None:
        client = site.browser()
        await client.get("/nowhere")
        await client.request("BREW", "/login")
        found = _samples(await client.get("/metrics"))
        assert found["adb_audit_units", (("verdict", "FAIL"),)] == 2
        assert found["adb_audit_units", (("verdict", "PASS"),)] == 1
        assert found["adb_audit_units_in", (("phase", "reading"),)] == 1
        assert found["adb_audit_unit_seconds_count", ()] == 5
        assert found["adb_audit_unit_seconds_sum", ()] == 7.5
        assert found["adb_audit_history_up", ()] == 1
        assert found["adb_audit_crate_running", ()] == 1
        assert found["adb_audit_event_subscribers", ()] == 0
        assert found["adb_audit_http_responses_total", (("method", "GET"), ("status", "404"))] == 1
        assert found["adb_audit_http_responses_total", (("method", "other"), ("status", "405"))] == 1
        assert [name for name, _ in found if name == "adb_audit_build_info"]

    visit(tmp_path, work)


def test_metrics_of_forwarding(tmp_path: Path) -> None:
    """What the central history lacks is told; how old it is only where that is known."""

    async def known(site: Site) -> None:
        found = _samples(await site.browser().get("/metrics"))
        assert found["adb_audit_forward_pending", (("kind", "reports"),)] == 3
        assert found["adb_audit_forward_state", (("state", "outage"),)] == 1
        assert found["adb_audit_forward_state", (("state", "up to date"),)] == 0
        assert found["adb_audit_forward_lag_seconds", ()] == 12.5

    async def unknown(site: Site) -> None:
        assert "lag_seconds" not in (await site.browser().get("/metrics")).text

    lag = Lag(state=State.OUTAGE, centre="postgresql://centre/db", pending=3, reports=3, oldest_s=12.5)
    visit(tmp_path, known, lag=lambda: lag)
    visit(tmp_path, unknown, lag=lambda: replace(lag, oldest_s=None))
    visit(tmp_path, unknown)


def test_metrics_from_elsewhere(tmp_path: Path) -> None:
    """From another computer metrics are for who has the token, or is logged in."""

    async def work(site: Site) -> None:
        client = site.browser(address="192.0.2.1")
        for sent in (
            {},
            {"Authorization": "Bearer x"},
            {"Authorization": "Bearer"},
            {"Authorization": "Basic t"},
        ):
            answer = await client.get("/metrics", headers=sent)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        assert (await client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 401
        assert (await client.get("/metrics", headers={"Authorization": "bearer token-1"})).status_code == 200
        guest = await site.guest(Role.OPERATOR, address="192.0.2.1")
        assert (await guest.get("/metrics")).status_code == 200

    visit(tmp_path, work, doors=lambda doors: replace(doors, metrics_token="token-1"))  # noqa: S106 - made up


def test_metrics_token_that_is_none(tmp_path: Path) -> None:
    """Where no token was given, an empty one is none."""

    async def work(site: Site) -> None:
        client = site.browser(address="192.0.2.1")
        assert (await client.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 401

    visit(tmp_path, work)


def test_trail(tmp_path: Path) -> None:
    """The admin sees who did what, the newest first, by name or deed, a page at a time."""

    async def work(site: Site) -> None:
        def write(history: History) -> None:
            for n in range(ON_A_PAGE + 20):
                at = f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z"
                who = "Ola" if n % 2 else "Anna"
                history.act(
                    Action(
                        id=f"{n:032x}",
                        at=at,
                        who=who,
                        role="inspector",
                        what="sign-off",
                        about=f"unit-{n:03}",
                    )
                )

        await site.services.archive.ask(write)
        client = await site.guest(Role.ADMIN)
        first = (await client.get("/trail")).text
        assert "login" in first
        assert first.index("unit-119") < first.index("unit-100")
        assert "unit-001" not in first
        older = first.partition('href="/trail?')[2].partition('"')[0].replace("&amp;", "&")
        second = (await client.get(f"/trail?{older}")).text
        assert "unit-001" in second
        assert "unit-119" not in second
        assert "Older" not in second
        only = (await client.get("/trail", params={"who": "ola", "what": "UNIT-0"})).text
        assert "unit-001" in only
        assert "unit-002" not in only
        assert "Nothing that fits" in (await client.get("/trail", params={"who": HOSTILE})).text
        assert (await client.get("/trail", params={"before": "nonsense"})).status_code == 400
        assert MOST_LOOKED_AT > ON_A_PAGE

    visit(tmp_path, work)


def test_note_is_bounded(tmp_path: Path) -> None:
    """Whatever is noted is clean, on one line and short, with who did it and as what."""

    async def work(site: Site) -> None:
        await site.guest(Role.INSPECTOR)
        found = await site.services.archive.ask(lambda history: history.actions(1))
        assert (found[0].what, found[0].who, found[0].station) == ("login", "Inspector", "bench 1")
        long = trail._short("about", HOSTILE + "x" * 10_000_000)
        assert len(long) <= 200
        assert long.isprintable()

    visit(tmp_path, work)


def test_description(tmp_path: Path) -> None:
    """The description has every page, with its parameters, for the admin alone."""

    async def work(site: Site) -> None:
        told = (await (await site.guest(Role.ADMIN)).get("/openapi.json")).json()
        assert told == describe(PAGES)
        operations = [(method, path) for path, all_ in told["paths"].items() for method in all_]
        assert len(operations) == len(PAGES)
        for path, all_ in told["paths"].items():
            for one in all_.values():
                named = {p["name"] for p in one["parameters"] if p["in"] == "path"}
                assert path.count("{") == len(named)

    visit(tmp_path, work)


def test_form_is_read_once() -> None:
    """Values are as they came, and cleaned where one asks for it."""
    form = forms.Form(texts={"a": ("x", " b\r\n\u202ec ")}, uploads={})
    assert form.raw("a") == " b\r\n\u202ec "
    assert form.text("a") == " b\nc "
    assert form.line("a") == "b c"
    assert form.lines("a") == ("x", "b c")
    assert form.line("none", "other") == "other"
    assert form.upload("a") is None


@pytest.mark.parametrize("path", ["/static/station.css", "/static/report.css"])
def test_static_files(tmp_path: Path, path: str) -> None:
    """A file comes once, and then only if it changed."""

    async def work(site: Site) -> None:
        client = site.browser()
        first = await client.get(path)
        assert first.headers["content-type"] == "text/css; charset=utf-8"
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    visit(tmp_path, work)
