from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput, UsageError
from audit.observe.imports.frames import Frame
from audit.observe.imports.packet import ACK, TCP, Packet
from audit.observe.imports.sides import Side, Survey
from tests.build import pcap
from tests.observe.imports.reading import UNIT, carried, exchange, of, recording, troubles

SECRET = b"answer of a server, 490154203237518"
OTHER = pcap.Ends(unit="192.168.1.77", server="93.184.216.34", sport=41000)


def other_machine(packets: list[tuple[bytes, bool]]) -> list[bytes]:
    """Frames of a second machine of the same network, with a card of its own."""
    card, gateway = bytes.fromhex("02aabbccdd77"), pcap.GATEWAY_MAC
    return [(gateway + card if out else card + gateway) + b"\x08\x00" + packet for packet, out in packets]


@pytest.mark.parametrize(
    "told", [UNIT, "02:AA:BB:CC:DD:01", "02-aa-bb-cc-dd-01", "02aa.bbcc.dd01", f"{UNIT}/24"]
)
def test_the_unit_is_told_by_any_of_its_addresses(tmp_path: Path, told: str) -> None:
    """By IP or by card, however it is spelled; those of other machines are left out, and counted."""
    mixed = [*exchange(b"mine", SECRET), *other_machine([*OTHER.hello(), (OTHER.sent(24, b"theirs"), True)])]
    events = recording(tmp_path / "a", pcap.pcap(mixed), (told,))
    assert carried(events, "out") == b"mine"
    assert carried(events, "in") == SECRET
    assert "told by its address" in events[0]["what"]
    assert "4 packets of other machines" in events[-1]["why"]


def test_a_card_that_has_the_address_told_is_the_unit_with_its_other_addresses(tmp_path: Path) -> None:
    """IPv4 was told; what it says over IPv6 is its own too."""
    six = pcap.Ends(unit="2001:db8::50", server="2001:4860:4860::8888")
    frames = [*exchange(b"four", b""), *exchange(b"six", b"", six)]
    assert carried(recording(tmp_path / "a", pcap.pcap(frames)), "out") == b"foursix"


def test_several_machines_are_not_guessed_among(tmp_path: Path) -> None:
    """A unit is never judged by what another machine said: its address has to be told."""
    mixed = [*exchange(b"mine", b""), *other_machine([*OTHER.hello(), (OTHER.sent(24, b"theirs"), True)])]
    with pytest.raises(BadInput) as refused:
        recording(tmp_path / "a", pcap.pcap(mixed), ())
    assert "192.168.1.50" in refused.value.what
    assert "192.168.1.77" in refused.value.what
    assert "say which address" in refused.value.fix


def test_an_address_that_is_not_in_the_capture_gives_nothing_and_says_so(tmp_path: Path) -> None:
    """The wrong capture, or another lease: no guess in its place."""
    events = recording(tmp_path / "a", pcap.pcap(exchange(b"theirs", b"")), ("192.168.1.99",))
    assert of(events, "data") == of(events, "connect") == []
    assert "no packet is from or to the address" in troubles(events)
    assert "which is not in the capture" in events[0]["what"]


def test_words_that_are_no_address_are_refused(tmp_path: Path) -> None:
    """A typing error is no address of another machine."""
    with pytest.raises(UsageError, match="no address"):
        recording(tmp_path / "a", pcap.pcap([]), ("192.168.1.999",))


def test_a_gateway_that_answers_names_is_not_the_unit(tmp_path: Path) -> None:
    """Two private machines, of which one only answers: the one that asks is the unit."""
    question = pcap.ip(UNIT, "192.168.1.1", pcap.UDP, pcap.udp(3333, 53, pcap.question("a.example")))
    answer = pcap.ip(
        "192.168.1.1", UNIT, pcap.UDP, pcap.udp(53, 3333, pcap.answer("a.example", ["192.168.1.1"]))
    )
    local = exchange(b"mine", SECRET, pcap.Ends(server="192.168.1.1"))
    frames = [*pcap.framed([(question, True), (answer, False)]), *local]
    events = recording(tmp_path / "a", pcap.pcap(frames), ())
    assert carried(events, "out", 80) == b"mine"
    assert f"guessed: {UNIT}, the only one that asks for names" in events[0]["what"]


def test_where_nobody_begins_the_private_side_is_the_units(tmp_path: Path) -> None:
    """A capture of the middle of one connection."""
    events = recording(tmp_path / "a", pcap.pcap(exchange(b"mine", SECRET)[3:]), ())
    assert carried(events, "out") == b"mine"
    assert "the only private address" in events[0]["what"]


def test_what_cannot_be_told_is_left_out(tmp_path: Path) -> None:
    """The middle of a connection between two public addresses: nobody's bytes count as the unit's."""
    ends = pcap.Ends(unit="93.184.216.34", server="8.8.8.8")
    packets = [ends.sent(24, b"one"), ends.answered(24, SECRET)]
    events = recording(tmp_path / "a", pcap.pcap(packets, pcap.RAW), ())
    assert of(events, "data") == []
    assert "cannot be told" in troubles(events)


def test_another_that_connects_to_the_unit_is_no_contact_the_unit_made(tmp_path: Path) -> None:
    """The station opens a connection to the unit: no attempt of the unit's, though its answer left it."""
    inward = pcap.Ends(unit="192.168.1.1", server=UNIT, sport=44444, dport=5555)
    packets = [
        (packet, not out)
        for packet, out in [
            *inward.hello(),
            (inward.sent(24, b"CNXN"), True),
            (inward.answered(24, b"AUTH"), False),
        ]
    ]
    events = recording(tmp_path / "a", pcap.pcap(pcap.framed(packets)))
    assert of(events, "connect") == []
    assert carried(events, "out") == b"AUTH"
    assert carried(events, "in") == b"CNXN"


def test_no_address_of_a_card_is_written_into_the_recording(tmp_path: Path) -> None:
    """A card's address names the unit: what is shown of the capture does not hold it."""
    events = recording(tmp_path / "a", pcap.pcap(exchange(b"x", b"")), ("02:aa:bb:cc:dd:01",))
    assert "02:aa" not in str(events).lower()
    assert "02aabb" not in str(events).lower()


ADDRESSES = st.sampled_from(
    [bytes([192, 168, 1, n]) for n in range(1, 5)] + [bytes([8, 8, 8, n]) for n in range(3)]
)


@given(
    packets=st.lists(
        st.tuples(ADDRESSES, ADDRESSES, st.sampled_from([2, 18, 16]), st.sampled_from([53, 80, 40000]))
    )
)
def test_no_packet_is_both_ways(packets: list[tuple[bytes, bytes, int, int]]) -> None:
    """Whatever the guess: a packet from a machine that is not the unit's is never one that the unit sent."""
    survey = Survey(())
    made = [
        Packet(TCP, source, target, 1, port, b"", 0, flags | ACK * (flags != 2), 0, b"", b"", False, 0)
        for source, target, flags, port in packets
    ]
    frame = Frame(1, 0, 101, b"", 0)
    for packet in made:
        survey.add(frame, packet)
    try:
        sides = survey.found("here")
    except BadInput:
        return
    for packet in made:
        back = packet._replace(source=packet.target, target=packet.source)
        if sides.of(frame, packet) is Side.OUT:
            assert sides.of(frame, back) is Side.IN
