"""The output of ``pm list users``, ``cmd user list`` and its long form."""

from __future__ import annotations

import re
from dataclasses import replace

from audit.model.facts import AndroidUser, Parsed
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of
from audit.parse.trouble import noise, recognise

_SHORT = re.compile(r"\s*UserInfo\{([0-9]{1,9}):(.*):([0-9A-Fa-f]+)\}(.*)\Z")
_LONG = re.compile(r"\s*[0-9]+: id=([0-9]{1,9}), name=(.*?), type=[\w.]*, flags=([A-Z0-9_|]*)(.*)\Z")
_DUMPED = re.compile(r"^[ \t]*UserInfo\{[^\n]*\} serialNo=", re.MULTILINE)
_STATE = re.compile(r"\s{4}State: (\S+)\s*\Z")
_HEAD = re.compile(r"Users:|[0-9]+ users:\s*\Z")


def parse_users(text: str, origin: str = "") -> Parsed[tuple[AndroidUser, ...]]:
    """Read ``UserInfo{NUMBER:NAME:FLAGS} running`` and ``0: id=0, name=…, type=…, flags=A|B (running)``.

    FLAGS is hexadecimal in the short form, names in the long one. A name may hold any character; ``null``
    (Android 12 on, a user that was never named) becomes "". ``dumpsys user`` has the short form too, among
    restrictions and other details of each user, and states apart whether one runs (Android 8 on).

    Sources: AOSP PackageManagerShellCommand.java runListUsers, core/java/android/content/pm/UserInfo.java,
    services/core/java/com/android/server/pm/UserManagerServiceShellCommand.java, UserManagerService.java dump
    """
    ledger = Ledger(origin)
    users: list[AndroidUser] = []
    dumped = _DUMPED.search(text) is not None
    for number, line in enumerate(lines_of(text), start=1):
        if found := _SHORT.match(line) or _LONG.match(line):
            users.append(
                AndroidUser(
                    number=int(found[1]),
                    name="" if found[2] == "null" else found[2],
                    flags=found[3],
                    running=None if dumped else "running" in found[4],
                )
            )
            ledger.read()
        elif _HEAD.match(line):
            ledger.skip("headings")
        elif dumped and users and (state := _STATE.match(line)):
            users[-1] = replace(users[-1], running=state[1].startswith("RUNNING"))
            ledger.read()
        elif dumped and noise(line) is None and recognise(line) is None:
            ledger.skip("details of users")
        else:
            ledger.left_over(number, line)
    return ledger.parsed(tuple(users))
