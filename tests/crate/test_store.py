"""The folder of a crate: what is in it stays, whoever is killed; what is damaged is told."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit import codec
from audit.crate import keeping
from audit.crate.files import told as files_of
from audit.crate.keeping import DAMAGED, ENTRY, SNAPSHOT
from audit.crate.names import unit_name
from audit.crate.store import HEAD as HEAD_FILE
from audit.crate.store import LOCK, Store
from audit.errors import BadInput, UsageError
from audit.model.crate import Entry
from audit.reports.redact import shown_serial
from audit.sources import saved
from tests.crate.work import AGAIN, HEAD, KEY, entry, keep, snapshot

NAME = "phone-1"


def created(folder: Path) -> Store:
    """A new crate."""
    return Store.create(folder, HEAD, key=KEY)


def opened(folder: Path) -> Store:
    """The same crate, by a later program."""
    return Store.open(folder, key=KEY)


def files(unit: Path) -> set[str]:
    """All files of a unit, by their paths in its folder."""
    return {path.relative_to(unit).as_posix() for path in unit.rglob("*") if path.is_file()}


# Begun and gone on with


def test_what_is_kept_is_there_when_the_crate_is_opened_again(tmp_path: Path) -> None:
    """Head, results in the order of their names, and entries with their reports read back equal."""
    with created(tmp_path / "crate") as store:
        for name in ("b", "a"):
            store.took(keep(store.folder, name))
        before = store.results()
    with opened(tmp_path / "crate") as store:
        assert store.head == HEAD
        assert store.results() == before
        assert [one.name for one in before] == ["a", "b"]
        assert list(store.entries()) == [entry("a"), entry("b")]
        assert store.problems == ()
    kept = saved.load(tmp_path / "crate" / "units" / "a" / SNAPSHOT)
    assert kept == snapshot()


def test_the_evidence_is_for_its_owner_only(tmp_path: Path) -> None:
    """Snapshots and entries hold identifiers."""
    with created(tmp_path / "crate") as store:
        keep(store.folder, NAME)
    others = [path for path in (tmp_path / "crate").rglob("*") if path.stat().st_mode & 0o077]
    assert others == []


@pytest.mark.parametrize("place", ["a-file", "a-file/crate"])
def test_a_file_where_the_folder_would_be_is_said_to_be_one(tmp_path: Path, place: str) -> None:
    """To let it be written to would not help."""
    (tmp_path / "a-file").write_text("")
    with pytest.raises(UsageError) as caught, files_of(tmp_path / place):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
    assert "a file is where a folder has to be" in caught.value.what
    assert caught.value.fix.startswith("take the file away")


def test_a_crate_is_not_begun_over_another_or_among_something_else(tmp_path: Path) -> None:
    """Both are refused with what to do; what is there stays as it is."""
    created(tmp_path / "crate").close()
    with pytest.raises(UsageError, match="a crate already") as again:
        created(tmp_path / "crate")
    assert "--resume" in again.value.fix
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"something else in it: '1\.jpg'"):
        created(tmp_path / "photos")
    with pytest.raises(UsageError, match="no folder"):
        created(tmp_path / "photos" / "1.jpg")
    assert files(tmp_path / "photos") == {"1.jpg"}


def test_a_crate_whose_beginning_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    """Without its head nothing was kept yet."""
    created(tmp_path).close()
    (tmp_path / HEAD_FILE).unlink()
    with pytest.raises(BadInput, match="is no crate"):
        opened(tmp_path)
    with created(tmp_path) as store:
        assert store.results() == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("\udcff", "is not UTF-8"),
        (codec.to_json(HEAD).replace("crate-head/1", "crate-head/2"), "its schema is"),
        ("[1]", "no JSON object"),
    ],
)
def test_a_head_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    """A torn file, another file, a newer version."""
    created(tmp_path).close()
    (tmp_path / HEAD_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadInput, match=said) as caught:
        opened(tmp_path)
    assert str(tmp_path / HEAD_FILE) in caught.value.where
    assert caught.value.fix
    with pytest.raises(BadInput, match=said):
        opened(tmp_path)  # and the lock was given back


def test_two_programs_do_not_work_on_one_crate(tmp_path: Path) -> None:
    """The second is told so; when the first is killed the kernel gives the crate back."""
    created(tmp_path).close()
    with started("hold", tmp_path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match="another program is working on this crate"):
            opened(tmp_path)
        other.kill()
    with opened(tmp_path) as store:
        assert store.results() == ()


# Damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda _: b"",
        lambda text: text.replace(b'"phone-1"', b'"phone-2"'),
        lambda text: text + b"\xff",
    ],
)
def test_a_damaged_entry_is_told_kept_and_not_done(tmp_path: Path, damage: object) -> None:
    """The unit is audited again under the same name; nothing of what was there is lost."""
    with created(tmp_path) as store:
        keep(store.folder, NAME)
        keep(store.folder, "other")
    path = tmp_path / "units" / NAME / ENTRY
    data = damage(path.read_bytes())  # type: ignore[operator]  # a table of functions
    path.write_bytes(data)
    with opened(tmp_path) as store:
        assert [one.name for one in store.results()] == ["other"]
        assert len(store.problems) == 1
        assert str(path) in store.problems[0]
        store.took(keep(store.folder, NAME))
    with opened(tmp_path) as store:
        assert len(store.results()) == 2
        assert store.problems == ()
    unit = tmp_path / "units" / NAME
    assert files(unit) == {ENTRY, SNAPSHOT, f"earlier-1/{DAMAGED}", f"earlier-1/{SNAPSHOT}"}
    assert (unit / "earlier-1" / DAMAGED).read_bytes() == data


def test_entries_of_another_version_of_the_program_are_left_alone(tmp_path: Path) -> None:
    """They are no damage: the crate is refused, and nothing in it moves."""
    with created(tmp_path) as store:
        keep(store.folder, NAME)
    path = tmp_path / "units" / NAME / ENTRY
    path.write_text(path.read_text().replace("crate-entry/1", "crate-entry/2"))
    with pytest.raises(BadInput, match="its schema is"):
        opened(tmp_path)
    assert files(tmp_path / "units" / NAME) == {ENTRY, SNAPSHOT}


def test_evidence_without_an_entry_is_not_done(tmp_path: Path) -> None:
    """Its writer was killed before it was judged: it is set aside, half-written files go."""
    with created(tmp_path) as store:
        keeping.keep_snapshot(store.folder, NAME, snapshot())
        (tmp_path / "units" / NAME / f".{ENTRY}.x7f3").write_text("{")
        (tmp_path / "spool" / f"{NAME}.task").write_text("half")
        (tmp_path / f".{HEAD_FILE}.x7f3").write_text("{")
    with opened(tmp_path) as store:
        assert store.results() == ()
        assert store.problems == ()
    assert files(tmp_path / "units" / NAME) == {f"earlier-1/{SNAPSHOT}"}
    assert files(tmp_path) == {HEAD_FILE, LOCK, f"units/{NAME}/earlier-1/{SNAPSHOT}"}


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """With what is to be done; what was kept stays."""
    with created(tmp_path) as store:
        keep(store.folder, NAME)
        (tmp_path / "units").chmod(0o500)
        with pytest.raises(UsageError, match="cannot be written"):
            keep(store.folder, "other")
        (tmp_path / "units").chmod(0o700)


def test_a_folder_that_was_deleted_meanwhile_is_said(tmp_path: Path) -> None:
    """It is not made anew: what was kept would be missing from it."""
    with created(tmp_path / "crate") as store:
        (tmp_path / "crate").rename(tmp_path / "moved")
        with pytest.raises(UsageError, match="No such file") as caught:
            keeping.keep_snapshot(store.folder, NAME, snapshot())
    assert "put it back" in caught.value.fix
    assert not (tmp_path / "crate").exists()


def test_a_full_disk_is_said_and_nothing_kept_is_lost(tmp_path: Path) -> None:
    """The kernel refuses a file larger than so much, as it does on a full disk."""
    with created(tmp_path) as store:
        keep(store.folder, NAME)
    code = (
        "import resource, signal, sys; from pathlib import Path; from tests.crate import work\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))\n"
        "from audit.errors import UsageError\n"
        "try: work.keep(Path(sys.argv[1]), sys.argv[2], tries=2)\n"
        "except UsageError as error: print(error)\n"
    )
    for name in (NAME, "other"):
        done = subprocess.run([sys.executable, "-c", code, tmp_path, name], capture_output=True, check=True)
        assert b"cannot be written: File too large" in done.stdout
        assert b"fix: " in done.stdout
    with opened(tmp_path) as store:
        assert [one.tries for one in store.results()] == [1]
        assert list(store.entries()) == [entry(NAME)]


# Once more


def test_a_unit_that_is_audited_again_keeps_what_was_there(tmp_path: Path) -> None:
    """The new pair stands in the folder, former ones beside it in their order."""
    with created(tmp_path) as store:
        for tries in (1, 2, 3):
            store.took(keep(store.folder, NAME, tries=tries))
    unit = tmp_path / "units" / NAME
    assert files(unit) == {
        f"{place}{file}" for place in ("", "earlier-1/", "earlier-2/") for file in (ENTRY, SNAPSHOT)
    }
    kept = [(unit / place / ENTRY).read_text() for place in ("earlier-1", "earlier-2", ".")]
    assert [codec.from_json(Entry, text, where="").result.tries for text in kept] == [1, 2, 3]
    with opened(tmp_path) as store:
        assert [one.tries for one in store.results()] == [3]


def test_a_second_audit_that_was_cut_off_leaves_the_first(tmp_path: Path) -> None:
    """New evidence takes the place of the old only with its entry."""
    with created(tmp_path) as store:
        keep(store.folder, NAME)
        keeping.keep_snapshot(store.folder, NAME, snapshot(b"[a]: [b]\n"))
    with opened(tmp_path) as store:
        assert list(store.entries()) == [entry(NAME)]
    unit = tmp_path / "units" / NAME
    assert saved.load(unit / SNAPSHOT) == snapshot()
    assert saved.load(unit / "earlier-1" / SNAPSHOT) == snapshot(b"[a]: [b]\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed after they forked")
def test_a_second_audit_may_be_killed_at_any_step(tmp_path: Path) -> None:
    """Before each change of the disk: one of the two audits counts, whole, with its own evidence."""
    subprocess.run([sys.executable, "-m", "tests.crate.work", "die", tmp_path, NAME], check=True)
    crates = sorted(tmp_path.iterdir(), key=lambda crate: int(crate.name))
    seen = []
    for crate in crates:
        with opened(crate) as store:
            (counts,) = store.entries()
            assert store.problems == ()
        unit = crate / "units" / NAME
        seen.append(counts.result.tries)
        assert counts == entry(NAME, tries=seen[-1])
        assert saved.load(unit / SNAPSHOT) == (snapshot() if seen[-1] == 1 else snapshot(AGAIN))
        if seen[-1] == 2:
            assert (unit / "earlier-1" / ENTRY).read_text() == codec.to_json(entry(NAME))
            assert saved.load(unit / "earlier-1" / SNAPSHOT) == snapshot()
        assert not (unit / "next").exists()
        assert not list(crate.rglob(".*"))
    assert seen == sorted(seen)
    assert seen[0] == 1
    assert seen.count(2) > 5  # among them every step of the exchange
    assert len(list((crates[-1] / "units" / NAME).iterdir())) == 3


# Killed


def started(*what: str | Path) -> subprocess.Popen[bytes]:
    """A process that does something of `tests.crate.work` until it is killed."""
    command = [sys.executable, "-m", "tests.crate.work", *map(str, what)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_whoever_is_killed_loses_nothing_that_was_kept(tmp_path: Path, kills: int) -> None:
    """At random moments of keeping units, new and known ones: all that was told of is there, and whole."""
    created(tmp_path).close()
    told: dict[str, int] = {}
    chance = random.Random(kills)  # noqa: S311 - moments to kill at are no secret
    for _ in range(kills):
        with started("commit", tmp_path) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]  # it is under way
            time.sleep(chance.random() * 0.2)
            process.kill()
            lines += process.stdout.readlines()
        told |= {
            name: int(tries)
            for name, tries in (line.decode().split() for line in lines if line.endswith(b"\n"))
        }
        with opened(tmp_path) as store:
            there = {one.name: one.tries for one in store.results()}
            assert store.problems == ()
            assert all(there[name] >= tries for name, tries in told.items())
            # one more may be kept whose writer was killed before it could say so
            assert sum(there.values()) - sum(told.values()) in (0, 1)
            assert {one.result.name for one in store.entries()} == there.keys()
            told = there
        for name, tries in there.items():
            assert saved.load(tmp_path / "units" / name / SNAPSHOT) == snapshot()
            earlier = [p for p in (tmp_path / "units" / name).glob("earlier-*/*") if p.name == ENTRY]
            assert len(earlier) == tries - 1


# Names

HOSTILE = (
    "",
    "..",
    "../../etc/passwd",
    "CON",
    "con.",
    "nul.txt",
    "\u202egpj",
    "a" * 1_000_000,
    "A\x00B",
    "-rf",
    "日本",
    ".",
    "é",
)


@given(
    st.lists(
        st.tuples(st.text() | st.sampled_from(HOSTILE), st.text() | st.sampled_from(HOSTILE), st.text()),
        max_size=8,
    )
)
@example([("a", "", ""), ("A", "", ""), ("a", "", "")])
@example([(text, text, text) for text in HOSTILE])
def test_every_name_is_one_plain_part_of_a_path_and_unique(
    tmp_path_factory: pytest.TempPathFactory, units: list[tuple[str, str, str]]
) -> None:
    """Whatever a unit calls itself: short, without separators, device names or an identifier; never twice."""
    with created(tmp_path_factory.mktemp("names")) as store:
        names = [store.reserve(*unit) for unit in units]
    assert len({name.casefold() for name in names}) == len(units)
    for name in names:
        assert len(name) < 120
        assert name.isascii()
        assert all(c.isalnum() or c in "-_" for c in name)
        assert name[0].isalnum()
        assert name.split("-")[0].isalnum() or "_" in name
        assert "-" in name  # so none is CON or NUL
    assert all(
        len(serial) < 8 or serial not in name for name, (_, serial, _) in zip(names, units, strict=True)
    )


def test_a_name_shows_the_token_of_the_reports() -> None:
    """Who reads a report finds the folder; what is no identifier stays readable."""
    token = shown_serial("B2NGAA8831234567", key=KEY).removeprefix("serial#")
    assert (
        unit_name("Nokia 7 plus", "B2NGAA8831234567", "usb:1-4.2", key=KEY) == f"Nokia_7_plus-serial-{token}"
    )
    assert unit_name("Nokia 7 plus", "", "usb:1-4.2", key=KEY) == "Nokia_7_plus-usb_1-4_2"
    assert unit_name("", "127.0.0.1:5555", "", key=KEY) == "unit-127_0_0_1_5555"


def test_names_are_not_given_twice_in_a_run_or_after_it(tmp_path: Path) -> None:
    """Units with one serial number, before and after a crate was gone on with."""
    with created(tmp_path) as store:
        first, second = (store.reserve("A", "0123456789ABCDEF", "") for _ in range(2))
        assert second == f"{first}-2"
        keep(store.folder, first)
    with opened(tmp_path) as store:
        assert [store.reserve("A", "0123456789ABCDEF", "") for _ in range(2)] == [second, f"{first}-3"]


def test_a_crate_begun_in_one_thread_is_let_go_in_another(tmp_path: Path) -> None:
    """As a station does, which makes no event loop wait for the disk."""
    kept: list[Store] = []
    thread = threading.Thread(target=lambda: kept.append(Store.create(tmp_path / "crate", HEAD, key=KEY)))
    thread.start()
    thread.join()
    kept[0].close()
    Store.open(tmp_path / "crate", key=KEY).close()
