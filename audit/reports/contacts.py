"""The contacts that were seen: by the witness that saw them, those that went furthest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from audit.checks.contacts import STAGES
from audit.model.flows import Flow, Stage, Watch
from audit.model.record import record
from audit.model.report import Report
from audit.reports import watches
from audit.reports.contact import HOW, LOG, SOCKET, SOCKET_LISTS, Contact, Words, whose
from audit.reports.joined import Joined, joined
from audit.reports.timeline import Timeline, timeline

MOST_OF_ONE = 4
MOST_ON_A_LINE = 6
MOST_WHO = 8
MOST_FAR = 8
_LISTS = "lists"


@record
class Whose:
    """The contacts of one process or UID that went no further than a try."""

    who: str
    contacts: tuple[Contact, ...]


@record
class Seen:
    """What one witness saw. says: what it proves, and what not, a row each; contacts: all of them"""

    title: str
    says: tuple[watches.Row, ...]
    contacts: tuple[Contact, ...]
    timeline: Timeline | None = None

    @property
    def far(self) -> tuple[Contact, ...]:
        """Those of which more than a try was seen."""
        return tuple(one for one in self.contacts if is_far(one))

    @property
    def tried(self) -> tuple[Whose, ...]:
        """The others, by whose they were."""
        told: dict[str, list[Contact]] = {}
        for one in self.contacts:
            if not is_far(one):
                told.setdefault(one.by, []).append(one)
        return tuple(Whose(who=who, contacts=tuple(those)) for who, those in told.items())

    @property
    def tally(self) -> str:
        """``✖ identifiers sent: 1, · attempted: 12``."""
        return _tally(Counter(one.how.name for one in self.contacts))


def seen(report: Report) -> tuple[Seen, ...]:
    """The contacts of a report by the witness that saw them; () where nobody watched and nothing was seen."""
    witnesses = _witnesses(report)
    words = Words(report)
    return tuple(_seen(one, words, report) for one in witnesses if one.watch is not None or one.flows)


def count(witnesses: Sequence[Seen]) -> int:
    """How many contacts were seen: what is told as one counts as one."""
    return sum(len(one.contacts) for one in witnesses)


def furthest(report: Report) -> Contact | None:
    """The contact that went furthest; None where none was seen."""
    words = Words(report)
    best = min(report.flows or (), key=lambda flow: (-STAGES.index(flow.stage), flow.at_ms), default=None)
    return None if best is None else words.contact(Joined(flow=best))


def line(contact: Contact) -> str:
    """A contact that was only tried, on one line."""
    cleartext = {"yes": "in cleartext", "no": "encrypted"}.get(contact.cleartext, "")
    operator = f"run by {contact.operator}" if contact.operator not in {"", "not known"} else ""
    names = f"naming {'; '.join(map(str, contact.names))}" if contact.names else ""
    what = "" if contact.what == SOCKET else contact.what
    told = (contact.to, what, contact.address, contact.country, operator, cleartext, names)
    return ", ".join(part for part in told if part) + "".join(f"; before: {step}" for step in contact.before)


def is_far(contact: Contact) -> bool:
    """Whether more is known of it than that it was tried."""
    return contact.how is not HOW[Stage.ATTEMPTED] or bool(contact.names)


def _tally(counted: Mapping[str, int]) -> str:
    ranked = [HOW[stage] for stage in reversed(STAGES)]
    return ", ".join(
        f"{how.shape} {how.words}: {counted[how.name]}" for how in ranked if counted.get(how.name)
    )


@record
class _Witness:
    by: str
    watch: Watch | None
    flows: tuple[Flow, ...]


def _witnesses(report: Report) -> tuple[_Witness, ...]:
    """Each recording, or list, with what it saw."""
    told: dict[tuple[str, str], list[Flow]] = {(watch.by, watch.origin): [] for watch in report.watches}
    for flow in report.flows or ():
        by = _LISTS if flow.via in SOCKET_LISTS else flow.via
        origin = flow.origin.rpartition(" line ")[0] or flow.origin
        place = (by, origin) if (by, origin) in told else (by, "")
        told.setdefault(place, []).append(flow)
    watched = {(watch.by, watch.origin): watch for watch in report.watches}
    return tuple(
        _Witness(by=place[0], watch=watched.get(place), flows=tuple(flows)) for place, flows in told.items()
    )


def _seen(witness: _Witness, words: Words, report: Report) -> Seen:
    together = joined(witness.flows)
    title, says = _account(witness, report)
    return Seen(
        title=title,
        says=says,
        contacts=tuple(words.contact(one) for one in together),
        timeline=timeline(witness.flows, witness.watch, whose=whose, how=lambda flow: HOW[flow.stage].words),
    )


def _account(witness: _Witness, report: Report) -> tuple[str, tuple[watches.Row, ...]]:
    if witness.by == _LISTS:
        lists = ", ".join(dict.fromkeys(flow.via for flow in witness.flows))
        when = f" of {report.source.taken}" if report.source.taken else ""
        says = "That a socket was there does not say that anything was sent, or in which form."
        return f"Sockets in a list of one moment ({lists}{when})", (
            watches.Row(label="Leaves open", text=says),
        )
    if witness.by == LOG:
        says = "This is what a program said it did; the network was not watched."
        title = "Requests that programs wrote to the unit's log (logcat)"
        return title, (watches.Row(label="Leaves open", text=says),)
    rows = watches.rows(witness.watch) if witness.watch is not None else ()
    nothing = "No contact was seen, which does not prove that none was made."
    none = () if witness.flows else (watches.Row(label="Seen", text=nothing),)
    return watches.title(witness.by, witness.watch), (*none, *rows)
