from __future__ import annotations

import ipaddress
import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse import proc_net
from audit.parse.proc_net import parse_proc_net
from audit.parse.sockets import Address
from tests.build.proc_net import Row, proc_net_lists, word
from tests.parse.account import assert_accounted, texts

_IPS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
_PORTS = st.integers(0, 65_535)
_ROWS = st.builds(
    Row,
    protocol=st.sampled_from(("tcp", "udp")),
    local=_IPS,
    local_port=_PORTS,
    remote=_IPS,
    remote_port=_PORTS,
    state=st.integers(1, 12),
    uid=st.integers(0, 2**32 - 1),
    inode=st.integers(0, 2**31),
)


def _usual(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> Address:
    plain = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else ip
    return Address(ip="" if plain.is_unspecified else str(plain), port=port or None)


@given(st.lists(_ROWS, max_size=8))
def test_what_a_kernel_writes_is_read_back(rows: list[Row]) -> None:
    """Every socket with both ends, its state and whose it is, in any mix of the four lists."""
    text = proc_net_lists(rows)
    parsed = parse_proc_net(text)
    assert_accounted(text, parsed)
    assert (parsed.unread, parsed.errors) == ((), ())
    assert len(parsed.value) == len(rows)
    for one in rows:
        # an address of another family than its socket is written mapped into IPv6
        local, remote = _usual(one.local, one.local_port), _usual(one.remote, one.remote_port)
        uid = None if one.uid == one.inode == 0 else one.uid
        assert any(
            (found.protocol, found.local, found.remote, found.uid) == (one.protocol, local, remote, uid)
            for found in parsed.value
        )


_OLD_TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:13AD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  2000        0 20721 1 00000000 100 0 0 10 -1
   1: 6409A8C0:A1B2 0B6433C6:0050 01 00000000:00000000 00:00000000 00000000  1001        0 30001 1 00000000 20 4 30 10 -1
   2: 6409A8C0:A1B3 0B6433C6:0050 06 00000000:00000000 03:00000CFB 00000000     0        0 0 3 00000000
   3: 6409A8C0:A1B4 0B6433C6:0051 02 00000001:00000000 01:00000064 00000000  1001        0 30002 2 00000000 800 0 0 1 7
"""  # noqa: E501  # as wide as the kernel prints it


def test_the_states_of_a_connection() -> None:
    """Waiting, open, over, being opened: each by the name other lists use, TIME_WAIT nobody's."""
    found = parse_proc_net(_OLD_TCP).value
    assert [(one.state, one.uid, one.leaves) for one in found] == [
        ("LISTEN", 2000, False),
        ("ESTABLISHED", 1001, True),
        ("TIME_WAIT", None, True),
        ("SYN_SENT", 1001, True),
    ]
    assert str(found[1].local) == "192.168.9.100:41394"
    assert str(found[1].remote) == "198.51.100.11:80"


def test_ipv4_within_ipv6_is_ipv4() -> None:
    """Java opens IPv6 sockets for everything."""
    mapped = ipaddress.ip_address("::ffff:198.51.100.11")
    row = Row(
        protocol="tcp", local=mapped, local_port=1, remote=mapped, remote_port=80, state=1, uid=1, inode=2
    )
    (found,) = parse_proc_net(proc_net_lists([row])).value
    assert found.remote == Address(ip="198.51.100.11", port=80)


def test_a_refusal_among_the_lists_is_an_error() -> None:
    """A unit without separate outputs says it between the rows."""
    text = _OLD_TCP + "cat: /proc/net/tcp6: Permission denied\n"
    parsed = parse_proc_net(text)
    assert_accounted(text, parsed)
    assert (len(parsed.value), len(parsed.errors)) == (4, 1)


def test_rows_without_a_heading_are_not_guessed_at() -> None:
    """Whether they are TCP or UDP only the heading says."""
    parsed = parse_proc_net(_OLD_TCP.partition("\n")[2])
    assert (parsed.value, len(parsed.unread)) == ((), 4)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("0B6433C6:0050", "0B6433C:0050"),
        ("0B6433C6", "0b6433c6"),
        (" 1001 ", " 99999999999 "),
        (":0050 ", ":00050 "),
    ],
)
def test_a_row_that_no_kernel_writes_is_not_understood(good: str, bad: str) -> None:
    """Neither is it repaired."""
    changed = _OLD_TCP.replace(good, bad)
    assert changed != _OLD_TCP
    parsed = parse_proc_net(changed)
    assert_accounted(changed, parsed)
    assert parsed.unread


def test_a_list_has_its_bound() -> None:
    """A unit that lists a million sockets is read to the bound, and the rest counted."""
    heading, rows = _OLD_TCP.split("\n")[:2]
    text = "\n".join((heading, *[rows] * (proc_net.MOST_SOCKETS + 3))) + "\n"
    parsed = parse_proc_net(text)
    assert len(parsed.value) == proc_net.MOST_SOCKETS
    assert parsed.skipped["sockets beyond the most that are read"] == 3


@given(texts((*_OLD_TCP.split("\n"), "0: 0100007F:13AD ", "00000000:0000 0A ", "cat: x: Permission denied")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_proc_net(text))


def test_a_line_without_end_ends() -> None:
    """A row of a megabyte is refused like any other that does not fit."""
    for piece in ("x", "0", "0: ", "0: 0100007F:", "F" * 8 + " "):
        assert parse_proc_net(_OLD_TCP + piece * 200_000).unread


@pytest.mark.peer
def test_this_kernel_lists_a_socket_as_read() -> None:
    """A connection of this very process, as the Linux it runs on writes it."""
    lists = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6", "udp", "udp6")]
    if not lists[0].is_file() or struct.pack("=H", 1) != struct.pack("<H", 1):
        pytest.skip("no Linux of little-endian byte order")
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        ours = _usual(ipaddress.ip_address("127.0.0.1"), client.getsockname()[1])
        for _ in range(5):  # a row may be skipped or told twice where others come and go while it is read
            parsed = parse_proc_net("".join(one.read_text() for one in lists))
            states = [one.state for one in parsed.value if one.local == ours]
            if states == ["ESTABLISHED"]:
                break
    assert parsed.unread == ()
    assert states == ["ESTABLISHED"]


def test_words_are_written_as_a_little_endian_kernel_does() -> None:
    """The writer of these tests itself, against the example of proc(5): 0100007F is 127.0.0.1."""
    assert word(ipaddress.ip_address("127.0.0.1")) == "0100007F"
    assert word(ipaddress.ip_address("::1")) == "00000000000000000000000001000000"
