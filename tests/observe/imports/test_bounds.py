from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from audit.observe.imports.conversations import Conversations
from audit.observe.imports.packet import Packet, decode
from audit.observe.imports.source import Source
from audit.observe.imports.troubles import Troubles
from audit.parse.observations.lines import MOST_OF_A_CONNECTION
from tests.build import pcap
from tests.observe.imports.reading import carried, exchange, of, recording, troubles

SEGMENT = 65_000
IMPORT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from audit.observe.imports import read_capture

told = []
(artifact,) = read_capture(
    Path(sys.argv[1]), clock=lambda: datetime.now(UTC), key=b"", addresses=("192.168.1.50",),
    on_progress=lambda done, total: told.append((done, total)),
)
sizes = [json.loads(line).get("size", 0) for line in artifact.data.splitlines()]
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
kept = len(artifact.data)
print(json.dumps({"size": sum(sizes), "kept": kept, "peak_kib": peak, "told": len(told), "last": told[-1]}))
"""


def upload(path: Path, size: int) -> int:
    """A sparse capture of one connection that sends at least *size* bytes of zeros; how many it sends."""
    ends = pcap.Ends()
    opening = pcap.pcap(pcap.framed(ends.hello()))
    sent = 0
    with path.open("wb") as file:
        file.write(opening)
        while sent < size:
            head = pcap.ethernet(ends.sent(24, b"", sent))
            head = head[:16] + struct.pack(">H", 40 + SEGMENT) + head[18:]
            length = len(head) + SEGMENT
            file.write(struct.pack("<IIII", pcap.EPOCH_NS // 10**9 + 1, 0, length, length) + head)
            file.seek(SEGMENT, 1)
            sent += SEGMENT
        file.truncate()
    return sent


@pytest.mark.slow
@pytest.mark.parametrize("packed", [False, True])
def test_a_gigabyte_takes_bounded_memory_and_tells_how_far_it_is(tmp_path: Path, *, packed: bool) -> None:
    """One upload of 1 GB, also gzip-packed to a thousandth: counted in full, kept in part, never held."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("the memory a process held at most is read from Linux' /proc")
    path = tmp_path / "large.pcap"
    sent = upload(path, 1 << 30)
    if packed:
        path = pack(path)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(path)], capture_output=True, text=True, timeout=110, check=True
    )
    told = json.loads(done.stdout)
    assert told["size"] == sent
    assert told["kept"] < 2 * MOST_OF_A_CONNECTION
    assert told["peak_kib"] < 120 << 10
    assert told["last"] == [2 * path.stat().st_size] * 2
    assert told["told"] > (4 if packed else 1000)


def pack(path: Path) -> Path:
    """The same as gzip, written piece by piece."""
    packed = path.with_suffix(".pcap.gz")
    packer = zlib.compressobj(1, wbits=31)
    with path.open("rb") as plain, packed.open("wb") as out:
        while piece := plain.read(1 << 20):
            out.write(packer.compress(piece))
        out.write(packer.flush())
    return packed


def test_of_a_long_upload_the_beginning_is_kept_and_the_rest_counted(tmp_path: Path) -> None:
    """What was sent is told in full; what was not kept too."""
    sent = upload(tmp_path / "a.pcap", 2_000_000)
    events = recording(tmp_path / "a.pcap")
    assert carried(events, "out") == bytes(MOST_OF_A_CONNECTION)
    assert sum(event["size"] for event in of(events, "data")) == sent
    assert sum(event.get("truncated", 0) for event in of(events, "data")) == sent - MOST_OF_A_CONNECTION


def conversed(frames: list[bytes], **bounds: int) -> tuple[list[dict[str, Any]], str]:
    """The events that frames become within narrower bounds, and what was troublesome."""
    events: list[dict[str, Any]] = []
    met = Troubles()

    def write(event: Mapping[str, Any], data: bytes | None) -> None:
        events.append({**event, "data": data})

    table = Conversations(write, met, **bounds)
    for frame in frames:
        packet = decode(pcap.ETHERNET, frame, len(frame))
        assert isinstance(packet, Packet)
        table.add(packet, 0, "here", out=True, app=None)
    table.close()
    return events, "\n".join(str(event["what"]) for event in met.events())


def uploads(count: int, pieces: list[int]) -> list[bytes]:
    """Frames of so many connections, each of which sends 1000 bytes at every of *pieces*."""
    frames = []
    for port in range(40000, 40000 + count):
        ends = pcap.Ends(sport=port)
        sent = [(ends.sent(24, b"%05d" % port * 200, at), True) for at in pieces]
        frames += pcap.framed([ends.hello()[0], *sent])
    return frames


def test_more_connections_than_are_followed_end_the_quietest() -> None:
    """Each is told once, with what it sent; that some were given up is said."""
    events, trouble = conversed(uploads(30, [0]), most_open=8)
    kinds = [event["kind"] for event in events]
    assert kinds.count("connect") == kinds.count("data") == kinds.count("close") == 30
    assert "the quietest was ended (22 times" in trouble


def test_bytes_that_wait_are_bounded_over_all_connections() -> None:
    """Holes that are never filled do not fill the memory: what waits is written, with the hole before it."""
    events, trouble = conversed(uploads(20, list(range(1000, 10000, 1000))), most_held=50_000)
    assert sum(len(event["data"]) for event in events if event["kind"] == "data") == 20 * 9000
    assert "the quietest was ended" in trouble
    assert "not in the capture" in trouble


def test_what_unpacks_without_end_is_stopped() -> None:
    """A small file that claims to be any size is read up to a bound, and it is said."""
    packed = Source(io.BytesIO(gzip.compress(bytes(50 << 20))), most_unpacked=3 << 20)
    assert 3 << 20 <= packed.skip(1 << 40) <= 5 << 20
    assert "unpacks to more than 3,145,728 bytes" in packed.trouble


@pytest.mark.slow
def test_a_recording_that_is_full_counts_what_comes_after(tmp_path: Path) -> None:
    """More conversations than a recording holds: the import ends, and how many events were left is said."""
    query = pcap.udp(9, 53, pcap.question("a.example"))
    frames = [
        pcap.ethernet(pcap.ip("192.168.1.50", f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", pcap.UDP, query))
        for n in range(70_000)
    ]
    cut = pcap.Shot(bytes(20), length=30)
    events = recording(tmp_path / "a", pcap.pcap([*frames, *exchange(b"x", b"y"), cut]))
    (left,) = of(events, "dropped")
    assert left["count"] == 3 * 70_000 + 4 - 199_000
    assert len(events) == 199_000 + 4
    assert "snap length" in troubles(events)
