"""Recordings in: contacts, who watched and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from audit.model.evidence import Artifact, Gap, Topic
from audit.model.facts import Package, Parsed, Unread
from audit.model.flows import Flow, OwnIdentifier, Stage, Watch
from audit.model.record import record
from audit.parse.gaps import gaps_of, stderr_lines
from audit.parse.ledger import Ledger
from audit.parse.observations.assemble import MOST_CONTACTS, Assembler
from audit.parse.observations.lines import read_lines
from audit.parse.observations.values import plain_ip
from audit.parse.observations.watching import Watching


@record
class Limits:
    """How much is kept.

    most_flows: contacts of all recordings: of each destination the one that proves most, then the others
    most_contacts: that are followed in one recording
    """

    most_flows: int = 5_000
    most_contacts: int = MOST_CONTACTS


_FARTHEST = tuple(reversed(Stage))


@record
class Observed:
    """What recordings tell.

    flows: None when nobody watched, () when somebody did and nothing was seen
    watches: one a recording, also where nothing of it could be read
    identifiers: those Android was seen giving to a process of the unit
    units: the addresses each recording takes for the unit's, by its origin, where nobody told them
    """

    flows: tuple[Flow, ...] | None = None
    watches: tuple[Watch, ...] = ()
    identifiers: tuple[OwnIdentifier, ...] = ()
    units: tuple[tuple[str, tuple[str, ...]], ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


def read_observations(
    artifacts: Iterable[Artifact],
    packages: Mapping[str, Package],
    known: Sequence[OwnIdentifier],
    limits: Limits = Limits(),  # noqa: B008  # a frozen record
) -> Observed:
    """Read *artifacts* of kind ``observations``; *known* are the unit's identifiers as it told them.

    An identifier that one recording shows Android giving away is looked for in all of them.
    """
    recordings = [_Recording(artifact, packages, limits) for artifact in artifacts]
    told = {(one.kind, one.value): one for one in known}
    shown = {
        (one.kind, one.value): one
        for recording in recordings
        for one in recording.identifiers
        if (one.kind, one.value) not in told
    }
    flows = [flow for recording in recordings for flow in recording.flows((*known, *shown.values()))]
    kept, left, lost = _bounded(flows, limits.most_flows)
    skipped = {what: count for recording in recordings for what, count in recording.skipped.items()}
    if left:
        skipped["recordings: contacts beyond the most that are kept"] = left
    return Observed(
        flows=kept if any(recording.watched for recording in recordings) else None,
        watches=tuple(recording.watch for recording in recordings),
        identifiers=tuple(shown.values()),
        units=tuple(recording.unit for recording in recordings if recording.unit[1]),
        gaps=(
            *(gap for recording in recordings for gap in recording.gaps),
            *_too_many(lost, limits.most_flows),
        ),
        unread=tuple(line for recording in recordings for line in recording.unread),
        skipped=skipped,
    )


def of_another_unit(observed: Observed, own: Sequence[str]) -> Iterator[Gap]:
    """A gap for each recording of another address than *own*, those the unit told of itself."""
    told = set(map(plain_ip, own))
    for origin, addresses in observed.units:
        if told and told.isdisjoint(addresses):
            yield Gap(
                topic=Topic.FLOWS,
                reason="The capture may be of another unit: no address in it that can be the unit's is one"
                " that the unit told of itself.",
                fix="Say the address that the unit had then with --unit-address, or capture this unit.",
                origin=origin,
            )


class _Recording:
    """One artifact, read."""

    def __init__(self, artifact: Artifact, packages: Mapping[str, Package], limits: Limits) -> None:
        self._artifact = artifact
        self._assembler = Assembler(packages, origin=artifact.origin, most_contacts=limits.most_contacts)
        self._watching = Watching(artifact.origin)
        self._parsed = self._read()

    def _read(self) -> Parsed[None]:
        ledger = Ledger(self._artifact.origin)
        seen = 0
        for number, event in read_lines(self._artifact.data):
            seen += 1
            if isinstance(event, str):
                ledger.unread(number, event)
                continue
            self._watching.take(event)
            if not self._watching.known_version:
                ledger.skip("events of a version that is not known")
                continue
            taken = self._assembler.take(event, number)
            if taken.left:
                ledger.unread(number, taken.left)
            elif taken.skipped:
                ledger.skip(taken.skipped)
            else:
                ledger.read()
        blank = _count_lines(self._artifact.data) - seen
        if blank:
            ledger.skip("blank lines", blank)
        return ledger.parsed(None)

    @property
    def watched(self) -> bool:
        """Whether anything in it was understood."""
        return self._watching.opened or self._parsed.read > 0

    @property
    def unit(self) -> tuple[str, tuple[str, ...]]:
        return self._artifact.origin, self._watching.unit

    @property
    def watch(self) -> Watch:
        watch = self._watching.watch()
        return watch if self.watched else replace(watch, what="a recording that cannot be read")

    @property
    def identifiers(self) -> tuple[OwnIdentifier, ...]:
        return self._assembler.identifiers

    @property
    def unread(self) -> Iterator[Unread]:
        yield from self._parsed.unread
        where = f"{self._artifact.origin} (standard error)"
        yield from (Unread(origin=where, line=n, text=line) for n, line in stderr_lines(self._artifact))

    @property
    def skipped(self) -> Mapping[str, int]:
        return {f"{self._artifact.origin}: {what}": count for what, count in self._parsed.skipped.items()}

    @property
    def gaps(self) -> Iterator[Gap]:
        yield from gaps_of(self._artifact, self._parsed, empty=not self.watched)
        if not self.watched:
            return
        yield from self._watching.gaps()
        for what in self._not_followed():
            yield Gap(
                topic=Topic.FLOWS,
                reason=f"The recording holds more than is followed: {what}.",
                fix="Watch fewer processes, or for less time.",
                origin=self._artifact.origin,
            )

    def _not_followed(self) -> Iterator[str]:
        if self._assembler.beyond:
            yield f"{self._assembler.beyond} events of further contacts"
        if self._assembler.unkept:
            yield f"{self._assembler.unkept} bytes that were sent"

    def flows(self, known: Sequence[OwnIdentifier]) -> tuple[Flow, ...]:
        """Its contacts, the identifiers in them under its own key."""
        return self._assembler.flows(known, self._watching.key) if self.watched else ()


def _count_lines(data: bytes) -> int:
    return data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))


def _bounded(flows: Sequence[Flow], most: int) -> tuple[tuple[Flow, ...], int, int]:
    """At most *most* in their order; how many were left, and how many of them went where no other did.

    Those that prove more are kept first, and one of each process and destination before a second one.
    """
    if len(flows) <= most:
        return tuple(flows), 0, 0
    seen: set[tuple[str, str, Stage]] = set()
    ranks: list[tuple[int, bool, int]] = []
    for at, flow in enumerate(flows):
        kind = (flow.who, flow.to, flow.stage)
        ranks.append((_FARTHEST.index(flow.stage), kind in seen, at))
        seen.add(kind)
    ranks.sort(key=lambda rank: (rank[1], rank[0], rank[2]))
    kept = sorted(at for _, _, at in ranks[:most])
    lost = sum(1 for _, again, _ in ranks[most:] if not again)
    return tuple(flows[at] for at in kept), len(flows) - most, lost


def _too_many(lost: int, most: int) -> Iterator[Gap]:
    if lost:
        yield Gap(
            topic=Topic.FLOWS,
            reason=f"{lost} destinations were contacted beyond the {most} contacts that are kept.",
            fix="Watch fewer processes, or for less time.",
        )
