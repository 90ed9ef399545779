"""Reads a unit's own logs and counters when a watch begins and when it ends, as evidence like any other."""

from __future__ import annotations

import asyncio
import re

from audit.adb.device import Completed
from audit.errors import AuditError, UnitLost
from audit.model.evidence import Artifact, Gap, Kind, Topic
from audit.model.text import clean_line
from audit.observe.commands import DUMPS, Calls, Dump, Look
from audit.parse.counters import WHEN_IT_BEGAN, WHEN_IT_ENDED, moved
from audit.parse.dnsresolver import Query, parse_dnsresolver
from audit.parse.gaps import TOPICS
from audit.parse.netstats import parse_netstats
from audit.parse.text import decode

_STREAMS = 3
"""At once: the sockets are looked at meanwhile, and must not wait."""
_ABSENT = re.compile(
    rb"No such file or directory|Permission denied|Can't find service|not found|Can't open", re.IGNORECASE
)
_HEAD = 400
_AGAIN = "Watch the unit again; unlock it and let it finish starting."
_MARKS = re.compile(rb"(?m)^-{9} .*$")


class DumpWatch:
    """Reads `DUMPS` once each for `begin` and `end`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._streams = asyncio.Semaphore(_STREAMS)
        self._kept: dict[tuple[str, int], Artifact] = {}
        self._absent: dict[Look, str] = {}
        self.gaps: list[Gap] = []

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What was read, first that of the beginning, each in the order of `DUMPS`."""
        order = sorted(self._kept, key=lambda key: (key[0] == WHEN_IT_ENDED, key[1]))
        return tuple(self._kept[key] for key in order)

    async def begin(self) -> None:
        """Read them for the first time."""
        await self._read_all(WHEN_IT_BEGAN)

    async def end(self) -> None:
        """Read them for the second time."""
        await self._read_all(WHEN_IT_ENDED)

    def leave_out(self, why: str) -> None:
        """Say that they were not read for the second time."""
        reason = f"The unit's logs and counters were not read again{WHEN_IT_ENDED}: {clean_line(why)}."
        self.gaps.append(Gap(topic=Topic.ACTIVITY, reason=reason, fix=_AGAIN, origin="watch (dumps)"))

    @property
    def gave(self) -> str:
        """Count and words."""
        if not self._kept:
            return "nothing: the unit answered none of the commands"
        begun = sum(1 for when, _ in self._kept if when == WHEN_IT_BEGAN)
        ended = len(self._kept) - begun
        parts = [f"{begun} answers when it began, {ended} when it ended", *self._asked(), *self._moved()]
        parts += (f"no {name} ({why})" for look, why in self._absent.items() if (name := _NAMES.get(look)))
        return "; ".join(parts)

    def _asked(self) -> list[str]:
        dumps = (one.data for one in self.artifacts if one.kind is Kind.DNSRESOLVER)
        logs = [parse_dnsresolver(decode(data)).value for data in dumps]
        queries = {_same(query) for log in logs for query in log.queries}
        if not logs:
            return []
        return [f"{len(queries)} question{'' if len(queries) == 1 else 's'} for names in the resolver's log"]

    def _moved(self) -> list[str]:
        counted = [
            (one.origin, row)
            for one in self.artifacts
            if one.kind is Kind.NETSTATS
            for row in parse_netstats(decode(one.data)).value
        ]
        whole = {one.origin for one in self.artifacts if one.exit_code == 0 and not one.truncated}
        uids = {one.counted.uid for one in moved(counted, whole) if one.during}
        if not uids:
            return ["no counter changed"] if counted else []
        return [f"counters of {len(uids)} user id{'' if len(uids) == 1 else 's'} changed"]

    # reading

    async def _read_all(self, when: str) -> None:
        async with asyncio.TaskGroup() as group:
            for number, dump in enumerate(DUMPS):
                group.create_task(self._read(number, dump, when))

    async def _read(self, number: int, dump: Dump, when: str) -> None:
        async with self._streams:
            try:
                look, completed = dump.look, await self._calls.run(dump.look)
                if dump.instead is not None and completed.stdout.count(b"\n") <= 1:
                    look, completed = dump.instead, await self._calls.run(dump.instead)
            except UnitLost as error:
                self._miss(dump, when, f"the unit went away: {error.what}", error.fix or _AGAIN)
                return
            except AuditError as error:
                self._miss(dump, when, error.what, error.fix or _AGAIN)
                return
        if completed.timed_out and not completed.stdout:
            self._miss(dump, when, "the unit did not answer in time", _AGAIN)
        elif dump.optional and (why := _nothing(dump, completed)):
            self._absent[dump.look] = why
        else:
            self._absent.pop(dump.look, None)
            self._kept[when, number] = _artifact(dump, look, when, completed)

    def _miss(self, dump: Dump, when: str, why: str, fix: str) -> None:
        if dump.optional:
            self._absent[dump.look] = clean_line(why)
            return
        reason = f"Not read{when}: {clean_line(why)}."
        self.gaps.append(Gap(topic=TOPICS[dump.kind], reason=reason, fix=fix, origin=dump.look.value))


_NAMES = {
    Look.COUNTERS: "counters of the kernel",
    Look.QUERIES: "log of names asked for",
    Look.CLIENT_LOG: "line of the known client's log tags",
}


def _nothing(dump: Dump, completed: Completed) -> str:
    """Why there is nothing of *dump* on this unit; "" where there is something."""
    said = completed.stderr[:_HEAD] + completed.stdout[:_HEAD]
    if completed.exit_code != 0 and (found := _ABSENT.search(said)):
        return found[0].decode("ascii").lower()
    if found := re.match(rb"\s*(?:cmd: )?Can't find service", said):
        return "this Android has none"
    if dump.look is Look.QUERIES and not parse_dnsresolver(decode(completed.stdout)).value.kept:
        return "this Android keeps none"
    if dump.look is Look.CLIENT_LOG and not _MARKS.sub(b"", completed.stdout).strip():
        return "none was logged"
    return ""


def _same(query: Query) -> tuple[str, int, int | None, str]:
    return (query.at, query.uid, query.pid, query.host)


def _artifact(dump: Dump, look: Look, when: str, completed: Completed) -> Artifact:
    return Artifact(
        kind=dump.kind,
        origin=look.value + when,
        data=completed.stdout,
        stderr=completed.stderr,
        exit_code=completed.exit_code,
        truncated=completed.truncated or completed.timed_out,
    )
