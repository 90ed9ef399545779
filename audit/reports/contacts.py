"""The contacts that were seen, in words that claim no more: by what saw them, then by whose they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audit.model.evidence import SourceKind
from audit.model.flows import Flow
from audit.model.record import record
from audit.model.report import Report
from audit.reports import head

MOST_OF_ONE = 6
MOST_WHO = 8
_SOCKET_LISTS = frozenset({"netstat", "ss"})
_LOG = "logcat"
_CLEARTEXT = {True: "yes", False: "no", None: "cannot be told"}


@record
class Contact:
    """One contact, in words. cleartext: "yes", "no", "cannot be told"; names: kinds of identifiers."""

    at: str
    who: str
    what: str
    to: str
    cleartext: str
    names: str
    via: str


@record
class Whose:
    """The destinations of one process or UID, and what is to be said of each."""

    who: str
    destinations: tuple[str, ...]


@record
class Seen:
    """What one kind of witness saw. says: what it proves, and what not; contacts: all of them"""

    title: str
    says: str
    contacts: tuple[Contact, ...]

    @property
    def by_whom(self) -> tuple[Whose, ...]:
        """The contacts by whose they were, in the order they came."""
        told: dict[str, dict[str, None]] = {}
        for one in self.contacts:
            told.setdefault(one.who, {})[destination(one)] = None
        return tuple(Whose(who=who, destinations=tuple(to)) for who, to in told.items())


def seen(report: Report) -> tuple[Seen, ...]:
    """The contacts of a report by the kind of what saw them; () where nobody watched or nothing was seen."""
    told: dict[str, list[Flow]] = {}
    for flow in report.flows or ():
        told.setdefault("sockets" if flow.via in _SOCKET_LISTS else flow.via, []).append(flow)
    return tuple(_seen(by, flows, report) for by, flows in told.items())


def count(report: Report) -> int:
    """How many contacts were seen."""
    return len(report.flows or ())


def destination(contact: Contact) -> str:
    """Where a contact went, with what is known of it beside the address."""
    known = (
        contact.at,
        {"yes": "in cleartext", "no": "encrypted"}.get(contact.cleartext, ""),
        f"naming {contact.names}" if contact.names else "",
    )
    more = ", ".join(part for part in known if part)
    return f"{contact.to} ({more})" if more else contact.to


def whose(flow: Flow) -> str:
    """Whose a contact was; a UID that no one package owns is nobody's alone."""
    if flow.who.startswith("uid "):
        return f"{flow.who} (no package's alone)"
    return flow.who or "unknown process"


def _seen(by: str, flows: Sequence[Flow], report: Report) -> Seen:
    in_a_text = report.source.kind is SourceKind.BUGREPORT
    contacts = tuple(
        Contact(
            at=flow.at or (f"{flow.at_ms} ms" if flow.at_ms else ""),
            who=whose(flow),
            what=str(flow.what),
            to=flow.to,
            cleartext=_CLEARTEXT[flow.cleartext],
            names=", ".join(dict.fromkeys(one.kind.words for one in flow.identifiers)),
            via=(head.section(flow.origin) if in_a_text else flow.origin) or flow.via,
        )
        for flow in flows
    )
    if by == "sockets":
        lists = _names(flow.via for flow in flows)
        when = f" of {report.source.taken}" if report.source.taken else ""
        return Seen(
            title=f"Sockets in a list of one moment ({lists}{when})",
            says="That a socket was there does not say that anything was sent, or in which form.",
            contacts=contacts,
        )
    if by == _LOG:
        return Seen(
            title="Requests that programs wrote to the unit's log (logcat)",
            says="This is what a program said it did; the network was not watched.",
            contacts=contacts,
        )
    return Seen(title=f"Seen by {by}" if by else "Seen", says="", contacts=contacts)


def _names(given: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(given))
