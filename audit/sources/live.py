"""Reads a connected unit: read-only commands, several at once, each with a time limit; failures are gaps.

Chains that do not depend on each other run side by side (`STREAMS` at once), so that a unit takes about as
long as its longest chain: users, then the packages each knows, then the details of those the rulebook names
and the code of suspects among them. Whatever goes wrong becomes a `Gap`; what was read until then stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from audit import __version__
from audit.adb.device import Completed, Device
from audit.errors import AuditError, UnitLost
from audit.model.code import CodeFile
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources import answers, peek, plan, platform_key
from audit.sources.deadline import Deadline
from audit.sources.plan import Command, Step
from audit.sources.slots import Rank, Slots
from audit.sources.spool import Spool
from audit.sources.suspect_files import Calls
from audit.sources.suspects import find_suspects, read_suspects

STREAMS = 4
_GRACE_S = 5.0
"""A device ends a command at its limit by itself; this is for one that does not."""

Clock = Callable[[], datetime]
StepsFor = Callable[[int | None], Sequence[Step]]
"""Steps by Android's API level; None where it is not stated."""


@record
class Progress:
    """One command was answered, or given up. started, done: commands so far; line: the one it is about."""

    started: int
    done: int
    line: str


async def acquire(
    device: Device,
    *,
    packages: Collection[str],
    users: Sequence[int] | None,
    full: bool,
    clock: Clock,
    on_step: Callable[[Progress], None] | None = None,
    files: Collection[str] = (),
    patience: float = 1.0,
    how: str = "",
    suspects: Collection[str] = (),
    inspect: Collection[str] = (),
    limit_s: float | None = None,
    spool: Spool | None = None,
    more: StepsFor = lambda _: (),
) -> Snapshot:
    """Read *device* and return all that it gave, with a gap for everything it did not.

    packages: names to look at closely where the unit knows them
    users: Android users to look at; None = all the unit lists
    full: also ``dumpsys package`` for every package (seconds, megabytes)
    clock: says when; on_step: is told of every command that ended
    files: further configuration files to look for, beside `audit.sources.plan.FILES`
    patience: multiplies every time limit, for units known to be slow
    how: by what transport the unit was reached, and why by that one
    suspects: packages whose code is read where the unit knows them
    inspect: the same, with wider bounds, and missed if the unit does not know them
    limit_s: for all of it; what was not read until then are gaps that say so. None = as long as it takes
    spool: takes what is too large to be held; the data of those artifacts is empty then
    more: what else to read, by Android's API level, None where it is not stated
    Raises UsageError for a user number or name that cannot be one; everything a unit does wrong is a gap.
    """
    wanted_users = None if users is None else tuple(plan.check_user(number) for number in users)
    asked = _Asked(packages=_names(packages), suspects=_names(suspects), inspect=_names(inspect))
    reading = _Reading(device, asked, on_step, patience, limit_s)
    reading.spool = spool
    acquired_at = clock().astimezone(UTC)
    known = plan.file_steps(plan.known_files(files))
    await reading.everything(wanted_users, lambda sdk: (*known, *more(sdk)), full=full)
    return Snapshot(
        unit=UnitId(serial=device.row.serial or None, model=reading.model or device.row.model or None),
        source=Source(kind=SourceKind.LIVE, detail=clean_line(how or _how(device))),
        acquired_at=acquired_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        tool_version=__version__,
        artifacts=reading.artifacts,
        gaps=reading.gaps,
        code=reading.code,
    )


async def acquire_code(
    device: Device,
    packages: Collection[str],
    *,
    on_step: Callable[[Progress], None] | None = None,
    patience: float = 1.0,
) -> tuple[tuple[CodeFile, ...], tuple[Gap, ...]]:
    """Read the code of *packages* and nothing else of *device*: what it holds, and what could not be read."""
    asked = _Asked(packages=frozenset(), suspects=frozenset(), inspect=_names(packages))
    reading = _Reading(device, asked, on_step, patience)
    await reading.code_alone()
    return reading.code, reading.gaps


async def acquire_steps(
    device: Device,
    steps: Sequence[Step],
    *,
    on_step: Callable[[Progress], None] | None = None,
    patience: float = 1.0,
    limit_s: float | None = None,
) -> tuple[tuple[Artifact, ...], tuple[Gap, ...]]:
    """Read *steps* and nothing else of *device*: what it answered, and what it did not.

    limit_s: for all of them; what was not read until then are gaps that say so
    """
    nothing: frozenset[str] = frozenset()
    asked = _Asked(packages=nothing, suspects=nothing, inspect=nothing)
    reading = _Reading(device, asked, on_step, patience, limit_s)
    await reading.steps_alone(steps)
    return reading.artifacts, reading.gaps


@record
class _Asked:
    """Package names to look for: details of the first, code of the others; see `acquire`."""

    packages: frozenset[str]
    suspects: frozenset[str]
    inspect: frozenset[str]


def _names(packages: Collection[str]) -> frozenset[str]:
    return frozenset(filter(plan.is_package_name, packages))


def _how(device: Device) -> str:
    row = device.row
    return ", ".join(part for part in (row.transport, row.slot, row.detail) if part)


Place = tuple[int, int, str]
"""Where something stands in the plan: kind, user, argument."""


class _Reading:
    """One acquisition under way. Results are kept by their place in the plan: order is never luck."""

    def __init__(
        self,
        device: Device,
        asked: _Asked,
        on_step: Callable[[Progress], None] | None,
        patience: float,
        limit_s: float | None = None,
    ) -> None:
        self._device = device
        self._wanted = asked
        self._on_step = on_step
        self._patience = patience
        self._deadline = Deadline(limit_s)
        self._slots = Slots(STREAMS)
        self._artifacts: dict[Place, Artifact] = {}
        self._gaps: list[tuple[Place, Gap]] = []
        self._lost: UnitLost | None = None
        self._started = self._done = 0
        self._asked: set[str] = set()
        self._lists_read = 0
        self.spool: Spool | None = None
        self.model: str | None = None
        self.code: tuple[CodeFile, ...] = ()

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """All that was read, in the plan's order."""
        return tuple(self._artifacts[key] for key in sorted(self._artifacts))

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """All that was not, in the plan's order."""
        return tuple(gap for _, gap in sorted(self._gaps, key=lambda pair: pair[0]))

    async def everything(self, users: tuple[int, ...] | None, rest: StepsFor, *, full: bool) -> None:
        """Run the whole plan, with *rest* as what nothing waits for."""
        async with asyncio.TaskGroup() as group:
            listing = group.create_task(self._read(plan.users_step(), Rank.FIRST))
            properties = await self._read(plan.getprop_step(), Rank.FIRST)
            version = peek.version(b"" if properties is None else properties.data)
            self.model = None if properties is None else peek.model(properties.data)
            if version.sdk is not None and version.sdk < plan.OLDEST_SDK:
                self._note(Kind.PACKAGES, answers.too_old(version))
                return
            first = users[0] if users else 0
            if full:
                group.create_task(self._read(plan.details_step(None), Rank.CHAIN))
            # the first user is there whatever the list says, so nobody waits for the list to begin
            lists = [self._lists(group, first, version.sdk, full=full)]
            for step in (*self._unbound(first, version.sdk), *rest(version.sdk)):
                group.create_task(self._read(step, Rank.REST))
            others = await self._others(listing, users, first)
            lists += [self._lists(group, number, version.sdk, full=full) for number in others]
            await self._code([await one for one in lists])
        self._check_users(listing.result(), users)
        await self._without_lists(full=full)

    async def code_alone(self) -> None:
        """Read the list of packages, and the code of those that were asked for."""
        known = await self._read(plan.list_step(Kind.PACKAGES_KNOWN, 0, None), Rank.CHAIN)
        if known is None or not peek.package_names(known.data):
            self._note(Kind.PACKAGES_KNOWN, answers.no_lists())
        else:
            await self._code([known])

    async def steps_alone(self, steps: Sequence[Step]) -> None:
        """Read *steps*, which do not depend on each other."""
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(self._read(step, Rank.REST))

    @staticmethod
    def _unbound(user: int, sdk: int | None) -> tuple[Step, ...]:
        """Steps nothing waits for."""
        maybe = (plan.overlays_step(user, sdk), plan.apex_step(user, sdk))
        return (*plan.settings_steps(), *(step for step in maybe if step is not None))

    async def _others(
        self, listing: asyncio.Task[Artifact | None], wanted: tuple[int, ...] | None, first: int
    ) -> tuple[int, ...]:
        """The users beside *first* that are to be read."""
        if wanted:
            return tuple(number for number in dict.fromkeys(wanted) if number != first)
        listed = await listing
        numbers = () if listed is None else peek.users(listed.data)
        if len(numbers) > plan.MOST_USERS:
            self._note(Kind.PACKAGES, answers.too_many_users(len(numbers)))
        return tuple(number for number in numbers[: plan.MOST_USERS] if number != first)

    def _check_users(self, listed: Artifact | None, wanted: tuple[int, ...] | None) -> None:
        numbers = () if listed is None else peek.users(listed.data)
        for number in dict.fromkeys(wanted or ()):
            if numbers and number not in numbers:
                self._note(Kind.USERS, answers.no_such_user(number, numbers))

    def _lists(
        self, group: asyncio.TaskGroup, user: int, sdk: int | None, *, full: bool
    ) -> asyncio.Task[Artifact | None]:
        """Start the three package lists of one user; the one of all packages it knows."""
        for kind in (Kind.PACKAGES, Kind.PACKAGES_DISABLED):
            group.create_task(self._read(plan.list_step(kind, user, sdk), Rank.LISTS))
        known = group.create_task(self._read(plan.list_step(Kind.PACKAGES_KNOWN, user, sdk), Rank.CHAIN))
        group.create_task(self._details(group, known, full=full))
        return known

    async def _details(
        self, group: asyncio.TaskGroup, listing: asyncio.Task[Artifact | None], *, full: bool
    ) -> None:
        """The details of the named packages that are listed."""
        known = await listing
        names = frozenset() if known is None else peek.package_names(known.data)
        self._lists_read += bool(names)
        for name in () if full else sorted(names & self._wanted.packages - self._asked):
            self._asked.add(name)
            group.create_task(self._read(plan.details_step(name), Rank.DETAILS))

    async def _code(self, lists: Sequence[Artifact | None]) -> None:
        """The code of suspects that any user knows, and whose key the unit's own framework is signed with."""
        listings = [listing.data for listing in lists if listing is not None]
        suspects = find_suspects(listings, self._wanted.suspects, self._wanted.inspect)
        missed = self._wanted.inspect - {one.package for one in suspects}
        for name in sorted(missed) if any(map(peek.package_names, listings)) else ():
            self._note(Kind.PACKAGES_KNOWN, answers.no_such_package(name))
        if not suspects or self._lost is not None:
            return
        calls = Calls(
            turn=lambda: self._slots.take(Rank.CODE),
            step=self._tell,
            patience=self._patience,
            deadline=self._deadline,
        )
        key, read = await asyncio.gather(
            platform_key.read_key(self._device, calls), read_suspects(self._device, suspects, calls)
        )
        self.code = (*read.code, *key)
        for gap in read.gaps:
            self._note(Kind.PACKAGES_KNOWN, gap)

    def _tell(self, line: str, done: bool) -> None:
        self._started += not done
        self._done += done
        if done and self._on_step is not None:
            self._on_step(Progress(started=self._started, done=self._done, line=line))

    async def _without_lists(self, *, full: bool) -> None:
        """No list of packages at all: say so plainly, and try the one other place that names them."""
        if self._lists_read or self._lost is not None:
            return
        self._note(Kind.PACKAGES_KNOWN, answers.no_lists())
        if not full:
            await self._read(plan.details_step(None), Rank.DETAILS)

    async def _read(self, step: Step, rank: int) -> Artifact | None:
        """The artifact of *step*, kept; None where there is none. Tries commands until one is understood."""
        artifact: Artifact | None = None
        completed: Completed | None = None
        for number, command in enumerate(step.commands):
            completed = await self._run(step, command, rank)
            if completed is None:
                break
            artifact = _artifact(step, command, completed)
            last = number == len(step.commands) - 1
            if completed.timed_out or last or not answers.not_understood(completed):
                self._judge(step, command, completed)
                break
        if artifact is None or (step.optional and answers.refusal(artifact) is not None):
            return None
        if completed is not None and completed.timed_out and not _came(completed):
            return None  # the gap says it all
        self._artifacts[_key(step)] = artifact
        return artifact

    def _judge(self, step: Step, command: Command, completed: Completed) -> None:
        over = self._deadline.words if self._deadline.over else ""
        gap = answers.gap(step, command, completed, over=over)
        if gap is not None:
            self._gaps.append((_key(step), gap))

    async def _run(self, step: Step, command: Command, rank: int) -> Completed | None:
        """One command's answer; None where the unit gave none, which is then a gap."""
        async with self._slots.take(rank):
            if self._lost is not None:
                self._gaps.append((_key(step), answers.unit_gone(step, command, self._lost)))
                return None
            if self._deadline.over:
                self._gaps.append((_key(step), answers.time_over(step, command, self._deadline.words)))
                return None
            self._started += 1
            try:
                limit_s = self._deadline.within(command.timeout_s * self._patience)
                async with asyncio.timeout(limit_s + _GRACE_S * self._patience):
                    return await self._ask(step, command, limit_s)
            except TimeoutError:
                return Completed(stdout=b"", timed_out=True)
            except UnitLost as error:
                self._lost = error
                self._gaps.append((_key(step), answers.unit_gone(step, command, error)))
            except AuditError as error:
                self._gaps.append((_key(step), answers.refused(step, command, error)))
            finally:
                self._done += 1
                if self._on_step is not None:
                    self._on_step(Progress(started=self._started, done=self._done, line=command.line))
        return None

    async def _ask(self, step: Step, command: Command, limit_s: float) -> Completed:
        if self.spool is not None and self.spool.is_large(step):
            return await self.spool.put(self._device, step, command.line, timeout_s=limit_s)
        return await self._device.run(command.line, timeout_s=limit_s)

    def _note(self, kind: Kind, gap: Gap) -> None:
        self._gaps.append(((_ORDER[kind], -1 if gap.user is None else gap.user, ""), gap))


_ORDER = {kind: number for number, kind in enumerate(Kind)}


def _came(completed: Completed) -> bool:
    return bool(completed.stdout or completed.stderr or completed.poured)


def _key(step: Step) -> Place:
    return (_ORDER[step.kind], -1 if step.user is None else step.user, step.argument or "")


def _artifact(step: Step, command: Command, completed: Completed) -> Artifact:
    return Artifact(
        kind=step.kind,
        origin=command.line,
        data=completed.stdout,
        stderr=completed.stderr,
        exit_code=completed.exit_code,
        truncated=completed.truncated or completed.timed_out,
        user=step.user,
        argument=step.argument,
    )
