"""Whose each line of the logs is, as far as the starts in them and the processes at the end tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.facts import Activity, Did
from audit.model.flows import Caught, Certainty, Flow, FlowKind, IdentifierKind
from audit.parse.attribution import UNKNOWN, Names
from audit.parse.logcat import Log, Mention, Started

# Process ids of before the last restart mean other processes now.
_BEFORE_RESTART = ("LAST LOGCAT", "logcat_old")
# The component that a process is started for: {com.acme/com.acme.Boot} or com.acme/.Boot
_COMPONENT = re.compile(r"(?<![\w.])([A-Za-z][\w.]{0,254})/[\w.$]+")


class Logs:
    """The logs of one unit.

    now: names processes by what ran when the logs were taken; before: by names and user ids alone
    """

    def __init__(self, logs: list[tuple[str, Log]], now: Names, before: Names) -> None:
        self._logs, self._now, self._before = logs, now, before
        self._starts: dict[tuple[bool, int], list[Started]] = {}
        for origin, log in logs:
            for start in log.started:
                self._starts.setdefault((_is_old(origin), start.pid), []).append(start)
        for starts in self._starts.values():
            starts.sort(key=lambda start: start.at)

    def started(self) -> Iterator[Activity]:
        """Every start once, though the log of events and that of the system both tell of it."""
        seen: set[tuple[int, str, str]] = set()
        for origin, log in self._logs:
            for one in log.started:
                key = (one.pid, one.name, one.at[: len("MM-DD HH:MM:SS")])
                if key in seen:
                    continue
                seen.add(key)
                who, uid = self._started_for(one)
                text = f"process {one.pid} ({one.name}) for {one.why}"
                yield Activity(
                    who=who, what=Did.STARTED, text=text, origin=origin, line=one.line, at=one.at, uid=uid
                )

    def _started_for(self, start: Started) -> tuple[str, int | None]:
        """The package of the component, which may live in the process of another that shares its user id."""
        component = _COMPONENT.search(start.why)
        if component is not None and component[1] in self._before:
            return component[1], start.uid
        return self._before.of(start.uid, None, start.name)

    def logged(self) -> Iterator[Activity]:
        """Lines that name an address, where it can be told whose they are."""
        for origin, one, who, uid in self._attributed():
            yield Activity(
                who=who, what=Did.LOGGED, text=one.text, origin=origin, line=one.line, at=one.at, uid=uid
            )

    def requests(self) -> Iterator[Flow]:
        """Requests that a program logged as it sent them: its own word, in a form used for nothing else."""
        seen: set[tuple[str, str]] = set()
        for origin, one, who, uid in self._attributed():
            if one.request is not None and (who, one.request.to) not in seen:
                seen.add((who, one.request.to))
                yield Flow(
                    who=who,
                    what=FlowKind.HTTP,
                    to=one.request.to,
                    cleartext=one.request.cleartext,
                    identifiers=tuple(
                        Caught(kind=_KINDS[kind], certainty=Certainty.MEDIUM, where="log")
                        for kind in one.request.identifiers
                        if kind in _KINDS
                    ),
                    via="logcat",
                    uid=uid,
                    at=one.at,
                    origin=f"{origin} line {one.line}",
                )

    def _attributed(self) -> Iterator[tuple[str, Mention, str, int | None]]:
        for origin, log in self._logs:
            for one in log.mentions:
                who, uid = self._whose(one, old=_is_old(origin))
                if who != UNKNOWN:
                    yield origin, one, who, uid

    def _whose(self, line: Mention, *, old: bool) -> tuple[str, int | None]:
        starts = self._starts.get((old, line.pid), [])
        before = [start for start in starts if start.at <= line.at]
        if before:
            return self._before.of(before[-1].uid if line.uid is None else line.uid, None, before[-1].name)
        if starts or old:  # the process of that id at the end is another one
            return self._before.of(line.uid)
        return self._now.of(line.uid, line.pid)


def _is_old(origin: str) -> bool:
    return any(mark in origin for mark in _BEFORE_RESTART)


_KINDS = {
    "IMEI": IdentifierKind.IMEI,
    "MEID": IdentifierKind.MEID,
    "ESN": IdentifierKind.ESN,
    "IMSI": IdentifierKind.IMSI,
    "ICCID": IdentifierKind.ICCID,
    "MAC": IdentifierKind.MAC,
    "phone number": IdentifierKind.PHONE,
    "device id": IdentifierKind.DEVICE_ID,
}
"""What the mask of a log line calls them."""
