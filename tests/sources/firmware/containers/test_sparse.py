from __future__ import annotations

import shutil
import subprocess
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.containers import sparse
from audit.sources.firmware.containers.reader import open_image
from tests.build import sparse as build
from tests.build.on_disk import content, stored, tolerated

PARTS = st.lists(
    st.one_of(
        st.binary(min_size=8, max_size=8).map(lambda seed: seed * 512),
        st.tuples(st.binary(min_size=4, max_size=4), st.integers(1, 3)),
        st.integers(1, 3),
    ),
    max_size=8,
)
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def meant(parts: list[bytes | tuple[bytes, int] | int]) -> bytes:
    """The raw bytes that *parts* stand for."""
    out = b""
    for part in parts:
        if isinstance(part, bytes):
            out += part
        elif isinstance(part, tuple):
            out += part[0] * 1024 * part[1]
        else:
            out += bytes(4096 * part)
    return out


@SHARED
@given(parts=PARTS)
def test_a_sparse_image_reads_as_what_it_stands_for(
    tmp_path: Path, parts: list[bytes | tuple[bytes, int] | int]
) -> None:
    """Data, fills and holes come out at their places, for any sequence of them."""
    packed = stored(tmp_path, build.image(parts))
    assert content(sparse.unsparsed(packed)) == meant(parts)


@SHARED
@given(parts=PARTS, cut=st.integers(0, 60), flip=st.integers(0, 255), at=st.integers(0, 200))
def test_a_damaged_one_is_refused_or_read(
    tmp_path: Path, parts: list[bytes | tuple[bytes, int] | int], cut: int, flip: int, at: int
) -> None:
    """Whatever byte is wrong and wherever it ends, there is an image or a BadInput that names an offset."""
    data = bytearray(build.image(parts))
    data[at % len(data)] ^= flip
    packed = stored(tmp_path, bytes(data[: len(data) - cut]))
    with tolerated("image.bin"), open_image(sparse.unsparsed(packed)) as file:
        file.read(1 << 20)


HEADER = build.header(blocks=2, chunks=1)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(HEADER[:20], "ends in the middle", id="cut in its header"),
        pytest.param(build.header(blocks=2, chunks=9), "announces 9 chunks", id="no room for its chunks"),
        pytest.param(
            HEADER + build.chunk(build.RAW, 1, bytes(4096), total=8), "-4 bytes where 4096", id="no length"
        ),
        pytest.param(
            HEADER + build.chunk(build.RAW, 2, bytes(4096)), "4096 bytes where 8192", id="short data"
        ),
        pytest.param(
            HEADER + build.chunk(build.RAW, 2, b"", total=8204),
            "8192 bytes are wanted at offset 40",
            id="cut data",
        ),
        pytest.param(HEADER + build.chunk(build.HOLE, 3), "up to block 3 of 2", id="beyond its end"),
        pytest.param(HEADER + build.chunk(0xCAC9, 1), "unknown type 0xcac9", id="unknown chunk"),
        pytest.param(build.header(block=4095, blocks=1, chunks=0), "blocks of 4095", id="odd blocks"),
        pytest.param(
            build.header(block=1 << 30, blocks=1, chunks=0), "blocks of 1073741824", id="huge blocks"
        ),
        pytest.param(
            build.header(block=1 << 20, blocks=(1 << 32) - 1, chunks=0),
            "are the most",
            id="4 petabytes of nothing",
        ),
    ],
)
def test_lies_are_told_with_their_offset(tmp_path: Path, data: bytes, why: str) -> None:
    """Each field that does not fit the file is refused before anything is read."""
    with pytest.raises(BadInput, match=why) as caught:
        sparse.unsparsed(stored(tmp_path, data))
    assert caught.value.where.startswith("image.bin")


def test_longer_headers_and_checksums_are_passed_over(tmp_path: Path) -> None:
    """Headers say their own length, and a CRC chunk holds no data."""
    data = build.header(blocks=2, chunks=3, size=32, entry=16)
    data += build.chunk(build.RAW, 1, b"a" * 4096, entry=16)
    data += build.chunk(build.CHECKSUM, 0, b"crc!", entry=16) + build.chunk(build.FILL, 1, b"wxyz", entry=16)
    assert content(sparse.unsparsed(stored(tmp_path, data))) == b"a" * 4096 + b"wxyz" * 1024


def test_pieces_in_several_files_are_put_together(tmp_path: Path) -> None:
    """Each piece of a split image is of the full size and holds its own places."""
    first = stored(tmp_path, build.image([b"a" * 4096, 3]), "a")
    second = stored(tmp_path, build.image([2, b"b" * 4096, 1]), "b")
    assert content(sparse.joined([first, second], "x")) == b"a" * 4096 + bytes(4096) + b"b" * 4096 + bytes(
        4096
    )


def test_a_gigabyte_of_holes_is_fast_and_flat(tmp_path: Path) -> None:
    """A 1 GB image with data here and there is read through with less memory than 16 MB."""
    parts: list[bytes | tuple[bytes, int] | int] = [b"\x11" * 65536, 2032] * 128
    packed = stored(tmp_path, build.image(parts))
    tracemalloc.start()
    began = time.process_time()
    with open_image(sparse.unsparsed(packed)) as file:
        total = sum(chunk.count(0x11) for chunk in iter(lambda: file.read(1 << 20), b""))
    taken = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 65536 * 128
    assert peak < 16 << 20
    assert taken < 20  # a bound for a busy machine: 0.4 s here


@pytest.mark.peer
def test_img2simg_and_we_agree(tmp_path: Path) -> None:
    """What AOSP's own writer makes of an image reads as that image."""
    if shutil.which("img2simg") is None:
        pytest.skip("img2simg is not installed (android-sdk-libsparse-utils)")
    raw = meant([b"01234567" * 512 * 20, 40, (b"abcd", 30), b"89abcdef" * 512 * 3, 7])
    (tmp_path / "raw.img").write_bytes(raw)
    subprocess.run(["img2simg", "raw.img", "sparse.img"], cwd=tmp_path, check=True)
    packed = stored(tmp_path, (tmp_path / "sparse.img").read_bytes())
    assert packed.size < len(raw)
    assert content(sparse.unsparsed(packed)) == raw


@pytest.mark.peer
def test_simg2img_reads_what_we_write(tmp_path: Path) -> None:
    """The tests' own writer is no private dialect: AOSP's reader takes it."""
    if shutil.which("simg2img") is None:
        pytest.skip("simg2img is not installed (android-sdk-libsparse-utils)")
    parts: list[bytes | tuple[bytes, int] | int] = [b"01234567" * 512, 3, (b"abcd", 2), b"x" * 8192]
    (tmp_path / "sparse.img").write_bytes(build.image(parts))
    subprocess.run(["simg2img", "sparse.img", "raw.img"], cwd=tmp_path, check=True)
    assert (tmp_path / "raw.img").read_bytes() == meant(parts)
