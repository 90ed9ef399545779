"""Waivers on a page: those there are, and one more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from audit.clock import now
from audit.history import History
from audit.reports.redact import shown_serial
from audit.signoff.waivers import read_waivers
from audit.web.access import Role
from audit.web.services import Services
from tests.web.desks import Desk, desk
from tests.web.markup import harmless
from tests.web.unit_samples import CHECKS, HOSTILE, UNIT, desk_services

FILE = """# who decides: the quality manager
[[waiver]]
id = "W-7"
check = "denylist"
model = "Nokia 7 plus"
reason = "Removed by the carrier"   # asked in March
approver = "J. Doe"
expires = {soon}

[[waiver]]
id = "W-2"
check = "build"
unit = "serial#aabbcc"
reason = "An exchange board"
approver = "J. Doe"
expires = 2025-01-01
"""
GIVEN = {
    "id": "W-8",
    "check": "client-market",
    "subject": "com.example.simactivate",
    "model": "Nokia 7 plus",
    "reason": 'Disabled "by hand" \\ see 4\u00b72',
    "approver": "K. Nordmann",
    "expires": "2031-05-31",
}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A station with a place for waivers."""
    with desk_services(tmp_path) as made:
        yield made


@pytest.fixture
def at(services: Services) -> Iterator[Desk]:
    """An inspector's desk."""
    with desk(services) as made:
        yield made


def file_of(services: Services) -> Path:
    """Where they are kept."""
    assert services.waivers is not None
    return services.waivers


def filled(services: Services) -> str:
    """Some are kept."""
    text = FILE.format(soon=(now().date() + timedelta(days=9)).isoformat())
    file_of(services).write_text(text)
    return text


def test_waivers_are_listed_with_their_state(services: Services, at: Desk) -> None:
    """For what, where, until when, by whom and why; which expired, and which do soon."""
    filled(services)
    told = harmless(at.get("/waivers")).text
    assert "W-7 denylist model Nokia 7 plus" in told
    assert "▲ expires in 9 days J. Doe Removed by the carrier" in told
    assert "W-2 build unit serial#aabbcc 2025-01-01 ✖ expired on 2025-01-01 J. Doe An exchange board" in told


def test_one_more_leaves_the_file_as_it_was(services: Services, at: Desk) -> None:
    """Comments too; the new one is read back as it was written, and is in the trail."""
    before = filled(services)
    assert at.post("/waivers", **GIVEN) == "/waivers"
    after = file_of(services).read_text()
    assert after.startswith(before)
    new = read_waivers(file_of(services), CHECKS)[-1]
    assert {name: getattr(new, name) for name in GIVEN} == GIVEN
    assert "Waiver W-8 holds until 2031-05-31." in harmless(at.get("/waivers")).text
    with History.open(services.archive.where) as history:
        (action,) = history.actions()
    assert (action.what, action.about, action.who) == ("waiver", "W-8", "K. Nordmann")
    assert "client-market of com.example.simactivate; model Nokia 7 plus; until 2031-05-31" in action.detail


@pytest.mark.skipif(sys.platform == "win32", reason="there files have no mode")
def test_who_may_read_the_file(services: Services, at: Desk) -> None:
    """A new one is its owner's alone, since it may name units by their numbers; another keeps its mode."""
    at.post("/waivers", **GIVEN)
    file = file_of(services)
    assert {one.stat().st_mode & 0o777 for one in (file, file.with_name(f".{file.name}.lock"))} == {0o600}
    for mode in (0o640, 0o644):
        file.chmod(mode)
        at.post("/waivers", **GIVEN | {"id": f"W-{mode}"})
        assert file.stat().st_mode & 0o777 == mode
    assert len(read_waivers(file, CHECKS)) == 3


def test_the_first_one_makes_the_file(services: Services, at: Desk) -> None:
    """Where there is none yet."""
    assert "There is no waiver in it yet." in harmless(at.get("/waivers")).text
    at.post("/waivers", **GIVEN)
    assert [one.id for one in read_waivers(file_of(services), CHECKS)] == ["W-8"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "w-7"}, "id"),
        ({"id": "W 8"}, "id"),
        ({"check": "clientmarket"}, "check"),
        ({"check": ""}, "check"),
        ({"model": ""}, ""),
        ({"model": "Nokia*"}, "model"),
        ({"reason": "  "}, "reason"),
        ({"reason": "r" * 1001}, "reason"),
        ({"approver": ""}, "approver"),
        ({"expires": ""}, "expires"),
        ({"expires": "2031-02-30"}, "expires"),
        ({"expires": "tomorrow"}, "expires"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    services: Services, at: Desk, changed: dict[str, str], field: str
) -> None:
    """The file stays as it was, byte for byte, and the form as it was written."""
    before = filled(services)
    page = harmless(at.post("/waivers", 422, **(GIVEN | changed)))
    assert {one for one in page.ids if one.endswith("-problem")} == ({f"{field}-problem"} if field else set())
    assert "The waiver was not added" in page.text
    assert ("no scope" in page.text) == (not field)
    assert "com.example.simactivate" in at.post("/waivers", 422, **(GIVEN | changed))
    assert file_of(services).read_text() == before


def test_hostile_words_stay_in_their_field(services: Services, at: Desk) -> None:
    """Nothing written there becomes a key of the file, or markup of the page."""
    reason = f'x"\nmodel = "all" """ {HOSTILE}'
    at.post("/waivers", **(GIVEN | {"reason": reason}))
    (new,) = read_waivers(file_of(services), CHECKS)
    assert new.model == "Nokia 7 plus"
    assert new.reason.startswith('x" model = "all" """ <img src=x')
    harmless(at.get("/waivers"))


def test_a_finding_fills_the_form_in(services: Services, at: Desk) -> None:
    """The link beside it, for inspectors alone, names check, subject, model and build, and no identifier."""
    page = at.get(f"/unit/{UNIT}")
    (link,) = [one for one in harmless(page).links if one.startswith("/waivers?")]
    asked = {name: said for name, (said,) in parse_qs(urlsplit(link).query).items()}
    assert asked == {
        "check": "client-market",
        "subject": "com.qualcomm.qti.autoregistration",
        "model": "Nokia 7 plus",
        "build": "00WW_3_39B",
    }
    form = at.get(link)
    assert all(f'value="{said}"' in form for said in asked.values())
    with desk(services, Role.OPERATOR) as operator:
        assert "/waivers?" not in operator.get(f"/unit/{UNIT}")


def test_operators_read_and_do_not_add(services: Services) -> None:
    """403, and the file is not made."""
    with desk(services, Role.OPERATOR) as operator:
        assert '<form method="post" action="/waivers"' not in operator.get("/waivers")
        operator.post("/waivers", 403, **GIVEN)
    assert not file_of(services).exists()


def test_a_file_that_does_not_hold_is_said_to(services: Services, at: Desk) -> None:
    """With its lines; nothing is added to it."""
    file_of(services).write_text('[[waiver]]\nid = "W-1"\n')
    told = harmless(at.get("/waivers")).text
    assert "no waiver of it counts" in told
    assert "line 1: waiver W-1: check is missing" in told
    at.post("/waivers", 400, **GIVEN)
    assert file_of(services).read_text() == '[[waiver]]\nid = "W-1"\n'


def test_a_station_without_a_file_says_so(services: Services) -> None:
    """There is no form, and one that comes all the same is refused."""
    with desk(replace(services, waivers=None)) as at:
        assert "No file of waivers is kept" in harmless(at.get("/waivers")).text
        at.post("/waivers", 409, **GIVEN)


def test_two_at_once_are_both_kept(services: Services, at: Desk) -> None:
    """Of the same id one; none is lost to the other."""
    assert at.at_once("/waivers", 3, **GIVEN) == [303, 422, 422]
    assert [one.id for one in read_waivers(file_of(services), CHECKS)] == ["W-8"]


def test_a_unit_named_by_its_serial_is_masked(services: Services, at: Desk) -> None:
    """The file keeps the serial number, pages and the trail show its mask; so is it found by both."""
    at.post("/waivers", **{**GIVEN, "unit": "SN-4F2A9C77"})
    assert read_waivers(file_of(services), CHECKS)[0].unit == "SN-4F2A9C77"
    mask = shown_serial("SN-4F2A9C77", key=services.key)
    with History.open(services.archive.where) as history:
        detail = history.actions(1)[0].detail
    for said in (at.get("/waivers"), detail):
        assert "SN-4F2A9C77" not in said
        assert f"unit {mask}" in said


def test_a_mask_stays_what_it_is(services: Services, at: Desk) -> None:
    """What somebody copied from a page is no identifier."""
    filled(services)
    assert "serial#aabbcc" in at.get("/waivers")
