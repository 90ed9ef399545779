"""Looks at a unit's sockets again and again, and records each that was not there before.

One command a look. The next look begins when *poll_s* passed since the last began, or at once where the unit
took longer: looks never pile up, they get fewer, and how many there were is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import pairwise

from audit.adb.device import Completed
from audit.errors import AuditError, UnitLost
from audit.model.evidence import Gap, Topic
from audit.model.text import clean_line
from audit.observe.commands import Calls, Look
from audit.observe.owners import MOST_SHOWN, Owners, words
from audit.observe.rungs import CAPTURE, SINK
from audit.observe.tape import Tape
from audit.parse.proc_net import parse_proc_net
from audit.parse.sockets import Socket
from audit.parse.text import decode, lines_of, quote
from audit.parse.trouble import noise, recognise

MOST_SEEN = 50_000
"""Sockets remembered, so that each is recorded once; a unit that opens more is told by their number."""
_MOST_FAILURES = 3
_INSTEAD = (
    f"Watch from the network instead ({SINK} or {CAPTURE}), or hook the unit where it can be rooted; a bug"
    " report has the sockets of one moment."
)

_ABSENT = "No such file or directory"

_Key = tuple[str, str, str]


class SocketWatch:
    """Polls one unit from `run` to its end; then `gave` and `gaps` tell how that went.

    owners: may be set while it runs, when the unit has told
    """

    def __init__(
        self, calls: Calls, tape: Tape, *, poll_s: float, owners: Owners, most_seen: int = MOST_SEEN
    ) -> None:
        self._calls, self._tape, self._poll_s = calls, tape, poll_s
        self._most_seen = most_seen
        self.owners = owners
        self.gaps: list[Gap] = []
        self._seen: dict[_Key, str] = {}
        self._uids: dict[int | None, int] = {}
        self._troubles: set[str] = set()
        self._looks = self._failures = self._recorded = self._forgotten = 0
        self._began_at: list[float] = []
        self._ended = ""

    async def run(self, over: asyncio.Event) -> None:
        """Look until *over*, or until the unit is gone or does not answer any more."""
        loop = asyncio.get_running_loop()
        while not over.is_set() and not self._ended:
            began = loop.time()
            await self._look()
            if not self._failures and not self._ended:
                self._looks += 1
                self._began_at.append(began)
            rest = self._poll_s - (loop.time() - began)
            if rest > 0 and not self._ended:
                await _wait(over, rest)

    @property
    def gave(self) -> str:
        """Count and words."""
        if not self._looks:
            return f"nothing: {self._ended or 'there was no time to look'}"
        who = "; ".join(
            f"{count} of {words(uid, self.owners.of(uid) if uid is not None else ())}"
            for uid, count in sorted(self._uids.items(), key=lambda one: -one[1])[:8]
        )
        many = f"{self._recorded} socket{'' if self._recorded == 1 else 's'}"
        parts = [f"{many}{f' ({who})' if who else ''} in {self.rate}"]
        if self._forgotten:
            parts.append(f"{self._forgotten} more than can be remembered")
        return "; ".join((*parts, *([self._ended] if self._ended else [])))

    @property
    def rate(self) -> str:
        """How often was looked: "350 looks, one every 0.51 s (longest pause 1.20 s)"."""
        looks = f"{self._looks} look{'' if self._looks == 1 else 's'}"
        if len(self._began_at) < 2:
            return looks
        pauses = [after - before for before, after in pairwise(self._began_at)]
        mean = (self._began_at[-1] - self._began_at[0]) / len(pauses)
        return f"{looks}, one every {mean:.2f} s (longest pause {max(pauses):.2f} s)"

    def close(self, why: str) -> None:
        """End the recording, with what the reader of it has to know."""
        if self._looks:
            missed = "What lived shorter than from one look to the next was missed"
            self._tape.trouble("sockets", f"{missed}: {self.rate}.")
        if self._forgotten:
            self._tape.trouble("sockets", f"{self._forgotten} sockets were more than can be remembered.")
        self._tape.close(self._ended or why)

    # one look

    async def _look(self) -> None:
        try:
            completed = await self._calls.run(Look.SOCKETS)
        except UnitLost as error:
            self._stop(f"the unit went away: {error.what}", error.fix)
            return
        except AuditError as error:
            self._failed(error.what)
            return
        if completed.timed_out:
            self._failed("the unit did not answer in time")
            return
        self._take(completed)

    def _take(self, completed: Completed) -> None:
        parsed = parse_proc_net(decode(completed.stdout), Look.SOCKETS.value)
        refusals = [*parsed.errors, *_errors(completed.stderr)]
        if not parsed.skipped.get("headings"):
            said = quote(refusals[0]) if refusals else f"exit code {completed.exit_code}"
            self._stop(f"the unit does not show its sockets: {said}", _INSTEAD)
            return
        self._failures = 0
        for refusal in refusals:
            # a kernel without IPv6 has no list of it, and hides nothing
            self._partly(f"not all lists are shown: {quote(refusal)}", gap=_ABSENT not in refusal)
        if parsed.unread:
            self._partly(f"a line was not understood: {quote(parsed.unread[0].text)}")
        if completed.truncated:
            self._partly("a list stopped before its end")
        for socket in _outgoing(parsed.value):
            self._meet(socket)

    def _meet(self, socket: Socket) -> None:
        """Record a socket the first time, and again when a connection that was tried came about."""
        key = (socket.protocol, str(socket.local), str(socket.remote))
        before = self._seen.get(key)
        if before is None and len(self._seen) >= self._most_seen:
            self._forgotten += 1
            return
        self._seen[key] = socket.state
        if before is None:
            self._recorded += 1
            self._uids[socket.uid] = self._uids.get(socket.uid, 0) + 1
        elif not (before == "SYN_SENT" and socket.state == "ESTABLISHED"):
            return
        event: dict[str, object] = {
            "kind": "socket",
            "ip": socket.remote.ip,
            "port": socket.remote.port,
            "local": str(socket.local),
            "transport": socket.protocol,
            "state": socket.state,
        }
        if socket.uid is not None:
            event |= {"uid": socket.uid, "packages": list(self.owners.of(socket.uid)[:MOST_SHOWN])}
        if not self._looks:
            event["open_before"] = True
        self._tape.add(event)

    # trouble

    def _partly(self, what: str, *, gap: bool = True) -> None:
        """Something is missing of every look from here on: say it once."""
        if what not in self._troubles and len(self._troubles) < 16:
            self._troubles.add(what)
            self._tape.trouble("sockets", what)
            if gap:
                self.gaps.append(_gap(f"Sockets were watched in part only: {what}.", _INSTEAD))

    def _failed(self, what: str) -> None:
        self._failures += 1
        self._tape.trouble("sockets", what)
        if self._failures >= _MOST_FAILURES:
            self._stop(f"given up after {self._failures} looks without an answer: {what}", _INSTEAD)

    def _stop(self, why: str, fix: str) -> None:
        self._ended = clean_line(why)
        after = f" after {self._tape.passed_s:.1f} s" if self._looks else ""
        self.gaps.append(_gap(f"Watching sockets ended{after}: {self._ended}.", fix))


def _errors(stderr: bytes) -> Iterable[str]:
    """What the unit says went wrong; warnings of its linker are none of it."""
    return (line for line in lines_of(decode(stderr)) if noise(line) is None and recognise(line) is not None)


def _outgoing(sockets: Iterable[Socket]) -> Iterable[Socket]:
    """Those that lead to another machine, and that nobody opened from there: not of a port that listens."""
    listed = tuple(sockets)
    waiting = {(one.protocol, one.local.port) for one in listed if one.state == "LISTEN"}
    return (one for one in listed if one.leaves and (one.protocol, one.local.port) not in waiting)


def _gap(reason: str, fix: str) -> Gap:
    return Gap(topic=Topic.FLOWS, reason=clean_line(reason), fix=clean_line(fix), origin=Look.SOCKETS.value)


async def _wait(over: asyncio.Event, seconds: float) -> None:
    """Until *over*, but no longer than *seconds*."""
    try:
        async with asyncio.timeout(seconds):
            await over.wait()
    except TimeoutError:
        return
