from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.device import FileStat
from audit.adb.sync import (
    ListReader,
    RecvReader,
    RequestReader,
    StatReader,
    SyncId,
    SyncRequest,
    pack_content,
    pack_entries,
    pack_failure,
    pack_request,
    pack_stat,
    recv_request,
)
from audit.errors import ProtocolError

FILE = FileStat(path="/system/build.prop", mode=0o100644, size=5_000_000_000, mtime=1_700_000_000)


@pytest.mark.parametrize("v2", [True, False])
def test_a_stat_comes_back(v2: bool) -> None:
    """Both versions carry mode, size and time; version 1 only 32 bits of size."""
    reader = StatReader(FILE.path, v2=v2)
    for byte in pack_stat(SyncId.STAT2 if v2 else SyncId.STAT, FILE):
        assert not reader.done
        reader.feed(bytes([byte]))
    assert reader.done
    assert reader.result is not None
    assert reader.result.mode == FILE.mode
    assert reader.result.size == (FILE.size if v2 else FILE.size & 0xFFFFFFFF)


@pytest.mark.parametrize("request_id", [SyncId.STAT, SyncId.STAT2, SyncId.LSTAT2])
def test_a_missing_file_is_none(request_id: SyncId) -> None:
    """Nothing there is an answer."""
    reader = StatReader("/x", v2=request_id is not SyncId.STAT)
    reader.feed(pack_stat(request_id, None))
    assert reader.done
    assert reader.result is None


@pytest.mark.parametrize("v2", [True, False])
def test_a_folder_comes_back_without_its_dots(v2: bool) -> None:
    """Names are joined with the folder, and what could harm a terminal is gone from them."""
    names = (".", "..", "build.prop", "Übung", "a\x1b[31mb")
    entries = tuple(FileStat(path=f"/system/{name}", mode=0o100644, size=1, mtime=2) for name in names)
    reader = ListReader("/system/", v2=v2)
    data = pack_entries(SyncId.LIST2 if v2 else SyncId.LIST, entries)
    for at in range(0, len(data), 7):
        reader.feed(data[at : at + 7])
    assert reader.done
    assert [one.path for one in reader.entries] == ["/system/build.prop", "/system/Übung", "/system/a[31mb"]


def test_a_name_with_a_slash_is_an_attack() -> None:
    """An entry cannot lead out of its folder."""
    entry = b"DENT" + (0o100644).to_bytes(4, "little") + bytes(8) + (4).to_bytes(4, "little") + b"../x"
    with pytest.raises(ProtocolError):
        ListReader("/a", v2=False).feed(entry)


@given(st.binary(max_size=1000), st.integers(1, 50))
def test_content_comes_back(content: bytes, step: int) -> None:
    """However the stream is cut, the file is whole."""
    data = b"".join(pack_content(content))
    reader = RecvReader()
    got = b"".join(piece for at in range(0, len(data), step) for piece in reader.feed(data[at : at + step]))
    assert reader.done
    assert got == content
    assert not reader.failure


def test_a_failure_has_its_reason() -> None:
    """FAIL ends the file with the unit's words, made safe."""
    reader = RecvReader()
    data = pack_failure("Permission\x1b denied\n")
    assert not [piece for byte in data for piece in reader.feed(bytes([byte]))]
    assert reader.done
    assert reader.failure == "Permission denied "
    empty = RecvReader()
    assert not list(empty.feed(pack_failure("")))
    assert empty.failure


@given(st.binary(max_size=100))
def test_noise_raises_nothing_but_protocol_error(data: bytes) -> None:
    """Random answers and requests never crash a reader."""
    readers = [StatReader("/x", v2=True).feed, ListReader("/x", v2=False).feed]
    for feed in readers:
        with contextlib.suppress(ProtocolError):
            feed(data)
    with contextlib.suppress(ProtocolError):
        list(RecvReader().feed(data))
    with contextlib.suppress(ProtocolError):
        list(RequestReader().feed(data))


@given(
    st.lists(st.sampled_from([SyncId.STAT, SyncId.RECV, SyncId.RECV2, SyncId.QUIT]), max_size=6),
    st.integers(1, 9),
)
def test_the_device_side_reads_requests(ids: list[SyncId], step: int) -> None:
    """Requests come back whole, also the two halves of RCV2."""
    data = b""
    wanted = []
    for one in ids:
        path = "" if one is SyncId.QUIT else "/ä"
        data += recv_request(path, v2=True) if one is SyncId.RECV2 else pack_request(one, path)
        wanted.append(SyncRequest(id=one, path=path))
    reader = RequestReader()
    got = [request for at in range(0, len(data), step) for request in reader.feed(data[at : at + step])]
    assert got == wanted


def test_a_real_pull_is_read(captures: Path) -> None:
    """The bytes a real phone sent for a stat and a pull give the file's mode, its length and its text."""
    text = (captures / "adb_wire_trace_android_4.4" / "trace.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    raw = b"".join(bytes.fromhex(row["hex"]) for row in rows if row["from"] == "device")
    payloads, at = [], 0
    while at < len(raw):
        length = int.from_bytes(raw[at + 12 : at + 16], "little")
        payloads.append(raw[at + 24 : at + 24 + length])
        at += 24 + length
    stat = StatReader("/system/build.prop", v2=False)
    stat.feed(next(one for one in payloads if one.startswith(b"STAT")))
    assert stat.result is not None
    assert oct(stat.result.mode) == "0o100644"
    first = next(n for n, one in enumerate(payloads) if one.startswith(b"DATA"))
    reader = RecvReader()
    content = b"".join(piece for one in payloads[first:] if not reader.done for piece in reader.feed(one))
    assert reader.done
    assert len(content) == stat.result.size
    assert content.startswith(b"# begin build properties")
