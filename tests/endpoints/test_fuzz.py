from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.endpoints import Limits, read_code
from audit.model.code import Code, CodeFile
from audit.model.text import clean_line
from tests.fuzz.seeds import SEEDS

SMALL = replace(Limits(), part_bytes=1 << 16, file_bytes=1 << 18, strings=5000, found=200)
MAGICS = (
    b"dex\n035\0",
    b"dex\n041\0",
    b"cdex001\0",
    b"vdex010\0",
    b"vdex019\0002\0",
    b"vdex027\0",
    b"dey\n036\0",
)
MORE = (b"\x7fELF\2\1\1", b"\x7fELF\1\1\1", b"PK\3\4", b"\2\0\x0c\0", b"\3\0\x08\0", b"<?xml ", b"\xff\xfe")


def holds(file: CodeFile) -> None:
    """What must hold of every answer, whatever the bytes were."""
    if file.code is Code.UNREADABLE:
        assert file.troubles
    for one in file.found:
        assert one.value == clean_line(one.value) != ""
    assert len(file.found) <= SMALL.found
    assert len(file.troubles) <= 1000


@settings(max_examples=2 * settings().max_examples)
@given(st.sampled_from((b"", *MAGICS, *MORE)), st.binary(max_size=600))
def test_any_bytes_behind_any_magic(magic: bytes, rest: bytes) -> None:
    """No file, whatever it begins with, raises."""
    holds(read_code(io.BytesIO(magic + rest), path="x", limits=SMALL))


@settings(max_examples=4 * settings().max_examples)
@given(st.data())
def test_any_change_of_a_valid_file(data: st.DataObject) -> None:
    """Valid files of every format with some words overwritten, some bytes cut out or put in."""
    file = bytearray(data.draw(st.sampled_from(sorted(SEEDS.values()))))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(0, len(file) - 4)))
        match data.draw(st.sampled_from(["word", "byte", "cut", "put"])):
            case "word":
                value = data.draw(st.sampled_from([0, 1, 8, 0x70, 0x7FFFFFFF, 0xFFFFFFFF, len(file)]))
                file[at : at + 4] = value.to_bytes(4, "little")
            case "byte":
                file[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
            case "cut":
                del file[at : at + data.draw(st.integers(1, 64))]
            case _:
                file[at:at] = data.draw(st.binary(max_size=64))
    holds(read_code(io.BytesIO(bytes(file)), path="x", limits=SMALL))


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_the_seeds_are_read(name: str) -> None:
    """What the fuzzing starts from is valid: it is read without trouble."""
    file = read_code(io.BytesIO(SEEDS[name]), path=name, limits=SMALL)
    assert file.troubles == ()
    holds(file)
