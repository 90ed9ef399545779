"""Bytes counted by user id: ``dumpsys netstats``, its check-in form, and the kernel's own table."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse.failures import failure
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

_UID_SECTIONS = frozenset({"UID stats"})
_KEY = re.compile(r"\s+ident=.* uid=(-?[0-9]{1,10}) set=\S+ tag=0x([0-9a-fA-F]{1,8})\s*\Z")
_BUCKET = re.compile(r"\s+(?:st|bucketStart)=[0-9]+ ")
_RECEIVED = re.compile(r" (?:rb|rxBytes)=([0-9]{1,18})\b")
_SENT = re.compile(r" (?:tb|txBytes)=([0-9]{1,18})\b")
_MAP = re.compile(r"\s+(m\w+Map\w*|[A-Z]\w+Map):\s*\Z")
_APP_TOTALS = "mAppUidStatsMap"
_NUMBERS = re.compile(r"\s+([0-9]{1,10}) ([0-9]{1,18}) [0-9]{1,18} ([0-9]{1,18}) [0-9]{1,18}\s*\Z")
_QTAGUID = re.compile(r"idx iface acct_tag_hex uid_tag_int\b")
_CHECKIN = re.compile(r"v[0-9]+,[0-9]+,[0-9]+\s*\Z")
_CHECKIN_KEY = re.compile(r"c,[a-z]+,(-?[0-9]{1,10}),\w+,(-?[0-9]{1,10})\s*\Z")
_CHECKIN_BUCKET = re.compile(r"b,[0-9]+,([0-9]{1,18}),[0-9]{1,18},([0-9]{1,18}),")
_MOST_UIDS = 20_000


@record
class Counted:
    """Bytes of one user id, all its sockets together. where: the table they were read in."""

    uid: int
    received_bytes: int
    sent_bytes: int
    where: str


def parse_netstats(text: str, origin: str = "") -> Parsed[tuple[Counted, ...]]:
    """Add up what was counted for each user id; what was counted for a tag is part of that already.

    ``UID stats`` stands in a dump that was asked for in detail, ``mAppUidStatsMap`` in Android 13 and later,
    the check-in form in every bug report, ``/proc/net/xt_qtaguid/stats`` up to Android 9 (the loopback
    interface is left out there). Bytes by interface name no user.

    Source: AOSP NetworkStatsService.java dump, NetworkStatsCollection.java dump and dumpCheckin,
    NetworkStatsHistory.java; kernel net/netfilter/xt_qtaguid.c (android-4.9)
    """
    reader = _Reader(Ledger(origin))
    for number, line in enumerate(lines_of(text), start=1):
        reader.take(number, line)
    return reader.ledger.parsed(reader.counted())


class _Reader:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._sums: dict[tuple[str, int], list[int]] = {}
        self._section = ""
        self._table = ""
        self._uid: int | None = None
        self._form = ""

    def counted(self) -> tuple[Counted, ...]:
        return tuple(
            Counted(uid=uid, received_bytes=received, sent_bytes=sent, where=where)
            for (where, uid), (received, sent) in self._sums.items()
            if received or sent
        )

    def take(self, number: int, line: str) -> None:
        if failure(number, line):
            self.ledger.left_over(number, line)
        elif _QTAGUID.match(line):
            self._form = "kernel"
            self.ledger.skip("headings")
        elif _CHECKIN.match(line):
            self._form = "checkin"
            self.ledger.skip("headings")
        elif self._form == "kernel":
            self._kernel(number, line)
        elif self._form == "checkin":
            self._checkin(number, line)
        else:
            self._dump(number, line)

    def _add(self, where: str, uid: int, received: int, sent: int) -> None:
        if len(self._sums) >= _MOST_UIDS and (where, uid) not in self._sums:
            self.ledger.skip("user ids beyond the most that are kept")
            return
        total = self._sums.setdefault((where, uid), [0, 0])
        total[0] += received
        total[1] += sent
        self.ledger.read()

    def _kernel(self, number: int, line: str) -> None:
        words = line.split(None, 9)
        if len(words) < 9 or not all(
            word.isdecimal() and len(word) < 19 for word in (words[3], words[5], words[7])
        ):
            self.ledger.left_over(number, line)
        elif words[1] == "lo":
            self.ledger.skip("the unit's traffic with itself")
        elif words[2] != "0x0":
            self.ledger.skip("bytes by tag")
        else:
            self._add("the kernel's counters", int(words[3]), int(words[5]), int(words[7]))

    def _checkin(self, number: int, line: str) -> None:
        if key := _CHECKIN_KEY.match(line):
            self._uid = int(key[1]) if self._section == "uid" and int(key[2]) == 0 else None
            self.ledger.skip("headings")
        elif bucket := _CHECKIN_BUCKET.match(line):
            if self._uid is None or self._uid < 0:
                self.ledger.skip("bytes by interface or tag")
            else:
                self._add("counted lately", self._uid, int(bucket[1]), int(bucket[2]))
        elif line.strip() in ("xt", "uid", "tag", "dev"):
            self._section, self._uid = line.strip(), None
            self.ledger.skip("headings")
        elif line.startswith("d,"):
            self.ledger.skip("headings")
        else:
            self.ledger.left_over(number, line)

    def _dump(self, number: int, line: str) -> None:
        if heading := _heading(line):
            self._section = heading
            self._table, self._uid = "", None
            self.ledger.skip(self._section)
        elif not self._section:
            self.ledger.left_over(number, line)
        elif self._section in _UID_SECTIONS:
            self._uid_stats(line)
        elif table := _MAP.match(line):
            self._table = table[1]
            self.ledger.skip(self._section)
        elif self._table == _APP_TOTALS and (row := _NUMBERS.match(line)):
            self._add("counted since boot", int(row[1]), int(row[2]), int(row[3]))
        else:
            self.ledger.skip(self._section)

    def _uid_stats(self, line: str) -> None:
        if key := _KEY.match(line):
            self._uid = int(key[1]) if int(key[2], 16) == 0 else None
            self.ledger.skip("headings")
            return
        received, sent = _RECEIVED.search(line), _SENT.search(line)
        if _BUCKET.match(line) and received and sent and self._uid is not None and self._uid >= 0:
            self._add("UID stats", self._uid, int(received[1]), int(sent[1]))
        else:
            self.ledger.skip(self._section)


def _heading(line: str) -> str:
    """The name of the section that *line* at the margin begins; "" where it begins none."""
    name, colon, _ = line.partition(":")
    return name.strip() if colon and line[:1].isupper() and "=" not in name else ""
