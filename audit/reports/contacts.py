"""The contacts that were seen, in words that claim no more: by what saw them, then by whose they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from audit.model.destinations import Destination
from audit.model.evidence import SourceKind
from audit.model.flows import Caught, Flow, Stage
from audit.model.record import record
from audit.model.report import Report
from audit.reports import head, watches

MOST_OF_ONE = 6
MOST_WHO = 8
_SOCKET_LISTS = frozenset({"netstat", "ss"})
_LISTS = "lists"
_LOG = "logcat"
_CLEARTEXT = {True: "yes", False: "no", None: "cannot be told"}


@record
class Contact:
    """One contact, in words.

    cleartext: "yes", "no", "cannot be told"; names: kinds of identifiers in it, each with how sure that is
    address: the address and port behind a name; where: country by which data, and operator
    stage: how far it went; caller: the code that made it
    """

    at: str
    who: str
    what: str
    to: str
    cleartext: str
    names: str
    via: str
    address: str = ""
    where: str = ""
    stage: str = ""
    caller: str = ""


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
    for watch in report.watches:
        told.setdefault(watch.by, [])
    for flow in report.flows or ():
        told.setdefault(_LISTS if flow.via in _SOCKET_LISTS else flow.via, []).append(flow)
    return tuple(_seen(by, flows, report) for by, flows in told.items())


def count(report: Report) -> int:
    """How many contacts were seen."""
    return len(report.flows or ())


def destination(contact: Contact) -> str:
    """Where a contact went, with what is known of it beside the address."""
    known = (
        contact.at,
        contact.address,
        contact.where,
        contact.stage,
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
    contacts = tuple(_contact(flow, report) for flow in flows)
    if by == _LISTS:
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
    by_it = [watch for watch in report.watches if watch.by == by]
    nothing = "" if flows else "No contact was seen, which does not prove that none was made."
    says = " ".join(dict.fromkeys(filter(None, (nothing, *(watches.account(watch) for watch in by_it)))))
    return Seen(title=watches.title(by, by_it), says=says, contacts=contacts)


def _contact(flow: Flow, report: Report) -> Contact:
    in_a_text = report.source.kind is SourceKind.BUGREPORT
    address = f"{flow.ip} port {flow.port}" if flow.ip and flow.port is not None else flow.ip
    return Contact(
        at=flow.at or _since(flow.at_ms),
        who=whose(flow),
        what=str(flow.what),
        to=flow.url or flow.to,
        cleartext=_CLEARTEXT[flow.cleartext],
        names=", ".join(dict.fromkeys(_named(one) for one in flow.identifiers)),
        via=(head.section(flow.origin) if in_a_text else flow.origin) or flow.via,
        address="" if flow.ip and flow.ip in flow.to else address,
        where="; ".join(filter(None, (_where(place) for place in _places(flow, report)))),
        stage=_STAGES[flow.stage],
        caller=flow.caller,
    )


_STAGES = {Stage.ATTEMPTED: "", Stage.TRANSMITTED: "data sent", Stage.IDENTIFIED: "identifiers sent"}


def _named(one: Caught) -> str:
    """``IMEI 3567…89 (15), exact``."""
    if not one.shown:
        return one.kind.words
    return f"{one.kind.words} {one.shown}, {one.certainty}"


def _places(flow: Flow, report: Report) -> Iterator[Destination]:
    addresses = (flow.ip,) if flow.ip else flow.answers[:_MOST_ANSWERS]
    return (place for place in report.destinations if place.ip in addresses)


def _where(place: Destination) -> str:
    """``in CN (dbip-country, tor-geoip), run by Chinanet (AS4134)``, and no more than the data says."""
    if place.scope != "global":
        return f"a {place.scope} address"
    said = [(one.country, one.dataset) for one in place.countries if one.country]
    each = ", ".join(f"{country} by {dataset}" for country, dataset in said)
    if place.anycast:
        country = f"anycast of {place.anycast}, so in no one country"
    elif place.country is not None:
        country = f"in {place.country} ({', '.join(dataset for _, dataset in said)})"
    else:
        country = (f"disputed: {each}" if place.disputed else f"{each} alone") if each else ""
    number = f" (AS{place.asn})" if place.asn is not None else ""
    return ", ".join(filter(None, (country, f"run by {place.operator}{number}" if place.operator else "")))


def _since(at_ms: int) -> str:
    if not at_ms:
        return ""
    return f"{at_ms} ms" if at_ms < _SECOND_MS else f"{at_ms / _SECOND_MS:.1f} s"


_SECOND_MS = 1000
_MOST_ANSWERS = 4


def _names(given: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(given))
