"""`adb-audit history stations`, `upgrade`, `new-identity`, and chains of several stations verified."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import delete

from audit.history import History
from audit.history.forwarding import forward
from audit.history.schema import StoredSignOff
from tests.cli.conftest import Cli
from tests.history import old
from tests.history.test_forwarding import fill


@pytest.fixture
def central(tmp_path: Path) -> str:
    """Where two stations of one name forwarded to."""
    path = str(tmp_path / "central.sqlite")
    with History.open(path) as there:
        for name in ("A", "B"):
            with History.open(str(tmp_path / f"{name}.sqlite"), station="bench") as station:
                fill(station, name, 2)
                forward(station, there)
    return path


def test_stations_are_listed(cli: Cli, central: str, tmp_path: Path) -> None:
    """With how much came of each; at a station, what still waits."""
    ran = cli("history", "stations", "--db", central)
    assert ran.code == 0
    assert ran.out.count("bench: forwards here, 6 items, last at ") == 2
    with History.open(str(tmp_path / "A.sqlite")) as station:
        fill(station, "C", 1)
    ran = cli("history", "stations", "--db", str(tmp_path / "A.sqlite"))
    assert "is forwarded to, 6 items" in ran.out
    assert "3 items not forwarded yet" in ran.err


def test_a_chain_that_does_not_fit_is_told(cli: Cli, central: str, tmp_path: Path) -> None:
    """By the list, and by whoever verifies the centre's log."""
    with History.open(str(tmp_path / "A.sqlite"), station="bench") as station, History.open(central) as there:
        with station.database.writing() as connection:
            connection.execute(delete(StoredSignOff).where(StoredSignOff.c.number == 2))
        forward(station, there)
    ran = cli("history", "stations", "--db", central)
    assert ran.code == 3
    assert "TROUBLE: signed record 2 of bench" in ran.out
    assert "signed record 2 of bench" in cli("verify", "--log", "--db", central).out


def test_each_chain_of_a_centre_is_verified_and_written(cli: Cli, central: str, tmp_path: Path) -> None:
    """A file for each, since each is a log of its own."""
    with History.open(central) as there:
        ids = [one.id[:8] for one in there.stations() if one.role == "station"]
    ran = cli("verify", "--log", "--db", central, "--output", str(tmp_path / "log.jsonl"))
    for one in ids:
        assert f"bench ({one})" in ran.out
        assert (tmp_path / f"log-{one}.jsonl").read_bytes().count(b"\n") == 2
    assert cli("verify", "--log", "--db", central, "--count", "2").code == 2


def test_reports_of_one_station_are_listed(cli: Cli, central: str) -> None:
    """By the name of the bench or the id of its history."""
    with History.open(central) as there:
        (one, _) = [one for one in there.stations() if one.role == "station"]
    for named in (one.id, one.id[:8], one.id[:8].upper()):
        assert "2 reports of 4" in cli("history", "list", "--station", named, "--db", central).err
    assert "no report fits" in cli("history", "search", "--station", one.id[:7], "--db", central).err
    assert "4 reports" in cli("history", "search", "--station", "BENCH", "--db", central).err
    assert "no report fits" in cli("history", "list", "--station", "x", "--db", central).err


def test_a_history_is_upgraded_on_demand(cli: Cli, tmp_path: Path) -> None:
    """With its backup named."""
    path = tmp_path / "history.sqlite"
    old.build(f"sqlite:///{path}", "0002")
    ran = cli("history", "upgrade", "--db", str(path))
    assert "is up to date" in ran.out
    assert "backup-0002" in ran.err


def test_a_copy_becomes_a_history_of_its_own(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only when somebody says so."""
    path = str(tmp_path / "history.sqlite")
    with History.open(path) as history:
        (before,) = history.stations()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert "nothing was changed" in cli("history", "new-identity", "--db", path).err
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    nobody = cli("history", "new-identity", "--db", path)
    assert nobody.code == 2
    assert "--yes" in nobody.err
    with History.open(path) as history:
        assert history.stations() == (before,)
    assert cli("history", "new-identity", "--yes", "--db", path).code == 0
    with History.open(path) as history:
        assert history.stations()[0].id != before.id
