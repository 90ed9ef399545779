"""The output of ``ss -eionptu``, which names the user of each socket."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.parse.ledger import Ledger
from audit.parse.sockets import Socket, address
from audit.parse.text import lines_of

_HEADING = re.compile(r"(?:Netid\s+)?State\s+Recv-Q")
_FAMILY = re.compile(r"(tcp|udp|raw|icmp|icmp6|dccp|sctp)\s")
_OTHER_FAMILY = re.compile(r"(?:u_str|u_dgr|u_seq|nl|p_raw|p_dgr|v_str|v_dgr|ti_\w+|xdp)\s")
_UID = re.compile(r"\buid:([0-9]{1,10})\b")
_INODE = re.compile(r"\bino:([0-9]{1,20})\b")
_PROCESS = re.compile(r"users:\(\(\"([^\"]{0,64})\",(?:pid=)?([0-9]{1,7}),")


def parse_ss(text: str, origin: str = "") -> Parsed[tuple[Socket, ...]]:
    """Read ``tcp ESTAB 0 0 LOCAL PEER users:(("NAME",pid=N,fd=N)) uid:N ino:N …``; details follow below.

    A uid of 0 is not printed: with an inode and no uid the socket is root's, without an inode (TIME-WAIT)
    nobody's any more.

    Source: iproute2 misc/ss.c (sock_details_print, proc_ctx_print); AOSP external/iproute2
    """
    ledger = Ledger(origin)
    sockets: list[Socket] = []
    for number, line in enumerate(lines_of(text), start=1):
        if _FAMILY.match(line):
            found = _socket(line, number)
            if found is None:
                ledger.left_over(number, line)
            else:
                sockets.append(found)
                ledger.read()
        elif _HEADING.match(line):
            ledger.skip("headings")
        elif line[:1] in ("\t", " ") and line.strip() and sockets:
            ledger.skip("details of sockets")
        elif _OTHER_FAMILY.match(line):
            ledger.skip("sockets of other families")
        else:
            ledger.left_over(number, line)
    return ledger.parsed(tuple(sockets))


def _socket(line: str, number: int) -> Socket | None:
    words = line.split(None, 6)
    if len(words) < 6 or not (words[2].isdecimal() and words[3].isdecimal()):
        return None
    local, remote = address(words[4]), address(words[5])
    if local is None or remote is None:
        return None
    details = words[6] if len(words) > 6 else ""
    uid, inode, process = _UID.search(details), _INODE.search(details), _PROCESS.search(details)
    roots = uid is None and inode is not None and int(inode[1]) != 0
    return Socket(
        protocol=words[0],
        local=local,
        remote=remote,
        state=words[1],
        uid=int(uid[1]) if uid is not None else 0 if roots else None,
        pid=None if process is None else int(process[2]),
        program="" if process is None else process[1],
        line=number,
    )
