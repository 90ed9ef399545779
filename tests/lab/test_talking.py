"""Units that talk: what their kernel and daemons tell of it, read back by the program's own parsers."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from audit.lab import UnitSpec, answer, shipped_unit, unit_from_table
from audit.lab.life import Life
from audit.lab.say_identity import parcel
from audit.parse.broadcasts import parse_broadcasts
from audit.parse.connectivity import parse_connectivity
from audit.parse.dnsresolver import parse_dnsresolver
from audit.parse.logcat import parse_logcat
from audit.parse.netstats import parse_netstats
from audit.parse.proc_net import parse_proc_net
from audit.parse.processes import parse_processes

CLIENT = "com.example.client"
BOOT = "android.intent.action.BOOT_COMPLETED"
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
EVERY_LIST = "cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6"


class Hand:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


def unit(android: str = "11", *talks: dict[str, object], **more: object) -> UnitSpec:
    """A small unit whose client shares a user id and, unless told, talks from 2 s on for 10 s."""
    usual = {"package": CLIENT, "host": "zzhc.example.com", "ip": "203.0.113.7", "port": 80}
    listed = [{**usual, **one} for one in talks or ({"after_s": 2, "for_s": 10, "protocol": "tcp6"},)]
    table = {
        "title": "t",
        "android": android,
        "serial": "LABT",
        "properties": {"sys.boot_completed": "1"},
        "packages": {
            "com.android.phone": {"path": "/system/priv-app/P", "shared_user": "android.uid.phone"},
            CLIENT: {
                "path": "/system/app/C",
                "shared_user": "android.uid.phone",
                "code": {"receivers": {".Boot": [BOOT]}},
            },
        },
        "talks": listed,
        **more,
    }
    return unit_from_table(table, name="t")


def begin(spec: UnitSpec) -> tuple[Life, Hand]:
    """Its state, at the moment somebody first looks."""
    hand = Hand()
    life = Life(spec, hand, lambda: NOON)
    life.seconds()
    return life, hand


def told(life: Life, command: str) -> str:
    """What a command that works prints."""
    said = answer(life.now(), command, life)
    assert (said.exit_code, said.stderr) == (0, b"")
    return said.stdout.decode()


def sockets(life: Life) -> list[tuple[str, str, str, int | None]]:
    """Protocol, other end, state and user id of all that lead somewhere, by the program's parser."""
    parsed = parse_proc_net(told(life, EVERY_LIST))
    assert parsed.unread == ()
    return [(one.protocol, str(one.remote), one.state, one.uid) for one in parsed.value if one.leaves]


def test_a_socket_is_there_while_it_lasts() -> None:
    """Tried, open, closed and waiting without an owner, gone: each in its time and not before."""
    life, hand = begin(unit())
    seen = {}
    for at_s in (0.0, 1.9, 2.1, 2.5, 11.9, 12.1, 71.9, 72.1):
        hand.now = 1000.0 + at_s
        seen[at_s] = [(state, uid) for _, _, state, uid in sockets(life)]
    assert seen == {
        0.0: [],
        1.9: [],
        2.1: [("SYN_SENT", 1001)],
        2.5: [("ESTABLISHED", 1001)],
        11.9: [("ESTABLISHED", 1001)],
        12.1: [("TIME_WAIT", None)],
        71.9: [("TIME_WAIT", None)],
        72.1: [],
    }


def test_the_clock_starts_with_the_first_look() -> None:
    """However long the unit lay there before, the schedule begins when somebody asks."""
    hand = Hand()
    life = Life(unit(), hand, lambda: NOON)
    hand.now += 5000
    assert sockets(life) == []
    hand.now += 3
    assert len(sockets(life)) == 1


@pytest.mark.parametrize(
    ("talk", "wanted"),
    [
        ({"protocol": "tcp"}, ("tcp", "203.0.113.7:80", "ESTABLISHED", 1001)),
        ({"protocol": "tcp6"}, ("tcp", "203.0.113.7:80", "ESTABLISHED", 1001)),
        ({"protocol": "udp", "port": 443}, ("udp", "203.0.113.7:443", "ESTABLISHED", 1001)),
        ({"protocol": "udp6", "port": 443}, ("udp", "203.0.113.7:443", "ESTABLISHED", 1001)),
        ({"ip": "2001:db8::7"}, ("tcp", "[2001:db8::7]:80", "ESTABLISHED", 1001)),
        ({"refused": True}, ("tcp", "203.0.113.7:80", "SYN_SENT", 1001)),
    ],
)
def test_every_list(talk: dict[str, object], wanted: tuple[str, str, str, int]) -> None:
    """Each family and protocol is read back as it was described."""
    life, hand = begin(unit("9", talk))
    hand.now += 1
    assert sockets(life) == [wanted]


def test_lines_are_as_the_kernel_pads_them() -> None:
    """Widths are those of a recorded phone: 149 for TCP, 127 for UDP."""
    life, hand = begin(unit("9", {"protocol": "tcp"}, {"protocol": "udp"}))
    hand.now += 1
    assert {len(line) for line in told(life, "cat /proc/net/tcp").splitlines()} == {149}
    assert {len(line) for line in told(life, "cat /proc/net/udp").splitlines()} == {127}
    assert re.search(
        r"^ +1: 1701A8C0:[0-9A-F]{4} 077100CB:0050 01 ", told(life, "cat /proc/net/tcp"), re.MULTILINE
    )


def test_names_are_masked() -> None:
    """The resolver's log has time, user id and process, and of the name its first letter."""
    life, hand = begin(unit())
    assert parse_dnsresolver(told(life, "dumpsys dnsresolver querylog")).value.queries == ()
    hand.now += 3
    (query,) = parse_dnsresolver(told(life, "dumpsys dnsresolver querylog")).value.queries
    assert (query.uid, query.pid, query.at) == (1001, life.pid_of(CLIENT), "12:00:02.000")
    assert (query.host, query.answers) == ("z***", ("203.***",))
    assert not parse_dnsresolver(told(life, "dumpsys dnsresolver")).value.kept
    said = answer(unit("9"), "dumpsys dnsresolver querylog")
    assert said.stderr == b"Can't find service: dnsresolver\n"


@pytest.mark.parametrize("command", ["dumpsys netstats detail", "cat /proc/net/xt_qtaguid/stats"])
def test_bytes_are_counted(command: str) -> None:
    """Once it has talked, its user id has bytes; a connection nobody answered has none."""
    life, hand = begin(unit("9", {"after_s": 2}, {"refused": True, "package": "com.android.phone"}))
    assert parse_netstats(told(life, command)).value == ()
    hand.now += 3
    parsed = parse_netstats(told(life, command))
    assert parsed.unread == ()
    assert [(one.uid, one.received_bytes, one.sent_bytes) for one in parsed.value] == [(1001, 1400, 900)]


def test_who_asks_for_networks() -> None:
    """The connectivity service ties user id and process."""
    life, _ = begin(unit())
    askers = parse_connectivity(told(life, "dumpsys connectivity")).value
    assert (1001, life.pid_of(CLIENT)) in {(one.uid, one.pid) for one in askers}
    assert parse_processes(told(life, "ps -A")).unread == ()


LOG = ["D/AutoRegReceiver: got it", "W/RegistrationTask: Response: http://zzhc.example.com/x"]


def test_the_log() -> None:
    """It starts with the conversation; tags, priorities and the number of lines can be chosen."""
    life, hand = begin(unit("9", {"after_s": 2, "log": LOG}))
    assert "AutoRegReceiver" not in told(life, "logcat -d -b all")
    hand.now += 3
    log = parse_logcat(told(life, "logcat -d -b all -v threadtime")).value
    pid = life.pid_of(CLIENT)
    assert [(one.pid, one.name, one.uid) for one in log.started] == [(pid, CLIENT, 1001)]
    assert (pid, LOG[1].removeprefix("W/")) in [(one.pid, one.text) for one in log.mentions]
    only = told(life, "logcat -b all -d -v threadtime -s AutoRegReceiver RegistrationTask:W").splitlines()
    assert [line.split(": ", 1)[1] for line in only[1:]] == ["got it", "Response: http://zzhc.example.com/x"]
    assert len(told(life, "logcat -t 1").splitlines()) == 2
    assert "AutoReg" not in told(life, "logcat -t 100 AutoRegReceiver:S '*:V'")
    with_uid = parse_logcat(told(life, "logcat -d -v threadtime -v uid")).value
    assert {one.uid for one in with_uid.mentions} == {1001}
    assert answer(life.now(), "logcat", life).hangs


def test_a_broadcast_sets_it_off() -> None:
    """A conversation that waits for a broadcast begins each time one is sent to it, and is delivered."""
    life, hand = begin(unit("9", {"on": BOOT, "after_s": 1, "for_s": 5}, root={"kind": "adbd"}))
    hand.now += 100
    assert sockets(life) == []
    told(life, f"am broadcast -a {BOOT} -p com.android.phone")
    told(life, f"am broadcast -a {BOOT} -p {CLIENT}")
    assert sockets(life) == []
    hand.now += 2
    assert len(sockets(life)) == 1
    deliveries = parse_broadcasts(told(life, "dumpsys activity broadcasts")).value.deliveries
    assert [(one.action, one.to, one.at) for one in deliveries] == [
        (BOOT, CLIENT, "2026-02-01 12:01:40"),
        (BOOT, CLIENT, "2026-02-01 12:00:00"),
    ]


IDENTITY = {
    "imei": ["001012018000012", "001012018000020"],
    "imsi": "242011234567890",
    "iccid": "89470112345678901235",
    "wlan_mac": "02:00:5e:10:20:19",
}


def read_parcel(text: str) -> str:
    """The string in a reply, from the words in hex."""
    words = re.findall(r"\b[0-9a-f]{8}\b(?!:)", re.sub(r"'.*?'", "", text))
    data = b"".join(int(word, 16).to_bytes(4, "little") for word in words)
    count = int.from_bytes(data[4:8], "little", signed=True)
    return "" if count < 0 else data[8 : 8 + 2 * count].decode("utf-16-le")


@pytest.mark.parametrize(
    ("android", "call", "wanted"),
    [
        ("9", "1 s16 com.android.shell", "001012018000012"),
        ("9", "3 i32 1 s16 com.android.shell", "001012018000020"),
        ("9", "7 s16 com.android.shell", "242011234567890"),
        ("9", "10 s16 com.android.shell", "89470112345678901235"),
        ("8", "11 s16 com.android.shell", "89470112345678901235"),
        ("13", "1 s16 com.android.shell", "001012018000012"),
        ("13", "8 s16 com.android.shell", "242011234567890"),
        ("13", "12 s16 com.android.shell", "89470112345678901235"),
        ("13", "99 s16 com.android.shell", ""),
    ],
)
def test_calls_that_tell_identifiers(android: str, call: str, wanted: str) -> None:
    """Each transaction, by the number it has in that Android, answers its identifier as a parcel."""
    said = answer(unit(android, identity=IDENTITY), f"service call iphonesubinfo {call}").stdout.decode()
    assert read_parcel(said) == wanted


def test_a_parcel_as_it_is_printed() -> None:
    """Four words a line with their offset, and what can be printed of them; few words on one line."""
    said = answer(
        unit(identity=IDENTITY), "service call iphonesubinfo 1 s16 com.android.shell"
    ).stdout.decode()
    assert said == (
        "Result: Parcel(\n"
        "  0x00000000: 00000000 0000000f 00300030 00300031 '........0.0.1.0.'\n"
        "  0x00000010: 00320031 00310030 00300038 00300030 '1.2.0.1.8.0.0.0.'\n"
        "  0x00000020: 00310030 00000032                   '0.1.2...        ')\n"
    )
    assert parcel(bytes(4) + b"\xff" * 4) == "Result: Parcel(00000000 ffffffff   '........')\n"
    refused = answer(unit(identity=IDENTITY), "service call iphonesubinfo 1").stdout.decode()
    assert refused.splitlines()[1].startswith("  0x00000000: ffffffff ")


@pytest.mark.parametrize(
    ("android", "command", "wanted"),
    [
        ("9", "cat /sys/class/net/wlan0/address", "02:00:5e:10:20:19"),
        ("10", "cat /sys/class/net/wlan0/address", "Permission denied"),
        ("13", "ip -o link", r"\    link/ether 02:00:5e:10:20:19 brd"),
        ("9", "content query --uri content://telephony/siminfo", "icc_id=89470112345678901235,"),
        (
            "9",
            "content query --uri content://telephony/siminfo --projection icc_id:sim_id",
            "Row: 0 icc_id=89470112345678901235, sim_id=0\n",
        ),
        ("13", "content query --uri content://telephony/siminfo", "SecurityException"),
        ("13", "dumpsys isub", "iccId=894701123[****]"),
        ("13", "settings get secure android_id", "null"),
        ("13", "cat /proc/uptime", "86400.00 "),
    ],
)
def test_what_else_names_the_unit(android: str, command: str, wanted: str) -> None:
    """Addresses and SIMs, as far as that Android tells its shell."""
    assert wanted in answer(unit(android, identity=IDENTITY), command).together.decode()


@pytest.mark.parametrize("name", ["talking-2019", "rooted-2019"])
def test_the_incident_as_it_talks(name: str) -> None:
    """The shipped units' client reaches China Telecom's network under a user id it shares, a while later."""
    hand = Hand()
    life = Life(shipped_unit(name), hand, lambda: NOON)
    assert sockets(life) == []
    hand.now += 4
    found = {(remote, uid) for _, remote, state, uid in sockets(life) if state == "ESTABLISHED"}
    assert ("219.141.189.20:80", 1001) in found
    assert len(found) == 2
