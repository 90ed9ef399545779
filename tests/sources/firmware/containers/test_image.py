from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.containers.bases import file_base, spooled_base
from audit.sources.firmware.containers.image import Canvas, Fill, Piece, Stored, image, whole
from audit.sources.firmware.containers.reader import KEPT_BYTES, ImageReader, look, open_image
from audit.sources.firmware.containers.spool import NoSpace, Spool
from audit.sources.firmware.containers.unpack import Codec
from tests.build.on_disk import content, stored
from tests.build.payload import REPLACE_XZ, packed

DATA = bytes(range(256)) * 8


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose first half is DATA and whose second is DATA packed as xz."""
    path = tmp_path_factory.mktemp("image") / "data.bin"
    path.write_bytes(DATA + packed(REPLACE_XZ, DATA))
    return path


PARTS = st.lists(
    st.tuples(st.sampled_from(["stored", "fill", "packed"]), st.integers(0, 2000), st.integers(0, 48)),
    max_size=12,
)


def assembled(file: Path, parts: list[tuple[str, int, int]]) -> tuple[list[Piece], bytes]:
    """Pieces of *file*, and the bytes they stand for."""
    base = whole(file_base(file))
    pieces: list[Piece] = []
    wanted = b""
    for kind, start, size in parts:
        if kind == "stored":
            pieces += base.cut(start, size)
            wanted += DATA[start : start + size]
        elif kind == "fill":
            pieces.append(Fill(size=size, pattern=b"abcd").cut(start, size))
            wanted += (b"abcd" * 600)[start : start + size]
        else:
            whole_piece = base.packed(len(DATA), base.size - len(DATA), Codec.XZ, len(DATA))
            pieces.append(whole_piece.cut(start, size))
            wanted += DATA[start : start + size]
    return pieces, wanted


@given(parts=PARTS, data=st.data())
def test_any_part_of_any_pieces_reads_as_if_it_were_in_memory(
    file: Path, parts: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """Seeking and reading agree with `io.BytesIO` over the same bytes, and so do parts of parts."""
    pieces, wanted = assembled(file, parts)
    made = image("test", pieces)
    assert made.size == len(wanted)
    reference = io.BytesIO(wanted)
    with open_image(made) as reader:
        for _ in range(4):
            offset = data.draw(st.integers(0, len(wanted) + 5))
            size = data.draw(st.integers(-1, len(wanted) + 5))
            assert reader.seek(offset) == reference.seek(offset)
            assert reader.read(size) == reference.read(size)
            assert reader.tell() == reference.tell()
    start = data.draw(st.integers(0, len(wanted)))
    size = data.draw(st.integers(0, len(wanted) - start))
    assert content(made.part(start, size, "part")) == wanted[start : start + size]


@given(laid=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), max_size=10))
def test_a_canvas_keeps_order_and_refuses_what_overlaps(laid: list[tuple[int, int]]) -> None:
    """Pieces may come in any order; two on one place are refused, and never does one win silently."""
    canvas = Canvas("canvas")
    wanted: list[int | None] = [None] * 48
    overlaps = False
    for number, (offset, size) in enumerate(laid, 65):
        canvas.lay(offset, [Fill(size=size, pattern=bytes([number]) * 4)])
        overlaps = overlaps or any(byte is not None for byte in wanted[offset : offset + size])
        wanted[offset : offset + size] = [number] * size
    if overlaps:
        with pytest.raises(BadInput, match="says twice"):
            canvas.image(48)
    else:
        assert content(canvas.image(48)) == bytes(byte or 0 for byte in wanted)


def test_a_hole_of_a_terabyte_is_read_where_it_is_asked(tmp_path: Path) -> None:
    """Size costs nothing: the end of an image that is nearly all hole is read at once."""
    canvas = Canvas("big")
    canvas.lay(1 << 40, stored(tmp_path, DATA).pieces)
    with open_image(canvas.image()) as reader:
        assert reader.seek(-len(DATA), os.SEEK_END) == 1 << 40
        assert reader.read() == DATA


def test_readers_do_not_share_a_position(tmp_path: Path) -> None:
    """Two readers of one image stand where each was put, a spooled one's too."""
    with Spool(tmp_path) as spool:
        kept = whole(spooled_base(spool, [DATA], origin="kept"))
        for made in (stored(tmp_path, DATA), kept):
            first, second = open_image(made), open_image(made)
            first.seek(10)
            assert second.read(4) == DATA[:4]
            assert first.read(4) == DATA[10:14]
            first.close()
            second.close()


def test_another_process_reads_what_was_spooled(tmp_path: Path) -> None:
    """An image can be pickled, and a process that is no child of ours by fork opens it again."""
    script = (
        "import pickle, sys; from audit.sources.firmware.containers.reader import look;"
        "sys.stdout.buffer.write(look(pickle.load(sys.stdin.buffer), 3, 5))"
    )
    with Spool(tmp_path) as spool:
        made = image("x", whole(spooled_base(spool, [DATA], origin="kept")).cut(256, 512))
        if not Path("/proc/self/fd").is_dir():
            pytest.skip("no /proc shows open files here")
        done = subprocess.run(
            [sys.executable, "-c", script], input=pickle.dumps(made), capture_output=True, check=False
        )
    assert done.stdout == DATA[3:8], done.stderr.decode()


def test_what_was_spooled_is_gone_with_its_spool(tmp_path: Path) -> None:
    """After closing, an image is refused by name even when its number belongs to another file."""
    with Spool(tmp_path) as spool:
        made = whole(spooled_base(spool, [DATA], origin="kept"))
    with (tmp_path / "another").open("w+b", buffering=0) as another:
        another.write(DATA * 2)
        with pytest.raises(BadInput, match="temporary file that is closed"):
            look(made, 0, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["another"]


def test_a_spool_says_how_much_space_is_wanted(tmp_path: Path) -> None:
    """The limit is told before work begins where the size is known, and while it goes on where not."""
    with Spool(tmp_path, limit_bytes=1 << 20) as spool:
        with pytest.raises(NoSpace, match=r"2\.0 GB or more are needed"):
            spooled_base(spool, [], origin="system.img", expected=2 << 30)
        with pytest.raises(NoSpace) as caught:
            spooled_base(spool, (b"x" * (1 << 18) for _ in range(99)), origin="vendor.img")
        assert caught.value.where == "vendor.img"
        assert "TMPDIR" in caught.value.fix
        assert spool.used_bytes == 0


def test_a_bomb_of_zeros_ends(tmp_path: Path) -> None:
    """Zeros take no space, but no more of them are unpacked than four times what is allowed."""
    taken = 0

    def zeros() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1 << 20)

    with Spool(tmp_path, limit_bytes=8 << 20) as spool, pytest.raises(NoSpace):
        spooled_base(spool, zeros(), origin="bomb")  # type: ignore[arg-type]  # a generator without an end
    assert taken < 40


def test_a_file_that_was_cut_short_since_is_told_by_offset(tmp_path: Path) -> None:
    """A file that shrinks between two looks is an error that says where it ends."""
    made = stored(tmp_path, DATA, "cut.img")
    (tmp_path / "cut.img").write_bytes(DATA[:100])
    with pytest.raises(BadInput, match="ends at byte 100") as caught:
        look(made, 90, 20)
    assert caught.value.where == "cut.img"


def test_unpacked_pieces_are_kept_within_bounds(tmp_path: Path) -> None:
    """A reader keeps no more unpacked bytes than it may, however many pieces it walks over."""
    one = bytes(4 << 20)
    kept = packed(REPLACE_XZ, one)
    lies = stored(tmp_path, kept * 8)
    pieces = [lies.packed(number * len(kept), len(kept), Codec.XZ, len(one)) for number in range(8)]
    reader = ImageReader(image("many", pieces))
    for number in range(8):
        reader.read_at(number * len(one), 10)
        assert reader._kept_bytes <= KEPT_BYTES
    assert len(reader._kept) == KEPT_BYTES // len(one)
    reader.close()


@pytest.mark.parametrize(
    ("piece", "why"),
    [
        pytest.param((0, 40, Codec.XZ, 2048), "does not unpack as xz", id="no xz"),
        pytest.param((0, 40, Codec.BZIP2, 2048), "does not unpack as bzip2", id="no bzip2"),
        pytest.param((0, 40, Codec.ZSTD, 2048), "does not unpack as zstd", id="no zstd"),
        pytest.param((0, 40, Codec.LZ4, 2048), "does not unpack as lz4", id="no lz4"),
        pytest.param((2048, None, Codec.XZ, 2047), "more than the 2047", id="longer than announced"),
        pytest.param((2048, None, Codec.XZ, 9000), "2048 bytes, not the 9000", id="shorter than announced"),
    ],
)
def test_what_does_not_unpack_is_refused(
    file: Path, piece: tuple[int, int | None, Codec, int], why: str
) -> None:
    """Damage within a piece names the image and the offset of the piece."""
    base = whole(file_base(file))
    offset, size, codec, unpacked = piece
    made = image("img", [base.packed(offset, base.size - offset if size is None else size, codec, unpacked)])
    with pytest.raises(BadInput, match=why) as caught:
        content(made)
    assert caught.value.where == f"img, packed at byte {offset}"


def test_stored_neighbours_become_one(file: Path) -> None:
    """An image cut into blocks and put together again is one piece: reading it costs one call."""
    base = whole(file_base(file))
    blocks = [piece for at in range(0, 2048, 64) for piece in base.cut(at, 64)]
    assert [type(piece) for piece in image("x", blocks).pieces] == [Stored]
