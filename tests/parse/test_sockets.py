# ruff: noqa: E501  # what a unit prints is as wide as it is
from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse.netstat import parse_netstat
from audit.parse.sockets import Address, Socket, address
from audit.parse.ss import parse_ss
from tests.parse.account import assert_accounted, texts

_PORTS = st.integers(1, 65_535)
_IPS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@given(_IPS, _PORTS, st.sampled_from(("", "%wlan0")))
def test_an_address_is_read_in_every_writing(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, interface: str
) -> None:
    """Bare, in brackets, mapped, with an interface: one address."""
    usual = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else ip
    expected = Address(ip="" if usual.is_unspecified else str(usual), port=port)
    assert address(f"{ip}{interface}:{port}") == expected
    assert address(f"[{ip}]{interface}:{port}") == expected
    if isinstance(ip, ipaddress.IPv4Address):
        assert address(f"::ffff:{ip}:{port}") == expected


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("*:*", None, Address(ip="", port=None)),
        (":::*", None, Address(ip="", port=None)),
        ("0.0.0.0:*", None, Address(ip="", port=None)),
        ("::ffff:111.202.100.56:8", 23, Address(ip="111.202.100.56", port=None, whole=False)),
        ("::ffff:1.2.3.4:443", 23, Address(ip="1.2.3.4", port=443)),
        ("2001:db8:1234:5678:9abc", 23, Address(ip="2001:db8:1234:5678:9abc…", port=None, whole=False)),
        ("1.2.3.4", None, None),
        ("1.2.3.4:99999", None, None),
        ("host:80", None, None),
        ("", None, None),
        ("1" * 200 + ":80", None, None),
    ],
)
def test_odd_addresses(text: str, width: int | None, expected: Address | None) -> None:
    """Any, cut off, and none at all."""
    assert address(text, width=width) == expected


NARROW = """\
Active Internet connections (w/o servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 ::ffff:192.0.2.100:4430 ::ffff:198.51.100.11:80 ESTABLISHED
tcp        1      0 192.0.2.100:39161       198.51.100.1:443        CLOSE_WAIT
udp     3008      0 192.0.2.100:68          192.0.2.1:67            ESTABLISHED
Active UNIX domain sockets (w/o servers)
Proto RefCnt Flags       Type       State           I-Node Path
unix  3      [ ]         SEQPACKET  CONNECTED       198528
"""
OWNED = """\
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       User       Inode       PID/Program Name
tcp        0      0 127.0.0.1:5037          0.0.0.0:*               LISTEN      shell      100         901/adbd
tcp6       0      0 2001:db8::9:40001       2001:db8::1:443         ESTABLISHED u0_a20     101         2000/com.acme.browser
tcp        0      0 192.0.2.9:40002         198.51.100.1:80         SYN_SENT    1001       102         -
udp        0      0 192.0.2.9:5353          0.0.0.0:*                           1020       103         400/mdnsd
"""
TOOLBOX = """\
Proto Recv-Q Send-Q Local Address          Foreign Address        State
 tcp       0      0 0.0.0.0:5555           0.0.0.0:*              LISTEN
 tcp       0      0 10.0.2.15:40000        198.51.100.1:443       ESTABLISHED
"""
BUSYBOX = """\
Active Internet connections (w/o servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 ::ffff:192.0.2.199:40000 ::ffff:198.51.100.111:443 ESTABLISHED 77/acme
netstat: /proc/401: No such file or directory
(Not all processes could be identified, non-owned process info
 will not be shown, you would have to be root to see it all.)
"""


def rows(text: str) -> list[tuple[object, ...]]:
    """What matters of each socket."""
    parsed = parse_netstat(text)
    assert_accounted(text, parsed)
    assert parsed.unread == ()
    return [(str(s.remote), s.state, s.uid, s.pid, s.program, s.leaves) for s in parsed.value]


def test_narrow_columns_lose_what_may_be_cut() -> None:
    """Without -W an address that fills its column may have lost digits of its port."""
    assert rows(NARROW) == [
        ("198.51.100.11", "ESTABLISHED", None, None, "", True),
        ("198.51.100.1:443", "CLOSE_WAIT", None, None, "", True),
        ("192.0.2.1:67", "ESTABLISHED", None, None, "", True),
    ]


def test_user_and_program_are_read() -> None:
    """-e and -p say whose a socket is; a listener leaves nothing."""
    assert rows(OWNED) == [
        ("", "LISTEN", 2000, 901, "adbd", False),
        ("[2001:db8::1]:443", "ESTABLISHED", 10020, 2000, "com.acme.browser", True),
        ("198.51.100.1:80", "SYN_SENT", 1001, None, "", True),
        ("", "", 1020, 400, "mdnsd", False),
    ]


def test_other_dialects() -> None:
    """What toolbox prints has no heading of sections; busybox lets a long address run over its column."""
    assert rows(TOOLBOX)[1] == ("198.51.100.1:443", "ESTABLISHED", None, None, "", True)
    parsed = parse_netstat(BUSYBOX)
    assert [(str(s.remote), s.pid, s.program) for s in parsed.value] == [("198.51.100.111:443", 77, "acme")]
    assert len(parsed.errors) == 1
    assert parsed.skipped["notes"] == 2


SS = """\
Netid  State      Recv-Q Send-Q Local Address:Port                 Peer Address:Port
udp    UNCONN     0      0      *:5353                  *:*       users:(("mdnsd",pid=400,fd=7)) uid:1020 ino:11 sk:1 <->
tcp    ESTAB      0      0      ::ffff:192.0.2.9:58722  ::ffff:198.51.100.1:443 users:(("com.acme",pid=20,fd=9),("x",pid=2,fd=1)) timer:(keepalive,1min,0) uid:10024 ino:512 sk:3 <->
\t ts sack cubic wscale:8,7 rto:204
tcp    ESTAB      0      0      [2001:db8::9]:5         [2001:db8::1]:443   ino:7 sk:4
tcp    TIME-WAIT  0      0      192.0.2.9%wlan0:1       198.51.100.2:80     timer:(timewait,1sec,0) ino:0 sk:5
tcp    LISTEN     0      50     127.0.0.1:8080          *:*       uid:2000 ino:9 sk:6
u_str  ESTAB      0      0      * 12   * 13
"""


def test_ss_names_the_user_of_each_socket() -> None:
    """A user id of 0 is not printed; a socket without an inode is nobody's."""
    parsed = parse_ss(SS)
    assert_accounted(SS, parsed)
    assert parsed.unread == ()
    assert [(str(s.remote), s.uid, s.pid, s.program, s.leaves) for s in parsed.value] == [
        ("", 1020, 400, "mdnsd", False),
        ("198.51.100.1:443", 10024, 20, "com.acme", True),
        ("[2001:db8::1]:443", 0, None, "", True),
        ("198.51.100.2:80", None, None, "", True),
        ("", 2000, None, "", False),
    ]


def test_the_unit_itself_is_no_destination() -> None:
    """Loopback, its own address and whoever called it are left."""
    here, there = Address(ip="192.0.2.9", port=1), Address(ip="198.51.100.1", port=2)
    assert Socket(protocol="tcp", local=here, remote=there).leaves
    assert not Socket(protocol="tcp", local=here, remote=here).leaves
    assert not Socket(protocol="tcp", local=here, remote=Address(ip="127.0.0.1", port=2)).leaves
    assert not Socket(protocol="tcp", local=here, remote=there, state="SYN-RECV").leaves


_PIECES = (
    "tcp ",
    "udp6 ",
    "0 ",
    "1.2.3.4:5 ",
    "Proto Recv-Q Send-Q ",
    "Local Address   Foreign Address",
    "unix ",
)


@given(texts((*_PIECES, "ESTAB ", "uid:5 ", 'users:(("a",pid=', "Netid State Recv-Q ", "\tts ", "u_str ")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_netstat(text))
    assert_accounted(text, parse_ss(text))
