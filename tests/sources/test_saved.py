from __future__ import annotations

import gzip
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import BadInput, UsageError
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.sources import open_source, saved

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
USER = st.none() | st.integers(0, 99)
ARTIFACTS = st.builds(
    Artifact,
    kind=st.sampled_from(Kind),
    origin=TEXT,
    data=st.binary(max_size=40),
    stderr=st.binary(max_size=12),
    exit_code=st.none() | st.integers(0, 255),
    truncated=st.booleans(),
    user=USER,
    argument=st.none() | TEXT,
)
GAPS = st.builds(Gap, topic=st.sampled_from(Topic), reason=TEXT, fix=TEXT, origin=TEXT, user=USER)
SNAPSHOTS = st.builds(
    Snapshot,
    unit=st.builds(UnitId, serial=st.none() | TEXT, model=st.none() | TEXT),
    source=st.builds(Source, kind=st.sampled_from(SourceKind), detail=TEXT),
    acquired_at=st.none() | TEXT,
    tool_version=TEXT,
    artifacts=st.lists(ARTIFACTS, max_size=4).map(tuple),
    gaps=st.lists(GAPS, max_size=3).map(tuple),
)
PLAIN = Snapshot(
    unit=UnitId(serial="S1"),
    source=Source(kind=SourceKind.LIVE),
    acquired_at=None,
    tool_version="1",
    artifacts=(Artifact(kind=Kind.GETPROP, origin="getprop", data=b"[a]: [\xff]\n"),),
)


@settings(max_examples=60, deadline=None)
@given(SNAPSHOTS, st.sampled_from(saved.ENDINGS))
def test_a_saved_snapshot_is_the_same_when_read(snapshot: Snapshot, ending: str) -> None:
    """Every byte of every artifact, and every gap, survives keeping."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"unit{ending}"
        saved.save(snapshot, path)
        assert open_source(path) == snapshot


def test_a_snapshot_is_private_and_whole(tmp_path: Path) -> None:
    """Mode 0600, because it holds identifiers, and no temporary file is left."""
    saved.save(PLAIN, tmp_path / "a.json")
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_same_snapshot_gives_the_same_file(tmp_path: Path) -> None:
    """No time of writing gets into the file."""
    saved.save(PLAIN, tmp_path / "a.json.gz")
    saved.save(PLAIN, tmp_path / "b.json.gz")
    assert (tmp_path / "a.json.gz").read_bytes() == (tmp_path / "b.json.gz").read_bytes()


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    """A folder in the place of the file is an error with its path, and nothing is left behind."""
    (tmp_path / "a.json").mkdir()
    with pytest.raises(UsageError) as caught:
        saved.save(PLAIN, tmp_path / "a.json")
    assert caught.value.where == str(tmp_path / "a.json")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_the_name_must_say_what_it_is(tmp_path: Path) -> None:
    """A snapshot called unit.txt would not be recognised later."""
    with pytest.raises(UsageError, match="kept as JSON"):
        saved.save(PLAIN, tmp_path / "unit.txt")


def test_damage_is_told_with_the_place(tmp_path: Path) -> None:
    """Cut, garbled, of another shape: BadInput names the file."""
    saved.save(PLAIN, tmp_path / "a.json")
    saved.save(PLAIN, tmp_path / "a.json.gz")
    whole = (tmp_path / "a.json").read_bytes()
    packed = (tmp_path / "a.json.gz").read_bytes()
    damaged = {
        "cut.json": whole[:-10],
        "cut.json.gz": packed[:-12],
        "garbled.json.gz": packed[:20] + b"\xff\xff\xff\xff" + packed[24:],
        "latin.json": b'{"a": "\xe9"}',
        "other.json": b"{}",
        "list.json.gz": gzip.compress(b"[]"),
    }
    for name, data in damaged.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput) as caught:
            saved.load(tmp_path / name)
        assert name in caught.value.where, name


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A small file that unpacks to more than the limit is refused."""
    (tmp_path / "bomb.json.gz").write_bytes(gzip.compress(b" " * 3_000_000))
    with pytest.raises(BadInput, match="larger than"):
        saved.load(tmp_path / "bomb.json.gz", largest_bytes=1_000_000)


def test_a_mark_an_editor_left_is_no_damage(tmp_path: Path) -> None:
    """Notepad puts a UTF-8 mark before a file it saves."""
    path = tmp_path / "unit.json"
    saved.save(PLAIN, path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert open_source(path) == saved.load(path)


def test_links_and_pipes_are_written_into_not_replaced(tmp_path: Path) -> None:
    """`-o /dev/stdout` as root must not put a file in the place of the device."""
    link, real, pipe = tmp_path / "link.json", tmp_path / "real.json", tmp_path / "pipe"
    link.symlink_to(real)
    saved.write_atomically(link, b"one")
    assert link.is_symlink()
    assert real.read_bytes() == b"one"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    saved.write_atomically(pipe, b"two")
    assert os.read(reader, 9) == b"two"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
