from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from audit.parse.broadcasts import parse_broadcasts
from audit.parse.connectivity import parse_connectivity
from audit.parse.ledger import MOST_NAMED
from audit.parse.logcat import parse_logcat
from audit.parse.masking import mask
from audit.parse.netstat import parse_netstat
from audit.parse.netstats import parse_netstats
from audit.parse.overlays_dump import parse_overlays_dump
from audit.parse.processes import parse_processes
from audit.parse.ss import parse_ss
from audit.parse.users import parse_users
from audit.sources.dumpstate import split
from tests.build.dumpstate import RULE

_BROADCASTS = "ACTIVITY MANAGER BROADCAST STATE (dumpsys activity broadcasts)\n"
_RECORD = f"{_BROADCASTS}  Historical Broadcast x #1:\n    Intent {{ act=a }}\n"
_PROCESSES = "ACTIVITY MANAGER RUNNING PROCESSES (dumpsys activity processes)\n"
_LINE = "01-01 00:00:00.000  1  1 I "
_STARTS: dict[Callable[[str], Any], tuple[str, ...]] = {
    parse_netstat: ("", "tcp 0 0 ", "tcp 0 0 ::ffff:1.2.3.4:1 ", "Proto Recv-Q "),
    parse_ss: ("", "tcp ESTAB 0 0 ", "tcp ESTAB 0 0 1.1.1.1:1 2.2.2.2:2 ", "Netid "),
    parse_processes: ("", "USER PID PPID NAME\n", "USER PID PPID PC NAME\nroot 1 0 "),
    parse_netstats: (
        *("", "A", "UID stats:\n  ident=", "  ident=[] uid=1 set=A tag=0x0", "v1,1,1\nuid\nc,"),
        "idx iface acct_tag_hex uid_tag_int\n",
    ),
    parse_broadcasts: (
        *("", f"{_BROADCASTS}  Intent {{", f"{_RECORD}    Deliver ", f"{_RECORD}    Deliver #0: B"),
        *(f"{_BROADCASTS}  Pending", f"{_PROCESSES}  *APP* UID 1 ProcessRecord{{"),
        f"{_PROCESSES}  *APP* UID 1 ProcessRecord{{a 1:a/b}}\n packageList={{",
    ),
    parse_logcat: (
        *("", _LINE, f"{_LINE}x: ", f"{_LINE}x: --> GET http://", f"{_LINE}am_proc_start: [0,1,1,"),
        f"{_LINE}ActivityManager: Start proc ",
    ),
    parse_connectivity: ("", "  uid/pid:1/1 "),
    parse_overlays_dump: ("", "a:0 ", "a:0 {\n  mPackageName.", "Settings\n", "Default overlays: "),
    parse_users: ("", "UserInfo{0:", "UserInfo{0:a:13} serialNo=0\n  "),
    mask: ("", "89", "+"),
}
_REPEATED = (
    *("a", "1", " ", "\n", ":", "=", "{", "[", "1.", "1:", "::", "a.b:", "imei", "89", "0-", "ab:", "+1"),
    *("http://", "Start proc ", "ReceiverList{", "#1: ", "UserInfo{", "} serialNo=", "(", "a ", " a", "\t"),
)


@pytest.mark.parametrize("parse", _STARTS, ids=lambda parse: parse.__name__)
def test_a_line_without_end_does_not_take_long(parse: Callable[[str], Any]) -> None:
    """Time grows with the length of what a unit says, not with its square."""
    for start in _STARTS[parse]:
        for repeated in _REPEATED:
            text = start + repeated * (50_000 // len(repeated))
            began = time.process_time()
            parse(text)
            assert time.process_time() - began < 1, (start, repeated)


def test_a_report_of_one_line_does_not_take_long() -> None:
    """Neither does the splitter wait for a line to end."""
    starts = (
        "",
        "------ ",
        "--------- 1s was the duration of dumpsys ",
        f"{RULE}\nDUMP OF SERVICE ",
        "------ 1.0s",
    )
    for start in (*starts, "== dumpstate: done", "------ 1.0s was the duration of '"):
        for repeated in (*_REPEATED, "-", "------ ", " ------", "s was the duration of ", " ("):
            data = (start + repeated * (300_000 // len(repeated))).encode()
            began = time.process_time()
            split([data], lambda _: True)
            assert time.process_time() - began < 1, (start, repeated)


def test_a_file_of_something_else_does_not_fill_the_memory() -> None:
    """Lines that are not understood are kept one by one only up to a bound; all are counted."""
    parsed = parse_netstat("x\n" * (MOST_NAMED + 5) + "Killed\n" * (MOST_NAMED + 7))
    assert (len(parsed.unread), len(parsed.errors)) == (MOST_NAMED, MOST_NAMED)
    assert sorted(parsed.skipped.values()) == [5, 7]
