"""A crate from its first form to its end, as an operator does it; nothing of it needs a script."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from audit.crate.manifest.read import read_manifest
from audit.model.crate import CrateHead, CrateReport, Duplicate, ManifestRow, Reconciliation
from audit.model.record import record
from audit.model.report import Decision
from audit.rulebook import load
from audit.station.bench import Wish
from audit.web.access import Role
from tests.web.benches import MemoryBench, filled, head_of
from tests.web.visiting import Site, visit

T = TypeVar("T")
FORM = {"name": "Box 7", "market": "DE", "policy": "strict", "baseline": ""}


class _Reading(MemoryBench):
    """A bench that reads manifests, as the real one does. named: what their files were called"""

    def __init__(self, *, head: CrateHead | None = None) -> None:
        super().__init__(head=head)
        self.wishes: list[Wish] = []

    async def begin(self, wish: Wish) -> CrateHead:
        self.wishes.append(wish)
        if wish.manifest is not None:
            read_manifest(wish.manifest, load().markets)
        return await super().begin(wish)


class _Held(MemoryBench):
    """A bench whose crate has a manifest that does not fit it."""

    async def standing(self) -> CrateReport | None:
        found = await super().standing()
        if found is None:
            return None
        names = [unit.name for unit in found.units]
        held = Reconciliation(
            path="units.csv",
            sha256="0" * 64,
            present=((2, names[0]),),
            missing=(ManifestRow(line=9, serial="MISSING9", lot="lot 4"),),
            unexpected=(names[1],),
            duplicates=(Duplicate(what="IMEI", value="356938035643809", units=tuple(names[:2])),),
            unsure=(names[1],),
            unsure_rows=(ManifestRow(line=11, model="Nokia 9"),),
        )
        fields = {name: getattr(found, name) for name in CrateReport.__slots__}  # type: ignore[attr-defined]  # records have slots
        return CrateReport(**fields | {"reconciliation": held})


@record
class _Answer:
    """What came of a request. to: where it leads"""

    status: int
    text: str
    to: str
    headers: Mapping[str, str]


def _answer(got: httpx.Response) -> _Answer:
    return _Answer(
        status=got.status_code, text=got.text, to=got.headers.get("location", ""), headers=dict(got.headers)
    )


def _with(
    folder: Path,
    bench: MemoryBench | None,
    work: Callable[[httpx.AsyncClient, Site], Awaitable[T]],
    role: Role = Role.OPERATOR,
) -> T:
    async def whole(site: Site) -> T:
        client = await site.guest(role)
        return await work(client, site)

    return visit(folder, whole, bench=bench)


def _get(folder: Path, bench: MemoryBench | None, url: str) -> _Answer:
    async def look(client: httpx.AsyncClient, _site: Site) -> _Answer:
        return _answer(await client.get(url))

    return _with(folder, bench, look)


def _post(
    folder: Path,
    bench: MemoryBench,
    url: str,
    data: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes]] | None = None,
) -> _Answer:
    async def send(client: httpx.AsyncClient, _site: Site) -> _Answer:
        return _answer(await client.post(url, data=data or {}, files=files))

    return _with(folder, bench, send)


# Beginning


def test_without_a_crate_the_wall_is_the_form_to_begin_one(tmp_path: Path) -> None:
    """Markets stand there by their names, and what the bench would take by itself is chosen."""
    text = _get(tmp_path, MemoryBench(), "/").text
    assert '<option value="NO" selected>Norway (NO)</option>' in text
    assert "<option selected>default</option>" in text
    assert "golden-7-plus" in text
    assert 'type="file"' in text


def test_a_crate_is_begun_as_it_was_asked_for(tmp_path: Path) -> None:
    """The bench gets what was chosen, and the manifest under its own name."""
    bench = _Reading()
    sent = {"manifest": ("C:\\lists\\June <b>.csv", b"serial,market\nA1,NO\n")}
    answer = _post(tmp_path, bench, "/crate/begin", FORM, sent)
    assert (answer.status, answer.to) == (303, "/")
    (wish,) = bench.wishes
    assert (wish.name, wish.market, wish.policy, wish.baseline) == ("Box 7", "DE", "strict", "")
    assert wish.manifest is not None
    assert wish.manifest.name == "June _b_.csv"
    assert not wish.manifest.exists()  # it was read, and is gone with the answer


def test_every_line_a_manifest_is_wrong_in_is_told(tmp_path: Path) -> None:
    """With what was typed still in the form; no crate is begun."""
    bench = _Reading()
    sent = {"manifest": ("units.csv", b"serial,imei,market\nA1,123,NO\nA2,,XX\n<img src=x>,1,\n")}
    answer = _post(tmp_path, bench, "/crate/begin", FORM, sent)
    assert answer.status == 400
    assert [line for line in range(2, 5) if f"<li>line {line}: " in answer.text] == [2, 3, 4]
    assert 'aria-describedby="manifest-problem manifest-hint"' in answer.text
    assert 'value="Box 7"' in answer.text
    assert '<option value="DE" selected>' in answer.text
    assert "<option selected>strict</option>" in answer.text
    assert "<img" not in answer.text
    assert bench.head is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("market", "XX"), ("policy", "none such"), ("baseline", "other"), ("name", "x" * 65)],
)
def test_what_is_wrong_with_a_field_stands_beside_it(tmp_path: Path, field: str, value: str) -> None:
    """And its field says so to those who cannot see where it stands."""
    bench = _Reading()
    answer = _post(tmp_path, bench, "/crate/begin", FORM | {field: value})
    assert answer.status == 400
    assert f'id="{field}-problem"' in answer.text
    assert f'aria-describedby="{field}-problem {field}-hint"' in answer.text
    assert not bench.wishes


def test_no_second_crate_is_begun_beside_the_first(tmp_path: Path) -> None:
    """It says what to do instead."""
    bench = filled()
    answer = _post(tmp_path, bench, "/crate/begin", FORM)
    assert answer.status in range(400, 500)
    assert "end it before another is begun" in answer.text
    assert not bench.asked


def test_beginning_ending_and_auditing_again_are_written_into_the_trail(tmp_path: Path) -> None:
    """Who did it, and to what."""
    bench = MemoryBench()

    async def work(client: httpx.AsyncClient, site: Site) -> list[tuple[str, str, str]]:
        await client.post("/crate/begin", data=FORM)
        bench.plug("1")
        name = bench.judge("1", Decision.PASS).name
        await client.post(f"/unit/{name}/again")
        await client.post("/crate/end")
        actions = await site.services.archive.ask(lambda history: tuple(history.actions()))
        return [(one.who, one.what, one.about) for one in actions if one.what != "login"]

    told = _with(tmp_path, bench, work)
    assert sorted(told) == [
        ("Operator", "audit-again", "unit-1"),
        ("Operator", "crate-begin", "Box 7"),
        ("Operator", "crate-end", "Box 7"),
    ]
    assert bench.asked == ["begin Box 7", "again unit-1", "end"]


# As it stands


def test_the_crate_is_shown_as_it_stands(tmp_path: Path) -> None:
    """Its verdict, its counts, and that it is not complete, in the words of its report."""
    text = _get(tmp_path, filled(), "/crate").text
    assert "Crate crate-1, not complete" in text
    assert "5 units: 2 FAIL, 1 INCONCLUSIVE, 1 REVIEW, 1 PASS" in text
    assert "SERIAL1" not in text
    assert "<img" not in text


def test_the_manifest_is_held_against_the_units(tmp_path: Path) -> None:
    """Present, missing, unexpected, there twice and unsure, with lines and slots; identifiers are masked."""
    bench = _Held(head=head_of())
    for key in ("1", "2"):
        bench.plug(key, slot=f"usb:1-{key}")
        bench.judge(key, Decision.PASS)
    text = _get(tmp_path, bench, "/crate").text
    for said in ("line 2: usb:1-1", "line 9: ", "lot lot 4", "usb:1-2, ", "line 11: ", "perhaps one of them"):
        assert said in text, said
    assert "IMEI imei#" in text
    assert "MISSING9" not in text
    assert "356938035643809" not in text


@pytest.mark.parametrize("name", ["html", "json", "csv", "junit"])
def test_the_report_is_downloaded_with_identifiers_masked(tmp_path: Path, name: str) -> None:
    """As a file, in each format there is."""
    answer = _get(tmp_path, filled(), f"/crate/report/{name}")
    assert answer.status == 200
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "crate-1" in answer.text
    assert "SERIAL1" not in answer.text
    if name == "json":
        assert json.loads(answer.text)["head"]["name"] == "crate-1"


@pytest.mark.parametrize("name", ["pdf", "terminal", "..%2f..%2fetc%2fpasswd"])
def test_a_format_there_is_not_is_refused(tmp_path: Path, name: str) -> None:
    """It is the asker's mistake, never a fault of the program."""
    assert _get(tmp_path, filled(), f"/crate/report/{name}").status in range(400, 500)


@pytest.mark.parametrize("url", ["/crate", "/crate/end"])
def test_without_a_crate_its_pages_lead_to_the_form(tmp_path: Path, url: str) -> None:
    """Nobody is left at a page about nothing."""
    answer = _get(tmp_path, MemoryBench(), url)
    assert (answer.status, answer.to) == (303, "/")


# Its end


def test_ending_asks_first_and_says_what_is_left_undone(tmp_path: Path) -> None:
    """Looking at the question ends nothing."""
    bench = filled()
    text = _get(tmp_path, bench, "/crate/end").text
    assert "5 of 8 units" in text
    assert "usb:1-7" in text
    assert 'method="post" action="/crate/end"' in text
    assert not bench.asked


def test_a_crate_ends_once(tmp_path: Path) -> None:
    """Then it is shown as it was ended; ending it again is refused."""
    bench = filled()

    async def twice(client: httpx.AsyncClient, _site: Site) -> tuple[_Answer, _Answer, _Answer]:
        first = _answer(await client.post("/crate/end"))
        shown = _answer(await client.get(first.to))
        return first, shown, _answer(await client.post("/crate/end"))

    first, shown, second = _with(tmp_path, bench, twice)
    assert (first.status, first.to) == (303, "/crates/crate-1")
    assert "Crate crate-1 has ended: FAIL." in shown.text
    assert second.status in range(400, 500)
    assert bench.asked == ["end"]


@pytest.mark.parametrize("name", ["nobody", "unit-4", "..", "%00"])
def test_a_unit_that_cannot_be_audited_again_is_refused(tmp_path: Path, name: str) -> None:
    """One that is unknown, of which the trail does not tell, or unplugged: it says that this failed."""

    async def work(client: httpx.AsyncClient, site: Site) -> tuple[int, list[str]]:
        answer = await client.post(f"/unit/{name}/again")
        actions = await site.services.archive.ask(lambda history: tuple(history.actions()))
        return answer.status_code, [f"{one.what} {one.about}" for one in actions if one.what != "login"]

    status, told = _with(tmp_path, filled(), work)
    assert status in range(400, 500)
    assert sorted(told) == (["audit-again unit-4", "audit-again-failed unit-4"] if name == "unit-4" else [])
