from __future__ import annotations

import pytest
from hypothesis import given

from audit.parse.connectivity import Asker, parse_connectivity
from audit.parse.netstats import parse_netstats
from tests.build.dumpstate import CONNECTIVITY, NETSTATS
from tests.parse.account import assert_accounted, texts

_ANDROID_16 = """\
Directory:
  /data/misc/apexdata/com.android.tethering/netstats
Top openSession callers:
  {uid=10152,package=com.acme}=3682

Xt stats:
  Pending bytes: 315704
  ident=[{type=0}] uid=-1 set=ALL tag=0x0
    NetworkStatsHistory: bucketDuration=3600
      st=1782810000 rb=633 rp=4 tb=947 tp=8 op=0

BPF map content:
  mAppUidStatsMap:
    uid rxBytes rxPackets txBytes txPackets
    10171 56728 144 59114 120
    1051 0 0 0 36
  mStatsMapA:
    ifaceIndex ifaceName tag_hex uid_int cnt_set rxBytes rxPackets txBytes txPackets
    15 eth0 0x0 10152 1 11256 18 5865 17
"""
_OLD = """\
UID stats:
  ident=[[type=WIFI, subType=COMBINED]] uid=10020 set=DEFAULT tag=0x0
    NetworkStatsHistory: bucketDuration=7200000
      bucketStart=1522440000000 activeTime=7200000 rxBytes=7 rxPackets=2 txBytes=8 txPackets=1 operations=0
"""
_KERNEL = """\
idx iface acct_tag_hex uid_tag_int cnt_set rx_bytes rx_packets tx_bytes tx_packets rx_tcp_bytes rx_tcp_packets
2 wlan0 0x0 10020 0 100 1 10 1 0 0
3 wlan0 0x0 10020 1 11 1 1 1 0 0
4 wlan0 0x3e900000000 10020 0 100 1 10 1 0 0
5 lo 0x0 10020 0 9999 1 9999 1 0 0
6 wlan0 0x0 1001 0 0 0 0 0 0 0
"""
_CHECKIN = """\
v1,1522440000,1522526400
xt
c,wifi,-1,A,0
d,3600
b,1522440000,633,4,947,8,0
uid
c,wifi,10020,D,0
d,7200
b,1522440000,100,2,10,1,0
b,1522447200,11,2,1,1,0
tag
c,wifi,10020,D,1
d,7200
b,1522440000,100,2,10,1,0
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NETSTATS, [(10020, 111, 11), (1001, 5, 6)]),
        (_ANDROID_16, [(10171, 56728, 59114)]),
        (_OLD, [(10020, 7, 8)]),
        (_KERNEL, [(10020, 111, 11)]),
        (_CHECKIN, [(10020, 111, 11)]),
    ],
)
def test_bytes_are_added_up_by_user_id(text: str, expected: list[tuple[int, int, int]]) -> None:
    """Once each: not again by tag, not by interface, not what a unit says to itself."""
    parsed = parse_netstats(text)
    assert_accounted(text, parsed)
    assert parsed.unread == ()
    assert [(c.uid, c.received_bytes, c.sent_bytes) for c in parsed.value] == expected


def test_a_dump_that_fell_over_is_an_error() -> None:
    """The service says so in its middle."""
    text = "Active interfaces:\nDev stats:\n\nException occurred while dumping:\njava.lang.Error\n"
    assert parse_netstats(text).errors == ("Exception occurred while dumping:",)


def test_who_asks_for_networks() -> None:
    """The two ways in which a request names its process."""
    text = CONNECTIVITY + "  [uid/pid:1001/1500] NetworkRequest [ REQUEST id=1 ]\n"
    parsed = parse_connectivity(text)
    assert_accounted(text, parsed)
    assert parsed.value == (Asker(uid=10020, pid=2000), Asker(uid=1001, pid=1500))


_PIECES = (
    "UID stats:",
    "  ident=[] uid=5 set=A tag=0x0",
    "      st=1 rb=2 rp=3 tb=4 tp=5 op=6",
    "v1,2,3",
    "uid",
)


@given(
    texts(
        (
            *_PIECES,
            "c,wifi,1,D,0",
            "b,1,2,3,4,5,6",
            "idx iface acct_tag_hex uid_tag_int",
            "1 w 0x0 5 0 1 2 3 4",
        )
    )
)
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_netstats(text))
    assert_accounted(text, parse_connectivity(text))
