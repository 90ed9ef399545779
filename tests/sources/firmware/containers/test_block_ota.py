from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.containers.block_ota import TransferList
from audit.sources.firmware.containers.payload import FULL, INCREMENTAL
from tests.build import block_ota as build
from tests.build.block_ota import BLOCK
from tests.build.on_disk import content, stored

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@SHARED
@given(blocks=st.lists(st.integers(0, 3), min_size=1, max_size=30), version=st.integers(1, 4))
def test_blocks_go_where_the_list_says(tmp_path: Path, blocks: list[int], version: int) -> None:
    """Any mixture of blocks with data and without, in all versions, comes out in its order."""
    raw = b"".join(bytes([number]) * BLOCK for number in blocks)
    text, data = build.update(raw, version=version)
    listed = TransferList(text, "system.transfer.list")
    assert listed.new_bytes == len(data)
    assert content(listed.image(stored(tmp_path, data))) == raw


@pytest.mark.parametrize("command", ["move", "bsdiff", "imgdiff", "stash"])
def test_an_incremental_update_is_refused_with_the_reason(command: str) -> None:
    """A command that needs the old partition gives the update away, with its line."""
    text = build.transfer_list([f"erase {build.ranges(0, 4)}", f"{command} 0 1 2,0,1 1 2,1,2"])
    with pytest.raises(BadInput) as caught:
        TransferList(text, "system.transfer.list")
    assert (caught.value.what, caught.value.fix) == (INCREMENTAL, FULL)
    assert caught.value.where == "system.transfer.list, line 6"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"", "version 1 to 4", id="empty"),
        pytest.param(b"\x1f\x8b\x00", "version 1 to 4", id="binary"),
        pytest.param(build.transfer_list([], version=5), "version 1 to 4", id="version 5"),
        pytest.param(build.transfer_list(["new"]), "unknown command 'new'", id="no range"),
        pytest.param(build.transfer_list(["paint 2,0,1"]), "unknown command 'paint'", id="unknown command"),
        pytest.param(build.transfer_list(["new 2,0"]), "1 numbers where 2", id="too few numbers"),
        pytest.param(build.transfer_list(["new 3,0,1,2"]), "3 numbers where 3", id="half a range"),
        pytest.param(build.transfer_list(["new 2,a,b"]), "no list of numbers", id="letters"),
        pytest.param(build.transfer_list(["new 2,5,5"]), "goes backwards", id="empty range"),
        pytest.param(build.transfer_list(["new 4,5,6,1,2"]), "goes backwards", id="ranges out of order"),
        pytest.param(build.transfer_list(["new 2,-5,-1"]), "goes backwards", id="below nothing"),
        pytest.param(
            build.transfer_list([f"new 2,0,{'9' * 5000}"]), "no list of numbers", id="a number of 5000 digits"
        ),
    ],
)
def test_a_damaged_list_names_its_line(text: bytes, why: str) -> None:
    """Each mistake is refused with the line it is in."""
    with pytest.raises(BadInput, match=why) as caught:
        TransferList(text, "x.transfer.list")
    assert caught.value.where.startswith("x.transfer.list, line ")


def test_data_of_another_length_is_refused(tmp_path: Path) -> None:
    """Half an upload is not the data of an image."""
    listed = TransferList(build.transfer_list(["new 2,0,2"]), "x.transfer.list")
    for data in (bytes(BLOCK), bytes(3 * BLOCK)):
        with pytest.raises(BadInput, match="where its list wants 8192"):
            listed.image(stored(tmp_path, data))


def test_a_block_that_is_written_twice_is_refused(tmp_path: Path) -> None:
    """A full update writes each block once."""
    listed = TransferList(build.transfer_list(["new 2,0,2", "new 2,1,2"]), "x.transfer.list")
    with pytest.raises(BadInput, match="says twice what lies at offset 4096"):
        listed.image(stored(tmp_path, bytes(3 * BLOCK)))


def test_a_partition_of_exabytes_is_refused(tmp_path: Path) -> None:
    """A list may name any block; no image is that long."""
    listed = TransferList(build.transfer_list(["new 2,0,1", f"zero 2,1,{1 << 60}"]), "x.transfer.list")
    with pytest.raises(BadInput, match="are the most"):
        listed.image(stored(tmp_path, bytes(BLOCK)))
