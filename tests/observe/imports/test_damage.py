from __future__ import annotations

import gzip
import re
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.observe.imports import read_capture
from audit.observe.imports.packet import Packet, decode
from audit.parse.observations.read import read_observations
from tests.build import pcap
from tests.observe.imports.reading import IMPORTED, UNIT, carried, exchange, of, recording, troubles

SAID = bytes(range(256)) * 8
FRAMES = exchange(SAID, b"answer" * 50, piece=150)
WRITTEN = {
    "pcap": pcap.pcap(FRAMES),
    "pcapng": pcap.pcapng(FRAMES, writer="dumpcap"),
    "gzip": gzip.compress(pcap.pcap(FRAMES)),
}


@given(data=st.data(), kind=st.sampled_from(sorted(WRITTEN)))
def test_a_file_that_is_cut_keeps_what_came_before(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str
) -> None:
    """Cut anywhere: what was read until then is in the recording, and that it breaks off is said."""
    whole = WRITTEN[kind]
    at = data.draw(st.integers(64, len(whole) - 1))
    events = recording(tmp_path_factory.mktemp("cut") / "a", whole[:at])
    said = carried(events, "out")
    assert SAID.startswith(said)
    frames = (at - 24) // (16 + 214) if kind == "pcap" else 0
    assert len(said) >= (frames - 4) * 150 - len(b"answer" * 50)
    assert kind == "pcap" or troubles(events) or events[-1]["why"] == "the capture ends"


@given(
    kind=st.sampled_from(sorted(WRITTEN)),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damaged_bytes_never_raise(
    tmp_path_factory: pytest.TempPathFactory, kind: str, flips: list[tuple[int, int]]
) -> None:
    """Any bytes changed: a recording, or the refusal of a file that is no capture any more."""
    damaged = bytearray(WRITTEN[kind])
    for at, value in flips:
        damaged[at % len(damaged)] = value
    try:
        events = recording(tmp_path_factory.mktemp("flip") / "a", bytes(damaged))
    except BadInput:
        return
    assert len(carried(events, "out")) <= len(damaged) * 4


@given(
    kind=st.sampled_from([b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a"]),
    rest=st.binary(max_size=400),
)
def test_anything_that_begins_like_a_capture_never_raises(
    tmp_path_factory: pytest.TempPathFactory, kind: bytes, rest: bytes
) -> None:
    """Nonsense behind the right magic."""
    try:
        recording(tmp_path_factory.mktemp("any") / "a", kind + rest)
    except BadInput:
        return


@given(
    link=st.sampled_from([0, 1, 12, 101, 108, 113, 276]),
    kind=st.sampled_from([b"", b"\x08\x00\x45", b"\x86\xdd\x60", b"\x81\x00\0\0\x08\x00\x45"]),
    data=st.binary(max_size=120),
    more=st.integers(0, 2000),
)
def test_no_frame_raises_or_gives_more_than_it_holds(link: int, kind: bytes, data: bytes, more: int) -> None:
    """Headers of any content: a packet within the frame, or why there is none."""
    frame = bytes(12) + kind + data if link == 1 else kind[2:] + data
    packet = decode(link, frame, len(frame) + more)
    if isinstance(packet, Packet):
        assert packet.data in frame
        assert len(packet.data) <= packet.size <= 65535 + more
    else:
        assert packet


def test_a_frame_longer_than_frames_can_be_ends_the_reading(tmp_path: Path) -> None:
    """A damaged length would swallow what follows: what came before is kept, and where it is said."""
    damaged = bytearray(WRITTEN["pcap"])
    at = 24
    for _ in range(6):
        at += 16 + struct.unpack_from("<I", damaged, at + 8)[0]
    struct.pack_into("<I", damaged, at + 8, 0x7FFFFFFF)
    events = recording(tmp_path / "a", bytes(damaged))
    assert carried(events, "out") == SAID[:450]
    assert f"frame 7, byte {at}: a frame says it has 2,147,483,647 bytes" in troubles(events)
    assert events[-1]["why"].startswith("the capture could not be read to its end")


def test_a_damaged_block_hides_no_other(tmp_path: Path) -> None:
    """A block of an interface that does not exist, options that do not fit: the next block is read."""
    packets = [*pcap.Ends().hello(), (pcap.Ends().sent(24, b"kept"), True)]
    frames = pcap.framed(packets)
    blocks = [
        pcap.section(),
        pcap.interface(),
        pcap.packet_block(pcap.Shot(frames[0], interface=9)),
        pcap.packet_block(pcap.Shot(frames[0])),
        pcap.packet_block(pcap.Shot(frames[1], options=((1, b"x" * 9),)))[:-12] + b"\xff\xff\xff\xff" * 3,
        pcap.statistics(7, []),
        pcap.block(6, b"short"),
        pcap.block(3, b""),
        pcap.packet_block(pcap.Shot(frames[3])),
    ]
    events = recording(tmp_path / "a", b"".join(blocks))
    assert carried(events, "out") == b"kept"
    for what in (
        "interface 9",
        "longer than its block",
        "interface 7",
        "too short for its kind",
        "not that at its beginning",
    ):
        assert what in troubles(events)


def test_many_options_cost_what_they_weigh(tmp_path: Path) -> None:
    """A block full of empty comments is one block: its options are looked at up to a bound."""
    frame = pcap.framed(pcap.Ends().hello())[0]
    full = pcap.packet_block(pcap.Shot(frame, options=((1, b""),) * 60_000))
    events = recording(tmp_path / "a", pcap.section() + pcap.interface() + full * 3)
    assert len(of(events, "connect")) == 1


def test_a_damaged_packing_keeps_what_unpacks(tmp_path: Path) -> None:
    """A gzip stream with a damaged middle: every byte before it is read."""
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(WRITTEN["pcap"][:-20]) + packer.flush(zlib.Z_FULL_FLUSH) + b"\xff" * 9000
    events = recording(tmp_path / "a.gz", packed)
    assert carried(events, "out") == SAID
    assert "gzip stream is damaged" in troubles(events)


@pytest.mark.parametrize("cut", [0, 1, 3, 4, 20, 23])
def test_hardly_a_file_is_a_refusal_or_an_empty_recording(tmp_path: Path, cut: int) -> None:
    """The first bytes alone."""
    try:
        events = recording(tmp_path / "a", WRITTEN["pcap"][:cut])
    except BadInput:
        assert cut < 4
    else:
        assert "ends within its header" in troubles(events)


def test_ports_and_numbers_of_a_liar_are_his_own(tmp_path: Path) -> None:
    """Segments with numbers far away do not take bytes from the connection they name."""
    ends = pcap.Ends()
    wrong = pcap.ip(UNIT, ends.server, pcap.TCP, pcap.tcp(40000, 80, ends.unit_seq + 2**31 - 9, 24, b"zz"))
    frames = exchange(b"mine", b"")
    events = recording(tmp_path / "a", pcap.pcap([*frames[:3], pcap.ethernet(wrong), *frames[3:]]))
    assert carried(events, "out") == b"mine"
    assert "cannot be of its connection" in troubles(events)


_GAP = "Not all of it could be read: "


def _gaps(path: Path, data: bytes, address: str = UNIT) -> list[str]:
    """Why nobody may conclude from this capture that there were no contacts."""
    path.write_bytes(data)
    artifacts = read_capture(path, clock=lambda: IMPORTED, key=b"", addresses=(address,))
    return [gap.reason for gap in read_observations(artifacts, {}, ()).gaps]


@pytest.mark.parametrize("kind", sorted(WRITTEN))
def test_a_capture_that_breaks_off_is_a_gap(tmp_path: Path, kind: str) -> None:
    """Whole it is none; cut within a frame it is, and says where."""
    assert _gaps(tmp_path / "a", WRITTEN[kind]) == []
    gaps = _gaps(tmp_path / "b", WRITTEN[kind][: -len(WRITTEN[kind]) // 3 - 7])
    assert all(gap.startswith(_GAP) for gap in gaps)
    assert re.search("ends within|breaks off", " ".join(gaps))


def test_a_capture_of_another_unit_is_a_gap(tmp_path: Path) -> None:
    """Nothing in it is from or to the address that was said to be the unit's."""
    (gap,) = _gaps(tmp_path / "a", WRITTEN["pcap"], "192.168.9.9")
    assert "no packet is from or to the address that was said to be the unit's" in gap


def test_what_is_merely_not_decoded_is_no_gap(tmp_path: Path) -> None:
    """Networks carry more than TCP and UDP; headers that are cut off may have been a contact."""
    tunnel = pcap.ethernet(pcap.ip(UNIT, "198.51.100.7", 47, b"inside"))
    assert _gaps(tmp_path / "a", pcap.pcap([*FRAMES, tunnel])) == []
    (gap,) = _gaps(tmp_path / "b", pcap.pcap([*FRAMES, FRAMES[0][:20]]))
    assert gap.startswith(f"{_GAP}frame {len(FRAMES) + 1}: ")
