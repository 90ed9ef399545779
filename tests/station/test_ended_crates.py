"""Crates that were ended at a station, as it tells of them from their folders, changing nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit import codec
from audit.crate.store import Store
from audit.errors import AuditError, BadInput, UsageError
from audit.history import History
from audit.model.crate import CrateHead, CrateReport, ManifestRow, Reconciliation
from audit.model.history import Query
from audit.model.report import Decision, Expectation
from audit.reports import Options
from audit.reports.crate import FORMATS, render_crate
from audit.station.bench import Ended, Past, Wish
from audit.station.past import Shelf
from audit.station.place import Place
from audit.station.station import Station
from tests.contracts.crates import bench, unit
from tests.station.benches import KEY, done, play, setup_of, until

LOT = Wish(name="Lot 17", market="NO")
ODD_NAMES = (
    "a 'b' \"c\"",
    "<b>&",
    "крейт",
    "箱",
    "50 %+?#;x",
    "..lot",
    "-rf",
    "\u202elot",
    "line\nbreak",
    "$(id)",
)


@pytest.fixture
def history(tmp_path: Path) -> History:
    """An empty one."""
    return History.open(str(tmp_path / "history.sqlite"), wait_s=0.2)


def kept(folder: Path, name: str = "Lot 17", *, ended: bool = True) -> Path:
    """The folder of a crate without units, with the report it was ended with."""
    head = CrateHead(
        name=name,
        began_at="2026-01-31T12:00:00Z",
        tool_version="0",
        expectation=Expectation(market="NO"),
        rulebook_sha256="0" * 64,
    )
    with Store.create(folder / name, head, key=KEY):
        pass
    if ended:
        report = CrateReport(
            head=head,
            ended_at="2026-01-31T13:00:00Z",
            complete=True,
            decision=Decision.PASS,
            units=(),
            findings=(),
        )
        (folder / name / "report.json").write_text(codec.to_json(report), "utf-8")
    return folder / name


def shelf(folder: Path) -> Shelf:
    """The crates in a folder."""
    return Shelf(Place(folder), KEY)


def state(folder: Path) -> dict[str, tuple[int, str]]:
    """Of all files: when each was changed, and what is in it."""
    return {
        str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_an_ended_crate_is_told_as_its_end_was(tmp_path: Path, history: History) -> None:
    """What `end` said, identifiers masked; each unit's id is that of what is in the history last."""
    folder = tmp_path / "crates" / "Lot 17"

    async def work(station: Station) -> None:
        assert await station.past() == ()
        await station.begin(LOT)
        await until(station, lambda: len(done(station)) == 3)
        with pytest.raises(BadInput, match="it is on the bench"):
            await station.ended("Lot 17")
        assert await station.past() == ()
        report = await station.end()
        before = state(folder)
        ended = await station.ended("Lot 17")
        assert state(folder) == before
        assert (ended.report.ended_at, ended.report.decision) == (report.ended_at, report.decision)
        assert [one.name for one in ended.report.units] == [one.name for one in report.units]
        assert ended.report.groups == report.groups
        assert ended.report.complete
        assert "LABINCIDENT" not in codec.to_json(ended.report)
        assert set(ended.reports) == {one.name for one in report.units}
        for one in report.units:
            stored = history.stored(ended.reports[one.name])
            assert (stored.decision, stored.because) == (one.decision, one.because)
            assert stored.snapshot_sha256 == one.snapshot_sha256
        assert history.count(Query(crate=ended.id)) == 3
        assert (ended.notes, ended.resume) == ((), f"adb-audit crate --resume '{folder}'")
        assert await station.past() == (
            Past(
                name="Lot 17",
                id=ended.id,
                began_at=report.head.began_at,
                ended_at=report.ended_at,
                decision=Decision.FAIL,
            ),
        )

    specs = [unit("clean-global", 1), unit("clean-global", 2), unit("incident-2019", 3)]
    with bench(specs) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses), work)


def test_the_report_of_an_ended_crate_is_the_file_it_left(tmp_path: Path, history: History) -> None:
    """Masking what is masked already changes nothing: every format comes out as it lies in the folder."""
    folder = tmp_path / "crates" / "Lot 17"
    listed = tmp_path / "lot.csv"
    listed.write_text(
        "serial,imei,market\nLABINCIDENT20190002,,NO\nNEVERSEEN01,356938035643809,NO\n", "utf-8"
    )

    async def work(station: Station) -> None:
        await station.begin(Wish(name="Lot 17", market="NO", manifest=listed))
        await until(station, lambda: len(done(station)) == 2)
        await station.end()
        ended = await station.ended("Lot 17")
        for name in ("json", "csv", "junit", "html"):
            written = (folder / f"report{FORMATS[name].suffix}").read_bytes().decode()
            assert render_crate(name, ended.report, Options(key=KEY, reveal=True)) == written, name
            assert "NEVERSEEN01" not in written

    with bench([unit("clean-global", 1), unit("incident-2019", 2)]) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses), work)


def test_it_ended_when_it_was_ended(tmp_path: Path, history: History) -> None:
    """Not when somebody last looked at how it stood."""

    async def work(station: Station) -> None:
        await station.begin(LOT)
        standing = await station.standing()
        assert standing is not None
        await asyncio.sleep(1.1)  # reports are dated by the second
        assert (await station.end()).ended_at > standing.ended_at

    with history:
        play(setup_of(tmp_path, history, ()), work)


def test_a_unit_written_after_the_end_is_told(tmp_path: Path, history: History) -> None:
    """Another program goes on with the crate: what was ended is shown, with a note; then its new end is."""
    folder = tmp_path / "crates" / "Lot 17"

    async def work(station: Station) -> None:
        await station.begin(LOT)
        await until(station, lambda: len(done(station)) == 1)
        await station.end()
        place = shelf(folder.parent)
        with Store.open(folder, key=KEY) as store:
            (name,) = (one.name for one in store.results())
            assert place.ended("Lot 17").notes == ()
            later = (folder / "report.json").stat().st_mtime_ns + 10**9
            os.utime(folder / "units" / name / "entry.json", ns=(later, later))
            (note,) = (await station.ended("Lot 17")).notes
        assert note.startswith("1 unit was written into its folder after that")
        told = json.loads((folder / "report.json").read_text("utf-8"))
        (folder / "report.json").write_text(json.dumps(told | {"ended_at": "2099-01-01T00:00:00Z"}), "utf-8")
        os.utime(folder / "report.json", ns=(later + 1, later + 1))
        anew = await station.ended("Lot 17")
        assert (anew.report.ended_at, anew.notes, anew.reports) == ("2099-01-01T00:00:00Z", (), {})
        (listed,) = await station.past()
        assert (listed.id, listed.ended_at, listed.decision) == (anew.id, "", None)

    with bench([unit("clean-global", 1)]) as rig, history:
        play(setup_of(tmp_path, history, rig.addresses), work)


def test_a_crate_of_a_command_is_there_too(tmp_path: Path) -> None:
    """Its reports in the history are not known by unit; by its id the list of them is found."""
    kept(tmp_path)
    place = shelf(tmp_path)
    ended = place.ended("Lot 17")
    assert (ended.report.decision, ended.id, ended.reports) == (Decision.PASS, "", {})
    (listed,) = place.past()
    assert (listed.name, len(listed.id), listed.ended_at) == ("Lot 17", 64, "")


def test_what_a_command_wrote_with_identifiers_shown_is_masked(tmp_path: Path) -> None:
    """A page shows it to operators too. The second look reads nothing anew, unless the file is another."""
    path = kept(tmp_path) / "report.json"
    report = codec.from_json(CrateReport, path.read_text("utf-8"), where="")
    held = Reconciliation(
        path="lot.csv",
        sha256="0" * 64,
        present=(),
        missing=(ManifestRow(line=2, serial="NEVERSEEN01", imeis=("356938035643809",)),),
        unexpected=(),
        duplicates=(),
    )
    path.write_text(codec.to_json(replace(report, reconciliation=held)), "utf-8")
    place = shelf(tmp_path)
    first = place.ended("Lot 17").report
    assert "NEVERSEEN01" not in codec.to_json(first)
    assert "356938035643809" not in codec.to_json(first)
    assert place.ended("Lot 17").report is first
    path.write_text(codec.to_json(report), "utf-8")
    assert place.ended("Lot 17").report == report


def _without_report(folder: Path) -> None:
    (folder / "report.json").unlink()


def _half_a_report(folder: Path) -> None:
    path = folder / "report.json"
    path.write_text(path.read_text("utf-8")[:100], "utf-8")


def _no_text(folder: Path) -> None:
    (folder / "report.json").write_bytes(b"\xff\xfe")


def _of_the_future(folder: Path) -> None:
    path = folder / "report.json"
    path.write_text(path.read_text("utf-8").replace("adb-audit/crate/1", "adb-audit/crate/9"), "utf-8")


def _deep(folder: Path) -> None:
    (folder / "report.json").write_text("[" * 1_000_000, "utf-8")


def _a_folder(folder: Path) -> None:
    (folder / "report.json").unlink()
    (folder / "report.json").mkdir()


def _huge(folder: Path) -> None:
    os.truncate(folder / "report.json", 1 << 40)


DAMAGES = (_without_report, _half_a_report, _no_text, _of_the_future, _deep, _a_folder, _huge)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_crate_that_is_damaged_or_was_not_ended_is_told(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """With where and what to do; the list has it all the same."""
    folder = kept(tmp_path)
    damage(folder)
    with pytest.raises(BadInput) as told:
        shelf(tmp_path).ended("Lot 17")
    assert str(folder) in told.value.where
    assert told.value.fix
    assert [one.name for one in shelf(tmp_path).past()] == ["Lot 17"]


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"\xff", b'{"reports": [["a", 1]]}', b"[" * 100_000])
def test_a_damaged_note_of_the_end_is_told_and_the_report_shown(tmp_path: Path, said: bytes) -> None:
    """Only the links to the history are missing then."""
    (kept(tmp_path) / "ended.json").write_bytes(said)
    ended = shelf(tmp_path).ended("Lot 17")
    assert (ended.report.decision, ended.reports) == (Decision.PASS, {})
    assert "ended.json" in ended.notes[0]
    assert [one.name for one in shelf(tmp_path).past()] == ["Lot 17"]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../crates", "Lot 17/units", "/etc", "a\0b", "linked", "bench.json"]
)
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    """Only what stands in the folder itself, and is a crate, is one."""
    place = tmp_path / "crates"
    place.mkdir()
    kept(tmp_path, "elsewhere")
    kept(place)
    (place / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (place / "plain").mkdir()
    with pytest.raises(UsageError, match="there is no crate"):
        shelf(place).ended(name)
    assert [one.name for one in shelf(place).past()] == ["Lot 17"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_folder_of_any_name_is_found_by_it(tmp_path: Path, name: str) -> None:
    """By exactly that name; the command to go on with it is safe to paste and has no control characters."""
    kept(tmp_path, name)
    (listed,) = shelf(tmp_path).past()
    ended = shelf(tmp_path).ended(listed.name)
    assert (listed.name, ended.report.head.name) == (name, name)
    assert ended.resume.isprintable()


def test_a_name_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    """No address could name it; the others are told."""
    kept(tmp_path)
    try:
        shutil.copytree(tmp_path / "Lot 17", tmp_path / os.fsdecode(b"lot\xff"))
    except OSError:
        pytest.skip("this file system takes no such name")
    assert [one.name for one in shelf(tmp_path).past()] == ["Lot 17"]


def test_a_crate_that_was_moved_away_and_a_place_that_is_none(tmp_path: Path) -> None:
    """Told by the next look; what cannot be listed says so."""
    folder = kept(tmp_path / "crates")
    place = shelf(tmp_path / "crates")
    assert place.ended("Lot 17").report.complete
    folder.rename(tmp_path / "away")
    with pytest.raises(UsageError, match="there is no crate"):
        place.ended("Lot 17")
    assert place.past() == ()
    assert shelf(tmp_path / "nowhere").past() == ()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadInput, match="cannot be listed"):
        shelf(tmp_path / "file").past()


def test_what_it_is_asked_by_is_the_bench_s(tmp_path: Path, history: History) -> None:
    """A station tells of them beside a crate on its bench, which is not among them."""

    async def work(station: Station) -> None:
        kept(tmp_path / "crates")
        await station.begin(Wish(name="Lot 18"))
        found: tuple[Past, ...] = await station.past()
        assert [one.name for one in found] == ["Lot 17"]
        ended: Ended = await station.ended("Lot 17")
        assert ended.report.head.name == "Lot 17"
        with pytest.raises(AuditError, match="it is on the bench"):
            await station.ended("Lot 18")

    with history:
        play(setup_of(tmp_path, history, ()), work)
